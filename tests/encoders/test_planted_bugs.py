"""The planted bugs as a whole: every promise is broken, and every family of faults needed.

That each bug is shown by its witness, and the witness passes on capnsafe, is in ``test_planted``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from capnsafe_allocators import FAMILIES
from capnsafe_allocators.exporter import COUNTS_VIEWS
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.planted import (
    BUGS,
    PlantedBug,
    PlantingError,
    bugs_of,
    plant,
    read_bug,
    witness,
)
from capnsafe_fuzz.encoders.planted.loader import ANY_FILE
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.oracles import ORACLES
from capnsafe_fuzz.scenario import parse_scenario, print_scenario

import capnsafe

FEWEST_BUGS = 50
FEWEST_A_PROMISE = 2
FEWEST_A_FAMILY = 2
MOST_OPERATIONS = 7
MOST_FAULTS = 1
LONGEST_SENTENCE = 140
"""Characters: nobody reads a longer one."""

SECOND_FAULT_WHERE_VIEWS_ARE_NOT_COUNTED = {"view_kept_after_error"}
"""Before Python 3.12 a view that is held shows itself only by a fault, and here by a second one."""

SHOWN_BY_THE_END_TOO = {"build_inside_build", "view_kept_after_error"}
"""Every program ends with an output, which here does what the last operation did."""

SOURCE = re.compile(r"\((?:[A-J]\d+(?:, )?)+\)|no project's record: ")
"""A number of the catalogue of what really happened, or the confession that there is none."""

BUILD = bugs_of("builder")

every_bug = pytest.mark.parametrize("name", BUGS)
every_build_bug = pytest.mark.parametrize("name", BUILD)


@cache
def bug(name: str) -> PlantedBug:
    return read_bug(BUGS[name])


def broken(name: str, faults: bool) -> set[str]:
    """The promises that the bug breaks in its witness, with or without the faults."""
    scenario = witness(name) if faults else replace(witness(name), faults=())
    found = execute(scenario, find_encoder(f"planted:{name}"), each_step=True, costly=True)
    return {violation.promise for violation in found.violations}


def test_there_are_enough() -> None:
    assert len(BUGS) >= FEWEST_BUGS


def test_every_bug_has_a_witness_and_nothing_else_lies_about() -> None:
    folder = next(iter(BUGS.values())).parent
    scenarios = {path.stem for path in folder.glob("*.scenario")}
    assert scenarios == set(BUGS)
    others = {path.suffix for path in folder.iterdir() if path.is_file()}
    assert others == {".toml", ".scenario", ".py"}


def test_every_promise_is_broken() -> None:
    promises = Counter(bug(name).promise for name in BUILD)
    assert set(promises) == {oracle.promise for oracle in ORACLES.values()}
    assert {promise for promise, times in promises.items() if times < FEWEST_A_PROMISE} == set()


def test_every_family_of_faults_is_needed() -> None:
    needed: Counter[str] = Counter()
    for name in BUILD:
        families = {fault.family for fault in witness(name).faults}
        if families and bug(name).promise not in broken(name, faults=False):
            needed.update(families)
    assert {name for name in FAMILIES if needed[name] < FEWEST_A_FAMILY} == set()


@every_build_bug
def test_a_witness_is_small_and_says_why(name: str) -> None:
    scenario = witness(name)
    faults = MOST_FAULTS + (name in SECOND_FAULT_WHERE_VIEWS_ARE_NOT_COUNTED)
    needs = bug(name).needs
    assert len(scenario.operations) == needs["operations"] <= MOST_OPERATIONS
    assert len(scenario.faults) == needs["faults"] <= faults
    assert scenario.comment.endswith(".")
    assert all(20 <= len(line) <= LONGEST_SENTENCE for line in scenario.comment.splitlines())
    text = BUGS[name].with_suffix(".scenario").read_text("utf-8")
    assert print_scenario(parse_scenario(text)) == text


@every_build_bug
def test_each_operation_and_fault_of_a_witness_is_needed(name: str) -> None:
    """Without any of its faults, or its last operation, the witness no longer shows the bug."""
    assert bug(name).promise in broken(name, faults=True)
    scenario = witness(name)
    encoder = find_encoder(f"planted:{name}")
    if scenario.operations and name not in SHOWN_BY_THE_END_TOO:
        shorter = replace(scenario, operations=scenario.operations[:-1])
        found = execute(shorter, encoder, each_step=True, costly=True).violations
        assert bug(name).promise not in {violation.promise for violation in found}
    if bug(name).promise != "P4" or not COUNTS_VIEWS:
        for number in range(len(scenario.faults)):
            faults = scenario.faults[:number] + scenario.faults[number + 1 :]
            found = execute(
                replace(scenario, faults=faults), encoder, each_step=True, costly=True
            ).violations
            assert bug(name).promise not in {violation.promise for violation in found}


@every_bug
def test_a_bug_says_what_it_does_and_where_it_happened(name: str) -> None:
    assert bug(name).mechanism.endswith(".")
    assert 40 <= len(bug(name).mechanism) <= LONGEST_SENTENCE
    assert SOURCE.search(bug(name).source), bug(name).source
    assert len({bug(other).mechanism for other in BUGS}) == len(BUGS)


def test_no_two_bugs_are_the_same() -> None:
    assert len({bug(name).edits for name in BUGS}) == len(BUGS)


@every_bug
def test_a_patch_whose_text_is_gone_is_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = tmp_path / "capnsafe"
    source = Path(capnsafe.__file__).parent
    last = bug(name).edits[-1]
    # A patch sees no other files than those that it changes.
    for edit in bug(name).edits:
        for path in source.rglob("*.py") if edit.file == ANY_FILE else [source / edit.file]:
            text = path.read_text("utf-8")
            if last.file in (ANY_FILE, edit.file):
                text = text.replace(last.before, "\n")
            copy = core / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, "utf-8")
    module = SimpleNamespace(__file__=str(core / "__init__.py"))
    monkeypatch.setattr("capnsafe_fuzz.encoders.planted.loader.capnsafe", module)
    with pytest.raises(PlantingError, match=f"{name}: the text to replace occurs 0 times in"):
        plant(bug(name), tmp_path / "planted")
