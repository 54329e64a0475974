"""What the reader is tested with: a schema as reflection tells it, values, words made by hand."""

from __future__ import annotations

import functools
import struct
from pathlib import Path
from typing import Any

import capnp
import pytest
from hypothesis import strategies as st

from capnsafe import wire
from capnsafe._read import reading
from capnsafe._read.objects import PointerListReader, StructReader
from capnsafe._read.reader import MessageReader
from capnsafe.wire import ELEMENTS, Element

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

_NAMED = {each.name: each for each in ELEMENTS}

Value = Any


@functools.cache
def fields(type_id: int) -> tuple[tuple[str, Any, int, Value], ...]:
    """Return the fields of a struct type: name, type, offset, default (None for pointers)."""
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
    return Element.UINT16 if which == "enum" else _NAMED[which.upper()]


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
            read[name] = getter(offset, default=default)
    return read


def with_defaults(value: dict[str, Value], type_id: int) -> dict[str, Value]:
    """Return the contents that a reader must find after pycapnp built ``value``."""
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
    """Return the value with floats as their bits, so that nan equals itself and -0.0 not 0.0."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


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
    """Return the segments that pycapnp builds from ``value``.

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
    """Return a list that records of each far pointer that is followed whether it is double."""
    doubles: list[bool] = []

    def noted(pointer: int) -> bool:
        doubles.append(wire.far_is_double(pointer))
        return doubles[-1]

    monkeypatch.setattr(reading, "far_is_double", noted)
    return doubles


ROOT = wire.with_offset(wire.struct_shape(0, 1), 0)
"""A root pointer to a struct with one pointer, in the word after it."""


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
    """Return a root struct whose one pointer is the first of ``words``."""
    return root_of([segment_of(ROOT, *words)], **limits)
