"""How large the next segment of a message is: as large as all of the message so far.

So a message of n words has O(log n) segments, however small the first one is, and readers that
refuse many segments (512 and more, as most do) take it. The first segment of the next message is
small again, also where many messages share a memory.

An allocator is not told which message asks. But a message asks for its last segment to be grown
before it asks for another one, and names it: the grant that follows is that message's next segment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from .._words.arguments import at_least_one, truth

T = TypeVar("T")

#: Segments stop growing here (words): 2²⁴ words are 128 MiB.
LARGEST_GROWTH_WORDS: Final = 1 << 24

#: Where nobody says which message asks, they stop growing at this many times the first.
_LARGEST_UNASKED: Final = 64


class Growth:
    """The sizes of segments, in words, for messages that share a memory."""

    __slots__ = ("_asking", "_grows", "_live_words", "_segment_words", "_so_far", "_unasked")

    def __init__(self, segment_words: int, growth: bool = True, *, unasked: bool = False) -> None:
        """Begin each message with ``segment_words`` words; without ``growth`` go on so.

        With ``unasked`` segments also grow for clients that never call ``grow``: each is as large
        as all that are live together, up to a bound.
        """
        self._segment_words = at_least_one(segment_words, "segment_words")
        self._grows = truth(growth)
        self._unasked = truth(unasked)
        #: The words of a message up to and including a live segment of it, by the segment's key,
        #: and the words of that segment.
        self._so_far: dict[int, tuple[int, int]] = {}
        self._live_words = 0
        #: The segment that was to grow last, until the next grant.
        self._asking: int | None = None

    def asked(self, key: int) -> None:
        """Note that the message whose last segment this is needs more words."""
        self._asking = key
        self._unasked = False

    def grant(
        self,
        key: int,
        minimum_words: int,
        make: Callable[[int, int], T],
        refusal: type[Exception] = MemoryError,
    ) -> T:
        """Make the next grant, which gets this key: return what ``make`` returns.

        ``make`` is called with the words that are wanted, and the words that suffice. If it raises
        a ``refusal`` for a segment that was to be larger than the first one, it is called again
        with less.
        """
        asking, self._asking = self._asking, None
        before = 0 if asking is None else self._so_far.get(asking, (0, 0))[0]
        least = max(minimum_words, self._segment_words)
        wanted = before
        if self._unasked:
            wanted = min(self._live_words, self._segment_words * _LARGEST_UNASKED)
        words = max(least, min(wanted, LARGEST_GROWTH_WORDS)) if self._grows else least
        if words > least:
            try:
                made = make(words, words)
            except refusal:
                words = least
                made = make(words, minimum_words)
        else:
            made = make(words, minimum_words)
        self._so_far[key] = (before + words, words)
        self._live_words += words
        return made

    def grown(self, key: int, words: int) -> None:
        """Note that a segment was made longer, and has ``words`` words now."""
        self._asking = None
        so_far, old = self._so_far[key]
        self._so_far[key] = (so_far + words - old, words)
        self._live_words += words - old

    def released(self, key: int) -> None:
        """Forget a grant."""
        _, words = self._so_far.pop(key, (0, 0))
        self._live_words -= words


def longer(minimum_words: int, words: int) -> int:
    """Return how long a segment of ``words`` words should become: twice as long, or as asked."""
    return max(minimum_words, words + min(words, LARGEST_GROWTH_WORDS))
