"""`check` raises for a broken promise, with the facts, and for nothing else."""

from __future__ import annotations

import pytest
from capnsafe_fuzz.campaign.targets import UnknownNameError
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.planted import BUGS, read_bug, witness_text
from capnsafe_fuzz.scenario import ScenarioError
from capnsafe_fuzz.targets import TARGETS, find_target
from capnsafe_fuzz.testing import BrokenPromise, check, parse_scenario

BUG_OF = {
    "builder": "zero_before_allocate",
    "reader": "start_below_segment",
    "stream": "segment_size_signed",
    "values": "value_default_not_xored",
}


@pytest.mark.parametrize("name", TARGETS)
def test_a_planted_bug_breaks_its_promise(name: str) -> None:
    bug = read_bug(BUGS[BUG_OF[name]])
    assert bug.target == name
    text = witness_text(bug.name)
    # A program of `values` is one of `builder` without its text.
    scenario = text if name == "values" else find_target(name).parse(text)
    check(scenario)
    with pytest.raises(BrokenPromise) as caught:
        check(scenario, encoder=f"planted:{bug.name}")
    assert caught.value.violation.promise == bug.promise
    assert caught.value.violation.group in str(caught.value)


def test_text_and_an_encoder_itself_will_do() -> None:
    text = witness_text(BUG_OF["builder"])
    assert parse_scenario(text) == find_target("builder").parse(text)
    with pytest.raises(BrokenPromise):
        check(text, encoder=find_encoder(f"planted:{BUG_OF['builder']}"))


def test_what_cannot_be_checked_is_refused() -> None:
    sample = find_target("builder").sample
    with pytest.raises(UnknownNameError):
        check(sample, encoder="steam")
    with pytest.raises(ScenarioError, match="line"):
        check("no scenario")
    with pytest.raises(ScenarioError, match="line 2"):
        check("capnsafe scenario 1\nnothing\n")
    with pytest.raises(TypeError, match="scenario"):
        check(object())
