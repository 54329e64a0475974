"""One grant of memory: the states of its words, and how they are read, zeroed and filled."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from struct import Struct
from typing import Final, TypeAlias, final

from .._words.ranges import Epochs, Intervals
from ..allocator import Key
from ..errors import ContentsChanged, SegmentLost
from ..wire import POINTER, WORD_BYTES

#: The memory of a segment during a borrow: writable bytes, valid until the next allocator call.
View: TypeAlias = "bytearray | memoryview"

#: Words of one object or landing pad: (segment, start, end).
Extent: TypeAlias = "tuple[Segment, int, int]"

#: Words are zeroed in pieces of this many bytes, so that a large object needs little memory.
_MOST_ZEROS: Final = 1 << 16
ZEROS: Final = bytes(_MOST_ZEROS)

#: For small objects, by their number of words: a ``Struct`` that writes octets and then zeros in
#: one call. (Assigning to a slice of a bytearray copies twice, and takes three times as long.)
PADDED: Final = tuple(Struct(f"{words * WORD_BYTES}s") for words in range(65))
MOST_PADDED: Final = len(PADDED)


#: Shared empty sets for segments in which nothing was retired or disowned. There can be very many
#: such segments. Nothing may be added to these sets.
_NO_INTERVALS: Final = Intervals()
_NO_EPOCHS: Final = Epochs()


@final
class Segment:
    """One grant, and the state of its words. All numbers are in words."""

    __slots__ = (
        "cuts",
        "filled",
        "granted",
        "index",
        "kept_end",
        "key",
        "lost",
        "memory",
        "moved",
        "replaced",
        "retired",
        "shadow",
        "unzeroed",
        "used",
        "written",
    )

    def __init__(self, index: int, key: Key) -> None:
        self.index = index
        self.key = key
        #: Words that may be handed out.
        self.granted = 0
        #: Words handed out: those of objects and landing pads, and retired ones.
        self.used = 0
        #: Where words were given back: (the end of the words in use, epoch). Both numbers grow from
        #: item to item. ``None`` if that never happened.
        self.cuts: list[tuple[int, int]] | None = None
        #: The end of the words that stay in use. The pointer of an empty list may lead to this end,
        #: and no pointer may lead beyond the words in use.
        self.kept_end = 0
        #: The end of the words that the current call has filled and not handed out yet.
        self.filled = 0
        #: The end of all words that were ever written, including those of failed calls (P8).
        self.written = 0
        self.lost = False
        #: The bytearray itself, if the allocator promises that it stays (``stable``).
        self.memory: bytearray | None = None
        #: Words that are never handed out again.
        self.retired = _NO_INTERVALS
        #: Words of disowned objects, with an epoch. Handles of an earlier epoch are stale.
        self.moved = _NO_EPOCHS
        #: For pointers to objects without words: the epoch in which the object was last replaced.
        self.replaced: dict[int, int] | None = None
        #: Retired ranges to zero at the next borrow. ``None`` if there never was one.
        self.unzeroed: list[tuple[int, int]] | None = None
        #: A private copy of everything written, if the message verifies (P5v).
        self.shadow: bytearray | None = None

    def retire(self, start: int, end: int) -> None:
        """Retire words: they are never handed out again, and zeroed at the next borrow.

        In a resumed message, some of them may be retired already. Other
        records of retired words are dropped, so that records do not grow with each object that is
        built and dropped.
        """
        if not self.retired:
            self.retired = Intervals()
        if self.unzeroed is None:
            self.unzeroed = []
        self.retired.add(start, end)
        self.unzeroed.append((start, end))
        if self.moved:
            self.moved.cut(start, end)
        replaced = self.replaced
        if replaced:
            words: Iterable[int] = range(start, end)
            if end - start > len(replaced):
                words = [word for word in replaced if start <= word < end]
            for word in words:
                replaced.pop(word, None)

    def replace(self, word: int, epoch: int) -> None:
        """Record that the old value of a pointer was replaced."""
        if self.replaced is None:
            self.replaced = {}
        self.replaced[word] = epoch

    def keep_end(self, end: int) -> None:
        """Keep the words before ``end`` in use, because a pointer may lead to it."""
        self.kept_end = max(self.kept_end, end)

    def give_back(self, end: int, epoch: int) -> None:
        """End the words in use at ``end``. The others can be handed out again.

        Handles of an earlier epoch that reach beyond are stale.
        """
        if self.cuts is None:
            self.cuts = []
        # Whatever an earlier cut further on made stale, this one does, too.
        while self.cuts and self.cuts[-1][0] >= end:
            self.cuts.pop()
        self.cuts.append((end, epoch))
        self.used = end

    def was_cut(self, end: int, epoch: int) -> bool:
        """Return whether any word before ``end`` was given back after ``epoch``."""
        cuts = self.cuts
        if cuts is None:
            return False
        at = bisect_left(cuts, (end,)) - 1
        return at >= 0 and cuts[at][1] > epoch

    def disown(self, start: int, end: int, epoch: int) -> None:
        """Record words that stay in use, but whose handles of an earlier epoch are stale."""
        if not self.moved:
            self.moved = Epochs()
        self.moved.put(start, end, epoch)

    def zero_retired(self, view: View) -> None:
        """Zero the retired words that are not zeroed yet."""
        while self.unzeroed:
            start, end = self.unzeroed[-1]
            zero(view, start, end)
            if self.shadow is not None:
                zero(self.shadow, start, end)
            self.unzeroed.pop()

    def require_unchanged(self, at: int, value: bytes | bytearray) -> None:
        """Raise ``ContentsChanged`` if octets read at byte ``at`` differ from those written.

        Does nothing unless the message verifies.
        """
        shadow = self.shadow
        # An empty list may lie behind the words of the private copy.
        if shadow is None or not value or shadow.startswith(value, at):
            return
        first = next(
            (place for place, octet in enumerate(value) if shadow[at + place] != octet), len(value)
        )
        word = (at + first) // WORD_BYTES
        raise ContentsChanged(
            f"word {word} of segment {self.index} is not as this message wrote it",
            segment=self.index,
            offset=word,
        )


def zero(view: View, start: int, end: int) -> None:
    """Zero the words ``start`` to ``end``."""
    _zero_octets(view, start * WORD_BYTES, end * WORD_BYTES)


def _zero_octets(view: View, begin: int, stop: int) -> None:
    # No view of the view is made, because it could be written after Arena.close took the view back.
    while begin < stop:
        step = min(stop - begin, _MOST_ZEROS)
        view[begin : begin + step] = ZEROS[:step]
        begin += step


def fill(view: View, start: int, words: int, head: bytes | bytearray | memoryview) -> None:
    """Write ``head`` at word ``start``, and then zeros, ``words`` words in all."""
    begin = start * WORD_BYTES
    if words < MOST_PADDED and type(head) is not memoryview:
        PADDED[words].pack_into(view, begin, head)
        return
    body = begin + len(head)
    view[begin:body] = head
    _zero_octets(view, body, begin + words * WORD_BYTES)


def fill_copy(
    shadow: bytearray, start: int, words: int, head: bytes | bytearray | memoryview
) -> None:
    """Fill a private copy like ``fill``. The copy ends with the last word filled."""
    missing = (start + words) * WORD_BYTES - len(shadow)
    if missing > 0:
        shadow += bytes(missing)
    # Assigning to a slice of a view copies once, to a slice of a bytearray twice.
    with memoryview(shadow) as view:
        fill(view, start, words, head)


def load(segment: Segment, view: View, word: int) -> int:
    """Return one handed-out word as an unsigned integer."""
    pointer: int = POINTER.unpack_from(view, word * WORD_BYTES)[0]
    if segment.shadow is not None:
        segment.require_unchanged(word * WORD_BYTES, POINTER.pack(pointer))
    return pointer


def segment_lost(segment: Segment, words: int | None = None) -> SegmentLost:
    """Return the error for a segment that now has ``words`` words, or none at all."""
    seen = "is gone" if words is None else f"has shrunk to {words} words"
    return SegmentLost(
        f"segment {segment.index} {seen}, after {segment.used} words of it were handed out",
        segment=segment.index,
        words_asked=segment.used,
        words_granted=words,
    )
