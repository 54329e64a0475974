"""The Hypothesis engine is reproducible, makes all its executions, and survives bad strategies."""

from __future__ import annotations

import pytest
from capnsafe_fuzz.engines import MAX_INPUT_BYTES, engines
from capnsafe_fuzz.engines import hypothesis as module
from capnsafe_fuzz.targets import TARGETS, find_target

from tests.engines.runs import Runs

ENGINE = engines()["hypothesis"]


def searched(count: int, seed: int, target: str = "builder") -> list[bytes]:
    runs = Runs(count)
    ENGINE.hunt(runs.hunt(seed, target=target))
    return runs.inputs


@pytest.mark.thorough
@pytest.mark.parametrize("target", TARGETS)
def test_it_repeats_itself(target: str) -> None:
    one = searched(60, 1, target)
    assert searched(60, 1, target) == one
    assert searched(60, 2, target) != one
    assert len(one) == 60
    assert len(set(one)) > 30
    assert max(map(len, one)) <= MAX_INPUT_BYTES


def test_it_runs_its_seeds_first() -> None:
    runs = Runs(5)
    ENGINE.hunt(runs.hunt(1, [b"first", b"second"]))
    assert runs.inputs[:2] == [b"first", b"second"]
    runs = Runs(1)
    ENGINE.hunt(runs.hunt(1, [b"first", b"second"]))
    assert runs.inputs == [b"first"]


def test_a_round_follows_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROUND", 20)
    found = searched(90, 1)
    assert found[:20] != found[20:40]
    assert len(found) == 90


def test_a_strategy_that_fails_is_counted_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = find_target("builder")
    encode, made = target.encode, []

    def fail(scenario: object) -> bytes:
        made.append(scenario)
        if len(made) % 10 == 0:
            raise RecursionError("a generator")
        return encode(scenario)

    monkeypatch.setattr(target, "encode", fail)
    runs = Runs(60)
    ENGINE.hunt(runs.hunt(1))
    assert len(runs.inputs) == 60
    assert runs.fallbacks > 0


def test_it_says_whether_it_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ENGINE.missing() is None
    monkeypatch.setattr("capnsafe_fuzz.optional.find_spec", lambda name: None)
    missing = ENGINE.missing()
    assert missing is not None
    assert "capnsafe[check]" in missing
