"""One fixed buffer of the caller, in which the message is built."""

from __future__ import annotations

from .._words.arguments import at_least_one
from .._words.buffers import writable_bytes
from ..allocator import Buffer
from ..wire import WORD_BYTES
from .uncopyable import Uncopyable


class FixedAllocator(Uncopyable):
    """An allocator that cuts segments, front to back, from one buffer of the caller.

    A request that does not fit raises ``MemoryError``. The words of a released segment can be
    granted again after all segments after it are released, too. The buffer is exported only while
    a view of a segment exists.

    Args:
        buffer: A writable, C-contiguous buffer.
        segment_words: The words of a segment, unless more are asked for. ``None`` grants all words
            that are left, so that the whole message is in one segment.
    """

    def __init__(self, buffer: Buffer, *, segment_words: int | None = None) -> None:
        """Make an allocator over ``buffer``."""
        self._words = writable_bytes(buffer) // WORD_BYTES
        self._buffer = buffer
        self._segment_words = (
            None if segment_words is None else at_least_one(segment_words, "segment_words")
        )
        #: (First word, end) of each segment by its key, in order of address.
        self._cuts: dict[int, tuple[int, int]] = {}
        #: The keys of the segments, in the same order.
        self._order: list[int] = []
        self._released: set[int] = set()
        self._next_key = 0
        self._end = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Cut the next segment, or raise ``MemoryError``."""
        left = self._words - self._end
        if minimum_words > left:
            raise MemoryError(
                f"the buffer has {left} of {self._words} words left, not {minimum_words}"
            )
        wanted = left if self._segment_words is None else self._segment_words
        words = min(max(minimum_words, wanted), left)
        key = self._next_key
        self._cuts[key] = (self._end, self._end + words)
        self._order.append(key)
        self._next_key = key + 1
        self._end += words
        return key

    def segment(self, key: int, /) -> memoryview:
        """Return a view of the segment."""
        start, end = self._cuts[key]
        if key in self._released:
            raise KeyError(key)
        with memoryview(self._buffer) as view, view.cast("B") as octets:
            return octets[start * WORD_BYTES : end * WORD_BYTES]

    def release(self, key: int, words_used: int, /) -> None:
        """Take the segment back."""
        if key in self._released or key not in self._cuts:
            raise KeyError(key)
        self._released.add(key)
        while self._order and self._order[-1] in self._released:
            last = self._order.pop()
            self._end = self._cuts.pop(last)[0]
            self._released.remove(last)
