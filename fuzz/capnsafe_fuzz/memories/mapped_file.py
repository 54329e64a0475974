"""A file that grows, and is then mapped elsewhere."""

from __future__ import annotations

import os
from typing import Any

from ..ownership import SHARED_MEMORY, block_prefix
from .kind import LIBRARY, ConstructorCall, MemoryKind, Size, library_module


def _call(size: Size) -> ConstructorCall:
    arguments = {"segment_words": size.segment_words, "growth": False, "in_place": size.grows}
    return ConstructorCall("capnsafe.memory.mapped_file", "MappedFileAllocator", arguments)


def _make(size: Size, library: str) -> Any:
    # In memory, where making a file is twenty times cheaper.
    if not os.access(SHARED_MEMORY, os.W_OK):
        return _call(size).perform(library)
    module: Any = library_module(f"{LIBRARY}.memory.mapped_file", library)
    path = SHARED_MEMORY / f"{block_prefix() or f'capnsafe-fuzz-{os.getpid()}-'}file"
    memory = module.MappedFileAllocator(
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
