"""The kinds of AnyPointer, AnyStruct, AnyList, and of parameters of generic structs.

The schema leaves the type of the object open, so the class of a value decides it. The type of the
elements of a Python list is that of its first item that is not ``None``. Python's numbers have no
width, so a list of numbers needs a type with one: an ``array.array``, or a list of a message.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, Final, final

from .. import wire
from .._build.primitives import ListBuilder
from .._read.lists import ListReader
from .._read.objects import PointerSlotsReader
from .._words.arguments import listed, method_of, type_name
from .._words.block import BlockBuilder, Body
from .._words.laid_out import laid_out
from ..errors import ArgumentTypeError
from ..wire import POINTER_KINDS, Element, PointerKind
from . import kinds
from .enums import Enumeration
from .kinds import BOOL, DATA, TEXT, EnumKind, ListKind, ScalarKind, VoidKind, list_of, struct_kind
from .layout import BaseKind, Brand, Layout, PointerTo, Unread

#: The types of the schema, by the kind of objects that they take.
_NAMES: Final = {None: "AnyPointer", PointerKind.STRUCT: "AnyStruct", PointerKind.LIST: "AnyList"}

#: The kinds of primitives.
_PRIMITIVES: Final[dict[Element, ScalarKind | VoidKind]] = {
    kind.element: kind
    for kind in (
        *(kinds.VOID, BOOL, kinds.FLOAT32, kinds.FLOAT64),
        *(kinds.INT8, kinds.INT16, kinds.INT32, kinds.INT64),
        *(kinds.UINT8, kinds.UINT16, kinds.UINT32, kinds.UINT64),
    )
}

#: A list without elements that is readable as a list of structs, pointers or numbers: a list of
#: structs that have a word of data and a pointer.
_EMPTY: Final = wire.list_shape(wire.SIZE_COMPOSITE, 0)
_EMPTY_TAG: Final = wire.POINTER.pack(wire.struct_shape(1, 1))


def _array_kinds() -> dict[str, ListKind]:
    """Return the kind of list for each type code of ``array.array`` that has numbers."""
    found = {}
    for code in "bBhHiIlLqQfd":
        name = "FLOAT" if code in "fd" else "UINT" if code.isupper() else "INT"
        wanted = f"{name}{array(code).itemsize * 8}"
        [primitive] = [kind for kind in _PRIMITIVES.values() if kind.element.name == wanted]
        found[code] = list_of(primitive)
    return found


_ARRAYS: Final = _array_kinds()


class AnyKind(PointerTo):
    """An AnyPointer, AnyStruct or AnyList, or a parameter of a generic struct without a type.

    Args:
        wrap: Returns a copy of the object behind a pointer that is not null.
        takes: The kind of objects that the type of the schema takes; ``None`` for any.
    """

    def __init__(
        self, wrap: Callable[[PointerSlotsReader, int], Any], takes: PointerKind | None = None
    ) -> None:
        self.wrap: Final = wrap
        self.takes: Final = takes

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> Any:
        """Return a copy of the object."""
        if slots.is_null(index):
            return None
        if self.takes is not None and slots.kind(index) is not self.takes:
            # Each of these raises PointerKindMismatch.
            if self.takes is PointerKind.STRUCT:
                slots.get_struct(index)
            else:
                slots.element_size(index)
        return self.wrap(slots, index)

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append the object for a value, a handle, a ``str``, ``bytes`` or a list."""
        to = _list_kind(value)
        if to is None:
            copied = laid_out(value)
            if copied is not None:
                self._require(POINTER_KINDS[copied.shape & 3], value)
                out.append_copy(body, at, copied)
                return
            if issubclass(type(value), kinds.NO_LISTS) or not callable(
                method_of(type(value), "__iter__")
            ):
                raise self._refusal(value)
            self._require(PointerKind.LIST, value)
            value = listed(value, "a list")
            if not value:
                out.append(body, at, _EMPTY, _EMPTY_TAG)
                return
            to = list_of(_kind_of_items(value, AnyKind(self.wrap, PointerKind.LIST)))
        self._require(PointerKind.LIST, value)
        to.lay(out, body, at, value)

    def _require(self, found: PointerKind, value: Any) -> None:
        """Raise ``ArgumentTypeError`` if the type does not take objects of this kind."""
        if self.takes is not None and found is not self.takes:
            given = type_name(value)
            raise ArgumentTypeError(
                f"an {_NAMES[self.takes]} takes a {self.takes.name.lower()}, not the"
                f" {found.name.lower()} of the {given}"
            )

    def _refusal(self, value: Any) -> ArgumentTypeError:
        """Return the error for a value that is no object of a message."""
        taken = {
            None: "a value, reader or builder of a struct, a str, bytes, or a list of these",
            PointerKind.STRUCT: "a value, reader or builder of a struct",
            PointerKind.LIST: "a str, bytes, an array.array, or a list",
        }
        return ArgumentTypeError(
            f"an {_NAMES[self.takes]} takes {taken[self.takes]}, not {type_name(value)}"
        )


@final
class ParameterKind(AnyKind):
    """A parameter of a generic struct, which is of any kind until a brand gives it a type."""

    is_parameter: bool = True

    def __init__(
        self, wrap: Callable[[PointerSlotsReader, int], Any], scope: int, index: int
    ) -> None:
        super().__init__(wrap)
        self.scope: Final = scope
        self.index: Final = index

    def bound(self, brand: Brand) -> BaseKind:
        """Return the type that a brand gives to the parameter, if it gives one."""
        types = brand.get(self.scope) or ()
        return types[self.index] if self.index < len(types) else self


def _list_kind(value: Any) -> PointerTo | None:
    """Return the kind of a value whose class tells the type of its elements, or ``None``."""
    given = type(value)
    if issubclass(given, str):
        return TEXT
    if issubclass(given, (bytes, bytearray, memoryview)):
        return DATA
    if given is ListReader or given is ListBuilder:
        return list_of(_PRIMITIVES[value._element])
    if issubclass(given, array):
        code = method_of(value, "typecode")
        kind = _ARRAYS.get(code) if type(code) is str else None
        if kind is None:
            raise ArgumentTypeError("an array of characters has no form in a message: give a str")
        return kind
    return None


def _enum_kind(owner: Any) -> EnumKind:
    """Return the kind of an enum."""
    return EnumKind(lambda: owner)


def _kind_of_items(items: list[Any], of_lists: AnyKind) -> BaseKind:
    """Return the kind of the elements of a list of Python that has items.

    ``of_lists`` is the kind of elements that are lists. None is a struct, because a list of structs
    has no pointers to them.
    """
    first = next((item for item in items if item is not None), None)
    given = type(first)
    if first is None:
        raise ArgumentTypeError("a list of None only does not tell the type of its elements")
    if issubclass(given, str):
        return TEXT
    if issubclass(given, (bytes, bytearray, memoryview)):
        return DATA
    if given is bool:
        return BOOL
    if issubclass(given, Enumeration):
        return _enum_kind(given)
    if issubclass(given, (int, float)):
        raise ArgumentTypeError(
            "a list of Python's numbers does not tell how wide they are: give an array.array, or"
            " build the list by init_numbers"
        )
    layout = method_of(first, "_bound") or method_of(first, "_layout")
    if isinstance(layout, Layout):
        if layout.is_group:
            raise ArgumentTypeError(f"a group cannot be an item of a list: {type_name(first)}")
        return struct_kind(layout)
    return of_lists
