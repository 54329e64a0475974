"""Blocks of shared memory, which other processes can open."""

from __future__ import annotations

import atexit
import os
from typing import Any, Final

from ..ownership import block_prefix, blocks_of, process_folder
from .kind import LIBRARY, ConstructorCall, MemoryKind, Size, library_module


class SharedBlocks:
    """Shared memory whose blocks are zeroed and granted again to the next execution.

    Making a block and telling the system about it takes longer than an execution.
    """

    _free: Final[dict[tuple[str, int], list[Any]]] = {}
    _most_free: Final = 64

    def __init__(self, segment_words: int, library: str = LIBRARY) -> None:
        """Grant blocks of at least ``segment_words`` words."""
        self._segment_words = segment_words
        self._library = library
        self._blocks = shared_blocks(library)
        self._live: dict[Any, int] = {}

    def allocate(self, minimum_words: int, /) -> Any:
        """Return a block of at least ``minimum_words`` words, all zero."""
        words = max(minimum_words, self._segment_words)
        free = self._free.get((self._library, words))
        if free:
            key = free.pop()
            with memoryview(self._blocks.segment(key)) as view:
                view[: words * 8] = bytes(words * 8)
        else:
            key = self._blocks.allocate(words)
        self._live[key] = words
        return key

    def segment(self, key: Any, /) -> Any:
        """Return the bytes of a block; there may be more than asked for, since pages are whole."""
        with memoryview(self._blocks.segment(key)) as view:
            return view[: self._live[key] * 8]

    def release(self, key: Any, words_used: int, /) -> None:
        """Keep the block for later, unless there are enough."""
        words = self._live.pop(key)
        free = self._free.setdefault((self._library, words), [])
        if len(free) < self._most_free:
            free.append(key)
        else:
            self._blocks.release(key, words_used)


#: The allocator of this process's blocks, by the name of its package.
_BLOCKS: Final[dict[str, Any]] = {}


def shared_blocks(library: str) -> Any:
    """Return the allocator of this process's blocks, which closes when the process ends."""
    if library not in _BLOCKS:
        module: Any = library_module(f"{LIBRARY}.memory.shared_memory", library)
        # A process that belongs to no run, such as a user's own tests, owns its blocks itself.
        prefix = block_prefix() or blocks_of(str(process_folder().path), os.getpid())
        blocks = module.SharedMemoryAllocator(segment_words=1, growth=False, prefix=prefix)
        atexit.register(blocks.close)
        _BLOCKS[library] = blocks
    return _BLOCKS[library]


def forget_blocks() -> None:
    """Leave all blocks to the process that this one was forked from."""
    _BLOCKS.clear()
    SharedBlocks._free.clear()


def close_blocks() -> None:
    """Unlink all blocks that are kept for the next execution."""
    SharedBlocks._free.clear()
    while _BLOCKS:
        _BLOCKS.popitem()[1].close()


def _call(size: Size) -> ConstructorCall:
    arguments = {"segment_words": size.segment_words, "growth": False}
    return ConstructorCall("capnsafe.memory.shared_memory", "SharedMemoryAllocator", arguments)


KINDS = (
    MemoryKind(
        name="shared-memory",
        summary="capnsafe.memory.shared_memory: blocks that other processes can open",
        place=6,
        weight=1,
        call=_call,
        make=lambda size, library: SharedBlocks(size.segment_words, library),
    ),
)
