"""Reading a message in memory that moves, shrinks or vanishes between two reads.

The memory is its allocator's, as when a message is built: a reader holds no view of it, asks for
the segment at each read, copies what it needs, and lets it go before the read ends (P4). What was
within bounds when an object was opened may be gone when a field of it is read: each read looks at
the length anew, and raises rather than look outside. What moved, or was written by somebody else,
reads as what is there now; like any message it is checked when it is followed (P6).
"""

from __future__ import annotations

from typing import Protocol, final

from .._words.arguments import told
from .._words.buffers import octets_of_segment
from ..allocator import Buffer, Key
from ..errors import BorrowRefused, SegmentLost
from ..wire import POINTER, WORD_BYTES
from .reading import Segments


class Lender(Protocol):
    """What can be asked for a segment: any allocator, or less than one."""

    def segment(self, key: Key, /) -> Buffer:
        """Return the memory of ``key`` as it lies now; it is only read."""


@final
class BorrowedSegments(Segments):
    """The segments ``keys`` of an allocator, each borrowed for as long as one read takes."""

    __slots__ = ("_keys", "_lender")

    def __init__(self, lender: Lender, keys: list[Key], unread_words: int) -> None:
        """Look at nothing yet."""
        super().__init__([], unread_words)
        self._lender = lender
        self._keys = keys
        self.count = len(keys)

    def view(self, segment: int) -> memoryview | None:
        """Return ``None``: there is no view that could be kept."""
        return None

    def size(self, segment: int) -> int:
        """Return how many whole words the segment has now."""
        view = self._borrow(segment)
        try:
            return len(view) // WORD_BYTES
        finally:
            view.release()

    def word(self, segment: int, at: int) -> int:
        """Load a word that was claimed before."""
        word: int = POINTER.unpack(self.octets(segment, at * WORD_BYTES, WORD_BYTES))[0]
        return word

    def octets(self, segment: int, first: int, size: int) -> bytes:
        """Return a copy of bytes that were claimed; ``SegmentLost`` where they are gone."""
        if size == 0:
            return b""
        view = self._borrow(segment)
        try:
            words = len(view) // WORD_BYTES
            if first + size <= words * WORD_BYTES:
                return bytes(view[first : first + size])
        finally:
            view.release()
        raise SegmentLost(
            f"segment {segment} was seen with {words} words, and what was opened lies behind them",
            segment=segment,
            offset=first // WORD_BYTES,
            words_granted=words,
        )

    def _borrow(self, segment: int) -> memoryview:
        return octets_of_segment(self._ask(segment), segment, writable=False)

    def _ask(self, segment: int) -> Buffer:
        try:
            return self._lender.segment(self._keys[segment])
        except LookupError as error:
            raise SegmentLost(f"segment {segment} is gone", segment=segment) from error
        except Exception as error:
            raise BorrowRefused(
                f"segment {segment}: the allocator could not say where it is: {told(error)}",
                segment=segment,
            ) from error
