"""Objects copied out: an object and all below it, as private bytes.

A deep copy, a canonical form, a total size all begin the same way: the source is read once,
checked, and copied out. Only then is anything built. So it does not matter whether source and
destination are one message, or one object: what is written is what was read. (``list[i] = list[i]``
wiped itself in capnproto C++, #729.)

Reading is iterative, in the order in which the reference implementation copies: an object before
what its pointers lead to, pointers in their order. What the encoding leaves open is settled on the
way: bits and bytes behind the end of a list are zero, and a composite list has no words behind its
last element.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

from .. import wire
from ..errors import MalformedMessage
from ..wire import WORD_BYTES

#: Where an object is: (shape, segment, first word). The shape of a capability is its pointer.
Spot: TypeAlias = tuple[int, int, int]


class Source(Protocol):
    """A message that is read: one that is being built, or a reader's."""

    def spot(self, segment: int, word: int, pointer: int, depth: int) -> Spot:
        """Follow a pointer that is not null; what it leads to lies within the message."""

    def octets(self, segment: int, start: int, words: int) -> bytes:
        """Return a copy of these words."""


class ObjectSize(NamedTuple):
    """What an object and all below it take when they are copied: without landing pads."""

    words: int
    """Words, the tags of lists of structs included."""
    capabilities: int
    """How many pointers are capabilities."""


class Tree:
    """An object: its shape, its words, and the trees that its pointers lead to.

    ``children`` are (word in ``body``, tree). Their pointers are zero in ``body``. A capability has
    no body: its pointer is its shape.
    """

    __slots__ = ("body", "children", "shape")

    def __init__(self, shape: int, body: bytearray) -> None:
        self.shape = shape
        self.body = body
        self.children: list[tuple[int, Tree]] = []

    @property
    def words(self) -> int:
        """Words of the object itself; the tag of a composite list counts."""
        return len(self.body) // WORD_BYTES

    def total_size(self) -> ObjectSize:
        """Return what the object and all below it take."""
        words = 0
        capabilities = 0
        todo = [self]
        while todo:
            tree = todo.pop()
            words += tree.words
            capabilities += tree.shape & 3 == wire.OTHER
            todo.extend(child for _, child in tree.children)
        return ObjectSize(words, capabilities)


def read_tree(source: Source, segment: int, word: int, pointer: int) -> Tree:
    """Copy out what the pointer read at ``word`` of ``segment`` leads to."""
    return read_spot(source, source.spot(segment, word, pointer, 0), 0)


def read_spot(source: Source, spot: Spot, depth: int) -> Tree:
    """Copy out an object whose place is known, and whose words were checked."""
    tree, pending = _read_object(source, spot, depth)
    _read_below(source, pending)
    return tree


#: A pointer to follow: (parent, word in its body, segment, word there, pointer, depth).
_Pending: TypeAlias = tuple[Tree, int, int, int, int, int]


def _read_below(source: Source, pending: list[_Pending]) -> None:
    while pending:
        parent, at, segment, word, pointer, depth = pending.pop()
        child, below = _read_object(source, source.spot(segment, word, pointer, depth), depth)
        parent.children.append((at, child))
        pending += below


def _read_object(source: Source, spot: Spot, depth: int) -> tuple[Tree, list[_Pending]]:
    """Copy out one object; answer it, and its pointers, the first one last."""
    shape, segment, start = spot
    if shape & 3 == wire.OTHER:
        if not wire.is_capability(shape):
            raise MalformedMessage("a pointer of no known kind", segment=segment, offset=start)
        return Tree(shape, bytearray()), []
    words = wire.object_words(shape)
    body = bytearray(source.octets(segment, start, words) if words else b"")
    pending: list[_Pending] = []
    groups: list[range] = []
    if shape & 3 == wire.STRUCT:
        first = wire.struct_data_words(shape)
        groups = [range(first, words)]
    else:
        size_code = wire.list_size_code(shape)
        if size_code == wire.SIZE_POINTER:
            groups = [range(words)]
        elif size_code == wire.SIZE_COMPOSITE:
            shape, groups = _composite(shape, body, segment, start)
        else:
            _clear_behind(body, wire.list_count(shape) * wire.ELEMENT_BITS[size_code])
    tree = Tree(shape, body)
    _take_pointers(tree, segment, start, groups, depth + 1, pending)
    return tree, pending


def _composite(shape: int, body: bytearray, segment: int, start: int) -> tuple[int, list[range]]:
    """Check a composite list against its tag, and cut what lies behind its last element."""
    tag: int = wire.POINTER.unpack_from(body)[0]
    count = wire.tag_count(tag)
    data_words = wire.struct_data_words(tag)
    pointers = wire.struct_pointers(tag)
    step = data_words + pointers
    if tag & 3 != wire.STRUCT or count * step > wire.list_count(shape):
        raise MalformedMessage(
            f"a composite list of {wire.list_count(shape)} words whose tag says {count} elements of"
            f" {data_words} + {pointers} words",
            segment=segment,
            offset=start,
        )
    words = count * step
    del body[(1 + words) * WORD_BYTES :]
    groups = []
    if pointers:
        groups = [range(at, at + pointers) for at in range(1 + data_words, 1 + words, step)]
    return wire.list_shape(wire.SIZE_COMPOSITE, words), groups


def _clear_behind(body: bytearray, bits: int) -> None:
    """Zero what lies behind the last element of a list."""
    octets, rest = divmod(bits, 8)
    if rest:
        body[octets] &= (1 << rest) - 1
        octets += 1
    body[octets:] = bytes(len(body) - octets)


def _take_pointers(
    tree: Tree, segment: int, start: int, groups: list[range], depth: int, pending: list[_Pending]
) -> None:
    """Note the pointers of a body as pending, the first one last, and zero them in the body."""
    for group in groups:
        for at in group:
            pointer: int = wire.POINTER.unpack_from(tree.body, at * WORD_BYTES)[0]
            if pointer:
                wire.POINTER.pack_into(tree.body, at * WORD_BYTES, 0)
                pending.append((tree, at, segment, start + at, pointer, depth))
    pending.reverse()
