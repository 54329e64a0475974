"""The canonical form (encoding specification, "Canonicalization").

A message has one canonical form, so an encoder is right if its bytes are the same. Objects lie in
pre-order in one segment. Zero words at the end of data sections and null pointers at the end of
pointer sections are omitted; in a list of structs, from all elements alike.

The input is a copy that was read from segments, or the model's tree of a message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..scenario.model import ZERO_SIZED
from ..scenario.schema import (
    DYNAMIC,
    POINTERS,
    SCALAR_BITS,
    TYPES,
    FieldKind,
    ListType,
    StructType,
    Type,
)
from ..scenario.trees import ELEMENT_SIZES
from .reading import Copy, Refused

_WORD: Final = 8
_LIST: Final = 1
_CAPABILITY: Final = 3
_POINTER: Final = 6
_COMPOSITE: Final = 7
_ZERO: Final = bytes(_WORD)

_Laid = tuple[int, bytes, Sequence[tuple[int, Any]]]
"""An object in full, as three values.

They are the pointer to it without its offset, its words with zeros for pointers, and (word, target
of that pointer) in order.
"""

_Typed = tuple[Any, Type | None]
"""A value of the model's tree, and its type; the type is None if the schema does not give it."""

_Sections = tuple[bytes, list[_Typed]]
"""A struct's data section, and the targets of its pointers."""


def canonical(root: Copy) -> bytes:
    """Return the canonical form of a message with this root, as one segment.

    Raises:
        Refused: If the message has a capability.
    """
    return _segment(root, lambda copy: copy)


def canonical_form(tree: Any, of: Type) -> bytes:
    """Return the canonical form of a message with this tree; a null pointer for None."""
    return _ZERO if tree is None else _segment((tree, of), _lay)


def plain_form(value: Any) -> bytes:
    """Return the words of an object with all below it in pre-order, without omitting any.

    ``value`` is in the encoding's form (see ``scenario.trees``).
    """
    return _segment((value, None), _lay, lambda laid: laid)[_WORD:]


def _segment(
    root: Any, lay: Callable[[Any], _Laid], cut: Callable[[_Laid], _Laid] | None = None
) -> bytes:
    """Place the root and all objects below it, without recursion, since messages nest deeply.

    ``lay`` lays out the target of a pointer, and ``cut`` omits words of it.
    """
    out = bytearray(_WORD)
    todo = [(0, root)]
    while todo:
        at, one = todo.pop()
        shape, body, below = (cut or _cut)(lay(one))
        if shape & 3 == _CAPABILITY:
            raise Refused("a capability has no canonical form")
        start = len(out) // _WORD
        offset = start - at - 1 if body or shape & 3 else -1
        pointer = shape | (offset & 0x3FFFFFFF) << 2
        out[at * _WORD : (at + 1) * _WORD] = pointer.to_bytes(_WORD, "little")
        out += body
        todo += [(start + place, child) for place, child in reversed(below)]
    return bytes(out)


def _cut(laid: _Laid) -> _Laid:
    """Omit the words at the ends of sections that no struct of the object needs."""
    shape, body, children = laid
    words = [body[at : at + _WORD] for at in range(0, len(body), _WORD)]
    if shape & 3 == 0:
        tag, first = [], 0
        data, pointers, count = shape >> 32 & 0xFFFF, shape >> 48, 1
    elif shape & 3 == _LIST and shape >> 32 & 7 == _COMPOSITE:
        head = int.from_bytes(words[0], "little")
        tag, first = words[:1], 1
        data, pointers, count = head >> 32 & 0xFFFF, head >> 48, head >> 2 & 0x3FFFFFFF
    else:
        return laid
    step = data + pointers
    starts = range(first, first + count * step, step) if step else range(0)
    below = dict(children)
    need_data = max((_last(words[s : s + data]) for s in starts), default=0)
    need_pointers = 0
    for place in below:
        need_pointers = max(need_pointers, (place - first) % step - data + 1)
    kept: list[bytes] = []
    moved: list[tuple[int, Any]] = []
    for start in starts:
        kept += words[start : start + need_data]
        for index in range(need_pointers):
            child = below.get(start + data + index)
            if child is not None:
                moved.append((first + len(kept), child))
            kept.append(_ZERO)
    if not tag:
        return need_data << 32 | need_pointers << 48, b"".join(kept), moved
    head = count << 2 | need_data << 32 | need_pointers << 48
    size = count * (need_data + need_pointers)
    return _list_pointer(_COMPOSITE, size), head.to_bytes(_WORD, "little") + b"".join(kept), moved


