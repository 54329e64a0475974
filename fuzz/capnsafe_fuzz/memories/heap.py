"""The plain heap: each grant is a separate bytearray.

A bytearray that grows frees its old memory. An encoder that kept an address would write into freed
memory without notice, and the process might crash executions later. So executions keep the old
memory until it is released. All of it is zero when it is new.
"""

from __future__ import annotations

from typing import Any

from .kind import LIBRARY, ConstructorCall, MemoryKind, Size, library_module

_WORD_BYTES = 8


class GrowingHeap:
    """A heap whose segments grow to twice their length, each time into another bytearray."""

    def __init__(self, *, segment_words: int, library: str = LIBRARY) -> None:
        """Grant at least ``segment_words`` words per segment."""
        memory: Any = library_module(LIBRARY, library)
        self._heap = memory.HeapAllocator(segment_words=segment_words, growth=False)
        #: The bytearrays of a grant that has grown, the present one last.
        self._grown: dict[int, list[bytearray]] = {}
        self.allocate = self._heap.allocate

    def segment(self, key: int, /) -> bytearray:
        """Return the present bytearray."""
        held: bytearray = self._heap.segment(key)
        return self._grown[key][-1] if key in self._grown else held

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Copy the segment into a bytearray twice as long, or as long as asked."""
        old = self.segment(key)
        words = len(old) // _WORD_BYTES
        if minimum_words > words:
            new = bytearray(max(minimum_words, words * 2) * _WORD_BYTES)
            new[: len(old)] = old
            self._grown.setdefault(key, [old]).append(new)

    def release(self, key: int, words_used: int, /) -> None:
        """Drop all bytearrays of the grant."""
        self._grown.pop(key, None)
        self._heap.release(key, words_used)


def _call(size: Size) -> ConstructorCall:
    if size.grows:
        return ConstructorCall(
            __name__, "GrowingHeap", {"segment_words": size.segment_words}, wraps=True
        )
    return ConstructorCall(
        "capnsafe", "HeapAllocator", {"segment_words": size.segment_words, "growth": False}
    )


KINDS = (
    MemoryKind(
        name="heap",
        summary="capnsafe.memory.HeapAllocator: each grant is a separate bytearray",
        place=0,
        weight=12,
        grows=True,
        call=_call,
    ),
)
