"""The places of grants in memory, and the guards around them.

A :class:`Place` is one stretch of honest memory. The first bytes of it are a guard, then come the
bytes that the client is shown, and behind these a guard again. Guards are painted with a fixed
pattern of eight different bytes, so that a write of any width, at any address, changes them unless
it writes that very pattern. A place that was left is painted over as a whole and stays watched.

Nothing here keeps a view: honest memory may refuse to grow, or hand out a stale address, while one
is held.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any

from capnsafe.allocator import Allocator, Buffer, Key

WORD_BYTES = 8

#: What guards are painted with, the same for every word.
GUARD_WORD = b"\xfd\xc7\x9b\xe5\xb3\xf1\x8d\xdb"
#: What a place is painted with when it is left.
LEFT_WORD = b"\xdb" * WORD_BYTES


@lru_cache(maxsize=256)
def paint(word: bytes, length: int) -> bytes:
    """Return ``length`` bytes, a whole number of words, of one word repeated."""
    return word * (length // WORD_BYTES)


def octets(buffer: Buffer) -> memoryview:
    """Return a view of the buffer as plain bytes, whatever its own items are."""
    view = memoryview(buffer)
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


class Place:
    """A stretch of honest memory or, after a move, of our own."""

    __slots__ = ("_buffer", "key", "memory", "of", "shared_bytes", "start", "watched")

    def __init__(
        self, memory: Allocator | None, key: Key, buffer: Buffer | None, start: int, watched: int
    ) -> None:
        """``buffer`` is None if the memory must be asked for it each time.

        ``start`` is the byte at which the client's part begins, ``watched`` the bytes from the
        front of the place that are ours to paint and to watch.
        """
        self.memory = memory
        self.key = key
        self._buffer = buffer
        #: The place that it shares: nothing of this one is ours to paint or to watch.
        self.of: Place | None = None
        #: Bytes from ``start`` on that were shown through a place that shares this one: no guard.
        self.shared_bytes = 0
        self.start = start
        self.watched = watched

    @classmethod
    def within(cls, other: Place, words: int, shown: int) -> Place:
        """Return a place that shares the memory of another one, from ``words`` words into it.

        It ends where the other one does, of which ``shown`` bytes are shown. If that is cut later,
        this one is not.
        """
        other.shared_bytes = max(other.shared_bytes, shown)
        place = cls(None, None, None, other.start + words * WORD_BYTES, other.watched)
        place.of = other
        return place

    def buffer(self) -> Any:
        """Return the buffer of the honest memory, guards included."""
        if self.of is not None:
            return self.of.buffer()
        if self._buffer is not None:
            return self._buffer
        assert self.memory is not None
        return self.memory.segment(self.key)

    def renew(self) -> None:
        """Ask the honest memory again for the buffer of memory that stays, after it has grown."""
        if self._buffer is not None and self.memory is not None:
            self._buffer = self.memory.segment(self.key)

    def read(self, first: int, end: int) -> bytes:
        """Copy the bytes from ``first`` to ``end``, counted from the front of the place."""
        return bytes(octets(self.buffer())[first:end])

    def write(self, first: int, data: bytes) -> None:
        """Put ``data`` at byte ``first`` of the place."""
        octets(self.buffer())[first : first + len(data)] = data

    def paint_over(self) -> None:
        """Mark the whole place as left."""
        assert self.of is None
        self.write(0, paint(LEFT_WORD, self.watched))

    def paint_guards(self, shown: int) -> None:
        """Paint both guards, around ``shown`` bytes.

        Bytes behind the last whole word that is shown are nobody's, so they are guard too.
        """
        if self.of is not None:
            return
        end = self.guarded_from(shown)
        self.write(0, paint(GUARD_WORD, self.start))
        self.write(end, paint(GUARD_WORD, self.watched - end))

    def guarded_from(self, shown: int) -> int:
        """Return the byte of the place behind ``shown`` bytes, and behind those that are shared."""
        return self.start + max(shown, self.shared_bytes) // WORD_BYTES * WORD_BYTES

    def guards(self, end: int) -> tuple[bytes, bytes]:
        """Copy the guard in front, and the watched bytes from byte ``end`` on."""
        view = octets(self.buffer())
        return bytes(view[: self.start]), bytes(view[end : self.watched])

    def release(self) -> None:
        """Give the place back to the honest memory."""
        if self.memory is not None:
            self.memory.release(self.key, self.watched // WORD_BYTES)


def can_resize(buffer: bytearray) -> bool:
    """Return whether nobody holds a view of a bytearray, by trying. It keeps its length.

    The first try may put its bytes elsewhere, since it has no room to grow yet. That is before any
    client knows where they are: the allocator tries before it serves a call of ``segment``.
    """
    try:
        buffer.append(0)
    except BufferError:
        return False
    buffer.pop()
    return True


def put_elsewhere(buffer: bytearray) -> None:
    """Move the bytes of a bytearray of which nobody holds a view, with room for one more.

    What grows may move, and whether a bytearray does is the C library's affair. But one whose first
    byte was deleted takes a new block when it has no room left, before it frees the old one
    (``PyByteArray_Resize`` in CPython's Objects/bytearrayobject.c).
    """
    contents = bytes(buffer)
    del buffer[:1]
    buffer.extend(bytes(buffer.__alloc__() - len(buffer)))
    del buffer[len(contents) :]
    buffer[:] = contents


def make_room(buffer: Any) -> None:
    """Give a bytearray room for one more, so that it stays where it is if that is tried.

    It moves for that, always: coverage depends on addresses. While a view is held, it cannot.
    """
    if type(buffer) is bytearray:
        with suppress(BufferError):
            put_elsewhere(buffer)


def has_room(buffer: bytearray) -> bool:
    """Return whether a bytearray stays where it is if it is made longer by one."""
    return buffer.__alloc__() - len(buffer) > 1


def make_fit(buffer: Any, length: int | None) -> None:
    """Cut a bytearray that is to stay to this length."""
    if type(buffer) is not bytearray:
        raise TypeError(f"memory that is shown as stable is bytearrays, not {type(buffer)}")
    if length is not None:
        del buffer[length:]


def first_difference(found: bytes, expected: bytes) -> tuple[int, int]:
    """Return the first byte that differs, and one past the last."""
    different = [
        at for at, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]
    ]
    return different[0], different[-1] + 1
