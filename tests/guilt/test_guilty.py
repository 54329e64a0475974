"""The guilty line as a value."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from capnsafe_fuzz.guilt.guilty import Guilty, Mended
from capnsafe_fuzz.guilt.lines import CodeLine

HERE = CodeLine(__file__, "guilt/a.py", "Arena.grow", 1)
THERE = HERE._replace(file="guilt/b.py", function="fill")
OTHER = Mended("guilt/c.py", "zero", 7, "without `x`")


def test_it_survives_as_data() -> None:
    for one in (
        Guilty.by_change(HERE, "without `x`", [OTHER]),
        Guilty.by_spectrum(HERE, ["guilt/b.py:fill"]),
        Guilty.by_evidence((HERE, THERE), "wrote last", ["guilt/b.py:fill"]),
    ):
        assert Guilty.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_its_changes_begin_with_its_own() -> None:
    own = Mended(HERE.file, HERE.function, HERE.line, "without `y`")
    assert Guilty.by_change(HERE, "without `y`", [OTHER]).changes == (own, OTHER)
    assert Guilty.by_spectrum(HERE, []).changes == ()


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Guilty.by_spectrum(HERE, []), Guilty.by_spectrum(HERE, []), True),
        (Guilty.by_spectrum(HERE, []), Guilty.by_spectrum(THERE, []), False),
        (Guilty.by_spectrum(HERE, [THERE.place]), Guilty.by_spectrum(THERE, []), True),
        (Guilty.by_spectrum(HERE, []), Guilty.by_spectrum(THERE, [HERE.place]), True),
        # A place that a change confirms is certain.
        (Guilty.by_spectrum(HERE, [THERE.place]), Guilty.by_change(THERE, "x", []), False),
        (Guilty.by_change(HERE, "x", []), Guilty.by_change(THERE, "y", []), False),
        (Guilty.by_change(HERE, "x", []), Guilty.by_change(HERE, "y", []), True),
    ],
)
def test_two_lines_are_of_one_mistake_by_their_places(
    one: Guilty, other: Guilty, alike: bool
) -> None:
    assert one.is_like(other) is alike
    assert other.is_like(replace(one, why="for another reason")) is alike
