"""The size of the next segment of a message: as large as the whole message so far.

So a message of n words has O(log n) segments, however small the first one is. Most readers refuse
512 and more segments. The first segment of the next message is small again, even if several
messages share a memory.

An allocator does not know which message asks for a segment. But before a message asks for one, it
calls ``grow`` with the key of its last segment. So the next grant belongs to that message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, SupportsIndex, TypeVar, final

from .._words.arguments import at_least_one, truth
from .._words.given import Given

T = TypeVar("T")

#: Segments stop growing here (words): 2²⁴ words are 128 MiB.
LARGEST_GROWTH_WORDS: Final = 1 << 24

#: For clients that never call ``grow``, segments stop growing at this multiple of the first.
_LARGEST_UNASKED: Final = 64


@final
class Growth:
    """The sizes of segments, in words, of messages that share a memory."""

    __slots__ = ("_asking", "_grows", "_live_words", "_segment_words", "_so_far", "_unasked")

    def __init__(
        self, segment_words: SupportsIndex, growth: Given[bool] = True, unasked: bool = False
    ) -> None:
        """Make a record of sizes.

        Args:
            segment_words: The words of the first segment of each message.
            growth: Whether later segments are larger.
            unasked: Whether segments also grow for clients that never call ``grow``. Then each is
                as large as all live segments together, up to a bound.
        """
        self._segment_words = at_least_one(segment_words, "segment_words")
        self._grows = truth(growth)
        self._unasked = unasked
        #: For each live segment: (words of its message up to and including it, its own words).
        self._so_far: dict[int, tuple[int, int]] = {}
        self._live_words = 0
        #: The key of the last call of ``grow``, until the next grant.
        self._asking: int | None = None

    def asked(self, key: int) -> None:
        """Record that the message with this last segment needs more words."""
        self._asking = key
        self._unasked = False

    def grant(
        self,
        key: int,
        minimum_words: int,
        make: Callable[[int, int], T],
        refusal: type[Exception] = MemoryError,
    ) -> T:
        """Make the next grant, record its size under ``key``, and return the result of ``make``.

        ``make`` is called with the wanted and with the sufficient number of words. If it raises a
        ``refusal`` for a segment larger than the first, it is called again with fewer words.
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
        """Record that a segment has grown to ``words`` words."""
        self._asking = None
        so_far, old = self._so_far[key]
        self._so_far[key] = (so_far + words - old, words)
        self._live_words += words - old

    def released(self, key: int) -> None:
        """Forget a grant."""
        _, words = self._so_far.pop(key, (0, 0))
        self._live_words -= words


def longer(minimum_words: int, words: int) -> int:
    """Return the new length of a growing segment: twice ``words``, or more if that is too short."""
    return max(minimum_words, words + min(words, LARGEST_GROWTH_WORDS))
