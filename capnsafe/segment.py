"""One grant of memory: which of its words are handed out or retired, and how it is looked at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from struct import Struct
from typing import Any, Final, TypeAlias

from .allocator import Key
from .arguments import type_name
from .buffers import holds_addresses
from .errors import BadBuffer, ContentsChanged, SegmentLost
from .wire import POINTER, WORD_BYTES

#: What a borrow yields: writable bytes, valid until the next allocator call.
View: TypeAlias = "bytearray | memoryview"

#: Words are zeroed in pieces of this many bytes, so that a large object costs no second copy.
_ZEROS: Final = bytes(1 << 16)

#: For objects of a few words, by their words: what writes octets, and zeros behind them, at once.
#: (Assigning to a slice of a bytearray copies twice, and takes three times as long.)
_PADDED: Final = tuple(Struct(f"{words * WORD_BYTES}s") for words in range(65))


class Intervals:
    """Disjoint half-open ranges of words, sorted; neighbours are merged."""

    __slots__ = ("ends", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        """Add ``start`` to ``end``, which overlaps nothing that is there."""
        at = bisect_left(self.starts, start)
        before = at > 0 and self.ends[at - 1] == start
        behind = at < len(self.starts) and self.starts[at] == end
        if before and behind:
            self.ends[at - 1] = self.ends.pop(at)
            del self.starts[at]
        elif before:
            self.ends[at - 1] = end
        elif behind:
            self.starts[at] = start
        else:
            self.starts.insert(at, start)
            self.ends.insert(at, end)

    def meets(self, start: int, end: int) -> bool:
        """Answer whether any of the words ``start`` to ``end`` lies in one of the ranges."""
        at = bisect_left(self.starts, end) - 1
        return at >= 0 and start < self.ends[at]

    def __contains__(self, word: int) -> bool:
        """Answer whether ``word`` lies in one of the ranges."""
        at = bisect_right(self.starts, word) - 1
        return at >= 0 and word < self.ends[at]


class Epochs:
    """Ranges of words, each with an epoch; a later range takes the place of what it covers."""

    __slots__ = ("_ends", "_epochs", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._epochs: list[int] = []

    def __bool__(self) -> bool:
        """Answer whether there is any range."""
        return bool(self._starts)

    def put(self, start: int, end: int, epoch: int) -> None:
        """Give the words ``start`` to ``end`` this epoch."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end)
        ranges = [(start, end, epoch)]
        if first < last:
            if self._starts[first] < start:
                ranges.insert(0, (self._starts[first], start, self._epochs[first]))
            if self._ends[last - 1] > end:
                ranges.append((end, self._ends[last - 1], self._epochs[last - 1]))
        self._starts[first:last] = [start for start, _, _ in ranges]
        self._ends[first:last] = [end for _, end, _ in ranges]
        self._epochs[first:last] = [epoch for _, _, epoch in ranges]

    def at(self, word: int) -> int:
        """Answer the epoch of a word, 0 where it has none."""
        index = bisect_right(self._starts, word) - 1
        return self._epochs[index] if index >= 0 and word < self._ends[index] else 0


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
        #: Retired ranges that wait to be zeroed at the next borrow, if there ever was one.
        self.unzeroed: list[tuple[int, int]] | None = None
        #: What was written, in private, where the message verifies (P5v).
        self.shadow: bytearray | None = None

    def retire(self, start: int, end: int) -> None:
        """Note words as retired: never handed out again, and zeroed at the next borrow."""
        if not self.retired.starts:
            self.retired = Intervals()
        if self.unzeroed is None:
            self.unzeroed = []
        self.retired.add(start, end)
        self.unzeroed.append((start, end))

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


def give_back(view: View) -> None:
    """End a borrow."""
    if type(view) is memoryview:
        view.release()


def zero(view: View, start: int, end: int) -> None:
    """Zero the words ``start`` to ``end``."""
    with memoryview(view) as whole:
        _zero_octets(whole, start * WORD_BYTES, end * WORD_BYTES)


def _zero_octets(whole: memoryview, begin: int, stop: int) -> None:
    while begin < stop:
        step = min(stop - begin, len(_ZEROS))
        whole[begin : begin + step] = _ZEROS[:step]
        begin += step


def fill(view: View, start: int, words: int, head: bytes | bytearray | memoryview) -> None:
    """Write ``head`` at word ``start``, and zeros behind it up to ``words`` words."""
    begin = start * WORD_BYTES
    if words < len(_PADDED) and type(head) is not memoryview:
        _PADDED[words].pack_into(view, begin, head)
        return
    body = begin + len(head)
    # A slice of a view takes octets as they are; one of a bytearray would copy them before.
    with memoryview(view) as whole:
        whole[begin:body] = head
        _zero_octets(whole, body, begin + words * WORD_BYTES)


def fill_copy(
    shadow: bytearray, start: int, words: int, head: bytes | bytearray | memoryview
) -> None:
    """Fill a private copy, which is as long as what was filled, as ``fill`` fills the memory."""
    missing = (start + words) * WORD_BYTES - len(shadow)
    if missing > 0:
        shadow += bytes(missing)
    fill(shadow, start, words, head)


def load(segment: Segment, view: View, word: int) -> int:
    """Answer one word, which must have been handed out, as an unsigned integer."""
    pointer: int = POINTER.unpack_from(view, word * WORD_BYTES)[0]
    if segment.shadow is not None:
        segment.require_unchanged(word * WORD_BYTES, POINTER.pack(pointer))
    return pointer


def octets(buffer: Any, segment: int, *, writable: bool = True) -> memoryview:
    """Answer the bytes of what an allocator returned, or raise ``BadBuffer``.

    They can be written, unless they need not be ``writable``.
    """
    try:
        try:
            view = memoryview(buffer)
        except Exception as error:
            raise BadBuffer(
                f"segment {segment}: a {type_name(buffer)} has no buffer of bytes",
                segment=segment,
            ) from error
    finally:
        del buffer
    refused = writable and view.readonly
    if not refused and view.ndim == 1 and view.format == "B" and view.c_contiguous:
        return view
    with view:
        if refused:
            raise BadBuffer(f"segment {segment}: the buffer is read-only", segment=segment)
        if not view.c_contiguous:
            raise BadBuffer(f"segment {segment}: the buffer is not contiguous", segment=segment)
        if holds_addresses(view.format):
            raise BadBuffer(f"segment {segment}: the buffer holds Python objects", segment=segment)
        if view.nbytes == 0:
            return memoryview(bytearray())
        return view.cast("B")


def segment_lost(segment: Segment, words: int | None = None) -> SegmentLost:
    """Answer the error for a segment that was seen with ``words`` words, or not at all."""
    seen = "is gone" if words is None else f"was seen with {words} words"
    return SegmentLost(
        f"segment {segment.index} {seen}; {segment.used} had been handed out",
        segment=segment.index,
        words_asked=segment.used,
        words_granted=words,
    )
