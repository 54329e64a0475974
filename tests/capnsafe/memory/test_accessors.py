"""Building over accessors: memory that can be written and not read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    AllocatorError,
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    BorrowRefused,
    Element,
    Error,
    GrantOverlaps,
    MessageTooLarge,
    Reentered,
    Unreadable,
    frame,
)
from capnsafe.memory.adapters.accessors import AppendBuilder, AppendStruct
from tests.capnsafe.reading import (
    BOOLS,
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    EMPTIES,
    EMPTY,
    NUMBERS,
    POINTERS,
    TEXT,
    core,
    value_of,
)
from tests.capnsafe.stack import MOST_FRAMES, near_the_limit, require_own_error


class WriteOnly:
    """Segments of a fixed size, full of random bytes. Refuses accesses outside of its grants."""

    def __init__(self, segment_words: int = 1 << 10, *, fail_at: int = 0) -> None:
        self.segment_words = segment_words
        self.segments: list[bytearray] = []
        self.ends: list[int] = []
        self.calls = 0
        self.fail_at = fail_at

    def called(self) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError("no")

    def alloc(self, amount: int, /) -> tuple[int, int]:
        self.called()
        if not self.segments or self.ends[-1] + amount > self.segment_words:
            self.segments.append(bytearray(b"\xa5" * 8 * max(amount, self.segment_words)))
            self.ends.append(0)
        start = self.ends[-1]
        self.ends[-1] += amount
        return len(self.segments) - 1, start

    def write(self, segment: int, offset: int, size: int, value: int) -> None:
        self.called()
        assert offset >= 0
        assert offset + size <= self.ends[segment] * 8
        self.segments[segment][offset : offset + size] = value.to_bytes(size, "little")

    def write_bit(self, segment: int, offset: int, bit: int, value: bool, /) -> None:
        old = self.segments[segment][offset]
        self.write(segment, offset, 1, old | 1 << bit if value else old & ~(1 << bit))

    def write_u8(self, segment: int, offset: int, value: int, /) -> None:
        self.write(segment, offset, 1, value)

    def write_u16(self, segment: int, offset: int, value: int, /) -> None:
        self.write(segment, offset, 2, value)

    def write_u32(self, segment: int, offset: int, value: int, /) -> None:
        self.write(segment, offset, 4, value)

    def write_u64(self, segment: int, offset: int, value: int, /) -> None:
        self.write(segment, offset, 8, value)

    def meaning(self) -> Any:
        parts = [
            bytes(segment[: end * 8]) for segment, end in zip(self.segments, self.ends, strict=True)
        ]
        with core.Node.from_bytes(frame(parts)) as reader:
            return value_of(reader)


def fill(node: AppendStruct) -> None:
    node.set_uint64(0, (1 << 64) - 1)
    node.set_int32(2, -5)
    node.set_uint16(6, 65535)
    node.set_text(TEXT, "no reads, no release")
    node.set_data(DATA, bytearray(range(17)))
    numbers = node.init_list(NUMBERS, Element.UINT32, 3)
    assert len(numbers) == 3
    numbers[2] = 77
    bools = node.init_list(BOOLS, Element.BOOL, 10)
    bools[0] = True
    bools[9] = True
    bools[0] = False
    node.init_struct(EMPTY, 0, 0)
    node.init_struct_list(EMPTIES, 5, 0, 0)
    children = node.init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS)
    children[1].set_text(TEXT, "of the list")
    node.init_struct(CHILD, DATA_WORDS, POINTERS).set_float64(2, -0.5)


def build(supply: WriteOnly) -> None:
    fill(AppendBuilder(supply).init_root(DATA_WORDS, POINTERS))


WRITES: dict[str, Callable[[AppendBuilder, AppendStruct], object]] = {
    "root": lambda builder, node: builder.init_root(1, 1),
    "number": lambda builder, node: node.set_uint64(0, 7),
    "bool": lambda builder, node: node.set_bool(9, True),
    "text": lambda builder, node: node.set_text(TEXT, "text"),
    "struct": lambda builder, node: node.init_struct(CHILD, 1, 1),
    "list": lambda builder, node: node.init_list(NUMBERS, Element.UINT32, 2).__setitem__(1, 5),
    "structs": lambda builder, node: list(node.init_struct_list(CHILDREN, 1, 1, 1)),
    "a struct of a list": lambda builder, node: node.init_struct_list(CHILDREN, 1, 1, 1)[0],
}


@pytest.mark.parametrize("name", WRITES)
def test_at_any_depth_of_the_stack_a_write_is_done_or_can_be_done_again(name: str) -> None:
    single = name not in ("list", "structs", "a struct of a list")
    right: Any = None
    own = 0
    # From the most frames on, so that the first one is right.
    for spare in range(MOST_FRAMES, 0, -1):
        supply = WriteOnly()
        builder = AppendBuilder(supply)
        node = AppendStruct.__new__(AppendStruct)
        if name != "root":
            node = builder.init_root(DATA_WORDS, POINTERS)
        before = supply.meaning() if name != "root" else None
        raised = near_the_limit(spare, partial(WRITES[name], builder, node))
        if raised is None:
            assert right in (None, supply.meaning()), spare
            right = supply.meaning()
            continue
        require_own_error(spare, raised)
        own += isinstance(raised, Error)
        if single:
            assert name == "root" or supply.meaning() == before, spare
            WRITES[name](builder, node)
            assert supply.meaning() == right, spare
    assert own


@pytest.mark.parametrize("segment_words", [1, 2, 15, 40, 1 << 10])
def test_the_reference_implementation_reads_it(segment_words: int) -> None:
    supply = WriteOnly(segment_words)
    build(supply)
    read = supply.meaning()
    assert read["u64"] == (1 << 64) - 1
    assert (read["text"], read["data"]) == ("no reads, no release", bytes(range(17)))
    assert (read["numbers"], read["empty"], read["empties"]) == ([0, 0, 77], True, 5)
    assert read["bools"] == [False] * 9 + [True]
    assert [child["text"] for child in read["children"]] == [None, "of the list"]
    assert read["child"]["text"] is None


def test_every_primitive_is_written_where_the_encoding_has_it() -> None:
    values: list[tuple[str, Element, Any]] = [
        ("set_int8", Element.INT8, -128),
        ("set_uint8", Element.UINT8, 255),
        ("set_int16", Element.INT16, -(1 << 15)),
        ("set_uint16", Element.UINT16, (1 << 16) - 1),
        ("set_int32", Element.INT32, -1),
        ("set_uint32", Element.UINT32, 1 << 31),
        ("set_int64", Element.INT64, -(1 << 63)),
        ("set_uint64", Element.UINT64, 1 << 63),
        ("set_float32", Element.FLOAT32, 1.5),
        ("set_float64", Element.FLOAT64, -2.25),
    ]
    for name, element, value in values:
        supply = WriteOnly()
        root = AppendBuilder(supply).init_root(2, 0)
        last = 16 // element.bytes - 1
        getattr(root, name)(last, value)
        at = 8 + last * element.bytes
        assert element.codec.unpack_from(supply.segments[0], at) == (value,)
        assert supply.segments[0][8:at] == bytes(at - 8)
        with pytest.raises(ArgumentIndexError):
            getattr(root, name)(last + 1, value)
    root.set_bool(127, True)
    assert supply.segments[0][23] == 0x80 | supply.segments[0][23] & 0x7F


def test_what_would_need_reading_is_refused_before_anything_is_written() -> None:
    supply = WriteOnly()
    message = AppendBuilder(supply)
    root = message.init_root(DATA_WORDS, POINTERS)
    fill(root)
    numbers = root.init_struct(9, 0, 1).init_list(0, Element.INT8, 2)
    calls = supply.calls
    attempts: list[Callable[[], Any]] = [
        message.get_root,
        message.to_bytes,
        lambda: message.init_root(1, 0),
        lambda: root.get_uint64(0),
        lambda: root.get_text(TEXT),
        lambda: root.clear(TEXT),
        lambda: root.set(TEXT, None),
        lambda: root.set_text(TEXT, "again"),
        lambda: root.init_struct(CHILD, 1, 1),
        lambda: numbers[0],
        lambda: root.total_size(),
        lambda: root.copy_pointer(TEXT, root, CHILD),
        lambda: root.lend_data(DATA),
    ]
    for attempt in attempts:
        with pytest.raises(Unreadable):
            attempt()
    assert supply.calls == calls
    assert not hasattr(root, "no_such_name")


@pytest.mark.parametrize("segment_words", [2, 40])
def test_a_failure_at_every_call_leaves_a_message_that_can_be_gone_on_with(
    segment_words: int,
) -> None:
    whole = WriteOnly(segment_words)
    build(whole)
    for number in range(1, whole.calls + 1, 3):
        supply = WriteOnly(segment_words, fail_at=number)
        message = AppendBuilder(supply)
        with pytest.raises((AllocationRefused, BorrowRefused)) as caught:
            fill(message.init_root(DATA_WORDS, POINTERS))
        assert isinstance(caught.value.__cause__, OSError)
        # Whatever is reachable is whole: pycapnp reads it.
        if supply.ends and supply.segments[0][:8] != b"\xa5" * 8:
            supply.meaning()


def test_a_pointer_that_could_not_be_set_can_be_set_again() -> None:
    supply = WriteOnly()
    root = AppendBuilder(supply).init_root(DATA_WORDS, POINTERS)
    supply.fail_at = supply.calls + 4
    with pytest.raises(BorrowRefused):
        root.set_text(TEXT, "first try")
    assert supply.meaning()["text"] is None
    root.set_text(TEXT, "second try")
    assert supply.meaning()["text"] == "second try"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([None], AllocatorError),
        ([(0,)], AllocatorError),
        ([("0", 0)], AllocatorError),
        ([(0, 1)], AllocatorError),
        ([(1, 0)], AllocatorError),
        ([(0, 0), (-1, 0)], AllocatorError),
        ([(0, 0), (0, -1)], AllocatorError),
        ([(0, 0), (1 << 32, 0)], AllocatorError),
        ([(0, 0), (0, 0)], GrantOverlaps),
        ([(0, 0), (0, (1 << 29) - 2)], MessageTooLarge),
    ],
)
def test_words_that_cannot_be_given_out_are_refused(answers: list[Any], error: type[Error]) -> None:
    supply = WriteOnly()
    supply.ends, supply.segments = [3], [bytearray(24)]
    left = iter(answers)
    supply.alloc = lambda amount: next(left)  # type: ignore[method-assign]
    with pytest.raises(error):
        AppendBuilder(supply).init_root(2, 0)
    assert supply.calls <= 1


def test_memory_that_reads_as_zero_is_not_zeroed_again() -> None:
    supply = WriteOnly()
    AppendBuilder(supply, zeroed=True).init_root(4, 0)
    assert supply.calls == 3


BAD: list[Callable[[AppendStruct], object]] = [
    lambda root: root.set_uint8(0, 256),
    lambda root: root.set_uint8(0, "1"),  # type: ignore[arg-type]
    lambda root: root.set_uint8(-1, 0),
    lambda root: root.set_float32(0, 1e300),
    lambda root: root.set_float64(0, "x"),  # type: ignore[arg-type]
    lambda root: root.set_text(0, b"bytes"),  # type: ignore[arg-type]
    lambda root: root.set_text(0, "\ud800"),
    lambda root: root.set_data(0, "text"),  # type: ignore[arg-type]
    lambda root: root.set_data(99, b""),
    lambda root: root.init_struct(0, -1, 0),
    lambda root: root.init_struct(0, 0, 1 << 16),
    lambda root: root.init_list(0, "UINT8", 1),  # type: ignore[arg-type]
    lambda root: root.init_list(0, Element.UINT8, -1),
]


@pytest.mark.parametrize("act", BAD)
def test_wrong_arguments_are_told_before_anything_is_written(
    act: Callable[[AppendStruct], object],
) -> None:
    supply = WriteOnly()
    root = AppendBuilder(supply).init_root(1, 1)
    calls = supply.calls
    with pytest.raises(ArgumentError):
        act(root)
    assert supply.calls == calls


@pytest.mark.parametrize("missing", ["alloc", "write_bit", "write_u8", "write_u64"])
def test_memory_that_cannot_be_written_is_refused_at_once(missing: str) -> None:
    supply = WriteOnly()
    setattr(supply, missing, None)
    with pytest.raises(ArgumentTypeError, match=rf"\b{missing}\b"):
        AppendBuilder(supply)


def test_a_call_from_inside_a_call_is_refused_at_every_moment() -> None:
    def tried(number: int) -> tuple[Any, list[str]]:
        class Calling(WriteOnly):
            def called(self) -> None:
                super().called()
                if self.calls == number:
                    for act in attempts:
                        with pytest.raises(Reentered):
                            act()
                    inner.append("refused")

        inner: list[str] = []
        supply = Calling(8)
        message = AppendBuilder(supply)
        root: Any = None
        # While the root itself is being built there is no handle yet.
        attempts: list[Callable[[], object]] = [lambda: message.init_root(1, 1)]
        root = message.init_root(DATA_WORDS, POINTERS)
        attempts += [
            lambda: root.set_data(DATA, b"inner"),
            lambda: root.init_struct(CHILD, 1, 1),
            lambda: root.set_uint8(0, 1),
            lambda: root.set_bool(0, True),
        ]
        root.set_text(TEXT, "outer text")
        root.set_bool(0, True)
        root.set_uint16(6, 3)
        return supply.meaning(), inner

    undisturbed, none = tried(0)
    assert none == []
    number = 1
    while (outcome := tried(number))[1]:
        assert outcome[0] == undisturbed
        number += 1
    assert number > 30


def test_a_root_whose_pointer_could_not_be_zeroed_can_be_built_again() -> None:
    for number in range(1, 5):
        supply = WriteOnly(fail_at=number)
        message = AppendBuilder(supply)
        with pytest.raises((AllocationRefused, BorrowRefused)):
            message.init_root(1, 0)
        message.init_root(DATA_WORDS, POINTERS).set_text(TEXT, "again")
        assert supply.meaning()["text"] == "again"


def test_each_method_of_the_memory_is_read_once() -> None:
    class Changing(WriteOnly):
        reads = 0

        def __getattribute__(self, name: str) -> Any:
            if name == "write_u16":
                Changing.reads += 1
                if Changing.reads > 1:
                    raise ValueError("read again")
            return super().__getattribute__(name)

    root = AppendBuilder(Changing()).init_root(1, 0)
    root.set_uint16(0, 7)
    assert Changing.reads == 1


def test_a_flag_that_is_no_bool_is_refused() -> None:
    class Hostile:
        def __bool__(self) -> bool:
            raise RuntimeError("not me")

    with pytest.raises(ArgumentTypeError):
        AppendBuilder(WriteOnly(), zeroed=Hostile())  # type: ignore[arg-type]


def test_text_in_a_float_field_is_of_the_wrong_type() -> None:
    root = AppendBuilder(WriteOnly()).init_root(1, 0)
    with pytest.raises(ArgumentTypeError):
        root.set_float64(0, "1")  # type: ignore[arg-type]
    with pytest.raises(ArgumentValueError, match="FLOAT32"):
        root.set_float32(0, 1e300)


def test_text_is_what_it_holds_and_not_what_it_says() -> None:
    class Odd(str):
        __slots__ = ()

        def encode(self, *_: object) -> Any:
            raise RuntimeError("not me")

    supply = WriteOnly()
    AppendBuilder(supply).init_root(0, 1).set_text(0, Odd("odd"))
    assert supply.segments[0][16:20] == b"odd\0"


def test_lists_have_ends() -> None:
    root = AppendBuilder(WriteOnly()).init_root(0, 2)
    numbers = root.init_list(0, Element.INT8, 2)
    for index in (-1, 2):
        with pytest.raises(ArgumentIndexError):
            numbers[index] = 1
    with pytest.raises(MessageTooLarge):
        root.init_list(1, Element.INT8, 1 << 29)
    with pytest.raises(MessageTooLarge):
        root.init_struct_list(1, 1 << 28, 1, 1)
    root.init_list(1, Element.VOID, 5)[4] = None


def test_the_only_value_of_a_void_is_none() -> None:
    supply = WriteOnly()
    root = AppendBuilder(supply).init_root(0, 2)
    before = bytes(supply.segments[0])
    voids = root.init_list(0, Element.VOID, 3)
    voids[2] = None
    for wrong in (0, False, "", b""):
        with pytest.raises(ArgumentTypeError):
            voids[0] = wrong  # type: ignore[assignment]  # It is a mistake.
    with pytest.raises(ArgumentIndexError):
        voids[3] = None
    assert sum(map(bool, supply.segments[0])) == sum(map(bool, before)) + 2
    numbers = root.init_list(1, Element.UINT8, 1)
    with pytest.raises(ArgumentTypeError):
        numbers[0] = None


def test_structs_without_words_cost_nothing() -> None:
    supply = WriteOnly()
    root = AppendBuilder(supply).init_root(0, 2)
    structs = root.init_struct_list(0, (1 << 29) - 1, 0, 0)
    assert len(structs) == (1 << 29) - 1
    with pytest.raises(ArgumentIndexError):
        structs[0].set_bool(0, True)
    for wrong in (-1, 1 << 29):
        with pytest.raises(ArgumentIndexError):
            structs[wrong]
    with pytest.raises(ArgumentTypeError):
        structs[:1]  # type: ignore[index]  # It is a mistake.
    few = list(root.init_struct_list(1, 3, 1, 0))
    few[2].set_uint64(0, 7)
    assert len(few) == 3
