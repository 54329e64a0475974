"""The honest memory that a scenario speaks of: the real classes of ``capnsafe.memory``, mostly.

One is made for each execution, and is as new: what an execution finds must not depend on those
before it. What is costly and holds no contents is kept for the process: a compiled guest, and
blocks of shared memory, which are zero again when they are granted anew.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

from capnsafe_allocators import GUARD_WORDS

from capnsafe import FixedAllocator, HeapAllocator
from capnsafe.allocator import FEW_SEGMENTS
from capnsafe.memory import PoolAllocator

from ..optional import WASMTIME, Package
from ..ownership import SHARED_MEMORY, block_prefix
from .growing import GrowingHeap, GrowingMalloc, RoomyHeap
from .guest import Guest
from .scenario import MemorySpec

#: What the hostile allocator takes of each grant for itself, in words.
_GUARDS: Final = 2 * GUARD_WORDS


def _heap(spec: MemorySpec) -> Any:
    words = spec.segment_words + _GUARDS
    if spec.grows:
        return GrowingHeap(segment_words=words)
    return HeapAllocator(segment_words=words, growth=False)


def _stable(spec: MemorySpec) -> Any:
    # Memory that stays is shown as it is, without guards.
    if spec.grows:
        return RoomyHeap(segment_words=spec.segment_words)
    return HeapAllocator(segment_words=spec.segment_words, growth=False)


def _fixed(spec: MemorySpec) -> Any:
    size = spec.segment_words + _GUARDS if spec.segment_words else None
    return FixedAllocator(bytearray((spec.total_words + _GUARDS) * 8), segment_words=size)


def _pool(spec: MemorySpec) -> Any:
    words = spec.segment_words + _GUARDS
    return PoolAllocator(
        spec.total_words + _GUARDS, segment_words=words, growth=False, in_place=spec.grows
    )


def _malloc(spec: MemorySpec) -> Any:
    from capnsafe.memory.malloc import MallocAllocator

    words = spec.segment_words + _GUARDS
    if spec.grows:
        return GrowingMalloc(segment_words=words)
    return MallocAllocator(segment_words=words, growth=False)


def _mapped_file(spec: MemorySpec) -> Any:
    from capnsafe.memory.mapped_file import MappedFileAllocator

    size = spec.segment_words + _GUARDS
    # In memory, where making a file costs a twentieth.
    if not os.access(SHARED_MEMORY, os.W_OK):
        return MappedFileAllocator(segment_words=size, growth=False, in_place=spec.grows)
    path = SHARED_MEMORY / f"{block_prefix() or f'capnsafe-fuzz-{os.getpid()}-'}file"
    memory = MappedFileAllocator(path, segment_words=size, growth=False, in_place=spec.grows)
    path.unlink()
    return memory


class SharedBlocks:
    """Shared memory whose blocks are granted again, zeroed, to the next execution.

    Making a block and telling the system about it takes longer than an execution.
    """

    _free: Final[dict[int, list[Any]]] = {}
    _most_free: Final = 64

    def __init__(self, segment_words: int) -> None:
        """Grant blocks of at least ``segment_words`` words."""
        self._segment_words = segment_words
        self._live: dict[Any, int] = {}

    def allocate(self, minimum_words: int, /) -> Any:
        """Answer a block of at least ``minimum_words`` words, all zero."""
        words = max(minimum_words, self._segment_words)
        free = self._free.get(words)
        if free:
            key = free.pop()
            with memoryview(shared_blocks().segment(key)) as view:
                view[: words * 8] = bytes(words * 8)
        else:
            key = shared_blocks().allocate(words)
        self._live[key] = words
        return key

    def segment(self, key: Any, /) -> Any:
        """Answer the bytes of a block, which may have more than were asked for: pages are whole."""
        with memoryview(shared_blocks().segment(key)) as view:
            return view[: self._live[key] * 8]

    def release(self, key: Any, words_used: int, /) -> None:
        """Keep the block for later, unless there are enough."""
        words = self._live.pop(key)
        free = self._free.setdefault(words, [])
        if len(free) < self._most_free:
            free.append(key)
        else:
            shared_blocks().release(key, words_used)


@cache
def shared_blocks() -> Any:
    """Return the allocator of this process's blocks, which closes when the process ends."""
    from capnsafe.memory.shared_memory import SharedMemoryAllocator

    blocks = SharedMemoryAllocator(segment_words=1, growth=False, prefix=block_prefix())
    atexit.register(blocks.close)
    return blocks


def _shared_memory(spec: MemorySpec) -> Any:
    return SharedBlocks(spec.segment_words + _GUARDS)


_MAKERS: Final[Mapping[str, Callable[[MemorySpec], Any]]] = {
    "heap": _heap,
    "stable": _stable,
    "fixed": _fixed,
    "pool": _pool,
    "malloc": _malloc,
    "mapped-file": _mapped_file,
    "shared-memory": _shared_memory,
    "wasm": Guest,
    "wasm-stays": Guest,
}

_NEEDS: Final[Mapping[str, Package]] = {"wasm": WASMTIME, "wasm-stays": WASMTIME}


def honest_memory(spec: MemorySpec) -> Any:
    """Make the memory below the faults, with room for the guards of the hostile allocator.

    Where a memory needs a library that is not installed, a heap takes its place.
    """
    if spec.name not in _MAKERS:
        make = own_memory(spec.name)
        try:
            return make()
        except (Exception, SystemExit) as error:
            raise OwnMemoryError(f"allocator {spec.name!r} cannot be made") from error
    try:
        return _MAKERS[spec.name](spec)
    except ImportError:
        if lacking(spec.name) is None:
            raise
        return _heap(spec)


class OwnMemoryError(Exception):
    """An allocator of the user cannot be loaded or made; the cause is what its code raised."""


@cache
def own_memory(name: str) -> Callable[[], Any]:
    """What makes an allocator of somebody else, named ``module:Class``.

    Raises ``OwnMemoryError`` where there is none.
    """
    module_name, _, attribute = name.partition(":")
    # A console script does not look in the current folder, where one's own allocator is.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise OwnMemoryError(f"allocator {name!r} cannot be loaded") from error
        raise OwnMemoryError(f"no allocator {name!r}: {error}") from None
    except (Exception, SystemExit) as error:
        raise OwnMemoryError(f"allocator {name!r} cannot be loaded") from error
    found: Callable[[], Any] | None = getattr(module, attribute, None)
    if found is None:
        raise OwnMemoryError(f"no allocator {name!r}: {module_name} has no {attribute!r}")
    return found


def grows(spec: MemorySpec, memory: Any) -> bool:
    """Whether this memory, which was made of ``spec``, is asked to grow in place."""
    return spec.grows or (spec.name not in _MAKERS and callable(getattr(memory, "grow", None)))


def places_known(spec: MemorySpec) -> int:
    """Of how many segments it can be known where they lie, when another one is granted.

    What changes place by itself whenever another one is granted, or when it grows by less than was
    asked, is looked at anew where the segments are few. Of memory that comes from elsewhere nothing
    is known.
    """
    if spec.name not in _MAKERS:
        return 0
    moves = spec.grows or spec.name in ("mapped-file", "wasm")
    return FEW_SEGMENTS if moves else sys.maxsize


def lacking(name: str) -> Package | None:
    """Return the package that a memory needs and that is not installed; None if nothing lacks."""
    package = _NEEDS.get(name)
    return None if package is None or package.is_installed else package
