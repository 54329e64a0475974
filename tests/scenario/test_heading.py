"""The lines of a text that say what its scenario was found on, the same for every target."""

from __future__ import annotations

import pytest
from capnsafe_fuzz.scenario import (
    Heading,
    ScenarioSyntaxError,
    print_scenario,
    read_heading,
    with_heading,
)
from capnsafe_fuzz.targets import TARGETS, find_target, target_of_text, with_comment

NAMES = ("capnsafe", "mine:Encoder", "m\u00efn:\u00c9ncoder", 'a "b', "x y", "\udcff:E", "\n")


@pytest.mark.parametrize("name", list(TARGETS))
def test_the_texts_of_every_target_may_have_one(name: str) -> None:
    target = find_target(name)
    scenario = with_comment(target.sample, "why it is here\nin two lines")
    text = target.print(scenario)
    for encoder in NAMES:
        headed = with_heading(text, Heading(encoder, name))
        assert headed.isascii()
        assert len(headed.split("\n")) == len(text.split("\n")) + 2
        assert read_heading(headed) == Heading(encoder, name)
        assert target.parse(headed) == scenario
        assert target.parse(headed).comment == scenario.comment
    assert read_heading(text) == Heading()
    assert with_heading(text, Heading()) == text


@pytest.mark.parametrize("name", list(TARGETS))
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(name: str, end: str) -> None:
    target = find_target(name)
    scenario = with_comment(target.sample, "why it is here")
    text = with_heading(target.print(scenario), Heading("mine:Encoder"))
    for start in ("", "\ufeff"):
        other = start + text.replace("\n", end)
        assert target_of_text(other.encode()) == name
        assert read_heading(other) == Heading("mine:Encoder")
        assert target.parse(other) == scenario
        assert target.parse(other).comment == "why it is here"


@pytest.mark.parametrize("name", list(TARGETS))
def test_it_may_stand_above_the_comment_or_in_it(name: str) -> None:
    target = find_target(name)
    first, rest = target.print(with_comment(target.sample, "one")).split("\n", 1)
    text = f"{first}\nencoder a:B\n\n# zero\ntarget {name}\n{rest}"
    assert read_heading(text) == Heading("a:B", name)
    assert target.parse(text) == target.sample
    assert target.parse(text).comment == "zero\none"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("encoder", "line 2: "),
        ('encoder "a', "line 2: "),
        ('encoder "a" b', "line 2: "),
        ("encoder \u00e9", "line 2: "),
        ("target build\ntarget build", "line 3: "),
        ("encoder a\nnonsense", "line 3: "),
    ],
)
@pytest.mark.parametrize("name", list(TARGETS))
def test_what_is_wrong_is_told_with_its_line(name: str, line: str, what: str) -> None:
    target = find_target(name)
    first, rest = target.print(target.sample).split("\n", 1)
    with pytest.raises(ScenarioSyntaxError, match=f"^{what}"):
        target.parse(f"{first}\n{line}\n{rest}")


def test_it_stands_at_the_top_only() -> None:
    text = print_scenario(find_target("builder").sample) + "encoder a\n"
    assert read_heading(text) == Heading()
    with pytest.raises(ScenarioSyntaxError):
        find_target("builder").parse(text)


@pytest.mark.parametrize("name", list(TARGETS))
def test_what_cannot_be_printed_in_a_comment_is_escaped(name: str) -> None:
    target = find_target(name)
    scenario = with_comment(target.sample, "a\x1b[31m\u2028b\udc80 \u00e9")
    assert scenario.comment == "a\\x1b[31m\\u2028b\\udc80 \u00e9"
    text = target.print(scenario)
    assert target.parse(text).comment == scenario.comment
    assert target.print(target.parse(text)) == text
