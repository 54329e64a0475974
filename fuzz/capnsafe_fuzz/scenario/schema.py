"""everything.capnp as Python values: the names for programs, and their places on the wire.

The numbers are those of the capnp compiler; a test compares this table with pycapnp's reflection of
the file. The table is not loaded from the file, because the harness must run without another Cap'n
Proto implementation.

Offsets are as in the encoding specification: a scalar's in units of its own size, a pointer's as an
index into the pointer section. Fields of a group belong to the struct around it and have dotted
names; so do the members of a union, beside an entry for the union itself.

If a pointer may have several types, the table lists them: `choices`. There are few, so that the
expected result of opening such a pointer is always known (see `versions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FieldKind(StrEnum):
    """The kinds of fields and list elements; the value is the name in the schema language."""

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
    CAPABILITY = "Capability"
    """A number, which refers to a table that is not part of the message."""
    ANY = "AnyPointer"
    EVOLVING = "Evolving"
    """A struct or list of structs that may have been written at an older version of its schema."""
    UNION = "Union"
    """The discriminant: the number of the member that is selected."""


SCALAR_BITS: Final[Mapping[FieldKind, int]] = {
    FieldKind.VOID: 0,
    FieldKind.BOOL: 1,
    FieldKind.INT8: 8,
    FieldKind.INT16: 16,
    FieldKind.INT32: 32,
    FieldKind.INT64: 64,
    FieldKind.UINT8: 8,
    FieldKind.UINT16: 16,
    FieldKind.UINT32: 32,
    FieldKind.UINT64: 64,
    FieldKind.FLOAT32: 32,
    FieldKind.FLOAT64: 64,
    FieldKind.ENUM: 16,
    FieldKind.UNION: 16,
}
"""Width in bits of every kind in a data section."""

POINTERS: Final = frozenset(
    (
        FieldKind.TEXT,
        FieldKind.DATA,
        FieldKind.STRUCT,
        FieldKind.LIST,
        FieldKind.CAPABILITY,
        FieldKind.ANY,
        FieldKind.EVOLVING,
    )
)
DYNAMIC: Final = frozenset((FieldKind.ANY, FieldKind.EVOLVING))
"""Kinds of pointers whose type is not in the schema: a program chooses it at each use."""
FLOATS: Final = frozenset((FieldKind.FLOAT32, FieldKind.FLOAT64))
SIGNED: Final = frozenset((FieldKind.INT8, FieldKind.INT16, FieldKind.INT32, FieldKind.INT64))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a struct. A float's default is its IEEE bits.

    A scalar always has a default, a Text or Data may have one, other fields have none.
    """

    name: str
    kind: FieldKind
    offset: int
    default: int | bool | str | bytes | None = None
    target: str | None = None
    """For a struct, a list or an evolving type: the name in `TYPES` of the pointer's target."""
    choices: tuple[str, ...] = ()
    """For ANY and EVOLVING: the names in `TYPES` that a program may open it as."""
    members: tuple[str, ...] = ()
    """For a union: its members, in order of the discriminant."""
    union: str | None = None
    """For a union's member, or a part of one: the union."""
    member: int = 0
    """For a union's member, or a part of one: the discriminant that selects it."""

    @property
    def type(self) -> Type:
        """Return the type of a handle to this field's value; only structs and lists have one."""
        assert self.target is not None, f"{self.name} is a {self.kind.value}: it has no handle"
        return TYPES[self.target]

    @property
    def content(self) -> str:
        """Return the name of the content: an orphan from here has the type ``Orphan(content)``."""
        return content_name(self.kind, self.target)


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
        """Return the words of one such struct."""
        return self.data_words + self.pointer_count


@dataclass(frozen=True, slots=True, eq=False)
class ListType:
    """A list: the kind of its elements, and for structs and lists among them, their type."""

    name: str
    element: FieldKind
    target: str | None = None
    choices: tuple[str, ...] = ()
    """For a list of ANY: the names in `TYPES` that a program may open an element as."""

    @property
    def content(self) -> str:
        """Return the name of the content: an orphan from here has the type ``Orphan(content)``."""
        return content_name(self.element, self.target)

    @property
    def type(self) -> Type:
        """Return the type of a handle to an element; only structs and lists have handles."""
        assert self.target is not None, f"elements of {self.name} have no handle"
        return TYPES[self.target]

    @property
    def zero_sized(self) -> bool:
        """Return whether elements are zero-sized, so that a list of millions is cheap."""
        return self.element is FieldKind.VOID or self.target == "Empty"


@dataclass(frozen=True, slots=True, eq=False)
class OrphanType:
    """An object without a pointer to it, described by its former place."""

    name: str
    content: str
    target: str | None = None
    """For a struct or list: the name in `TYPES`."""
    choices: tuple[str, ...] = ()
    """For an object from an ANY or EVOLVING pointer: the names that it may be opened as."""


Type = StructType | ListType | OrphanType


def content_name(kind: FieldKind, target: str | None) -> str:
    """Return the name of the content of a pointer: that of a type, or of the kind."""
    if kind is FieldKind.EVOLVING:
        return f"Evolving({target})"
    return kind.value if target is None else target


