"""Random schemas with random values, beside pycapnp and the schema compiler's tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import capnsafe
from tests.capnsafe.schema.random_schemas import RandomSchema
from tests.capnsafe.schema.round_trips import require_round_trips, require_tool_agrees, theirs
from tests.capnsafe.schema.tools import Scatter

pytestmark = pytest.mark.process


def check_schema(seed: int, folder: Path) -> None:
    made = RandomSchema(seed)
    path = folder / f"random{seed}.capnp"
    path.write_text(made.text, encoding="utf-8")
    (folder / made.shared_name).write_text(made.shared, encoding="utf-8")
    module: Any = capnsafe.load(path)
    for at, name in enumerate(made.structs):
        kind = getattr(module, name)
        notes = [note.value.text for note in theirs(kind, path).schema.node.annotations]
        if notes:
            shared = capnsafe.load(folder / made.shared_name)
            assert [shared.NOTE.of(kind)] == notes
        layout = kind._layout
        value = Scatter(seed + at).struct(layout, 2)
        require_round_trips(value, path)
        if not at:
            # The tool gets some values of the first struct, which may contain the others.
            values = [value, *(Scatter(seed + each).struct(layout, 2) for each in (100, 200))]
            require_tool_agrees(values, path)


@pytest.mark.parametrize("seed", range(4))
def test_a_few_schemas(seed: int, tmp_path: Path) -> None:
    check_schema(seed, tmp_path)


@pytest.mark.release
@pytest.mark.parametrize("start", range(1000, 3000, 100))
def test_two_thousand_schemas(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 100):
        check_schema(seed, tmp_path)