def _last(words: list[bytes]) -> int:
    """Return how many of these words remain without the zero words at the end."""
    count = len(words)
    while count and words[count - 1] == _ZERO:
        count -= 1
    return count


# From the model's tree.


def _lay(typed: _Typed) -> _Laid:
    value, of = typed
    if isinstance(value, str):
        return _blob(value.encode() + b"\0")
    if isinstance(value, bytes):
        return _blob(value)
    if of is None:
        return _loose(value)
    if isinstance(of, StructType):
        return _struct(_sections(value, of))
    assert isinstance(of, ListType)
    if isinstance(value, tuple) and value[0] == ZERO_SIZED:
        if of.element is FieldKind.STRUCT:
            return _structs([], value[1], (0, 0))
        return _list_pointer(0, value[1]), b"", ()
    if of.element is FieldKind.STRUCT:
        assert isinstance(of.type, StructType)
        element = of.type
        sections = element.data_words, element.pointer_count
        return _structs([_sections(one, element) for one in value], len(value), sections)
    if of.element in POINTERS:
        target = TYPES[of.target] if of.target is not None else None
        return _pointers([(one, target) for one in value])
    bits = SCALAR_BITS[of.element]
    whole = 0
    for index, one in enumerate(value):
        whole |= (int(one) & (1 << bits) - 1) << index * bits
    octets = whole.to_bytes((len(value) * bits + 7) // 8, "little")
    return _list_pointer(ELEMENT_SIZES[bits], len(value)), _padded(octets), ()


def _loose(value: Any) -> _Laid:
    """Lay out a value that is in the encoding's form."""
    if isinstance(value, list):
        return _pointers([(one, None) for one in value])
    if isinstance(value, tuple):
        size, count, octets = value
        return _list_pointer(size, count), _padded(octets), ()
    if "sections" in value:
        elements = value["elements"]
        if isinstance(elements, tuple):
            return _structs([], elements[1], (0, 0))
        sections = [_loose_sections(one) for one in elements]
        return _structs(sections, len(elements), value["sections"])
    return _struct(_loose_sections(value))


def _loose_sections(value: dict[str, Any]) -> _Sections:
    return _padded(value["data"]), [(one, None) for one in value["pointers"]]


def _sections(tree: dict[str, Any], of: StructType) -> _Sections:
    data = 0
    pointers: list[_Typed] = [(None, None)] * of.pointer_count
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
    return data.to_bytes(of.data_words * _WORD, "little"), pointers


def _blob(octets: bytes) -> _Laid:
    return _list_pointer(ELEMENT_SIZES[8], len(octets)), _padded(octets), ()


def _list_pointer(element_size: int, count: int) -> int:
    return _LIST | (element_size | count << 3) << 32


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % _WORD)


def _below(start: int, pointers: list[_Typed]) -> list[tuple[int, _Typed]]:
    return [(start + at, one) for at, one in enumerate(pointers) if one[0] is not None]


def _pointers(values: list[_Typed]) -> _Laid:
    return _list_pointer(_POINTER, len(values)), bytes(len(values) * _WORD), _below(0, values)


def _struct(sections: _Sections) -> _Laid:
    data, pointers = sections
    words = len(data) // _WORD
    shape = words << 32 | len(pointers) << 48
    return shape, data + bytes(len(pointers) * _WORD), _below(words, pointers)


def _structs(elements: list[_Sections], count: int, sizes: tuple[int, int]) -> _Laid:
    data_words, pointer_count = sizes
    step = data_words + pointer_count
    tag = count << 2 | data_words << 32 | pointer_count << 48
    body = bytearray(tag.to_bytes(_WORD, "little"))
    below: list[tuple[int, _Typed]] = []
    for data, pointers in elements:
        first = len(body) // _WORD
        below += _below(first + data_words, pointers)
        body += data.ljust(step * _WORD, b"\0")
    return _list_pointer(_COMPOSITE, count * step), bytes(body), below
