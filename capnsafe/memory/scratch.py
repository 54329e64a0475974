"""Scratch first, another memory after: small messages need no memory of their own."""

from __future__ import annotations

from ..allocator import Allocator, Buffer, Key
from .fixed import FixedAllocator
from .heap import HeapAllocator
from .single import Single


class ScratchAllocator(Single):
    """Grants a buffer of the caller's as the first segment, and what ``after`` grants from then on.

    The buffer is used as a whole, by one segment at a time: it is granted again once that segment
    is released. It need not be zero. What does not fit into it, and what is asked while it is in
    use, is asked of ``after``, by default of a heap.
    """

    def __init__(self, buffer: Buffer, after: Allocator | None = None) -> None:
        """Use ``buffer``, which must be writable, contiguous and made of bytes."""
        self._scratch = FixedAllocator(buffer)
        self._after: Allocator = HeapAllocator() if after is None else after
        self._grow = getattr(self._after, "grow", None)
        #: The memory of each live grant, and its key there.
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
        """Return the buffer, or what ``after`` answers."""
        memory, its_key = self._live[key]
        return memory.segment(its_key)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Have ``after`` grow what it granted, if it can. The buffer has its length."""
        memory, its_key = self._live[key]
        if memory is self._after and callable(self._grow):
            self._grow(its_key, minimum_words)

    def release(self, key: int, words_used: int, /) -> None:
        """Give the grant back to the memory that it came from."""
        memory, its_key = self._live.pop(key)
        memory.release(its_key, words_used)
