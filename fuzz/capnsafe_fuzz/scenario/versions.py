"""The types as which an object may be opened, and the result.

A program chooses the type for an AnyPointer or similar. Then there are three cases: the object has
that type; or it is refused; or it is smaller, and opening it as the larger version moves it. It is
smaller if it is an older version of a struct, or a list of numbers or pointers that is opened as
one of structs, whose first field they become (specification, "Lists"). A list of structs has the
type of a list of their first fields, too, which are read and written in their place. The schema's
choices exclude all other cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, Final

from .nodes import NODES, Capability, FirstFields, ListNode, Node, StructNode, renew, retire
from .schema import SCALAR_BITS, SIGNED, TYPES, VERSIONS, FieldKind, ListType, StructType, Type

_FIRST_NUMBER: Final = "number"
_FIRST_POINTER: Final = "label"
"""The first fields of every version, which elements of a list of numbers or of pointers become."""

_FIRST_NUMBERS: Final = frozenset((FieldKind.UINT8, FieldKind.UINT16, FieldKind.UINT32))
"""The kinds of numbers that read the same when a list of them is opened as a list of structs."""

_POINTERS: Final = -1
_STRUCTS: Final = -2
"""Widths of elements that are not numbers."""

_VALUES: Final[dict[FieldKind, type]] = {
    FieldKind.TEXT: str,
    FieldKind.DATA: bytes,
    FieldKind.LIST: ListNode,
    FieldKind.CAPABILITY: Capability,
}
"""The class in the model of the values of pointers of one kind."""


class TypeFit(Enum):
    """The result of opening an object with a type."""

    NULL = auto()
    SAME = auto()
    SMALLER = auto()
    """It is moved to a place with room for the larger type."""
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
        return _version(of, value.type)
    assert isinstance(of, ListType)
    if of.element is not FieldKind.STRUCT:
        if not isinstance(value, ListNode):
            return TypeFit.OTHER
        if _is_struct_list(value):
            return _first_fields(value.type.type, of.element)
        if _width(value.type) != _width(of):
            return TypeFit.OTHER
        # The bits of one kind of number, read as another kind, are a different number.
        is_pointer = of.element not in SCALAR_BITS
        alike = is_pointer or value.type.element is of.element
        return TypeFit.SAME if alike else TypeFit.UNPROMISED
    if _octets(value) is not None:
        return TypeFit.SMALLER
    if not isinstance(value, ListNode) or value.type.element is FieldKind.BOOL:
        return TypeFit.OTHER
    element = value.type.element
    if element is not FieldKind.STRUCT:
        grows = element not in SCALAR_BITS or element in _FIRST_NUMBERS
        return TypeFit.SMALLER if grows else TypeFit.UNPROMISED
    assert isinstance(of.type, StructType)
    assert isinstance(value.type.type, StructType)
    return _version(of.type, value.type.type)


def _first_fields(structs: Type, element: FieldKind) -> TypeFit:
    """Return the result of opening a list of structs as one of values of this kind."""
    if structs not in VERSIONS:
        return TypeFit.UNPROMISED
    if element is FieldKind.BOOL:
        # Bits of a struct do not lie side by side (specification, "Lists").
        return TypeFit.OTHER
    alike = element in _FIRST_NUMBERS or element not in SCALAR_BITS
    return TypeFit.SAME if alike else TypeFit.UNPROMISED


def handle_on(value: Any, of: Type) -> Any:
    """Return what a handle has of an object, which was opened with a type that fits."""
    if _is_struct_list(value) and isinstance(of, ListType) and of.element is not FieldKind.STRUCT:
        is_number = of.element in SCALAR_BITS
        return FirstFields(of, value, _FIRST_NUMBER if is_number else _FIRST_POINTER)
    return value


def _version(of: StructType, found: StructType) -> TypeFit:
    """Return the result of opening a struct of one type as another one."""
    if of is not found and not (of in VERSIONS and found in VERSIONS):
        return TypeFit.UNPROMISED
    return TypeFit.SMALLER if _is_larger(of, found) else TypeFit.SAME


def unwrapped(value: Any, of: Type) -> TypeFit:
    """Return the result of opening an orphan.

    An object without words lies in its pointer, and an orphan has none. So it is unspecified
    whether a handle to such an object is stale.
    """
    found = opened(value, of)
    return TypeFit.UNPROMISED if found is TypeFit.SAME and value.words == 0 else found


def other_versions(value: Any, names: Sequence[str]) -> list[str]:
    """Return the types of these names, other than its own, that an object can be opened as."""
    own = value.type if isinstance(value, NODES) else None
    fits = (TypeFit.SMALLER, TypeFit.SAME)
    return [name for name in names if TYPES[name] is not own and opened(value, TYPES[name]) in fits]


def is_of_kind(value: Any, kind: FieldKind) -> bool:
    """Return whether the value of a pointer is of the kind of its field or list element.

    A list of pointers may be opened as a list of texts, or of structs, whatever its pointers are.
    """
    wanted = _VALUES.get(kind)
    return value is None or wanted is None or isinstance(value, wanted)


def _is_struct_list(value: Any) -> bool:
    return isinstance(value, ListNode) and value.type.element is FieldKind.STRUCT


def _width(of: ListType) -> int:
    """Return a number that distinguishes lists: bits of a number, or pointers, or structs."""
    if of.element is FieldKind.STRUCT:
        return _STRUCTS
    return SCALAR_BITS.get(of.element, _POINTERS)


def upgraded(value: Any, of: Type, *, retire_old: bool = True) -> Node:
    """Return the upgraded object; the old one is stale, but its children are not."""
    made: Node
    if isinstance(of, StructType):
        assert isinstance(value, StructNode)
        made = _larger_struct(value, of, retire_old)
    else:
        assert isinstance(of, ListType)
        assert isinstance(of.type, StructType)
        octets = _octets(value)
        made = ListNode(of, len(octets) if octets is not None else value.count)
        elements = enumerate(octets) if octets is not None else value.contents.items()
        for index, held in elements:
            if isinstance(held, StructNode) and _is_struct_list(value):
                made.contents[index] = _larger_struct(held, of.type, retire_old)
            else:
                element = made.contents[index] = StructNode(of.type)
                number = isinstance(held, int)
                place = _FIRST_NUMBER if number else _FIRST_POINTER
                element.contents[place] = held if number or not retire_old else _moved(held)
    if retire_old and isinstance(value, NODES):
        value.live = False
        value.contents = {}
    return made


def _larger_struct(old: StructNode, of: StructType, retire_old: bool) -> StructNode:
    made = StructNode(of)
    for place, held in old.contents.items():
        made.contents[place] = _moved(held) if retire_old else held
    if retire_old:
        old.live = False
        old.contents = {}
    return made


def _moved(value: Any) -> Any:
    """Return the value of a pointer after it moved: an object without words moved with it."""
    if isinstance(value, NODES) and value.words == 0:
        return renew(value)
    return value


def length_of(value: Any) -> int:
    """Return the number of elements of a list, or of bytes of a Data or a Text (without NUL)."""
    if isinstance(value, str):
        return len(value.encode())
    return len(value) if isinstance(value, bytes) else value.count


def resized(value: Any, count: int) -> Any:
    """Return the value of an orphan, cut or extended by zeros; None if a character would be cut.

    Handles on a list become stale, but those on the objects below it do not.
    """
    if isinstance(value, str):
        try:
            return value.encode()[:count].ljust(count, b"\0").decode()
        except UnicodeDecodeError:
            return None
    if isinstance(value, bytes):
        return value[:count].ljust(count, b"\0")
    return ListNode(value.type, count)


def moved_into(made: ListNode, old: ListNode) -> None:
    """Move elements to the list that takes the place of theirs; retire those beyond its end."""
    for index, held in old.contents.items():
        if index >= made.count:
            retire(held)
        elif isinstance(held, StructNode) and _is_struct_list(old):
            made.contents[index] = _larger_struct(held, held.type, True)
        else:
            made.contents[index] = _moved(held)
    old.live = False
    old.contents = {}


def joined(one: ListNode, other: ListNode) -> ListNode:
    """Return the concatenation of two copies of lists of one type."""
    of = one.type
    if of.element is FieldKind.STRUCT:
        assert isinstance(of.type, StructType)
        assert isinstance(other.type.type, StructType)
        if _is_larger(other.type.type, of.type):
            of = other.type
    made = ListNode(of, one.count + other.count)
    for first, part in ((0, one), (one.count, other)):
        for index, held in part.contents.items():
            if of.element is FieldKind.STRUCT and isinstance(held, StructNode):
                assert isinstance(of.type, StructType)
                held = _larger_struct(held, of.type, False)
            made.contents[first + index] = held
    return made


def holds(node: Node, of: Type) -> bool:
    """Return whether all elements of a list have the type that the list was opened with.

    The list of an AnyPointer can be opened as List(Text) and as List(AnyPointer), and through the
    second handle an element can become another object.
    """
    if not isinstance(node, ListNode) or not isinstance(of, ListType):
        return True
    return all(is_of_kind(held, of.element) for held in node.contents.values())


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
