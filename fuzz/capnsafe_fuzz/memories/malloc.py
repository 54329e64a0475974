"""The heap of the C library.

If ``realloc`` moves a block, it frees the old memory. An encoder that kept an address would write
into freed memory without notice, and the process might crash executions later. So executions keep
the old memory until it is released. All of it is zero when it is new.
"""

from __future__ import annotations

from typing import Any

from .kind import LIBRARY, ConstructorCall, MemoryKind, Size, library_module

_WORD_BYTES = 8


class GrowingMalloc:
    """The heap of the C library; a segment that grows is copied into a block twice as long."""

    def __init__(self, *, segment_words: int, library: str = LIBRARY) -> None:
        """Grant at least ``segment_words`` words per segment."""
        memory: Any = library_module(f"{LIBRARY}.memory.malloc", library)
        self._malloc = memory.MallocAllocator(segment_words=segment_words, growth=False)
        #: The blocks of a grant that has grown, the present one last.
        self._grown: dict[int, list[int]] = {}
        self.allocate = self._malloc.allocate
        self.close = self._malloc.close

    def _block(self, key: int) -> int:
        return self._grown[key][-1] if key in self._grown else key

    def segment(self, key: int, /) -> Any:
        """Return the present block."""
        return self._malloc.segment(self._block(key))

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Copy the segment into a block twice as long, or as long as asked."""
        old = self._block(key)
        _, words = self._malloc.address(old)
        if minimum_words > words:
            new = self._malloc.allocate(max(minimum_words, words * 2))
            with memoryview(self._malloc.segment(new)) as view, view.cast("B") as octets:
                octets[: words * _WORD_BYTES] = bytes(self._malloc.segment(old))
            self._grown.setdefault(key, [old]).append(new)

    def release(self, key: int, words_used: int, /) -> None:
        """Free all blocks of the grant."""
        for block in self._grown.pop(key, [key]):
            self._malloc.release(block, words_used)


def _call(size: Size) -> ConstructorCall:
    if size.grows:
        return ConstructorCall(
            __name__, "GrowingMalloc", {"segment_words": size.segment_words}, wraps=True
        )
    return ConstructorCall(
        "capnsafe.memory.malloc",
        "MallocAllocator",
        {"segment_words": size.segment_words, "growth": False},
    )


KINDS = (
    MemoryKind(
        name="malloc",
        summary="capnsafe.memory.malloc: the heap of the C library, by address",
        place=4,
        weight=2,
        grows=True,
        call=_call,
    ),
)
