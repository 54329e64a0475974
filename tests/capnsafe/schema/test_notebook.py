"""What notebooks and editors are shown of generated classes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from capnsafe import MessageBuilder, read_message
from tests.capnsafe.schema import features_capnp
from tests.capnsafe.schema.addressbook_capnp import AddressBook, Date, Person
from tests.capnsafe.schema.features_capnp import (
    Chain,
    Choice,
    Colour,
    Generics,
    Pointers,
    Recursive,
    Tree,
)
from tests.capnsafe.schema.tools import Scatter


class Checked(HTMLParser):
    """The tags of some HTML, which must match, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def shown(value: Any) -> list[str]:
    """Return the texts that a notebook shows of a value, and of a reader of it."""
    html = value._repr_html_()
    kind: Any = type(value)
    assert read_message(value.to_bytes()).get_root(kind)._repr_html_() == html
    checked = Checked(html)
    assert checked.tags <= {"table", "tr", "th", "td", "i", "br", "code"}
    return checked.text


def test_a_table_of_the_fields() -> None:
    person = Person(id=7, name="Alice", birthdate=Date(year=1990))
    person.employment.school = "MIT"
    person.phones.append(Person.PhoneNumber(number="555", type=Person.PhoneNumber.Type.WORK))
    assert shown(person) == [
        *("Person", "id", "7", "name", '"Alice"', "email", '""'),
        *("phones", "Person.PhoneNumber", "number", '"555"', "type", "work"),
        *("birthdate", "Date", "year", "1990", "month", "0", "day", "0"),
        *("employment", "Person.Employment", "school", '"MIT"'),
    ]


def test_every_kind_of_field() -> None:
    assert shown(Choice(colour=Colour(77)))[-2:] == ["colour", "(77)"]
    assert shown(Choice(nothing=None))[-2:] == ["nothing", "void"]
    assert shown(Choice(flag=True))[-2:] == ["flag", "true"]
    assert shown(Choice(real=0.5))[-2:] == ["real", "0.5"]
    assert shown(Choice(store=7))[-2:] == ["store", "capability 7"]
    assert shown(Choice(any="x"))[-1] == "<Opaque: 1 words>"
    assert shown(Choice(data=b"\0\xff"))[-3:] == ["data", "2 bytes ", "00 ff"]
    assert shown(Choice(numbers=[1, 2]))[-1] == "[1, 2]"
    assert shown(Choice(texts=[]))[-1] == "[]"
    text = " ".join(shown(Pointers(names=[["a"], []], colours=[Colour.RED], voids=[None])))
    for part in ('names [["a"], []]', "colours [red]", "voids [void]"):
        assert part in text
    with MessageBuilder() as message:
        message.init_root(Pointers).init_names(2)
        assert "[ null ,  null ]" in " ".join(
            Checked(read_message(message.to_bytes()).get_root(Pointers)._repr_html_() or "").text
        )


def test_null_pointers_have_their_defaults() -> None:
    assert shown(Choice(name="nobody"))[-2:] == ["name", '"nobody"']
    assert shown(Choice(day=None))[-8:] == ["day", "Date", "year", "1970", "month", "7", "day", "1"]
    assert shown(Choice(point=None))[-2:] == ["point", "null"]
    text = " ".join(shown(Pointers()))
    for part in ("any null", "capability null", "names []", "bits [true, false, true]"):
        assert part in text
    assert shown(Chain())[:4] == ["Chain", "item", "null", "next"]
    assert shown(Generics(texts=Chain()))[:5] == ["Generics", "texts", "Chain", "item", "null"]
    assert "…" in shown(Recursive())


def test_everything_is_escaped() -> None:
    evil = "<script>alert('&\"')</script>"
    assert shown(Person(name=evil))[4] == f'"{evil}"'
    assert shown(Choice(texts=[evil]))[-1] == f'["{evil}"]'


def test_it_is_bounded() -> None:
    person = Person(name="x" * 10_000, email="y" * 200)
    assert f'"{"x" * 200}…"' in shown(person)
    assert f'"{"y" * 200}"' in shown(person)
    assert shown(Choice(data=bytes(1000)))[-2:] == ["1000 bytes ", "00 " * 31 + "00…"]
    assert shown(Choice(numbers=range(100)))[-3:] == [  # type: ignore[arg-type]
        "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ",
        "… 90 more",
        "]",
    ]
    book = AddressBook(people=[Person(id=at) for at in range(1000)])
    texts = shown(book)
    assert texts[-1] == "… 990 more"
    assert texts.count("Person") == 10

    wide = AddressBook(people=[Person(phones=[Person.PhoneNumber()] * 50)] * 50)
    assert "…" in shown(wide)
    assert len(wide._repr_html_() or "") < 50_000

    def deep(levels: int) -> Tree:
        return Tree(value=levels, children=[deep(levels - 1)] if levels else [])

    assert shown(deep(100)).count("Tree") < 10
    tree = Tree()
    for _ in range(3000):
        tree = Tree(left=tree)
    assert "…" in Checked(tree._repr_html_() or "").text
    many = Scatter(3)
    for name in ("Pointers", "Keywords", "Scopes", "Versions", "Recursive", "Generics"):
        for _ in range(5):
            kind: Any = getattr(features_capnp, name)
            assert len(many.struct(kind._layout, 3)._repr_html_()) < 100_000


def test_what_cannot_be_shown_has_its_plain_form() -> None:
    assert Person(id=-1)._repr_html_() is None
    data = Person(name="Alice").to_bytes()
    # Enough for the struct, and not for its text.
    reader = read_message(data, traversal_limit_words=7, max_words=100).get_root(Person)
    assert reader._repr_html_() is None
    assert repr(reader).startswith("<Person.Reader: ")


def test_dir_has_the_fields_and_nothing_internal() -> None:
    with MessageBuilder() as message:
        builder = message.init_root(Person)
        reader = read_message(message.to_bytes()).get_root(Person)
        for each, names in (
            (Person(), {"id", "employment", "to_dict", "from_text", "PhoneNumber"}),
            (builder, {"id", "employment", "init_phones", "has_name", "set", "to_value"}),
            (reader, {"id", "employment", "has_name", "to_json", "low_level"}),
        ):
            found = dir(each)
            assert names <= {*found}
            assert [name for name in found if re.match("_[^_]", name)] == []
            assert "__class__" in found
