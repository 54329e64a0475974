"""One grant of memory: which of its words are handed out or retired, and how it is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final, TypeAlias

from .._words.ranges import Epochs, Intervals
from ..allocator import Key
from ..errors import ContentsChanged, SegmentLost
from ..wire import POINTER, WORD_BYTES

#: What a borrow yields: writable bytes, valid until the next allocator call.
View: TypeAlias = "bytearray | memoryview"

#: Words of one object or landing pad: (segment, start, end).
Extent: TypeAlias = "tuple[Segment, int, int]"

#: Words are zeroed in pieces of this many bytes, so that a large object costs no second copy.
_MOST_ZEROS: Final = 1 << 16
_ZEROS: Final = bytes(_MOST_ZEROS)

#: For objects of a few words, by their words: what writes octets, and zeros behind them, at once.
#: (Assigning to a slice of a bytearray copies twice, and takes three times as long.)
PADDED: Final = tuple(Struct(f"{words * WORD_BYTES}s") for words in range(65))
MOST_PADDED: Final = len(PADDED)


#: What a segment has of which nothing was retired or disowned yet. Most stay so, and there can be
#: very many: nothing is added to these.
_NO_INTERVALS: Final = Intervals()
_NO_EPOCHS: Final = Epochs()


class Segment:
    """One grant, and what became of its words. All numbers are words."""

    __slots__ = (
        "filled",
        "granted",
        "index",
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
        #: Words handed out: they belong to objects, pads, or are retired.
        self.used = 0
        #: The end of the words that the call under way has filled and not handed out yet.
        self.filled = 0
        #: The highest word that an attempt has written, also one that failed (P8).
        self.written = 0
        self.lost = False
        #: The bytearray itself, where the allocator promises that it stays (``stable``).
        self.memory: bytearray | None = None
        #: Words that are not handed out again.
        self.retired = _NO_INTERVALS
        #: Words whose objects were disowned: the handles of an earlier epoch are stale.
        self.moved = _NO_EPOCHS
        #: For slots whose object without words was replaced: the epoch of the last time.
        self.replaced: dict[int, int] | None = None
        #: Retired ranges that wait to be zeroed at the next borrow, if there ever was one.
        self.unzeroed: list[tuple[int, int]] | None = None
        #: What was written, in private, where the message verifies (P5v).
        self.shadow: bytearray | None = None

    def retire(self, start: int, end: int) -> None:
        """Note words as retired: never handed out again, and zeroed at the next borrow.

        In a message that was taken over some of them may be retired already. Nothing else is kept
        of retired words, so that records do not grow with each object made and dropped.
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
        """Note that the old value of a slot was replaced."""
        if self.replaced is None:
            self.replaced = {}
        self.replaced[word] = epoch

    def disown(self, start: int, end: int, epoch: int) -> None:
        """Note words that stay, but whose handles of an earlier epoch are stale."""
        if not self.moved:
            self.moved = Epochs()
        self.moved.put(start, end, epoch)

    def zero_retired(self, view: View) -> None:
        """Zero the retired words that still wait for it."""
        while self.unzeroed:
            start, end = self.unzeroed[-1]
            zero(view, start, end)
            if self.shadow is not None:
                zero(self.shadow, start, end)
            self.unzeroed.pop()

    def require_unchanged(self, at: int, value: bytes | bytearray) -> None:
        """Raise ``ContentsChanged`` where octets read at byte ``at`` are not what was written.

        Only where the message verifies.
        """
        shadow = self.shadow
        if shadow is None or shadow.startswith(value, at):
            return
        first = next(
            (place for place, octet in enumerate(value) if shadow[at + place] != octet), len(value)
        )
        word = (at + first) // WORD_BYTES
        raise ContentsChanged(
            f"segment {self.index} was changed at word {word}, and not by this message",
            segment=self.index,
            offset=word,
        )


def zero(view: View, start: int, end: int) -> None:
    """Zero the words ``start`` to ``end``."""
    _zero_octets(view, start * WORD_BYTES, end * WORD_BYTES)


def _zero_octets(view: View, begin: int, stop: int) -> None:
    # No view of the view: it could be written to after the view was taken back (Arena.close).
    while begin < stop:
        step = min(stop - begin, _MOST_ZEROS)
        view[begin : begin + step] = _ZEROS[:step]
        begin += step


def fill(view: View, start: int, words: int, head: bytes | bytearray | memoryview) -> None:
    """Write ``head`` at word ``start``, and zeros behind it up to ``words`` words."""
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
    """Fill a private copy, which is as long as what was filled, as ``fill`` fills the memory."""
    missing = (start + words) * WORD_BYTES - len(shadow)
    if missing > 0:
        shadow += bytes(missing)
    # A slice of a view takes octets as they are; one of a bytearray would copy them before.
    with memoryview(shadow) as view:
        fill(view, start, words, head)


def load(segment: Segment, view: View, word: int) -> int:
    """Return one word, which must have been handed out, as an unsigned integer."""
    pointer: int = POINTER.unpack_from(view, word * WORD_BYTES)[0]
    if segment.shadow is not None:
        segment.require_unchanged(word * WORD_BYTES, POINTER.pack(pointer))
    return pointer


def segment_lost(segment: Segment, words: int | None = None) -> SegmentLost:
    """Return the error for a segment that was seen with ``words`` words, or not at all."""
    seen = "is gone" if words is None else f"was seen with {words} words"
    return SegmentLost(
        f"segment {segment.index} {seen}; {segment.used} had been handed out",
        segment=segment.index,
        words_asked=segment.used,
        words_granted=words,
    )
