"""The message that is built: an address book of two people with three phones.

Each side is built as its own users would write it. pycapnp reads both messages before anything is
timed, because a benchmark of different messages compares nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import capnp

from capnsafe import Allocator, MessageBuilder, frame

PEOPLE = (
    (123, "Alice", "alice@example.com", (("555-1212", 0),), "MIT"),
    (456, "Bob", "bob@example.com", (("555-4567", 1), ("555-7654", 2)), "unemployed"),
)
KINDS = ("mobile", "home", "work")

#: The values that every reader must find.
MEANT: dict[str, list[dict[str, Any]]] = {
    "people": [
        {
            "id": identity,
            "name": name,
            "email": email,
            "phones": [{"number": number, "kind": KINDS[kind]} for number, kind in numbers],
            "employer": employer,
        }
        for identity, name, email, numbers, employer in PEOPLE
    ]
}

#: Words of the first segment, for both sides: the address book fits.
FIRST_WORDS = 128

schema = capnp.load(str(Path(__file__).with_name("addressbook.capnp")))


class DifferentMessageError(Exception):
    """The message is not the address book."""


def build_with_capnsafe(allocator: Allocator) -> MessageBuilder:
    """Build the address book in this memory."""
    message = MessageBuilder(allocator)
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


def require_meant(who: str, framed: bytes) -> None:
    """Let pycapnp read a framed message, and raise if it is not the address book."""
    with schema.AddressBook.from_bytes(framed) as book:
        read = book.to_dict()
    if read != MEANT:
        raise DifferentMessageError(
            f"{who} built a different message from the address book: {read}"
        )


def require_same_messages(allocator: Allocator) -> None:
    """Build once on both sides, and check that both are the address book."""
    with build_with_capnsafe(allocator) as message:
        require_meant("capnsafe", message.to_bytes())
    require_meant("pycapnp", frame(build_with_pycapnp().get_segments_for_output()))
