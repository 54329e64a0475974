"""Every family of faults over every memory: capnsafe keeps its promises, and the faults fire.

And each promise, where it is broken on purpose, is seen to be broken over a real memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from capnsafe_allocators import FAMILIES, PROMISES, Fault, When, parse_fault
from capnsafe_allocators.exporter import COUNTS_VIEWS
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.planted import BUGS, bugs_of, read_bug, witness
from capnsafe_fuzz.execution import execute, observe
from capnsafe_fuzz.memories import MEMORIES
from capnsafe_fuzz.scenario import MemorySpec, Scenario, parse_scenario
from capnsafe_fuzz.targets import find_target

GROWING = [name for name, kind in MEMORIES.items() if kind.grows]

CLEAN = find_encoder("capnsafe")

#: Something in three segments, of which the second and third are not full; written and overwritten.
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

MOMENTS = ("allocate 2", "segment 5", "release 1", "any 9", "after 2")

#: Over memory that stays nothing moves, is cut or is garbled, and there is no guest but in one.
NOT_WHERE_MEMORY_STAYS = {"move", "shrink", "vanish", "garble"}


#: Segments of 37 words in which nothing grows, and segments of one word that grow.
PLAIN = parse_scenario(
    "capnsafe scenario 1\nmemory heap segment_words=37\nlimit max_segment_words=40\n" + PROGRAM
)
GROWS = replace(PLAIN, memory=MemorySpec("heap", 1, grows=True), max_segment_words=44)


def over(memory: str, program: Scenario) -> Scenario:
    """The program over another memory of the same size."""
    total = 600 if MEMORIES[memory].bounded else 0
    return replace(program, memory=replace(program.memory, name=memory, total_words=total))


def scenarios(
    memory: str, family: str, program: Scenario = PLAIN, moments: tuple[str, ...] = MOMENTS
) -> Iterator[Scenario]:
    """The program with each kind of the family at each moment: once over one memory, always over
    the next one. So each kind is met at each moment over each memory, and both ways at each moment.
    """
    program = over(memory, program)
    turn = list(MEMORIES).index(memory)
    for name, kind in FAMILIES[family].kinds.items():
        options = " segment=0" * kind.takes_segment + " amount=3" * kind.takes_amount
        for number, moment in enumerate(moments):
            if When(moment.split()[0]) in FAMILIES[family].moments:
                often = ("once", "always")[(turn + number) % 2]
                fault = parse_fault(f"{family} {name} {moment} {often}{options}")
                yield replace(program, faults=(fault,))


def expected(memory: str, family: str) -> set[str]:
    """The kinds of a family that can be met over a memory."""
    if family == "guest" and not memory.startswith("wasm"):
        return set()
    kinds = set(FAMILIES[family].kinds)
    if FAMILIES[family].needs_views_given_back and (memory == "stable" or not COUNTS_VIEWS):
        return set()
    if memory == "stable":
        if family in NOT_WHERE_MEMORY_STAYS:
            kinds &= {"thorny-key", "no-key"}
        kinds -= {"overlap", "later", "claim"}
    elif memory not in ("heap", "scratch"):
        kinds -= {"resize"}  # Of a bytearray, which only these are.
    return kinds if COUNTS_VIEWS else kinds - {"claim"}


def kinds_fired(memory: str, programs: Iterable[Scenario], when: When | None = None) -> set[str]:
    """Which kinds fired in programs of one fault each, none of which broke a promise."""
    if MEMORIES[memory].lacking:
        pytest.skip(f"{memory} needs a library")
    fired = set()
    for scenario in programs:
        verdict = execute(scenario, CLEAN, each_step=True)
        assert verdict.violations == (), scenario
        fault = scenario.faults[0]
        if verdict.faults_fired and when in (None, fault.when):
            fired.add(fault.kind)
    return fired


@pytest.mark.thorough
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("memory", MEMORIES)
def test_faults_over_memory(memory: str, family: str) -> None:
    assert kinds_fired(memory, scenarios(memory, family)) == expected(memory, family)


#: Where memory grows: the first segment, until it is full, and then the second one.
GROWTH_MOMENTS = ("grow 1", "grow 3", "any 9", "after 2")


def growing_scenarios(memory: str, family: str) -> Iterator[Scenario]:
    return scenarios(memory, family, GROWS, GROWTH_MOMENTS)


def expected_in_growth(memory: str, family: str) -> set[str]:
    """The kinds of a family that can be met in a growth, or in the look after it."""
    kinds = expected(memory, family)
    if family == "dirty":
        # That is done after the words in use, when an operation has finished.
        kinds -= {"behind"}
    if family == "alias":
        # What is granted again is no growth.
        kinds -= {"again"}
    if family == "garble":
        # These are of the next grant.
        kinds -= {"thorny-key", "no-key"}
    if family == "guest":
        # A block that grows may lie where it was.
        kinds -= {"overlapping"}
    if memory == "stable" and family == "alias":
        # A bytearray that stays cannot take in another one.
        kinds = set()
    return kinds


@pytest.mark.parametrize("memory", GROWING)
def test_both_segments_grow(memory: str) -> None:
    if MEMORIES[memory].lacking:
        pytest.skip(f"{memory} needs a library")
    scenario = over(memory, GROWS)
    steps = observe(scenario, CLEAN).steps
    assert {step.segments for step in steps if step.calls.grow} == {1, 2}
    fewer = observe(replace(scenario, memory=replace(scenario.memory, grows=False)), CLEAN).steps
    assert max(step.segments for step in fewer) > 2
    assert sum(step.calls.grow for step in fewer) == 0


@pytest.mark.thorough
@pytest.mark.parametrize(
    "family", [name for name, family in FAMILIES.items() if When.GROW in family.moments]
)
@pytest.mark.parametrize("memory", GROWING)
def test_faults_over_memory_that_grows(memory: str, family: str) -> None:
    fired = kinds_fired(memory, growing_scenarios(memory, family), When.GROW)
    assert fired >= expected_in_growth(memory, family)


def breaks(promise: str, memory: str) -> bool:
    """Whether a planted bug breaks the promise over the memory, where a fault fires that tests it.

    The faults are those of the bug's witness; where it needs none, one is laid over it.
    """
    families = [family for family in FAMILIES.values() if promise in family.promises]
    for name in bugs_of("builder"):
        if read_bug(BUGS[name]).promise != promise:
            continue
        scenario = find_target("builder").over_memory(witness(name), memory)
        faults = scenario.faults or tuple(
            Fault(family.name, next(iter(family.kinds)), family.moments[0], 1, persistent=True)
            for family in families
        )
        if not {fault.family for fault in faults} & {family.name for family in families}:
            continue
        bad = execute(
            replace(scenario, faults=faults),
            find_encoder(f"planted:{name}"),
            each_step=True,
            costly=True,
        )
        if bad.faults_fired and promise in {violation.promise for violation in bad.violations}:
            return True
    return False


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_is_tested_by_a_fault_on_a_real_memory(promise: str) -> None:
    real = [
        name
        for name, kind in MEMORIES.items()
        if name not in ("heap", "stable") and not kind.lacking
    ]
    assert any(breaks(promise, memory) for memory in real)
