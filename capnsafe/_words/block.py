"""Blocks: an object and everything below it as one run of words, ready to be placed at once.

A value of a schema is laid out in a block before the message asks for memory. A block is a message
of one segment: the word of the root pointer, and then the objects. All of its pointers are relative
and lead to words of the block, so everything behind the root pointer can be copied as it is to any
place that has room for all of it. If no place has, the block is taken apart into a tree, whose
objects can lie in several segments.

The order is that of the reference implementation: an object comes before its children, and children
are in the order of their pointers.
"""

from __future__ import annotations

from typing import Final, TypeAlias, final

from .. import wire
from ..errors import MessageTooLarge
from ..wire import MAX_LIST_COUNT, MAX_SEGMENT_WORDS, WORD_BYTES
from .arguments import check_count
from .tree import Spot, Tree, read_spot

#: The shape of an empty list of bytes.
_BYTES: Final = wire.list_shape(wire.SIZE_BYTE, 0)
#: The zeros after a list of bytes, by the number of its bytes modulo 8.
_PADDING: Final = tuple(bytes(-count % WORD_BYTES) for count in range(WORD_BYTES))

_PACK_INTO: Final = wire.POINTER.pack_into
_UNPACK_FROM: Final = wire.POINTER.unpack_from


@final
class Block:
    """An object and everything below it, in the words of a message of one segment.

    Args:
        octets: The words of the message. Its root pointer is not null.
    """

    __slots__ = ("octets", "shape")

    def __init__(self, octets: bytearray) -> None:
        require_words(len(octets) // WORD_BYTES)
        self.octets: Final = octets
        root: int = _UNPACK_FROM(octets)[0]
        #: The root pointer without its offset. That of a capability is the pointer itself.
        self.shape: Final = root if root & 3 == wire.OTHER else wire.shape_of(root)

    @property
    def words(self) -> int:
        """Number of words without that of the root pointer."""
        return len(self.octets) // WORD_BYTES - 1

    def tree(self) -> Tree:
        """Return the same object as a tree."""
        return read_spot(_BlockSource(self.octets), (self.shape, 0, 1), 0)


def require_words(words: int) -> None:
    """Raise ``MessageTooLarge`` if a block has more words than its pointers can reach."""
    if words > MAX_SEGMENT_WORDS:
        raise MessageTooLarge(
            f"a value of {words} words is too large: no segment has more than {MAX_SEGMENT_WORDS}"
            " words",
            words_asked=words,
        )


@final
class _BlockSource:
    """The words of a block as a source of copies. Its pointers need no check."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytearray) -> None:
        self._octets: Final = octets

    def spot(self, segment: int, word: int, pointer: int, depth: int) -> Spot:
        """Return the place of the object of a pointer."""
        if pointer & 3 == wire.OTHER:
            return pointer, segment, 0
        return wire.shape_of(pointer), segment, word + 1 + wire.offset(pointer)

    def octets(self, segment: int, start: int, words: int) -> bytes:
        """Return a copy of these words."""
        return bytes(self._octets[start * WORD_BYTES : (start + words) * WORD_BYTES])

    def charge_elements(self, count: int) -> None:
        """Charge nothing: elements without size take no time here."""


#: A copy of an object and everything below it, in private bytes.
Copied: TypeAlias = "Tree | Block"


def append_object(out: bytearray, at: int, shape: int, octets: bytes | bytearray) -> int:
    """Append an object to a block, point to it from word ``at``, and return its first word.

    ``shape`` is the pointer without its offset. A capability has no words.
    """
    start = len(out) // WORD_BYTES
    if octets or shape & 3 == wire.LIST:
        pointer = shape | start - at - 1 << 2
    else:
        pointer = wire.EMPTY_STRUCT if shape & 3 == wire.STRUCT else shape
    _PACK_INTO(out, at * WORD_BYTES, pointer)
    out += octets
    return start


def append_bytes(out: bytearray, at: int, octets: bytes) -> None:
    """Append a list of bytes to a block, and point to it from word ``at``."""
    count = len(octets)
    if count > MAX_LIST_COUNT:
        check_count(count)
    start = len(out) // WORD_BYTES
    _PACK_INTO(out, at * WORD_BYTES, _BYTES | start - at - 1 << 2 | count << 35)
    out += octets
    out += _PADDING[count & 7]


def append_copy(out: bytearray, at: int, copied: Copied) -> None:
    """Append a copy of an object and everything below it, and point to it from word ``at``."""
    if type(copied) is Block:
        append_object(out, at, copied.shape, copied.octets[WORD_BYTES:])
        return
    todo: list[tuple[int, Tree]] = [(at, copied)]
    while todo:
        word, node = todo.pop()
        start = append_object(out, word, node.shape, node.body)
        todo += [(start + place, child) for place, child in reversed(node.children)]


def block_of(copied: Copied) -> Block:
    """Return a copy as a block."""
    if type(copied) is Block:
        return copied
    out = bytearray(WORD_BYTES)
    append_copy(out, 0, copied)
    return Block(out)


def as_tree(copied: Copied) -> Tree:
    """Return a copy as a tree."""
    return copied.tree() if type(copied) is Block else copied
