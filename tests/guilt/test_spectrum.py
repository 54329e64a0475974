"""The suspicion of lines."""

from __future__ import annotations

import pytest
from capnsafe_fuzz.guilt.spectrum import Coverage, suspicion


def test_a_line_of_the_failing_executions_alone_is_the_most_suspicious() -> None:
    common, wrong, rare = ("a.py", 1), ("a.py", 2), ("a.py", 3)
    failing = [frozenset({common, wrong}), frozenset({common, wrong, rare})]
    passing = [frozenset({common})] * 2 + [frozenset({common, ("a.py", 4)})]
    found = suspicion(failing, passing)
    assert found == pytest.approx({common: (2 / 5) ** 0.5, wrong: 1.0, rare: 0.5**0.5})


def test_without_executions_nothing_is_suspicious() -> None:
    assert suspicion([], [frozenset({("a.py", 1)})]) == {}


def test_the_lines_that_run_are_covered() -> None:
    def work(condition: bool) -> int:
        if condition:
            return 1
        return 2

    coverage = Coverage(lambda path: path == __file__)
    with coverage:
        work(True)
    first = work.__code__.co_firstlineno
    covered = {line for path, line in coverage.covered if path == __file__}
    assert {first + 1, first + 2} <= covered
    assert first + 3 not in covered
