"""The memory of a WebAssembly guest: segments that the guest grants, written in place.

The guest exports a memory and functions, by default under these names, where pointers and sizes are
bytes in its memory::

    allocate(bytes) -> pointer                       0 refuses
    release(pointer, bytes, bytes_used)
    grow(pointer, bytes, bytes_wanted) -> pointer    optional; 0 refuses; may move the block

The guest is not trusted. It may trap, run out of fuel or time, return any pointer, or grow its
memory inside the call, which may move all of it. So every pointer is checked before it becomes a
grant, and each borrow looks up the memory's address again: a view that is kept while a guest runs
refers to freed memory once the guest's memory has grown.

By default wasmtime reserves address space and never moves a memory; :func:`moving_engine` makes an
engine that moves it at every growth. Memory that is shared between threads of a guest is not
supported, nor is a guest that runs in another thread while a message is being built.

This module needs the library wasmtime (``pip install capnsafe[wasm]``).
"""

from __future__ import annotations

from ctypes import addressof, c_ubyte
from pathlib import Path
from typing import Any, Final

from wasmtime import Config, Engine, Func, Instance, Memory, Module, Store

from .._words.arguments import integer, type_name
from .._words.ranges import Ranges
from ..errors import ArgumentTypeError, ArgumentValueError
from ..wire import WORD_BYTES
from .closing import Closing
from .growth import Growth

#: A guest to start from. It has an allocator, and a reader of one kind of message.
GUEST: Final = Path(__file__).with_name("guest.wat")


class GuestError(Exception):
    """The guest returned an invalid grant.

    A message raises :class:`capnsafe.AllocationRefused` with this as its cause. The invalid grant
    is not released, because its memory may belong to another grant.
    """


