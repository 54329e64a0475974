"""The heap: a ``bytearray`` for each segment. The default memory of a message."""

from __future__ import annotations

from ..arguments import at_least_one
from ..wire import WORD_BYTES

#: Segments stop growing here (words): 2²⁴ words are 128 MiB.
LARGEST_GROWTH_WORDS = 1 << 24


class HeapAllocator:
    """Grants a ``bytearray`` a segment.

    The first grant has ``segment_words`` words. With ``growth`` each next one has as many words as
    all that are live together, so that a message of n words needs O(log n) segments, and the next
    message begins small again; without, each has ``segment_words``. A larger minimum is always met.
    With ``in_place`` the last segment is made longer instead of asking for another, so that a
    message lies in one; that copies it each time it doubles, as a bytearray does.
    """

    #: A bytearray that nobody else resizes stays where it is.
    stable = True

    def __init__(
        self, *, segment_words: int = 1024, growth: bool = True, in_place: bool = False
    ) -> None:
        """Start with ``segment_words`` words (at least 1) for the first segment."""
        self._segment_words = at_least_one(segment_words, "segment_words")
        self._growth = growth
        self._in_place = in_place
        self._live: dict[int, bytearray] = {}
        self._next_key = 0
        self._live_words = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Grant a zeroed bytearray of at least ``minimum_words`` words."""
        words = max(minimum_words, self._segment_words)
        if self._growth:
            # Derived from what is live, never from a running product: no overflow, no reset.
            words = max(words, min(self._live_words, LARGEST_GROWTH_WORDS))
        memory = bytearray(words * WORD_BYTES)
        key = self._next_key
        self._live[key] = memory
        self._next_key = key + 1
        self._live_words += words
        return key

    def segment(self, key: int, /) -> bytearray:
        """Answer the bytearray itself."""
        return self._live[key]

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Make the bytearray twice as long, or as long as asked."""
        memory = self._live[key]
        words = len(memory) // WORD_BYTES
        if self._in_place and minimum_words > words:
            added = max(minimum_words - words, min(words, LARGEST_GROWTH_WORDS))
            memory.extend(bytes(added * WORD_BYTES))
            self._live_words += added

    def release(self, key: int, words_used: int, /) -> None:
        """Drop the bytearray."""
        self._live_words -= len(self._live.pop(key)) // WORD_BYTES

    @property
    def live_grants(self) -> int:
        """How many grants have not been released."""
        return len(self._live)
