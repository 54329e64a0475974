"""docs/features.md is right: every test that it names exists."""

from __future__ import annotations

import ast
from array import array
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

FEATURES = [row for row in ROWS if len(row) > 2 and row != COLUMNS and row[0].strip("-")]


@cache
def functions_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", FEATURES, ids=[row[0] for row in FEATURES])
def test_a_feature_is_shown_by_a_test(row: list[str]) -> None:
    assert len(row) == len(COLUMNS)
    path, name = row[1].split("::")
    assert name in functions_in(path)
    assert set(row[2:]) <= {"yes", "no", "partly", "?"}


def test_no_feature_stands_there_twice() -> None:
    names = [row[0] for row in FEATURES]
    assert len(names) == len(set(names)) > 30


def test_every_library_says_what_its_cells_stand_on() -> None:
    text = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    parts = text.partition("## Sources for the cells")[2].split("\n**")[1:]
    assert [part.split("**")[0] for part in parts] == [
        "capnproto C++",
        "capnproto-rust",
        "go-capnp",
        "pycapnp",
    ]
    for part in parts:
        assert part.count("\n| ") > 10


def test_what_is_said_of_pycapnp() -> None:
    """As far as the installed one can be asked."""
    builder = SCHEMA.Every.new_message()
    assert {"disown", "adopt", "total_size", "to_segments"} <= set(dir(builder))
    assert not any("canonical" in name for name in (*dir(builder), *dir(SCHEMA.Every)))
    leaves = builder.init("leaves", 2)
    assert not hasattr(leaves, "total_size")
    builder.init("texts", 2)
    assert [name for name in dir(builder.disown("texts")) if not name.startswith("_")] == ["get"]
    assert not hasattr(builder.any, "which")
    limits = {"traversal_limit_in_words": 100, "nesting_limit": 5}
    with SCHEMA.Every.from_bytes(builder.to_bytes(), **limits) as reader:
        assert reader.which() == "nothing"
    assert hasattr(capnp, "_PyCustomMessageBuilder")
    assert all(type(segment) is bytes for segment in SCHEMA.Leaf.new_message().to_segments())
    with pytest.raises(capnp.KjException):
        builder.uint16s = array("H", [1, 2])


def test_pycapnp_builds_any_root_and_orphans_of_structs() -> None:
    message = capnp._MallocMessageBuilder()
    message.get_root_as_any().set_as_text("hello")
    assert b"hello" in b"".join(message.get_segments_for_output())
    message = capnp._MallocMessageBuilder()
    root = message.init_root(SCHEMA.Every)
    orphan = message.new_orphan(SCHEMA.Leaf)
    orphan.get().number = 5
    root.adopt("leaf", orphan)
    assert root.leaf.number == 5
    with pytest.raises(TypeError):
        message.new_orphan(SCHEMA.Every.schema.fields["int16s"].schema)


def test_pycapnp_copies_defaults_and_lets_older_objects_grow() -> None:
    builder = SCHEMA.Every.new_message()
    builder.leafOther.number = 9
    assert (builder.leafOther.number, builder.leafOther.label) == (9, "leaf")
    older = builder.any.as_struct(SCHEMA.Older)
    older.number = 3
    older.init("values", 2)[1] = 7
    newer = builder.any.as_struct(SCHEMA.Newer)
    assert (newer.number, newer.values[1].value) == (3, 7)


def test_pycapnp_loses_what_is_set_to_a_part_of_itself() -> None:
    builder = SCHEMA.Every.new_message()
    builder.init("child").init("child").text = "below"
    builder.child = builder.child.child
    assert builder.child.text == ""
    leaves = builder.init("leaves", 1)
    leaves[0].number = 4
    leaves[0] = leaves[0]
    assert leaves[0].number == 4


def test_pycapnp_decodes_text_and_lends_data() -> None:
    framed = SCHEMA.Leaf.new_message(label="abc").to_bytes().replace(b"abc", b"a\xffc")
    with SCHEMA.Leaf.from_bytes(framed) as leaf, pytest.raises(UnicodeDecodeError):
        str(leaf.label)
    builder = SCHEMA.Every.new_message(data=b"abc")
    builder.get_data_as_view("data")[0] = ord("x")
    assert builder.data == b"xbc"
