"""One buffer, from which grants are cut until it is used up."""

from __future__ import annotations

from .kind import ConstructorCall, MemoryKind, Size


def _call(size: Size) -> ConstructorCall:
    return ConstructorCall(
        "capnsafe",
        "FixedAllocator",
        {"segment_words": size.segment_words or None},
        zeros=size.total_words * 8,
    )


KINDS = (
    MemoryKind(
        name="fixed",
        summary="capnsafe.memory.FixedAllocator: grants cut from one buffer, which may run out",
        place=2,
        weight=6,
        bounded=True,
        uncut=2,
        call=_call,
    ),
)
