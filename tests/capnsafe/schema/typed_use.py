"""A program as users write it. Type checkers must know every type in it without help."""

from __future__ import annotations

from typing import Literal, assert_type

from capnsafe import MessageBuilder, read_message, schema
from tests.capnsafe.schema.addressbook_capnp import AddressBook, Date, Person
from tests.capnsafe.schema.features_capnp import (
    Chain,
    Choice,
    Colour,
    Generic,
    Generics,
    Point,
    Pointers,
)
from tests.capnsafe.schema.shared_capnp import Box


def build() -> bytes:
    with MessageBuilder() as message:
        book = message.init_root(AddressBook)
        assert_type(book, AddressBook.Builder)
        people = book.init_people(2)
        assert_type(people, schema.ItemsBuilder[Person.Builder, Person])
        alice = people[0]
        assert_type(alice, Person.Builder)
        alice.id = 123
        alice.birthdate = Date(year=1990)
        assert_type(alice.birthdate, Date.Builder)
        alice.phones = [Person.PhoneNumber(number="555")]
        assert_type(alice.phones[0].type, Person.PhoneNumber.Type)
        alice.employment.school = "MIT"
        people[1] = Person(name="Bob")
        assert_type(message.get_root(AddressBook), AddressBook.Builder | None)
        message.set_root(book.to_value())
        return message.to_bytes()


def read(data: bytes) -> str:
    book = read_message(data).get_root(AddressBook)
    assert_type(book, AddressBook.Reader)
    assert_type(book.people, schema.Items[Person.Reader])
    for person in book.people:
        assert_type(person.name, str)
        assert_type(person.birthdate, Date.Reader)
        assert_type(person.to_value(), Person)
        match person.employment.which():
            case "school":
                return person.employment.school
            case "employer":
                return person.employment.employer
            case "unemployed" | "self_employed" | None as which:
                assert_type(which, Literal["unemployed", "self_employed"] | None)
    return ""


def several(person: Person.Builder, other: Person.Reader) -> None:
    person.update(id=1, name="Alice", birthdate=other.birthdate, phones=other.phones)
    person.employment.update(school="MIT")


def values(data: bytes) -> None:
    book = AddressBook.from_bytes(data)
    assert_type(book, AddressBook)
    assert_type(book.people, list[Person])
    assert_type(book.people[0].birthdate, Date | None)
    assert_type(Choice().number, int | schema.UnsetType)
    assert_type(Colour.RED.label, str | None)


def lists(root: Pointers.Builder, reader: Pointers.Reader) -> None:
    assert_type(reader.grid, schema.Items[schema.Numbers[float]])
    assert_type(reader.grid[0][1], float)
    assert_type(reader.lengths[0][0], Point.Reader)
    assert_type(reader.stores[0], int | None)
    assert_type(reader.text_box, Box.Reader[str, str])
    assert_type(reader.any.as_struct(Point), Point.Reader)
    assert_type(root.any.init_struct(Point), Point.Builder)
    assert_type(root.colours[0], Colour)
    root.grid = [[1.0], [2.0, 3.0]]
    root.colours = reader.colours
    root.days = reader.days
    root.points = [Point(x=1), reader.points[0]]


def generic_values(data: bytes) -> Generics:
    assert_type(Chain(item="text", next=Chain(item="next")), Chain[str])
    texts: Chain[str] = Chain(item="text", group=Chain.Group(one="one"))
    numbers: Chain[list[int]] = Chain(item=[1, 2])
    value = Generics(texts=texts, numbers=numbers, stores=Chain(item=7), anything=Chain(item=b""))
    value.points = Chain(item=Point(x=1), inners=[Chain.Inner(item=Point(y=1))])
    value.pairs.append(Generic(key="key", value=[Point()], inner=Generic.Inner(key="key")))
    read = Generics.from_bytes(data)
    assert_type(read.points, Chain[Point] | None)
    if read.points is not None:
        assert_type(read.points.item, Point | None)
        assert_type(read.points.inners, list[Chain.Inner[Point]])
    assert_type(read.pairs, list[Generic[str, list[Point]]])
    assert_type(Chain(), Chain[schema.Anything])
    return value


def generic_handles(root: Generics.Builder, reader: Generics.Reader) -> None:
    root.texts.next = reader.texts
    root.points.next.inners = reader.points.inners
    root.pairs[0].inner = reader.pairs[0].inner
    assert_type(reader.texts.item, str)
    assert_type(reader.points.next.item, Point.Reader)
    assert_type(reader.points.inner.item, Point.Reader)
    assert_type(reader.points.group.one, Point.Reader)
    assert_type(reader.numbers.item, schema.Numbers[int])
    assert_type(reader.stores.item, int | None)
    assert_type(reader.anything.item, schema.AnyReader)
    assert_type(reader.pairs[0].value, schema.Items[Point.Reader])
    assert_type(reader.points.to_value(), Chain[Point])
    assert_type(root.texts.item, str)
    assert_type(root.points.init_item(), Point.Builder)
    assert_type(root.numbers.init_item(3), schema.NumbersBuilder[int])
    assert_type(root.anything.item, schema.AnyBuilder)
    root.texts.item = "text"
    root.points.item = Point()
    root.points.next.item = reader.points.item
    root.points = reader.points
    root.numbers.item = (1, 2)
    root.texts.update(item="text", next=Chain(item="next"))
    root.update(texts=Chain(item="text"), points=reader.points)
    with MessageBuilder() as message:
        assert_type(message.init_root(Chain).item, schema.AnyBuilder)
