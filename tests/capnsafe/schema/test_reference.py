"""Values that are written by generated code are read the same by pycapnp and by its tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from capnsafe import MessageBuilder
from tests.capnsafe.memories import MovingMemory
from tests.capnsafe.schema import addressbook_capnp, features_capnp
from tests.capnsafe.schema.tools import (
    FOLDER,
    Scatter,
    alike,
    converted,
    read_by_reference,
    same,
)

ADDRESSBOOK = FOLDER / "addressbook.capnp"
FEATURES = FOLDER / "features.capnp"

STRUCTS: list[tuple[Path, Any]] = [
    (ADDRESSBOOK, addressbook_capnp.AddressBook),
    (FEATURES, features_capnp.Keywords),
    (FEATURES, features_capnp.Scopes),
    (FEATURES, features_capnp.Pointers),
    (FEATURES, features_capnp.Choice),
    (FEATURES, features_capnp.Tree),
    (FEATURES, features_capnp.Versions),
]


def check(value: Any, file: Path) -> None:
    octets = value.to_bytes()
    kind: Any = type(value)
    assert kind.from_bytes(octets) == value
    plain = value.to_dict()
    assert same(read_by_reference(octets, file, kind.__name__), plain)
    # A struct that is null and the member of a union is there, with its defaults.
    assert same(kind.from_dict(plain).to_dict(), plain)
    assert same(kind.from_json(value.to_json()).to_dict(), plain)
    assert kind.from_bytes(value.to_bytes(packed=True), packed=True) == value
    with MessageBuilder(MovingMemory(grant_words=32)) as message:
        message.set_root(value)
        root: Any = message.get_root(kind)
        assert root.to_value() == value
        assert kind.from_bytes(message.to_bytes()) == value
        root.set(value)
        assert root.to_value() == value


@pytest.mark.parametrize(("file", "kind"), STRUCTS, ids=lambda each: getattr(each, "__name__", ""))
@pytest.mark.parametrize("seed", range(6))
def test_random_values(file: Path, kind: Any, seed: int) -> None:
    check(Scatter(seed).struct(kind._layout, 3), file)


@pytest.mark.process
@pytest.mark.parametrize(("file", "kind"), STRUCTS, ids=lambda each: getattr(each, "__name__", ""))
def test_the_tool_makes_the_same(file: Path, kind: Any) -> None:
    name = kind.__name__
    for seed in range(10, 12):
        value = Scatter(seed).struct(kind._layout, 3)
        octets = value.to_bytes()
        with MessageBuilder() as message:
            message.set_root(value)
            assert message.canonical() == converted(octets, "binary:canonical", file, name)
        assert value.to_bytes(packed=True) == converted(octets, "binary:packed", file, name)
        text = value.to_text()
        assert text + "\n" == converted(octets, "binary:text", file, name).decode()
        assert kind.from_bytes(converted(text.encode(), "text:binary", file, name)) == value
        assert kind.from_text(text) == value
        assert kind.from_text(converted(octets, "binary:text", file, name, short=False)) == value
        told = converted(octets, "binary:json", file, name)
        assert alike(json.loads(told), json.loads(value.to_json()))
        assert kind.from_bytes(kind.from_json(told).to_bytes()) == value
        read = converted(value.to_json().encode(), "json:binary", file, name)
        assert kind.from_bytes(read) == value
