"""The memory of a WebAssembly guest: segments that the guest grants, written in place.

The guest exports a memory and functions, by default under these names, where pointers and sizes are
bytes in its memory::

    allocate(bytes) -> pointer                       0 refuses
    release(pointer, bytes, bytes_used)
    grow(pointer, bytes, bytes_wanted) -> pointer    optional; 0 refuses; may move the block

None of it is trusted. A guest may trap, run out of fuel or time, grow its memory inside the call,
so that all of it moves, or answer with a pointer to anywhere. What it answers is looked at before
it becomes a grant, and the memory is asked for anew at each borrow: a view that is kept while a
guest runs is a view of freed memory as soon as the guest grows.

By default wasmtime reserves address space and never moves a memory; :func:`moving_engine` makes an
engine that moves it at every growth. Memory that several threads of a guest share is not supported,
nor is running the guest in another thread while a message is being built.

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

#: A guest to start from: an allocator, and a reader of one kind of message.
GUEST: Final = Path(__file__).with_name("guest.wat")


class GuestError(Exception):
    """The guest answered with what is no grant.

    A message raises :class:`capnsafe.AllocationRefused` with this as its cause. What the guest says
    it has granted is not given back: it is not known whose it is.
    """


class WasmAllocator(Closing):
    """Grants what a guest's functions answer.

    The first segment of a message has ``segment_words`` words, each next one as many as the message
    so far; without ``growth`` each has ``segment_words``. With ``in_place`` segments become longer
    by the guest's ``grow``. ``fuel`` and ``epoch_ticks``, where given, are set before each
    call of the guest, which must come back within them (the engine needs ``consume_fuel`` or
    ``epoch_interruption``).

    Use it as a context manager where a message may be left open: at the end everything that was not
    released is given back to the guest.
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
        """Look up the exports. A guest that takes nothing back has ``release=None``."""
        self._store = store
        self._growth = Growth(segment_words, growth)
        self._fuel = None if fuel is None else integer(fuel, "fuel")
        self._epoch_ticks = None if epoch_ticks is None else integer(epoch_ticks, "epoch_ticks")
        exports = instance.exports(store)
        guest_memory = exports.get(memory)
        if not isinstance(guest_memory, Memory):
            raise ArgumentValueError(f"the guest exports no memory {memory!r}")
        self._memory: Memory = guest_memory
        self._allocate = _function(exports, allocate)
        self._release = None if release is None else _function(exports, release)
        self._grow = _function(exports, grow) if in_place else None
        self._address_mask = (1 << (64 if guest_memory.type(store).is_64 else 32)) - 1
        #: First byte, and bytes, of each live grant in the guest's memory, in order of granting.
        self._live: dict[int, tuple[int, int]] = {}
        #: The same, as (first byte, one past the last), in order of address.
        self._ranges = Ranges()
        self._next_key = 0
        #: What was last answered. These hold addresses, and are right while the memory is there.
        self._views: dict[int, memoryview] = {}
        self._base = 0

    @property
    def live_grants(self) -> int:
        """How many grants have not been released."""
        return len(self._live)

    @property
    def pointers(self) -> list[int]:
        """Where the live grants lie in the guest's memory (bytes), in the order of the segments."""
        return [pointer for pointer, _ in self._live.values()]

    def allocate(self, minimum_words: int, /) -> int:
        """Have the guest grant at least ``minimum_words`` words.

        Raises ``MemoryError`` if it refuses, :class:`GuestError` if it answers with what is no
        grant, and what wasmtime raises (``Trap``, ``WasmtimeError``) if it does not come back.
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
            raise MemoryError(f"a guest's memory does not hold {octets} bytes")
        pointer = self._call(self._allocate, octets)
        if pointer == 0:
            raise MemoryError(f"the guest refused {octets} bytes")
        self._require_ours(pointer, octets)
        return pointer, octets

    def segment(self, key: int, /) -> memoryview:
        """Return the bytes of the grant, wherever the guest's memory is now."""
        pointer, octets = self._live[key]
        base = addressof(self._memory.data_ptr(self._store).contents)
        if base != self._base:
            self._views.clear()
            self._base = base
        view = self._views.get(key)
        if view is None:
            # A memory that is where it was is as long as it was, or longer.
            if pointer + octets > self._memory.data_len(self._store):
                raise LookupError("the guest's memory has become shorter")
            view = memoryview((c_ubyte * octets).from_address(base + pointer)).cast("B")
            self._views[key] = view
        return view

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Have the guest make the grant twice as long, or as long as asked if that is refused."""
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
            raise MemoryError(f"the guest refused to make {octets} bytes {wanted}")
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
        """Give the grant back to the guest. Whatever the guest does, it counts as given back."""
        pointer, octets = self._live.pop(key)
        self._growth.released(key)
        self._ranges.remove((pointer, pointer + octets))
        self._views.pop(key, None)
        if self._release is not None:
            self._run(self._release, pointer, octets, words_used * WORD_BYTES)

    def close(self) -> None:
        """Give every grant back. Messages that still use one find it missing.

        Raises what the guest raised first, after all were given back.
        """
        failure: Exception | None = None
        for key in list(self._live):
            try:
                self.release(key, self._live[key][1] // WORD_BYTES)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def _call(self, function: Func, *arguments: int) -> int:
        """Return the pointer that a function of the guest answers, as a number from 0 up."""
        answer = self._run(function, *arguments)
        if type(answer) is not int:
            raise GuestError(f"the guest answered with a {type_name(answer)}, not with a pointer")
        return answer & self._address_mask

    def _run(self, function: Func, *arguments: int) -> Any:
        if self._fuel is not None:
            self._store.set_fuel(self._fuel)
        if self._epoch_ticks is not None:
            self._store.set_epoch_deadline(self._epoch_ticks)
        return function(self._store, *arguments)

    def _require_ours(self, pointer: int, octets: int) -> None:
        """Raise ``GuestError`` unless these bytes can be a grant."""
        if pointer % WORD_BYTES:
            raise GuestError(f"the guest answered with {pointer:#x}, which is no multiple of 8")
        size = self._memory.data_len(self._store)
        if pointer + octets > size:
            raise GuestError(
                f"the guest answered with {pointer:#x} for {octets} bytes, and its memory ends at"
                f" {size:#x}"
            )
        met = self._ranges.before((pointer + octets,))
        if met is not None and met[1] > pointer:
            start, end = met
            raise GuestError(
                f"the guest answered with {pointer:#x} for {octets} bytes, and {start:#x} to"
                f" {end:#x} are granted already"
            )


def _function(exports: Any, name: str) -> Func:
    function = exports.get(name)
    if not isinstance(function, Func):
        raise ArgumentValueError(f"the guest exports no function {name!r}")
    return function


def moving_engine(config: Config | None = None) -> Engine:
    """Return an engine whose memories move at every growth, with what ``config`` says besides."""
    config = Config() if config is None else config
    if not isinstance(config, Config):
        raise ArgumentTypeError(f"the configuration must be a Config, not {type_name(config)}")
    config.memory_may_move = True
    config.memory_reservation = 0
    config.memory_reservation_for_growth = 0
    config.memory_guard_size = 0
    return Engine(config)


def new_guest(engine: Engine | None = None, source: str | None = None) -> tuple[Store, Instance]:
    """Start a guest that imports nothing: by default that of ``GUEST``. ``source`` is its text."""
    engine = Engine() if engine is None else engine
    text = GUEST.read_text(encoding="utf-8") if source is None else source
    store = Store(engine)
    return store, Instance(store, Module(engine, text), [])
