"""Strategies make valid scenarios with everything in them, and shrink to the parts that matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from capnsafe_allocators import FAMILIES, Fault, When
from capnsafe_allocators.steady import STEADY
from capnsafe_fuzz.memories import MEMORIES
from capnsafe_fuzz.scenario import (
    ListType,
    MemorySpec,
    Operation,
    Program,
    Scenario,
    Verb,
    parse_scenario,
)
from capnsafe_fuzz.strategies import fault_scripts, faults, memories, programs, scenarios
from capnsafe_fuzz.strategies.printing import printed
from capnsafe_fuzz.targets import TARGETS, find_target
from capnsafe_fuzz.testing import parse_scenario as parse_any
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

FINDING = settings(STEADY, max_examples=1000, phases=(Phase.generate, Phase.shrink))


def simplest(strategy: st.SearchStrategy[Any], holds: Callable[[Any], bool]) -> Any:
    return find(strategy, holds, settings=FINDING)


def examples(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    made: list[Any] = []

    @settings(STEADY, max_examples=count)
    @given(strategy)
    def collect(value: Any) -> None:
        made.append(value)

    collect()
    return made


@pytest.mark.parametrize("name", TARGETS)
def test_every_example_has_a_text_and_bytes(name: str) -> None:
    target = find_target(name)
    for scenario in examples(scenarios(name), 80):
        assert isinstance(scenario, target.input_types or Scenario)
        assert target.parse(target.print(scenario)) == scenario
        assert target.decode(target.encode(scenario)) == scenario
        assert eval(pretty(scenario), {"parse_scenario": parse_any}) == scenario


@pytest.mark.parametrize("text", ["'''", "ends in '", 'ends in "', "back\\slash\\n"])
def test_what_is_printed_is_an_expression(text: str) -> None:
    assert eval(printed(text), {"parse_scenario": str}).rstrip("\n") == text


def test_an_example_is_printed_as_readable_lines() -> None:
    scenario = Scenario(operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "é")))
    assert pretty(scenario).splitlines() == [
        "parse_scenario(r'''capnsafe scenario 1",
        "memory heap segment_words=1024",
        "limit max_segment_words=536870911",
        "h0 = root",
        'set h0.text "\\u{e9}"',
        "''')",
    ]


@pytest.mark.thorough
def test_everything_occurs() -> None:
    made: list[Scenario] = examples(scenarios(), 600)
    assert {op.verb for scenario in made for op in scenario.operations} == {*Verb}
    assert {fault.family for scenario in made for fault in scenario.faults} == {*FAMILIES}
    assert {fault.when for scenario in made for fault in scenario.faults} == {*When}
    assert {scenario.memory.name for scenario in made} == {*MEMORIES}
    assert {scenario.verify for scenario in made} == {False, True}
    # Programs mean something: most handles are on an object, and few operations are the root's.
    operations = sum(len(scenario.operations) for scenario in made)
    assert operations > 7 * len(made)


def test_arguments_choose() -> None:
    chosen = scenarios(
        memory="pool", families=["move", "shrink"], max_operations=3, max_faults=8, verify=True
    )
    made: list[Scenario] = examples(chosen, 150)
    assert {scenario.memory.name for scenario in made} == {"pool"}
    families = {fault.family for scenario in made for fault in scenario.faults}
    assert families == {"move", "shrink"}
    assert max(len(scenario.operations) for scenario in made) == 3
    assert max(len(scenario.faults) for scenario in made) > 3
    assert all(scenario.verify for scenario in made)
    assert not any(scenario.faults for scenario in examples(scenarios(max_faults=0), 40))


def test_parts_have_strategies_of_their_own() -> None:
    verbs = (Verb.SET, Verb.OUTPUT)
    for operations in examples(programs(max_operations=5, verbs=verbs), 60):
        assert Program(operations).length <= 5
        assert {operation.verb for operation in operations} <= {Verb.ROOT, *verbs}
    assert {memory.name for memory in examples(memories(["pool", "heap"]), 60)} == {"pool", "heap"}
    program = (Operation(Verb.ROOT), Operation(Verb.OUTPUT))
    laid: list[Fault] = examples(faults(program, families="move"), 60)
    assert {fault.family for fault in laid} == {"move"}
    assert max(fault.number for fault in laid if fault.when is When.AFTER) == 1
    scripts = examples(fault_scripts(program, max_faults=2), 60)
    assert {len(script) for script in scripts} == {0, 1, 2}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"target": "brewer"}, "builder, reader, stream, values"),
        ({"memory": "stone"}, "'stone'"),
        ({"families": []}, "empty"),
        ({"families": ["move", "dance"]}, "'dance'"),
        ({"max_operations": 65}, "0 to 64"),
        ({"max_faults": -1}, "0 to 8"),
        ({"max_faults": True}, "0 to 8"),
        ({"target": "reader", "memory": "heap"}, "builder only"),
    ],
)
def test_wrong_arguments_are_refused_at_once(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        scenarios(**arguments)


def test_the_simplest_scenario_does_nothing() -> None:
    assert simplest(scenarios(), lambda _: True) == Scenario()
    assert simplest(memories(), lambda _: True) == Scenario().memory


def test_memory_shrinks_to_the_plainest_that_will_do() -> None:
    assert simplest(memories(), lambda memory: memory.kind.moves).segment_words == 1024
    assert simplest(memories(), lambda memory: memory.segment_words < 9) == MemorySpec("heap", 1)


@pytest.mark.thorough
def test_steps_that_do_not_matter_are_left_out() -> None:
    """The object at the end of a path is kept, and everything between its steps goes."""

    def reaches(scenario: Scenario) -> bool:
        types = scenario.handle_types
        return any(
            op.verb is Verb.SET and isinstance(types[op.handle], ListType) and bool(op.value)
            for op in scenario.operations
        )

    assert simplest(scenarios(max_operations=10, max_faults=1), reaches) == parse_scenario(
        "capnsafe scenario 1\nmemory heap segment_words=1024\nlimit max_segment_words=536870911\n"
        "h0 = root\nh1 = init h0.i8s 0\nset h1[0] 1\n"
    )


WHOLE = (Verb.CANONICAL, Verb.OUTPUT, Verb.CHECK, Verb.READ)
"""Operations that need no object."""


@pytest.mark.thorough
def test_a_fault_shrinks_with_its_program() -> None:
    def follows(scenario: Scenario) -> bool:
        return any(
            fault.when is When.AFTER
            and fault.number < len(scenario.operations)
            and scenario.operations[fault.number].verb in WHOLE
            for fault in scenario.faults
        )

    found: Scenario = simplest(scenarios(families="move", max_operations=10), follows)
    (operation,) = found.operations
    assert operation.verb in WHOLE
    (fault,) = found.faults
    assert (fault.number, fault.persistent, fault.segment, fault.amount) == (0, False, 0, 0)
