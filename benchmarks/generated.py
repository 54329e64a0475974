"""B9: generated code, compared with pycapnp's dicts, and with the calls of its properties."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from capnsafe import COMPILED, HeapAllocator, MessageBuilder, MessageReader, load, unframe

from .address_book import FIRST_WORDS, MEANT, DifferentMessageError, require_meant, schema
from .encoders import FIELDS, set_fields_with_capnsafe
from .measure import Effort, compare
from .results import Ratio

FROM_VALUE_BUDGET: Final = 0.25 if COMPILED else 0.8
INTO_VALUE_BUDGET: Final = 0.4 if COMPILED else 1.0

#: Of a property, beside the call of the low layer that it makes.
PROPERTY_BUDGET: Final = 1.15


def _build(value: Any) -> MessageBuilder:
    """Build a value."""
    message = MessageBuilder(HeapAllocator(segment_words=FIRST_WORDS))
    message.set_root(value)
    return message


def _read_with_pycapnp(framed: bytes) -> Any:
    with schema.AddressBook.from_bytes(framed) as book:
        return book.to_dict()


def _set_fields(person: Any) -> None:
    for value in range(FIELDS):
        person.id = value


def _get_fields(person: Any) -> None:
    for _ in range(FIELDS):
        person.id  # noqa: B018


def _get_fields_below(low: Any) -> None:
    for _ in range(FIELDS):
        low.get_uint32(0)


def generated_code(effort: Effort) -> Iterator[Ratio]:
    """Compare values with dicts, and properties with calls, after a check that all do the same."""
    module: Any = load(Path(__file__).with_name("addressbook.capnp"))
    kind = module.AddressBook
    value = kind.from_dict(MEANT)
    with _build(value) as message:
        framed = message.to_bytes()
    require_meant("a value", framed)
    require_meant("pycapnp", schema.AddressBook.new_message(**MEANT).to_bytes())
    if kind.from_message(MessageReader(unframe(framed))) != value:
        raise DifferentMessageError("the value that was read is another one")
    yield Ratio(
        "B9",
        "address book from a value, or a dict",
        "capnsafe",
        "pycapnp",
        compare(
            lambda: _build(value).close(),
            lambda: schema.AddressBook.new_message(**MEANT),
            effort,
        ),
        FROM_VALUE_BUDGET,
    )
    yield Ratio(
        "B9",
        "address book into a value, or a dict",
        "capnsafe",
        "pycapnp",
        compare(
            lambda: kind.from_message(MessageReader(unframe(framed))),
            lambda: _read_with_pycapnp(framed),
            effort,
        ),
        INTO_VALUE_BUDGET,
    )
    with MessageBuilder() as message:
        person = message.init_root(module.Person)
        low = person.low_level
        yield Ratio(
            "B9",
            "set one field by its property",
            "property",
            "call",
            compare(lambda: _set_fields(person), lambda: set_fields_with_capnsafe(low), effort).per(
                FIELDS
            ),
            PROPERTY_BUDGET,
        )
        yield Ratio(
            "B9",
            "get one field by its property",
            "property",
            "call",
            compare(lambda: _get_fields(person), lambda: _get_fields_below(low), effort).per(
                FIELDS
            ),
            PROPERTY_BUDGET,
        )
