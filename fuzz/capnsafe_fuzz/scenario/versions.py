"""What an object may be taken for, and what it becomes.

Where a pointer may lead to several things, a program says what it takes the thing for. Then it is
the same, or it is refused, or it is smaller: an older version of a struct, or a list of numbers or
pointers taken for one of structs whose first field they become (specification, "Lists"). Opening
the larger version moves it. The schema's choices are such that nothing else can come up.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from .nodes import NODES, Capability, ListNode, Node, StructNode, renew
from .schema import SCALAR_BITS, SIGNED, FieldKind, ListType, StructType, Type

_FIRST_NUMBER: Final = "number"
_FIRST_POINTER: Final = "label"
"""The first fields of every version: what elements of a list of numbers, or of pointers, become."""

_POINTERS: Final = -1
_STRUCTS: Final = -2
"""Widths of elements that are no numbers."""


class TypeFit(Enum):
    """What comes of taking an object for something."""

    NULL = auto()
    SAME = auto()
    SMALLER = auto()
    """It is moved to where it has room for what it is taken for."""
    OTHER = auto()
    """It is another thing."""
    UNPROMISED = auto()
    """Nobody says what happens."""


def _octets(value: Any) -> bytes | None:
    """The bytes of a Text, its NUL included, or of a Data; None of anything else."""
    if isinstance(value, str):
        return value.encode() + b"\0"
    return value if isinstance(value, bytes) else None


def _is_larger(of: StructType, than: StructType) -> bool:
    return of.data_words > than.data_words or of.pointer_count > than.pointer_count


def opened(value: Any, of: Type) -> TypeFit:
    """What comes of opening what lies at a pointer, and is not null."""
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
    """What comes of asking an orphan for its object.

    An object without words lies in its pointer, and an orphan has none: whether a handle to it is
    stale, nobody can say.
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
    """What tells lists apart: bits of a number, or that elements are pointers, or structs."""
    if of.element is FieldKind.STRUCT:
        return _STRUCTS
    return SCALAR_BITS.get(of.element, _POINTERS)


def upgraded(value: Any, of: Type, *, bury_old: bool = True) -> Node:
    """What a smaller object becomes; it is stale itself, and what it leads to is not."""
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
    """What a pointer leads to after the pointer moved: an object without words moved with it."""
    if isinstance(value, NODES) and value.words == 0:
        return renew(value)
    return value


def kind_name(value: Any) -> str:
    """What a pointer leads to, as an encoder names it."""
    if value is None:
        return "null"
    if isinstance(value, Capability):
        return "capability"
    return "struct" if isinstance(value, StructNode) else "list"


def as_text(value: Any) -> str | None:
    """What is read where a Text is expected; None if it is none."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes) or not value.endswith(b"\0"):
        return None
    try:
        return value[:-1].decode()
    except UnicodeDecodeError:
        return None


def read_numbers(kind: FieldKind, octets: bytes) -> list[int]:
    """The elements in a buffer, floats as their IEEE bits."""
    size = SCALAR_BITS[kind] // 8
    return [
        int.from_bytes(octets[at : at + size], "little", signed=kind in SIGNED)
        for at in range(0, len(octets), size)
    ]
