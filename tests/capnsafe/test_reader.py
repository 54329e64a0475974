"""The reader reads what the reference implementation writes, and survives what nobody should.

Names in parentheses in the docstrings of hostile tests are the public advisories or issues in which
other implementations met the same bytes.
"""

from __future__ import annotations

import array
import contextlib
import functools
import mmap
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import capnp
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from capnsafe import HeapAllocator, MessageBuilder, reading, wire
from capnsafe.errors import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Error,
    InvalidText,
    NestingLimitExceeded,
    PointerKindMismatch,
    PointerOutOfBounds,
    TraversalLimitExceeded,
)
from capnsafe.framing import read_message, unframe
from capnsafe.objects import PointerListReader, StructListReader, StructReader
from capnsafe.primitives import ListReader
from capnsafe.reader import NESTING_LIMIT, MessageReader
from capnsafe.wire import Element

SCHEMA_FILE = Path(__file__).with_name("reader.capnp")
SCHEMA = capnp.load(str(SCHEMA_FILE))
NODES = {
    nested.schema.node.id: nested.schema.node
    for nested in (
        SCHEMA.Everything,
        SCHEMA.Small,
        SCHEMA.Empty,
        SCHEMA.Older,
        SCHEMA.Newer,
        SCHEMA.Lists,
        SCHEMA.ListsOfStructs,
        *(
            getattr(SCHEMA.ListsOfStructs, name)
            for name in ("Unit", "Flag", "Byte", "Short", "Int", "Long", "Named")
        ),
    )
}
EVERYTHING = SCHEMA.Everything.schema.node
COLOURS = ("red", "green", "blue")

Value = Any


# -- the schema, as pycapnp's reflection tells it -------------------------------------------------


@functools.cache
def fields(type_id: int) -> tuple[tuple[str, Any, int, Value], ...]:
    """Answer the fields of a struct type: name, type, offset, default (None for pointers)."""
    found = []
    for field in NODES[type_id].struct.fields:
        slot = field.slot
        which = str(slot.defaultValue.which())
        pointer = which in ("text", "data", "struct", "list")
        default = None if pointer or which == "void" else getattr(slot.defaultValue, which)
        found.append((str(field.name), slot.type, int(slot.offset), default))
    return tuple(found)


def slots(type_id: int) -> dict[str, int]:
    return {name: offset for name, _, offset, _ in fields(type_id)}


def element_of(which: str) -> Element:
    return Element.UINT16 if which == "enum" else Element[which.upper()]


def value_at(row: StructReader | PointerListReader, index: int, type_: Any) -> Value:
    """Read everything below a pointer, as its type says."""
    which = str(type_.which())
    if which == "text":
        return row.get_text(index)
    if which == "data":
        return row.get_data(index)
    if which == "struct":
        opened = row.get_struct(index)
        return None if opened is None else value_of(opened, type_.struct.typeId)
    element = type_.list.elementType
    which = str(element.which())
    if which == "struct":
        structs = row.get_struct_list(index)
        if structs is None:
            return None
        by_index = [value_of(structs[i], element.struct.typeId) for i in range(len(structs))]
        assert plain([value_of(each, element.struct.typeId) for each in structs]) == plain(by_index)
        return by_index
    if which in ("text", "data", "list"):
        pointers = row.get_pointer_list(index)
        if pointers is None:
            return None
        return [value_at(pointers, i, element) for i in range(len(pointers))]
    values = row.get_list(index, element_of(which))
    if values is None:
        return None
    assert plain([values[i] for i in range(len(values))]) == plain(list(values))
    return list(values)


def value_of(reader: StructReader, type_id: int) -> dict[str, Value]:
    """Read every field of a struct, as the schema says."""
    read: dict[str, Value] = {}
    for name, type_, offset, default in fields(type_id):
        which = str(type_.which())
        if which == "void":
            continue
        if which in ("text", "data", "struct", "list"):
            read[name] = value_at(reader, offset, type_)
        else:
            getter = getattr(reader, "get_uint16" if which == "enum" else f"get_{which}")
            read[name] = getter(offset, default)
    return read


def with_defaults(value: dict[str, Value], type_id: int) -> dict[str, Value]:
    """Answer what a reader must find, where ``value`` was given to pycapnp."""
    full: dict[str, Value] = {}
    for name, type_, _, default in fields(type_id):
        if name not in value:
            full[name] = default
            continue
        full[name] = filled(value[name], type_)
    return full


def filled(value: Value, type_: Any) -> Value:
    which = str(type_.which())
    if which == "struct":
        return with_defaults(value, type_.struct.typeId)
    if which == "list":
        return [filled(each, type_.list.elementType) for each in value]
    if which == "enum":
        return COLOURS.index(value)
    return value


def plain(value: Value) -> Value:
    """Answer the value with floats as their bits, so that nan equals itself and -0.0 not 0.0."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


# -- values ---------------------------------------------------------------------------------------


def values(type_: Any, depth: int) -> st.SearchStrategy[Value]:
    which = str(type_.which())
    if which == "struct":
        return structs(type_.struct.typeId, depth - 1)
    if which == "list":
        return st.lists(values(type_.list.elementType, depth), max_size=4)
    if which == "text":
        return st.text(max_size=20)
    if which == "data":
        return st.binary(max_size=20)
    if which == "bool":
        return st.booleans()
    if which == "void":
        return st.none()
    if which == "enum":
        return st.sampled_from(COLOURS)
    if which == "float32":
        return st.floats(width=32, allow_nan=False)
    if which == "float64":
        return st.floats()
    element = element_of(which)
    return st.integers(element.low, element.high)


@st.composite
def structs(draw: st.DrawFn, type_id: int, depth: int) -> dict[str, Value]:
    known = [
        (name, type_)
        for name, type_, _, _ in fields(type_id)
        if depth > 0 or name not in ("child", "children")
    ]
    if not known:
        return {}
    chosen = draw(st.lists(st.sampled_from(known), unique_by=lambda each: each[0], max_size=6))
    return {name: draw(values(type_, depth)) for name, type_ in chosen}


everything = structs(EVERYTHING.id, 2)


class Memory:
    """Segments of a chosen size for pycapnp, kept alive."""

    def __init__(self, segment_words: int) -> None:
        self.segment_words = segment_words
        self.buffers: list[bytearray] = []

    def __call__(self, minimum_words: int, *_: object) -> bytearray:
        self.buffers.append(bytearray(8 * max(minimum_words, self.segment_words)))
        return self.buffers[-1]


def written(
    value: dict[str, Value], segment_words: int, moved: tuple[str, ...] = ()
) -> list[bytes]:
    """Answer the segments that pycapnp makes of ``value``.

    The fields in ``moved`` are then adopted by a ``child``, which comes last: that is how the
    reference implementation is made to write double-far pointers.
    """
    memory = Memory(segment_words)
    builder = capnp._PyCustomMessageBuilder(memory, 1)
    root = builder.init_root(SCHEMA.Everything)
    root.from_dict(value)
    if moved:
        child = root.init("child")
        for name in moved:
            child.adopt(name, root.disown(name))
    return [bytes(segment) for segment in builder.get_segments_for_output()]


def root_of(segments: list[bytes], **limits: int) -> StructReader:
    return MessageReader(segments, **limits).get_root()


def watch_fars(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Answer a list that grows with each far pointer that is followed: whether it was double."""
    doubles: list[bool] = []

    def noted(pointer: int) -> bool:
        doubles.append(wire.far_is_double(pointer))
        return doubles[-1]

    monkeypatch.setattr(reading, "far_is_double", noted)
    return doubles


