"""Shrinking ends small, in its group, within its budget, and never at something less simple."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from capnsafe_allocators import Fault, When
from capnsafe_fuzz.scenario import MemorySpec, Operation, Scenario, Verb, generate
from capnsafe_fuzz.targets.builder.shrink import shrink, simplicity
from capnsafe_fuzz.targets.builder.variants import without

Fires = Callable[[Scenario], bool]


def _has_text(scenario: Scenario) -> bool:
    return any(isinstance(o.value, str) and len(o.value) > 2 for o in scenario.operations)


def _deep(scenario: Scenario) -> bool:
    """A struct under the root, set after a refusal."""
    child = [n for n, o in enumerate(scenario.operations) if o[:3] == (Verb.INIT, 0, "child")]
    refused = any(f.family == "refuse" and f.when is When.ALLOCATE for f in scenario.faults)
    return bool(child) and refused


def _two_faults(scenario: Scenario) -> bool:
    return {f.family for f in scenario.faults} >= {"move", "dirty"}


def _counted(scenario: Scenario) -> bool:
    """The fault must hit the call that the one INIT makes: each SET before it makes two."""
    calls = 0
    for operation in scenario.operations:
        if operation.verb is Verb.INIT:
            return any(f.when is When.SEGMENT and f.number == calls + 1 for f in scenario.faults)
        calls += 2 if operation.verb is Verb.SET else 0
    return False


def _scenarios(fires: Fires, count: int) -> list[Scenario]:
    rng = random.Random(5)
    found: list[Scenario] = []
    while len(found) < count:
        scenario = generate(rng, 30)
        if fires(scenario):
            found.append(scenario)
    return found


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fires", "operations", "faults"), [(_has_text, 3, 0), (_deep, 2, 1), (_two_faults, 0, 2)]
)
def test_generated_scenarios_shrink_to_what_matters(
    fires: Fires, operations: int, faults: int
) -> None:
    for scenario in _scenarios(fires, 5):
        small = shrink(scenario, fires)
        assert fires(small)
        assert simplicity(small) <= simplicity(scenario)
        assert len(small.operations) <= operations
        assert len(small.faults) == faults


def test_values_memory_and_faults_become_plain() -> None:
    scenario = Scenario(
        MemorySpec("fixed", 17, 900),
        999,
        (
            Operation(Verb.ROOT),
            Operation(Verb.INIT, 0, "children", 9),
            Operation(Verb.OPEN, 1, 7),
            Operation(Verb.SET, 2, "text", "hello"),
        ),
        (Fault("refuse", "OSError", When.ANY, 40, True),),
    )
    small = shrink(scenario, lambda s: _has_text(s) and bool(s.faults))
    assert small == Scenario(
        operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "aaa")),
        faults=(Fault("refuse", "MemoryError", When.ALLOCATE, 1),),
    )


def test_memory_grows_only_where_that_matters() -> None:
    scenario = Scenario(
        MemorySpec("pool", 17, 900, grows=True),
        operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "hello")),
    )
    assert shrink(scenario, _has_text).memory == Scenario().memory
    small = shrink(scenario, lambda s: _has_text(s) and s.memory.grows)
    assert small.memory == replace(Scenario().memory, grows=True)
    small = shrink(scenario, lambda s: s.memory.grows and s.memory.segment_words < 1000)
    assert small.memory == MemorySpec("heap", 1, grows=True)


def test_a_counted_fault_moves_with_the_calls_that_are_deleted() -> None:
    sets = [Operation(Verb.SET, 0, "u32", n) for n in range(6)]
    scenario = Scenario(
        operations=(Operation(Verb.ROOT), *sets, Operation(Verb.INIT, 0, "child")),
        faults=(Fault("move", "one", When.SEGMENT, 13),),
    )
    assert _counted(scenario)
    small = shrink(scenario, _counted)
    assert len(small.operations) == 2
    assert small.faults == (Fault("move", "one", When.SEGMENT, 1),)


def test_it_never_asks_more_than_its_budget_nor_twice_the_same() -> None:
    (scenario,) = _scenarios(_has_text, 1)
    asked: list[Scenario] = []

    def fires(candidate: Scenario) -> bool:
        asked.append(candidate)
        return _has_text(candidate)

    shrink(scenario, fires, budget=7)
    assert len(asked) == 7
    assert len(set(asked)) == 7


def test_it_does_not_slip_to_a_simpler_scenario_of_another_group() -> None:
    scenario = Scenario(
        operations=(
            Operation(Verb.ROOT),
            Operation(Verb.INIT, 0, "child"),
            Operation(Verb.SET, 1, "text", "long text"),
            Operation(Verb.INIT, 0, "u16s", 200),
        )
    )

    def group(candidate: Scenario) -> str:
        if any(o.verb is Verb.INIT and o.value for o in candidate.operations):
            return "list"
        return "text" if _has_text(candidate) else ""

    small = shrink(scenario, lambda candidate: group(candidate) == "list")
    assert [o.verb for o in small.operations] == [Verb.ROOT, Verb.INIT]
    text_only = replace(scenario, operations=scenario.operations[:3])
    small = shrink(text_only, lambda candidate: group(candidate) == "text")
    assert [o.verb for o in small.operations] == [Verb.ROOT, Verb.SET]


@pytest.mark.thorough
def test_it_is_repeatable() -> None:
    (scenario,) = _scenarios(_deep, 1)
    assert shrink(scenario, _deep) == shrink(scenario, _deep)


def test_deleting_an_operation_renumbers_and_reaims() -> None:
    operations = (
        Operation(Verb.ROOT),
        Operation(Verb.INIT, 0, "small"),
        Operation(Verb.INIT, 0, "child"),
        Operation(Verb.INIT, 2, "child"),
        Operation(Verb.SET, 3, "u32", 1),
    )
    kept, gone = without(operations, frozenset({1}), reaim=False)
    assert [o.handle for o in kept] == [-1, 0, 1, 2]
    assert gone == {1}
    kept, gone = without(operations, frozenset({2}), reaim=False)
    assert gone == {2, 3, 4}
    kept, gone = without(operations, frozenset({2}), reaim=True)
    assert [o.handle for o in kept] == [-1, 0, 0, 2]
    assert gone == {2}
    Scenario(operations=tuple(kept))


def test_the_order_prefers_what_people_would() -> None:
    plain = Scenario(operations=(Operation(Verb.ROOT),))
    fault = Fault("refuse", "MemoryError", When.ALLOCATE, 1)
    ordered = [
        plain,
        replace(plain, memory=MemorySpec("heap", 16)),
        replace(plain, max_segment_words=16),
        replace(plain, memory=MemorySpec("fixed", 16, 16)),
        replace(plain, memory=MemorySpec("heap", 1024, grows=True)),
        replace(plain, faults=(fault,)),
        replace(plain, faults=(replace(fault, number=2),)),
        replace(plain, faults=(replace(fault, when=When.AFTER, number=0),)),
        replace(plain, faults=(replace(fault, when=When.GROW),)),
        replace(plain, faults=(replace(fault, when=When.SEGMENT),)),
        replace(plain, faults=(replace(fault, persistent=True),)),
        replace(plain, operations=(Operation(Verb.ROOT), Operation(Verb.OUTPUT))),
        replace(plain, faults=(fault, fault)),
    ]
    assert sorted(ordered, key=simplicity) == ordered
