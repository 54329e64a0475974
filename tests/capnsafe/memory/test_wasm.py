"""The memory of a WebAssembly guest, which may be anything but honest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from ctypes import addressof
from itertools import pairwise
from typing import Any

import pytest
from wasmtime import (
    Config,
    Engine,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Store,
    Trap,
    WasmtimeError,
)

from capnsafe import (
    AllocationRefused,
    ArgumentTypeError,
    ArgumentValueError,
    BorrowRefused,
    MessageBuilder,
    ReleaseFailed,
    SegmentLost,
    StructBuilder,
)
from capnsafe.memory.wasm import GuestError, WasmAllocator, moving_engine, new_guest
from tests.capnsafe.reading import TEXT, init_child, init_node, meaning

ENGINES: dict[str, Callable[[Config], Engine]] = {"stays": Engine, "moves": moving_engine}
PAGE = 65536


@pytest.fixture(params=ENGINES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine(kind: str) -> Engine:
    return ENGINES[kind](Config())


def memory_of(store: Store, instance: Instance) -> Memory:
    memory = instance.exports(store)["memory"]
    assert isinstance(memory, Memory)
    return memory


def base_of(store: Store, instance: Instance) -> int:
    return addressof(memory_of(store, instance).data_ptr(store).contents)


def ask(store: Store, instance: Instance, name: str, *arguments: int) -> Any:
    """Call an exported function of the guest."""
    return instance.exports(store)[name](store, *arguments)  # type: ignore[operator]


def fnv(octets: bytes) -> int:
    """FNV-1a, 64 bits."""
    result = 0xCBF29CE484222325
    for octet in octets:
        result = (result ^ octet) * 0x100000001B3 & (1 << 64) - 1
    return result


def fill_order(message: MessageBuilder, lines: int) -> StructBuilder:
    order = message.init_root(1, 3)
    order.set_uint64(0, (1 << 63) + 5)
    order.set_text(0, "Ålice & co")
    order.set_data(1, bytes(range(256)))
    elements = order.init_struct_list(2, lines, 1, 0)
    for index in range(lines):
        elements[index].set_uint32(0, index + 1)
        elements[index].set_uint32(1, 1 << 31)
    return order


def let_read(
    store: Store, instance: Instance, memory: WasmAllocator, message: MessageBuilder
) -> tuple[int, int, int, int]:
    """Return the values read by the guest: number, total, hashes of customer and notes."""
    ask(store, instance, "forget_segments")
    for pointer, words in zip(memory.pointers, message.check_segments(), strict=True):
        ask(store, instance, "add_segment", pointer, words)
    return read_all(store, instance)


def read_all(store: Store, instance: Instance) -> tuple[int, int, int, int]:
    names = ("number", "total", "customer_hash", "notes_hash")
    number, total, customer, notes = (ask(store, instance, name) & (1 << 64) - 1 for name in names)
    return number, total, customer, notes


def meant(lines: int) -> tuple[int, int, int, int]:
    total = sum(range(1, lines + 1)) << 31
    return (1 << 63) + 5, total, fnv("Ålice & co".encode()), fnv(bytes(range(256)))


# -- a guest that keeps its word -------------------------------------------------------------------


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("segment_words", [1, 4, 40, 1024, 100_000])
def test_the_guest_reads_what_was_built_in_its_memory(
    engine: Engine, segment_words: int, in_place: bool
) -> None:
    store, instance = new_guest(engine)
    memory = WasmAllocator(store, instance, segment_words=segment_words, in_place=in_place)
    with memory, MessageBuilder(memory) as message:
        fill_order(message, 100)
        segments = message.segments()
        assert let_read(store, instance, memory, message) == meant(100)
        assert len(segments) == 1 or not in_place
        assert len(segments) > 1 or in_place or segment_words >= 1024
        for pointer, segment in zip(memory.pointers, segments, strict=True):
            lying = memory_of(store, instance).read(store, pointer, pointer + len(segment))
            assert bytes(lying) == segment
    assert memory.live_grants == 0


def test_an_empty_order_reads_as_defaults(engine: Engine) -> None:
    store, instance = new_guest(engine)
    with WasmAllocator(store, instance) as memory, MessageBuilder(memory) as message:
        message.init_root(0, 0)
        empty = fnv(b"")
        assert let_read(store, instance, memory, message) == (0, 0, empty, empty)
        order = message.init_root(1, 3)
        assert let_read(store, instance, memory, message) == (0, 0, empty, empty)
        order.set_text(0, "")
        order.init_struct_list(2, 3, 0, 0)
        assert let_read(store, instance, memory, message) == (0, 0, empty, empty)


def test_the_guest_follows_double_far_pointers() -> None:
    """An object that fills its segment has its landing pad elsewhere."""
    store, instance = new_guest()
    memory = WasmAllocator(store, instance, segment_words=1)
    with memory, MessageBuilder(memory, max_segment_words=101) as message:
        fill_order(message, 100)
        assert any(words == 101 for words in message.segment_words())
        assert let_read(store, instance, memory, message) == meant(100)


def test_the_guest_traps_where_a_message_leads_outside(engine: Engine) -> None:
    store, instance = new_guest(engine)
    with WasmAllocator(store, instance) as memory, MessageBuilder(memory) as message:
        fill_order(message, 3)
        (words,) = message.check_segments()
        for fewer in range(words):
            ask(store, instance, "forget_segments")
            ask(store, instance, "add_segment", memory.pointers[0], fewer)
            with pytest.raises(Trap):
                read_all(store, instance)


def test_the_memory_moves_at_every_growth_or_never(kind: str, engine: Engine) -> None:
    """What this file says of two kinds of engine is so."""
    store, instance = new_guest(engine)
    memory = WasmAllocator(store, instance, segment_words=PAGE // 8, growth=False)
    bases = [base_of(store, instance)]
    with memory, MessageBuilder(memory) as message:
        node = init_node(message)
        for number in range(5):
            node.set_uint64(0, number)
            node.set_data(1, bytes(PAGE))
            bases.append(base_of(store, instance))
        assert meaning(message)["u64"] == 4
    moves = sum(one != other for one, other in pairwise(bases))
    assert moves == (5 if kind == "moves" else 0)


def test_memory_that_was_given_back_is_granted_again(engine: Engine) -> None:
    store, instance = new_guest(engine)
    memory = WasmAllocator(store, instance, segment_words=100)
    for _ in range(50):
        with MessageBuilder(memory) as first, MessageBuilder(memory) as second:
            fill_order(first, 200)
            fill_order(second, 100)
            assert len(first.segment_words()) > 1
    assert memory_of(store, instance).size(store) == 1


def test_a_guest_without_memory_left_refuses(engine: Engine) -> None:
    store, instance = new_guest(engine)
    store.set_limits(memory_size=2 * PAGE)
    memory = WasmAllocator(store, instance)
    with memory, MessageBuilder(memory) as message:
        node = init_node(message)
        before = meaning(message)
        with pytest.raises(AllocationRefused) as caught:
            node.set_data(1, bytes(3 * PAGE))
        assert isinstance(caught.value.__cause__, MemoryError)
        assert meaning(message) == before


@pytest.mark.parametrize("words", [1 << 28, 1 << 29, 1 << 40])
def test_more_than_a_guest_can_have_is_refused(words: int) -> None:
    store, instance = new_guest()
    with pytest.raises(MemoryError):
        WasmAllocator(store, instance, segment_words=words).allocate(1)


def test_growth_falls_back_to_what_was_asked(engine: Engine) -> None:
    store, instance = new_guest(engine)
    store.set_limits(memory_size=2 * PAGE)
    memory = WasmAllocator(store, instance, segment_words=9000, in_place=True)
    key = memory.allocate(1)
    memory.grow(key, 9001)
    assert len(memory.segment(key)) == 9001 * 8
    memory.grow(key, 5)
    assert len(memory.segment(key)) == 9001 * 8
    with pytest.raises(MemoryError):
        memory.grow(key, 20_000)
    memory.release(key, 0)


def test_growth_beyond_what_32_bits_address_is_not_asked_for() -> None:
    """Twice as long would be 4 GiB, which a guest would see as 0."""
    text = """(module (memory (export "memory") 32769)
        (func (export "allocate") (param i32) (result i32) (i32.const 8))
        (func (export "grow") (param i32 i32) (param $wanted i32) (result i32)
          (select (i32.const 8) (i32.const 0) (local.get $wanted))))"""
    memory = WasmAllocator(*new_guest(None, text), in_place=True, release=None)
    key = memory.allocate(1 << 28)
    memory.grow(key, (1 << 28) + 1)
    assert len(memory.segment(key)) == (1 << 31) + 8


def test_a_memory_that_became_shorter_has_lost_the_segment() -> None:
    """WebAssembly knows no such thing yet: a shorter memory takes the place of the guest's."""
    store, instance = new_guest()
    memory = WasmAllocator(store, instance, segment_words=PAGE // 8)
    with MessageBuilder(memory) as message:
        node = init_node(message)
        memory._memory = Memory(store, MemoryType(Limits(1, 1)))
        with pytest.raises(SegmentLost) as caught:
            node.set_uint64(0, 1)
        assert "shorter" in str(caught.value.__cause__)
    assert memory.live_grants == 0


# -- guests that do not ----------------------------------------------------------------------------

GUEST = """
(module
  (memory (export "memory") 1 100)
  (global $top (mut i32) (i32.const 1024))
  (global $calls (mut i32) (i32.const 0))
  (func $honest (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (local.get $at) (local.get $bytes)))
    (local.get $at))
  (func $loop (loop $again (br $again)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.lt_u (global.get $calls) (i32.const {turn}))
      (then (return (call $honest (local.get $bytes)))))
    {allocate})
  (func (export "release") (param i32 i32 i32) {release})
  (func (export "grow") (param $at i32) (param $bytes i32) (param $wanted i32) (result i32)
    {grow}))
"""


def guest(
    engine: Engine,
    *,
    turn: int = 2,
    allocate: str = "(call $honest (local.get $bytes))",
    release: str = "",
    grow: str = "(i32.const 0)",
) -> tuple[Store, Instance]:
    """Start a guest whose allocate is honest until its call number ``turn``."""
    text = GUEST.format(turn=turn, allocate=allocate, release=release, grow=grow)
    return new_guest(engine, text)


#: What the second call of allocate does, and the exception that is the cause of the refusal.
LIES: dict[str, tuple[str, type[Exception]]] = {
    "trap": ("(unreachable)", Trap),
    "division by zero": ("(i32.div_u (i32.const 1) (i32.const 0))", Trap),
    "null": ("(i32.const 0)", MemoryError),
    "unaligned": ("(i32.const 4100)", GuestError),
    "behind the end": ("(i32.const 0x7ffffff8)", GuestError),
    "negative": ("(i32.const -8)", GuestError),
    "over the end": ("(i32.sub (i32.const 65544) (local.get $bytes))", GuestError),
    "the same again": ("(i32.const 1024)", GuestError),
    "overlapping the end": ("(i32.const 1136)", GuestError),
    "overlapping the front": ("(i32.sub (i32.const 1032) (local.get $bytes))", GuestError),
    "stack overflow": ("(call 2 (local.get $bytes))", Trap),
}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_refused_and_the_message_stays(engine: Engine, lie: str) -> None:
    allocate, cause = LIES[lie]
    store, instance = guest(engine, allocate=allocate)
    memory = WasmAllocator(store, instance, segment_words=15)
    message = MessageBuilder(memory)
    node = init_node(message)
    node.set_uint64(0, 7)
    before = meaning(message)
    whole = bytes(memory_of(store, instance).read(store))
    for _ in range(2):
        with pytest.raises(AllocationRefused) as caught:
            node.set_text(TEXT, "does not fit")
        assert isinstance(caught.value.__cause__, cause)
        assert bytes(memory_of(store, instance).read(store)) == whole
        assert meaning(message) == before
    assert memory.live_grants == 1
    message.close()
    assert memory.live_grants == 0


@pytest.mark.parametrize(
    ("result", "value"),
    [("f64", "(f64.const 8)"), ("", ""), ("i32 i32", "(i32.const 8) (i32.const 8)")],
)
def test_an_answer_that_is_no_pointer_is_refused(result: str, value: str) -> None:
    text = f"""(module (memory (export "memory") 1)
        (func (export "allocate") (param i32) (result {result}) {value}))"""
    memory = WasmAllocator(*new_guest(None, text), release=None)
    with pytest.raises(AllocationRefused) as caught:
        init_node(MessageBuilder(memory))
    assert isinstance(caught.value.__cause__, GuestError)


def test_a_guest_that_runs_out_of_fuel_is_refused(kind: str) -> None:
    config = Config()
    config.consume_fuel = True
    store, instance = guest(ENGINES[kind](config), allocate="(call $loop) (unreachable)")
    memory = WasmAllocator(store, instance, segment_words=15, fuel=10_000)
    with MessageBuilder(memory) as message:
        node = init_node(message)
        before = meaning(message)
        for _ in range(3):
            with pytest.raises(AllocationRefused) as caught:
                node.set_text(TEXT, "does not fit")
            assert isinstance(caught.value.__cause__, Trap)
            assert meaning(message) == before
    # The fuel of each call is its own: releasing still had some.
    assert memory.live_grants == 0


def test_each_call_has_its_fuel_to_itself() -> None:
    config = Config()
    config.consume_fuel = True
    burning = """(local $left i32) (local.set $left (i32.const 700))
        (loop $again
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $again (local.get $left)))
        (call $honest (local.get $bytes))"""
    text = GUEST.format(
        turn=1, allocate="(call $burn (local.get $bytes))", release="", grow="(i32.const 0)"
    ).replace(
        "(func $loop", f"(func $burn (param $bytes i32) (result i32) {burning})\n  (func $loop"
    )
    memory = WasmAllocator(*new_guest(Engine(config), text), segment_words=1, fuel=8000)
    burnt = []
    for _ in range(5):
        memory.allocate(1)
        burnt.append(8000 - memory._store.get_fuel())
    assert min(burnt) > 8000 / 5


def test_a_guest_that_runs_out_of_time_is_refused(kind: str) -> None:
    config = Config()
    config.epoch_interruption = True
    engine = ENGINES[kind](config)
    store, instance = guest(engine, allocate="(call $loop) (unreachable)")
    memory = WasmAllocator(store, instance, segment_words=15, epoch_ticks=1)
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.001):
            engine.increment_epoch()

    with MessageBuilder(memory) as message:
        node = init_node(message)
        before = meaning(message)
        clock = threading.Thread(target=tick)
        clock.start()
        try:
            with pytest.raises(AllocationRefused) as caught:
                node.set_text(TEXT, "does not fit")
        finally:
            done.set()
            clock.join()
        assert isinstance(caught.value.__cause__, Trap)
        assert meaning(message) == before


