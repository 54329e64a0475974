"""The places of grants in memory, and the guards around them.

A :class:`Place` is one stretch of memory: a guard, then the bytes that the client sees, then
another guard. Guards are painted with a fixed pattern of eight different bytes, so that a write of
any width at any address changes them, unless it writes exactly that pattern. A place that a segment
left is painted over completely, and stays watched.

Nothing here keeps a view, because honest memory may refuse to grow, or return a stale address,
while one is held.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any

from capnsafe.allocator import Allocator, Buffer, Key

WORD_BYTES = 8

#: The pattern of guards, the same for every word.
GUARD_WORD = b"\xfd\xc7\x9b\xe5\xb3\xf1\x8d\xdb"
#: The pattern of a place that a segment left.
LEFT_WORD = b"\xdb" * WORD_BYTES


@lru_cache(maxsize=256)
def paint(word: bytes, length: int) -> bytes:
    """Return a word repeated to ``length`` bytes, a whole number of words."""
    return word * (length // WORD_BYTES)


def octets(buffer: Buffer) -> memoryview:
    """Return a view of the buffer as plain bytes, whatever its items are."""
    view = memoryview(buffer)
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


class Place:
    """A stretch of the honest memory or, after a move, of the ledger's memory."""

    __slots__ = ("_buffer", "key", "memory", "of", "shared_bytes", "start", "watched")

    def __init__(
        self, memory: Allocator | None, key: Key, buffer: Buffer | None, start: int, watched: int
    ) -> None:
        """Make a place.

        Args:
            memory: The honest memory, or None after a move.
            key: The key of the grant of the honest memory.
            buffer: The memory. None if the honest memory must be asked for it each time.
            start: The byte at which the client's part begins.
            watched: The number of bytes, from the front of the place, to paint and watch.
        """
        self.memory = memory
        self.key = key
        self._buffer = buffer
        #: The place whose memory it shares. Then no byte of it is painted or watched.
        self.of: Place | None = None
        #: Bytes from ``start`` on that clients see through a place that shares this one, so that
        #: they are not guard.
        self.shared_bytes = 0
        self.start = start
        self.watched = watched

    @classmethod
    def within(cls, other: Place, words: int, shown: int) -> Place:
        """Return a place in the memory of another one, ``words`` words after its start.

        It ends with the ``shown`` bytes that the client sees of the other one. If the other one is
        cut later, this one is not.
        """
        other.shared_bytes = max(other.shared_bytes, shown)
        place = cls(None, None, None, other.start + words * WORD_BYTES, other.watched)
        place.of = other
        return place

    def buffer(self) -> Any:
        """Return the buffer of the place, including guards."""
        if self.of is not None:
            return self.of.buffer()
        if self._buffer is not None:
            return self._buffer
        assert self.memory is not None
        return self.memory.segment(self.key)

    def renew(self) -> None:
        """Ask the honest memory again for memory that stays, after it has grown."""
        if self._buffer is not None and self.memory is not None:
            self._buffer = self.memory.segment(self.key)

    def read(self, first: int, end: int) -> bytes:
        """Return a copy of the bytes from ``first`` to ``end``, counted from the place's front."""
        return bytes(octets(self.buffer())[first:end])

    def write(self, first: int, data: bytes) -> None:
        """Write ``data`` at byte ``first`` of the place."""
        octets(self.buffer())[first : first + len(data)] = data

    def paint_over(self) -> None:
        """Paint the whole place with the pattern of places that were left."""
        assert self.of is None
        self.write(0, paint(LEFT_WORD, self.watched))

    def paint_guards(self, shown: int) -> None:
        """Paint both guards, around ``shown`` bytes.

        Bytes after the last whole word belong to the guard.
        """
        if self.of is not None:
            return
        end = self.guarded_from(shown)
        self.write(0, paint(GUARD_WORD, self.start))
        self.write(end, paint(GUARD_WORD, self.watched - end))

    def guarded_from(self, shown: int) -> int:
        """Return the first byte of the guard behind ``shown`` bytes and behind shared ones."""
        return self.start + max(shown, self.shared_bytes) // WORD_BYTES * WORD_BYTES

    def guards(self, end: int) -> tuple[bytes, bytes]:
        """Return copies of the front guard, and of the watched bytes from byte ``end`` on."""
        view = octets(self.buffer())
        return bytes(view[: self.start]), bytes(view[end : self.watched])

    def release(self) -> None:
        """Release the place to the honest memory."""
        if self.memory is not None:
            self.memory.release(self.key, self.watched // WORD_BYTES)


def can_resize(buffer: bytearray) -> bool:
    """Return whether nobody holds a view of a bytearray, by trying to resize it.

    It keeps its length. The first try may move its bytes, because it has no spare room yet. At that
    time no client knows their address: the allocator tries before it serves a call of ``segment``.
    """
    try:
        buffer.append(0)
    except BufferError:
        return False
    buffer.pop()
    return True


def put_elsewhere(buffer: bytearray) -> None:
    """Move the bytes of a bytearray of which nobody holds a view, and leave room for one more.

    A bytearray that grows may move, if the C library decides so. But a bytearray whose first byte
    was deleted always takes a new block when it has no room left, before it frees the old one
    (``PyByteArray_Resize`` in CPython's Objects/bytearrayobject.c).
    """
    contents = bytes(buffer)
    del buffer[:1]
    buffer.extend(bytes(buffer.__alloc__() - len(buffer)))
    del buffer[len(contents) :]
    buffer[:] = contents


def make_room(buffer: Any) -> None:
    """Give a bytearray room for one more byte, so that a later try to resize does not move it.

    It always moves now, because coverage depends on addresses, unless a view of it is held.
    """
    if type(buffer) is bytearray:
        with suppress(BufferError):
            put_elsewhere(buffer)


def has_room(buffer: bytearray) -> bool:
    """Return whether a bytearray stays in its place if it grows by one byte."""
    return buffer.__alloc__() - len(buffer) > 1


def make_fit(buffer: Any, length: int | None) -> None:
    """Cut a bytearray that must stay to this length."""
    if type(buffer) is not bytearray:
        raise TypeError(f"memory with stable=True must grant bytearrays, not {type(buffer)}")
    if length is not None:
        del buffer[length:]


def first_difference(found: bytes, expected: bytes) -> tuple[int, int]:
    """Return the index of the first byte that differs, and one past the last."""
    different = [
        at for at, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]
    ]
    return different[0], different[-1] + 1
