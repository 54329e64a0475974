"""Random values, counts and indices; about half of them are edge cases."""

from __future__ import annotations

from random import Random
from typing import Final

from .operations import OPERATIONS, SOURCED, ValueForm, Verb
from .program import (
    MAX_BLOB_BYTES,
    MAX_INDEX,
    As,
    Place,
    Value,
    choices_of,
    fillable,
    kind_of,
    max_count,
    place_of,
    quiet,
    type_at,
    value_range,
)
from .schema import FLOATS, SCALAR_BITS, TYPES, FieldKind, ListType, StructType, Type

_EDGE_BITS: Final = {
    # Zeros, one, the least and the greatest, infinities, a quiet NaN with and without a payload.
    FieldKind.FLOAT32: (
        0,
        1 << 31,
        0x3F800000,
        1,
        0x7F7FFFFF,
        0x7F800000,
        0xFF800000,
        0x7FC00000,
        0x7FC00001,
    ),
    FieldKind.FLOAT64: (
        0,
        1 << 63,
        0x3FF0000000000000,
        1,
        0x7FEFFFFFFFFFFFFF,
        0x7FF0000000000000,
        0xFFF0000000000000,
        0x7FF8000000000000,
        0x7FF8000000000001,
    ),
}
_ALPHABET: Final = (
    "a",
    "b",
    "z",
    " ",
    '"',
    "\\",
    "\n",
    "\0",
    "é",
    "ß",
    "日",
    "本",
    "😀",
    "\ufeff",
    "\u2028",
)


def _value(kind: FieldKind, default: Value, rng: Random) -> Value:
    """Return a value that SET can write to a place of this kind, often an edge case."""
    if kind is FieldKind.TEXT:
        return _text(rng)
    if kind is FieldKind.DATA:
        return rng.randbytes(_blob_bytes(rng)) if rng.random() < 0.8 else bytes(_blob_bytes(rng))
    if kind is FieldKind.BOOL:
        return rng.random() < 0.5
    if kind is FieldKind.ANY:
        kind = rng.choice((FieldKind.TEXT, FieldKind.DATA, FieldKind.CAPABILITY))
        return _value(kind, None, rng)
    least, most = value_range(kind)
    chance = rng.random()
    if chance < 0.1 and default is not None:
        return default
    if kind in FLOATS:
        if chance < 0.5:
            return rng.choice(_EDGE_BITS[kind])
        return quiet(kind, rng.randint(least, most))
    if chance < 0.5:
        return rng.choice((least, most, 0, 1, most - 1, least + 1))
    if chance < 0.75:
        return rng.randint(0, 9)
    return rng.randint(least, most)


def _blob_bytes(rng: Random) -> int:
    """Return a length near a multiple of a word, rarely a large one."""
    chance = rng.random()
    if chance < 0.7:
        return rng.choice((0, 1, 2, 3, 6, 7, 8, 9, 15, 16, 17))
    return rng.randint(0, 64) if chance < 0.93 else rng.randint(0, MAX_BLOB_BYTES)


def _text(rng: Random) -> str:
    size = _blob_bytes(rng)
    if rng.random() < 0.5:
        return "abcdefgh"[: size % 9] if size <= 8 else "x" * size
    text = "".join(rng.choices(_ALPHABET, k=size))
    return text.encode()[:size].decode("utf-8", "ignore")


def count_for(of: ListType, rng: Random) -> int:
    """Return a length for a list, usually short."""
    most = max_count(of)
    chance = rng.random()
    if chance < 0.1:
        return 0
    if chance < 0.6:
        return rng.randint(1, 4)
    if chance < 0.93:
        return rng.randint(5, 24)
    return rng.choice((most, rng.randint(0, most)))


def index_for(count: int | None, rng: Random) -> int:
    """Return, usually, an index into a list of `count` elements; None if there is no such list."""
    chance = rng.random()
    if count and chance < 0.88:
        last = min(count, MAX_INDEX + 1) - 1
        return rng.choice((0, last, rng.randint(0, last)))
    if chance < 0.95:
        return min(count or 0, MAX_INDEX)
    return rng.choice((rng.randint(0, 15), MAX_INDEX, rng.randint(0, MAX_INDEX)))


def taken_for(name: str, verb: Verb, rng: Random) -> As:
    """Return the type that a place is opened as, with a count if a list is made."""
    made = TYPES[name]
    if OPERATIONS[verb].value is ValueForm.COUNT and isinstance(made, ListType):
        return As(name, count_for(made, rng))
    return As(name)


def value_for(verb: Verb, held: Type, place: Place, rng: Random) -> Value:
    """Return a value for an operation whose value is not a second handle."""
    assert verb not in SOURCED
    form = OPERATIONS[verb].value
    if form is ValueForm.MEMBER:
        assert isinstance(held, StructType)
        members = held.by_name[str(place)].members
        # The last one offers more operations than the others together.
        return members[-1] if rng.random() < 0.5 else rng.choice(members)
    if form is ValueForm.OCTETS:
        element = fillable(*place_of(held, place)[:2])
        assert element is not None
        octets = rng.randbytes(_blob_bytes(rng))
        size = SCALAR_BITS[element] // 8
        if element in FLOATS and rng.random() < 0.5:
            octets = bytes(len(octets))
        return octets[: len(octets) // size * size]
    if choices := choices_of(held, verb, place):
        # A list of AnyPointer offers more operations than the others.
        name = choices[-1] if rng.random() < 0.15 else rng.choice(choices)
        return taken_for(name, verb, rng)
    if form is ValueForm.COUNT:
        made = type_at(held, place)
        return count_for(made, rng) if isinstance(made, ListType) else None
    if form is not ValueForm.WRITTEN:
        return None
    default = held.by_name[str(place)].default if isinstance(held, StructType) else 0
    return _value(kind_of(held, place), default, rng)
