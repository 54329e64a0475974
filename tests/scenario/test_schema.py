"""The table in schema.py agrees with the Cap'n Proto compiler about everything.capnp."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from itertools import pairwise
from struct import pack, unpack
from typing import Any

import capnp
import pytest
from capnsafe_fuzz.scenario import TYPES, Field, FieldKind, ListType, StructType
from capnsafe_fuzz.scenario.schema import (
    FLOATS,
    LISTS,
    ORPHANS,
    POINTERS,
    SCALAR_BITS,
    STRUCTS,
    VERSIONS,
    WIDE,
)

DECLARED = tuple(struct for struct in STRUCTS if struct is not WIDE)
"""The structs of the file; the other one is only a target of AnyPointers."""


@pytest.fixture(scope="module")
def everything() -> Any:
    capnp.remove_import_hook()
    with as_file(files("capnsafe_fuzz.scenario") / "everything.capnp") as path:
        return capnp.load(str(path))


NO_MEMBER = 65535
"""The discriminant that the compiler gives a field that is in no union."""


def reflected(schema: Any, prefix: str = "", within: Any = None) -> Iterator[tuple[str, Any, Any]]:
    """Name and slot of every field, and (union, discriminant) of a member; groups opened.

    A union has no slot: there is its schema instead.
    """
    for field in schema.node.struct.fields:
        member = within
        if field.discriminantValue != NO_MEMBER:
            member = (prefix.rstrip("."), field.discriminantValue)
        if field.which() == "slot":
            yield prefix + field.name, field.slot, member
        else:
            below = schema.fields[field.name].schema
            if below.node.struct.discriminantCount:
                yield prefix + field.name, below, member
            yield from reflected(below, f"{prefix}{field.name}.", member)


def short_name(schema: Any) -> str:
    return str(schema.node.displayName).rpartition(":")[2]


def type_name(type_node: Any, schema_of: dict[int, str]) -> str:
    """A type of the reflection as schema.py names it."""
    which = type_node.which()
    if which == "list":
        return f"List({type_name(type_node.list.elementType, schema_of)})"
    if which == "struct":
        return schema_of[type_node.struct.typeId]
    if which in ("interface", "anyPointer"):
        return {"interface": "Capability", "anyPointer": "AnyPointer"}[which]
    name: str = {"uint8": "UInt8", "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64"}.get(
        which, which.capitalize()
    )
    return name


def default_of(slot: Any, kind: FieldKind) -> Any:
    if kind in FLOATS:
        value = getattr(slot.defaultValue, kind.value.lower())
        return (
            unpack("<Q", pack("<d", value))[0]
            if kind is FieldKind.FLOAT64
            else unpack("<I", pack("<f", value))[0]
        )
    if kind in (FieldKind.TEXT, FieldKind.DATA):
        # Without a default, the compiler reports an empty value.
        return getattr(slot.defaultValue, kind.value.lower()) or None
    if kind is FieldKind.VOID or kind in POINTERS:
        return None
    return getattr(slot.defaultValue, kind.value.lower())


@pytest.mark.parametrize("struct", DECLARED, ids=lambda struct: struct.name)
def test_table_is_what_the_compiler_says(everything: Any, struct: StructType) -> None:
    schema = getattr(everything, struct.name).schema
    ids = {getattr(everything, one.name).schema.node.id: one.name for one in DECLARED}
    assert (struct.data_words, struct.pointer_count) == (
        schema.node.struct.dataWordCount,
        schema.node.struct.pointerCount,
    )
    expected = []
    for name, slot, member in reflected(schema):
        union, number = member or (None, 0)
        if not hasattr(slot, "type"):
            offset, count = slot.node.struct.discriminantOffset, slot.node.struct.discriminantCount
            members = tuple(
                next(one.name for one in slot.node.struct.fields if one.discriminantValue == at)
                for at in range(count)
            )
            expected.append(Field(name, FieldKind.UNION, offset, 0, members=members))
            continue
        full = type_name(slot.type, ids)
        if slot.type.which() == "list":
            kind, target = FieldKind.LIST, full
        elif slot.type.which() == "struct":
            kind, target = FieldKind.STRUCT, full
        else:
            kind, target = FieldKind(full), None
        default = default_of(slot, kind)
        expected.append(Field(name, kind, slot.offset, default, target, union=union, member=number))
    # What a pointer may be taken for, and that it evolves, is the table's own.
    assert [plain(field) for field in struct.fields] == expected
    # True == 1, but a scenario tells them apart.
    assert [type(field.default) for field in struct.fields] == [
        type(field.default) for field in expected
    ]


def plain(field: Field) -> Field:
    """What the compiler knows of a field."""
    kind = field.kind
    if kind is FieldKind.EVOLVING:
        kind = FieldKind.LIST if str(field.target).startswith("List") else FieldKind.STRUCT
    return replace(field, kind=kind, choices=())


def test_every_field_has_an_entry(everything: Any) -> None:
    """A new field of the file needs a decision about its row in the table."""
    for struct in DECLARED:
        groups = {field.name.partition(".")[0] for field in struct.fields}
        assert set(getattr(everything, struct.name).schema.fields) == groups


def test_versions_add_fields_and_change_none() -> None:
    for older, newer in pairwise(VERSIONS):
        assert newer.fields[: len(older.fields)] == older.fields
        assert newer.words > older.words


def test_what_a_pointer_may_be_taken_for_says_the_same() -> None:
    """Versions of one struct, and lists of what fits their first fields: nothing ambiguous."""
    for struct in STRUCTS:
        for field in struct.fields:
            for choice in field.choices:
                held = TYPES[choice]
                if isinstance(held, ListType) and held.element is FieldKind.STRUCT:
                    held = held.type
                if isinstance(held, StructType):
                    assert held in VERSIONS
                else:
                    assert isinstance(held, ListType)
                    bits = SCALAR_BITS.get(held.element, 0)
                    assert bits <= SCALAR_BITS[VERSIONS[0].fields[0].kind]


def test_every_list_type_is_reached_by_a_field() -> None:
    """A type no field leads to would be a type that no program can test."""
    reached = {field.target for struct in STRUCTS for field in struct.fields}
    reached |= {choice for struct in STRUCTS for field in struct.fields for choice in field.choices}
    reached |= {held.target for held in LISTS if held.name in reached}
    assert {held.name for held in LISTS} <= reached


def test_every_kind_is_a_field_and_an_element() -> None:
    assert {field.kind for struct in STRUCTS for field in struct.fields} == set(FieldKind)
    assert {held.element for held in LISTS} == set(FieldKind) - {
        FieldKind.UNION,
        FieldKind.EVOLVING,
    }


def test_every_pointer_has_its_orphan() -> None:
    contents = {
        field.content for struct in STRUCTS for field in struct.fields if field.kind in POINTERS
    }
    contents |= {held.content for held in LISTS if held.element in POINTERS - {FieldKind.STRUCT}}
    assert contents <= {orphan.content for orphan in ORPHANS}


def test_zero_sized_lists() -> None:
    assert {held.name for held in LISTS if held.zero_sized} == {"List(Void)", "List(Empty)"}
