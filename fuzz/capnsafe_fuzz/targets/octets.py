"""Inputs as bytes: numbers in as few bytes as they need, read from any bytes without ever failing.

What is missing reads as zero, and what is too large as the most there may be: so every byte string
says something, and what is made of it is written in one way.
"""

from __future__ import annotations

from collections.abc import Iterable

_MORE = 0x80
_MOST_BYTES = 10
"""Of a number: 64 bits in groups of seven."""


class Reader:
    """Takes a byte string apart from its start."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, most: int) -> int:
        """A number from 0 to ``most``."""
        value = shift = 0
        for byte in self._data[self._at : self._at + _MOST_BYTES]:
            self._at += 1
            value |= (byte & ~_MORE) << shift
            shift += 7
            if byte < _MORE:
                break
        return min(value, most)

    def numbers(self, most_numbers: int, most: int) -> tuple[int, ...]:
        """A few numbers from 1 to ``most``, their count before them."""
        return tuple(
            max(1, self.number(most)) for _ in range(min(self.number(most_numbers), self.left))
        )

    def take(self, size: int) -> bytes:
        """So many bytes, or what is left."""
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    @property
    def left(self) -> int:
        """How many bytes were not read yet."""
        return len(self._data) - self._at

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)


def number(value: int) -> bytes:
    """A number, as ``Reader.number`` reads it."""
    out = bytearray()
    while value >= _MORE:
        out.append(value & ~_MORE & 0xFF | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


def numbers(values: Iterable[int]) -> bytes:
    """Numbers with their count before them, as ``Reader.numbers`` reads them."""
    listed = tuple(values)
    return number(len(listed)) + b"".join(map(number, listed))
