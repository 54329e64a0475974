"""B9: generated code, compared with pycapnp's dicts, and with the calls of its properties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from capnsafe import (
    COMPILED,
    Element,
    HeapAllocator,
    MessageBuilder,
    MessageReader,
    load,
    unframe,
)
from capnsafe.schema import StructItems

from .address_book import FIRST_WORDS, MEANT, DifferentMessageError, require_meant, schema
from .encoders import FIELDS
from .measure import Effort, compare
from .results import Ratio

FROM_VALUE_BUDGET: Final = 0.25 if COMPILED else 0.8
INTO_VALUE_BUDGET: Final = 0.4 if COMPILED else 1.0

#: Of a property, beside the calls of the low layer that it makes.
PROPERTY_BUDGET: Final = 1.15

#: Properties and the calls that they make: a name, each as a line of Python, and the budget.
ACCESSES: Final = (
    ("set a number", "builder.number = 7", "below_builder.set_uint32(0, 7)", PROPERTY_BUDGET),
    ("set a float", "builder.real = 7.5", "below_builder.set_float64(1, 7.5)", PROPERTY_BUDGET),
    ("set a Bool", "builder.truth = True", "below_builder.set_bool(32, True)", PROPERTY_BUDGET),
    (
        "set an enum",
        "builder.colour = GREEN",
        "below_builder.set_uint16(3, GREEN)",
        PROPERTY_BUDGET,
    ),
    ("get a number", "reader.number", "below.get_uint32(0)", PROPERTY_BUDGET),
    ("get a float", "reader.real", "below.get_float64(1)", PROPERTY_BUDGET),
    ("get a Bool", "reader.truth", "below.get_bool(32)", PROPERTY_BUDGET),
    ("get an enum", "reader.colour", "below.get_uint16(3)", PROPERTY_BUDGET),
    ("get a text", "reader.text", "below.get_text(0)", PROPERTY_BUDGET),
    ("get data", "reader.octets", "below.get_data(1)", PROPERTY_BUDGET),
    (
        "get a member of a union",
        "reader.member",
        "below.get_uint16(10); below.get_uint32(4)",
        PROPERTY_BUDGET,
    ),
    # The handle or list of generated code is an object more than the call makes. The rows with a
    # budget compare the property with a call that makes it, too.
    ("open a struct", "reader.inner", "InnerReader(below.get_struct(2))", PROPERTY_BUDGET),
    ("open a struct, beside its call alone", "reader.inner", "below.get_struct(2)", None),
    (
        "open a list of numbers",
        "reader.numbers",
        "below.get_list(3, UINT32)",
        PROPERTY_BUDGET,
    ),
    (
        "open a list of structs",
        "reader.structs",
        "StructItems(below.get_struct_list(4), InnerReader)",
        PROPERTY_BUDGET,
    ),
    (
        "open a list of structs, beside its call alone",
        "reader.structs",
        "below.get_struct_list(4)",
        None,
    ),
    ("item of a list of numbers", "numbers[1]", "below_numbers[1]", PROPERTY_BUDGET),
    ("item of a list of texts", "texts[1]", "below_texts.get_text(1)", PROPERTY_BUDGET),
    ("item of a list of structs", "structs[1]", "InnerReader(below_structs[1])", PROPERTY_BUDGET),
    ("item of a list of structs, beside its call alone", "structs[1]", "below_structs[1]", None),
)


def _build(value: Any) -> MessageBuilder:
    """Build a value."""
    message = MessageBuilder(HeapAllocator(segment_words=FIRST_WORDS))
    message.set_root(value)
    return message


def _read_with_pycapnp(framed: bytes) -> Any:
    with schema.AddressBook.from_bytes(framed) as book:
        return book.to_dict()


def _repeated(action: str, names: dict[str, Any]) -> Callable[[], None]:
    """Return a function that does what a line of Python says, ``FIELDS`` times."""
    found: dict[str, Any] = {}
    exec(f"def act(of=range({FIELDS})):\n    for _ in of:\n        {action}", names, found)
    act: Callable[[], None] = found["act"]
    return act


def _effect(action: str, names: dict[str, Any]) -> object:
    """Return what a getter returns, as text, or the data of the struct after a setter."""
    if action.startswith(("builder", "below_builder")):
        names["builder"].update(number=0, real=0.0, truth=False, colour=0)
        exec(action, names)
        return names["below_builder"].data_section()
    found = eval(action.split("; ")[-1], names)
    if isinstance(found, int):
        return int(found)
    return repr(getattr(found, "low_level", found))


def _field_accesses(effort: Effort) -> Iterator[Ratio]:
    """Compare properties of each kind with the calls that they make."""
    module: Any = load(Path(__file__).with_name("fields.capnp"))
    allocator = HeapAllocator(segment_words=1 << 16)
    with MessageBuilder(allocator) as message:
        builder = message.init_root(module.Fields)
        builder.set(
            module.Fields(
                number=5,
                text="hello",
                octets=b"hello",
                inner=module.Inner(number=5),
                numbers=[1, 2, 3],
                structs=[module.Inner(number=number) for number in range(3)],
                texts=["one", "two", "three"],
                member=5,
            )
        )
        source = MessageReader(message.segments(), traversal_limit_words=1 << 62)
        reader = source.get_root(module.Fields)
        names = {
            "builder": builder,
            "below_builder": builder.low_level,
            "reader": reader,
            "below": reader.low_level,
            "GREEN": module.Colour.GREEN,
            "UINT32": Element.UINT32,
            "InnerReader": module.Inner.Reader,
            "StructItems": StructItems,
            "numbers": reader.numbers,
            "structs": reader.structs,
            "texts": reader.texts,
            "below_numbers": reader.low_level.get_list(3, Element.UINT32),
            "below_structs": reader.structs.low_level,
            "below_texts": reader.texts.low_level,
        }
        for what, prop, call, budget in ACCESSES:
            if _effect(prop, names) != _effect(call, names):
                raise DifferentMessageError(f"{prop} does something else than {call}")
            ours, theirs = _repeated(prop, names), _repeated(call, names)
            measured = compare(ours, theirs, effort).per(FIELDS)
            yield Ratio("B9", what, "property", "call", measured, budget)


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
    yield from _field_accesses(effort)