# -- what the reference implementation writes -----------------------------------------------------


@given(everything, st.integers(1, 200))
def test_reads_what_pycapnp_writes(value: dict[str, Value], segment_words: int) -> None:
    segments = written(value, segment_words)
    event("one segment" if len(segments) == 1 else "many segments")
    read = value_of(root_of(segments), EVERYTHING.id)
    assert plain(read) == plain(with_defaults(value, EVERYTHING.id))


@given(
    everything,
    st.integers(36, 80),
    st.sets(st.sampled_from(["text", "data", "smalls", "texts", "matrix", "uint8s", "empty"])),
)
def test_reads_what_pycapnp_moved(
    value: dict[str, Value], segment_words: int, names: set[str]
) -> None:
    value.pop("child", None)
    moved = tuple(sorted(name for name in names if name in value))
    segments = written(value, segment_words, moved)
    expected = {name: each for name, each in value.items() if name not in moved}
    if moved:
        expected["child"] = {name: value[name] for name in moved}
    with pytest.MonkeyPatch.context() as monkeypatch:
        doubles = watch_fars(monkeypatch)
        read = value_of(root_of(segments), EVERYTHING.id)
    event(f"double-far pointers: {any(doubles)}")
    assert plain(read) == plain(with_defaults(expected, EVERYTHING.id))


#: One value that has everything in it.
FULL: dict[str, Value] = {
    "bool0": True,
    "bool1": False,
    "int8": -128,
    "int8d": 127,
    "int16": -(1 << 15),
    "int16d": (1 << 15) - 1,
    "int32": -(1 << 31),
    "int32d": (1 << 31) - 1,
    "int64": -(1 << 63),
    "int64d": (1 << 63) - 1,
    "uint8": 255,
    "uint8d": 0,
    "uint16": 65535,
    "uint16d": 0,
    "uint32": (1 << 32) - 1,
    "uint32d": 0,
    "uint64": (1 << 64) - 1,
    "uint64d": 0,
    "float32": -0.0,
    "float32d": float("inf"),
    "float64": float("nan"),
    "float64d": 5e-324,
    "enum": "green",
    "enumd": "red",
    "text": "grüße, 世界",
    "data": bytes(range(256)),
    "child": {"int8": 1, "child": {"text": ""}},
    "empty": {},
    "voids": [None] * 5,
    "bools": [True, False, True, True, False, False, True, False, True],
    "int8s": [-128, 0, 127],
    "int16s": [-(1 << 15), (1 << 15) - 1],
    "int32s": [-(1 << 31), (1 << 31) - 1, 0],
    "int64s": [-(1 << 63), (1 << 63) - 1],
    "uint8s": [0, 255],
    "uint16s": [0, 65535],
    "uint32s": [0, (1 << 32) - 1],
    "uint64s": [0, (1 << 64) - 1],
    "float32s": [1.5, -0.0, float("-inf")],
    "float64s": [0.1, float("nan")],
    "enums": ["blue", "green", "red"],
    "texts": ["", "a", "bc" * 20],
    "datas": [b"", b"\0", b"\xff" * 20],
    "children": [{}, {"text": "x", "smalls": [{"number": 9}]}],
    "smalls": [{"number": 7, "name": "seven"}, {}],
    "empties": [{}, {}, {}],
    "matrix": [[], [1, 2, 3], [65535]],
}


def test_the_full_value_leaves_no_field_out() -> None:
    assert list(FULL) == [name for name, _, _, _ in fields(EVERYTHING.id)]


@pytest.mark.parametrize("segment_size", [1, 2, 3, 5, 8, 13, 40, 100, 1000])
def test_reads_what_the_capnp_tool_converts(segment_size: int) -> None:
    message = SCHEMA.Everything.new_message(**FULL).to_bytes()
    tool = shutil.which("capnp", path=str(Path(sys.executable).parent)) or shutil.which("capnp")
    assert tool is not None
    converted = subprocess.run(
        [tool, "convert", "binary:binary", f"--segment-size={segment_size}"],
        input=message,
        capture_output=True,
        check=True,
    ).stdout
    assert (len(unframe(converted)) > 1) == (segment_size < 1000)
    read = value_of(read_message(converted).get_root(), EVERYTHING.id)
    assert plain(read) == plain(with_defaults(FULL, EVERYTHING.id))


def test_reads_double_far_pointers_of_pycapnp(monkeypatch: pytest.MonkeyPatch) -> None:
    """43 and 44 words fill the first segment, so that no landing pad finds room there."""
    moved = {"text": "hello world", "smalls": [{"name": "x"}, {}]}
    for segment_words, expected in [(43, 2), (44, 2), (45, 1), (46, 0)]:
        segments = written(moved, segment_words, ("text", "smalls"))
        doubles = watch_fars(monkeypatch)
        read = value_of(root_of(segments), EVERYTHING.id)
        assert plain(read) == plain(with_defaults({"child": moved}, EVERYTHING.id))
        assert sum(doubles) == expected
        assert len(doubles) > sum(doubles)


@pytest.mark.parametrize("segment_words", [1, 50, 10000])
def test_a_whole_message_costs_its_words(segment_words: int) -> None:
    """Each word is charged once: root pointer, objects and landing pads; voids one word each."""
    value = {name: each for name, each in FULL.items() if name not in ("voids", "empties")}
    segments = written(value, segment_words)
    words = sum(map(len, segments)) // 8
    reader = MessageReader(segments, traversal_limit_words=words)
    walk_once(reader.get_root(), EVERYTHING.id)
    assert reader._segments.unread_words == 0
    short = MessageReader(segments, traversal_limit_words=words - 1)
    with pytest.raises(TraversalLimitExceeded):
        walk_once(short.get_root(), EVERYTHING.id)


def walk_once(reader: StructReader, type_id: int) -> None:
    """Open every object below a struct once."""
    pending: list[tuple[StructReader | PointerListReader, int, Any]] = [
        (reader, offset, type_) for _, type_, offset, _ in fields(type_id)
    ]

    def push(opened: StructReader | None, opened_id: int) -> None:
        if opened is not None:
            pending.extend((opened, offset, type_) for _, type_, offset, _ in fields(opened_id))

    while pending:
        row, index, type_ = pending.pop()
        which = str(type_.which())
        if which == "text":
            row.get_text(index)
        elif which == "data":
            row.get_data(index)
        elif which == "struct":
            push(row.get_struct(index), type_.struct.typeId)
        elif which == "list":
            element = type_.list.elementType
            which = str(element.which())
            if which == "struct":
                for each in row.get_struct_list(index) or ():
                    push(each, element.struct.typeId)
            elif which in ("text", "data", "list"):
                pointers = row.get_pointer_list(index)
                if pointers is not None:
                    pending.extend((pointers, i, element) for i in range(len(pointers)))
            else:
                list(row.get_list(index, element_of(which)) or ())


# -- older and newer writers ----------------------------------------------------------------------


