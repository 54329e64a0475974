"""A whole message read by the schema with the library under test, in the form of the model's tree.

So what a reader says can be compared with what the strict examiner (``oracles.decode``) and another
implementation say of the same segments.
"""

from __future__ import annotations

from typing import Any

from ...encoders.capnsafe_encoder import ACCESSORS, bits_of, float_of
from ...scenario.model import WEIGHTLESS
from ...scenario.schema import EVERYTHING, FLOATS, Field, Kind, ListType, StructType, Type

MOST_WORDS = 1 << 16
"""Traversal limit of such a reading: any message of the largest size can be read many times."""


def read_everything(library: Any, segments: tuple[bytes, ...]) -> Any:
    """The tree of the message whose root is an ``Everything``; raises what the library raises."""
    reader = library.MessageReader(list(segments), traversal_limit_words=MOST_WORDS)
    return _struct(library, reader.get_root(), EVERYTHING)


def _struct(library: Any, reader: Any, of: StructType) -> dict[str, Any]:
    """Recursion ends with the reader's own nesting limit."""
    return {field.name: _field(library, reader, field) for field in of.fields}


def _field(library: Any, reader: Any, field: Field) -> Any:
    kind, offset = field.kind, field.offset
    if kind is Kind.VOID:
        return None
    if kind in (Kind.TEXT, Kind.DATA):
        return getattr(reader, f"get_{ACCESSORS[kind]}")(offset)
    if field.target is not None:
        return _object(library, reader, offset, field.type)
    default: Any = field.default
    if kind in FLOATS:
        default = float_of(kind, int(default or 0))
    value = getattr(reader, f"get_{ACCESSORS[kind]}")(offset, default or type(default)())
    return bits_of(kind, value) if kind in FLOATS else value


def _object(library: Any, reader: Any, index: int, of: Type) -> Any:
    if isinstance(of, StructType):
        found = reader.get_struct(index)
        return None if found is None else _struct(library, found, of)
    found = _open(library, reader, index, of)
    if found is None:
        return None
    return (WEIGHTLESS, len(found)) if of.weightless else _elements(library, found, of)


def _open(library: Any, reader: Any, index: int, of: ListType) -> Any:
    if of.element is Kind.STRUCT:
        return reader.get_struct_list(index)
    if of.element in (Kind.TEXT, Kind.DATA, Kind.LIST):
        return reader.get_pointer_list(index)
    return reader.get_list(index, library.Element[ACCESSORS[of.element].upper()])


def _elements(library: Any, found: Any, of: ListType) -> list[Any]:
    if of.element is Kind.STRUCT:
        assert isinstance(of.type, StructType)
        return [_struct(library, element, of.type) for element in found]
    if of.element in (Kind.TEXT, Kind.DATA):
        get = getattr(found, f"get_{ACCESSORS[of.element]}")
        return [get(index) for index in range(len(found))]
    if of.element is Kind.LIST:
        return [_object(library, found, index, of.type) for index in range(len(found))]
    if of.element in FLOATS:
        return [bits_of(of.element, value) for value in found]
    return list(found)
