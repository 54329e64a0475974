"""The forms of a message that the harness knows: they agree with the reference implementation."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import as_file, files
from random import Random
from typing import Any

import capnp
import pytest
from capnsafe_fuzz.oracles.interoperable import pycapnp_schema
from capnsafe_fuzz.scenario import FieldKind, Operation, generate, parse_scenario
from capnsafe_fuzz.scenario.by_value import value_of
from capnsafe_fuzz.scenario.forms import (
    MOST_WORDS,
    FormQuestion,
    disguised,
    float_text,
    questions_of,
)
from capnsafe_fuzz.scenario.model import ExpectationKind, Model
from capnsafe_fuzz.scenario.nodes import StructNode
from capnsafe_fuzz.scenario.schema import EVERYTHING

from capnsafe.schema.loading import _standard_folders
from tests.scenario.test_schema import reflected

DONE = (ExpectationKind.OK, ExpectationKind.VALUE)


def root_of(*lines: str) -> StructNode:
    """The root after these operations."""
    head = ["capnsafe scenario 1", "memory heap segment_words=64", "limit max_segment_words=4096"]
    root = performed(parse_scenario("\n".join([*head, "h0 = root", *lines, ""])).operations)
    assert root is not None
    return root


def performed(operations: Iterable[Operation]) -> StructNode | None:
    """The root after these operations, as far as they can be done."""
    model = Model(by_value=True)
    for operation in operations:
        if model.expect(operation).kind in DONE:
            model.commit(operation)
        else:
            model.forget(operation)
    return model.root


def questions(root: StructNode) -> dict[str, FormQuestion]:
    return {question.name: question for question in questions_of(root, b"")}


RICH = root_of(
    "set h0.i64 -5",
    "set h0.colour 1",
    "set h0.f64 0xfff0000000000000",
    'set h0.text "say \\"\\u{e9}\\""',
    'set h0.data x"00fb"',
    "h1 = init h0.small",
    "set h1.number 7",
    "h2 = init h0.colours 2",
    "set h2[1] 9",
    'set h0.group.text "in"',
    "select h0.choice mixed",
    "h3 = init h0.choice.mixed",
    "h4 = init h3.evolving Newer",
    'set h4.note "newer"',
    "set h4.number 4",
    'set h3.blob x"0aff"',
    "select h3.either pair",
    'set h3.either.pair.second x"0f"',
)
IN_MIXED = {
    "evolving": {"number": 4, "total": 0, "note": "newer"},
    "blob": b"\n\xff",
    "either": {"pair": {"second": b"\x0f"}},
}


def test_a_message_as_a_dict() -> None:
    expected = questions(RICH)["dict"].expected
    assert expected["i64"] == -5
    assert (expected["colour"], expected["colourDefault"]) == ("green", "blue")
    assert expected["f64"] == "-inf"
    assert expected["text"] == 'say "é"'
    assert expected["data"] == b"\0\xfb"
    assert expected["small"] == {"number": 7, "flag": False}
    assert expected["colours"] == ["red", 9]
    assert expected["group"] == {"scalar": 0, "text": "in"}
    assert expected["choice"] == {"mixed": IN_MIXED}
    assert "child" not in expected


def test_a_message_as_properties_return_it() -> None:
    expected = questions(RICH)["read"].expected
    assert expected["colour"] == 1
    assert (expected["child"], expected["texts"]) == (None, [])
    mixed = expected["choice"]["mixed"]
    assert expected["choice"]["which"] == "mixed"
    assert (mixed["any"], mixed["service"], mixed["title"]) == ("null", None, "untitled")
    assert mixed["either"] == {"which": "pair", "pair": {"first": "", "second": b"\x0f"}}


def test_a_message_as_json() -> None:
    expected = questions(RICH)["from json"].given
    assert (expected["i64"], expected["f64"]) == ("-5", "-Infinity")
    assert expected["data"] == [0, 0xFB]
    hidden = disguised(expected)
    assert (hidden["a text"], hidden["data"]) == ('say "é"', "APs=")
    assert (hidden["small.no"], hidden["small.flag"]) == (7, False)
    assert (hidden["group-scalar"], hidden["group-words"]) == (0, "in")
    assert (hidden["colour"], hidden["colours"]) == ("GREEN", ["red", 9])
    assert hidden["choice.is"] == "mixed"
    assert hidden["choice.mixed"] == {
        "evolving": {"number": 4},
        "blob": "0aff",
        "either": "pair",
        "value": {"second": "0f"},
    }
    assert questions(RICH)["parameters"].expected == [(4, "")]


def test_the_members_of_a_union_as_json() -> None:
    numbers = questions(root_of("select h0.choice numbers", "set h0.choice.numbers.high 3"))
    hidden = numbers["disguised json"].expected
    assert (hidden["choice.is"], hidden["choice.n-least"], hidden["choice.n-high"]) == (
        "numbers",
        0,
        3,
    )
    nothing = questions(root_of())["disguised json"].expected
    assert [name for name in nothing if name.startswith("choice")] == ["choice.is"]
    assert questions(root_of())["parameters"].expected is None
    number = questions(root_of("select h0.choice number"))["disguised json"].expected
    assert (number["choice.is"], number["choice.NUMBER"]) == ("NUMBER", 0)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (FieldKind.FLOAT64, 0.1, "0.1"),
        (FieldKind.FLOAT64, 1 / 3, "0.33333333333333331"),
        (FieldKind.FLOAT32, 0.100000001490116, "0.1"),
        (FieldKind.FLOAT64, 1e30, "1e30"),
        (FieldKind.FLOAT64, float("nan"), "nan"),
    ],
)
def test_floats_have_as_few_digits_as_they_need(kind: FieldKind, value: float, text: str) -> None:
    assert float_text(kind, value) == text


def test_the_text_is_what_the_reference_implementation_prints() -> None:
    from capnsafe_fuzz.encoders.generated_answers import load_everything

    import capnsafe

    everything: Any = load_everything(capnsafe).Everything
    rng = Random(5)
    compared = 0
    for _ in range(150):
        root = performed(generate(rng, 16).operations)
        asked = {} if root is None else questions(root)
        if "from dict" not in asked:
            continue
        octets = everything.from_dict(asked["from dict"].given).to_bytes()
        with pycapnp_schema().from_bytes(octets, traversal_limit_in_words=1 << 40) as message:
            # It begins new lines where capnsafe does not.
            assert "".join(str(message).split()) == "".join(asked["text"].expected.split())
        compared += 1
    assert compared > 80


def test_nothing_is_asked_about_objects_that_have_no_text() -> None:
    asked = questions(root_of("select h0.choice mixed", "h1 = init h0.choice.mixed"))
    with_reference = questions(
        root_of("select h0.choice mixed", "h1 = init h0.choice.mixed", "set h1.service 3")
    )
    assert asked.keys() - with_reference.keys() == {
        "from dict",
        "repr",
        "from text",
        "json",
        "from json",
        "disguised json",
        "from disguised json",
        "parameters",
    }


def test_nothing_is_asked_about_a_large_message_or_too_many_items() -> None:
    root = root_of()
    assert questions_of(root, bytes(MOST_WORDS * 8))
    assert not questions_of(root, bytes(MOST_WORDS * 8 + 8))
    many = root_of("h1 = init h0.units 2000")
    assert value_of(many, EVERYTHING) is None
    assert not questions_of(many, b"")


def test_the_schema_in_disguise_has_the_same_places() -> None:
    capnp.remove_import_hook()
    loaded = {}
    for name in ("everything", "disguised"):
        with as_file(files("capnsafe_fuzz.scenario") / f"{name}.capnp") as path:
            loaded[name] = capnp.load(str(path), imports=_standard_folders())
    places = {}
    for name, module in loaded.items():
        for struct in ("Everything", "Mixed", "Small", "Older"):
            schema = getattr(module, struct).schema
            found = {
                label.removeprefix("either."): (slot.offset, member and member[1])
                for label, slot, member in reflected(schema)
                if hasattr(slot, "type")
            }
            places[name, struct] = found
    for struct in ("Everything", "Mixed", "Older"):
        assert places["disguised", struct] == places["everything", struct]
    assert places["disguised", "Small"].items() < places["everything", "Small"].items()
    either = loaded["everything"].Mixed.schema.fields["either"].schema.node.struct
    unnamed = loaded["disguised"].Mixed.schema.node.struct
    assert unnamed.discriminantOffset == either.discriminantOffset
    choices = [one.Everything.schema.fields["choice"].schema.node.struct for one in loaded.values()]
    assert choices[0].discriminantOffset == choices[1].discriminantOffset