def rewritten(name: str, value: dict[str, Value], read_as: str) -> dict[str, Value]:
    """Write with one type of the schema, and read with another."""
    message = getattr(SCHEMA, name).new_message(**value).to_bytes()
    return value_of(read_message(message).get_root(), getattr(SCHEMA, read_as).schema.node.id)


def test_a_newer_reader_finds_defaults_in_an_older_struct() -> None:
    read = rewritten("Older", {"number": 9, "name": "old"}, "Newer")
    assert read == {"number": 9, "name": "old", "more": 2.5, "flag": True, "tail": None}


def test_an_older_reader_overlooks_what_is_newer() -> None:
    value = {"number": 9, "name": "new", "more": 1.0, "flag": False, "tail": "t"}
    assert rewritten("Newer", value, "Older") == {"number": 9, "name": "new"}


LISTS: dict[str, Value] = {
    "voids": [None, None, None],
    "bytes": [0, 7, 255],
    "shorts": [-1, 0, 300],
    "ints": [1, (1 << 32) - 1],
    "longs": [-(1 << 63), 5],
    "texts": ["a", "", "ccc"],
}


def test_lists_of_values_are_read_as_lists_of_structs() -> None:
    read = rewritten("Lists", LISTS, "ListsOfStructs")
    for name, values_ in LISTS.items():
        extra = "number" if name == "texts" else "name"
        absent = 0 if name == "texts" else None
        assert read[name] == [
            ({} if name == "voids" else {"value": each}) | {extra: absent} for each in values_
        ]


def test_lists_of_structs_are_read_as_lists_of_their_first_field() -> None:
    structs_: dict[str, Value] = {
        name: [{"value": each} if name != "voids" else {"name": "x"} for each in values_]
        for name, values_ in LISTS.items()
    }
    for each in structs_["texts"]:
        each["number"] = (1 << 64) - 1
    for name in ("bytes", "shorts", "ints", "longs"):
        for each in structs_[name]:
            each["name"] = "beside"
    assert rewritten("ListsOfStructs", structs_, "Lists") == LISTS | {"bools": None}


def test_lists_of_bits_are_never_lists_of_structs() -> None:
    bits = read_message(SCHEMA.Lists.new_message(bools=[True]).to_bytes()).get_root()
    with pytest.raises(PointerKindMismatch, match="a list of bits was found where a list of str"):
        bits.get_struct_list(1)
    flags = SCHEMA.ListsOfStructs.new_message(bools=[{"value": True}]).to_bytes()
    with pytest.raises(PointerKindMismatch, match="structs of 1 data words and 1 pointers"):
        read_message(flags).get_root().get_list(1, Element.BOOL)


# -- messages made by hand ------------------------------------------------------------------------

ROOT = wire.with_offset(wire.struct_shape(0, 1), 0)
"""A root pointer to a struct with one pointer, in the word behind it."""


def segment_of(*words: int | bytes) -> bytes:
    return b"".join(
        word.ljust(-len(word) // 8 * -8, b"\0")
        if isinstance(word, bytes)
        else struct.pack("<Q", word)
        for word in words
    )


def list_pointer(size_code: int, count: int, offset: int = 0) -> int:
    return wire.with_offset(wire.list_shape(size_code, count), offset)


def rooted(*words: int | bytes, **limits: int) -> StructReader:
    """Answer a root struct whose one pointer is the first of ``words``."""
    return root_of([segment_of(ROOT, *words)], **limits)


def test_reads_a_struct_by_hand() -> None:
    root = root_of([segment_of(wire.struct_shape(1, 1), b"\x01\x02\x03\x04\x05\x06\x07\x88", 0)])
    assert root.data_bytes == 8
    assert root.pointer_count == 1
    assert root.get_uint8(7) == 0x88
    assert root.get_int8(7) == 0x88 - 256
    assert root.get_uint16(1) == 0x0403
    assert root.get_uint32(1) == 0x88070605
    assert root.get_uint64(0) == 0x8807060504030201
    assert root.get_int64(0) == 0x8807060504030201 - (1 << 64)
    assert root.get_int32(1) == 0x88070605 - (1 << 32)
    assert root.get_int16(3) == 0x8807 - (1 << 16)
    assert root.get_float64(0) == struct.unpack("<d", b"\x01\x02\x03\x04\x05\x06\x07\x88")[0]
    assert root.get_float32(1) == struct.unpack("<f", b"\x05\x06\x07\x88")[0]
    assert [root.get_bool(bit) for bit in range(59, 64)] == [True, False, False, False, True]
    assert root.get_bool(63, True) is False
    assert root.get_bool(64, True) is True
    assert root.is_null(0)
    assert root.is_null(1)


def test_null_pointers_are_none() -> None:
    """Also a pointer that an older writer did not have."""
    for row in (rooted(0), root_of([segment_of(0)])):
        assert row.is_null(0)
        assert row.get_struct(0) is None
        assert row.get_list(0, Element.UINT8) is None
        assert row.get_pointer_list(0) is None
        assert row.get_struct_list(0) is None
        assert row.get_text(0) is None
        assert row.get_data(0) is None


def test_what_an_older_struct_left_out_is_zero() -> None:
    root = root_of([segment_of(0)])
    for element in Element:
        if element is not Element.VOID:
            assert getattr(root, f"get_{element.name.lower()}")(0) == 0


def test_a_pointer_in_the_first_word_of_a_segment() -> None:
    """Word 0 is a place like any other."""
    pads = segment_of(wire.far_pointer(2, 0), wire.struct_shape(0, 1))
    far = segment_of(wire.far_pointer(1, 0, double=True))
    blob = root_of([far, pads, segment_of(list_pointer(wire.SIZE_BYTE, 3), b"ab\0")])
    assert not blob.is_null(0)
    assert blob.get_text(0) == "ab"
    assert blob.get_data(0) == b"ab\0"
    octets = blob.get_list(0, Element.UINT8)
    assert octets is not None
    assert list(octets) == [97, 98, 0]
    child = root_of([far, pads, segment_of(wire.struct_shape(1, 0), 5)]).get_struct(0)
    assert child is not None
    assert child.get_uint64(0) == 5


def test_a_null_root_reads_as_an_empty_struct() -> None:
    root = root_of([segment_of(0)])
    assert (root.data_bytes, root.pointer_count) == (0, 0)
    assert root.get_float32(0, 1.5) == 1.5
    assert root.get_uint64(0, 3) == 3


@pytest.mark.parametrize("segments", [[], [b""], [b"\0" * 7]])
def test_no_root_pointer(segments: list[bytes]) -> None:
    with pytest.raises(PointerOutOfBounds, match="the root pointer") as caught:
        root_of(segments)
    assert (caught.value.segment, caught.value.offset) == (0, 0)


def test_bytes_behind_the_last_whole_word_do_not_count() -> None:
    message = segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 5), b"abcd")
    assert root_of([message]).get_data(0) == b"abcd\0"
    with pytest.raises(PointerOutOfBounds):
        root_of([message[:-1]]).get_data(0)


@pytest.mark.parametrize(
    "wrap",
    [
        bytearray,
        memoryview,
        lambda octets: array.array("Q", octets),
        lambda octets: memoryview(octets).cast("Q").cast("B").cast("d"),
        lambda octets: memoryview(octets).cast("B", [2, len(octets) // 2]),
    ],
)
def test_any_contiguous_buffer_is_a_segment(wrap: Callable[[bytes], Any]) -> None:
    message = segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 3), b"abc")
    assert MessageReader([wrap(message)]).get_root().get_data(0) == b"abc"


