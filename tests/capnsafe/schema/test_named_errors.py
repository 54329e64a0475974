"""Errors begin with the name of the field whose value is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from capnsafe import ArgumentError, MessageBuilder
from tests.capnsafe.schema.addressbook_capnp import AddressBook, Date, Person
from tests.capnsafe.schema.features_capnp import (
    Chain,
    Choice,
    Generics,
    Keywords,
    Point,
    Pointers,
    StructWithARatherLongNameThatFillsLines,
    Tree,
)

# These give wrong values on purpose, which type checkers would report.
P: Any = Person
Phone: Any = Person.PhoneNumber
C: Any = Choice
ANY: Any = Pointers
Box: Any = Chain
Node: Any = Tree
Word: Any = Keywords
Long: Any = StructWithARatherLongNameThatFillsLines

#: Values that cannot be built, and the beginning of the error.
VALUES = [
    (P(id=-1), "id: a value of UINT32 must"),
    (P(name=5), "name: a Text must be a str, not int"),
    (P(email=b"x"), "email: a Text must"),
    (P(name="\ud800"), "name: the text cannot be encoded"),
    (P(phones=5), "phones: a list cannot"),
    (P(phones="x"), "phones: a list takes its items"),
    (P(phones=[Phone(), None]), "phones: the value must be a Person.PhoneNumber"),
    (P(phones=[Phone(number="a"), Phone(number=7)]), "number: a Text must"),
    (P(phones=[Phone(type=70_000)]), "type: a value of UINT16"),
    (P(birthdate=Point()), "birthdate: the value must be a Date, not Point"),
    (P(employment=5), "employment: the value must be a Person.Employment"),
    (P(employment=P.Employment(school=5)), "school: a Text must"),
    (P(employment=P.Employment(employer=5)), "employer: a Text must"),
    (ANY(any=5), "any: an AnyPointer takes"),
    (ANY(any=P(name=5)), "name: a Text must"),
    (ANY(any_list=5), "any_list: an AnyList takes"),
    (ANY(any_struct="x"), "any_struct: an AnyStruct takes"),
    (ANY(capability=-1), "capability: a capability must"),
    (C(texts=["a", 5]), "texts: a Text must"),
    # An iterator has no items that an error could look for.
    (C(texts=iter(["a", 5])), "a Text must"),
    (C(data="x"), "data: a Data must"),
    (C(numbers=["x"]), "numbers: a value must"),
    (C(points=(Point(), Date())), "points: the value must be a Point, not Date"),
    (C(real="x"), "real: a float field"),
    (C(flag=3), "flag: a bool must"),
    (C(nothing=3), "nothing: the only value"),
    (C(colour="red"), "colour: a value must"),
    (Generics(texts=Box(item=5)), "item: a Text must"),
    (Generics(numbers=Box(item=["x"])), "item: a value must"),
    (Generics(points=Box(inners=[Box.Inner(item=7)])), "item: the value must be a Point"),
    (Node(left=Node(children=[Node(right=5)])), "right: the value must be a Tree"),
    (Word(list="x"), "list: a list takes"),
]


@pytest.mark.parametrize(("value", "message"), VALUES)
def test_values(value: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        value.to_bytes()
    assert str(caught.value).startswith(message)
    field, colon, _ = message.partition(": ")
    assert caught.value.field == (field if colon else None)


def test_a_deep_value_that_is_in_several_places() -> None:
    shared: Any = Node(value=1)
    wrong: Any = Node(children=[shared, Node(left=5)])
    for _ in range(3_000):
        wrong = Node(left=shared, right=wrong, children=[shared])
    with pytest.raises(ArgumentError, match=r"^left: the value must be a Tree, not int"):
        wrong.to_bytes()
    while wrong.right is not None:  # Python itself frees deep objects by recursion.
        wrong = wrong.right


#: Structs, fields, and values that a builder refuses.
SETTERS = [
    (Person, "phones", 5),
    (Person, "phones", [5]),
    (Person, "birthdate", Point()),
    (Choice, "number", "x"),
    (Choice, "texts", ["a", 5]),
    (Choice, "data", "x"),
    (Choice, "numbers", [1 << 70]),
    (Choice, "points", [Date()]),
    (Choice, "flag", 3),
    (Choice, "nothing", 3),
    (Choice, "pair", 3),
    (Choice, "colour", 70_000),
    (Choice, "any", 5),
    (Choice, "store", -1),
    (Choice, "day", 5),
    (Pointers, "any_list", 5),
    (Pointers, "any_struct", "x"),
    (Pointers, "capability", -1),
]


@pytest.mark.parametrize(("struct", "name", "value"), SETTERS)
def test_setters(struct: Any, name: str, value: Any) -> None:
    with MessageBuilder() as message:
        root: Any = message.init_root(struct)
        before = root.to_value()
        for act in (lambda: setattr(root, name, value), lambda: root.update(**{name: value})):
            with pytest.raises(ArgumentError, match=rf"^{name}: ") as caught:
                act()
            assert caught.value.field == name
        with pytest.raises(ArgumentError, match=rf"^{name}: "):
            root.set(struct(**{name: value}))
        assert root.to_value() == before


def test_other_calls_of_a_builder() -> None:
    with MessageBuilder() as message:
        root: Any = message.init_root(AddressBook).init_people(1)[0]
        calls: dict[str, Callable[[], object]] = {
            "id": lambda: root.update(id=-1),
            "name": lambda: root.update(id=1, name=5),
            "school": lambda: setattr(root.employment, "school", 5),
            "employer": lambda: root.employment.set(P.Employment(employer=5)),
            "employment": lambda: root.update(employment=5),
            "number": lambda: setattr(root, "phones", [Phone(number=5)]),
        }
        for name, call in calls.items():
            with pytest.raises(ArgumentError, match=rf"^{name}: ") as caught:
                call()
            assert caught.value.field == name
        long: Any = message.init_root(Long)
        for name in ("kinds", "grid"):
            value = Long.LastGroupOfTheUnionWithALongName(**{name: ["x"]})
            with pytest.raises(ArgumentError, match=r"^last_group_of_the_union_with_a_long_name: "):
                long.last_group_of_the_union_with_a_long_name = value
            with pytest.raises(ArgumentError, match=rf"^{name}: "):
                long.set(Long(last_group_of_the_union_with_a_long_name=value))
