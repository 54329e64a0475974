"""A buffer from which grants are cut; released words are granted again."""

from __future__ import annotations

from .kind import ConstructorCall, MemoryKind, Size


def _call(size: Size) -> ConstructorCall:
    arguments = {
        "pool_words": size.total_words,
        "segment_words": size.segment_words,
        "growth": False,
        "in_place": size.grows,
    }
    return ConstructorCall("capnsafe.memory", "PoolAllocator", arguments)


KINDS = (
    MemoryKind(
        name="pool",
        summary="capnsafe.memory.PoolAllocator: as fixed, but released words are granted again",
        place=3,
        weight=4,
        bounded=True,
        grows=True,
        call=_call,
    ),
)
