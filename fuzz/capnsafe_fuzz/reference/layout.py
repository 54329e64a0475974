"""The schema, compiled for the strict examiner.

Reading a struct field by field would dominate the harness's time. So a layout holds one
``struct.Struct`` that unpacks every scalar of a data section at once, and one mask of the bits that
belong to no field.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Any, Final

from ..scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    POINTERS,
    SCALAR_BITS,
    SIGNED,
    TYPES,
    Field,
    FieldKind,
    ListType,
    StructType,
)

_BYTE_BITS: Final = 8
_WORD_BITS: Final = 64

#: ``struct`` letters by kind; floats are read as their IEEE bits.
_LETTERS: Final = {
    FieldKind.INT8: "b",
    FieldKind.INT16: "h",
    FieldKind.INT32: "i",
    FieldKind.INT64: "q",
    FieldKind.UINT8: "B",
    FieldKind.UINT16: "H",
    FieldKind.UINT32: "I",
    FieldKind.UINT64: "Q",
    FieldKind.FLOAT32: "I",
    FieldKind.FLOAT64: "Q",
    FieldKind.ENUM: "H",
    FieldKind.UNION: "H",
}

#: Element sizes of the encoding by width in bits.
_ELEMENT_SIZES: Final = {0: 0, 1: 1, 8: 2, 16: 3, 32: 4, 64: 5}
_ELEMENT_POINTER: Final = 6
_ELEMENT_COMPOSITE: Final = 7


class ShapeKind(Enum):
    """The kinds of targets of a pointer."""

    STRUCT = auto()
    TEXT = auto()
    DATA = auto()
    SCALAR_LIST = auto()
    POINTER_LIST = auto()
    STRUCT_LIST = auto()
    CAPABILITY = auto()
    ANYTHING = auto()
    """The schema gives no type: read it in the encoding's form."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The target of one pointer, by the schema."""

    kind: ShapeKind
    struct: StructLayout | None = None
    """For a struct, or for the elements of a struct list."""
    element: Shape | None = None
    """For the elements of a list of pointers."""
    element_size: int = 0
    """The element size: the three bits of a list pointer."""
    element_bits: int = 0
    letter: str | None = None
    """The ``struct`` letter of a scalar element; None for void and bool."""


@dataclass(frozen=True, slots=True, eq=False)
class MemberLayout:
    """The fields that exist while one member of a union is selected."""

    bits: int
    """The bits of the data section that belong to this member."""
    scalars: tuple[tuple[str, int, int, bool], ...]
    """(field, first bit, bits, signed)."""
    pointers: tuple[tuple[int, str, Shape], ...]
    """(index in the pointer section, field, target)."""

    def read(self, number: int) -> dict[str, int]:
        """Return the member's scalars; ``number`` is the data section as one integer."""
        values = {}
        for name, first, bits, signed in self.scalars:
            value = number >> first & (1 << bits) - 1
            values[name] = value - (1 << bits) if signed and value >> bits - 1 else value
        return values


@dataclass(frozen=True, slots=True, eq=False)
class UnionLayout:
    """A union. Its discriminant is read as a field with its name."""

    name: str
    bits: int
    """The bits of the data section that its members share."""
    members: tuple[MemberLayout, ...]
    """The members, by the discriminant."""
    pointers: tuple[int, ...]
    """The indices in the pointer section that its members share."""

    def member(self, tree: dict[str, Any]) -> MemberLayout | None:
        """Return the member that is selected in a struct; None if there is no such member."""
        number = tree[self.name]
        return self.members[number] if number < len(self.members) else None


@dataclass(slots=True, eq=False)
class StructLayout:
    """One struct type.

    Only ``layout_of`` makes it, in two steps, because a type may refer to itself.
    """

    name: str
    data_words: int
    pointer_count: int
    pointers: tuple[tuple[int, str, Shape], ...] = ()
    """(index in the pointer section, field, target)."""
    unused_pointers: tuple[int, ...] = ()
    blank_tree: dict[str, Any] = field(default_factory=dict)
    unpacker: struct.Struct = field(default_factory=lambda: struct.Struct("<"))
    names: tuple[str, ...] = ()
    """The fields, in the order in which ``unpacker`` returns them."""
    flags: tuple[tuple[str, int, bool], ...] = ()
    """(field, bit, default)."""
    masked: tuple[tuple[str, int, int], ...] = ()
    """(field, default as unsigned bits, sign bit or 0) of each scalar whose default is not zero."""
    unused_bits: int = 0
    """The bits of the data section that belong to no field, or only to a member of the union."""
    union: UnionLayout | None = None

    @property
    def total_words(self) -> int:
        """Words of one such struct."""
        return self.data_words + self.pointer_count

    def blank(self) -> dict[str, Any]:
        """Return the tree of a struct whose words are all zero."""
        return self.blank_tree.copy()

    def read_data(self, data: bytes, first: int) -> tuple[dict[str, Any], int]:
        """Return the tree of the data section at byte ``first``, and the set bits of no field."""
        tree = self.blank_tree.copy()
        tree.update(zip(self.names, self.unpacker.unpack_from(data, first), strict=True))
        for name, default, sign in self.masked:
            value = tree[name] ^ default
            # ``value`` is the XOR of a two's complement number with a non-negative mask, so its low
            # bits are right; the sign is recomputed from the topmost of them.
            if sign:
                value &= (sign << 1) - 1
                value = value - (sign << 1) if value & sign else value
            tree[name] = value
        number = int.from_bytes(data[first : first + self.data_words * 8], "little")
        for name, bit, default_flag in self.flags:
            tree[name] = (number >> bit & 1 == 1) is not default_flag
        stray = number & self.unused_bits
        if stray and self.union is not None and stray & self.union.bits:
            member = self.union.member(tree)
            if member is not None:
                stray &= ~member.bits
                tree.update(member.read(number))
        return tree, stray


