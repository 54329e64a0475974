"""Reading of messages without trusting any bit of them.

A reader is a handle: the segment and the place of an object, whose bounds were checked when it was
opened. Nothing is read ahead. The memory may be shared with a writer, so each pointer is loaded
once, when it is followed, and that copy is checked and used (P6). Reading returns a value or raises
a subclass of ``capnsafe.Error``, however hostile the bytes are.

Two limits keep a small message from causing much work (encoding specification, "Security
Considerations"):

- The *traversal limit* is charged with the words of an object and of its landing pads each time the
  object is opened or copied, because pointers may overlap. Elements without size (``List(Void)``,
  structs without fields) are charged as one word each when their list is opened or copied, because
  eight bytes can claim half a thousand million of them. Structs with fields that are read as voids
  are not, because their words are charged.
- The *nesting limit* bounds how deep structs and lists can be opened in one another.

Nothing here recurses.

Evolution. Fields beyond the end of a struct read as their defaults. A list of structs can be read
as a list of its first field, and a list of primitives or pointers as a list of structs with one
field, except for bits (encoding specification, "Lists"). Any other element size is refused. (The
reference implementation would let wider elements be read as narrower ones.)

Offsets of fields are in units of the field's own size, as in the encoding specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, SupportsIndex, TypeVar, final, overload

from .._words.arguments import attribute, listed, number_text, type_name
from .._words.buffers import view_of
from .._words.canonical import canonical_words
from .._words.exhausted import exhausted
from .._words.face import counted
from .._words.laid_out import SchemaClass, struct_type
from .._words.tree import read_tree
from ..allocator import Buffer, Key
from ..errors import (
    ArgumentTypeError,
    MalformedMessage,
    NestingLimitExceeded,
)
from ..wire import (
    SIZE_POINTER,
    WORD_BYTES,
)
from .borrowed import BorrowedSegments, SegmentSource
from .objects import PointerListReader, StructReader, open_struct
from .reading import (
    Elements,
    ReaderBase,
    ReaderSource,
    Segments,
    limit_of,
)

B = TypeVar("B")
R = TypeVar("R")

#: 64 MiB: the default of the reference implementation.
TRAVERSAL_LIMIT_WORDS: Final = 8 * 1024 * 1024
NESTING_LIMIT: Final = 64


@final
class MessageReader(ReaderBase):
    """A reader of the message in ``segments``.

    The segments are any contiguous buffers; bytes after the last whole word are ignored. They are
    not copied, and cannot be resized while a reader is alive.

    Args:
        segments: The segments of the message, in their order.
        traversal_limit_words: The number of words that may be read in all.
        nesting_limit: The number of levels of structs and lists that may be opened.
    """

    __slots__ = ("_nesting_limit", "_segments")

    def __init__(
        self,
        segments: Sequence[Buffer],
        *,
        traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
        nesting_limit: SupportsIndex = NESTING_LIMIT,
    ) -> None:
        """Make a reader without reading any word."""
        try:
            kind = type(segments)
            if not issubclass(kind, Sequence) or issubclass(
                kind, (bytes, bytearray, memoryview, str)
            ):
                raise ArgumentTypeError(
                    f"segments must be a sequence of buffers, not {type_name(segments)}; put a"
                    " single segment into a list"
                )
            self._nesting_limit = limit_of(nesting_limit, "nesting_limit")
            self._segments = Segments(
                [
                    view_of(segment, f"segment {index}")
                    for index, segment in enumerate(listed(segments, "segments"))
                ],
                limit_of(traversal_limit_words, "traversal_limit_words"),
            )
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def __repr__(self) -> str:
        """Return the number of segments, and the rest of the traversal limit. Reads no memory."""
        segments = self._segments
        count = counted(segments.count, "segment")
        unread = number_text(segments.unread_words)
        return f"<{type_name(self)}: {count}, {unread} words may still be read>"

    @classmethod
    def from_allocator(
        cls,
        allocator: SegmentSource,
        keys: Iterable[Key],
        *,
        traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
        nesting_limit: SupportsIndex = NESTING_LIMIT,
    ) -> MessageReader:
        """Read a message in memory that may move, shrink or vanish between two reads.

        No memory is kept: each read calls ``allocator.segment``, and copies the bytes that it
        needs. If they are not there, it raises ``SegmentLost``, ``PointerOutOfBounds``,
        ``BorrowRefused`` or ``BadBuffer``.

        Args:
            allocator: An allocator, or any other object with its method ``segment``.
            keys: The keys of the segments, in their order.
            traversal_limit_words: The number of words that may be read in all.
            nesting_limit: The number of levels of structs and lists that may be opened.
        """
        try:
            if not callable(attribute(allocator, "segment")):
                raise ArgumentTypeError(
                    f"allocator must have a method 'segment', and {type_name(allocator)} has none"
                )
            reader = cls(
                (), traversal_limit_words=traversal_limit_words, nesting_limit=nesting_limit
            )
            reader._segments = BorrowedSegments(
                allocator, listed(keys, "keys"), reader._segments.unread_words
            )
            return reader
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    @classmethod
    def over(
        cls,
        allocator: SegmentSource,
        keys: Iterable[Key],
        *,
        traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
        nesting_limit: SupportsIndex = NESTING_LIMIT,
    ) -> MessageReader:
        """Call ``from_allocator``, by its former name."""
        try:
            return cls.from_allocator(
                allocator,
                keys,
                traversal_limit_words=traversal_limit_words,
                nesting_limit=nesting_limit,
            )
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def total_words(self) -> int:
        """Return the number of whole words in all segments together."""
        try:
            segments = self._segments
            return sum(segments.size(index) for index in range(segments.count))
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def segments(self) -> list[bytes]:
        """Return a copy of the whole words of every segment. No limit is charged."""
        try:
            segments = self._segments
            return [
                segments.octets(index, 0, segments.size(index) * WORD_BYTES)
                for index in range(segments.count)
            ]
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def is_canonical(self) -> bool:
        """Return whether the message is in canonical form (see ``MessageBuilder.canonical``).

        A message that is not valid or has capabilities is not. The traversal limit is not charged,
        because a canonical message has no overlapping objects.

        Raises:
            NestingLimitExceeded: If objects are nested too deeply to tell.
            TraversalLimitExceeded: If there are more elements without size than the traversal
                limit allows words.
        """
        try:
            if self._segments.count != 1 or (words := self._segments.size(0)) == 0:
                return False
            octets = self._segments.octets(0, 0, words * WORD_BYTES)
            copy = Segments([memoryview(octets)], words - 1)
            pointer = copy.word(0, 0)
            limit = Segments([], self._segments.unread_words)
            source = ReaderSource(copy, self._nesting_limit, limit)
            try:
                tree = read_tree(source, 0, 0, pointer) if pointer else None
                return canonical_words(tree) == octets
            except NestingLimitExceeded:
                raise
            except MalformedMessage:
                if source.too_many:
                    raise
                return False
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def root_pointer(self) -> PointerListReader:
        """Open the root pointer as a list of one pointer, for a root that is not a struct."""
        try:
            self._segments.claim(0, 0, 1, "the root pointer")
            found = Elements(0, 0, 1, SIZE_POINTER, WORD_BYTES, 0, 1)
            return PointerListReader(self._segments, found, self._nesting_limit)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    @overload
    def get_root(self, kind: SchemaClass[B, R], /) -> R: ...

    @overload
    def get_root(self) -> StructReader: ...

    def get_root(self, kind: SchemaClass[B, R] | None = None) -> StructReader | R:
        """Open the root struct. If its pointer is null, all its fields read as their defaults.

        ``get_root(Person)`` opens it as a struct of a schema.
        """
        try:
            if kind is not None:
                _, _, _, wrap = struct_type(kind)
                return wrap(self.get_root())
            self._segments.claim(0, 0, 1, "the root pointer")
            root = open_struct(self._segments, 0, 0, self._nesting_limit)
            if root is None:
                return StructReader(self._segments, 0, 0, 0, 0, 0, 0)
            return root
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error
