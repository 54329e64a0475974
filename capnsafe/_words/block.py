"""Blocks: an object and everything below it as one run of words, ready to be placed at once.

A value of a schema is laid out in a block before the message asks for memory. A block is a message
of one segment: the word of the root pointer, and then the objects. All of its pointers are relative
and lead to words of the block, so everything behind the root pointer can be copied as it is to any
place that has room for all of it. If no place has, the block is taken apart into a tree, whose
objects can lie in several segments.

The order is that of the reference implementation: an object comes before its children, and children
are in the order of their pointers. So the pointers of an object are known when everything below it
has its place. Until then its words are numbers, because to write each into bytes takes a call of
Python's ``struct`` module, which costs as much as all of them together.
"""

from __future__ import annotations

from struct import Struct, pack
from typing import Any, Final, TypeAlias, final

from .. import wire
from ..errors import MessageTooLarge
from ..wire import MAX_LIST_COUNT, MAX_SEGMENT_WORDS, WORD_BYTES
from .arguments import check_count
from .tree import Spot, Tree, read_spot

#: The shape of an empty list of bytes.
_BYTES: Final = wire.list_shape(wire.SIZE_BYTE, 0)
#: The zeros after a list of bytes, by their number: a Text may end with a whole word of them.
_ZEROS: Final = tuple(map(bytes, range(WORD_BYTES + 1)))

#: Functions that convert words to bytes, by the number of words.
_PACKED: Final = tuple(Struct(f"<{words}Q").pack for words in range(65))

#: A list of structs is converted in stretches of about so many words.
MOST_NUMBERS: Final = 1 << 10


@final
class Block:
    """An object and everything below it, in the words of a message of one segment.

    Args:
        octets: The words of the message.
        root: Its root pointer, which is not null.
    """

    __slots__ = ("octets", "shape")

    def __init__(self, octets: bytes, root: int) -> None:
        self.octets: Final = octets
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

    def __init__(self, octets: bytes) -> None:
        self._octets: Final = octets

    def spot(self, segment: int, word: int, pointer: int, depth: int) -> Spot:
        """Return the place of the object of a pointer."""
        if pointer & 3 == wire.OTHER:
            return pointer, segment, 0
        return wire.shape_of(pointer), segment, word + 1 + wire.offset(pointer)

    def octets(self, segment: int, start: int, words: int) -> bytes:
        """Return a copy of these words."""
        return self._octets[start * WORD_BYTES : (start + words) * WORD_BYTES]

    def charge_elements(self, count: int) -> None:
        """Charge nothing: elements without size take no time here."""


#: A copy of an object and everything below it, in private bytes.
Copied: TypeAlias = "Tree | Block"


@final
class Body:
    """The words of an object, as numbers, until everything below it is laid out.

    Args:
        words: The words. Pointers are zero until their objects have places.
        start: The place of the first one in the block.
    """

    __slots__ = ("below", "part", "start", "words")

    def __init__(self, words: list[int], start: int = 0) -> None:
        self.words: Final = words
        self.start: Final = start
        #: Pointers whose objects are still to be laid out: (index of the word, kind, value).
        self.below: Final[list[tuple[int, Any, Any]]] = []
        #: The index of the part of the block that these words will be.
        self.part = 0

    def octets(self) -> bytes:
        """Return the words as bytes."""
        count = len(self.words)
        if count < len(_PACKED):
            octets: bytes = _PACKED[count](*self.words)
            return octets
        return pack(f"<{count}Q", *self.words)


@final
class BlockBuilder:
    """A block to which objects are appended."""

    __slots__ = ("end", "open", "parts", "root")

    def __init__(self) -> None:
        """Begin with a root pointer that is null."""
        self.root: Final = Body([0])
        #: The number of words so far.
        self.end = 1
        #: Objects with pointers that are not written yet, each below those before it.
        self.open: Final[list[Body]] = [self.root]
        #: The octets of the objects; nothing yet for those that are open.
        self.parts: Final[list[bytes | bytearray]] = [b""]

    def point(self, body: Body, at: int, shape: int) -> None:
        """Let word ``at`` of a body point to the next object, which has words or is a list."""
        body.words[at] = shape | self.end - body.start - at - 1 << 2

    def append(self, body: Body, at: int, shape: int, octets: bytes) -> None:
        """Append an object without pointers, and point to it from word ``at`` of ``body``.

        ``shape`` is the pointer without its offset. A capability has no words.
        """
        body.words[at] = self._placed(body.start + at, shape, octets)

    def append_bytes(self, body: Body, at: int, octets: bytes, count: int) -> None:
        """Append a list of ``count`` bytes: these and, if it has one more, a zero."""
        if count > MAX_LIST_COUNT:
            check_count(count)
        words = count + 7 >> 3
        offset = self.end - body.start - at - 1
        body.words[at] = _BYTES | offset << 2 | count << wire.LIST_COUNT_SHIFT
        self.parts.append(octets)
        self.parts.append(_ZEROS[words * WORD_BYTES - len(octets)])
        self.end += words

    def append_copy(self, body: Body, at: int, copied: Copied) -> None:
        """Append a copy of an object and everything below it, and point to it from word ``at``."""
        if type(copied) is Block:
            self.append(body, at, copied.shape, copied.octets[WORD_BYTES:])
            return
        holder = bytearray(WORD_BYTES)
        todo: list[tuple[bytearray, int, int, Tree]] = [(holder, 0, body.start + at, copied)]
        while todo:
            parent, place, word, node = todo.pop()
            start = self.end
            octets = bytearray(node.body)
            pointer = self._placed(word, node.shape, octets)
            wire.POINTER.pack_into(parent, place * WORD_BYTES, pointer)
            todo += [
                (octets, below, start + below, child) for below, child in reversed(node.children)
            ]
        body.words[at] = wire.POINTER.unpack(holder)[0]

    def _placed(self, word: int, shape: int, octets: bytes | bytearray) -> int:
        """Append an object, and return a pointer to it for ``word``."""
        start = self.end
        self.parts.append(octets)
        self.end += len(octets) // WORD_BYTES
        if octets or shape & 3 == wire.LIST:
            return shape | start - word - 1 << 2
        return wire.EMPTY_STRUCT if shape & 3 == wire.STRUCT else shape

    def add(self, body: Body, *, ordered: bool) -> None:
        """Append the words of a body, which ``end`` counts already.

        Args:
            body: The words.
            ordered: Whether the list ``below`` is sorted by the words of the pointers already.
        """
        body.part = len(self.parts)
        if not body.below:
            self.parts.append(body.octets())
            return
        if not ordered:
            body.below.sort()
        body.below.reverse()
        self.parts.append(b"")
        self.open.append(body)

    def block(self) -> Block:
        """Return the block. No body is open any more."""
        require_words(self.end)
        return Block(b"".join(self.parts), self.root.words[0])


def block_of(copied: Copied) -> Block:
    """Return a copy as a block."""
    if type(copied) is Block:
        return copied
    out = BlockBuilder()
    out.append_copy(out.root, 0, copied)
    out.parts[0] = out.root.octets()
    return out.block()


def as_tree(copied: Copied) -> Tree:
    """Return a copy as a tree."""
    return copied.tree() if type(copied) is Block else copied
