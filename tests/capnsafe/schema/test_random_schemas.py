"""Random schemas with random values, beside pycapnp and the schema compiler's tool."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import capnsafe
from capnsafe import MessageBuilder
from tests.capnsafe.schema.random_schemas import RandomSchema
from tests.capnsafe.schema.round_trips import require_round_trips
from tests.capnsafe.schema.tools import Scatter, alike, converted, same

pytestmark = pytest.mark.process

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def check_schema(seed: int, folder: Path) -> None:
    made = RandomSchema(seed)
    path = folder / f"random{seed}.capnp"
    path.write_text(made.text, encoding="utf-8")
    module: Any = capnsafe.load(path)
    for at, name in enumerate(made.structs):
        value = Scatter(seed + at).struct(getattr(module, name)._layout, 2)
        require_round_trips(value, path)
        if at:
            continue
        kind = type(value)
        octets = value.to_bytes()
        with MessageBuilder() as message:
            message.set_root(value)
            assert message.canonical() == converted(octets, "binary:canonical", path, name)
        assert value.to_bytes(packed=True) == converted(octets, "binary:packed", path, name)
        text = value.to_text()
        assert text + "\n" == converted(octets, "binary:text", path, name).decode()
        pretty = converted(octets, "binary:text", path, name, short=False)
        assert kind.from_text(pretty) == kind.from_text(text)
        # The tool ends a message at some parentheses in strings.
        if not any("(" in string or ")" in string for string in STRING.findall(text)):
            read = converted(text.encode(), "text:binary", path, name)
            assert kind.from_text(text) == kind.from_bytes(read)
        told = converted(octets, "binary:json", path, name)
        assert alike(json.loads(told), json.loads(value.to_json()))
        again = kind.from_bytes(kind.from_json(told).to_bytes())
        assert same(again.to_dict(), value.to_dict())


@pytest.mark.parametrize("seed", range(4))
def test_a_few_schemas(seed: int, tmp_path: Path) -> None:
    check_schema(seed, tmp_path)


@pytest.mark.release
@pytest.mark.parametrize("start", range(1000, 3000, 100))
def test_two_thousand_schemas(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 100):
        check_schema(seed, tmp_path)
