"""New layouts of copied objects: structs with larger sections, and concatenated lists.

An object is copied first (:mod:`capnsafe._words.tree`), laid out here in private bytes, and then
built like any other copy.
"""

from __future__ import annotations

from .. import wire
from .._words.tree import Tree
from ..errors import ArgumentTypeError, MessageTooLarge
from ..wire import WORD_BYTES
from .upgrade import enlargement


def widened(tree: Tree, data_words: int, pointers: int) -> Tree:
    """Return a struct, or a list of structs, with at least these sections (words, pointers)."""
    plan = enlargement(tree.shape, lambda: elements_of(tree), data_words, pointers)
    if plan is None:
        return tree
    body = bytearray(plan.head)
    padding = plan.data_words * WORD_BYTES - plan.old_data
    for element in range(plan.count if plan.step else 0):
        at = plan.old_first + element * plan.old_step
        body += tree.body[at : at + plan.old_data]
        body += bytes(padding + plan.pointers * WORD_BYTES)
    wide = Tree(plan.shape, body)
    for word, child in tree.children:
        element, rest = 0, word * WORD_BYTES
        if plan.old_step:
            element, rest = divmod(rest - plan.old_first, plan.old_step)
        index = (rest - plan.old_data) // WORD_BYTES
        wide.children.append((plan.first + element * plan.step + plan.data_words + index, child))
    return wide


def elements_of(tree: Tree) -> tuple[int, int, int]:
    """Return (elements, data words, pointers) of a composite list."""
    word: int = wire.POINTER.unpack_from(tree.body)[0]
    return wire.tag_count(word), wire.struct_data_words(word), wire.struct_pointers(word)


def sections_of(tree: Tree) -> tuple[int, int, int] | None:
    """Return the numbers in the tag of a composite list, or ``None`` for another object."""
    if tree.shape & 3 != wire.LIST or wire.list_size_code(tree.shape) != wire.SIZE_COMPOSITE:
        return None
    return elements_of(tree)


def joined(trees: list[Tree]) -> Tree:
    """Return the concatenation of lists. Structs all get the largest sections of any.

    Next to structs, lists of values or pointers count as lists of structs with that one field.

    Raises:
        ArgumentTypeError: If there is no list, or if they have different element sizes.
        MessageTooLarge: If the result has too many elements or words.
    """
    codes = {
        wire.list_size_code(tree.shape) if tree.shape & 3 == wire.LIST else None for tree in trees
    }
    if wire.SIZE_COMPOSITE in codes and codes.isdisjoint((None, wire.SIZE_BIT)):
        return _joined_structs([widened(tree, 0, 0) for tree in trees])
    if len(codes) != 1 or None in codes:
        raise ArgumentTypeError("lists must be one or more lists with the same element size")
    size_code = wire.list_size_code(trees[0].shape)
    count = sum(wire.list_count(tree.shape) for tree in trees)
    _require_count(count)
    whole = Tree(wire.list_shape(size_code, count), bytearray())
    if size_code == wire.SIZE_BIT:
        whole.body += _joined_bits(trees)
        whole.body += bytes(-len(whole.body) % WORD_BYTES)
        return whole
    for tree in trees:
        shift = len(whole.body) // WORD_BYTES
        size = wire.list_count(tree.shape) * wire.ELEMENT_BITS[size_code] // 8
        whole.body += tree.body[:size]
        whole.children += [(word + shift, child) for word, child in tree.children]
    whole.body += bytes(-len(whole.body) % WORD_BYTES)
    return whole


def _joined_bits(trees: list[Tree]) -> bytearray:
    """Return the concatenated bits of lists of bits, in bytes."""
    body = bytearray()
    # The bits that do not fill a byte yet, and their number.
    rest = 0
    pending = 0
    for tree in trees:
        count = wire.list_count(tree.shape)
        bits = rest | int.from_bytes(tree.body[: (count + 7) // 8], "little") << pending
        pending += count
        octets = bits.to_bytes(pending // 8 + 1, "little")
        body += octets[:-1]
        rest = octets[-1]
        pending %= 8
    if pending:
        body.append(rest)
    return body


def _joined_structs(trees: list[Tree]) -> Tree:
    sections = [elements_of(tree) for tree in trees]
    count = sum(elements for elements, _, _ in sections)
    data_words = max(data for _, data, _ in sections)
    pointers = max(row for _, _, row in sections)
    words = count * (data_words + pointers)
    _require_count(count)
    _require_count(words)
    whole = Tree(
        wire.list_shape(wire.SIZE_COMPOSITE, words),
        bytearray(wire.POINTER.pack(wire.tag(count, data_words, pointers))),
    )
    for tree in trees:
        wide = widened(tree, data_words, pointers)
        shift = len(whole.body) // WORD_BYTES - 1
        whole.body += wide.body[WORD_BYTES:]
        whole.children += [(word + shift, child) for word, child in wide.children]
    return whole


def _require_count(count: int) -> None:
    if count > wire.MAX_LIST_COUNT:
        raise MessageTooLarge(
            f"a list can have at most {wire.MAX_LIST_COUNT} elements and as many words, not"
            f" {count}",
            words_asked=count,
        )