def test_a_guest_that_grows_inside_the_call_moves_everything(kind: str, engine: Engine) -> None:
    growing = "(drop (memory.grow (i32.const 1))) (call $honest (local.get $bytes))"
    store, instance = guest(engine, turn=1, allocate=growing)
    memory = WasmAllocator(store, instance, segment_words=15)
    with MessageBuilder(memory) as message:
        node = init_node(message)
        bases = {base_of(store, instance)}
        for number in range(5):
            node.set_text(TEXT, f"number {number}")
            node = init_child(node)
            bases.add(base_of(store, instance))
        root = meaning(message)
        assert (root["text"], root["child"]["child"]["text"]) == ("number 0", "number 2")
    # A place that was left may be taken again later.
    assert (len(bases) > 1) == (kind == "moves")


def test_a_guest_that_writes_into_older_segments_hurts_its_own_message_alone(
    engine: Engine,
) -> None:
    """It may change the contents of the message, and nothing else (P3, P6)."""
    scribble = (
        "(memory.fill (i32.const 1024) (i32.const 0xff) (i32.const 120))"
        " (call $honest (local.get $bytes))"
    )
    store, instance = guest(engine, allocate=scribble)
    memory = WasmAllocator(store, instance, segment_words=15)
    with MessageBuilder(memory) as message, MessageBuilder() as other:
        node = init_node(message)
        init_node(other).set_text(TEXT, "elsewhere")
        outside = bytes(memory_of(store, instance).read(store, 0, 1024))
        node.set_text(TEXT, "does not fit")
        assert bytes(memory_of(store, instance).read(store, 0, 1024)) == outside
        assert node.get_uint64(0) == (1 << 64) - 1
        assert meaning(other)["text"] == "elsewhere"


