"""The canonical form of what a message must say, made from the model alone.

It shares no code with any encoder.  There is one canonical form (specification,
"Canonicalization"), so an encoder's is right if it is the same bytes.  Objects lie in pre-order in
one segment; zero words at the end of data sections and null pointers at the end of pointer sections
are left out, in a list of structs from all elements alike.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, Final

from ..scenario.model import WEIGHTLESS
from ..scenario.schema import (
    DYNAMIC,
    POINTERS,
    SCALAR_BITS,
    TYPES,
    Kind,
    ListType,
    StructType,
    Type,
)
from ..scenario.trees import ELEMENT_SIZES

_WORD: Final = struct.Struct("<Q")
_WORD_BYTES: Final = 8
_POINTER_STRUCT: Final = 0
_POINTER_LIST: Final = 1
_ELEMENT_POINTER: Final = 6
_ELEMENT_COMPOSITE: Final = 7
_OFFSET_BITS: Final = (1 << 30) - 1


@dataclass(slots=True)
class _Object:
    """An object to be laid out: the pointer to it without its offset, its words, its pointers."""

    pointer: int
    body: bytes
    below: list[tuple[int, Any, Type | None]] = field(default_factory=list)
    """(word in the body, tree, type or None of what the schema says nothing of)."""


def canonical_form(tree: Any, of: Type) -> bytes:
    """The one segment of a message that reads as this tree; a null pointer where it is None."""
    out = bytearray(_WORD_BYTES)
    todo: list[tuple[int, Any, Type | None]] = [(0, tree, of)] if tree is not None else []
    while todo:
        at, value, held = todo.pop()
        made = _object(value, held)
        start = len(out) // _WORD_BYTES
        offset = start - at - 1
        if not made.body and made.pointer & 3 == _POINTER_STRUCT:
            offset = -1
        _WORD.pack_into(out, at * _WORD_BYTES, made.pointer | (offset & _OFFSET_BITS) << 2)
        out += made.body
        todo += [(start + word, below, type_) for word, below, type_ in reversed(made.below)]
    return bytes(out)


_Sections = tuple[bytes, list[tuple[Any, Type | None]]]
"""A struct's data section, and what each of its pointers leads to."""


def _object(value: Any, of: Type | None) -> _Object:
    if isinstance(value, str):
        return _blob(value.encode() + b"\0")
    if isinstance(value, bytes):
        return _blob(value)
    if of is None:
        return _loose_object(value)
    if isinstance(of, StructType):
        return _one_struct(_sections(value, of))
    assert isinstance(of, ListType)
    if isinstance(value, tuple) and value[0] == WEIGHTLESS:
        if of.element is Kind.STRUCT:
            return _structs([], value[1])
        return _Object(_list_pointer(0, value[1]), b"")
    if of.element is Kind.STRUCT:
        assert isinstance(of.type, StructType)
        element = of.type
        return _structs([_sections(one, element) for one in value], len(value))
    if of.element in POINTERS:
        target = TYPES[of.target] if of.target is not None else None
        return _pointers([(one, target) for one in value])
    bits = SCALAR_BITS[of.element]
    whole = 0
    for index, one in enumerate(value):
        whole |= (int(one) & (1 << bits) - 1) << index * bits
    octets = whole.to_bytes((len(value) * bits + 7) // 8, "little")
    return _Object(_list_pointer(ELEMENT_SIZES[bits], len(value)), _padded(octets))


def _loose_object(value: Any) -> _Object:
    """Of what reads as the encoding has it."""
    if isinstance(value, list):
        return _pointers([(one, None) for one in value])
    if isinstance(value, tuple):
        size, count, octets = value
        return _Object(_list_pointer(size, count), _padded(octets))
    if "sections" in value:
        elements = value["elements"]
        return _structs([_loose_sections(one) for one in elements], len(elements))
    return _one_struct(_loose_sections(value))


def _loose_sections(value: dict[str, Any]) -> _Sections:
    return value["data"], [(one, None) for one in value["pointers"]]


def _sections(tree: dict[str, Any], of: StructType) -> _Sections:
    data = 0
    pointers: list[tuple[Any, Type | None]] = [(None, None)] * of.pointer_count
    for entry in of.fields:
        value = tree[entry.name]
        if entry.union is not None and tree[entry.union] != entry.member:
            continue
        if entry.kind in POINTERS:
            known = entry.target is not None and entry.kind not in DYNAMIC
            pointers[entry.offset] = (value, TYPES[str(entry.target)] if known else None)
        elif bits := SCALAR_BITS[entry.kind]:
            stored = (int(value) ^ int(entry.default or 0)) & (1 << bits) - 1
            data |= stored << entry.offset * bits
    return data.to_bytes(of.data_words * _WORD_BYTES, "little"), pointers


def _blob(octets: bytes) -> _Object:
    return _Object(_list_pointer(ELEMENT_SIZES[8], len(octets)), _padded(octets))


def _list_pointer(element_size: int, count: int) -> int:
    return _POINTER_LIST | (element_size | count << 3) << 32


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % _WORD_BYTES)


def _pointers(values: list[tuple[Any, Type | None]]) -> _Object:
    made = _Object(_list_pointer(_ELEMENT_POINTER, len(values)), bytes(len(values) * _WORD_BYTES))
    made.below = [(at, one, of) for at, (one, of) in enumerate(values) if one is not None]
    return made


def _needed(sections: _Sections) -> tuple[int, int]:
    data, pointers = sections
    used = [at for at, (one, _) in enumerate(pointers) if one is not None]
    words = (len(data.rstrip(b"\0")) + _WORD_BYTES - 1) // _WORD_BYTES
    return words, used[-1] + 1 if used else 0


def _cut(sections: _Sections, data_words: int, pointer_count: int, start: int) -> _Object:
    """A struct at word `start`, cut to sections of these sizes."""
    data, pointers = sections
    body = data[: data_words * _WORD_BYTES].ljust(data_words * _WORD_BYTES, b"\0")
    made = _Object(0, body + bytes(pointer_count * _WORD_BYTES))
    made.below = [
        (start + data_words + at, one, of)
        for at, (one, of) in enumerate(pointers[:pointer_count])
        if one is not None
    ]
    return made


def _one_struct(sections: _Sections) -> _Object:
    data_words, pointer_count = _needed(sections)
    made = _cut(sections, data_words, pointer_count, 0)
    made.pointer = _POINTER_STRUCT | (data_words | pointer_count << 16) << 32
    return made


def _structs(elements: list[_Sections], count: int) -> _Object:
    needs = [_needed(one) for one in elements]
    data_words = max((data for data, _ in needs), default=0)
    pointer_count = max((pointers for _, pointers in needs), default=0)
    size = data_words + pointer_count
    tag = _POINTER_STRUCT | count << 2 | (data_words | pointer_count << 16) << 32
    made = _Object(_list_pointer(_ELEMENT_COMPOSITE, count * size), _WORD.pack(tag))
    for index, one in enumerate(elements):
        part = _cut(one, data_words, pointer_count, 1 + index * size)
        made.body += part.body
        made.below += part.below
    return made
