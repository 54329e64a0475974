"""Inputs as bytes: numbers in as few bytes as they need, read from any bytes without failing.

Missing bytes read as zero, and a number that is too large as the greatest allowed one. So every
byte string has a meaning, and each meaning has one canonical encoding.
"""

from __future__ import annotations

from collections.abc import Iterable

_MORE = 0x80
_MOST_BYTES = 10
"""The most bytes of a number: 64 bits in groups of seven."""


class Reader:
    """Reads a byte string from its start."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, most: int) -> int:
        """Return a number from 0 to ``most``."""
        value = shift = 0
        for byte in self._data[self._at : self._at + _MOST_BYTES]:
            self._at += 1
            value |= (byte & ~_MORE) << shift
            shift += 7
            if byte < _MORE:
                break
        return min(value, most)

    def numbers(self, most_numbers: int, most: int) -> tuple[int, ...]:
        """Return a few numbers from 1 to ``most``, which are preceded by their count."""
        return tuple(
            max(1, self.number(most)) for _ in range(min(self.number(most_numbers), self.left))
        )

    def take(self, size: int) -> bytes:
        """Return this many bytes, or the rest if there are fewer."""
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    @property
    def left(self) -> int:
        """Return how many bytes were not read yet."""
        return len(self._data) - self._at

    def rest(self) -> bytes:
        """Return the rest."""
        return self.take(self.left)


def number(value: int) -> bytes:
    """Encode a number for ``Reader.number``."""
    out = bytearray()
    while value >= _MORE:
        out.append(value & ~_MORE & 0xFF | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


def numbers(values: Iterable[int]) -> bytes:
    """Encode numbers, preceded by their count, for ``Reader.numbers``."""
    listed = tuple(values)
    return number(len(listed)) + b"".join(map(number, listed))