def test_a_guest_that_traps_on_release_is_released_once(engine: Engine) -> None:
    counted = "(global.set $calls (i32.add (global.get $calls) (i32.const 100))) (unreachable)"
    store, instance = guest(engine, turn=1000, release=counted)
    memory = WasmAllocator(store, instance, segment_words=15)
    message = MessageBuilder(memory)
    init_node(message).set_text(TEXT, "in another segment")
    with pytest.raises(ReleaseFailed) as caught:
        message.close()
    assert [type(error) for error in caught.value.failures] == [Trap, Trap]
    assert memory.live_grants == 0
    message.close()
    memory.close()


def test_closing_gives_all_back_also_where_the_guest_traps(engine: Engine) -> None:
    store, instance = guest(engine, turn=1000, release="(unreachable)")
    memory = WasmAllocator(store, instance, segment_words=15)
    keys = [memory.allocate(1) for _ in range(3)]
    with pytest.raises(Trap):
        memory.close()
    assert memory.live_grants == 0
    for key in keys:
        with pytest.raises(LookupError):
            memory.segment(key)


# -- growth ----------------------------------------------------------------------------------------

#: What grow does, and whether the message then lies in one segment.
GROWTHS: dict[str, tuple[str, bool]] = {
    "in place": (
        "(if (i32.ne (i32.add (local.get $at) (local.get $bytes)) (global.get $top))"
        " (then (return (i32.const 0))))"
        " (global.set $top (i32.add (local.get $at) (local.get $wanted))) (local.get $at)",
        True,
    ),
    "elsewhere": (
        "(memory.copy (global.get $top) (local.get $at) (local.get $bytes))"
        " (call $honest (local.get $wanted))",
        True,
    ),
    "elsewhere, and the memory too": (
        "(drop (memory.grow (i32.const 1)))"
        "(memory.copy (global.get $top) (local.get $at) (local.get $bytes))"
        " (call $honest (local.get $wanted))",
        True,
    ),
    "refuses": ("(i32.const 0)", False),
    "traps": ("(unreachable)", False),
    "answers what is unaligned": ("(i32.const 9001)", False),
    "answers what is outside": ("(i32.const -8)", False),
}


