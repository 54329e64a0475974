"""Read a whole message by the schema with the library under test, as a tree like the model's.

The tree can be compared with the readings of the strict examiner (``reference.examiner``) and of
another implementation.
"""

from __future__ import annotations

from typing import Any

from ...encoders.capnsafe_api import ACCESSORS, bits_of, float_of
from ...scenario.model import ZERO_SIZED, Capability
from ...scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    FLOATS,
    POINTERS,
    Field,
    FieldKind,
    ListType,
    StructType,
    Type,
)

MOST_WORDS = 1 << 16
"""Traversal limit of such a reading, in words: enough to read the largest message often."""


def read_everything(library: Any, segments: tuple[bytes, ...], zero_sized: int = 0) -> Any:
    """Return the tree of a message whose root is an ``Everything``.

    ``zero_sized`` is the number of the message's elements without size. The traversal limit counts
    one word for each.
    """
    limit = MOST_WORDS + zero_sized
    reader = library.MessageReader(list(segments), traversal_limit_words=limit)
    return _struct(library, reader.get_root(), EVERYTHING)


def zero_sized_in(tree: Any) -> int | None:
    """Return the number of elements without size in a tree of the examiner.

    Returns ``None`` if an AnyPointer leads to structs without size, which the examiner does not
    count.
    """
    count = 0
    todo = [tree]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += value.values()
            if value.get("sections") == (0, 0):
                return None
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, tuple) and value[:1] in ((ZERO_SIZED,), (_VOID_SIZE,)):
            # The list has a type in the schema, or it is a list of voids behind an AnyPointer.
            count += value[1]
    return count


def _struct(library: Any, reader: Any, of: StructType) -> dict[str, Any]:
    """Read a struct; recursion ends with the reader's own nesting limit."""
    tree: dict[str, Any] = {}
    for field in of.fields:
        if field.union is not None and tree[field.union] != field.member:
            tree[field.name] = None if field.kind in POINTERS else field.default
        else:
            tree[field.name] = _field(library, reader, field)
    return tree


def _field(library: Any, reader: Any, field: Field) -> Any:
    kind, offset = field.kind, field.offset
    if kind is FieldKind.VOID:
        return None
    if kind in (FieldKind.TEXT, FieldKind.DATA):
        return getattr(reader, f"get_{ACCESSORS[kind]}")(offset)
    if kind in DYNAMIC:
        return _raw(reader._tree_at(offset))
    if kind is FieldKind.CAPABILITY:
        return _capability(reader.get_capability(offset))
    if kind is FieldKind.UNION:
        return reader.get_uint16(offset)
    if field.target is not None:
        return _object(library, reader, offset, field.type)
    default: Any = field.default
    if kind in FLOATS:
        default = float_of(kind, int(default or 0))
    value = getattr(reader, f"get_{ACCESSORS[kind]}")(offset, default=default or type(default)())
    return bits_of(kind, value) if kind in FLOATS else value


def _object(library: Any, reader: Any, index: int, of: Type) -> Any:
    if isinstance(of, StructType):
        found = reader.get_struct(index)
        return None if found is None else _struct(library, found, of)
    assert isinstance(of, ListType)
    found = _open(library, reader, index, of)
    if found is None:
        return None
    return (ZERO_SIZED, len(found)) if of.zero_sized else _elements(library, found, of)


def _open(library: Any, reader: Any, index: int, of: ListType) -> Any:
    if of.element is FieldKind.STRUCT:
        return reader.get_struct_list(index)
    if of.element in POINTERS:
        return reader.get_pointer_list(index)
    return reader.get_list(index, getattr(library.Element, ACCESSORS[of.element].upper()))


def _elements(library: Any, found: Any, of: ListType) -> list[Any]:
    if of.element is FieldKind.STRUCT:
        assert isinstance(of.type, StructType)
        return [_struct(library, element, of.type) for element in found]
    if of.element in (FieldKind.TEXT, FieldKind.DATA):
        get = getattr(found, f"get_{ACCESSORS[of.element]}")
        return [get(index) for index in range(len(found))]
    if of.element is FieldKind.LIST:
        return [_object(library, found, index, of.type) for index in range(len(found))]
    if of.element is FieldKind.CAPABILITY:
        return [_capability(found.get_capability(index)) for index in range(len(found))]
    if of.element is FieldKind.ANY:
        return [_raw(found._tree_at(index)) for index in range(len(found))]
    if of.element in FLOATS:
        return [bits_of(of.element, value) for value in found]
    return list(found)


def _capability(number: int | None) -> Capability | None:
    return None if number is None else Capability(number)


_STRUCT = 0
_LIST = 1
_VOID_SIZE = 0
_WORD_BYTES = 8
_POINTERS_SIZE = 6
_COMPOSITE_SIZE = 7
_BITS = (0, 1, 8, 16, 32, 64)


def _raw(copy: Any) -> Any:
    """Return the library's copy of an AnyPointer's object, in the form of ``scenario.trees``.

    The copy has the shape of the object (its pointer without an offset), its words, and the copies
    of its pointers' targets. Recursion ends with the reader's own nesting limit.
    """
    if copy is None:
        return None
    shape, body = copy.shape, bytes(copy.body)
    below = {at: _raw(child) for at, child in copy.children}
    if shape & 3 == _STRUCT:
        return _raw_struct(body, below, 0, *_sections(shape))
    if shape & 3 != _LIST:
        return Capability(shape >> 32)
    size, count = shape >> 32 & 7, shape >> 35
    if size == _POINTERS_SIZE:
        return [below.get(index) for index in range(count)]
    if size != _COMPOSITE_SIZE:
        return size, count, body[: (count * _BITS[size] + 7) // 8]
    tag = int.from_bytes(body[:_WORD_BYTES], "little")
    data_words, pointers = _sections(tag)
    return {
        "sections": (data_words, pointers),
        "elements": [
            _raw_struct(body, below, 1 + index * (data_words + pointers), data_words, pointers)
            for index in range(tag >> 2 & (1 << 30) - 1)
        ],
    }


def _sections(word: int) -> tuple[int, int]:
    """Return the data words and pointers of a struct, from its pointer or its tag."""
    return word >> 32 & 0xFFFF, word >> 48


def _raw_struct(
    body: bytes, below: dict[int, Any], start: int, data_words: int, pointers: int
) -> dict[str, Any]:
    first = start + data_words
    return {
        "data": body[start * _WORD_BYTES : first * _WORD_BYTES],
        "pointers": [below.get(at) for at in range(first, first + pointers)],
    }