class WasmAllocator(Closing):
    """An allocator over exported functions of a guest.

    Use it as a context manager if a message may stay open: at the end of the block all grants are
    released to the guest.

    Args:
        store: The store of the guest.
        instance: The guest.
        segment_words: The words of the first segment of a message, unless more are asked for.
        growth: Whether each further segment is as large as the message so far. Otherwise each has
            ``segment_words``.
        in_place: Whether the last segment grows instead, by the guest's ``grow``.
        fuel: The fuel for each call of the guest; the engine needs ``consume_fuel``.
        epoch_ticks: The epochs after which a call of the guest traps; the engine needs
            ``epoch_interruption``.
        memory: The name of the exported memory.
        allocate: The name of the function that allocates.
        release: The name of the function that releases. ``None`` if the guest has none.
        grow: The name of the function that grows a block.
    """

    def __init__(
        self,
        store: Store,
        instance: Instance,
        *,
        segment_words: int = 1024,
        growth: bool = True,
        in_place: bool = False,
        fuel: int | None = None,
        epoch_ticks: int | None = None,
        memory: str = "memory",
        allocate: str = "allocate",
        release: str | None = "release",
        grow: str = "grow",
    ) -> None:
        """Look up the exports of the guest."""
        self._store = store
        self._growth = Growth(segment_words, growth)
        self._fuel = None if fuel is None else integer(fuel, "fuel")
        self._epoch_ticks = None if epoch_ticks is None else integer(epoch_ticks, "epoch_ticks")
        exports = instance.exports(store)
        guest_memory = exports.get(memory)
        if not isinstance(guest_memory, Memory):
            raise ArgumentValueError(
                f"the guest must export a memory {memory!r}; give its name as memory=..."
            )
        self._memory: Memory = guest_memory
        self._allocate = _function(exports, allocate)
        self._release = None if release is None else _function(exports, release)
        self._grow = _function(exports, grow) if in_place else None
        self._address_mask = (1 << (64 if guest_memory.type(store).is_64 else 32)) - 1
        #: (First byte in the guest's memory, bytes) of each live grant, oldest first.
        self._live: dict[int, tuple[int, int]] = {}
        #: The same grants as (first byte, end), in order of address.
        self._ranges = Ranges()
        self._next_key = 0
        #: The views last returned. They contain addresses, and are valid until the memory moves.
        self._views: dict[int, memoryview] = {}
        self._base = 0

    @property
    def live_grants(self) -> int:
        """Number of grants that are not released."""
        return len(self._live)

    @property
    def pointers(self) -> list[int]:
        """The address of each live grant in the guest's memory, oldest first."""
        return [pointer for pointer, _ in self._live.values()]

    def allocate(self, minimum_words: int, /) -> int:
        """Ask the guest for at least ``minimum_words`` words.

        Raises:
            MemoryError: If the guest refuses.
            GuestError: If the guest returns an invalid grant.
            Exception: ``Trap`` or ``WasmtimeError`` of wasmtime, if the guest does not return.
        """
        key = self._next_key
        pointer, octets = self._growth.grant(key, minimum_words, self._block)
        self._next_key = key + 1
        self._ranges.put((pointer, pointer + octets))
        self._live[key] = (pointer, octets)
        return key

    def _block(self, words: int, minimum_words: int) -> tuple[int, int]:
        octets = words * WORD_BYTES
        if octets > self._address_mask:
            raise MemoryError(f"{octets} bytes do not fit in the address space of the guest")
        pointer = self._call(self._allocate, octets)
        if pointer == 0:
            raise MemoryError(f"the guest refused {octets} bytes")
        self._require_ours(pointer, octets)
        return pointer, octets

    def segment(self, key: int, /) -> memoryview:
        """Return the bytes of the grant at their present place."""
        pointer, octets = self._live[key]
        base = addressof(self._memory.data_ptr(self._store).contents)
        if base != self._base:
            self._views.clear()
            self._base = base
        view = self._views.get(key)
        if view is None:
            # While it does not move, a memory never becomes shorter, so kept views stay valid.
            if pointer + octets > self._memory.data_len(self._store):
                raise LookupError("the guest's memory has become shorter")
            view = memoryview((c_ubyte * octets).from_address(base + pointer)).cast("B")
            self._views[key] = view
        return view

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Let the guest double the grant or, if it refuses, extend it to ``minimum_words``."""
        pointer, octets = self._live[key]
        self._growth.asked(key)
        minimum = minimum_words * WORD_BYTES
        if self._grow is None or minimum <= octets:
            return
        wanted = max(minimum, octets * 2)
        moved = 0
        if wanted <= self._address_mask:
            moved = self._call(self._grow, pointer, octets, wanted)
        if moved == 0 and minimum < wanted:
            wanted = minimum
            moved = self._call(self._grow, pointer, octets, wanted)
        if moved == 0:
            raise MemoryError(f"the guest refused to grow {octets} bytes to {wanted}")
        self._ranges.remove((pointer, pointer + octets))
        try:
            self._require_ours(moved, wanted)
        except GuestError:
            self._ranges.put((pointer, pointer + octets))
            raise
        self._ranges.put((moved, moved + wanted))
        self._live[key] = (moved, wanted)
        self._growth.grown(key, wanted // WORD_BYTES)
        self._views.pop(key, None)

    def release(self, key: int, words_used: int, /) -> None:
        """Release the grant to the guest. It counts as released even if the guest fails."""
        pointer, octets = self._live.pop(key)
        self._growth.released(key)
        self._ranges.remove((pointer, pointer + octets))
        self._views.pop(key, None)
        if self._release is not None:
            self._run(self._release, pointer, octets, words_used * WORD_BYTES)

    def close(self) -> None:
        """Release every grant. Messages that still use one raise ``SegmentLost``.

        The first exception of the guest is raised after all were released.
        """
        failure: Exception | None = None
        for key in list(self._live):
            try:
                self.release(key, self._live[key][1] // WORD_BYTES)
            except Exception as error:
                # The other grants are released nevertheless.
                failure = failure or error
        if failure is not None:
            raise failure

    def _call(self, function: Func, *arguments: int) -> int:
        """Call a function of the guest, and return its pointer as an unsigned number."""
        result = self._run(function, *arguments)
        if type(result) is not int:
            raise GuestError(f"the guest must return a pointer, not {type_name(result)}")
        return result & self._address_mask

    def _run(self, function: Func, *arguments: int) -> Any:
        if self._fuel is not None:
            self._store.set_fuel(self._fuel)
        if self._epoch_ticks is not None:
            self._store.set_epoch_deadline(self._epoch_ticks)
        return function(self._store, *arguments)

    def _require_ours(self, pointer: int, octets: int) -> None:
        """Raise ``GuestError`` unless these bytes are a valid grant."""
        if pointer % WORD_BYTES:
            raise GuestError(f"the guest returned {pointer:#x}, which is not a multiple of 8")
        size = self._memory.data_len(self._store)
        if pointer + octets > size:
            raise GuestError(
                f"the guest returned {pointer:#x} for {octets} bytes, but its memory ends at"
                f" {size:#x}"
            )
        met = self._ranges.before((pointer + octets,))
        if met is not None and met[1] > pointer:
            start, end = met
            raise GuestError(
                f"the guest returned {pointer:#x} for {octets} bytes, but {start:#x} to {end:#x}"
                " are granted already"
            )


def _function(exports: Any, name: str) -> Func:
    function = exports.get(name)
    if not isinstance(function, Func):
        raise ArgumentValueError(f"the guest must export a function {name!r}")
    return function


def moving_engine(config: Config | None = None) -> Engine:
    """Return an engine whose memories move at every growth; ``config`` has its other options."""
    config = Config() if config is None else config
    if not isinstance(config, Config):
        raise ArgumentTypeError(f"config must be a wasmtime.Config, not {type_name(config)}")
    config.memory_may_move = True
    config.memory_reservation = 0
    config.memory_reservation_for_growth = 0
    config.memory_guard_size = 0
    return Engine(config)


def new_guest(engine: Engine | None = None, source: str | None = None) -> tuple[Store, Instance]:
    """Start a guest that imports nothing.

    ``source`` is its text form, by default the contents of ``GUEST``.
    """
    engine = Engine() if engine is None else engine
    text = GUEST.read_text(encoding="utf-8") if source is None else source
    store = Store(engine)
    return store, Instance(store, Module(engine, text), [])
