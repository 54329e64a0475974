"""Dicts and JSON of generated classes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capnsafe import (
    ArgumentError,
    ArgumentTypeError,
    ArgumentValueError,
    Exhausted,
    MessageBuilder,
    read_message,
)
from tests.capnsafe.schema.addressbook_capnp import AddressBook, Person
from tests.capnsafe.schema.features_capnp import Choice, Colour, Keywords, Point, Pointers, Tree
from tests.capnsafe.schema.shared_capnp import Date as Day
from tests.capnsafe.schema.tools import FOLDER, read_by_reference


def test_the_names_are_those_of_the_schema() -> None:
    value = Person(id=1, employment=Person.Employment(self_employed=None))
    assert value.to_dict() == {"id": 1, "employment": {"selfEmployed": None}}
    assert value.to_json() == '{"id": 1, "employment": {"selfEmployed": null}}'
    assert value.to_json(indent=1).startswith('{\n "id": 1,')
    assert Person.from_dict(value.to_dict()) == value


def test_an_empty_object_is_there_and_null_is_not() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.init_days(0)
        root.init_names(1)
        root.init_entry().key = ""
        root.init_boxes(1)
        file = FOLDER / "features.capnp"
        expected: dict[str, Any] = {"days": [], "names": [[]], "entry": {"key": ""}, "boxes": [{}]}
        expected["season"] = "winter"
        assert root.to_dict() == expected
        assert read_by_reference(message.to_bytes(), file, "Pointers") == expected


CHOICES: list[tuple[Choice, Any]] = [
    (Choice(), "nobody"),
    (Choice(point=None), {"x": 0, "y": 0}),
    (Choice(points=[]), []),
    (Choice(day=None), {"year": 1970, "month": 7, "day": 1}),
    (Choice(data=b""), b""),
    (Choice(nothing=None), None),
    (Choice(colour=Colour.CLASS), "class"),
    (Choice(texts=[""]), [""]),
]


@pytest.mark.parametrize(("value", "plain"), CHOICES, ids=lambda each: repr(each)[:30])
def test_the_member_that_is_set_is_there(value: Choice, plain: Any) -> None:
    which = value.which()
    assert value.to_dict() == {"common": 0, which: plain}
    read = read_by_reference(value.to_bytes(), FOLDER / "features.capnp", "Choice")
    assert read == {"common": 0, which: plain}


def test_json_has_less_types() -> None:
    assert json.loads(Choice(number=-(1 << 63)).to_json())["number"] == str(-(1 << 63))
    assert json.loads(Choice(data=b"\0\xff").to_json())["data"] == [0, 255]
    for text in ("NaN", "Infinity", "-Infinity"):
        number = float(text)
        (("NaN", float("nan")),)
        value = Choice(real=number)
        assert json.loads(value.to_json())["real"] == text
        assert repr(Choice.from_json(value.to_json())) == repr(value)
    assert Choice.from_json('{"number": 5, "unknown": [1]}') == Choice(number=5)
    assert Choice.from_json('{"number": 5.0}') == Choice(number=5)
    assert Choice.from_json('{"colour": 77}') == Choice(colour=Colour(77))
    assert Choice.from_json(b'{"nothing": null}') == Choice(nothing=None)
    assert Choice.from_json('{"point": null}') == Choice(point=None)
    assert Choice.from_json('{"number": 5, "common": 1, "real": 2}') == Choice(common=1, real=2)
    with pytest.raises(ArgumentValueError, match="only one member of the union can be set"):
        Choice.from_dict({"number": 5, "real": 2.0})
    assert Choice(colour=Colour(77)).to_dict()["colour"] == 77
    assert Choice.from_dict({"colour": 77}) == Choice(colour=Colour(77))
    assert Person.from_json('{"name": null}') == Person()
    for pointers in (Pointers(any="x"), Pointers(capability=3), Pointers(stores=[1])):
        with pytest.raises(ArgumentTypeError, match="JSON has no form"):
            pointers.to_json()
    assert Pointers(capability=3, stores=[1, None]).to_dict()["stores"] == [1, None]


def test_text() -> None:
    value = Choice(common=1, data=b"it's \x80")
    reader = read_message(value.to_bytes()).get_root(Choice)
    expected = """(common = 1, data = "it\\'s \\200")"""
    assert (value.to_text(), reader.to_text()) == (expected, expected)
    assert Choice(colour=Colour(77)).to_text() == "(common = 0, colour = (77))"
    assert Choice(any="x").to_text() == "(common = 0, any = <opaque pointer>)"
    assert Choice(store=7).to_text() == "(common = 0, store = <external capability>)"
    assert Choice(real=float("nan")).to_text() == "(common = 0, real = nan)"
    assert Choice(points=[]).to_text() == "(common = 0, points = [])"
    # As the tool has it: what a struct of zeros is anyway is not printed.
    assert Choice().to_text() == "(common = 0)"
    assert Choice(nothing=None).to_text() == "(common = 0, nothing = void)"


def test_what_is_no_dict_of_the_struct() -> None:
    wrong: Any
    for wrong in (3, None, [], "x"):
        with pytest.raises(ArgumentTypeError, match="fields of Person must be a dict"):
            Person.from_dict(wrong)
    with pytest.raises(ArgumentTypeError, match="fields of Point must be a dict, not int"):
        Choice.from_dict({"point": 3})
    with pytest.raises(ArgumentValueError, match="Person has no field 'nme'"):
        Person.from_dict({"nme": "Alice"})
    with pytest.raises(ArgumentValueError, match="Colour has no enumerant 'pink'"):
        Choice.from_dict({"colour": "pink"})
    with pytest.raises(ArgumentTypeError, match="a list cannot be iterated over"):
        Choice.from_dict({"points": 3})
    for text in ("{", "{'x': 1}", b"\xff"):
        with pytest.raises(ArgumentValueError, match="not JSON"):
            Person.from_json(text)
    for data in ("[256]", "[1.5]", '["x"]'):
        with pytest.raises(ArgumentValueError, match="a list of numbers from 0 to 255"):
            Choice.from_json(f'{{"data": {data}}}')
    for text in ('{"number": "five"}', '{"real": "five"}'):
        with pytest.raises(ArgumentValueError, match="'five' is not a number"):
            Choice.from_json(text)
    with pytest.raises(ArgumentTypeError, match=r"^number: a value must be an integer"):
        Choice.from_json('{"number": 1.5}')


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"people": [{}, {"id": 4294967296}]}', "people[1].id: a value of UINT32"),
        ('{"people": [{"phones": [{"number": 5}]}]}', "people[0].phones[0].number: a Text"),
        ('{"people": [{"employment": {"school": 5}}]}', "people[0].employment.school: a Text"),
        ('{"people": [{"employment": null}]}', "people[0].employment: the fields of"),
        ('{"people": [null]}', "people[0]: a list of structs has no null"),
        ('{"people": "abc"}', "people: a list must be an array"),
        ('{"people": [{"phones": [{"type": "fax"}]}]}', "people[0].phones[0].type: Type has no"),
    ],
)
def test_the_error_for_a_wrong_item_names_its_place(text: str, place: str) -> None:
    for read in (AddressBook.from_json, lambda each: AddressBook.from_dict(json.loads(each))):
        with pytest.raises(ArgumentError) as raised:
            read(text)
        assert str(raised.value).replace("Person.PhoneNumber.", "").startswith(place)


def test_json_has_no_numbers_that_are_not_finite() -> None:
    with pytest.raises(ArgumentValueError, match="it has no number NaN"):
        Choice.from_json('{"real": NaN}')


def test_json_has_no_pointers_of_any_kind() -> None:
    for text in ('{"any": {"x": 1}}', '{"capability": 1}'):
        with pytest.raises(ArgumentTypeError, match="JSON has no form"):
            Pointers.from_json(text)
    assert Pointers.from_json('{"any": null}') == Pointers()


def test_dicts_that_are_too_deep() -> None:
    plain: dict[str, Any] = {}
    for _ in range(100_000):
        plain = {"left": plain}
    with pytest.raises(Exhausted):
        Tree.from_dict(plain)
    with pytest.raises(Exhausted):
        Tree.from_json('{"left":' * 100_000)
    while plain:  # Python itself frees deep objects by recursion.
        plain = plain["left"]


def test_readers_and_builders_have_them_too() -> None:
    book = AddressBook(people=[Person(name="Alice")])
    with MessageBuilder() as message:
        message.set_root(book)
        root = message.get_root(AddressBook)
        assert root is not None
        reader = read_message(message.to_bytes()).get_root(AddressBook)
        for each in (root, reader, book):
            assert each.to_dict() == {
                "people": [{"id": 0, "name": "Alice", "employment": {"unemployed": None}}]
            }
            assert AddressBook.from_json(each.to_json()) == book


def test_defaults_and_groups() -> None:
    value = Keywords()
    assert Keywords.from_dict(value.to_dict()) == value
    assert value.to_dict()["import"] == -1
    assert Pointers().day == Day(year=2024)
    assert Pointers().points == [Point(x=1), Point(y=2)]
    assert Pointers(points=[]).to_dict() == {"points": [], "season": "winter"}
