"""The lines of the driver protocol: a word, and pairs ``key=value``, with single spaces between.

No value has a space: texts and bytes are hexadecimal, everything else is a number or a name.
``docs/drivers.md`` describes every line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

MOST_LINE_BYTES: Final = 16 << 20
"""The longest line that a driver may send."""


class GarbageError(Exception):
    """A driver sent something that is no line of the protocol."""


class Line(NamedTuple):
    """One line."""

    word: str
    values: Mapping[str, str]

    def number(self, key: str, least: int = 0) -> int:
        """Return the integer under ``key``.

        Raises:
            GarbageError: If there is none, or it is less than ``least``.
        """
        text = self.values.get(key)
        try:
            number = int(text or "")
        except ValueError:
            raise GarbageError(f"{self.word} has no number {key}: {self}") from None
        if number < least:
            raise GarbageError(f"{self.word} has {key}={number}, less than {least}")
        return number

    def octets(self, key: str) -> bytes:
        """Return the bytes under ``key``; empty if there is no such key.

        Raises:
            GarbageError: If the value is not hexadecimal.
        """
        try:
            return bytes.fromhex(self.values.get(key, ""))
        except ValueError:
            raise GarbageError(f"{self.word} has {key}, which is not hexadecimal") from None

    def text(self, key: str) -> str:
        """Return the text under ``key``, which is UTF-8 in hexadecimal; empty if there is none."""
        return self.octets(key).decode(errors="replace")

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return the numbers under ``key``, which are separated by commas.

        Raises:
            GarbageError: If one of them is no number, or negative.
        """
        text = self.values.get(key, "")
        try:
            found = tuple(map(int, text.split(","))) if text else ()
        except ValueError:
            raise GarbageError(
                f"{self.word} has {key}={text[:80]}, not a list of numbers"
            ) from None
        if found and min(found) < 0:
            raise GarbageError(f"{self.word} has a negative number in {key}")
        return found


def parse(raw: bytes) -> Line:
    """Return the line in ``raw``, which has no newline.

    Raises:
        GarbageError: If ``raw`` is no line of the protocol.
    """
    try:
        word, *pairs = raw.decode("ascii").split(" ")
    except UnicodeDecodeError:
        raise GarbageError(f"the driver sent {raw[:80]!r}, which is not ASCII") from None
    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise GarbageError(f"the driver sent {raw[:80]!r}: {pair[:40]!r} is no key=value")
        values[key] = value
    if not word.isalpha():
        raise GarbageError(f"the driver sent {raw[:80]!r}, which does not begin with a word")
    return Line(word, values)


def hex_of(text: str) -> str:
    """Return a text as a value: its UTF-8 in hexadecimal."""
    return text.encode(errors="replace").hex()
