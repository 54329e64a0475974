"""The request of each operation: its line in the driver protocol.

Each line has the names of the schema, for libraries with a schema, and the places in the encoding,
for libraries without one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ...scenario.operations import HANDLE_MAKERS, OPERATIONS, SOURCED, ValueForm, Verb
from ...scenario.program import NO_HANDLE, As, Operation, made_by, place_of
from ...scenario.schema import (
    POINTERS,
    FieldKind,
    ListType,
    OrphanType,
    StructType,
    Type,
)
from ..capnsafe_api import union_slots
from .lines import GarbageError, Line, hex_of

DESCRIBED: Final = frozenset(
    (
        Verb.ROOT,
        Verb.REOPEN,
        Verb.SET,
        Verb.GET,
        Verb.INIT,
        Verb.OPEN,
        Verb.CLEAR,
        Verb.OUTPUT,
        Verb.SELECT,
        Verb.FILL,
        Verb.COPY,
        Verb.COPY_ROOT,
        Verb.NEW,
        Verb.DISOWN,
        Verb.ADOPT,
        Verb.UNWRAP,
        Verb.DROP,
        Verb.CANONICAL,
    )
)
"""The operations that docs/drivers.md describes. Other operations are never sent to a driver."""

_Key = tuple[Type | None, Verb, str | None, Any]
_STATIC: Final[dict[_Key, str]] = {}
"""The part of a line that is the same for all operations of one kind."""


def request_of(held: Type | None, operation: Operation, made: int) -> str:
    """Return the line for an operation on a handle of type ``held``; None for the message.

    ``made`` is the number of the handle that it makes, if it makes one.
    """
    verb, number, place, value = operation
    if isinstance(value, As):
        taken: Any = value.type
    else:
        taken = value if verb is Verb.SELECT else value.__class__
    key = held, verb, place if place.__class__ is str else None, taken
    static = _STATIC.get(key)
    if static is None:
        static = _STATIC[key] = _static(held, operation)
    line = static
    if number != NO_HANDLE:
        line += f" on={number}"
    if place.__class__ is int:
        line += f" index={place}"
    if value is not None and verb is not Verb.SELECT:
        line += _value(operation)
    if verb in HANDLE_MAKERS:
        line += f" makes={made}"
    return line


def _value(operation: Operation) -> str:
    verb, _, _, value = operation
    if isinstance(value, As):
        return "" if value.length is None else f" count={value.length}"
    if verb in SOURCED:
        return f" from={value!r}"
    if OPERATIONS[verb].value is ValueForm.COUNT:
        return f" count={value!r}"
    if isinstance(value, bytes):
        return f" value={value.hex()}"
    if isinstance(value, str):
        return f" value={hex_of(value)}"
    assert isinstance(value, int)
    return f" value={int(value)}"


def _static(held: Type | None, operation: Operation) -> str:
    verb, _, place, value = operation
    line = verb.value
    if held is not None and place is not None:
        kind, _, _ = place_of(held, place)
        line += f" kind={kind.value}"
        if isinstance(held, StructType):
            field = held.by_name[str(place)]
            line += f" field={field.name} slot={field.offset}"
            if field.default and kind not in POINTERS:
                line += f" default={int(field.default)}"
            if verb is Verb.SELECT:
                slots, pointers = union_slots(held, field)
                line += f" member={value!s} number={field.members.index(str(value))}"
                line += " slots=" + ",".join(f"{slot.value}:{at}" for slot, at in slots)
                line += " clears=" + ",".join(map(str, pointers))
        if kind is FieldKind.ANY and verb is Verb.SET:
            line += f" as={_KIND_OF_VALUE[value.__class__].value}"
    made = made_by(held, operation)
    return line if made is None else line + _type(made)


_KIND_OF_VALUE: Final[dict[type, FieldKind]] = {
    str: FieldKind.TEXT,
    bytes: FieldKind.DATA,
    int: FieldKind.CAPABILITY,
}


def _type(made: Type) -> str:
    """Return the pairs that describe the type of a handle."""
    line = f" type={made.name}"
    if isinstance(made, OrphanType):
        return line
    element = made
    if isinstance(made, ListType):
        line += f" element={made.element.value}"
        if made.element is not FieldKind.STRUCT:
            return line
        assert isinstance(made.type, StructType)
        element = made.type
    assert isinstance(element, StructType)
    return line + f" data={element.data_words} pointers={element.pointer_count}"


def _number(line: Line) -> int:
    return line.number("value", -(1 << 64))


_READERS: Final[dict[FieldKind, Callable[[Line], object]]] = {
    FieldKind.TEXT: lambda line: _text(line.octets("value")),
    FieldKind.DATA: lambda line: line.octets("value"),
    FieldKind.BOOL: lambda line: bool(_number(line)),
    FieldKind.ANY: lambda line: line.values["value"],
    FieldKind.VOID: lambda line: None,
}


def _text(octets: bytes) -> object:
    """Return the text; if it is not valid UTF-8, return the bytes, which equal no expected text."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


def value_of(kind: FieldKind, line: Line) -> object:
    """Return the value that a driver read at a place of this kind; None for a null pointer.

    Raises:
        GarbageError: If the line has no value of that kind.
    """
    if "value" not in line.values:
        if kind is FieldKind.ANY:
            raise GarbageError("the kind of a pointer is missing")
        return None
    return _READERS.get(kind, _number)(line)
