"""The heap: a ``bytearray`` for each segment. The default memory of a message."""

from __future__ import annotations

from ..wire import WORD_BYTES
from .growth import Growth, longer
from .single import Single


def _zeroed(words: int, minimum_words: int) -> bytearray:
    return bytearray(words * WORD_BYTES)


class HeapAllocator(Single):
    """Grants a ``bytearray`` a segment.

    The first segment of a message has ``segment_words`` words. With ``growth`` each next one is as
    large as all of the message so far, so that a message of n words needs O(log n) segments;
    without, each has ``segment_words``. A larger minimum is always met. For a client that never
    calls ``grow``, each segment is as large as all that are live, up to 64 times the first.
    With ``in_place`` the last segment is made longer instead of asking for another, so that a
    message lies in one; that copies it each time it doubles, as a bytearray does.
    """

    #: A bytearray that nobody else resizes stays where it is.
    stable = True

    def __init__(
        self, *, segment_words: int = 1024, growth: bool = True, in_place: bool = False
    ) -> None:
        """Start with ``segment_words`` words (at least 1) for the first segment."""
        self._growth = Growth(segment_words, growth, unasked=True)
        self._in_place = in_place
        self._live: dict[int, bytearray] = {}
        self._next_key = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Grant a zeroed bytearray of at least ``minimum_words`` words."""
        key = self._next_key
        self._live[key] = self._growth.grant(key, minimum_words, _zeroed)
        self._next_key = key + 1
        return key

    def segment(self, key: int, /) -> bytearray:
        """Return the bytearray itself."""
        return self._live[key]

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Make the bytearray twice as long, or as long as asked."""
        memory = self._live[key]
        words = len(memory) // WORD_BYTES
        self._growth.asked(key)
        if self._in_place and minimum_words > words:
            wanted = longer(minimum_words, words)
            memory.extend(bytes((wanted - words) * WORD_BYTES))
            self._growth.grown(key, wanted)

    def release(self, key: int, words_used: int, /) -> None:
        """Drop the bytearray."""
        del self._live[key]
        self._growth.released(key)

    @property
    def live_grants(self) -> int:
        """How many grants have not been released."""
        return len(self._live)
