"""Engines spend the executions they are given, repeat themselves, and survive their mutators."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.engines import MAX_INPUT_BYTES, Cell, engines
from capnsafe_fuzz.engines.atheris import Changes
from capnsafe_fuzz.engines.random import RandomEngine
from capnsafe_fuzz.engines.situations import MAX_SITUATIONS, SituationCoverage
from capnsafe_fuzz.scenario import decode
from capnsafe_fuzz.targets import TARGETS
from capnsafe_fuzz.targets.builder import TARGET

from tests.engines.runs import Runs

ROOT = Path(__file__).resolve().parents[2]

ATHERIS = pytest.mark.skipif(
    engines()["atheris"].missing() is not None, reason="Atheris is not installed"
)


def _reached(data: bytes) -> Collection[Cell]:
    return {(operation.verb.value, "-", "done") for operation in decode(data).operations}


def _search(count: int, seed: int, seeds: Collection[bytes] = ()) -> Runs:
    runs = Runs(count, _reached)
    RandomEngine().hunt(runs.hunt(seed, seeds))
    return runs


def test_random_runs_its_seeds_first_and_repeats_itself() -> None:
    one = _search(200, 1, [b"first", b"second"])
    assert one.inputs[:2] == [b"first", b"second"]
    assert len(one.inputs) == 200
    assert len(set(one.inputs)) > 150
    assert max(map(len, one.inputs)) <= MAX_INPUT_BYTES
    assert one.fallbacks == 0
    assert _search(200, 1, [b"first", b"second"]).inputs == one.inputs
    assert _search(200, 2, [b"first", b"second"]).inputs != one.inputs


def test_random_changes_an_input_that_reached_new_code() -> None:
    text = "a text that no other input has"
    seed = TARGET.parse(
        "capnsafe scenario 1\nmemory heap segment_words=1024\nlimit max_segment_words=536870911\n"
        f'h0 = root\nset h0.text "{text}"\n'
    )
    changed = []
    for covering in ((), (1,)):
        # Nothing reaches a new situation.
        runs = Runs(200, lambda data: ())
        runs.covering = covering
        RandomEngine().hunt(runs.hunt(1, [TARGET.encode(seed)]))
        changed.append(sum(text.encode() in data for data in runs.inputs))
    # A tenth of all inputs are changes of seeds.
    assert changed[0] < 50 < 80 < changed[1]


def test_random_needs_no_seeds() -> None:
    assert len(_search(50, 1).inputs) == 50


def test_a_mutator_that_fails_is_counted_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RecursionError("a mutator")

    monkeypatch.setattr(TARGET, "mutate", fail)
    found = _search(100, 1)
    assert len(found.inputs) == 100
    assert 50 < found.fallbacks < 100


class FakeAtheris:
    """libFuzzer's own mutators, without libFuzzer."""

    def Mutate(self, data: bytes, max_size: int) -> bytes:  # noqa: N802
        return b"mutated by libFuzzer"[:max_size]


@pytest.mark.parametrize("max_size", [1, 20, 4096])
def test_changes_never_raise_nor_outgrow_what_is_allowed(max_size: int) -> None:
    fallbacks: list[int] = []
    changes = Changes(FakeAtheris(), TARGET, [], lambda: fallbacks.append(1))
    seen = set()
    for seed in range(200):
        data = changes.mutate(b"", max_size, seed)
        changes.remember(bytes(range(256)))
        assert len(data) <= max_size
        seen.add(data)
    assert not fallbacks
    assert b"mutated by libFuzzer"[:max_size] in seen
    assert max_size == 1 or len(seen) > 50


def test_changes_fall_back_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise ValueError("a mutator")

    monkeypatch.setattr(TARGET, "mutate", fail)
    fallbacks: list[int] = []
    changes = Changes(FakeAtheris(), TARGET, [], lambda: fallbacks.append(1))
    made = [changes.mutate(b"abc", 4096, seed) for seed in range(50)]
    assert 20 < len(fallbacks) < 50
    assert made.count(b"mutated by libFuzzer") >= len(fallbacks)


def test_a_share_of_changes_starts_from_a_seed() -> None:
    seed = TARGET.parse(
        "capnsafe scenario 1\nmemory heap segment_words=1024\nlimit max_segment_words=536870911\n"
        'h0 = root\nset h0.text "a seed of a length that nothing else has"\n'
    )
    changes = Changes(FakeAtheris(), TARGET, [TARGET.encode(seed)])
    made = [changes.mutate(b"", 4096, number) for number in range(400)]
    from_seed = [data for data in made if b"a seed of a length" in data]
    assert 10 < len(from_seed) < 80
    assert len(set(from_seed)) > 5


def test_each_situation_gets_a_counter_of_its_own_once() -> None:
    made: list[Any] = []
    touched: list[int] = []

    def instrument(function: Any) -> Any:
        number = len(made)
        made.append(function.__code__)
        return lambda: touched.append(number)

    coverage = SituationCoverage(instrument)
    coverage.reach([("set", "-", "done"), ("get", "-", "done")])
    assert touched == [0, 1]
    coverage.reach([("get", "-", "done"), ("init", "-", "done")])
    assert touched == [0, 1, 0, 2]
    assert len({id(code) for code in made}) == 3


def test_situations_are_bounded() -> None:
    made: list[Any] = []

    def instrument(function: Any) -> Any:
        made.append(function)
        return function

    coverage = SituationCoverage(instrument)
    coverage.reach([("set", str(n), "done") for n in range(MAX_SITUATIONS + 50)])
    assert len(made) == MAX_SITUATIONS


def test_engines_say_whether_they_run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(engines()) == ["atheris", "random", "hypothesis"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    missing = engines()["atheris"].missing()
    assert missing is not None
    assert missing.startswith("Atheris is not installed for this Python (3.")
    assert engines()["random"].missing() is None


@pytest.mark.process
@ATHERIS
@pytest.mark.parametrize("name", TARGETS)
def test_the_executable_target_runs(tmp_path: Path, name: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    target = ROOT / "fuzz" / "targets" / f"{name}_fuzzer.py"
    assert len(target.read_text().splitlines()) < 15
    done = subprocess.run(
        [sys.executable, str(target), "-runs=50", "-seed=1"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "INFO: Instrumenting capnsafe.wire" in done.stderr
    assert "Instrumenting capnsafe_fuzz" not in done.stderr
    assert "DONE" in done.stderr
