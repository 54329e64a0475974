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
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from capnsafe_allocators import GUARD_WORDS

from capnsafe import FixedAllocator, HeapAllocator
from capnsafe.allocator import FEW_SEGMENTS
from capnsafe.memory import PoolAllocator

from .growing import GrowingHeap, GrowingMalloc, RoomyHeap
from .scenario import MemorySpec

#: What the hostile allocator takes of each grant for itself, in words.
_GUARDS: Final = 2 * GUARD_WORDS

#: A file system in memory, where making a file costs a twentieth.
_SHM: Final = Path("/dev/shm")


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
    return PoolAllocator(spec.total_words + _GUARDS, segment_words=words, in_place=spec.grows)


def _malloc(spec: MemorySpec) -> Any:
    from capnsafe.memory.malloc import MallocAllocator

    words = spec.segment_words + _GUARDS
    make = GrowingMalloc if spec.grows else MallocAllocator
    return make(segment_words=words)


def _mapped_file(spec: MemorySpec) -> Any:
    from capnsafe.memory.mapped_file import MappedFileAllocator

    size = spec.segment_words + _GUARDS
    if not os.access(_SHM, os.W_OK):
        return MappedFileAllocator(segment_words=size, in_place=spec.grows)
    path = _SHM / f"capnsafe-fuzz-{os.getpid()}"
    memory = MappedFileAllocator(path, segment_words=size, in_place=spec.grows)
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
            with memoryview(_blocks().segment(key)) as view:
                view[: words * 8] = bytes(words * 8)
        else:
            key = _blocks().allocate(words)
        self._live[key] = words
        return key

    def segment(self, key: Any, /) -> Any:
        """Answer the bytes of a block, which may have more than were asked for: pages are whole."""
        with memoryview(_blocks().segment(key)) as view:
            return view[: self._live[key] * 8]

    def release(self, key: Any, words_used: int, /) -> None:
        """Keep the block for later, unless there are enough."""
        words = self._live.pop(key)
        free = self._free.setdefault(words, [])
        if len(free) < self._most_free:
            free.append(key)
        else:
            _blocks().release(key, words_used)


@cache
def _blocks() -> Any:
    from capnsafe.memory.shared_memory import SharedMemoryAllocator

    blocks = SharedMemoryAllocator(segment_words=1)
    atexit.register(blocks.close)
    return blocks


def _shared_memory(spec: MemorySpec) -> Any:
    return SharedBlocks(spec.segment_words + _GUARDS)


#: A guest that grants memory, growing and so moving it at each grant, and misbehaves when told. A
#: block that grows is granted anew, and copied.
GUEST: Final = """
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 64))
  (global $how (mut i32) (i32.const 0))
  ;; What the next call of allocate or grow does.
  (func (export "misbehave") (param i32) (global.set $how (local.get 0)))
  (func $allocate (export "allocate") (param $bytes i32) (result i32)
    (local $at i32) (local $how i32) (local $missing i32)
    (local.set $how (global.get $how))
    (global.set $how (i32.const 0))
    (if (i32.eq (local.get $how) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $how) (i32.const 2)) (then (loop $for_ever (br $for_ever))))
    (if (i32.eq (local.get $how) (i32.const 3)) (then (return (i32.const 0x7ffffff8))))
    (if (i32.eq (local.get $how) (i32.const 4)) (then (return (i32.const -8))))
    (if (i32.eq (local.get $how) (i32.const 6)) (then (return (i32.const 64))))
    (local.set $at (global.get $top))
    (local.set $missing
      (i32.add (i32.shr_u (local.get $bytes) (i32.const 16)) (i32.const 1)))
    (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
      (then (return (i32.const 0))))
    (global.set $top (i32.add (local.get $at) (local.get $bytes)))
    (if (i32.eq (local.get $how) (i32.const 5))
      (then (return (i32.add (local.get $at) (i32.const 4)))))
    (local.get $at))
  (func (export "grow") (param $pointer i32) (param $bytes i32) (param $wanted i32) (result i32)
    (local $at i32) (local $how i32)
    ;; A pointer into what was granted before would lose the block that grows, and overlap nothing.
    (if (i32.eq (global.get $how) (i32.const 6)) (then (global.set $how (i32.const 0))))
    (local.set $how (global.get $how))
    (local.set $at (call $allocate (local.get $wanted)))
    (if (i32.or (local.get $how) (i32.eqz (local.get $at))) (then (return (local.get $at))))
    (memory.copy (local.get $at) (local.get $pointer) (local.get $bytes))
    (local.get $at))
  (func (export "release") (param i32 i32 i32)))
"""

