"""The canonical form of a message (encoding specification, "Canonicalization").

The canonical form is one segment, with the objects in pre-order and without unneeded words: zero
words at the end of a data section and null pointers at the end of a pointer section are cut off. In
a list of structs, all elements are cut to the same sizes. A message with capabilities has no
canonical form.
"""

from __future__ import annotations

from .. import wire
from ..errors import MalformedMessage, MessageTooLarge
from ..wire import WORD_BYTES
from .tree import Tree


def canonical_words(tree: Tree | None) -> bytes:
    """Return the segment of the canonical message whose root is ``tree`` (None: a null root).

    Cuts the trees to their canonical sizes in place.

    Raises:
        MalformedMessage: If there is a capability in the tree.
        MessageTooLarge: If the canonical form does not fit in one segment.
    """
    out = bytearray(WORD_BYTES)
    if tree is None:
        return bytes(out)
    todo = [(0, tree)]
    while todo:
        at, node = todo.pop()
        if node.shape & 3 == wire.OTHER:
            raise MalformedMessage("a message with capabilities has no canonical form")
        _cut(node)
        start = len(out) // WORD_BYTES
        if start + node.words > wire.MAX_SEGMENT_WORDS:
            raise MessageTooLarge(
                "the canonical form does not fit in one segment, which has at most"
                f" {wire.MAX_SEGMENT_WORDS} words"
            )
        pointer = wire.with_offset(node.shape, start - at - 1)
        if node.words == 0 and node.shape & 3 == wire.STRUCT:
            pointer = wire.EMPTY_STRUCT
        wire.POINTER.pack_into(out, at * WORD_BYTES, pointer)
        out += node.body
        todo.extend((start + word, child) for word, child in reversed(node.children))
    return bytes(out)


def _cut(tree: Tree) -> None:
    """Cut a struct, or the elements of a list of structs, to the sizes that they need."""
    if tree.shape & 3 == wire.STRUCT:
        data, pointers = wire.struct_data_words(tree.shape), wire.struct_pointers(tree.shape)
        kept = _needed(tree, [0], data, pointers)
        if kept != (data, pointers):
            _shorten(tree, [0], data, *kept)
            tree.shape = wire.struct_shape(*kept)
    elif wire.list_size_code(tree.shape) == wire.SIZE_COMPOSITE:
        tag: int = wire.POINTER.unpack_from(tree.body)[0]
        count = wire.tag_count(tag)
        data, pointers = wire.struct_data_words(tag), wire.struct_pointers(tag)
        step = data + pointers
        starts = list(range(1, 1 + count * step, step)) if step else []
        kept = _needed(tree, starts, data, pointers)
        if kept != (data, pointers):
            _shorten(tree, starts, data, *kept)
            tree.body[:0] = wire.POINTER.pack(wire.tag(count, *kept))
            tree.children = [(word + 1, child) for word, child in tree.children]
            tree.shape = wire.list_shape(wire.SIZE_COMPOSITE, count * sum(kept))


def _needed(tree: Tree, starts: list[int], data: int, pointers: int) -> tuple[int, int]:
    """Return how many data words and pointers the structs at ``starts`` need."""
    need_data = 0
    for start in starts:
        section = bytes(tree.body[start * WORD_BYTES : (start + data) * WORD_BYTES])
        octets = len(section.rstrip(b"\0"))
        need_data = max(need_data, (octets + WORD_BYTES - 1) // WORD_BYTES)
        if need_data == data:
            break
    need_pointers = 0
    step = data + pointers
    for word, _ in tree.children:
        place = (word - starts[0]) % step - data
        need_pointers = max(need_pointers, place + 1)
    return need_data, need_pointers


def _shorten(tree: Tree, starts: list[int], data: int, keep_data: int, keep_pointers: int) -> None:
    """Cut the structs at ``starts`` to ``keep_data`` data words and ``keep_pointers`` pointers."""
    body = bytearray()
    moved: dict[int, int] = {}
    for start in starts:
        body += tree.body[start * WORD_BYTES : (start + keep_data) * WORD_BYTES]
        for index in range(keep_pointers):
            moved[start + data + index] = len(body) // WORD_BYTES
            body += bytes(WORD_BYTES)
    tree.children = [(moved[word], child) for word, child in tree.children]
    tree.body = body
