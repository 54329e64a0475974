"""New inputs of the form ``packed``, made of tags and the bytes after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from ....reference.packing import unpack
from ..form import any_sizes, with_data
from ..scenario import MAX_BYTES, MAX_SIZES, MAX_WORDS, WORD_BYTES
from .scenario import DENSE, MAX_ROOM, ZERO, Packed, groups

_COUNTS: Final = (0, 0, 1, 1, 2, 3, 7, 254, 255)


def generate(rng: Random) -> Packed:
    """Return an input of a few groups, whole or cut off."""
    data = b"".join(_group(rng) for _ in range(rng.randint(1, 8)))
    if rng.random() < 0.3:
        data = data[: rng.randint(0, len(data))]
    scenario = Packed(
        data[:MAX_BYTES], any_sizes(rng), room=rng.choice((1, 2, 3, 17, 256, MAX_ROOM))
    )
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


def _insert(scenario: Packed, rng: Random) -> Packed:
    parts = groups(scenario.data)
    parts.insert(rng.randint(0, len(parts)), _group(rng))
    return with_data(scenario, b"".join(parts))


def _repeat(scenario: Packed, rng: Random) -> Packed:
    parts = groups(scenario.data)
    if parts:
        at = rng.randrange(len(parts))
        parts[at:at] = [parts[at]] * rng.choice((1, 2, 8))
    return with_data(scenario, b"".join(parts))


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
    return with_data(scenario, b"".join(parts))


def _end(scenario: Packed, rng: Random) -> Packed:
    """Return it cut off in the middle of the last group."""
    parts = groups(scenario.data)
    if parts:
        parts[-1] = parts[-1][: rng.randint(0, len(parts[-1]))]
    return with_data(scenario, b"".join(parts))


def _cut(scenario: Packed, rng: Random) -> Packed:
    """Return it with a chunk that ends at a group, or a byte beside it."""
    parts = groups(scenario.data)
    if not parts:
        return replace(scenario, sizes=any_sizes(rng))
    size = sum(map(len, parts[: rng.randint(1, len(parts))])) + rng.choice((-1, 0, 0, 1))
    size = min(max(1, size), MAX_BYTES)
    sizes = rng.choice(((size,), (size, MAX_BYTES), (*scenario.sizes, size)))
    return replace(scenario, sizes=sizes[-MAX_SIZES:])


def _room(scenario: Packed, rng: Random) -> Packed:
    return replace(scenario, room=rng.choice((1, 2, 3, 255, 256, 257, MAX_ROOM)))


def _limit(scenario: Packed, rng: Random) -> Packed:
    """Return it with a limit near the number of words."""
    words = len(unpack(scenario.data).words) // WORD_BYTES
    limit = words + rng.choice((-1, 0, 0, 1)) if rng.random() < 0.8 else MAX_WORDS
    return replace(scenario, max_words=min(max(0, limit), MAX_WORDS))


MUTATIONS: Final[tuple[Callable[[Packed, Random], Packed], ...]] = (
    _insert,
    _insert,
    _repeat,
    _count,
    _end,
    _cut,
    _room,
    _limit,
)
