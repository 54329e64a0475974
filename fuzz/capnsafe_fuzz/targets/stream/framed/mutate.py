"""New inputs of the form ``framed``: streams of messages, some with wrong tables."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from ....reference.framing import write
from ..form import any_sizes, with_data
from ..scenario import MAX_BYTES, MAX_WORDS, WORD_BYTES
from .scenario import MAX_BUFFER, MAX_SEGMENTS, MAX_STALL, Frame

_LIES: Final = (
    0, 1, 2, 3, 7, 8, 510, 511, 512, 1 << 13, 1 << 16, 1 << 20, (1 << 23) - 1, 1 << 23, 1 << 28,
    (1 << 29) - 1, 1 << 29, (1 << 31) - 1, 1 << 31, (1 << 32) - 8, (1 << 32) - 2, (1 << 32) - 1,
)  # fmt: skip
"""Numbers near the limit of a table's field, a product or a sum."""


def valid_stream(rng: Random) -> Frame:
    """Return a stream of a few messages; it may be cut off where an input must end."""
    data = b"".join(_message(rng) for _ in range(rng.choice((0, 1, 1, 1, 2, 3))))[:MAX_BYTES]
    return Frame(data, any_sizes(rng), rng.choice((0, 0, 1, 2, 3, 5)), buffer=_buffer(rng))


def _message(rng: Random) -> bytes:
    segments = [
        rng.randbytes(WORD_BYTES * rng.choice((0, 1, 1, 2, 3)))
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 5)))
    ]
    if rng.random() < 0.5:
        # A null root, which every reader accepts: other implementations read only the root.
        segments[0] = bytes(WORD_BYTES) + segments[0]
    return write(segments)


def _buffer(rng: Random) -> int:
    return rng.choice((0, 0, 0, 1, 5, 8, 16, rng.randint(0, MAX_BUFFER)))


def _tables(scenario: Frame) -> list[tuple[int, int]]:
    """Return where tables are: the first byte of each, and its count of numbers."""
    found: list[tuple[int, int]] = []
    at = 0
    for part, meaning in scenario.parts():
        if not meaning.startswith("segment"):
            found.append((at, len(part) // 4))
        at += len(part)
    return found


def _lie(scenario: Frame, rng: Random) -> Frame:
    """Return it with another number in a table: the count of segments, or the words of one."""
    tables = [table for table in _tables(scenario) if table[1]]
    if not tables:
        return _grow(scenario, rng)
    start, numbers = rng.choice(tables)
    at = start + 4 * (0 if rng.random() < 0.4 else rng.randrange(numbers))
    data = bytearray(scenario.data)
    old: int = struct.unpack_from("<I", data, at)[0]
    beside = (old + 1, old - 1, old ^ 1 << rng.randrange(32))
    new = rng.choice(beside) if rng.random() < 0.4 else rng.choice(_LIES)
    struct.pack_into("<I", data, at, new & 0xFFFFFFFF)
    return with_data(scenario, bytes(data))


def _grow(scenario: Frame, rng: Random) -> Frame:
    """Return it with one more message, in front or at the end."""
    message = _message(rng)
    return with_data(scenario, rng.choice((message + scenario.data, scenario.data + message)))


def _insert(scenario: Frame, rng: Random) -> Frame:
    """Return it with more words, between two words."""
    at = rng.randint(0, len(scenario.data) // WORD_BYTES) * WORD_BYTES
    words = rng.choice((bytes(WORD_BYTES), rng.randbytes(WORD_BYTES * rng.randint(1, 3))))
    return with_data(scenario, scenario.data[:at] + words + scenario.data[at:])


def _end(scenario: Frame, rng: Random) -> Frame:
    """Return it cut off, usually near the end of a part."""
    found = [len(part) for part, _ in scenario.parts()]
    if not found:
        return scenario
    size = sum(found[: rng.randint(0, len(found))]) + rng.choice((-8, -4, -1, 0, 1, 3, 4, 8))
    return with_data(scenario, scenario.data[: max(0, size)])


def _stall(scenario: Frame, rng: Random) -> Frame:
    return replace(scenario, stall=rng.choice((0, 1, 2, 3, 4, rng.randint(0, MAX_STALL))))


def _other_buffer(scenario: Frame, rng: Random) -> Frame:
    return replace(scenario, buffer=_buffer(rng))


def _limits(scenario: Frame, rng: Random) -> Frame:
    """Return it with limits near the sizes of the messages."""
    tables = _tables(scenario)
    words = sum(len(part) for part, meaning in scenario.parts() if meaning.startswith("segment"))
    most = words // WORD_BYTES + rng.choice((-1, 0, 1))
    if rng.random() < 0.5:
        numbers = max((numbers for _, numbers in tables), default=1) + rng.choice((-2, -1, 0))
        return replace(scenario, max_segments=min(max(0, numbers), MAX_SEGMENTS))
    return replace(scenario, max_words=rng.choice((max(0, most), MAX_WORDS)))


MUTATIONS: Final[tuple[Callable[[Frame, Random], Frame], ...]] = (
    _lie,
    _lie,
    _lie,
    _grow,
    _insert,
    _end,
    _stall,
    _other_buffer,
    _limits,
)