def _shape_of_list(held: ListType) -> Shape:
    if held.element is FieldKind.STRUCT:
        assert isinstance(held.type, StructType)
        return Shape(
            ShapeKind.STRUCT_LIST,
            struct=layout_of(held.type),
            element_size=_ELEMENT_COMPOSITE,
        )
    if held.element in POINTERS:
        return Shape(
            ShapeKind.POINTER_LIST,
            element=_shape(held.element, held.target),
            element_size=_ELEMENT_POINTER,
            element_bits=_WORD_BITS,
        )
    bits = SCALAR_BITS[held.element]
    return Shape(
        ShapeKind.SCALAR_LIST,
        element_size=_ELEMENT_SIZES[bits],
        element_bits=bits,
        letter=_LETTERS.get(held.element),
    )


def _shape(kind: FieldKind, target: str | None) -> Shape:
    byte = _ELEMENT_SIZES[_BYTE_BITS]
    if kind is FieldKind.TEXT:
        return Shape(ShapeKind.TEXT, element_size=byte, element_bits=_BYTE_BITS)
    if kind is FieldKind.DATA:
        return Shape(ShapeKind.DATA, element_size=byte, element_bits=_BYTE_BITS)
    if kind is FieldKind.CAPABILITY:
        return Shape(ShapeKind.CAPABILITY)
    if kind in DYNAMIC:
        return Shape(ShapeKind.ANYTHING)
    assert target is not None
    held = TYPES[target]
    if isinstance(held, ListType):
        return _shape_of_list(held)
    assert isinstance(held, StructType)
    return Shape(ShapeKind.STRUCT, struct=layout_of(held))


@cache
def _empty_layout(held: StructType) -> StructLayout:
    return StructLayout(held.name, held.data_words, held.pointer_count)


_FILLED: Final[set[str]] = set()


def layout_of(held: StructType) -> StructLayout:
    """Return the compiled layout of ``held``; one object per type."""
    layout = _empty_layout(held)
    if held.name not in _FILLED:
        _FILLED.add(held.name)
        _fill(layout, held)
    return layout


def _fill(layout: StructLayout, held: StructType) -> None:
    pointers: list[tuple[int, str, Shape]] = []
    scalars: list[tuple[int, str, FieldKind]] = []
    flags: list[tuple[str, int, bool]] = []
    masked: list[tuple[str, int, int]] = []
    used = 0
    for entry in held.fields:
        layout.blank_tree[entry.name] = None if entry.kind in POINTERS else entry.default
        if entry.kind is FieldKind.UNION:
            layout.union = _union(held, entry)
        if entry.union is not None:
            continue
        if entry.kind in POINTERS:
            pointers.append((entry.offset, entry.name, _shape(entry.kind, entry.target)))
            continue
        bits = SCALAR_BITS[entry.kind]
        at = entry.offset * bits
        used |= (1 << bits) - 1 << at
        if entry.kind is FieldKind.BOOL:
            flags.append((entry.name, at, bool(entry.default)))
        elif bits:
            scalars.append((at // _BYTE_BITS, entry.name, entry.kind))
            if entry.default:
                sign = 1 << bits - 1 if entry.kind in SIGNED else 0
                masked.append((entry.name, int(entry.default) & (1 << bits) - 1, sign))
    scalars.sort()
    form = "<"
    position = 0
    for at, _, kind in scalars:
        letter = _LETTERS[kind]
        form += "x" * (at - position) + letter
        position = at + struct.calcsize("<" + letter)
    layout.unpacker = struct.Struct(form)
    layout.names = tuple(name for _, name, _ in scalars)
    layout.pointers = tuple(pointers)
    layout.flags = tuple(flags)
    layout.masked = tuple(masked)
    layout.unused_bits = ~used & (1 << held.data_words * _WORD_BITS) - 1
    known = {index for index, _, _ in pointers}
    if layout.union is not None:
        known.update(layout.union.pointers)
    layout.unused_pointers = tuple(
        index for index in range(held.pointer_count) if index not in known
    )


def _union(held: StructType, union: Field) -> UnionLayout:
    members = []
    for number in range(len(union.members)):
        scalars: list[tuple[str, int, int, bool]] = []
        pointers: list[tuple[int, str, Shape]] = []
        own = 0
        for entry in held.fields:
            if entry.union != union.name or entry.member != number:
                continue
            if entry.kind in POINTERS:
                pointers.append((entry.offset, entry.name, _shape(entry.kind, entry.target)))
            elif bits := SCALAR_BITS[entry.kind]:
                own |= (1 << bits) - 1 << entry.offset * bits
                scalars.append((entry.name, entry.offset * bits, bits, entry.kind in SIGNED))
        members.append(MemberLayout(own, tuple(scalars), tuple(pointers)))
    shared = 0
    for member in members:
        shared |= member.bits
    slots = {index for member in members for index, _, _ in member.pointers}
    return UnionLayout(union.name, shared, tuple(members), tuple(sorted(slots)))


ROOT: Final = layout_of(EVERYTHING)
"""The root of every scenario's message: an Everything."""
