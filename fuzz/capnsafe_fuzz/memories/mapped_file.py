"""A file that grows, and is then mapped elsewhere."""

from __future__ import annotations

import os
from typing import Any

from ..ownership import SHARED_MEMORY, block_prefix
from .kind import ConstructorCall, MemoryKind, Size


def _call(size: Size) -> ConstructorCall:
    arguments = {"segment_words": size.segment_words, "growth": False, "in_place": size.grows}
    return ConstructorCall("capnsafe.memory.mapped_file", "MappedFileAllocator", arguments)


def _make(size: Size) -> Any:
    from capnsafe.memory.mapped_file import MappedFileAllocator

    # In memory, where making a file is twenty times cheaper.
    if not os.access(SHARED_MEMORY, os.W_OK):
        return _call(size).perform()
    path = SHARED_MEMORY / f"{block_prefix() or f'capnsafe-fuzz-{os.getpid()}-'}file"
    memory = MappedFileAllocator(
        path, segment_words=size.segment_words, growth=False, in_place=size.grows
    )
    path.unlink()
    return memory


KINDS = (
    MemoryKind(
        name="mapped-file",
        summary="capnsafe.memory.mapped_file: a file that grows, and is then mapped elsewhere",
        place=5,
        weight=1,
        grows=True,
        moves=True,
        call=_call,
        make=_make,
    ),
)
