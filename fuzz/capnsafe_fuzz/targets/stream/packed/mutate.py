"""New inputs of the form ``packed``, made of tags and the bytes after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from ....reference.packing import unpack
from .scenario import (
    DENSE,
    MAX_BYTES,
    MAX_CHUNKS,
    MAX_LIMIT,
    MAX_ROOM,
    WORD_BYTES,
    ZERO,
    Packed,
    groups,
)

_COUNTS: Final = (0, 0, 1, 1, 2, 3, 7, 254, 255)
_SIZES: Final = (1, 1, 2, 3, 7, 8, 9, 10, 16, 17, 64, 255)


def generate(rng: Random) -> Packed:
    """Return an input of a few groups, whole or cut off."""
    data = b"".join(_group(rng) for _ in range(rng.randint(1, 8)))
    if rng.random() < 0.3:
        data = data[: rng.randint(0, len(data))]
    scenario = Packed(data[:MAX_BYTES], _chunks(rng), room=rng.choice((1, 2, 3, 17, 256, MAX_ROOM)))
    return _limit(scenario, rng) if rng.random() < 0.4 else scenario


def _group(rng: Random) -> bytes:
    luck = rng.random()
    if luck < 0.3:
        return bytes((ZERO, rng.choice(_COUNTS)))
    if luck < 0.6:
        count = rng.choice((0, 0, 1, 2, 3, 5)) if luck < 0.58 else 255
        words = b"".join(_word(rng) for _ in range(min(count, 6)))
        return bytes((DENSE,)) + _dense(rng) + bytes((count,)) + words
    if luck < 0.75:
        # For packing: uncompressed words, some of them with zeros.
        return b"".join(_word(rng) for _ in range(rng.randint(1, 4)))
    tag = rng.randrange(1, 255)
    return bytes((tag, *(rng.randint(1, 255) for _ in range(tag.bit_count()))))


def _dense(rng: Random) -> bytes:
    return bytes(rng.randint(1, 255) for _ in range(WORD_BYTES))


def _word(rng: Random) -> bytes:
    """Return a word with no, one or two zero bytes, or with zeros only."""
    word = bytearray(_dense(rng))
    for _ in range(rng.choice((0, 0, 1, 1, 2, 8))):
        word[rng.randrange(WORD_BYTES)] = 0
    return bytes(word) if rng.random() < 0.8 else bytes(WORD_BYTES)


def _chunks(rng: Random) -> tuple[int, ...]:
    return tuple(rng.choice(_SIZES) for _ in range(rng.choice((0, 1, 1, 2, 3))))


def mutate(scenario: Packed, rng: Random) -> Packed:
    """Return an input a step away."""
    return rng.choice(_STEPS)(scenario, rng)


def _with(scenario: Packed, parts: list[bytes]) -> Packed:
    return replace(scenario, data=b"".join(parts)[:MAX_BYTES])


def _insert(scenario: Packed, rng: Random) -> Packed:
    parts = groups(scenario.data)
    parts.insert(rng.randint(0, len(parts)), _group(rng))
    return _with(scenario, parts)


def _delete(scenario: Packed, rng: Random) -> Packed:
    parts = groups(scenario.data)
    if parts:
        del parts[rng.randrange(len(parts))]
    return _with(scenario, parts)


def _repeat(scenario: Packed, rng: Random) -> Packed:
    parts = groups(scenario.data)
    if parts:
        at = rng.randrange(len(parts))
        parts[at:at] = [parts[at]] * rng.choice((1, 2, 8))
    return _with(scenario, parts)


def _count(scenario: Packed, rng: Random) -> Packed:
    """Return it with another count after a tag, which changes the meaning of the rest."""
    parts = groups(scenario.data)
    counted = [at for at, part in enumerate(parts) if part[0] in (ZERO, DENSE)]
    if counted:
        at = rng.choice(counted)
        part = bytearray(parts[at])
        place = 1 if part[0] == ZERO else 1 + WORD_BYTES
        if place < len(part):
            part[place] = rng.choice(_COUNTS)
        parts[at] = bytes(part)
    return _with(scenario, parts)


def _end(scenario: Packed, rng: Random) -> Packed:
    """Return it cut off in the middle of the last group."""
    parts = groups(scenario.data)
    if parts:
        parts[-1] = parts[-1][: rng.randint(0, len(parts[-1]))]
    return _with(scenario, parts)


def _byte(scenario: Packed, rng: Random) -> Packed:
    data = bytearray(scenario.data)
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 255, rng.randrange(256)))
    return replace(scenario, data=bytes(data))


def _cut(scenario: Packed, rng: Random) -> Packed:
    """Return it with a chunk that ends at a group, or a byte beside it."""
    parts = groups(scenario.data)
    if not parts:
        return replace(scenario, chunks=_chunks(rng))
    size = sum(map(len, parts[: rng.randint(1, len(parts))])) + rng.choice((-1, 0, 0, 1))
    size = min(max(1, size), MAX_BYTES)
    chunks = rng.choice(((size,), (size, MAX_BYTES), (*scenario.chunks, size)))
    return replace(scenario, chunks=chunks[-MAX_CHUNKS:])


def _any_chunks(scenario: Packed, rng: Random) -> Packed:
    return replace(scenario, chunks=_chunks(rng))


def _room(scenario: Packed, rng: Random) -> Packed:
    return replace(scenario, room=rng.choice((1, 2, 3, 255, 256, 257, MAX_ROOM)))


def _limit(scenario: Packed, rng: Random) -> Packed:
    """Return it with a limit near the number of words."""
    words = len(unpack(scenario.data).words) // WORD_BYTES
    limit = words + rng.choice((-1, 0, 0, 1)) if rng.random() < 0.8 else MAX_LIMIT
    return replace(scenario, max_words=min(max(0, limit), MAX_LIMIT))


_STEPS: Final[tuple[Callable[[Packed, Random], Packed], ...]] = (
    _insert,
    _insert,
    _delete,
    _repeat,
    _count,
    _end,
    _byte,
    _cut,
    _any_chunks,
    _room,
    _limit,
)


def crossover(scenario: Packed, other: Packed, rng: Random) -> Packed:
    """Return some groups of one, then some of the other."""
    mine, others = groups(scenario.data), groups(other.data)
    parts = mine[: rng.randint(0, len(mine))] + others[rng.randint(0, len(others)) :]
    made = _with(scenario, parts)
    return replace(made, chunks=rng.choice((scenario.chunks, other.chunks)))
