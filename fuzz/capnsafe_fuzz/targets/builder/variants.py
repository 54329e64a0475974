"""Variants of a scenario that are a step away: the candidates of shrinking.

Nothing here decides. Making a variant may show that it is not a scenario, and it need not be
simpler: the order in ``shrink`` decides that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from capnsafe_allocators import FAMILIES, Fault, When

from ...scenario import (
    EVERYTHING,
    HANDLE_MAKERS,
    NO_HANDLE,
    SOURCED,
    As,
    Operation,
    Scenario,
    StructType,
    Verb,
    handle_types,
)

MOMENTS = (When.ALLOCATE, When.AFTER, When.GROW, When.RELEASE, When.SEGMENT, When.ANY)
"""From the moment that is easiest to find to the one that must be counted."""

PLAIN = Scenario()
"""A scenario with the default memory and limit."""


def without(
    operations: Sequence[Operation], doomed: frozenset[int], *, reaim: bool
) -> tuple[list[Operation], frozenset[int]]:
    """Return the program without the operations at ``doomed``, with handles renumbered.

    An operation that uses a missing handle takes the nearest earlier one of the same type, if
    ``reaim`` and there is one; otherwise it goes, too. The second result has the indices of all
    operations that are gone.
    """
    types = handle_types(operations)
    renumbered: dict[int, int] = {}
    kept: list[Operation] = []
    kept_handles: list[int] = []
    gone: set[int] = set()
    made = 0

    def known(handle: int) -> int | None:
        """Return the new number of a handle, or of its replacement."""
        if handle in renumbered or not reaim:
            return renumbered.get(handle)
        same = [number for number in kept_handles if types[number] == types[handle]]
        return renumbered[same[-1]] if same else None

    for index, operation in enumerate(operations):
        handle, value = operation.handle, operation.value
        lost = index in doomed
        if not lost and handle != NO_HANDLE:
            number = known(handle)
            source = value
            if operation.verb in SOURCED:
                # An operation with a source has the handle of the source as its value.
                assert isinstance(value, int)
                source = known(value)
            lost = number is None or (operation.verb in SOURCED and source is None)
            if number is not None:
                operation = operation._replace(handle=number, value=source)
        if lost:
            gone.add(index)
        else:
            kept.append(operation)
        if operation.verb in HANDLE_MAKERS:
            if not lost:
                renumbered[made] = len(kept_handles)
                kept_handles.append(made)
            made += 1
    return kept, frozenset(gone)


def hoisted(
    operations: Sequence[Operation], index: int
) -> Iterator[tuple[list[Operation], frozenset[int]]]:
    """Yield programs in which the handle that one operation makes comes straight from a root.

    A field of the root can replace a struct in a list in a struct, if it has the same type. Then
    the operations that led to it can go. The second result has the indices of operations that are
    gone.
    """
    operation = operations[index]
    if operation.verb not in (Verb.INIT, Verb.OPEN):
        return
    types = handle_types(operations)
    makers = [at for at, other in enumerate(operations) if other.verb in HANDLE_MAKERS]
    made = types[makers.index(index)]
    holder = makers[operation.handle]
    if operations[holder].verb not in (Verb.INIT, Verb.OPEN):
        return
    roots = [n for n, at in enumerate(makers[: operation.handle]) if types[n] == EVERYTHING]
    value = operation.value
    length = value.length if isinstance(value, As) else value
    count = None if isinstance(made, StructType) else length or 0
    for root in roots[:1]:
        for field in EVERYTHING.by_name.values():
            if field.target is not None and field.type == made:
                changed = list(operations)
                if field.choices:
                    continue
                changed[index] = Operation(Verb.INIT, root, field.name, count)
                yield without(changed, frozenset({holder}), reaim=True)
                return


def moved_faults(faults: tuple[Fault, ...], gone: frozenset[int]) -> Iterator[list[Fault]]:
    """Yield the faults with moments that fit a program without the operations at ``gone``.

    Faults after an operation move with it. For faults at a counted call a few guesses are offered,
    because the number of calls that are gone is not known here.
    """

    def after(number: int) -> int:
        return max(0, number - sum(index <= number for index in gone))

    moved = [replace(f, number=after(f.number)) if f.when is When.AFTER else f for f in faults]
    yield moved
    counted = [index for index, f in enumerate(moved) if f.when is not When.AFTER]
    for index in counted:
        number = moved[index].number
        for guess in sorted({1, number // 2, number - 4, number - 3, number - 2, number - 1}):
            if 1 <= guess < number:
                yield [replace(f, number=guess) if at == index else f for at, f in enumerate(moved)]


def fewer_faults(scenario: Scenario) -> Iterator[Scenario]:
    """Yield the scenario without one of its faults, if it has several, with the others unchanged.

    A fault may need another one only because of its kind. So it then yields scenarios with one of
    the others changed to each kind of its family.
    """
    faults = scenario.faults
    if len(faults) < 2:
        return
    fewer = [faults[:index] + faults[index + 1 :] for index in range(len(faults))]
    for left in fewer:
        yield replace(scenario, faults=left)
    for left in fewer:
        for index, fault in enumerate(left):
            for name in FAMILIES[fault.family].kinds:
                if name != fault.kind:
                    other = _of_kind(fault, name)
                    yield replace(scenario, faults=(*left[:index], other, *left[index + 1 :]))


def _of_kind(fault: Fault, name: str) -> Fault:
    """Return the fault as another kind of its family."""
    kind = FAMILIES[fault.family].kinds[name]
    return replace(
        fault,
        kind=name,
        segment=fault.segment if kind.takes_segment else 0,
        amount=fault.amount if kind.takes_amount else 0,
    )


def plainer_faults(fault: Fault, operations: int) -> Iterator[Fault]:
    """Yield variants of one fault, the plainest first."""
    if fault.persistent:
        yield replace(fault, persistent=False)
    for when in MOMENTS[: MOMENTS.index(fault.when)]:
        numbers = range(operations) if when is When.AFTER else range(1, 5)
        for number in numbers:
            yield replace(fault, when=when, number=number)
    least = 0 if fault.when is When.AFTER else 1
    for number in smaller_numbers(fault.number, least):
        yield replace(fault, number=number)
    for segment in smaller_numbers(fault.segment):
        yield replace(fault, segment=segment)
    for amount in smaller_numbers(fault.amount):
        yield replace(fault, amount=amount)
    kinds = FAMILIES[fault.family].kinds
    for name in list(kinds)[: list(kinds).index(fault.kind)]:
        yield _of_kind(fault, name)


def plainer_surroundings(scenario: Scenario) -> Iterator[Callable[[], Scenario]]:
    """Yield the scenario over plainer memories, the plainest first; making it may fail."""
    memory = scenario.memory
    yield partial(replace, scenario, memory=PLAIN.memory)
    if memory.grows:
        yield partial(_with_memory, scenario, grows=False)
        yield partial(replace, scenario, memory=replace(PLAIN.memory, grows=True))
    if memory.name != PLAIN.memory.name:
        yield partial(_with_memory, scenario, name=PLAIN.memory.name, total_words=0)
    for words in smaller_numbers(memory.total_words, 1):
        yield partial(_with_memory, scenario, total_words=words)
    for words in smaller_numbers(memory.segment_words):
        yield partial(_with_memory, scenario, segment_words=words)


def _with_memory(scenario: Scenario, **changes: Any) -> Scenario:
    return replace(scenario, memory=replace(scenario.memory, **changes))


def smaller_numbers(number: int, least: int = 0) -> list[int]:
    """Return a few smaller numbers, the smallest first, so that a number shrinks in few steps."""
    guesses = {least, least + 1, number // 4, number // 2, number * 3 // 4, number - 2, number - 1}
    return sorted(guess for guess in guesses if least <= guess < number)


def smaller_values(scenario: Scenario, operation: Operation) -> Iterator[Operation]:
    """Yield the same operation with a smaller value or count."""
    value = operation.value
    if operation.verb in SOURCED:
        # A second handle: try earlier ones of its type.
        types = handle_types(scenario.operations)
        assert isinstance(value, int)
        yield from (
            operation._replace(value=number)
            for number in range(value)
            if types[number] == types[value]
        )
    elif isinstance(value, As):
        for length in smaller_numbers(value.length or 0):
            yield operation._replace(value=As(value.type, length))
    elif isinstance(value, bool):
        yield operation._replace(value=False)
    elif isinstance(value, int):
        for number in smaller_numbers(abs(value)):
            yield operation._replace(value=number)
        if value < 0:
            yield operation._replace(value=-value)
    elif isinstance(value, str):
        yield from (
            operation._replace(value=text)
            for text in ("", "a", value[: len(value) // 2], value[:-1], "a" * len(value))
            if text != value
        )
    elif isinstance(value, bytes):
        yield from (
            operation._replace(value=data)
            for data in (b"", b"\0", value[: len(value) // 2], value[:-1], bytes(len(value)))
            if data != value
        )


def smaller_places(scenario: Scenario, operation: Operation) -> Iterator[Operation]:
    """Yield the same operation at a lower index, or at an earlier field of the same type."""
    place = operation.place
    if isinstance(place, int):
        for number in smaller_numbers(place):
            yield operation._replace(place=number)
    elif isinstance(place, str):
        held = handle_types(scenario.operations)[operation.handle]
        if isinstance(held, StructType):
            field = held.by_name[place]
            for other in held.by_name.values():
                if other.name == place:
                    return
                if (other.kind, other.target) == (field.kind, field.target):
                    yield operation._replace(place=other.name)
