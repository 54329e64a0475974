"""B10: reading, compared with pycapnp: the address book, and a long list of structs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from capnsafe import COMPILED, HeapAllocator, MessageBuilder, MessageReader, frame, unframe

from .address_book import KINDS, MEANT, DifferentMessageError, build_with_capnsafe, schema
from .measure import Effort, compare
from .results import Ratio

BUDGET: Final = 0.8 if COMPILED else 2.5

#: The traversal limit of both readers, in words. The default is too low for the long list.
LIMIT: Final = 1 << 32


def read_with_capnsafe(framed: bytes) -> list[dict[str, Any]]:
    """Read everything in the address book."""
    root = MessageReader(unframe(framed)).get_root()
    people = root.get_struct_list(0)
    assert people is not None
    read = []
    for person in people:
        phones = person.get_struct_list(2)
        assert phones is not None
        read.append(
            {
                "id": person.get_uint32(0),
                "name": person.get_text(0),
                "email": person.get_text(1),
                "phones": [
                    {"number": phone.get_text(0), "type": KINDS[phone.get_uint16(0)]}
                    for phone in phones
                ],
                "employer": person.get_text(3),
            }
        )
    return read


def read_with_pycapnp(framed: bytes) -> list[dict[str, Any]]:
    """Read the same with pycapnp."""
    with schema.AddressBook.from_bytes(framed) as book:
        return [
            {
                "id": person.id,
                "name": person.name,
                "email": person.email,
                "phones": [
                    {"number": phone.number, "type": str(phone.kind)} for phone in person.phones
                ],
                "employer": person.employer,
            }
            for person in book.people
        ]


def _long_list(count: int) -> bytes:
    message = MessageBuilder(HeapAllocator(segment_words=count * 5 + 10))
    people = message.init_root(0, 1).init_struct_list(0, count, 1, 4)
    for index in range(count):
        people[index].set_uint32(0, index)
    with message:
        return message.to_bytes()


def _sum_with_capnsafe(framed: bytes) -> int:
    reader = MessageReader(unframe(framed), traversal_limit_words=LIMIT)
    people = reader.get_root().get_struct_list(0)
    assert people is not None
    return sum(person.get_uint32(0) for person in people)


def _sum_with_pycapnp(framed: bytes) -> int:
    with schema.AddressBook.from_bytes(framed, traversal_limit_in_words=LIMIT) as book:
        return sum(person.id for person in book.people)


def reading(effort: Effort) -> Iterator[Ratio]:
    """Compare the two readers, after a check that they return the same."""
    with build_with_capnsafe(HeapAllocator()) as message:
        framed = frame(message.segments())
    meant = [
        person | {"phones": [{"number": p["number"], "type": p["kind"]} for p in person["phones"]]}
        for person in MEANT["people"]
    ]
    for read in (read_with_capnsafe, read_with_pycapnp):
        if read(framed) != meant:
            raise DifferentMessageError(f"{read.__name__} returns other contents")
    yield Ratio(
        "B10",
        "read the address book",
        "capnsafe",
        "pycapnp",
        compare(lambda: read_with_capnsafe(framed), lambda: read_with_pycapnp(framed), effort),
        BUDGET,
    )
    count = effort.objects
    long = _long_list(count)
    if _sum_with_capnsafe(long) != _sum_with_pycapnp(long):
        raise DifferentMessageError("the sums of a long list differ")
    few = Effort(batch_seconds=effort.batch_seconds, pairs=effort.large_pairs)
    yield Ratio(
        "B10",
        f"a field of each of {count} structs",
        "capnsafe",
        "pycapnp",
        compare(lambda: _sum_with_capnsafe(long), lambda: _sum_with_pycapnp(long), few).per(count),
        BUDGET,
    )
