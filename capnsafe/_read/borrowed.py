"""Reading a message in memory that moves, shrinks or vanishes between two reads.

The allocator owns the memory, as when a message is built. A reader holds no view of it: each read
asks for the segment, copies the bytes that it needs, and gives the segment back before it ends
(P4). Words that existed when an object was opened may be gone when a field is read, so each read
checks the length again, and raises an error instead of reading outside. Memory that moved or was
changed reads as it is now; like any message it is checked when a pointer is followed (P6).
"""

from __future__ import annotations

from typing import Protocol, final

from .._words.arguments import error_text
from .._words.buffers import octets_of_segment
from ..allocator import Buffer, Key
from ..errors import BorrowRefused, SegmentLost
from ..wire import POINTER, WORD_BYTES
from .reading import Segments


class SegmentSource(Protocol):
    """An allocator, or any other object with its method ``segment``."""

    def segment(self, key: Key, /) -> Buffer:
        """Return the memory of ``key`` at its current place; it is only read."""


@final
class BorrowedSegments(Segments):
    """The segments ``keys`` of an allocator. Each read borrows one for as long as it lasts."""

    __slots__ = ("_allocator", "_keys")

    def __init__(self, allocator: SegmentSource, keys: list[Key], unread_words: int) -> None:
        """Make a source of segments without reading any memory."""
        super().__init__([], unread_words)
        self._allocator = allocator
        self._keys = keys
        self.count = len(keys)
        # The lengths when words were claimed last.
        self._words = [0] * self.count

    def view(self, segment: int) -> memoryview | None:
        """Return ``None``, because no view may be kept."""
        return None

    def size(self, segment: int) -> int:
        """Return how many whole words the segment has now."""
        view = self._borrow(segment)
        try:
            return len(view) // WORD_BYTES
        finally:
            view.release()

    def claim(self, segment: int, start: int, words: int, what: str) -> None:
        """Check that the words lie within the segment as long as it is now, and charge them."""
        if segment < self.count:
            self._words[segment] = self.size(segment)
        super().claim(segment, start, words, what)

    def word(self, segment: int, at: int) -> int:
        """Return a word that was claimed before."""
        word: int = POINTER.unpack(self.octets(segment, at * WORD_BYTES, WORD_BYTES))[0]
        return word

    def follow(self, segment: int, at: int) -> tuple[int, int, int] | None:
        """Follow the pointer at word ``at``, through its landing pads."""
        pointer = self.word(segment, at)
        return self.resolve(pointer, segment, at) if pointer else None

    def octets(self, segment: int, first: int, size: int) -> bytes:
        """Return a copy of bytes that were claimed before, or raise ``SegmentLost``."""
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
            f"segment {segment} has shrunk to {words} words, and the object that was opened lies"
            " after them",
            segment=segment,
            offset=first // WORD_BYTES,
            words_granted=words,
        )

    def _borrow(self, segment: int) -> memoryview:
        return octets_of_segment(self._ask(segment), segment, writable=False)

    def _ask(self, segment: int) -> Buffer:
        try:
            return self._allocator.segment(self._keys[segment])
        except LookupError as error:
            raise SegmentLost(f"segment {segment} is gone", segment=segment) from error
        except Exception as error:
            raise BorrowRefused(
                f"segment {segment}: the allocator's method 'segment' raised {error_text(error)}",
                segment=segment,
            ) from error
