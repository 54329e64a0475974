"""Names and values of capnsafe's API, by the kinds of fields and elements."""

from __future__ import annotations

import struct
from typing import Final

from ..scenario.program import quiet
from ..scenario.schema import POINTERS, SCALAR_BITS, Field, FieldKind, StructType

#: The suffix of getters and setters, and the name in ``Element``, by kind.
ACCESSORS: Final = {
    FieldKind.VOID: "void",
    FieldKind.BOOL: "bool",
    FieldKind.INT8: "int8",
    FieldKind.INT16: "int16",
    FieldKind.INT32: "int32",
    FieldKind.INT64: "int64",
    FieldKind.UINT8: "uint8",
    FieldKind.UINT16: "uint16",
    FieldKind.UINT32: "uint32",
    FieldKind.UINT64: "uint64",
    FieldKind.FLOAT32: "float32",
    FieldKind.FLOAT64: "float64",
    FieldKind.ENUM: "uint16",
    FieldKind.UNION: "uint16",
    FieldKind.TEXT: "text",
    FieldKind.DATA: "data",
    FieldKind.CAPABILITY: "capability",
}

POINTER_ELEMENTS: Final = POINTERS - {FieldKind.STRUCT}
"""Elements that are pointers; structs lie in their list."""


def union_slots(held: StructType, union: Field) -> tuple[list[tuple[FieldKind, int]], list[int]]:
    """Return the slots that the members of a union share: (kind, offset) of data, pointers."""
    members = [field for field in held.fields if field.union == union.name]
    data = [(field.kind, field.offset) for field in members if SCALAR_BITS.get(field.kind, 0)]
    pointers = sorted({field.offset for field in members if field.kind in POINTERS})
    return data, pointers


_FLOAT_FORMS: Final = {
    FieldKind.FLOAT32: (struct.Struct("<I"), struct.Struct("<f")),
    FieldKind.FLOAT64: (struct.Struct("<Q"), struct.Struct("<d")),
}


def float_of(kind: FieldKind, bits: int) -> float:
    """Return the Python float with these IEEE bits."""
    whole, real = _FLOAT_FORMS[kind]
    value: float = real.unpack(whole.pack(bits))[0]
    return value


def bits_of(kind: FieldKind, value: float) -> int:
    """Return the IEEE bits of a Python float, with a NaN made quiet."""
    whole, real = _FLOAT_FORMS[kind]
    bits: int = whole.unpack(real.pack(value))[0]
    return quiet(kind, bits)