def test_a_mapped_segment() -> None:
    message = segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 3), b"abc")
    with mmap.mmap(-1, 4096) as mapping:
        mapping[: len(message)] = message
        reader = MessageReader((mapping,))
        assert reader.get_root().get_data(0) == b"abc"
        del reader


class Unreachable(list[bytes]):
    """A sequence that cannot be walked through."""

    def __iter__(self) -> Iterator[bytes]:
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    "segments", [5, None, b"bytes", "text", [5], ["text"], [None], Unreachable([b""])]
)
def test_segments_that_are_no_buffers(segments: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        MessageReader(segments)


def test_a_scattered_buffer_is_refused() -> None:
    with pytest.raises(ArgumentTypeError, match="segment 1 must be a contiguous buffer"):
        MessageReader([b"", memoryview(bytes(16))[::2]])


@pytest.mark.parametrize("limit", ["traversal_limit_words", "nesting_limit"])
def test_limits_are_whole_numbers(limit: str) -> None:
    wrong: Any = {limit: "1"}
    with pytest.raises(ArgumentTypeError, match=f"{limit} must be an integer, not str"):
        MessageReader([b""], **wrong)
    with pytest.raises(ArgumentValueError, match=f"{limit} must not be negative"):
        MessageReader([b""], **{limit: -1})


def test_indices_are_checked() -> None:
    root = rooted(list_pointer(wire.SIZE_POINTER, 1), 0)
    row = root.get_pointer_list(0)
    assert row is not None
    wrong: Any = "0"
    for call in (root.is_null, root.get_uint8, root.get_bool, root.get_float64, row.is_null):
        with pytest.raises(ArgumentIndexError, match="must not be negative, and -1 was given"):
            call(-1)
        with pytest.raises(ArgumentTypeError, match="an index must be an integer, not str"):
            call(wrong)
    with pytest.raises(ArgumentIndexError, match="the list has 1 elements, and 1 was asked for"):
        row.get_text(1)


def test_lists_check_their_indices() -> None:
    root = rooted(list_pointer(wire.SIZE_BYTE, 3), b"abc")
    for row in (root.get_list(0, Element.UINT8), root.get_struct_list(0)):
        assert row is not None
        for index in (-1, 3, 1 << 70):
            with pytest.raises(ArgumentIndexError):
                row[index]


class Two:
    """A number, but not an int."""

    def __index__(self) -> int:
        return 2


def test_whatever_is_an_index_is_taken() -> None:
    two: Any = Two()
    root = root_of([segment_of(wire.struct_shape(1, 0), b"\x01\x02\x07")])
    assert root.get_uint8(two) == 7
    assert root.get_uint8(0, two) == 3
    assert root.get_bool(two) is False


def test_numbers_too_long_to_print() -> None:
    """Python refuses to print them; the complaint is ours all the same."""
    huge = 10**5000
    root = rooted(list_pointer(wire.SIZE_BYTE, 3), b"abc")
    row = root.get_list(0, Element.UINT8)
    assert row is not None
    for call in (root.is_null, root.get_uint8, row.__getitem__):
        with pytest.raises(ArgumentIndexError, match="a number of 16610 bits"):
            call(-huge)
    with pytest.raises(ArgumentIndexError, match="a number of 16610 bits"):
        row[huge]
    with pytest.raises(ArgumentValueError, match="a number of 16610 bits"):
        root.get_uint8(0, huge)
    with pytest.raises(ArgumentValueError, match="a number of 16610 bits"):
        MessageReader([], nesting_limit=-huge)
    assert root.get_uint8(huge) == 0
    assert root.get_bool(huge) is False
    assert root.is_null(huge)
    generous = MessageReader([segment_of(ROOT, 0)], traversal_limit_words=huge, nesting_limit=huge)
    assert generous.get_root().get_text(0) is None


class Rude:
    """Raises from whatever is asked of it, in words that raise as well."""

    class Refusal(Exception):
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    def __index__(self) -> int:
        raise self.Refusal

    def __float__(self) -> float:
        raise self.Refusal

    def __buffer__(self, flags: int) -> memoryview:
        raise self.Refusal


def test_arguments_that_raise() -> None:
    rude: Any = Rude()
    root = rooted(0)
    for call in (
        lambda: root.get_uint8(rude),
        lambda: root.get_uint8(0, rude),
        lambda: root.get_float64(0, rude),
        lambda: root.get_bool(0, rude),
        lambda: root.is_null(rude),
        lambda: MessageReader([rude]),
        lambda: MessageReader(rude),
        lambda: MessageReader([], nesting_limit=rude),
    ):
        with pytest.raises(ArgumentTypeError):
            call()


def test_defaults_are_checked() -> None:
    root = rooted(0)
    wrong: Any = "1"
    for call in (root.get_uint8, root.get_bool, root.get_float32):
        with pytest.raises(ArgumentTypeError):
            call(0, wrong)
    with pytest.raises(ArgumentValueError, match=r"must lie in 0 \.\. 255, and 256 was given"):
        root.get_uint8(0, 256)
    with pytest.raises(ArgumentValueError):
        root.get_int8(0, -129)
    with pytest.raises(ArgumentValueError, match="does not fit in 32 bits"):
        root.get_float32(0, 1e39)
    assert root.get_float32(0, 0.1) == struct.unpack("<f", struct.pack("<f", 0.1))[0]


def test_a_negative_zero_is_a_default_too() -> None:
    root = root_of([segment_of(wire.struct_shape(1, 0), 0)])
    assert plain(root.get_float64(0, -0.0)) == plain(-0.0)
    assert plain(root.get_float32(0, -0.0)) == plain(-0.0)


def test_an_element_must_be_an_element() -> None:
    wrong: Any = "UINT8"
    with pytest.raises(ArgumentTypeError, match="element must be an Element, not str"):
        rooted(0).get_list(0, wrong)


# -- text and data --------------------------------------------------------------------------------


def text_of(octets: bytes) -> str | None:
    return rooted(list_pointer(wire.SIZE_BYTE, len(octets)), octets).get_text(0)


def test_text_ends_in_a_nul() -> None:
    assert text_of(b"\0") == ""
    assert text_of(b"abcdefg\0") == "abcdefg"
    assert text_of(b"a\0b\0") == "a\0b"
    with pytest.raises(InvalidText, match="a text of 3 bytes does not end in a NUL"):
        text_of(b"abc")


def test_text_of_no_bytes() -> None:
    """A length of zero minus the NUL is no length (CVE-2015-2311)."""
    with pytest.raises(InvalidText, match="a text of 0 bytes"):
        text_of(b"")
    assert rooted(list_pointer(wire.SIZE_BYTE, 0)).get_data(0) == b""


@pytest.mark.parametrize("octets", [b"\xff\0", b"ab\xc3\0", b"\xed\xa0\x80\0", b"\xc0\x80\0"])
def test_text_is_utf8(octets: bytes) -> None:
    with pytest.raises(InvalidText, match="not UTF-8") as caught:
        text_of(octets)
    assert isinstance(caught.value.__cause__, UnicodeDecodeError)


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        (list_pointer(wire.SIZE_VOID, 0), "a list of voids"),
        (list_pointer(wire.SIZE_BIT, 8), "a list of bits"),
        (list_pointer(wire.SIZE_TWO_BYTES, 1), "a list of 2-byte values"),
        (list_pointer(wire.SIZE_COMPOSITE, 0), "a list of structs"),
        (wire.EMPTY_STRUCT, "a struct"),
        (wire.OTHER, "a capability"),
    ],
)
def test_blobs_are_lists_of_bytes(pointer: int, name: str) -> None:
    root = rooted(pointer, 0)
    with pytest.raises(PointerKindMismatch, match=f"{name} was found where a text was asked for"):
        root.get_text(0)
    with pytest.raises(PointerKindMismatch, match=f"{name} was found where data was asked for"):
        root.get_data(0)


