"""Contents that identify their writer: each word has the number of its write and its place."""

from __future__ import annotations

import sys
from array import array
from functools import lru_cache
from typing import Final

from ..place import WORD_BYTES

#: The most words of one grant that are written and compared: 2 MiB.
MOST_WORDS: Final = 1 << 18
#: Halves of a word as an array: the place below, the number of the write above.
_HALF: Final = "I"
assert array(_HALF).itemsize * 2 == WORD_BYTES
_ORDER: Final = sys.byteorder
#: XORed with every word, so that hardly any of its bytes is zero, and zeroing it shows.
_MASK: Final = 0x5A5A_5A5A


@lru_cache(maxsize=1)
def _places() -> bytes:
    return array("Q", (place ^ _MASK for place in range(MOST_WORDS))).tobytes()


def stamped(stamp: int, words: int) -> bytes:
    """Return ``words`` different words that carry ``stamp`` (at least 1)."""
    if words == 1:
        return ((stamp ^ _MASK) << 32 | _MASK).to_bytes(WORD_BYTES, _ORDER)
    halves = array(_HALF, _places()[: words * WORD_BYTES])
    stamps = array(_HALF, [stamp ^ _MASK]) * words
    halves[_ORDER == "little" :: 2] = stamps
    return halves.tobytes()


def stamp_of(word: bytes) -> int:
    """Return the stamp that a word carries. Other words give a number that no write has."""
    return (int.from_bytes(word, _ORDER) >> 32) ^ _MASK


def place_of(word: bytes) -> int:
    """Return the place at which a word was written, in words from the start of the grant."""
    return (int.from_bytes(word, _ORDER) & 0xFFFF_FFFF) ^ _MASK


def first_difference(found: bytes, expected: bytes) -> int:
    """Return the first word that differs between two contents of the same length."""
    low, high = 0, len(expected) // WORD_BYTES
    while high - low > 1:
        middle = (low + high) // 2
        first, end = low * WORD_BYTES, middle * WORD_BYTES
        if found[first:end] == expected[first:end]:
            low = middle
        else:
            high = middle
    return low