def accepts(kind: FieldKind, target: str | None, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the contents that such a pointer can copy or adopt."""
    own = content_name(kind, target)
    if kind is FieldKind.ANY:
        return (*choices, *(name for name in _NAMED if name not in choices), *_LOOSE, own)
    return (*choices, own)


def _struct(name: str, data_words: int, pointer_count: int, *fields: Field) -> StructType:
    by_name = {field.name: field for field in fields}
    return StructType(name, data_words, pointer_count, fields, by_name)


EMPTY: Final = _struct("Empty", 0, 0)

SMALL: Final = _struct(
    "Small",
    1,
    1,
    Field("number", FieldKind.UINT32, 0, 0),
    Field("flag", FieldKind.BOOL, 32, False),
    Field("label", FieldKind.TEXT, 0),
)

EVERYTHING: Final = _struct(
    "Everything",
    9,
    26,
    Field("unit", FieldKind.VOID, 0),
    Field("flag", FieldKind.BOOL, 0, False),
    Field("flagDefault", FieldKind.BOOL, 1, True),
    Field("i8", FieldKind.INT8, 1, 0),
    Field("i16", FieldKind.INT16, 1, 0),
    Field("i32", FieldKind.INT32, 1, 0),
    Field("i64", FieldKind.INT64, 1, 0),
    Field("u8", FieldKind.UINT8, 16, 0),
    Field("u16", FieldKind.UINT16, 9, 0),
    Field("u32", FieldKind.UINT32, 5, 0),
    Field("u64", FieldKind.UINT64, 3, 0),
    Field("f32", FieldKind.FLOAT32, 8, 0),
    Field("f64", FieldKind.FLOAT64, 5, 0),
    Field("colour", FieldKind.ENUM, 18, 0),
    Field("u16Default", FieldKind.UINT16, 19, 4660),
    Field("i32Default", FieldKind.INT32, 12, -7),
    Field("f64Default", FieldKind.FLOAT64, 7, 0x3FF8_0000_0000_0000),
    Field("colourDefault", FieldKind.ENUM, 26, 2),
    Field("text", FieldKind.TEXT, 0),
    Field("data", FieldKind.DATA, 1),
    Field("child", FieldKind.STRUCT, 2, target="Everything"),
    Field("small", FieldKind.STRUCT, 3, target="Small"),
    Field("empty", FieldKind.STRUCT, 4, target="Empty"),
    Field("group.scalar", FieldKind.UINT32, 16, 0),
    Field("group.text", FieldKind.TEXT, 5),
    Field("units", FieldKind.LIST, 6, target="List(Void)"),
    Field("flags", FieldKind.LIST, 7, target="List(Bool)"),
    Field("i8s", FieldKind.LIST, 8, target="List(Int8)"),
    Field("i16s", FieldKind.LIST, 9, target="List(Int16)"),
    Field("i32s", FieldKind.LIST, 10, target="List(Int32)"),
    Field("i64s", FieldKind.LIST, 11, target="List(Int64)"),
    Field("u8s", FieldKind.LIST, 12, target="List(UInt8)"),
    Field("u16s", FieldKind.LIST, 13, target="List(UInt16)"),
    Field("u32s", FieldKind.LIST, 14, target="List(UInt32)"),
    Field("u64s", FieldKind.LIST, 15, target="List(UInt64)"),
    Field("f32s", FieldKind.LIST, 16, target="List(Float32)"),
    Field("f64s", FieldKind.LIST, 17, target="List(Float64)"),
    Field("colours", FieldKind.LIST, 18, target="List(Enum)"),
    Field("texts", FieldKind.LIST, 19, target="List(Text)"),
    Field("datas", FieldKind.LIST, 20, target="List(Data)"),
    Field("children", FieldKind.LIST, 21, target="List(Everything)"),
    Field("smalls", FieldKind.LIST, 22, target="List(Small)"),
    Field("empties", FieldKind.LIST, 23, target="List(Empty)"),
    Field("matrix", FieldKind.LIST, 24, target="List(List(UInt16))"),
    Field(
        "choice",
        FieldKind.UNION,
        27,
        0,
        members=("nothing", "number", "words", "numbers", "mixed"),
    ),
    Field("choice.nothing", FieldKind.VOID, 0, union="choice", member=0),
    Field("choice.number", FieldKind.UINT32, 17, 0, union="choice", member=1),
    Field("choice.words", FieldKind.TEXT, 25, union="choice", member=2),
    Field("choice.numbers.low", FieldKind.INT16, 34, 0, union="choice", member=3),
    Field("choice.numbers.high", FieldKind.INT16, 35, 0, union="choice", member=3),
    Field("choice.mixed", FieldKind.STRUCT, 25, target="Mixed", union="choice", member=4),
)

OLDER: Final = _struct(
    "Older",
    1,
    1,
    Field("number", FieldKind.UINT32, 0, 0),
    Field("label", FieldKind.TEXT, 0),
)

NEWER: Final = _struct(
    "Newer",
    2,
    2,
    Field("number", FieldKind.UINT32, 0, 0),
    Field("label", FieldKind.TEXT, 0),
    Field("total", FieldKind.UINT64, 1, 0),
    Field("note", FieldKind.TEXT, 1),
)

WIDE: Final = _struct(
    "Wide",
    256,
    257,
    Field("number", FieldKind.UINT32, 0, 0),
    Field("label", FieldKind.TEXT, 0),
    Field("total", FieldKind.UINT64, 1, 0),
    Field("note", FieldKind.TEXT, 1),
    Field("last", FieldKind.UINT64, 255, 0),
    Field("tail", FieldKind.TEXT, 256),
)
"""A much later version of the same struct. No program uses its further fields.

It is only the target of an AnyPointer, so everything.capnp does not have it.
"""

_OLDER_LISTS: Final = ("List(Older)", "List(Newer)", "List(UInt32)", "List(Text)")
ANY_CHOICES: Final = (
    "Older",
    "Newer",
    *_OLDER_LISTS,
    "List(Bool)",
    "List(UInt16)",
    "Wide",
    "List(AnyPointer)",
)
"""The types that an AnyPointer may be opened as.

The two structs are versions of one struct. No list has numbers of 64 bits, which would not fit in
the first field of the struct that an element becomes. So opening one type as another is refused,
changes nothing, or upgrades the object.
"""

MIXED: Final = _struct(
    "Mixed",
    1,
    10,
    Field("any", FieldKind.ANY, 0, choices=ANY_CHOICES),
    Field("other", FieldKind.ANY, 1, choices=ANY_CHOICES),
    Field("service", FieldKind.CAPABILITY, 2),
    Field("services", FieldKind.LIST, 3, target="List(Capability)"),
    Field("evolving", FieldKind.EVOLVING, 4, target="Newer", choices=("Older", "Newer")),
    Field("evolvings", FieldKind.EVOLVING, 5, target="List(Newer)", choices=_OLDER_LISTS),
    Field("title", FieldKind.TEXT, 6, "untitled"),
    Field("blob", FieldKind.DATA, 7, b"\1\2"),
    Field("either", FieldKind.UNION, 0, 0, members=("blank", "flag", "words", "pair")),
    Field("either.blank", FieldKind.VOID, 0, union="either", member=0),
    Field("either.flag", FieldKind.BOOL, 16, False, union="either", member=1),
    Field("either.words", FieldKind.TEXT, 8, union="either", member=2),
    Field("either.pair.first", FieldKind.TEXT, 8, union="either", member=3),
    Field("either.pair.second", FieldKind.DATA, 9, union="either", member=3),
)

STRUCTS: Final = (EVERYTHING, SMALL, EMPTY, OLDER, NEWER, MIXED, WIDE)
VERSIONS: Final = (OLDER, NEWER, WIDE)
"""Versions of one struct, the older first; each has the fields of the earlier ones."""

LISTS: Final = (
    *(
        ListType(f"List({kind.value})", kind)
        for kind in (*SCALAR_BITS, FieldKind.TEXT, FieldKind.DATA, FieldKind.CAPABILITY)
        if kind is not FieldKind.UNION
    ),
    *(
        ListType(f"List({struct.name})", FieldKind.STRUCT, struct.name)
        for struct in STRUCTS
        if struct is not MIXED and struct is not WIDE
    ),
    ListType("List(List(UInt16))", FieldKind.LIST, "List(UInt16)"),
    ListType("List(AnyPointer)", FieldKind.ANY, choices=ANY_CHOICES),
)

_NAMED: Final = (
    *(struct.name for struct in STRUCTS),
    *(held.name for held in LISTS),
)
_EVOLVING: Final = tuple(field for field in MIXED.fields if field.kind is FieldKind.EVOLVING)
_LOOSE: Final = (
    FieldKind.TEXT.value,
    FieldKind.DATA.value,
    FieldKind.CAPABILITY.value,
    *(field.content for field in _EVOLVING),
)
"""The values of an AnyPointer besides the structs and lists that a program can name."""


def _orphans() -> tuple[OrphanType, ...]:
    named: tuple[StructType | ListType, ...] = (*STRUCTS, *LISTS)
    return (
        *(OrphanType(f"Orphan({held.name})", held.name, held.name) for held in named),
        *(
            OrphanType(f"Orphan({kind.value})", kind.value)
            for kind in (FieldKind.TEXT, FieldKind.DATA, FieldKind.CAPABILITY)
        ),
        *(
            OrphanType(f"Orphan({field.content})", field.content, choices=field.choices)
            for field in _EVOLVING
        ),
        OrphanType(f"Orphan({FieldKind.ANY.value})", FieldKind.ANY.value, choices=ANY_CHOICES),
    )


ORPHANS: Final = _orphans()

TYPES: Final[Mapping[str, Type]] = {
    **{struct.name: struct for struct in STRUCTS},
    **{held.name: held for held in LISTS},
    **{orphan.name: orphan for orphan in ORPHANS},
}
"""Every type of a handle, by name."""