# -- kinds and sizes ------------------------------------------------------------------------------


def test_a_list_is_no_struct_and_the_other_way_round() -> None:
    with pytest.raises(PointerKindMismatch, match="a list was found where a struct"):
        rooted(list_pointer(wire.SIZE_VOID, 0)).get_struct(0)
    with pytest.raises(PointerKindMismatch, match="a list was found where a struct"):
        root_of([segment_of(list_pointer(wire.SIZE_VOID, 0))])
    for pointer, name in ((wire.EMPTY_STRUCT, "a struct"), (wire.OTHER, "a capability")):
        root = rooted(pointer)
        with pytest.raises(PointerKindMismatch, match=f"{name} was found where a list"):
            root.get_list(0, Element.UINT8)
        with pytest.raises(PointerKindMismatch):
            root.get_pointer_list(0)
        with pytest.raises(PointerKindMismatch):
            root.get_struct_list(0)
    with pytest.raises(PointerKindMismatch, match="a capability was found"):
        rooted(wire.OTHER).get_struct(0)


@pytest.mark.parametrize("found", range(7))
@pytest.mark.parametrize("asked", list(Element))
def test_elements_have_the_size_that_was_written(found: int, asked: Element) -> None:
    """Asking for another size would show other elements, or memory behind the list."""
    root = rooted(list_pointer(found, 1), 0x0123456789ABCDEF)
    if asked.size_code == found:
        row = root.get_list(0, asked)
        assert row is not None
        assert len(row) == 1
    else:
        with pytest.raises(PointerKindMismatch):
            root.get_list(0, asked)


@pytest.mark.parametrize("found", range(6))
def test_values_are_no_pointers(found: int) -> None:
    with pytest.raises(PointerKindMismatch, match="found where a list of pointers was asked for"):
        rooted(list_pointer(found, 1), 0).get_pointer_list(0)


def test_structs_without_data_are_no_values_and_those_without_pointers_no_pointers() -> None:
    only_pointers = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(1, 0, 1), 0)
    assert only_pointers.get_pointer_list(0) is not None
    with pytest.raises(PointerKindMismatch, match="structs of 0 data words and 1 pointers"):
        only_pointers.get_list(0, Element.UINT8)
    voids = only_pointers.get_list(0, Element.VOID)
    assert voids is not None
    assert list(voids) == [None]
    only_data = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(1, 1, 0), 7)
    numbers = only_data.get_list(0, Element.UINT64)
    assert numbers is not None
    assert list(numbers) == [7]
    with pytest.raises(PointerKindMismatch, match="structs of 1 data words and 0 pointers"):
        only_data.get_pointer_list(0)


def test_structs_read_as_pointers_have_their_data_before_them() -> None:
    """Their data is not a pointer, and the step is the whole struct (CVE-2022-46149)."""
    evil = list_pointer(wire.SIZE_BYTE, 1 << 20)
    root = rooted(
        list_pointer(wire.SIZE_COMPOSITE, 8),
        wire.tag(2, 2, 2),
        evil,
        evil,
        list_pointer(wire.SIZE_BYTE, 2, 5),
        evil,
        evil,
        evil,
        list_pointer(wire.SIZE_BYTE, 2, 2),
        evil,
        b"a\0",
        b"b\0",
    )
    row = root.get_pointer_list(0)
    assert row is not None
    assert [row.get_text(index) for index in range(len(row))] == ["a", "b"]


def test_values_read_as_structs_end_where_they_end() -> None:
    """A byte has no second byte, however much lies behind it (CVE-2022-46149)."""
    root = rooted(list_pointer(wire.SIZE_BYTE, 3), b"\x01\x02\x03\xff")
    row = root.get_struct_list(0)
    assert row is not None
    assert [each.data_bytes for each in row] == [1, 1, 1]
    assert [each.get_uint8(0) for each in row] == [1, 2, 3]
    assert [each.get_uint8(1, 9) for each in row] == [9, 9, 9]
    assert [each.get_uint16(0, 9) for each in row] == [9, 9, 9]
    assert [each.get_bool(8, True) for each in row] == [True, True, True]
    assert row[0].get_text(0) is None


def test_pointers_read_as_structs_are_no_data() -> None:
    root = rooted(list_pointer(wire.SIZE_POINTER, 2), list_pointer(wire.SIZE_BYTE, 2, 1), 0, b"a")
    row = root.get_struct_list(0)
    assert row is not None
    assert [(each.data_bytes, each.pointer_count) for each in row] == [(0, 1), (0, 1)]
    assert [each.get_uint8(0, 9) for each in row] == [9, 9]
    assert [each.get_text(0) for each in row] == ["a", None]


def test_an_empty_list_of_structs() -> None:
    root = rooted(list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag(0, 1, 1))
    row = root.get_struct_list(0)
    assert row is not None
    assert len(row) == 0
    assert list(row) == []


def test_a_tag_counts_no_more_than_there_is() -> None:
    """2^30 - 1 elements of 2^17 - 2 words, in a list of one word."""
    root = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag((1 << 30) - 1, 65535, 65535), 0)
    with pytest.raises(PointerOutOfBounds, match="the tag of a list of 1 words counts") as caught:
        root.get_struct_list(0)
    assert caught.value.words_asked == ((1 << 30) - 1) * 131070
    assert caught.value.words_granted == 1
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(2, 1, 0), 0, 0).get_struct_list(0)
    assert rooted(list_pointer(wire.SIZE_COMPOSITE, 2), wire.tag(2, 1, 0), 0, 0).get_struct_list(0)


def test_a_tag_lies_within_the_message() -> None:
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_COMPOSITE, 0)).get_struct_list(0)


def test_a_tag_describes_structs() -> None:
    root = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), list_pointer(wire.SIZE_VOID, 1), 0)
    with pytest.raises(PointerKindMismatch, match="the tag of a list of structs describes a list"):
        root.get_struct_list(0)


# -- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_code", range(1, 8))
def test_the_largest_list_does_not_fit_a_small_message(size_code: int) -> None:
    """Nor does its size in bits become small by wrapping (CVE-2015-2310)."""
    root = rooted(list_pointer(size_code, wire.MAX_LIST_COUNT), 0, 0)
    for opened in (
        lambda: root.get_list(0, Element.UINT8),
        lambda: root.get_pointer_list(0),
        lambda: root.get_struct_list(0),
    ):
        with pytest.raises(PointerOutOfBounds) as caught:
            opened()
        assert caught.value.words_asked == wire.list_body_words(size_code, wire.MAX_LIST_COUNT)
        assert caught.value.words_granted == 4