@pytest.mark.parametrize("growth", GROWTHS)
def test_a_guest_may_grow_segments_in_any_way(engine: Engine, growth: str) -> None:
    grow, one = GROWTHS[growth]
    store, instance = guest(engine, turn=1000, grow=grow)
    memory = WasmAllocator(store, instance, segment_words=15, in_place=True)
    with MessageBuilder(memory) as message:
        node = init_node(message)
        for number in range(5):
            node.set_text(TEXT, f"number {number}")
            node = init_child(node)
        root = meaning(message)
        assert (root["text"], root["child"]["child"]["text"]) == ("number 0", "number 2")
        assert (len(message.segment_words()) == 1) == one
    assert memory.live_grants == 0


def test_growth_over_another_grant_is_refused(engine: Engine) -> None:
    store, instance = guest(engine, turn=1000, grow="(i32.const 1024)")
    memory = WasmAllocator(store, instance, segment_words=15, in_place=True)
    first, second = memory.allocate(1), memory.allocate(1)
    with pytest.raises(GuestError):
        memory.grow(second, 16)
    assert memory.pointers == [1024, 1144]
    memory.release(first, 0)
    memory.grow(second, 16)
    assert memory.pointers == [1024]


# -- requirements on the guest, and on the code that instantiates it -------------------------------


