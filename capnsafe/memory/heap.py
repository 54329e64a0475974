"""Memory from Python's heap: a ``bytearray`` for each segment. The default of a message."""

from __future__ import annotations

from typing import SupportsIndex

from .._words.arguments import truth
from .._words.given import Given
from .._words.native import mypyc_attr
from ..wire import WORD_BYTES
from .growth import Growth, longer
from .uncopyable import Uncopyable


def _zeroed(words: int, minimum_words: int) -> bytearray:
    return bytearray(words * WORD_BYTES)


@mypyc_attr(allow_interpreted_subclasses=True)
class HeapAllocator(Uncopyable):
    """An allocator that grants a ``bytearray`` for each segment.

    For a client that never calls ``grow``, each segment is as large as all live ones together, up
    to 64 times the first.

    Args:
        segment_words: The words of the first segment of a message (at least 1), unless more are
            asked for.
        growth: Whether each further segment is as large as the message so far, so that a message of
            n words has O(log n) segments. Otherwise each has ``segment_words``.
        in_place: Whether the last segment grows instead, so that the message stays in one segment.
            The bytearray is copied each time it doubles.
    """

    #: A bytearray stays in its place unless somebody resizes it.
    stable = True

    def __init__(
        self,
        *,
        segment_words: SupportsIndex = 1024,
        growth: Given[bool] = True,
        in_place: Given[bool] = False,
    ) -> None:
        """Make an allocator without grants."""
        self._growth = Growth(segment_words, growth, True)
        self._in_place = truth(in_place)
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
        """Extend the bytearray to twice its length, or to ``minimum_words`` if that is more."""
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
        """Number of grants that are not released."""
        return len(self._live)
