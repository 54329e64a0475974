"""The sweep lays each fault once at each place where it can act, and nothing at random."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from capnsafe_allocators import FAMILIES, Fault, When
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.engines.sweep import MOST_ALIKE, sweep
from capnsafe_fuzz.execution.run import Execution
from capnsafe_fuzz.execution.trace import Trace, trace
from capnsafe_fuzz.memories import MEMORIES
from capnsafe_fuzz.scenario import MemorySpec, Operation, Scenario, Verb, encode, print_scenario
from capnsafe_fuzz.targets import find_target
from capnsafe_fuzz.targets.builder.placements import (
    CALLS,
    MOST_CALLS,
    MOST_SEGMENTS,
    NOT_LIVE,
    SEGMENTS,
    STAYS,
    EveryPair,
    Placements,
    place_faults,
    variations,
)
from capnsafe_fuzz.targets.builder.small_scope import MOST_OPERATIONS, programs, small_scope

CLEAN = find_encoder("capnsafe")
#: The text has a segment of its own.
PROGRAM = Scenario(
    MemorySpec("heap", 1),
    operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "hi")),
)

SMALLEST = Scenario(operations=(Operation(Verb.ROOT),))


def placed(scenario: Scenario, *, everything: bool = False) -> Placements:
    return place_faults(trace(scenario, CLEAN), everything=everything)


def test_a_trace_is_that_of_the_calls() -> None:
    run = Execution(PROGRAM, CLEAN, each_step=False, timed=False)
    run.complete()
    traced = trace(PROGRAM, CLEAN)
    assert [call.kind for call in traced.calls] == [call.kind for call in run.subject.hostile.calls]
    assert [c.kind for c in traced.calls].count(When.ALLOCATE) == 2
    # One for each operation, and one for the output.
    assert len(traced.words) == 3
    # The root's pointer and that to the text's landing pad; the pad and the text.
    assert [len(words) for words in traced.words[1].values()] == [2, 2]
    assert Trace.from_json(traced.to_json()) == traced


def test_faults_of_the_program_are_not_in_its_trace() -> None:
    faulty = replace(PROGRAM, faults=(Fault("refuse", "OSError", When.ALLOCATE, 1, True),))
    assert trace(faulty, CLEAN) == trace(PROGRAM, CLEAN)


def test_every_placement_is_another_valid_scenario() -> None:
    faults = placed(PROGRAM).faults
    assert len(set(faults)) == len(faults)
    for fault in faults[::17]:
        encode(replace(PROGRAM, faults=(fault,)))
    kinds = {(fault.family, fault.kind) for fault in faults}
    declared = {(f.name, k) for f in FAMILIES.values() if f.missing is None for k in f.kinds}
    assert kinds == declared


def test_every_call_and_every_operation_has_its_faults() -> None:
    calls = Counter(call.kind for call in trace(PROGRAM, CLEAN).calls)
    laid: dict[tuple[When, bool], set[int]] = {}
    for fault in placed(PROGRAM).faults:
        laid.setdefault((fault.when, fault.persistent), set()).add(fault.number)
    for kind, count in calls.items():
        for persistent in (False, True):
            assert laid[kind, persistent] == set(range(1, count + 1))
    assert laid[When.ANY, True] == set(range(1, calls.total() + 1))
    assert (When.ANY, False) not in laid
    assert laid[When.AFTER, False] == laid[When.AFTER, True] == {0, 1, 2}


@pytest.mark.thorough
def test_most_placements_act() -> None:
    swept = sweep(print_scenario(PROGRAM))
    assert swept.tried == len(placed(PROGRAM).faults) + 1
    # What acts only on other memory, or if there is another segment.
    assert 0.85 * swept.tried < swept.acted < swept.tried
    assert swept.broken == []


def test_what_is_not_possible_is_told() -> None:
    stays = replace(PROGRAM, memory=MemorySpec("stable", 1))
    found = placed(stays)
    assert found.impossible[STAYS] > 0
    assert {"move", "shrink", "finalize"}.isdisjoint(fault.family for fault in found.faults)
    first = placed(PROGRAM).impossible
    assert first[NOT_LIVE] > 0
    assert first[STAYS] == 0


def test_what_is_left_out_is_counted() -> None:
    many = replace(
        PROGRAM,
        operations=(
            Operation(Verb.ROOT),
            *(Operation(Verb.SET, 0, place, "hi") for place in ("text", "group.text")),
            *(Operation(Verb.INIT, 0, place, 1) for place in ("u8s", "u16s", "u32s", "u64s")),
        ),
    )
    some, every = placed(many), placed(many, everything=True)
    assert set(some.faults) < set(every.faults)
    assert some.left_out[SEGMENTS] > 0
    assert some.left_out[CALLS] > 0
    assert len(every.faults) - len(some.faults) == some.left_out.total()
    assert not every.left_out
    calls = trace(many, CLEAN).calls
    assert max(len(call.live) for call in calls) > MOST_SEGMENTS
    assert max(Counter((call.kind, call.operation) for call in calls).values()) > MOST_CALLS


def test_pairs_are_of_different_moments() -> None:
    found = variations(PROGRAM, trace(PROGRAM, CLEAN), pairs=True)
    assert found.make(0).faults == ()
    for index in range(1, found.count, 997):
        one, other = found.make(index).faults
        assert (one.when, one.number) != (other.when, other.number)
        assert not one.persistent
    assert sum(found.left_out.values()) > found.count


def test_every_pair_is_every_pair() -> None:
    faults = placed(SMALLEST).faults[:40]
    assert set(EveryPair(faults)) == set(combinations(faults, 2))
    assert len(EveryPair(faults)) == 40 * 39 // 2
    assert EveryPair(faults)[-1] == EveryPair(faults)[40 * 39 // 2 - 1 :][0]


def test_it_finds_a_planted_bug_by_one_line() -> None:
    swept = sweep(SMALLEST, "planted:view_held_while_granting")
    assert swept.broken
    groups = Counter(one.violation.group for one in swept.broken)
    assert max(groups.values()) <= MOST_ALIKE
    assert all(len(one.scenario.faults) <= 1 for one in swept.broken)
    assert swept.alike.keys() <= groups.keys()


def test_an_input_without_faults_cannot_be_swept() -> None:
    reader = find_target("reader")
    with pytest.raises(ValueError, match="reader"):
        sweep(reader.print(reader.sample))


def test_the_small_scope_has_every_short_program_once() -> None:
    every = list(programs())
    assert len(set(every)) == len(every)
    assert {len(program) for program in every} == set(range(1, MOST_OPERATIONS + 1))
    verbs = {operation.verb for program in every for operation in program}
    assert {Verb.ROOT, Verb.SET, Verb.INIT, Verb.ADOPT, Verb.COPY, Verb.OUTPUT} <= verbs
    assert len(small_scope()) == 2 * len(every)
    assert {scenario.memory.name for scenario in small_scope()} == {next(iter(MEMORIES))}