_MISBEHAVIOUR: Final[Mapping[str, int]] = {
    "trap": 1,
    "fuel": 2,
    "out-of-range": 3,
    "negative": 4,
    "unaligned": 5,
    "overlapping": 6,
}
_FUEL: Final = 10_000

#: Bytes of address space for the memory of a guest that stays, which then grants no more. Workers
#: have a limit of address space, and memories of earlier executions linger.
_RESERVED: Final = 1 << 21


class Guest:
    """A guest's memory, and a way to have the guest misbehave.

    Its engine moves the memory at each grant (``wasm``), or never (``wasm-stays``).
    """

    def __init__(self, spec: MemorySpec) -> None:
        """Start a guest."""
        from wasmtime import Instance, Store

        from capnsafe.memory.wasm import WasmAllocator

        engine, module = _compiled_guest(spec.name == "wasm")
        self._store = Store(engine)
        self._store.set_fuel(_FUEL)
        instance = Instance(self._store, module, [])
        self._misbehave: Any = instance.exports(self._store)["misbehave"]
        self._memory = WasmAllocator(
            self._store,
            instance,
            segment_words=spec.segment_words + _GUARDS,
            in_place=spec.grows,
            fuel=_FUEL,
        )
        self.allocate = self._memory.allocate
        self.segment = self._memory.segment
        self.release = self._memory.release
        self.grow = self._memory.grow

    def misbehave(self, kind: str) -> bool:
        """Let the next grant or growth go wrong; False if this guest cannot, or not yet."""
        if kind == "overlapping" and not self._memory.live_grants:
            return False
        self._store.set_fuel(_FUEL)
        self._misbehave(self._store, _MISBEHAVIOUR[kind])
        return True


@cache
def _compiled_guest(moves: bool) -> tuple[Any, Any]:
    from wasmtime import Config, Engine, Module

    from capnsafe.memory.wasm import moving_engine

    config = Config()
    config.consume_fuel = True
    # Threads would take memory in an order of their own, and coverage depends on addresses.
    config.parallel_compilation = False
    if moves:
        engine = moving_engine(config)
    else:
        config.memory_reservation = _RESERVED
        config.memory_guard_size = 0
        config.memory_may_move = False
        engine = Engine(config)
    # Else the library tidies up after the interpreter has.
    atexit.register(_compiled_guest.cache_clear)
    return engine, Module(engine, GUEST)


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


def honest_memory(spec: MemorySpec) -> Any:
    """Make the memory below the faults, with room for the guards of the hostile allocator.

    Where a memory needs a library that is not installed, a heap takes its place.
    """
    if spec.name not in _MAKERS:
        return own_memory(spec.name)()
    try:
        return _MAKERS[spec.name](spec)
    except ImportError:
        if is_installed(spec.name):
            raise
        return _heap(spec)


@cache
def own_memory(name: str) -> Callable[[], Any]:
    """What makes an allocator of somebody else, named ``module:Class``.

    Raises ImportError or AttributeError where there is none.
    """
    module_name, _, attribute = name.partition(":")
    # A console script does not look in the current folder, where one's own allocator is.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    found: Callable[[], Any] = getattr(import_module(module_name), attribute)
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


def is_installed(name: str) -> bool:
    """Whether the library is there that a memory needs, if it needs one."""
    return not name.startswith("wasm") or find_spec("wasmtime") is not None
