"""docs/features.md says what is so: every test that it names is there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import capnp
import pytest

from tests.differential.schema import SCHEMA

ROOT = Path(__file__).resolve().parents[1]

COLUMNS = ["feature", "shown by", "C++", "Rust", "Go", "pycapnp"]

ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "docs" / "features.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]

FEATURES = [row for row in ROWS if row != COLUMNS and not row[0].startswith("---")]


@cache
def functions_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", FEATURES, ids=[row[0] for row in FEATURES])
def test_a_feature_is_shown_by_a_test(row: list[str]) -> None:
    assert len(row) == len(COLUMNS)
    path, name = row[1].split("::")
    assert name in functions_in(path)
    assert set(row[2:]) <= {"yes", "no", "partly"}


def test_no_feature_stands_there_twice() -> None:
    names = [row[0] for row in FEATURES]
    assert len(names) == len(set(names)) > 30


def test_what_is_said_of_pycapnp() -> None:
    """As far as the installed one can be asked."""
    builder = SCHEMA.Every.new_message()
    assert {"disown", "adopt", "total_size", "to_segments"} <= set(dir(builder))
    assert not any("canonical" in name for name in (*dir(builder), *dir(SCHEMA.Every)))
    builder.init("texts", 2)
    assert [name for name in dir(builder.disown("texts")) if not name.startswith("_")] == ["get"]
    assert not hasattr(builder.any, "which")
    limits = {"traversal_limit_in_words": 100, "nesting_limit": 5}
    with SCHEMA.Every.from_bytes(builder.to_bytes(), **limits) as reader:
        assert reader.which() == "nothing"
    assert hasattr(capnp, "_PyCustomMessageBuilder")
