"""Sources and sinks of streams: files that return and accept pieces of any size."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from itertools import chain, cycle, islice, repeat
from typing import Any

MOST_PIECES = 16
"""Pieces after which the rest comes at once: many small ones take long and show nothing new."""
MOST_AT_ONCE = 1 << 16
"""Bytes that may be asked for before as many have arrived."""


class PieceFile:
    """A file that returns limited bytes per read, and stalls once."""

    def __init__(self, data: bytes, pieces: tuple[int, ...], stall: int) -> None:
        self._data = data
        self._most = _turns(pieces)
        self._stall = stall
        self._reads = 0
        self.consumed = 0
        """Bytes returned so far."""
        self.greedy = ""
        """Description of a read that asked for too much at once, given the bytes that had arrived.
        """

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes."""
        self._reads += 1
        if self._reads == self._stall:
            raise TimeoutError("nothing yet")
        if size > max(MOST_AT_ONCE, self.consumed):
            self.greedy = f"{size} bytes were asked for when {self.consumed} had arrived"
        piece = self._data[self.consumed : self.consumed + min(size, next(self._most))]
        self.consumed += len(piece)
        return piece


class _Raw(RawIOBase):
    """The raw file below a buffered one."""

    def __init__(self, file: PieceFile) -> None:
        self._file = file

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Copy the next bytes into ``buffer``; return how many."""
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def opened(file: PieceFile, buffer: int) -> Any:
    """Return the file, or one over it with a buffer of this many bytes."""
    return BufferedReader(_Raw(file), buffer) if buffer else file


class TakingFile:
    """A file that accepts limited bytes per write."""

    def __init__(self, pieces: tuple[int, ...]) -> None:
        self._most = _turns(pieces)
        self.taken = bytearray()

    def write(self, chunk: bytes | bytearray | memoryview, /) -> int:
        """Accept the start of ``chunk``; return how many bytes."""
        count = min(len(chunk), next(self._most))
        self.taken += chunk[:count]
        return count


def _turns(pieces: tuple[int, ...]) -> chain[int]:
    return chain(islice(cycle(pieces), MOST_PIECES), repeat(1 << 30))
