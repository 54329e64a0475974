"""Equality of objects: they are equal if they have the same contents.

The rules are those of ``AnyPointer::Reader::equals`` in C++. Zeros and null pointers at the end of
a section do not count, so structs of several versions of a schema can be equal. The comparison
reads private copies, so no object changes meanwhile.
"""

from __future__ import annotations

from typing import TypeAlias

from .. import wire
from ..wire import WORD_BYTES
from .tree import Tree

#: The structs of an object: (first word of the first struct, number of structs, data words and
#: pointers of each).
_Structs: TypeAlias = "tuple[int, int, int, int]"


def equal_trees(left: Tree, right: Tree) -> bool | None:
    """Return whether two objects are equal; ``None`` if that depends on capabilities."""
    told = True
    todo = [(left, right)]
    while todo:
        one, other = todo.pop()
        if one.shape & 3 != other.shape & 3:
            return False
        if one.shape & 3 == wire.OTHER:
            told = False
            continue
        below = _pairs_below(one, other)
        if below is None:
            return False
        todo += below
    return True if told else None


def _pairs_below(one: Tree, other: Tree) -> list[tuple[Tree, Tree]] | None:
    """Compare two objects of one kind, without the objects below them.

    Return the objects below them in pairs, or ``None`` if the two objects differ.
    """
    mine = _structs_of(one)
    theirs = _structs_of(other)
    if mine is None or theirs is None:
        # The shape of a list consists of the element size and the number of elements.
        if one.shape != other.shape or one.body != other.body:
            return None
        return _paired(dict(one.children), dict(other.children))
    count = mine[1]
    if count != theirs[1]:
        return None
    for number in range(count if mine[2] or theirs[2] else 0):
        if _data_of(one, mine, number) != _data_of(other, theirs, number):
            return None
    return _paired(_places(one, mine), _places(other, theirs))


def _structs_of(tree: Tree) -> _Structs | None:
    """Return the structs in a struct or list of structs; ``None`` for any other list."""
    shape = tree.shape
    if shape & 3 == wire.STRUCT:
        return 0, 1, wire.struct_data_words(shape), wire.struct_pointers(shape)
    if wire.list_size_code(shape) != wire.SIZE_COMPOSITE:
        return None
    tag: int = wire.POINTER.unpack_from(tree.body)[0]
    return 1, wire.tag_count(tag), wire.struct_data_words(tag), wire.struct_pointers(tag)


def _data_of(tree: Tree, structs: _Structs, number: int) -> bytes:
    """Return the data section of a struct without the zeros at its end."""
    first, _, data_words, pointers = structs
    start = first + number * (data_words + pointers)
    return bytes(tree.body[start * WORD_BYTES : (start + data_words) * WORD_BYTES]).rstrip(b"\0")


def _places(tree: Tree, structs: _Structs) -> dict[int, Tree]:
    """Return the objects below structs, by number of the struct and index of the pointer."""
    first, _, data_words, pointers = structs
    below: dict[int, Tree] = {}
    for at, child in tree.children:
        number, place = divmod(at - first, data_words + pointers)
        below[number << 16 | place - data_words] = child
    return below


def _paired(mine: dict[int, Tree], theirs: dict[int, Tree]) -> list[tuple[Tree, Tree]] | None:
    """Return the objects of the same pointers in pairs; ``None`` if an object has no partner."""
    if mine.keys() != theirs.keys():
        return None
    return [(child, theirs[place]) for place, child in mine.items()]
