"""A pool of a fixed number of words, which many messages share."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from .._words.arguments import at_least_one
from ..wire import WORD_BYTES
from .growth import Growth
from .uncopyable import Uncopyable


class PoolAllocator(Uncopyable):
    """An allocator that cuts segments from a pool of words.

    If no gap has the wanted size, a segment gets the largest gap, provided it has the minimum. A
    request that does not fit raises ``MemoryError``. It may fit after other segments, of any
    message, were released; adjacent gaps are joined.

    Args:
        pool_words: The words of the pool (at least 1), which are allocated at once.
        segment_words: The words of the first segment of a message, unless more are asked for.
        growth: Whether each further segment is as large as the message so far. Otherwise each has
            ``segment_words``.
        in_place: Whether a segment grows into the gap after it.
    """

    def __init__(
        self,
        pool_words: int,
        *,
        segment_words: int = 64,
        growth: bool = True,
        in_place: bool = False,
    ) -> None:
        """Allocate the pool."""
        self._pool_words = at_least_one(pool_words, "pool_words")
        self._growth = Growth(segment_words, growth)
        self._in_place = in_place
        self._memory = bytearray(self._pool_words * WORD_BYTES)
        #: The first words of the gaps, in order, and their ends. No two gaps are adjacent.
        self._starts = [0]
        self._ends = [self._pool_words]
        #: (First word, end) of each live grant.
        self._live: dict[int, tuple[int, int]] = {}
        self._next_key = 0

    @property
    def free_words(self) -> int:
        """Number of words that are not granted, in all gaps together."""
        return sum(self._ends) - sum(self._starts)

    @property
    def live_grants(self) -> int:
        """Number of grants that are not released."""
        return len(self._live)

    def allocate(self, minimum_words: int, /) -> int:
        """Cut a segment from the first gap that is large enough, or raise ``MemoryError``."""
        key = self._next_key
        self._live[key] = self._growth.grant(key, minimum_words, self._cut)
        self._next_key = key + 1
        return key

    def _cut(self, wanted: int, minimum_words: int) -> tuple[int, int]:
        largest = -1
        largest_words = 0
        for at, start in enumerate(self._starts):
            words = self._ends[at] - start
            if words > largest_words:
                largest = at
                largest_words = words
            if words >= wanted:
                break
        if largest < 0 or largest_words < minimum_words:
            raise MemoryError(
                f"no gap has {minimum_words} words; the largest has {largest_words}, and"
                f" {self.free_words} of {self._pool_words} are free"
            )
        start = self._starts[largest]
        end = start + min(wanted, largest_words)
        self._take(largest, end)
        return start, end

    def segment(self, key: int, /) -> memoryview:
        """Return a view of the segment."""
        start, end = self._live[key]
        with memoryview(self._memory) as pool:
            return pool[start * WORD_BYTES : end * WORD_BYTES]

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Extend the segment into the gap after it, if that is large enough.

        If the gap allows it, the segment grows by half, so that a message that grows word by word
        rarely asks.
        """
        start, end = self._live[key]
        self._growth.asked(key)
        at = bisect_left(self._starts, end)
        if not self._in_place or at == len(self._starts) or self._starts[at] != end:
            return
        limit = self._ends[at]
        words = min(max(minimum_words, (end - start) * 3 // 2), limit - start)
        if end - start < minimum_words <= words:
            self._take(at, start + words)
            self._live[key] = (start, start + words)
            self._growth.grown(key, words)

    def release(self, key: int, words_used: int, /) -> None:
        """Return the words to the pool."""
        start, end = self._live.pop(key)
        self._growth.released(key)
        at = bisect_right(self._starts, start)
        self._starts.insert(at, start)
        self._ends.insert(at, end)
        if at + 1 < len(self._starts) and self._starts[at + 1] == end:
            self._ends[at] = self._ends.pop(at + 1)
            del self._starts[at + 1]
        if at > 0 and self._ends[at - 1] == start:
            self._ends[at - 1] = self._ends.pop(at)
            del self._starts[at]

    def _take(self, at: int, end: int) -> None:
        """Cut the gap ``at`` down to start at ``end``, or remove it if nothing is left."""
        if end == self._ends[at]:
            del self._starts[at]
            del self._ends[at]
        else:
            self._starts[at] = end
