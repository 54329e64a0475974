"""The canonical form once more (encoding specification, "Canonicalization")."""

from __future__ import annotations

from typing import Final

from .reference import Copy, Refused

_WORD: Final = 8
_COMPOSITE: Final = 7
_ZERO: Final = bytes(_WORD)


def canonical(root: Copy) -> bytes:
    """The one segment whose root is this struct; ``Refused`` where it has a capability."""
    out = bytearray(_WORD)
    _place(root, 0, out)
    return bytes(out)


def _place(copy: Copy, at: int, out: bytearray) -> None:
    """Append an object and all below it, in the order of their pointers, and point to it."""
    shape, body, children = _cut(copy)
    if shape & 3 == 3:
        raise Refused("a capability has no canonical form")
    start = len(out) // _WORD
    offset = start - at - 1 if body or shape & 3 else -1
    pointer = shape | (offset & 0x3FFFFFFF) << 2
    out[at * _WORD : (at + 1) * _WORD] = pointer.to_bytes(_WORD, "little")
    out += body
    for place, child in children:
        _place(child, start + place, out)


def _cut(copy: Copy) -> Copy:
    """Without the words at the ends of sections that no struct of it needs."""
    shape, body, children = copy
    words = [body[at : at + _WORD] for at in range(0, len(body), _WORD)]
    if shape & 3 == 0:
        tag, first = [], 0
        data, pointers, count = shape >> 32 & 0xFFFF, shape >> 48, 1
    elif shape & 3 == 1 and shape >> 32 & 7 == _COMPOSITE:
        head = int.from_bytes(words[0], "little")
        tag, first = words[:1], 1
        data, pointers, count = head >> 32 & 0xFFFF, head >> 48, head >> 2 & 0x3FFFFFFF
    else:
        return copy
    step = data + pointers
    starts = range(first, first + count * step, step) if step else range(0)
    below = dict(children)
    need_data = max((_last(words[s : s + data]) for s in starts), default=0)
    need_pointers = 0
    for place in below:
        need_pointers = max(need_pointers, (place - first) % step - data + 1)
    kept: list[bytes] = []
    moved: list[tuple[int, Copy]] = []
    for start in starts:
        kept += words[start : start + need_data]
        for index in range(need_pointers):
            child = below.get(start + data + index)
            if child is not None:
                moved.append((first + len(kept), child))
            kept.append(_ZERO)
    if not tag:
        return need_data << 32 | need_pointers << 48, b"".join(kept), tuple(moved)
    head = count << 2 | need_data << 32 | need_pointers << 48
    size = count * (need_data + need_pointers)
    made = 1 | _COMPOSITE << 32 | size << 35
    return made, head.to_bytes(_WORD, "little") + b"".join(kept), tuple(moved)


def _last(words: list[bytes]) -> int:
    """How many of these words are left without zero ones at the end."""
    count = len(words)
    while count and words[count - 1] == _ZERO:
        count -= 1
    return count
