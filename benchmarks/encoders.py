"""B1 and B2: the encoder compared with pycapnp, doing the same work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from capnsafe import COMPILED, HeapAllocator, MessageBuilder, StructBuilder

from .address_book import (
    FIRST_WORDS,
    DifferentMessageError,
    build_with_capnsafe,
    build_with_pycapnp,
    require_same_messages,
    schema,
)
from .measure import Effort, compare
from .results import Ratio

#: Fields written in one call of B1, so that the call itself weighs little.
FIELDS = 100

FIELD_BUDGET = 0.5 if COMPILED else 1.6
ADDRESS_BOOK_BUDGET = 0.8 if COMPILED else 3.0


def set_fields_with_capnsafe(struct: StructBuilder) -> None:
    """Set one field, as often as ``FIELDS`` says."""
    for value in range(FIELDS):
        struct.set_uint32(0, value)


def set_fields_with_pycapnp(person: Any) -> None:
    """Set one field, as often as ``FIELDS`` says."""
    for value in range(FIELDS):
        person.id = value


def noise(effort: Effort) -> Iterator[Ratio]:
    """Compare the same work with itself: this is the uncertainty of ratios on this machine."""

    def build() -> None:
        build_with_capnsafe(HeapAllocator(segment_words=FIRST_WORDS)).close()

    yield Ratio(
        "noise",
        "address book; 1 is exact",
        "capnsafe",
        "capnsafe",
        compare(build, build, effort),
    )


def one_field(effort: Effort) -> Iterator[Ratio]:
    """B1: set one UInt32 field."""
    theirs = schema.Person.new_message()
    with MessageBuilder() as message:
        ours = message.init_root(1, 4)
        set_fields_with_capnsafe(ours)
        set_fields_with_pycapnp(theirs)
        with schema.Person.from_bytes(message.to_bytes()) as read:
            if not read.id == theirs.id == FIELDS - 1:
                raise DifferentMessageError(f"fields read as {read.id} and {theirs.id}")
        comparison = compare(
            lambda: set_fields_with_capnsafe(ours),
            lambda: set_fields_with_pycapnp(theirs),
            effort,
        )
    yield Ratio(
        "B1", "set one UInt32 field", "capnsafe", "pycapnp", comparison.per(FIELDS), FIELD_BUDGET
    )


def address_book(effort: Effort) -> Iterator[Ratio]:
    """B2: build the address book and release its memory."""
    require_same_messages(HeapAllocator(segment_words=FIRST_WORDS))
    comparison = compare(
        lambda: build_with_capnsafe(HeapAllocator(segment_words=FIRST_WORDS)).close(),
        build_with_pycapnp,
        effort,
    )
    yield Ratio("B2", "address book", "capnsafe", "pycapnp", comparison, ADDRESS_BOOK_BUDGET)
