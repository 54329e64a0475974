"""everything.capnp as Python values: what a program can name, and where it lies on the wire.

The numbers are those that the capnp compiler gives; a test compares this table with pycapnp's
reflection of the file, so that neither can drift. It is written down, not loaded, because the
harness has to run where no Cap'n Proto implementation is installed.

Offsets are as in the encoding specification: a scalar's in units of its own size, a pointer's as an
index into the pointer section. Fields of a group belong to the struct around it and have dotted
names. The fields of the union `choice` are left out until there are operations on unions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What a field or a list element is; the value is the name in schema language."""

    VOID = "Void"
    BOOL = "Bool"
    INT8 = "Int8"
    INT16 = "Int16"
    INT32 = "Int32"
    INT64 = "Int64"
    UINT8 = "UInt8"
    UINT16 = "UInt16"
    UINT32 = "UInt32"
    UINT64 = "UInt64"
    FLOAT32 = "Float32"
    FLOAT64 = "Float64"
    ENUM = "Enum"
    TEXT = "Text"
    DATA = "Data"
    STRUCT = "Struct"
    LIST = "List"


SCALAR_BITS: Final[Mapping[Kind, int]] = {
    Kind.VOID: 0,
    Kind.BOOL: 1,
    Kind.INT8: 8,
    Kind.INT16: 16,
    Kind.INT32: 32,
    Kind.INT64: 64,
    Kind.UINT8: 8,
    Kind.UINT16: 16,
    Kind.UINT32: 32,
    Kind.UINT64: 64,
    Kind.FLOAT32: 32,
    Kind.FLOAT64: 64,
    Kind.ENUM: 16,
}
"""Width in bits of every kind that lives in a data section."""

POINTERS: Final = frozenset((Kind.TEXT, Kind.DATA, Kind.STRUCT, Kind.LIST))
FLOATS: Final = frozenset((Kind.FLOAT32, Kind.FLOAT64))
SIGNED: Final = frozenset((Kind.INT8, Kind.INT16, Kind.INT32, Kind.INT64))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a struct; `default` is a scalar's, floats as their IEEE bits."""

    name: str
    kind: Kind
    offset: int
    default: int | bool | None = None
    target: str | None = None
    """Of a struct or list: the name in `TYPES` of what the pointer leads to."""

    @property
    def type(self) -> Type:
        """What a handle to this field's value is; only structs and lists have handles."""
        assert self.target is not None, f"{self.name} is a {self.kind.value}: it has no handle"
        return TYPES[self.target]


@dataclass(frozen=True, slots=True, eq=False)
class StructType:
    """A struct: the sizes of its two sections in words, and its fields in order of ordinals."""

    name: str
    data_words: int
    pointer_count: int
    fields: tuple[Field, ...]
    by_name: Mapping[str, Field]

    @property
    def words(self) -> int:
        """Words that one such struct takes."""
        return self.data_words + self.pointer_count


@dataclass(frozen=True, slots=True, eq=False)
class ListType:
    """A list: the kind of its elements, and for structs and lists among them, their type."""

    name: str
    element: Kind
    target: str | None = None

    @property
    def type(self) -> Type:
        """What a handle to an element is; only structs and lists have handles."""
        assert self.target is not None, f"elements of {self.name} have no handle"
        return TYPES[self.target]

    @property
    def weightless(self) -> bool:
        """Whether elements take no words: a list of millions is then as cheap as an empty one."""
        return self.element is Kind.VOID or self.target == "Empty"


Type = StructType | ListType


def _struct(name: str, data_words: int, pointer_count: int, *fields: Field) -> StructType:
    by_name = {field.name: field for field in fields}
    return StructType(name, data_words, pointer_count, fields, by_name)


EMPTY: Final = _struct("Empty", 0, 0)

SMALL: Final = _struct(
    "Small",
    1,
    1,
    Field("number", Kind.UINT32, 0, 0),
    Field("flag", Kind.BOOL, 32, False),
    Field("label", Kind.TEXT, 0),
)

EVERYTHING: Final = _struct(
    "Everything",
    9,
    26,
    Field("unit", Kind.VOID, 0),
    Field("flag", Kind.BOOL, 0, False),
    Field("flagDefault", Kind.BOOL, 1, True),
    Field("i8", Kind.INT8, 1, 0),
    Field("i16", Kind.INT16, 1, 0),
    Field("i32", Kind.INT32, 1, 0),
    Field("i64", Kind.INT64, 1, 0),
    Field("u8", Kind.UINT8, 16, 0),
    Field("u16", Kind.UINT16, 9, 0),
    Field("u32", Kind.UINT32, 5, 0),
    Field("u64", Kind.UINT64, 3, 0),
    Field("f32", Kind.FLOAT32, 8, 0),
    Field("f64", Kind.FLOAT64, 5, 0),
    Field("colour", Kind.ENUM, 18, 0),
    Field("u16Default", Kind.UINT16, 19, 4660),
    Field("i32Default", Kind.INT32, 12, -7),
    Field("f64Default", Kind.FLOAT64, 7, 0x3FF8_0000_0000_0000),
    Field("colourDefault", Kind.ENUM, 26, 2),
    Field("text", Kind.TEXT, 0),
    Field("data", Kind.DATA, 1),
    Field("child", Kind.STRUCT, 2, target="Everything"),
    Field("small", Kind.STRUCT, 3, target="Small"),
    Field("empty", Kind.STRUCT, 4, target="Empty"),
    Field("group.scalar", Kind.UINT32, 16, 0),
    Field("group.text", Kind.TEXT, 5),
    Field("units", Kind.LIST, 6, target="List(Void)"),
    Field("flags", Kind.LIST, 7, target="List(Bool)"),
    Field("i8s", Kind.LIST, 8, target="List(Int8)"),
    Field("i16s", Kind.LIST, 9, target="List(Int16)"),
    Field("i32s", Kind.LIST, 10, target="List(Int32)"),
    Field("i64s", Kind.LIST, 11, target="List(Int64)"),
    Field("u8s", Kind.LIST, 12, target="List(UInt8)"),
    Field("u16s", Kind.LIST, 13, target="List(UInt16)"),
    Field("u32s", Kind.LIST, 14, target="List(UInt32)"),
    Field("u64s", Kind.LIST, 15, target="List(UInt64)"),
    Field("f32s", Kind.LIST, 16, target="List(Float32)"),
    Field("f64s", Kind.LIST, 17, target="List(Float64)"),
    Field("colours", Kind.LIST, 18, target="List(Enum)"),
    Field("texts", Kind.LIST, 19, target="List(Text)"),
    Field("datas", Kind.LIST, 20, target="List(Data)"),
    Field("children", Kind.LIST, 21, target="List(Everything)"),
    Field("smalls", Kind.LIST, 22, target="List(Small)"),
    Field("empties", Kind.LIST, 23, target="List(Empty)"),
    Field("matrix", Kind.LIST, 24, target="List(List(UInt16))"),
)

STRUCTS: Final = (EVERYTHING, SMALL, EMPTY)

LISTS: Final = (
    *(ListType(f"List({kind.value})", kind) for kind in (*SCALAR_BITS, Kind.TEXT, Kind.DATA)),
    *(ListType(f"List({struct.name})", Kind.STRUCT, struct.name) for struct in STRUCTS),
    ListType("List(List(UInt16))", Kind.LIST, "List(UInt16)"),
)

TYPES: Final[Mapping[str, Type]] = {
    **{struct.name: struct for struct in STRUCTS},
    **{held.name: held for held in LISTS},
}
"""Everything that a handle can be, by name."""
