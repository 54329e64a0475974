"""Memory in buffers that the caller made in advance."""

from __future__ import annotations

from collections.abc import Sequence

from ..._words.arguments import listed
from ...allocator import Buffer
from ..fixed import FixedAllocator
from ..uncopyable import Uncopyable


class HandedOverAllocator(Uncopyable):
    """An allocator that grants buffers of the caller, one for each segment, in their order.

    It skips buffers that are too small for a request, and keeps them for later ones. If no free
    buffer is large enough, it raises ``MemoryError``. A buffer is free again after its segment is
    released.
    """

    def __init__(self, buffers: Sequence[Buffer]) -> None:
        """Make an allocator over writable, C-contiguous buffers."""
        self._memories = [FixedAllocator(buffer) for buffer in listed(buffers, "buffers")]
        #: The buffer of each live grant, and its key there.
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
        raise MemoryError(f"no free buffer has {minimum_words} words")

    def segment(self, key: int, /) -> Buffer:
        """Return a view of the buffer."""
        memory, its_key = self._live[key]
        return memory.segment(its_key)

    def release(self, key: int, words_used: int, /) -> None:
        """Mark the buffer as free."""
        memory, its_key = self._live.pop(key)
        memory.release(its_key, words_used)
