"""The reader reads what the reference implementation writes, and survives what nobody should.

Names in parentheses in the docstrings of hostile tests are the public advisories or issues in which
other implementations met the same bytes.
"""

from __future__ import annotations

import array
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
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from capnsafe import reader as reader_module
from capnsafe import wire
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
from capnsafe.reader import (
    NESTING_LIMIT,
    ListReader,
    MessageReader,
    PointerListReader,
    StructListReader,
    StructReader,
)
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


def read_counting_fars(
    segments: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> tuple[Value, list[bool]]:
    """Answer what the message says, and for each far pointer followed whether it was double."""
    doubles: list[bool] = []

    def noted(pointer: int) -> bool:
        doubles.append(wire.far_is_double(pointer))
        return doubles[-1]

    monkeypatch.setattr(reader_module, "far_is_double", noted)
    return value_of(root_of(segments), EVERYTHING.id), doubles


# -- what the reference implementation writes -----------------------------------------------------


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(everything, st.integers(1, 200))
def test_reads_what_pycapnp_writes(value: dict[str, Value], segment_words: int) -> None:
    segments = written(value, segment_words)
    event("one segment" if len(segments) == 1 else "many segments")
    read = value_of(root_of(segments), EVERYTHING.id)
    assert plain(read) == plain(with_defaults(value, EVERYTHING.id))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
        read, doubles = read_counting_fars(segments, monkeypatch)
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
        read, doubles = read_counting_fars(segments, monkeypatch)
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
