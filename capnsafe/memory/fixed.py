"""One fixed buffer of the caller's: the message is built in it, and nowhere else."""

from __future__ import annotations

from .._words.arguments import at_least_one
from .._words.buffers import writable_bytes
from ..allocator import Buffer
from ..wire import WORD_BYTES
from .single import Single


class FixedAllocator(Single):
    """Cuts segments, front to back, from one buffer that the caller owns.

    A segment has ``segment_words`` words, or more where more is asked; ``None`` grants all that is
    left, so that the whole message lies in one segment. What does not fit is refused with
    ``MemoryError``. The words of a segment that is released can be granted again once all segments
    behind it are released too. The buffer is borrowed only while a caller looks at a segment.
    """

    def __init__(self, buffer: Buffer, *, segment_words: int | None = None) -> None:
        """Use ``buffer``, which must be writable, contiguous and made of bytes."""
        self._words = writable_bytes(buffer) // WORD_BYTES
        self._buffer = buffer
        self._segment_words = (
            None if segment_words is None else at_least_one(segment_words, "segment_words")
        )
        #: First word, and one past the last word, of each cut, in order of address.
        self._cuts: dict[int, tuple[int, int]] = {}
        #: Their keys, in the same order.
        self._order: list[int] = []
        self._released: set[int] = set()
        self._next_key = 0
        self._end = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Cut the next segment, or raise ``MemoryError``."""
        left = self._words - self._end
        if minimum_words > left:
            raise MemoryError(f"{minimum_words} words asked, {left} of {self._words} left")
        wanted = left if self._segment_words is None else self._segment_words
        words = min(max(minimum_words, wanted), left)
        key = self._next_key
        self._cuts[key] = (self._end, self._end + words)
        self._order.append(key)
        self._next_key = key + 1
        self._end += words
        return key

    def segment(self, key: int, /) -> memoryview:
        """Return a view of the cut."""
        start, end = self._cuts[key]
        if key in self._released:
            raise KeyError(key)
        with memoryview(self._buffer) as view, view.cast("B") as octets:
            return octets[start * WORD_BYTES : end * WORD_BYTES]

    def release(self, key: int, words_used: int, /) -> None:
        """Take the cut back."""
        if key in self._released or key not in self._cuts:
            raise KeyError(key)
        self._released.add(key)
        while self._order and self._order[-1] in self._released:
            last = self._order.pop()
            self._end = self._cuts.pop(last)[0]
            self._released.remove(last)