@pytest.mark.parametrize("size_code", range(1, 6))
def test_a_list_ends_with_its_segment(size_code: int) -> None:
    """A list that fills its last word to the last bit is read, and one more element is not."""
    element = next(each for each in Element if each.size_code == size_code)
    count = 128 // element.bits
    row = rooted(list_pointer(size_code, count), 1, 1 << 63).get_list(0, element)
    assert row is not None
    assert row[count - 1] == (1 << 63 >> (64 - element.bits) if element.bits > 1 else True) or (
        element.low < 0
    )
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(size_code, count + 1), 1, 1).get_list(0, element)


@pytest.mark.parametrize("offset", [-3, -4, -(1 << 29), 1, 2, (1 << 29) - 1])
def test_an_offset_outside_the_segment(offset: int) -> None:
    """Before its start as well as behind its end."""
    struct_pointer = wire.with_offset(wire.struct_shape(1, 0), offset)
    with pytest.raises(PointerOutOfBounds) as caught:
        rooted(struct_pointer, 0).get_struct(0)
    assert (caught.value.segment, caught.value.offset) == (0, 2 + offset)
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_BYTE, 1, offset), 0).get_data(0)


def test_a_negative_offset_within_the_segment() -> None:
    root = rooted(list_pointer(wire.SIZE_EIGHT_BYTES, 1, -2))
    row = root.get_list(0, Element.UINT64)
    assert row is not None
    assert list(row) == [ROOT]


def test_an_object_without_words_lies_within_the_segment_too() -> None:
    for offset, good in ((-1, True), (0, True), (-2, True), (-3, False), (1, False)):
        pointer = wire.with_offset(wire.struct_shape(0, 0), offset) if offset else 0
        if good:
            rooted(pointer).get_struct(0)
        else:
            with pytest.raises(PointerOutOfBounds):
                rooted(pointer).get_struct(0)
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_VOID, 5, 1)).get_list(0, Element.VOID)


def test_sections_are_unsigned() -> None:
    """32768 words are not minus 32768."""
    data, pointers = 0x8000, 0x8001
    message = segment_of(wire.struct_shape(data, pointers)) + bytes(8 * (data + pointers - 1))
    with pytest.raises(PointerOutOfBounds):
        root_of([message])
    root = root_of([message + segment_of(list_pointer(wire.SIZE_VOID, 1, -1))])
    assert root.data_bytes == data * 8
    assert root.get_uint64(data - 1) == 0
    assert root.get_uint64(data, 5) == 5
    assert not root.is_null(pointers - 1)
    assert root.is_null(pointers)


@pytest.mark.parametrize("offset", [1, (1 << 32) - 1, (1 << 61), (1 << 64) - 1, 1 << 64])
def test_no_offset_of_a_field_wraps(offset: int) -> None:
    """(offset + 1) * bits is no small number."""
    root = root_of([segment_of(wire.struct_shape(1, 0), 0x0123456789ABCDEF)])
    assert root.get_uint64(offset, 7) == 7
    assert root.get_float64(offset, 7.5) == 7.5
    assert root.get_bool(offset + 64, True) is True
    assert root.get_text(offset) is None


# -- far pointers ---------------------------------------------------------------------------------

FAR_ROOT = segment_of(ROOT, wire.far_pointer(1, 1))


def test_a_far_pointer() -> None:
    pad = list_pointer(wire.SIZE_BYTE, 3, 1)
    root = root_of([FAR_ROOT, segment_of(0, pad, 0, b"abc")])
    assert not root.is_null(0)
    assert root.get_data(0) == b"abc"


def test_a_far_pointer_into_its_own_segment() -> None:
    root = rooted(wire.far_pointer(0, 2), list_pointer(wire.SIZE_BYTE, 3), b"abc")
    assert root.get_data(0) == b"abc"


def test_a_far_pointer_to_a_null_pad() -> None:
    """A pad is never null; read as a pointer, it is a struct without words."""
    root = root_of([FAR_ROOT, segment_of(0, 0)])
    opened = root.get_struct(0)
    assert opened is not None
    assert opened.pointer_count == 0


@pytest.mark.parametrize("segment", [2, 3, (1 << 32) - 1])
@pytest.mark.parametrize("double", [False, True])
def test_a_far_pointer_to_no_segment(segment: int, double: bool) -> None:
    far = segment_of(ROOT, wire.far_pointer(segment, 0, double=double))
    with pytest.raises(PointerOutOfBounds, match=f"in segment {segment}, and the message has 2"):
        root_of([far, segment_of(0, 0)]).get_text(0)


@pytest.mark.parametrize(
    ("pad", "double", "good"),
    [
        (1, False, True),
        (2, False, False),
        (0, True, True),
        (1, True, False),
        (wire.MAX_SEGMENT_WORDS, False, False),
        (wire.MAX_SEGMENT_WORDS, True, False),
    ],
)
def test_a_pad_lies_within_its_segment(pad: int, double: bool, good: bool) -> None:
    """The second word of a double pad as well, which is not looked at before."""
    far = segment_of(ROOT, wire.far_pointer(1, pad, double=double))
    words = (wire.far_pointer(0, 0), wire.struct_shape(0, 1)) if double else (0, 0)
    root = root_of([far, segment_of(*words)])
    if good:
        assert root.get_struct(0) is not None
    else:
        with pytest.raises(PointerOutOfBounds, match="landing pad"):
            root.get_struct(0)


def test_the_29_bits_of_a_pad() -> None:
    """The offset of a pad has one bit less than other offsets, and counts words."""
    words = [0] * 40
    words[37] = list_pointer(wire.SIZE_BYTE, 2, 1)
    words[39] = 0x6261
    far = wire.far_pointer(1, 37)
    assert far == 37 << 3 | 2 | 1 << 32
    assert root_of([segment_of(ROOT, far), segment_of(*words)]).get_data(0) == b"ab"


def test_a_pad_that_is_far_again() -> None:
    pad = segment_of(0, wire.far_pointer(1, 1))
    with pytest.raises(PointerKindMismatch, match="is a far pointer again"):
        root_of([FAR_ROOT, pad]).get_text(0)


DOUBLE_ROOT = segment_of(ROOT, wire.far_pointer(1, 0, double=True))


def test_a_double_far_pointer() -> None:
    pad = segment_of(wire.far_pointer(2, 1), wire.list_shape(wire.SIZE_BYTE, 3))
    root = root_of([DOUBLE_ROOT, pad, segment_of(0, b"abc")])
    assert root.get_data(0) == b"abc"


@pytest.mark.parametrize(
    "first",
    [
        0,
        wire.struct_shape(0, 0),
        list_pointer(wire.SIZE_BYTE, 3),
        wire.OTHER,
        wire.far_pointer(2, 1, double=True),
    ],
)
def test_a_double_pad_starts_with_a_single_far_pointer(first: int) -> None:
    pad = segment_of(first, wire.list_shape(wire.SIZE_BYTE, 3))
    with pytest.raises(PointerKindMismatch, match="does not start with a single far pointer"):
        root_of([DOUBLE_ROOT, pad, segment_of(0, b"abc")]).get_data(0)


