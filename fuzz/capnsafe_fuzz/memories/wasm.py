"""A WebAssembly guest as the memory of a scenario: a real one, which misbehaves on request."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Final

from capnsafe_allocators import Misbehaviour

from ..optional import WASMTIME
from .kind import LIBRARY, ConstructorCall, MemoryKind, Size, library_module

#: A guest that grows its memory at each grant, and so moves it. It misbehaves on request. To grow a
#: block, it allocates a new one and copies.
GUEST: Final = """
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 64))
  (global $how (mut i32) (i32.const 0))
  ;; How the next call of allocate or grow misbehaves.
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
    ;; A pointer into an earlier grant would lose the block that grows, and overlap nothing.
    (if (i32.eq (global.get $how) (i32.const 6)) (then (global.set $how (i32.const 0))))
    (local.set $how (global.get $how))
    (local.set $at (call $allocate (local.get $wanted)))
    (if (i32.or (local.get $how) (i32.eqz (local.get $at))) (then (return (local.get $at))))
    (memory.copy (local.get $at) (local.get $pointer) (local.get $bytes))
    (local.get $at))
  (func (export "release") (param i32 i32 i32)))
"""

_MISBEHAVIOUR: Final[Mapping[Misbehaviour, int]] = {
    Misbehaviour.TRAP: 1,
    Misbehaviour.FUEL: 2,
    Misbehaviour.OUT_OF_RANGE: 3,
    Misbehaviour.NEGATIVE: 4,
    Misbehaviour.UNALIGNED: 5,
    Misbehaviour.OVERLAPPING: 6,
}
_FUEL: Final = 10_000

#: Bytes of address space for the memory of a guest that does not move; it grants no more than that.
#: Workers have a limit of address space, and memories of earlier executions linger.
_RESERVED: Final = 1 << 21


class Guest:
    """A guest's memory, with a method that makes the guest misbehave.

    If it ``moves``, its engine moves the memory at each grant; otherwise never.
    """

    def __init__(
        self, *, moves: bool, segment_words: int, grows: bool, library: str = LIBRARY
    ) -> None:
        """Start a guest that grants at least ``segment_words`` words."""
        from wasmtime import Instance, Store

        memory: Any = library_module(f"{LIBRARY}.memory.wasm", library)
        engine, module = _compiled(moves)
        self._store = Store(engine)
        self._store.set_fuel(_FUEL)
        instance = Instance(self._store, module, [])
        self._misbehave: Any = instance.exports(self._store)["misbehave"]
        self._memory = memory.WasmAllocator(
            self._store,
            instance,
            segment_words=segment_words,
            growth=False,
            in_place=grows,
            fuel=_FUEL,
        )
        self.allocate = self._memory.allocate
        self.segment = self._memory.segment
        self.release = self._memory.release
        self.grow = self._memory.grow

    def misbehave(self, kind: Misbehaviour) -> bool:
        """Make the next grant or growth go wrong; return False if this guest cannot, or not yet."""
        if kind is Misbehaviour.OVERLAPPING and not self._memory.live_grants:
            return False
        self._store.set_fuel(_FUEL)
        self._misbehave(self._store, _MISBEHAVIOUR[kind])
        return True


@cache
def _compiled(moves: bool) -> tuple[Any, Any]:
    """Return an engine, and the guest as a module of it."""
    from wasmtime import Module

    engine = _engine(moves)
    module = Module(engine, GUEST)
    # Otherwise the library would clean up after the interpreter has ended.
    atexit.register(_compiled.cache_clear)
    return engine, module


def _engine(moves: bool) -> Any:
    from wasmtime import Config, Engine

    from capnsafe.memory.wasm import moving_engine

    config = Config()
    config.consume_fuel = True
    # Threads would take memory in an unpredictable order.
    config.parallel_compilation = False
    if moves:
        return moving_engine(config)
    config.memory_reservation = _RESERVED
    config.memory_guard_size = 0
    config.memory_may_move = False
    return Engine(config)


def _call(moves: bool, size: Size) -> ConstructorCall:
    arguments = {"moves": moves, "segment_words": size.segment_words, "grows": size.grows}
    return ConstructorCall(__name__, "Guest", arguments, wraps=True)


KINDS = (
    MemoryKind(
        name="wasm",
        summary="capnsafe.memory.wasm: a WebAssembly guest, whose memory moves at each grant",
        place=7,
        weight=1,
        grows=True,
        moves=True,
        needs=WASMTIME,
        call=partial(_call, True),
    ),
    MemoryKind(
        name="wasm-stays",
        summary="the same guest in an engine that never moves its memory",
        place=8,
        weight=1,
        grows=True,
        needs=WASMTIME,
        call=partial(_call, False),
    ),
)
