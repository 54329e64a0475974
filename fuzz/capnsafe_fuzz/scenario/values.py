"""Random values, counts and indices; about half of them are edge cases."""

from __future__ import annotations

from random import Random
from typing import Final, Protocol

from .operations import OPERATIONS, SOURCED, ValueForm, Verb
from .program import (
    MAX_BLOB_BYTES,
    MAX_COUNT,
    MAX_INDEX,
    As,
    Place,
    Value,
    choices_of,
    kind_of,
    max_count,
    numbers_in,
    quiet,
    type_at,
    value_range,
)
from .schema import FLOATS, SCALAR_BITS, TYPES, FieldKind, ListType, OrphanType, StructType, Type

NEAR_WORDS: Final = (0, 1, 2, 3, 6, 7, 8, 9, 15, 16, 17)
"""Lengths of texts and data, in bytes: near a multiple of a word."""
EDGE_BITS: Final = {
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
ALPHABET: Final = (
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
            return rng.choice(EDGE_BITS[kind])
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
        return rng.choice(NEAR_WORDS)
    return rng.randint(0, 64) if chance < 0.93 else rng.randint(0, MAX_BLOB_BYTES)


def _text(rng: Random) -> str:
    size = _blob_bytes(rng)
    if rng.random() < 0.5:
        return "abcdefgh"[: size % 9] if size <= 8 else "x" * size
    text = "".join(rng.choices(ALPHABET, k=size))
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


class Chooser(Protocol):
    """A source of choices: the random one here, or that of ``strategies``."""

    def member(self, members: tuple[str, ...], /) -> str:
        """Choose a union's member, usually the last: it offers more operations than the others."""

    def octets(self, element: FieldKind, /) -> bytes:
        """Choose elements of a list, as bytes; those after the last whole element do not count."""

    def type_name(self, names: tuple[str, ...], /) -> str:
        """Choose the type that a place is opened as."""

    def count(self, of: ListType, /) -> int:
        """Choose the length of a list."""

    def written(self, kind: FieldKind, default: Value, /) -> Value:
        """Choose a value that SET can write to a place of this kind."""


class _AtRandom:
    __slots__ = ("_rng",)

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def member(self, members: tuple[str, ...], /) -> str:
        return members[-1] if self._rng.random() < 0.5 else self._rng.choice(members)

    def octets(self, element: FieldKind, /) -> bytes:
        octets = self._rng.randbytes(_blob_bytes(self._rng))
        if element in FLOATS and self._rng.random() < 0.5:
            octets = bytes(len(octets))
        return octets

    def type_name(self, names: tuple[str, ...], /) -> str:
        # A list of AnyPointer offers more operations than the others.
        return names[-1] if self._rng.random() < 0.15 else self._rng.choice(names)

    def count(self, of: ListType, /) -> int:
        return count_for(of, self._rng)

    def written(self, kind: FieldKind, default: Value, /) -> Value:
        return _value(kind, default, self._rng)


def taken_for(name: str, verb: Verb, rng: Random) -> As:
    """Return the type that a place is opened as, with a count if a list is made."""
    return _taken(_AtRandom(rng), name, verb)


def value_for(verb: Verb, held: Type, place: Place, rng: Random) -> Value:
    """Return a value for an operation whose value is not a second handle."""
    return choose_value(_AtRandom(rng), verb, held, place)


def choose_value(choose: Chooser, verb: Verb, held: Type, place: Place) -> Value:
    """Choose a value for an operation whose value is not a second handle."""
    assert verb not in SOURCED
    form = OPERATIONS[verb].value
    if form is ValueForm.MEMBER:
        assert isinstance(held, StructType)
        return choose.member(held.by_name[str(place)].members)
    if form is ValueForm.OCTETS:
        element = numbers_in(held, place)
        octets = choose.octets(element)
        size = SCALAR_BITS[element] // 8
        return octets[: len(octets) // size * size]
    if form is ValueForm.LENGTH:
        assert isinstance(held, OrphanType)
        of = TYPES[held.target or "List(UInt8)"]
        assert isinstance(of, ListType)
        return min(choose.count(of), MAX_COUNT)
    if choices := choices_of(held, verb, place):
        return _taken(choose, choose.type_name(choices), verb)
    if form is ValueForm.COUNT:
        made = type_at(held, place)
        return choose.count(made) if isinstance(made, ListType) else None
    if form is not ValueForm.WRITTEN:
        return None
    default = held.by_name[str(place)].default if isinstance(held, StructType) else 0
    return choose.written(kind_of(held, place), default)


def _taken(choose: Chooser, name: str, verb: Verb) -> As:
    made = TYPES[name]
    if OPERATIONS[verb].value is ValueForm.COUNT and isinstance(made, ListType):
        return As(name, choose.count(made))
    return As(name)
