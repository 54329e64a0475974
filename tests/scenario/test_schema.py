"""The table in schema.py says what the Cap'n Proto compiler says of everything.capnp."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files
from struct import pack, unpack
from typing import Any

import capnp
import pytest
from capnsafe_fuzz.scenario import TYPES, Field, Kind, StructType
from capnsafe_fuzz.scenario.schema import FLOATS, LISTS, STRUCTS


@pytest.fixture(scope="module")
def everything() -> Any:
    capnp.remove_import_hook()
    with as_file(files("capnsafe_fuzz.scenario") / "everything.capnp") as path:
        return capnp.load(str(path))


def reflected(schema: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Name, slot and schema of every field; groups opened, the union left out."""
    for field in schema.node.struct.fields:
        if field.which() == "slot":
            yield prefix + field.name, field.slot, schema
        elif field.name != "choice":
            yield from reflected(schema.fields[field.name].schema, f"{prefix}{field.name}.")


def short_name(schema: Any) -> str:
    return str(schema.node.displayName).rpartition(":")[2]


def type_name(type_node: Any, schema_of: dict[int, str]) -> str:
    """A type of the reflection as schema.py names it."""
    which = type_node.which()
    if which == "list":
        return f"List({type_name(type_node.list.elementType, schema_of)})"
    if which == "struct":
        return schema_of[type_node.struct.typeId]
    name: str = {"uint8": "UInt8", "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64"}.get(
        which, which.capitalize()
    )
    return name


def default_of(slot: Any, kind: Kind) -> Any:
    if kind in FLOATS:
        value = getattr(slot.defaultValue, kind.value.lower())
        return (
            unpack("<Q", pack("<d", value))[0]
            if kind is Kind.FLOAT64
            else unpack("<I", pack("<f", value))[0]
        )
    if kind in (Kind.VOID, Kind.TEXT, Kind.DATA, Kind.STRUCT, Kind.LIST):
        return None
    return getattr(slot.defaultValue, kind.value.lower())


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.name)
def test_table_is_what_the_compiler_says(everything: Any, struct: StructType) -> None:
    schema = getattr(everything, struct.name).schema
    ids = {getattr(everything, one.name).schema.node.id: one.name for one in STRUCTS}
    assert (struct.data_words, struct.pointer_count) == (
        schema.node.struct.dataWordCount,
        schema.node.struct.pointerCount,
    )
    expected = []
    for name, slot, _ in reflected(schema):
        full = type_name(slot.type, ids)
        if slot.type.which() == "list":
            kind, target = Kind.LIST, full
        elif slot.type.which() == "struct":
            kind, target = Kind.STRUCT, full
        else:
            kind, target = Kind(full), None
        expected.append(Field(name, kind, slot.offset, default_of(slot, kind), target))
    assert list(struct.fields) == expected
    # True == 1, but a scenario tells them apart.
    assert [type(field.default) for field in struct.fields] == [
        type(field.default) for field in expected
    ]


def test_only_the_union_has_no_entry(everything: Any) -> None:
    """Whoever adds a field to the file has to decide what the table says of it."""
    named = {field.name for field in TYPES["Everything"].fields}  # type: ignore[union-attr]
    groups = {name.partition(".")[0] for name in named}
    assert set(everything.Everything.schema.fields) - groups == {"choice"}


def test_every_list_type_is_reached_by_a_field() -> None:
    """A type no field leads to would be a type that no program can test."""
    reached = {field.target for struct in STRUCTS for field in struct.fields}
    reached |= {held.target for held in LISTS if held.name in reached}
    assert {held.name for held in LISTS} <= reached


def test_every_kind_is_a_field_and_an_element() -> None:
    assert {field.kind for struct in STRUCTS for field in struct.fields} == set(Kind)
    assert {held.element for held in LISTS} == set(Kind)


def test_weightless_lists() -> None:
    assert {held.name for held in LISTS if held.weightless} == {"List(Void)", "List(Empty)"}
