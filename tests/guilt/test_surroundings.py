"""The changes that are made of what stands elsewhere in a file or a package."""

from __future__ import annotations

import ast

import pytest
from capnsafe_fuzz.guilt.changes import Change, Function
from capnsafe_fuzz.guilt.surroundings import (
    Surroundings,
    Usage,
    insertions_of,
    larger_changes_of,
)

SOURCE = """
from .wire import pack

LEAST = 1
MOST = 9

def check(words, *, strict=False):
    if words > MOST:
        raise ValueError(words)
    return words

class Segment:
    def take(self, segment, words, start=None):
        self.count = segment.used
        room = words - self.count
        for word in range(LEAST):
            pack(room, word)
        check(words)
        return max(room, 0)

    def room(self, segment):
        self.zero(segment)
        return segment.granted - sum(one for one in self.parts)
"""

TREE = ast.parse(SOURCE)
AROUND = Surroundings(TREE, Usage([TREE]))


def function(name: str) -> Function:
    for node in ast.walk(TREE):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise AssertionError(name)


def changed(node: Function, change: Change) -> str:
    """Return the text of a function with a change, which is then undone."""
    before = ast.unparse(node)
    change.make()
    ast.fix_missing_locations(node)
    text = ast.unparse(node)
    change.undo()
    assert ast.unparse(node) == before
    return text


@pytest.mark.parametrize(
    ("name", "line", "text"),
    [
        ("take", 14, "self.count = segment.granted"),
        ("take", 15, "room = start - self.count"),
        ("take", 15, "room = self.count - words"),
        ("take", 15, "room = min(words - self.count, words)"),
        ("take", 16, "for word in reversed(range(LEAST)):"),
        ("take", 16, "for word in ():"),
        ("take", 16, "for word in range(MOST):"),
        ("take", 17, "pack(word, room)"),
        ("take", 17, "pack(room)"),
        ("take", 18, "check(words, strict=True)"),
        ("take", 19, "return max(room, words)"),
        ("take", 19, "return room"),
        ("take", 19, "return min(max(room, 0), self.parts)"),
        ("room", 23, "sum((one for one in reversed(self.parts)))"),
    ],
)
def test_names_and_calls_are_changed(name: str, line: int, text: str) -> None:
    node = function(name)
    found = [
        one for one in larger_changes_of(node, range(100), AROUND) if text in changed(node, one)
    ]
    assert line in {one.line for one in found}


def test_statements_are_left_out_and_exchanged() -> None:
    node = function("take")
    found = {str(one): one for one in larger_changes_of(node, range(100), AROUND)}
    text = changed(node, found["without the 2 statements from line 14 on"])
    assert "self.count =" not in text
    assert "room = words" not in text
    text = changed(node, found["with line 15 before line 14"])
    assert text.index("room = words") < text.index("self.count =")
    assert "room = words" not in changed(node, found["without `room = words - self.count`"])


def test_statements_of_the_file_are_inserted_where_their_names_are_known() -> None:
    node = function("room")
    found = {str(one): one for one in insertions_of(node, range(100), AROUND)}
    text = changed(node, found["with `self.count = segment.used` before line 22"])
    assert text.index("self.count = segment.used") < text.index("self.zero(segment)")
    # Its parameters have no `words`.
    assert not any("check(words)" in one for one in found)
    node = function("take")
    found = {str(one): one for one in insertions_of(node, {18}, AROUND)}
    told = "with `if words > MOST: raise ValueError(words)` before line 18"
    assert found[told].line == 18
    assert {one.line for one in found.values()} == {18}


def test_a_statement_is_inserted_behind_the_last_one_of_a_block() -> None:
    node = function("take")
    found = {str(one): one for one in insertions_of(node, {17}, AROUND)}
    text = changed(node, found["with `self.zero(segment)` after line 17"])
    assert text.index("pack(room, word)") < text.index("self.zero(segment)")
