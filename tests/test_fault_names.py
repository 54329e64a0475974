"""Only a family's own file names the family and its kinds; all others read declarations."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from capnsafe_allocators import FAMILIES, Family, Fault, When
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import observe
from capnsafe_fuzz.oracles import ORACLES
from capnsafe_fuzz.oracles.oracle import Cost
from capnsafe_fuzz.scenario import Scenario, parse_scenario, print_scenario

from .test_structure import MODULES, imports_of, tree_of

OWN = "capnsafe_allocators.families"

#: Names of families and kinds that are also words for other things: a method, a field, a node of a
#: message, a command. The test with other names covers these.
ALSO_WORDS = {
    "KeyboardInterrupt", "SystemExit", "again", "build", "clear", "close", "data", "far", "gone",
    "list", "nothing", "null", "number", "objects", "output", "pointers", "read", "release",
    "released", "short", "shrink", "struct", "words", "zero",
}  # fmt: skip

NAMES = set(FAMILIES) | {name for family in FAMILIES.values() for name in family.kinds}

PROGRAM = """\
h0 = root
set h0.u32 7
set h0.text "a text in another segment"
h1 = init h0.u16s 9
set h1[8] 65535
set h0.text "another"
get h0.text
h2 = init h0.small
set h2.label "b"
clear h0.u16s
output
"""

#: Over memory whose segments are full soon, and over memory that grows.
MEMORIES = ("heap segment_words=37", "heap segment_words=1 grows")
MOMENTS = ((When.GROW, 2), (When.ANY, 9), (When.AFTER, 2))

OTHER = "other-"


def is_outside(module: str) -> bool:
    if module.split(".")[0] == "capnsafe":
        return False  # It knows nothing of faults, and a test holds that it imports nothing.
    return module != OWN and not module.startswith(OWN + ".")


@cache
def named(path: Path) -> set[str]:
    """Return the strings of a file that are the name of a family or kind."""
    constants = {node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant)}
    return {value for value in constants if isinstance(value, str)} & NAMES


def test_no_file_outside_the_families_names_one() -> None:
    naming = {
        (module, name)
        for module, path in MODULES
        if is_outside(module)
        for name in named(path) - ALSO_WORDS
    }
    assert naming == set()


def test_each_word_for_other_things_is_used_so() -> None:
    used = {name for module, path in MODULES if is_outside(module) for name in named(path)}
    assert ALSO_WORDS - used == set()


def test_nobody_imports_the_file_of_a_family() -> None:
    importing = {
        (module, name)
        for module, path in MODULES
        if is_outside(module)
        for name in imports_of(module, path)
        if name.startswith(OWN + ".") and name[len(OWN) + 1 :].islower() and "_" not in name
    }
    assert {name for _, name in importing} == set()


def renamed(family: Family) -> Family:
    """Return the family with other names for itself and its kinds, which acts the same."""

    def under_its_own_name(hook: Callable[..., Any]) -> Callable[..., Any]:
        def act(*given: Any) -> Any:
            return hook(
                *(
                    replace(one, family=family.name, kind=one.kind.removeprefix(OTHER))
                    if isinstance(one, Fault)
                    else one
                    for one in given
                )
            )

        return act

    hooks: dict[str, Any] = {
        name: under_its_own_name(hook)
        for name in (
            "before_call",
            "grant_bytes",
            "on_grant",
            "on_growth",
            "on_borrow",
            "between_operations",
            "in_code",
        )
        if (hook := getattr(family, name)) is not None
    }
    kinds = {OTHER + name: kind for name, kind in family.kinds.items()}
    return replace(family, name=OTHER + family.name, kinds=kinds, **hooks)


def scenarios(family: Family) -> Iterator[Scenario]:
    for memory in MEMORIES:
        plain = parse_scenario(
            f"capnsafe scenario 1\nmemory {memory}\nlimit max_segment_words=44\n{PROGRAM}"
        )
        for name, kind in family.kinds.items():
            for when, number in MOMENTS:
                if when in family.moments:
                    amount = 3 if kind.takes_amount else 0
                    fault = Fault(family.name, name, when, number, when is When.ANY, amount=amount)
                    yield replace(plain, faults=(fault,))


def outcome(scenario: Scenario) -> list[object]:
    """Return everything that the harness noted of an execution, without names of faults."""
    encoder = find_encoder("capnsafe")
    record = observe(scenario, encoder)
    found = [
        finding.symptom
        for oracle in ORACLES.values()
        if oracle.cost is Cost.CHEAP
        for finding in oracle.check(record)
    ]
    notes: list[object] = [
        (step.outcome, step.excused, step.lost, step.tampered, step.short, step.objects)
        for step in record.steps
    ]
    script = encoder.script(scenario).replace(OTHER, "")
    return [*notes, record.dirty, found, script]


@pytest.mark.thorough
@pytest.mark.parametrize("name", list(FAMILIES))
def test_a_family_acts_the_same_under_another_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = FAMILIES[name]
    expected = [outcome(scenario) for scenario in scenarios(family)]
    other = renamed(family)
    monkeypatch.setitem(FAMILIES, other.name, other)
    found = [outcome(scenario) for scenario in scenarios(other)]
    for scenario, before, after in zip(scenarios(other), expected, found, strict=True):
        assert after == before, print_scenario(scenario)
