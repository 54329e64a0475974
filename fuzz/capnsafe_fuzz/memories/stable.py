"""The heap, with the promise that segments keep their place and length."""

from __future__ import annotations

from typing import Any

from .kind import LIBRARY, ConstructorCall, MemoryKind, Size, library_module

_WORD_BYTES = 8


class RoomyHeap:
    """A stable heap that grows in place as far as a bytearray has room: to twice its length.

    The hostile allocator moves a grown segment once, as a bytearray may.
    """

    stable = True

    def __init__(self, *, segment_words: int, library: str = LIBRARY) -> None:
        """Grant at least ``segment_words`` words per segment."""
        memory: Any = library_module(LIBRARY, library)
        self._heap = memory.HeapAllocator(segment_words=1, growth=False)
        self._segment_words = segment_words
        self.segment = self._heap.segment
        self.release = self._heap.release

    def allocate(self, minimum_words: int, /) -> int:
        """Grant a bytearray that has room to grow to twice its length."""
        words = max(minimum_words, self._segment_words)
        key: int = self._heap.allocate(words * 2)
        # A bytearray gives room back only when it is cut by more than half.
        del self._heap.segment(key)[words * _WORD_BYTES :]
        return key

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Fill the room with zeros, if it is large enough."""
        memory: Any = self._heap.segment(key)
        # One allocated byte cannot be used.
        room = (memory.__alloc__() - 1) // _WORD_BYTES
        if len(memory) // _WORD_BYTES < minimum_words <= room:
            memory.extend(bytes(room * _WORD_BYTES - len(memory)))


def _call(size: Size) -> ConstructorCall:
    if size.grows:
        return ConstructorCall(
            __name__, "RoomyHeap", {"segment_words": size.segment_words}, wraps=True
        )
    return ConstructorCall(
        "capnsafe", "HeapAllocator", {"segment_words": size.segment_words, "growth": False}
    )


KINDS = (
    MemoryKind(
        name="stable",
        summary="the heap, declared stable: few faults fire, and the encoder takes its quick paths",
        place=1,
        weight=4,
        grows=True,
        stays=True,
        call=_call,
    ),
)