@pytest.mark.parametrize(
    "tag",
    [
        list_pointer(wire.SIZE_BYTE, 3, 1),
        list_pointer(wire.SIZE_BYTE, 3, -1),
        wire.far_pointer(2, 0),
        wire.far_pointer(2, 1),
    ],
)
def test_the_tag_of_a_double_pad_has_no_offset(tag: int) -> None:
    pad = segment_of(wire.far_pointer(2, 0), tag)
    with pytest.raises(PointerKindMismatch, match="the tag of a double landing pad"):
        root_of([DOUBLE_ROOT, pad, segment_of(b"abc", b"abc")]).get_data(0)


def test_the_target_of_a_double_far_pointer_lies_within_its_segment() -> None:
    for segment, start, good in ((2, 0, True), (2, 1, False), (3, 0, False)):
        pad = segment_of(wire.far_pointer(segment, start), wire.list_shape(wire.SIZE_BYTE, 3))
        root = root_of([DOUBLE_ROOT, pad, segment_of(b"abc")])
        if good:
            assert root.get_data(0) == b"abc"
        else:
            with pytest.raises(PointerOutOfBounds):
                root.get_data(0)


def test_a_root_that_is_far() -> None:
    message = [segment_of(wire.far_pointer(1, 0)), segment_of(wire.struct_shape(1, 0), 42)]
    assert root_of(message).get_uint64(0) == 42


# -- limits ---------------------------------------------------------------------------------------


def test_the_traversal_limit_counts_words() -> None:
    words = (list_pointer(wire.SIZE_BYTE, 24), b"x" * 24)
    assert rooted(*words, traversal_limit_words=5).get_data(0) == b"x" * 24
    root = rooted(*words, traversal_limit_words=4)
    with pytest.raises(TraversalLimitExceeded) as caught:
        root.get_data(0)
    assert (caught.value.words_asked, caught.value.words_granted) == (3, 2)
    with pytest.raises(TraversalLimitExceeded):
        rooted(*words, traversal_limit_words=0)


def test_what_was_refused_is_not_charged() -> None:
    """So the limit never falls below nothing, and what still fits can be read."""
    root = rooted(list_pointer(wire.SIZE_BYTE, 24), b"x" * 24, traversal_limit_words=4)
    for _ in range(3):
        with pytest.raises(TraversalLimitExceeded, match="leaves 2 words, and 3 are to be read"):
            root.get_data(0)


def test_a_traversal_limit_has_no_width() -> None:
    """A limit of 2^63 is large, and not negative."""
    for limit in (1 << 63, 1 << 64, 1 << 100):
        assert rooted(0, traversal_limit_words=limit).get_text(0) is None


def test_each_visit_is_charged() -> None:
    """Many pointers to one object are as much work as many objects."""
    pointers = [list_pointer(wire.SIZE_BYTE, 800, 9 - index) for index in range(10)]
    words: tuple[int | bytes, ...] = (list_pointer(wire.SIZE_POINTER, 10), *pointers, b"x" * 800)
    row = rooted(*words, traversal_limit_words=2 + 10 + 350).get_pointer_list(0)
    assert row is not None
    for index in range(3):
        assert row.get_data(index) == b"x" * 800
    with pytest.raises(TraversalLimitExceeded):
        row.get_data(3)


def test_what_is_taken_out_of_structs_is_charged_as_what_is_read() -> None:
    """One byte of each struct is copied by way of all of them, as often as it is asked for."""
    structs = (list_pointer(wire.SIZE_COMPOSITE, 80), wire.tag(8, 10, 0), *[7] * 80)
    numbers = rooted(*structs, traversal_limit_words=2 + 1 + 80 + 100).get_list(0, Element.UINT8)
    assert numbers is not None
    assert numbers.total_size() == (1, 0)
    with pytest.raises(TraversalLimitExceeded, match="and 71 are to be read"):
        numbers.total_size()


def test_voids_are_charged_when_they_are_visited() -> None:
    """2^29 - 1 elements in a message of two words (CVE-2015-2312)."""
    row = rooted(list_pointer(wire.SIZE_VOID, wire.MAX_LIST_COUNT)).get_list(0, Element.VOID)
    assert row is not None
    assert len(row) == wire.MAX_LIST_COUNT
    assert row[wire.MAX_LIST_COUNT - 1] is None
    with pytest.raises(TraversalLimitExceeded):
        list(row)
    one = rooted(list_pointer(wire.SIZE_VOID, 5), traversal_limit_words=3).get_list(0, Element.VOID)
    assert one is not None
    assert one[4] is None
    with pytest.raises(TraversalLimitExceeded):
        one[4]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ((list_pointer(wire.SIZE_VOID, wire.MAX_LIST_COUNT),), wire.MAX_LIST_COUNT),
        ((list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag((1 << 30) - 1, 0, 0)), (1 << 30) - 1),
    ],
)
def test_structs_without_fields_are_charged_when_they_are_visited(
    words: tuple[int | bytes, ...], count: int
) -> None:
    """CVE-2015-2312, and the walks of CVE-2015-2313."""
    row = rooted(*words, traversal_limit_words=100).get_struct_list(0)
    assert row is not None
    assert len(row) == count
    with pytest.raises(TraversalLimitExceeded):
        list(row)
    for index in range(100 - 2 - (len(words) - 1)):
        assert row[index].pointer_count == 0
    with pytest.raises(TraversalLimitExceeded):
        row[count - 1]


def test_structs_without_fields_read_as_voids_are_charged_too() -> None:
    words = (list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag((1 << 30) - 1, 0, 0))
    row = rooted(*words, traversal_limit_words=100).get_list(0, Element.VOID)
    assert row is not None
    with pytest.raises(TraversalLimitExceeded):
        list(row)


def nested(levels: int) -> bytes:
    """Answer structs of one pointer in one another, ``levels`` of them."""
    return segment_of(*[wire.struct_shape(0, 1)] * levels, 0)


def test_the_nesting_limit_counts_structs() -> None:
    for levels, limit in ((NESTING_LIMIT, NESTING_LIMIT), (1, 1), (1000, 1000)):
        root = root_of([nested(levels)], nesting_limit=limit)
        for _ in range(levels - 1):
            opened = root.get_struct(0)
            assert opened is not None
            root = opened
        assert root.get_struct(0) is None
    root = root_of([nested(NESTING_LIMIT + 1)])
    for _ in range(NESTING_LIMIT - 1):
        opened = root.get_struct(0)
        assert opened is not None
        root = opened
    with pytest.raises(NestingLimitExceeded) as caught:
        root.get_struct(0)
    assert (caught.value.segment, caught.value.offset) == (0, NESTING_LIMIT)


def test_no_level_at_all() -> None:
    with pytest.raises(NestingLimitExceeded):
        rooted(0, nesting_limit=0)


def test_a_struct_in_itself_ends() -> None:
    """By the nesting limit, or if that is large by the traversal limit."""
    myself = wire.with_offset(wire.struct_shape(0, 1), -1)
    for nesting, words, error in (
        (64, 1000, NestingLimitExceeded),
        (1000, 65, TraversalLimitExceeded),
    ):
        row = rooted(myself, nesting_limit=nesting, traversal_limit_words=words)
        for _ in range(63):
            opened = row.get_struct(0)
            assert opened is not None
            row = opened
        with pytest.raises(error):
            row.get_struct(0)


