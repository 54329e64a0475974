"""Every bug of the catalogue has a test that shows that it cannot happen here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.catalogue.ids import BUGS, SHOWN_BY

ROOT = Path(__file__).resolve().parents[2]

#: The ids at the front of a test's name: one or several.
NAMED = re.compile(r"test_((?:[a-j]\d+_)+)")


@cache
def functions_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


@cache
def named() -> dict[str, list[str]]:
    """Return the tests whose names begin with ids, by id."""
    found: dict[str, list[str]] = {}
    for folder in ("catalogue", "capnsafe"):
        for path in sorted((ROOT / "tests" / folder).glob("test_*.py")):
            for name in functions_of(path):
                match = NAMED.match(name)
                for id_ in match[1].upper().split("_")[:-1] if match else ():
                    found.setdefault(id_, []).append(name)
    return found


@pytest.mark.parametrize("id_", BUGS)
def test_it_has_a_test(id_: str) -> None:
    assert id_ in named() or id_ in SHOWN_BY, BUGS[id_].mechanism


def test_no_test_is_of_an_id_that_there_is_not() -> None:
    assert set(named()) <= set(BUGS)
    assert set(SHOWN_BY) <= set(BUGS)


def test_the_tests_that_are_referred_to_are_there() -> None:
    missing = [
        test
        for tests in SHOWN_BY.values()
        for test in tests
        if test.split("::")[1] not in functions_of(ROOT / test.split("::")[0])
    ]
    assert missing == []


def test_the_groups_of_hostile_input_have_tests_of_their_own() -> None:
    """Sizes, evolution, limits, framing, canonical form: each by its trigger, under its id."""
    own = {id_ for id_ in BUGS if id_[0] in "DEGHI"}
    assert own - set(named()) == set()


def test_every_entry_says_where_and_what() -> None:
    for bug in BUGS.values():
        assert bug.source
        assert bug.mechanism.endswith(".")
