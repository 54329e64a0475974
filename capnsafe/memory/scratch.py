"""A scratch buffer first, then another allocator: small messages need no new memory."""

from __future__ import annotations

from ..allocator import Allocator, Buffer, Key
from .fixed import FixedAllocator
from .heap import HeapAllocator
from .uncopyable import Uncopyable


class ScratchAllocator(Uncopyable):
    """An allocator that grants a buffer of the caller first, and then segments of another one.

    The buffer is granted as a whole to one segment at a time. Requests that do not fit, or come
    while the buffer is in use, go to ``after``.

    Args:
        buffer: A writable, C-contiguous buffer. It need not be zero.
        after: Another allocator, by default a new ``HeapAllocator``.
    """

    def __init__(self, buffer: Buffer, *, after: Allocator | None = None) -> None:
        """Make an allocator over the buffer and ``after``."""
        self._scratch = FixedAllocator(buffer)
        self._after: Allocator = HeapAllocator() if after is None else after
        self._grow = getattr(self._after, "grow", None)
        #: The allocator of each live grant, and its key there.
        self._live: dict[int, tuple[Allocator, Key]] = {}
        self._next_key = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Grant the buffer if it is free and large enough, or ask ``after``."""
        memory: Allocator = self._scratch
        try:
            its_key: Key = memory.allocate(minimum_words)
        except MemoryError:
            memory = self._after
            its_key = memory.allocate(minimum_words)
        key = self._next_key
        self._next_key = key + 1
        self._live[key] = (memory, its_key)
        return key

    def segment(self, key: int, /) -> Buffer:
        """Return the buffer, or the segment of ``after``."""
        memory, its_key = self._live[key]
        return memory.segment(its_key)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Let ``after`` grow its segment, if it can. The buffer cannot grow."""
        memory, its_key = self._live[key]
        if memory is self._after and callable(self._grow):
            self._grow(its_key, minimum_words)

    def release(self, key: int, words_used: int, /) -> None:
        """Release the grant to the allocator that made it."""
        memory, its_key = self._live.pop(key)
        memory.release(its_key, words_used)
