"""B1 and B2: the plain encoder beside pycapnp, doing the same work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import capnp

from capnsafe import HeapAllocator, MessageBuilder, StructBuilder

from .measure import Comparison, compare

PEOPLE = (
    (123, "Alice", "alice@example.com", (("555-1212", 0),), "MIT"),
    (456, "Bob", "bob@example.com", (("555-4567", 1), ("555-7654", 2)), "unemployed"),
)
KINDS = ("mobile", "home", "work")

#: Words of the first segment, for both: the address book fits.
FIRST_WORDS = 128

#: Fields written in one call of B1, so that the call itself weighs little.
FIELDS = 100

schema = capnp.load(str(Path(__file__).with_name("addressbook.capnp")))


def build_with_capnsafe() -> MessageBuilder:
    """Build the address book on the heap."""
    message = MessageBuilder(HeapAllocator(segment_words=FIRST_WORDS))
    people = message.init_root(0, 1).init_struct_list(0, len(PEOPLE), 1, 4)
    for index, (identity, name, email, numbers, employer) in enumerate(PEOPLE):
        person = people[index]
        person.set_uint32(0, identity)
        person.set_text(0, name)
        person.set_text(1, email)
        phones = person.init_struct_list(2, len(numbers), 1, 1)
        for at, (number, kind) in enumerate(numbers):
            phone = phones[at]
            phone.set_text(0, number)
            phone.set_uint16(0, kind)
        person.set_text(3, employer)
    return message


def build_with_pycapnp() -> Any:
    """Build the same with pycapnp, in memory that its custom allocator hook supplies."""
    builder = capnp._PyCustomMessageBuilder(_allocate, FIRST_WORDS)
    people = builder.init_root(schema.AddressBook).init("people", len(PEOPLE))
    for index, (identity, name, email, numbers, employer) in enumerate(PEOPLE):
        person = people[index]
        person.id = identity
        person.name = name
        person.email = email
        phones = person.init("phones", len(numbers))
        for at, (number, kind) in enumerate(numbers):
            phone = phones[at]
            phone.number = number
            phone.kind = KINDS[kind]
        person.employer = employer
    return builder


def _allocate(minimum_words: int, *_: object) -> bytearray:
    return bytearray(max(minimum_words, FIRST_WORDS) * 8)


def _set_fields_with_capnsafe(struct: StructBuilder) -> None:
    for value in range(FIELDS):
        struct.set_uint32(0, value)


def _set_fields_with_pycapnp(person: Any) -> None:
    for value in range(FIELDS):
        person.id = value


def one_field() -> Comparison:
    """B1: set one UInt32 field."""
    with MessageBuilder() as message:
        ours = message.init_root(1, 4)
        theirs = schema.Person.new_message()
        return compare(
            lambda: _set_fields_with_capnsafe(ours), lambda: _set_fields_with_pycapnp(theirs)
        )


def address_book() -> Comparison:
    """B2: build the address book and let go of its memory."""
    return compare(lambda: build_with_capnsafe().close(), build_with_pycapnp)