def test_a_guest_of_64_bits() -> None:
    config = Config()
    config.wasm_memory64 = True
    text = """(module (memory (export "memory") i64 2)
        (global $top (mut i64) (i64.const 1024))
        (func (export "allocate") (param $bytes i64) (result i64)
          (local $at i64)
          (local.set $at (global.get $top))
          (global.set $top (i64.add (local.get $at) (local.get $bytes)))
          (local.get $at)))"""
    memory = WasmAllocator(*new_guest(Engine(config), text), segment_words=20, release=None)
    with MessageBuilder(memory) as message:
        init_child(init_node(message)).set_text(TEXT, "text")
        assert meaning(message)["child"]["text"] == "text"


def test_exports_are_looked_up_at_once() -> None:
    store, instance = new_guest()
    for names in ({"memory": "total"}, {"allocate": "memory"}, {"release": "no such"}):
        with pytest.raises(ArgumentValueError):
            WasmAllocator(store, instance, **names)  # type: ignore[arg-type]
    WasmAllocator(store, instance, grow="no such")
    with pytest.raises(ArgumentValueError):
        WasmAllocator(store, instance, grow="no such", in_place=True)
    with pytest.raises(ArgumentValueError):
        WasmAllocator(store, instance, segment_words=0)
    with pytest.raises(ArgumentTypeError):
        moving_engine("fast")  # type: ignore[arg-type]


def test_fuel_for_an_engine_that_burns_none_is_told() -> None:
    memory = WasmAllocator(*new_guest(), fuel=1000)
    with pytest.raises(AllocationRefused) as caught:
        init_node(MessageBuilder(memory))
    assert isinstance(caught.value.__cause__, WasmtimeError)


def test_after_the_store_is_closed_nothing_is_touched() -> None:
    store, instance = new_guest()
    memory = WasmAllocator(store, instance)
    message = MessageBuilder(memory)
    node = init_node(message)
    store.close()
    with pytest.raises(BorrowRefused):
        node.set_uint64(0, 1)
    with pytest.raises(ReleaseFailed):
        message.close()
    assert memory.live_grants == 0


def test_after_closing_segments_are_missing() -> None:
    store, instance = new_guest()
    with WasmAllocator(store, instance) as memory:
        node = init_node(MessageBuilder(memory))
    with pytest.raises(SegmentLost):
        node.set_uint64(0, 1)
