"""A scratch buffer, which is granted first, and the heap after it."""

from __future__ import annotations

from .kind import ConstructorCall, MemoryKind, Size


def _call(size: Size) -> ConstructorCall:
    return ConstructorCall("capnsafe.memory", "ScratchAllocator", zeros=size.segment_words * 8)


KINDS = (
    MemoryKind(
        name="scratch",
        summary="capnsafe.memory.ScratchAllocator: one buffer first, then the heap",
        place=9,
        weight=1,
        call=_call,
    ),
)
