"""Equality of two objects by the reference: same contents, whatever version of a schema wrote them.

Each object becomes a plain value, in which the zeros and null pointers at the end of a section are
left out. Equal objects have equal values. The value of a capability tells only that there is one,
because its number refers to a table outside of the message.
"""

from __future__ import annotations

from typing import Any, Final

from .reading import WORD_BYTES, Copy

_CAPABILITY: Final = "a capability"
_STRUCT, _LIST = 0, 1
_POINTERS, _STRUCTS = 6, 7


def equal_copies(one: Copy, other: Copy) -> bool | None:
    """Return whether two copied objects are equal; None if that depends on capabilities."""
    if _contents(one) != _contents(other):
        return False
    return None if _has_capability(one) else True


def _contents(copy: Copy | None) -> Any:
    """Return an object's plain value. The nesting limit of the copy bounds the recursion."""
    if copy is None:
        return None
    shape, body, children = copy
    if shape & 3 == _STRUCT:
        return "struct", _sections(copy, 0, shape >> 32 & 0xFFFF, shape >> 48)
    if shape & 3 != _LIST:
        return _CAPABILITY
    size, count = shape >> 32 & 7, shape >> 35
    if size == _POINTERS:
        below = dict(children)
        return "pointers", [_contents(below.get(at)) for at in range(count)]
    if size != _STRUCTS:
        return "values", size, count, body
    tag = int.from_bytes(body[:WORD_BYTES], "little")
    data, pointers, elements = tag >> 32 & 0xFFFF, tag >> 48, tag >> 2 & 0x3FFFFFFF
    if data + pointers == 0:
        return "structs", elements, []
    first = [1 + element * (data + pointers) for element in range(elements)]
    structs = [_sections(copy, start, data, pointers) for start in first]
    # Structs that are all empty are like structs without words, of which there may be millions.
    return "structs", elements, structs if any(map(any, structs)) else []


def _sections(copy: Copy, start: int, data: int, pointers: int) -> tuple[bytes, list[Any]]:
    """Return the sections of the struct at a word, without the zeros at their ends."""
    _, body, children = copy
    below = dict(children)
    first = start + data
    found = [_contents(below.get(at)) for at in range(first, first + pointers)]
    while found and found[-1] is None:
        found.pop()
    return body[start * WORD_BYTES : first * WORD_BYTES].rstrip(b"\0"), found


def _has_capability(copy: Copy) -> bool:
    shape, _, children = copy
    return shape & 3 > _LIST or any(_has_capability(child) for _, child in children)
