"""Private copies of an object and everything below it.

A deep copy, a canonical form and a total size all begin the same way: the source is read once,
checked, and copied. Only then is anything built. So source and destination may be one message, or
even one object. (In capnproto C++, ``list[i] = list[i]`` erased itself, #729.)

Reading is iterative, in the order in which the reference implementation copies: an object comes
before its children, and children in the order of their pointers. The copy fixes the details that
the encoding leaves open: bits and bytes beyond the end of a list are zero, and a composite list has
no words after its last element.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias, final

from .. import wire
from ..errors import MalformedMessage
from ..wire import WORD_BYTES

#: The place of an object: (shape, segment, first word). The shape of a capability is its pointer.
Spot: TypeAlias = tuple[int, int, int]


class Source(Protocol):
    """A message to copy from: one that is being built, or one that is read."""

    def spot(self, segment: int, word: int, pointer: int, depth: int) -> Spot:
        """Follow a pointer that is not null, and check that its object is within the message."""

    def octets(self, segment: int, start: int, words: int) -> bytes:
        """Return a copy of these words."""

    def charge_elements(self, count: int) -> None:
        """Charge the elements of a list whose elements have no size, before it is copied."""


@final
class ObjectSize(NamedTuple):
    """The size of a copy of an object and everything below it, without landing pads."""

    words: int
    """Number of words, including the tags of lists of structs."""
    capabilities: int
    """Number of pointers that are capabilities."""


@final
class Tree:
    """An object: its shape, its words, and a tree for each of its pointers.

    ``children`` are pairs (word in ``body``, tree). Their pointers are zero in ``body``. A
    capability has no body, and its pointer as its shape.
    """

    __slots__ = ("body", "children", "shape")

    def __init__(self, shape: int, body: bytearray) -> None:
        self.shape = shape
        self.body = body
        self.children: list[tuple[int, Tree]] = []

    @property
    def words(self) -> int:
        """Number of words of the object itself, including the tag of a composite list."""
        return len(self.body) // WORD_BYTES

    def total_size(self) -> ObjectSize:
        """Return the size of the object and everything below it."""
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
    """Copy the object of ``pointer``, which was read at ``word`` of ``segment``."""
    return read_spot(source, source.spot(segment, word, pointer, 0), 0)


def read_spot(source: Source, spot: Spot, depth: int) -> Tree:
    """Copy an object whose place is known and whose bounds were checked."""
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
    """Return a copy of one object, and its pointers in reverse order."""
    shape, segment, start = spot
    if shape & 3 == wire.OTHER:
        require_known(shape, segment, start)
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
            shape, groups = _composite(source, shape, body, segment, start)
        else:
            if size_code == wire.SIZE_VOID:
                source.charge_elements(wire.list_count(shape))
            _clear_behind(body, wire.list_count(shape) * wire.ELEMENT_BITS[size_code])
    tree = Tree(shape, body)
    _take_pointers(tree, segment, start, groups, depth + 1, pending)
    return tree, pending


def require_known(pointer: int, segment: int, word: int) -> None:
    """Raise if a pointer of kind 3 is not a capability: all others of that kind are reserved."""
    if pointer & 3 == wire.OTHER and not wire.is_capability(pointer):
        raise MalformedMessage(
            f"a pointer is of kind 3 and not a capability: {pointer:#018x}",
            segment=segment,
            offset=word,
        )


def _composite(
    source: Source, shape: int, body: bytearray, segment: int, start: int
) -> tuple[int, list[range]]:
    """Check a composite list against its tag, and cut off the words after its last element."""
    tag: int = wire.POINTER.unpack_from(body)[0]
    count = wire.tag_count(tag)
    data_words = wire.struct_data_words(tag)
    pointers = wire.struct_pointers(tag)
    step = data_words + pointers
    if tag & 3 != wire.STRUCT or count * step > wire.list_count(shape):
        raise MalformedMessage(
            f"the tag of a composite list of {wire.list_count(shape)} words does not fit it:"
            f" {count} elements of {data_words} data words and {pointers} pointers",
            segment=segment,
            offset=start,
        )
    if step == 0:
        source.charge_elements(count)
    words = count * step
    del body[(1 + words) * WORD_BYTES :]
    groups = []
    if pointers:
        groups = [range(at, at + pointers) for at in range(1 + data_words, 1 + words, step)]
    return wire.list_shape(wire.SIZE_COMPOSITE, words), groups


def _clear_behind(body: bytearray, bits: int) -> None:
    """Zero the bits and bytes after the last element of a list."""
    octets, rest = divmod(bits, 8)
    if rest:
        body[octets] &= (1 << rest) - 1
        octets += 1
    body[octets:] = bytes(len(body) - octets)


def _take_pointers(
    tree: Tree, segment: int, start: int, groups: list[range], depth: int, pending: list[_Pending]
) -> None:
    """Move the pointers of a body to ``pending``, in reverse order, and zero them in the body."""
    for group in groups:
        for at in group:
            pointer: int = wire.POINTER.unpack_from(tree.body, at * WORD_BYTES)[0]
            if pointer:
                wire.POINTER.pack_into(tree.body, at * WORD_BYTES, 0)
                pending.append((tree, at, segment, start + at, pointer, depth))
    pending.reverse()
