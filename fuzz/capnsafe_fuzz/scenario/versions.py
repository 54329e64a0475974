"""The types that an object may be opened as, and the result.

A program chooses the type for an AnyPointer or similar. Then there are three cases: the object has
that type; or it is refused; or it is smaller, and opening it as the larger version moves it. It is
smaller if it is an older version of a struct, or a list of numbers or pointers that is opened as
one of structs, whose first field they become (specification, "Lists"). The schema's choices exclude
all other cases.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from .nodes import NODES, Capability, ListNode, Node, StructNode, renew
from .schema import SCALAR_BITS, SIGNED, FieldKind, ListType, StructType, Type

_FIRST_NUMBER: Final = "number"
_FIRST_POINTER: Final = "label"
"""The first fields of every version, which elements of a list of numbers or of pointers become."""

_POINTERS: Final = -1
_STRUCTS: Final = -2
"""Widths of elements that are not numbers."""


class TypeFit(Enum):
    """The result of opening an object with a type."""

    NULL = auto()
    SAME = auto()
    SMALLER = auto()
    """It is moved to where it has room for the larger type."""
    OTHER = auto()
    """It has another type."""
    UNPROMISED = auto()
    """The result is unspecified."""


def _octets(value: Any) -> bytes | None:
    """Return the bytes of a Text with its NUL, or of a Data; None for any other value."""
    if isinstance(value, str):
        return value.encode() + b"\0"
    return value if isinstance(value, bytes) else None


def _is_larger(of: StructType, than: StructType) -> bool:
    return of.data_words > than.data_words or of.pointer_count > than.pointer_count


def opened(value: Any, of: Type) -> TypeFit:
    """Return the result of opening the value of a pointer, which is not null."""
    if isinstance(of, StructType):
        if not isinstance(value, StructNode):
            return TypeFit.OTHER
        return TypeFit.SMALLER if _is_larger(of, value.type) else TypeFit.SAME
    assert isinstance(of, ListType)
    if of.element is not FieldKind.STRUCT:
        if not isinstance(value, ListNode) or _is_struct_list(value):
            return TypeFit.OTHER
        return TypeFit.SAME if _width(value.type) == _width(of) else TypeFit.OTHER
    if _octets(value) is not None:
        return TypeFit.SMALLER
    if not isinstance(value, ListNode) or value.type.element is FieldKind.BOOL:
        return TypeFit.OTHER
    if value.type.element is not FieldKind.STRUCT:
        return TypeFit.SMALLER
    assert isinstance(of.type, StructType)
    assert isinstance(value.type.type, StructType)
    return TypeFit.SMALLER if _is_larger(of.type, value.type.type) else TypeFit.SAME


def unwrapped(value: Any, of: Type) -> TypeFit:
    """Return the result of opening an orphan.

    An object without words lies in its pointer, and an orphan has none. So it is unspecified
    whether a handle to such an object is stale.
    """
    if isinstance(of, ListType) and of.element is FieldKind.STRUCT and not _is_struct_list(value):
        return TypeFit.OTHER
    found = opened(value, of)
    if found is TypeFit.SMALLER or (found is TypeFit.SAME and value.words == 0):
        return TypeFit.UNPROMISED
    return found


def _is_struct_list(value: Any) -> bool:
    return isinstance(value, ListNode) and value.type.element is FieldKind.STRUCT


def _width(of: ListType) -> int:
    """Return a number that distinguishes lists: bits of a number, or pointers, or structs."""
    if of.element is FieldKind.STRUCT:
        return _STRUCTS
    return SCALAR_BITS.get(of.element, _POINTERS)


def upgraded(value: Any, of: Type, *, bury_old: bool = True) -> Node:
    """Return the upgraded object; the old one is stale, but its children are not."""
    made: Node
    if isinstance(of, StructType):
        assert isinstance(value, StructNode)
        made = _larger_struct(value, of, bury_old)
    else:
        assert isinstance(of, ListType)
        assert isinstance(of.type, StructType)
        octets = _octets(value)
        made = ListNode(of, len(octets) if octets is not None else value.count)
        elements = enumerate(octets) if octets is not None else value.contents.items()
        for index, held in elements:
            if isinstance(held, StructNode) and _is_struct_list(value):
                made.contents[index] = _larger_struct(held, of.type, bury_old)
            else:
                element = made.contents[index] = StructNode(of.type)
                number = isinstance(held, int)
                place = _FIRST_NUMBER if number else _FIRST_POINTER
                element.contents[place] = held if number or not bury_old else _moved(held)
    if bury_old and isinstance(value, NODES):
        value.live = False
        value.contents = {}
    return made


def _larger_struct(old: StructNode, of: StructType, bury_old: bool) -> StructNode:
    made = StructNode(of)
    for place, held in old.contents.items():
        made.contents[place] = _moved(held) if bury_old else held
    if bury_old:
        old.live = False
        old.contents = {}
    return made


def _moved(value: Any) -> Any:
    """Return the value of a pointer after it moved: an object without words moved with it."""
    if isinstance(value, NODES) and value.words == 0:
        return renew(value)
    return value


def kind_name(value: Any) -> str:
    """Return the kind of a pointer's value, as an encoder names it."""
    if value is None:
        return "null"
    if isinstance(value, Capability):
        return "capability"
    return "struct" if isinstance(value, StructNode) else "list"


def as_text(value: Any) -> str | None:
    """Return the value where a Text is expected; None if it is not a Text."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes) or not value.endswith(b"\0"):
        return None
    try:
        return value[:-1].decode()
    except UnicodeDecodeError:
        return None


def read_numbers(kind: FieldKind, octets: bytes) -> list[int]:
    """Return the elements in a buffer, floats as their IEEE bits."""
    size = SCALAR_BITS[kind] // 8
    return [
        int.from_bytes(octets[at : at + size], "little", signed=kind in SIGNED)
        for at in range(0, len(octets), size)
    ]
