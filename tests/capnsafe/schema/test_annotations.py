"""Annotations that a schema declares, and their values."""

from __future__ import annotations

import pytest

from capnsafe import ArgumentValueError
from tests.capnsafe.schema.features_capnp import (
    IMPORTANT,
    LIMITS,
    PLACE,
    SHARE,
    TAG,
    TINT,
    Annotated,
    Choice,
    Colour,
    Point,
)
from tests.capnsafe.schema.shared_capnp import UNIT


def test_annotations_of_structs_and_fields() -> None:
    assert PLACE.of(Annotated) == Point(x=1, y=2)
    assert SHARE.of(Annotated) == float("inf")
    assert SHARE.of(Annotated.Second, "third") == 0.5
    assert Annotated.Nested.OWN.of(Annotated) == 7
    assert TAG.of(Annotated, "first") == 'the "first"'
    assert TAG.of(Annotated, "second") == "a group"
    assert TINT.of(Annotated, "first") is Colour.DARK_BLUE
    assert LIMITS.of(Annotated, "first") == [1, 2]
    assert UNIT.of(Annotated, "first") == "m"
    assert TAG.of(Annotated) is None
    assert TINT.of(Annotated) is None


def test_annotations_without_a_value() -> None:
    assert IMPORTANT.is_on(Annotated)
    assert IMPORTANT.of(Annotated) is None
    assert IMPORTANT.is_on(Choice, "name")
    assert not IMPORTANT.is_on(Choice)


def test_annotations_of_enums() -> None:
    assert IMPORTANT.is_on(Colour)
    assert TAG.of(Colour, "DARK_BLUE") == "navy"
    assert TAG.of(Colour, "RED") is None


def test_names_that_are_not_there() -> None:
    with pytest.raises(ArgumentValueError, match="Annotated has no field 'nothing'"):
        TAG.of(Annotated, "nothing")
    with pytest.raises(ArgumentValueError, match="Colour has no member 'nothing'"):
        TAG.of(Colour, "nothing")
