"""Reads messages without trusting a single bit of them.

A reader is a handle: the segment and the place of an object, whose bounds were checked when it was
opened. Nothing is read ahead; each pointer is loaded once, when it is followed, and that copy is
checked and used (P6), since the memory may be shared with a writer. What went in as bytes, however
hostile, comes out as a value or as a subclass of ``capnsafe.Error``.

Two limits keep a small message from becoming much work (encoding specification, "Security
Considerations"). The *traversal limit* is charged with the words of each object when it is opened,
landing pads included, again each time it is opened: pointers may overlap. Elements without a size
(``List(Void)``, structs without fields) are charged as one word each when they are visited, all at
once when they are iterated over; a length alone costs nothing. The *nesting limit* bounds how deep
structs and lists may be opened in one another. Nothing here recurses.

Evolution. A struct shorter than its reader expects reads as defaults. A list of structs can be
read as a list of its first field, and a list of primitives or pointers as a list of structs with
one field, bits excepted (encoding specification, "Lists"). An element size that is neither the one
asked for nor reached by that rule is refused, where the reference implementation would let wider
elements be read as narrower ones.

Offsets of fields are in units of the field's own size, as in the encoding specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, SupportsIndex, final

from .._words.arguments import attribute, listed, shown, type_name
from .._words.buffers import view_of
from .._words.canonical import canonical_words
from .._words.exhausted import exhausted
from .._words.face import counted
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
from .borrowed import BorrowedSegments, Lender
from .objects import PointerListReader, StructReader, open_struct
from .reading import (
    Copied,
    Elements,
    Segments,
    Shared,
    limit_of,
)

#: 64 MiB: the default of the reference implementation.
TRAVERSAL_LIMIT_WORDS: Final = 8 * 1024 * 1024
NESTING_LIMIT: Final = 64


@final
class MessageReader(Shared):
    """Reads the message that lies in ``segments``.

    The segments are any contiguous buffers; bytes behind the last whole word are ignored. They are
    not copied, and cannot be resized while a reader is alive. ``traversal_limit_words`` is how many
    words may be read in all, ``nesting_limit`` how many levels of structs and lists may be opened.
    """

    __slots__ = ("_nesting_limit", "_segments")

    def __init__(
        self,
        segments: Sequence[Buffer],
        *,
        traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
        nesting_limit: SupportsIndex = NESTING_LIMIT,
    ) -> None:
        """Look at no word yet."""
        try:
            kind = type(segments)
            if not issubclass(kind, Sequence) or issubclass(
                kind, (bytes, bytearray, memoryview, str)
            ):
                raise ArgumentTypeError(
                    f"segments must be a sequence of buffers, not {type_name(segments)}"
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
        """Return the number of segments, and of words that may still be read. Reads no memory."""
        segments = self._segments
        count = counted(segments.count, "segment")
        unread = shown(segments.unread_words)
        return f"<{type_name(self)}: {count}, {unread} words may still be read>"

    @classmethod
    def over(
        cls,
        lender: Lender,
        keys: Iterable[Key],
        *,
        traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
        nesting_limit: SupportsIndex = NESTING_LIMIT,
    ) -> MessageReader:
        """Read a message in memory that may move, shrink or vanish between two reads.

        ``lender`` is an allocator, or anything else with its method ``segment``; ``keys`` name the
        segments in their order. Nothing of the memory is kept: each read asks for it anew, copies
        what it needs, and raises ``SegmentLost``, ``PointerOutOfBounds``, ``BorrowRefused`` or
        ``BadBuffer`` where it is not there.
        """
        try:
            if not callable(attribute(lender, "segment")):
                raise ArgumentTypeError(f"a {type_name(lender)} has no method 'segment'")
            reader = cls(
                (), traversal_limit_words=traversal_limit_words, nesting_limit=nesting_limit
            )
            reader._segments = BorrowedSegments(
                lender, listed(keys, "keys"), reader._segments.unread_words
            )
            return reader
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def total_words(self) -> int:
        """Return the whole words of all segments together."""
        try:
            segments = self._segments
            return sum(segments.size(index) for index in range(segments.count))
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def segments(self) -> list[bytes]:
        """Return a copy of every segment's whole words, as they are; the limits are not charged."""
        try:
            segments = self._segments
            return [
                segments.octets(index, 0, segments.size(index) * WORD_BYTES)
                for index in range(segments.count)
            ]
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def is_canonical(self) -> bool:
        """Return whether this is the canonical form of what it says (``canonical()``).

        A message that is not valid, or has capabilities, is not. The traversal limit is charged
        nothing: a canonical message is as large as what it says. Raises ``NestingLimitExceeded``.
        """
        try:
            if self._segments.count != 1 or (words := self._segments.size(0)) == 0:
                return False
            octets = self._segments.octets(0, 0, words * WORD_BYTES)
            copy = Segments([memoryview(octets)], words - 1)
            pointer = copy.word(0, 0)
            try:
                source = Copied(copy, self._nesting_limit)
                tree = read_tree(source, 0, 0, pointer) if pointer else None
                return canonical_words(tree) == octets
            except NestingLimitExceeded:
                raise
            except MalformedMessage:
                return False
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def root_pointer(self) -> PointerListReader:
        """Open the root pointer as a list of one pointer: for a root that is no struct."""
        try:
            self._segments.claim(0, 0, 1, "the root pointer")
            found = Elements(0, 0, 1, SIZE_POINTER, WORD_BYTES, 0, 1)
            return PointerListReader(self._segments, found, self._nesting_limit)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_root(self) -> StructReader:
        """Open the root struct. A null pointer reads as a struct in which all is default."""
        try:
            self._segments.claim(0, 0, 1, "the root pointer")
            root = open_struct(self._segments, 0, 0, self._nesting_limit)
            if root is None:
                return StructReader(self._segments, 0, 0, 0, 0, 0, 0)
            return root
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error
