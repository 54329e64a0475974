"""Segments that were made in advance, by whoever knows how large the message will be."""

from __future__ import annotations

from collections.abc import Sequence

from ..._words.arguments import listed
from ...allocator import Buffer
from ..fixed import FixedAllocator
from ..single import Single


class HandedOverAllocator(Single):
    """Grants buffers of the caller's, one a segment, in the order in which they were handed over.

    A buffer that is smaller than what is asked is passed over, and stays there for a smaller
    segment. When none is left that is large enough, that is a ``MemoryError``. A buffer is free
    again once its segment is released.
    """

    def __init__(self, buffers: Sequence[Buffer]) -> None:
        """Use these, which must be writable, contiguous and made of bytes."""
        self._memories = [FixedAllocator(buffer) for buffer in listed(buffers, "buffers")]
        #: Which buffer each live grant is, and its key there.
        self._live: dict[int, tuple[FixedAllocator, int]] = {}
        self._next_key = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Grant the first buffer that is free and large enough."""
        for memory in self._memories:
            try:
                its_key = memory.allocate(minimum_words)
            except MemoryError:
                continue
            key = self._next_key
            self._next_key = key + 1
            self._live[key] = (memory, its_key)
            return key
        raise MemoryError(f"no buffer of {minimum_words} words is left")

    def segment(self, key: int, /) -> Buffer:
        """Return a view of the buffer."""
        memory, its_key = self._live[key]
        return memory.segment(its_key)

    def release(self, key: int, words_used: int, /) -> None:
        """Let the buffer be used again."""
        memory, its_key = self._live.pop(key)
        memory.release(its_key, words_used)
