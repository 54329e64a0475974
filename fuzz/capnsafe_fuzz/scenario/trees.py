"""The contents of the message from the model's objects, as plain values that can be compared.

The object of an AnyPointer is in the encoding's form, because the schema has no names for it:

- a struct is ``{"data": bytes, "pointers": [...]}``, which shows the sizes of its sections;
- a list of structs is ``{"sections": (data words, pointers), "elements": [...]}``, and has
  ``("count", n)`` in place of n elements without words;
- a list of numbers, a Text or a Data is ``(element size, count, bytes)``;
- a list of pointers is a list.
"""

from __future__ import annotations

from typing import Any, Final

from .nodes import BLANKS, NODES, ListNode, Node, StructNode
from .schema import DYNAMIC, POINTERS, SCALAR_BITS, STRUCTS, FieldKind, StructType

ZERO_SIZED: Final = "count"
"""A List(Void) or List(Empty) of n elements reads as `("count", n)`: n may be millions."""

ELEMENT_SIZES: Final = {0: 0, 1: 1, 8: 2, 16: 3, 32: 4, 64: 5}
"""Element sizes of the encoding by width in bits (specification, "Lists")."""

_DYNAMIC_NAMES: Final = frozenset(
    field.name for struct in STRUCTS for field in struct.fields if field.kind in DYNAMIC
)
_WORD_BYTES: Final = 8


def tree_of(node: Node) -> Any:
    """Return the tree of a struct or list whose schema is known."""
    if isinstance(node, StructNode):
        tree: Any = node.blanks.copy()
        for name, held in node.contents.items():
            if isinstance(held, NODES):
                tree[name] = raw_of(held) if name in _DYNAMIC_NAMES else tree_of(held)
            else:
                tree[name] = raw_of(held) if name in _DYNAMIC_NAMES else held
        return tree
    of = node.type
    if of.zero_sized:
        return (ZERO_SIZED, node.count)
    # Null elements that are structs read as blank ones, all the same object: trees are not changed.
    blank = node.blank if of.element is not FieldKind.STRUCT else BLANKS[of.type.name]
    tree = [blank] * node.count
    for index, held in node.contents.items():
        tree[index] = tree_of(held) if isinstance(held, NODES) else held
    return tree


def raw_of(value: Any) -> Any:
    """Return the tree of any value of a pointer, without a schema."""
    if isinstance(value, StructNode):
        return _raw_struct(value.type, value.contents)
    if isinstance(value, ListNode):
        return _raw_list(value)
    if isinstance(value, str):
        value = value.encode() + b"\0"
    if isinstance(value, bytes):
        return (ELEMENT_SIZES[8], len(value), value)
    return value


def _raw_struct(of: StructType, contents: dict[Any, Any]) -> dict[str, Any]:
    data = 0
    pointers: list[Any] = [None] * of.pointer_count
    for field in of.fields:
        held = contents.get(field.name)
        if held is None:
            continue
        if field.kind in POINTERS:
            pointers[field.offset] = raw_of(held)
        elif bits := SCALAR_BITS[field.kind]:
            stored = (int(held) ^ int(field.default or 0)) & (1 << bits) - 1
            data |= stored << field.offset * bits
    return {"data": data.to_bytes(of.data_words * _WORD_BYTES, "little"), "pointers": pointers}


def _raw_list(node: ListNode) -> Any:
    of = node.type
    if of.element is FieldKind.STRUCT:
        assert isinstance(of.type, StructType)
        if of.type.words == 0:
            return {"sections": (0, 0), "elements": (ZERO_SIZED, node.count)}
        blank = _raw_struct(of.type, {})
        return {
            "sections": (of.type.data_words, of.type.pointer_count),
            "elements": [
                raw_of(node.contents[index]) if index in node.contents else blank
                for index in range(node.count)
            ],
        }
    if of.element in POINTERS:
        return [raw_of(node.contents.get(index)) for index in range(node.count)]
    bits = SCALAR_BITS[of.element]
    whole = 0
    for index, held in node.contents.items():
        whole |= (held & (1 << bits) - 1) << index * bits
    size = (node.count * bits + 7) // 8
    return (ELEMENT_SIZES[bits], node.count, whole.to_bytes(size, "little"))
