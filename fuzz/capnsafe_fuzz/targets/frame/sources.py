"""Where streams come from and go to: files that give and take pieces of any size."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from itertools import chain, cycle, islice, repeat
from typing import Any

MOST_PIECES = 16
"""Pieces after which the rest comes at once: many small ones take long and show nothing new."""
MOST_AT_ONCE = 1 << 16
"""Bytes that may be asked for before as many have arrived."""


class PieceFile:
    """A file that answers at most so many bytes a read, and stalls once."""

    def __init__(self, data: bytes, pieces: tuple[int, ...], stall: int) -> None:
        self._data = data
        self._most = _turns(pieces)
        self._stall = stall
        self._reads = 0
        self.consumed = 0
        """Bytes answered so far."""
        self.greedy = ""
        """How more was asked for at once than what had arrived gives reason to."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        self._reads += 1
        if self._reads == self._stall:
            raise TimeoutError("nothing yet")
        if size > max(MOST_AT_ONCE, self.consumed):
            self.greedy = f"{size} bytes were asked for when {self.consumed} had arrived"
        answer = self._data[self.consumed : self.consumed + min(size, next(self._most))]
        self.consumed += len(answer)
        return answer


class _Raw(RawIOBase):
    """A file as a buffered one reads from it."""

    def __init__(self, file: PieceFile) -> None:
        self._file = file

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Put the next bytes into ``buffer``; return how many."""
        answer = self._file.read(len(buffer))
        buffer[: len(answer)] = answer
        return len(answer)


def opened(file: PieceFile, buffer: int) -> Any:
    """Return the file, or one over it with a buffer of so many bytes."""
    return BufferedReader(_Raw(file), buffer) if buffer else file


class TakingFile:
    """A file that takes at most so many bytes a write."""

    def __init__(self, pieces: tuple[int, ...]) -> None:
        self._most = _turns(pieces)
        self.taken = bytearray()

    def write(self, chunk: bytes | bytearray | memoryview, /) -> int:
        """Take the start of ``chunk``; answers how many bytes."""
        count = min(len(chunk), next(self._most))
        self.taken += chunk[:count]
        return count


def _turns(pieces: tuple[int, ...]) -> chain[int]:
    return chain(islice(cycle(pieces), MOST_PIECES), repeat(1 << 30))
