"""The changes that are tried at a line."""

from __future__ import annotations

import ast

import pytest
from capnsafe_fuzz.guilt.changes import Function, changes_of

SOURCE = """
def build(self, words, end=None):
    if end is None and words:
        self.begin()
    try:
        self.room = words * 8 + 1
        view = self.fill(words[:8], zero=True)
    except MemoryError as error:
        raise Refused(words) from None
    return view if words else None
"""


def function() -> Function:
    node = ast.parse(SOURCE).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (3, "with `end is not None` instead of `end is None`"),
        (3, "with `words` instead of `end is None and words`"),
        (3, "with `False` instead of `end is None and words`"),
        (4, "without `self.begin()`"),
        (6, "without `self.room = words * 8 + 1`"),
        (6, "with `words * 8` instead of `words * 8 + 1`"),
        (6, "with `2` instead of `1`"),
        (7, "with `words` instead of `words[:8]`"),
        (7, "with `self.fill(words[:8])` instead of `self.fill(words[:8], zero=True)`"),
        (8, "with `except Exception` instead of `except MemoryError`"),
        (9, "with `raise Refused(words) from error` instead of `raise Refused(words) from None`"),
        (10, "with `view` instead of `view if words else None`"),
    ],
)
def test_a_change_is_made_and_undone(line: int, told: str) -> None:
    node = function()
    before = ast.unparse(node)
    found = {str(change): change for change in changes_of(node, range(100))}
    change = found[told]
    assert change.line == line
    change.make()
    assert ast.unparse(node) != before
    change.undo()
    assert ast.unparse(node) == before


def test_only_lines_that_ran_are_changed() -> None:
    assert {change.line for change in changes_of(function(), {6})} == {6}


def test_every_change_compiles() -> None:
    node = function()
    for change in changes_of(node, range(100)):
        change.make()
        compile(ast.Module([node], []), "changed", "exec")
        change.undo()
