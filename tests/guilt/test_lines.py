"""Both ways to trace lines record the same, for the encoder's own code only."""

from __future__ import annotations

from itertools import groupby
from types import FrameType
from typing import Any

import pytest
from capnsafe_fuzz.guilt import lines
from capnsafe_fuzz.guilt.lines import Lines, Stack

SOURCE = """
def inner(number):
    return 10 // number

def outer(number):
    try:
        return sorted([number], key=lambda one: inner(one))[0]
    except ZeroDivisionError:
        return -1
"""
FILE = "sample.py"


class Heard:
    def __init__(self) -> None:
        self.lines: list[Stack] = []
        self.exceptions: list[tuple[str, BaseException]] = []
        self.watch = Lines(lambda name: name == FILE, self)

    def line(self, frame: FrameType) -> None:
        self.lines.append(self.watch.stack(frame))

    def exception(self, frame: FrameType, error: BaseException) -> None:
        self.exceptions.append((self.watch.stack(frame)[0].function, error))


@pytest.mark.parametrize("has_monitoring", [True, False])
def test_lines_and_exceptions_of_own_code_are_told(
    has_monitoring: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_monitoring:
        monkeypatch.setattr(lines, "_MONITORING", None)
    names: dict[str, Any] = {"__name__": "sample"}
    exec(compile(SOURCE, FILE, "exec"), names)
    heard = Heard()
    with heard.watch:
        assert names["outer"](0) == -1
    # A lambda belongs to the function around it.
    told = [(stack[0].function, stack[0].line) for stack in heard.lines]
    assert [one for one, _ in groupby(told)] == [
        ("outer", 6),
        ("outer", 7),
        ("inner", 3),
        ("outer", 8),
        ("outer", 9),
    ]
    (deepest,) = (stack for stack in heard.lines if stack[0].function == "inner")
    assert [frame.function for frame in deepest] == ["inner", "outer", "outer"]
    assert {frame.file for frame in deepest} == {FILE}
    assert [function for function, _ in heard.exceptions] == ["inner", "outer", "outer"]
    assert len({id(error) for _, error in heard.exceptions}) == 1
    before = len(heard.lines)
    names["outer"](1)
    assert len(heard.lines) == before
