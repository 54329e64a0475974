"""A program as users write it. Type checkers must know every type in it without help."""

from __future__ import annotations

from typing import Literal, assert_type

from capnsafe import MessageBuilder, read_message, schema
from tests.capnsafe.schema.addressbook_capnp import AddressBook, Date, Person
from tests.capnsafe.schema.features_capnp import Choice, Colour, Point, Pointers
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
    assert_type(reader.text_box, Box.Reader)
    assert_type(reader.any.as_struct(Point), Point.Reader)
    assert_type(root.any.init_struct(Point), Point.Builder)
    assert_type(root.colours[0], Colour)
    root.grid = [[1.0], [2.0, 3.0]]
    root.colours = reader.colours
    root.days = reader.days
    root.points = [Point(x=1), reader.points[0]]