def test_the_nesting_limit_counts_lists_and_their_structs() -> None:
    words = (list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(1, 0, 1), 0)
    row = rooted(*words, nesting_limit=3).get_struct_list(0)
    assert row is not None
    assert [each.get_struct(0) for each in row] == [None]
    row = rooted(*words, nesting_limit=2).get_struct_list(0)
    assert row is not None
    with pytest.raises(NestingLimitExceeded):
        row[0]
    root = rooted(*words, nesting_limit=1)
    for opened in (
        lambda: root.get_struct_list(0),
        lambda: root.get_pointer_list(0),
        lambda: root.get_list(0, Element.VOID),
    ):
        with pytest.raises(NestingLimitExceeded):
            opened()


def test_a_list_in_itself_ends() -> None:
    row: StructReader | PointerListReader = rooted(list_pointer(wire.SIZE_POINTER, 1, -1))
    for _ in range(NESTING_LIMIT - 1):
        opened = row.get_pointer_list(0)
        assert opened is not None
        row = opened
    with pytest.raises(NestingLimitExceeded):
        row.get_pointer_list(0)


def test_memory_that_changes_is_read_within_bounds() -> None:
    """The bounds of an open object are those that were checked; what it holds is read anew."""
    memory = bytearray(segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 8), b"x" * 8))
    root = MessageReader([memory]).get_root()
    assert root.get_data(0) == b"x" * 8
    memory[8:16] = segment_of(list_pointer(wire.SIZE_BYTE, 9))
    with pytest.raises(PointerOutOfBounds):
        root.get_data(0)
    memory[:16] = b"\xff" * 16
    with pytest.raises(Error):
        root.get_data(0)


# -- any bytes at all -----------------------------------------------------------------------------

ANY_TYPE: tuple[Callable[[Any, int], Any], ...] = (
    lambda row, index: row.get_struct(index),
    lambda row, index: row.get_pointer_list(index),
    lambda row, index: row.get_struct_list(index),
    lambda row, index: row.get_text(index),
    lambda row, index: row.get_data(index),
    *(
        functools.partial(lambda element, row, index: row.get_list(index, element), e)
        for e in Element
    ),
)

NUMBERS = tuple(f"get_{each.name.lower()}" for each in Element if each is not Element.VOID)


def walk_everything(reader: MessageReader, nesting_limit: int) -> int:
    """Read everything as everything, as far as limits allow; answer how many objects were open."""
    opened = 0
    pending: list[tuple[Any, int]] = [(reader.get_root(), 1)]
    while pending:
        row, depth = pending.pop()
        opened += 1
        assert depth <= nesting_limit
        if isinstance(row, (ListReader, StructListReader)):
            with contextlib.suppress(Error):
                pending += [(each, depth + 1) for each in row if isinstance(each, StructReader)]
            continue
        if isinstance(row, StructReader):
            for name in NUMBERS:
                for offset in (0, 1, row.data_bytes, row.data_bytes * 8 - 1):
                    if offset >= 0:
                        getattr(row, name)(offset)
            count = row.pointer_count
        else:
            count = len(row)
        for index in range(count):
            for get in ANY_TYPE:
                try:
                    found = get(row, index)
                except Error:
                    continue
                if found is not None and not isinstance(found, (str, bytes)):
                    pending.append((found, depth + 1))
    return opened


def assert_survives(segments: list[bytes]) -> None:
    limit, nesting_limit = 150, 8
    reader = MessageReader(segments, traversal_limit_words=limit, nesting_limit=nesting_limit)
    try:
        opened = walk_everything(reader, nesting_limit)
    except Error:
        return
    # Each word charged is at most one pointer or one element, and is tried as every type.
    assert opened <= 1 + limit * len(ANY_TYPE)
    assert reader._segments.unread_words >= 0


words_of_messages = st.one_of(
    st.integers(0, (1 << 64) - 1),
    st.builds(
        wire.with_offset,
        st.builds(wire.struct_shape, st.integers(0, 4), st.integers(0, 4)),
        st.integers(-12, 12),
    ),
    st.builds(list_pointer, st.integers(0, 7), st.integers(0, 40), st.integers(-12, 12)),
    st.builds(wire.tag, st.integers(0, 40), st.integers(0, 3), st.integers(0, 3)),
    st.builds(
        lambda segment, pad, double: wire.far_pointer(segment, pad, double=double),
        st.integers(0, 3),
        st.integers(0, 12),
        st.booleans(),
    ),
)


@settings(max_examples=300)
@given(
    st.lists(
        st.lists(words_of_messages, max_size=12).map(lambda words: segment_of(*words)), max_size=3
    )
)
def test_any_words_raise_errors_of_ours_alone(segments: list[bytes]) -> None:
    assert_survives(segments)


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=64), max_size=3))
def test_any_bytes_raise_errors_of_ours_alone(segments: list[bytes]) -> None:
    assert_survives(segments)


@functools.cache
def valid_messages() -> list[list[bytes]]:
    small = {
        "text": "hello",
        "data": b"\1\2\3",
        "smalls": [{"number": 7, "name": "seven"}, {}],
        "texts": ["", "a"],
        "matrix": [[], [1, 2, 3]],
        "empties": [{}, {}],
        "bools": [True] * 9,
    }
    return [
        written(small, 1),
        written(small, 44, ("text", "smalls")),
        written(small, 1000),
        written({"child": {"child": {"child": {"text": "x"}}}}, 50),
    ]


@st.composite
def mutated_messages(draw: st.DrawFn) -> list[bytes]:
    segments = [bytearray(each) for each in draw(st.sampled_from(valid_messages()))]
    for _ in range(draw(st.integers(1, 4))):
        segment = draw(st.sampled_from(segments))
        if not segment:
            continue
        at = draw(st.integers(0, len(segment) - 1))
        if draw(st.booleans()):
            segment[at] ^= 1 << draw(st.integers(0, 7))
        else:
            at -= at % 8
            segment[at : at + 8] = struct.pack("<Q", draw(words_of_messages))
    if draw(st.integers(0, 9)) == 0:
        segments.pop()
    return [bytes(each) for each in segments]


@settings(max_examples=300)
@given(mutated_messages())
def test_any_mutated_message_raises_errors_of_ours_alone(segments: list[bytes]) -> None:
    assert_survives(segments)


def test_what_survives_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk of the tests above does reach far and double-far pointers, lists and structs."""
    doubles = watch_fars(monkeypatch)
    for segments in valid_messages():
        assert walk_everything(MessageReader(segments), NESTING_LIMIT) > 4
    assert set(doubles) == {False, True}


def test_the_segments_of_a_message_are_copied_as_they_are() -> None:
    segments = [bytes(range(16)), b"", b"12345678odd"]
    reader = MessageReader(segments, traversal_limit_words=0)
    assert reader.segments() == [bytes(range(16)), b"", b"12345678"]


def test_the_segments_of_memory_that_moves_are_copied_as_they_are() -> None:
    with MessageBuilder(HeapAllocator(segment_words=2, growth=False)) as message:
        message.init_root(1, 0).set_uint64(0, 7)
        message.init_root(1, 1)
        memory = message._arena.allocator
        reader = MessageReader.over(memory, list(range(len(message.segments()))))
        copied = reader.segments()
        for whole, used in zip(copied, message.segments(), strict=True):
            assert whole.startswith(used)
