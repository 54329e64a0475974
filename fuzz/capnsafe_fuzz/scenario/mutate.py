"""New random scenarios: generated, changed from one, or crossed from two.

These are valid by construction, and usually meaningful: operations use live handles, indices lie in
lists, faults have moments that come. A share of every choice deviates from that, as a careless
program would, because promises are about such cases.

`generator` chooses the next operation of a program, and `values` its value; `steps` edits a
program. This module adds memory and faults, and has the functions that engines call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from capnsafe_allocators import FAMILIES, Family, Fault, Kind, When

from ..memories import MEMORIES, PLAIN, STAYING
from .aim import read_backs
from .generator import ProgramGenerator
from .operations import OPERATIONS, Bound
from .program import MAX_OPERATIONS, Operation
from .scenario import (
    MAX_FAULT_AMOUNT,
    MAX_FAULT_SEGMENT,
    MAX_FAULTS,
    MAX_MEMORY_WORDS,
    MAX_MOMENT,
    UNLIMITED_WORDS,
    MemorySpec,
    Scenario,
    trusted,
)
from .schema import EVERYTHING
from .steps import PROGRAM_EDITS, operations_of, steps_of

# Faults.

_ASKS_ONCE: Final = frozenset(
    verb
    for verb, kind in OPERATIONS.items()
    if kind.new_objects == 1 and kind.bound is Bound.BUILDS
)
"""Verbs that ask for memory for one new object."""
_HAS_VERSIONS: Final = 0.12
"""The share of generated programs that begin with an object of several versions."""
_FEWEST_WITH_VERSIONS: Final = 8
"""The fewest operations of such a program."""
_AIMED: Final = 0.6
"""Of the faults that write into one word, the share that is laid where that word is read back."""


def _number(when: When, operations: Sequence[Operation], rng: Random) -> int:
    """Return a moment that probably comes.

    The number of allocator calls depends on the encoder. These are guesses of upper bounds; small
    numbers, which come in any case, are preferred.
    """
    if when is When.AFTER:
        return rng.randrange(max(1, len(operations)))
    made = sum(operation.verb in _ASKS_ONCE for operation in operations)
    most = {
        When.ALLOCATE: 1 + made // 2,
        When.RELEASE: 1 + made // 2,
        When.GROW: 1 + made // 2,
        When.SEGMENT: 2 + 2 * len(operations),
        When.ANY: 3 + 3 * len(operations),
    }[when]
    return rng.randint(1, most) if rng.random() < 0.6 else rng.randint(1, min(4, most))


def _fault(operations: Sequence[Operation], rng: Random) -> Fault:
    family = rng.choice(tuple(FAMILIES.values()))
    name = rng.choice(tuple(family.kinds))
    kind = family.kinds[name]
    if family.kinds[name].effects.aims and rng.random() < _AIMED:
        aimed = _aimed(family, name, operations, rng)
        if aimed is not None:
            return aimed
    when = rng.choice(family.moments)
    return Fault(
        family=family.name,
        kind=name,
        when=when,
        number=_number(when, operations, rng),
        persistent=rng.random() < 0.3,
        segment=_fault_segment(rng) if kind.takes_segment else 0,
        amount=_fault_amount(kind, rng),
    )


def _aimed(family: Family, name: str, operations: Sequence[Operation], rng: Random) -> Fault | None:
    """Return a fault that changes a word right before an operation that reads it, if any does."""
    met = [meeting for meeting in read_backs(operations) if meeting.operation > 0]
    if not met:
        return None
    meeting = rng.choice(met)
    return Fault(
        family=family.name,
        kind=name,
        when=When.AFTER,
        number=meeting.operation - 1,
        persistent=False,
        segment=0,
        amount=min(rng.choice(meeting.words), MAX_FAULT_AMOUNT),
    )


def _fault_segment(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.95:
        return rng.randint(0, 3) if chance < 0.5 else 0
    return rng.randint(0, MAX_FAULT_SEGMENT)


def _fault_amount(kind: Kind, rng: Random) -> int:
    if not kind.takes_amount:
        return 0
    chance = rng.random()
    if chance < 0.8:
        return rng.randint(0, kind.usual_amount)
    return rng.randint(0, 40) if chance < 0.97 else rng.randint(0, MAX_FAULT_AMOUNT)


def _faults(operations: Sequence[Operation], rng: Random) -> tuple[Fault, ...]:
    count = rng.choice((0, 0, 1, 1, 1, 1, 1, 2, 2, 3))
    return tuple(_fault(operations, rng) for _ in range(count))


# Memory.

_KINDS: Final = tuple(MEMORIES.values())
_WEIGHTS: Final = tuple(kind.weight for kind in _KINDS)
_GROWS: Final = 0.25
"""Of the memories that can grow, the share that does."""
_GROWS_FOR_FAULTS: Final = 0.9
"""The same, if a fault is laid at a growth."""
SEGMENT_SIZES: Final = (1, 2, 3, 4, 8, 16, 36, 40, 64, 128, 1024)
"""Words of a segment: for an object each, for the root and little else, for everything."""
TOTAL_SIZES: Final = (EVERYTHING.words, 40, 64, 80, 128, 256, 1024, MAX_MEMORY_WORDS)
"""Words of bounded memory in all."""
LIMITS_BEYOND_ROOT: Final = (0, 1, 2, 3, 4, 8, 16, 29, 64)
"""The longest segments that the encoder may ask for, in words beyond those of the root."""


def _memory(rng: Random) -> MemorySpec:
    segment_words = rng.choice(SEGMENT_SIZES)
    (kind,) = rng.choices(_KINDS, _WEIGHTS)
    grows = kind.grows and rng.random() < _GROWS
    if not kind.bounded:
        return MemorySpec(kind.name, segment_words, grows=grows)
    total = rng.choice(TOTAL_SIZES)
    if rng.random() < 0.5:
        total = min(MAX_MEMORY_WORDS, total + rng.randint(-4, 40))
    if kind.uncut and rng.random() < 0.4:
        segment_words = 0
    return MemorySpec(kind.name, segment_words, total, grows)


def _promised(memory: MemorySpec) -> MemorySpec:
    """Return memory that is declared stable, or plain memory if this one is stable."""
    kind = PLAIN if memory.kind.stays else STAYING
    return MemorySpec(kind.name, memory.segment_words or 1, grows=memory.grows and kind.grows)


def _fitting(memory: MemorySpec, faults: Sequence[Fault], rng: Random) -> MemorySpec:
    """Return the same memory; it usually grows if a fault is laid at a growth."""
    at_growth = any(fault.when is When.GROW for fault in faults)
    if at_growth and memory.kind.grows and rng.random() < _GROWS_FOR_FAULTS:
        return replace(memory, grows=True)
    return memory


def _limit(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.6:
        return UNLIMITED_WORDS
    if chance < 0.9:
        return EVERYTHING.words + rng.choice(LIMITS_BEYOND_ROOT)
    return rng.choice((1, 2, EVERYTHING.words - 1, rng.randint(1, 128), rng.randint(1, 4096)))


_VERIFIES: Final = 0.1
"""The share of scenarios that ask the encoder to verify."""


def generate(rng: Random, size: int) -> Scenario:
    """Return a generated scenario of `size` operations, cut to the limits of a scenario."""
    generator = ProgramGenerator()
    if size >= _FEWEST_WITH_VERSIONS and rng.random() < _HAS_VERSIONS:
        generator.begin_with_versions(rng)
    for _ in range(min(size, MAX_OPERATIONS) - len(generator.operations)):
        generator.extend(rng)
    operations = tuple(generator.operations)
    verify = rng.random() < _VERIFIES
    memory, limit, faults = _memory(rng), _limit(rng), _faults(operations, rng)
    memory = _fitting(memory, faults, rng)
    return trusted(memory, limit, operations, faults, verify)


# Edits of a fault script.


def _edit_faults(
    faults: tuple[Fault, ...], operations: Sequence[Operation], rng: Random
) -> tuple[Fault, ...]:
    edited = list(faults)
    chance = rng.random()
    if not edited or (chance < 0.2 and len(edited) < MAX_FAULTS):
        edited.insert(rng.randint(0, len(edited)), _fault(operations, rng))
    elif chance < 0.4:
        del edited[rng.randrange(len(edited))]
    else:
        at = rng.randrange(len(edited))
        edited[at] = _edit_fault(edited[at], operations, rng)
    return tuple(edited)


def _edit_fault(fault: Fault, operations: Sequence[Operation], rng: Random) -> Fault:
    """Return the fault with one change, most often of its moment."""
    family = FAMILIES[fault.family]
    name, when, number = fault.kind, fault.when, fault.number
    persistent, segment, amount = fault.persistent, fault.segment, fault.amount
    chance = rng.random()
    if chance < 0.1:
        return _fault(operations, rng)
    if chance > 0.9 and family.kinds[name].effects.aims and rng.random() < _AIMED:
        return _aimed(family, name, operations, rng) or fault
    if chance < 0.4:
        least = 0 if when is When.AFTER else 1
        number = min(max(least, number + rng.choice((-2, -1, 1, 2))), MAX_MOMENT)
    elif chance < 0.6:
        if rng.random() < 0.5:
            when = rng.choice(family.moments)
            # Calls count from 1.
            number = number if when is When.AFTER else max(1, number)
        else:
            number = _number(when, operations, rng)
    elif chance < 0.75:
        name = rng.choice(tuple(family.kinds))
    elif chance < 0.85:
        persistent = not persistent
    elif chance < 0.92:
        segment = _fault_segment(rng)
    else:
        amount = _fault_amount(family.kinds[name], rng)
    kind = family.kinds[name]
    return Fault(
        fault.family,
        name,
        when,
        number,
        persistent,
        segment if kind.takes_segment else 0,
        amount if kind.takes_amount else 0,
    )


# Functions that engines call.

_TRIES: Final = 4
"""Edits may have no effect; after this many attempts the scenario stays as it is."""


def mutate(scenario: Scenario, rng: Random) -> Scenario:
    """Return a scenario that differs from this one in a few respects, usually one."""
    for _ in range(_TRIES):
        edited = _edit(scenario, rng)
        while rng.random() < 0.25:
            edited = _edit(edited, rng)
        if edited != scenario:
            return edited
    return scenario


def _edit(scenario: Scenario, rng: Random) -> Scenario:
    memory, limit = scenario.memory, scenario.max_segment_words
    operations, faults, verify = scenario.operations, scenario.faults, scenario.verify
    chance = rng.random()
    if chance < 0.58 or not operations:
        steps = steps_of(operations)
        rng.choice(PROGRAM_EDITS)(steps, rng)
        operations = operations_of(steps, rng)
    elif chance < 0.87:
        faults = _edit_faults(faults, operations, rng)
        memory = _fitting(memory, faults, rng)
    elif chance < 0.96:
        # Half the time only the declaration as stable: few faults fire over stable memory, so
        # engines that keep inputs with new situations would rarely produce it.
        memory = _memory(rng) if chance < 0.915 else _promised(memory)
        if rng.random() < _GROWS and memory.kind.grows:
            memory = replace(memory, grows=not memory.grows)
    elif chance < 0.99:
        limit = _limit(rng)
    else:
        verify = not verify
    return trusted(memory, limit, operations, faults, verify)


def crossover(first: Scenario, second: Scenario, rng: Random) -> Scenario:
    """Return the head of one with the tail of another, or one's program with another's faults."""
    operations = first.operations
    if rng.random() < 0.7:
        head = steps_of(operations)[: rng.randint(0, len(operations))]
        tail = steps_of(second.operations)[rng.randint(0, len(second.operations)) :]
        operations = operations_of(head + tail, rng)
    faults = rng.choice(
        (first.faults, second.faults, second.faults, (first.faults + second.faults)[:MAX_FAULTS])
    )
    honest = rng.choice((first, second))
    return trusted(honest.memory, honest.max_segment_words, operations, faults, honest.verify)
