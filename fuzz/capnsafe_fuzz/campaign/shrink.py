"""Shrinking: the simplest scenario that still breaks the same promise in the same place.

A finding of forty operations and five faults is read by nobody. What is read is the one that is
left when everything that does not matter is gone, and which everything is gone from is a question
of order: there is one order on scenarios, `simplicity`, and a candidate is taken if it comes before
the best so far in that order *and* still fires in the same group. Nothing else decides, so every
pass below may try what it likes in any sequence, and shrinking ends, because the order is
well-founded.

The order compares, the first difference deciding:

1. operations, fewer first: each is a line to read and a call in the program;
2. faults, fewer first: a bug that needs one is understood, one that needs two is a puzzle;
3. how plain each fault is: once before always, a moment that can be pointed at ("allocation 2",
   "after operation 3") before one that must be counted ("borrow 37"), small numbers before large;
4. how plain the surroundings are: the heap before a fixed buffer, no limit before a limit, the
   usual segment size before another, small before large;
5. values: small integers, short texts, short lists, early fields, low indices;
6. handles with low numbers, so that what hangs off a chain hangs off the root if it can;
7. the printed text, so that no two scenarios tie.

Alternatives: libFuzzer's `-minimize_crash` works on bytes and takes any crash, so it slips from one
bug to another, and cannot delete an operation without shifting all that follows. Hypothesis shrinks
the choices that made a value, well, but has to be the one that made it. Here scenarios are values
with a few fields, so passes over those fields are short and know what matters: deleting an
operation renumbers the handles behind it, and re-aims what used its handle at another of the same
type; and it moves faults that are laid at a counted moment, since the calls that are counted went
with it.

Whether a candidate fires is asked of a function, which runs it in another process. The budget is a
number of such questions: time would make two runs differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from capnsafe_allocators import FAMILIES, Fault, When

from ..scenario import (
    EVERYTHING,
    HANDLE_MAKERS,
    NO_HANDLE,
    MemorySpec,
    Operation,
    Scenario,
    StructType,
    Verb,
    handle_types,
    print_scenario,
)

DEFAULT_BUDGET = 2000
"""Executions of the tested encoder for one group."""

Simplicity = tuple[object, ...]

_MOMENTS = (When.ALLOCATE, When.AFTER, When.RELEASE, When.SEGMENT, When.ANY)
"""From the one that is pointed at most easily to the one that must be counted."""

_PLAIN = Scenario()
"""Its memory and limit are what a scenario has that says nothing about them."""


def simplicity(scenario: Scenario) -> Simplicity:
    """Where a scenario stands in the order: smaller is simpler."""
    memory = scenario.memory
    return (
        len(scenario.operations),
        len(scenario.faults),
        tuple(sorted(_plainness(fault) for fault in scenario.faults)),
        memory.name != _PLAIN.memory.name,
        scenario.max_segment_words != _PLAIN.max_segment_words,
        memory.segment_words != _PLAIN.memory.segment_words,
        memory.segment_words,
        memory.total_words,
        scenario.max_segment_words,
        sum(_weight(operation) for operation in scenario.operations),
        sum(operation.handle for operation in scenario.operations),
        print_scenario(scenario),
    )


def shrink(
    scenario: Scenario, fires: Callable[[Scenario], bool], *, budget: int = DEFAULT_BUDGET
) -> Scenario:
    """The simplest scenario found that still fires; ``scenario`` itself fires, and is not asked."""
    return _Shrinking(scenario, fires, budget).run()


def _plainness(fault: Fault) -> tuple[int, int, int, int, int, int]:
    return (
        fault.persistent,
        _MOMENTS.index(fault.when),
        fault.number,
        fault.segment,
        fault.amount,
        list(FAMILIES[fault.family].kinds).index(fault.kind),
    )


def _weight(operation: Operation) -> int:
    place, value = operation.place, operation.value
    weight = 0
    if isinstance(place, int):
        weight += place
    elif isinstance(place, str):
        field = EVERYTHING.by_name.get(place)
        weight += 0 if field is None else list(EVERYTHING.by_name).index(place)
    if isinstance(value, bool):
        weight += value
    elif isinstance(value, int):
        weight += 2 * value.bit_length() + (value < 0) + value.bit_count()
    elif isinstance(value, str):
        weight += 4 * len(value) + sum(c != "a" for c in value)
    elif isinstance(value, bytes):
        weight += 4 * len(value) + sum(byte != 0 for byte in value)
    return weight


class _Shrinking:
    """One scenario on its way down."""

    def __init__(self, scenario: Scenario, fires: Callable[[Scenario], bool], budget: int) -> None:
        self._best = scenario
        self._order = simplicity(scenario)
        self._fires = fires
        self._left = budget
        self._asked: set[Scenario] = {scenario}

    def run(self) -> Scenario:
        while True:
            before = self._best
            for every in (
                self._cut_end,
                self._delete_operations,
                self._delete_faults,
                self._plainer_surroundings,
                self._plainer_faults,
                self._lower_handles,
                self._smaller_values,
            ):
                every()
            if self._best is before or self._left <= 0:
                return self._best

    def _try(self, make: Callable[[], Scenario]) -> bool:
        """Take a candidate if it is simpler and still fires."""
        if self._left <= 0:
            return False
        try:
            candidate = make()
            if candidate in self._asked:
                return False
            self._asked.add(candidate)
            order = simplicity(candidate)
        except ValueError:
            return False  # no scenario: an operation lost what it needs, a fault has no such moment
        if not order < self._order:
            return False
        self._left -= 1
        if not self._fires(candidate):
            return False
        self._best, self._order = candidate, order
        return True

    def _try_operations(self, operations: Sequence[Operation], faults: Sequence[Fault]) -> bool:
        return self._try(
            lambda: replace(self._best, operations=tuple(operations), faults=tuple(faults))
        )

    # Operations

    def _cut_end(self) -> None:
        """Keep only the first half, three quarters, ... of the program."""
        step = len(self._best.operations) // 2
        while step:
            length = len(self._best.operations)
            if not self._try_without(range(length - step, length)):
                step //= 2

    def _delete_operations(self) -> None:
        """Delete runs of operations: long ones first, from the end, where least depends on them."""
        size = max(1, len(self._best.operations) // 4)
        while True:
            end = len(self._best.operations)
            while end > 0:
                start = max(0, end - size)
                if self._try_without(range(start, end)):
                    end = min(start, len(self._best.operations))
                else:
                    end -= 1 if size == 1 else max(1, size // 2)
            if size == 1:
                return
            size //= 2

    def _try_without(self, doomed: range) -> bool:
        """Try to do without some operations, what hangs off them re-aimed or deleted too."""
        best = self._best
        for aimed in (True, False):
            operations, gone = without(best.operations, frozenset(doomed), reaim=aimed)
            for faults in _moved_faults(best.faults, gone):
                if self._try_operations(operations, faults):
                    return True
        return False

    def _lower_handles(self) -> None:
        """Let an operation work on an earlier handle of the same type."""
        for index in range(len(self._best.operations)):
            types = handle_types(self._best.operations)
            operation = self._best.operations[index]
            for number in range(max(0, operation.handle)):
                if types[number] == types[operation.handle] and self._change(
                    index, operation._replace(handle=number)
                ):
                    break

    def _smaller_values(self) -> None:
        for index in range(len(self._best.operations)):
            for make in (_smaller_value, _smaller_place):
                again = True
                while again:
                    operation = self._best.operations[index]
                    again = any(self._change(index, other) for other in make(self._best, operation))

    def _change(self, index: int, operation: Operation) -> bool:
        operations = list(self._best.operations)
        operations[index] = operation
        return self._try_operations(operations, self._best.faults)

    # Faults and surroundings

    def _delete_faults(self) -> None:
        index = len(self._best.faults) - 1
        while index >= 0:
            faults = list(self._best.faults)
            del faults[index]
            self._try_operations(self._best.operations, faults)
            index -= 1

    def _plainer_faults(self) -> None:
        for index in range(len(self._best.faults)):
            again = True
            while again:
                faults = list(self._best.faults)
                again = False
                for fault in _plainer(faults[index], len(self._best.operations)):
                    faults[index] = fault
                    if self._try_operations(self._best.operations, faults):
                        again = True
                        break

    def _plainer_surroundings(self) -> None:
        for plainer in _plainer_surroundings(self._best):
            if self._try(plainer):
                break
        for words in (_PLAIN.max_segment_words, *_smaller_numbers(self._best.max_segment_words)):
            if self._try(partial(replace, self._best, max_segment_words=words)):
                break


def without(
    operations: Sequence[Operation], doomed: frozenset[int], *, reaim: bool
) -> tuple[list[Operation], frozenset[int]]:
    """The program without the operations at ``doomed``, its handles renumbered.

    What worked on a handle that is gone works on the nearest earlier one of the same type, if
    ``reaim`` and there is one, and is gone too if not. Answers the indices of all that is gone.
    """
    types = handle_types(operations)
    renumbered: dict[int, int] = {}
    kept: list[Operation] = []
    kept_handles: list[int] = []
    gone: set[int] = set()
    made = 0
    for index, operation in enumerate(operations):
        handle = operation.handle
        if index not in doomed and handle != NO_HANDLE and handle not in renumbered and reaim:
            same = [number for number in kept_handles if types[number] == types[handle]]
            if same:
                handle = same[-1]
        lost = index in doomed or (handle != NO_HANDLE and handle not in renumbered)
        if lost:
            gone.add(index)
        else:
            kept.append(
                operation if handle == NO_HANDLE else operation._replace(handle=renumbered[handle])
            )
        if operation.verb in HANDLE_MAKERS:
            if not lost:
                renumbered[made] = len(kept_handles)
                kept_handles.append(made)
            made += 1
    return kept, frozenset(gone)


def _moved_faults(faults: tuple[Fault, ...], gone: frozenset[int]) -> Iterator[list[Fault]]:
    """Faults at moments that fit a program without the operations at ``gone``.

    Those laid after an operation move with it. How many calls went with the operations that are
    gone is not known here, so a few guesses are offered for those laid at a counted call.
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


def _plainer(fault: Fault, operations: int) -> Iterator[Fault]:
    """Variants of one fault, those that would be plainest first."""
    if fault.persistent:
        yield replace(fault, persistent=False)
    for when in _MOMENTS[: _MOMENTS.index(fault.when)]:
        numbers = range(operations) if when is When.AFTER else range(1, 5)
        for number in numbers:
            yield replace(fault, when=when, number=number)
    least = 0 if fault.when is When.AFTER else 1
    for number in _smaller_numbers(fault.number, least):
        yield replace(fault, number=number)
    for segment in _smaller_numbers(fault.segment):
        yield replace(fault, segment=segment)
    for amount in _smaller_numbers(fault.amount):
        yield replace(fault, amount=amount)
    kinds = FAMILIES[fault.family].kinds
    for name in list(kinds)[: list(kinds).index(fault.kind)]:
        kind = kinds[name]
        yield replace(
            fault,
            kind=name,
            segment=fault.segment if kind.takes_segment else 0,
            amount=fault.amount if kind.takes_amount else 0,
        )


def _plainer_surroundings(scenario: Scenario) -> Iterator[Callable[[], Scenario]]:
    """The same over plainer memories, the plainest first; some turn out to be none when made."""
    memory = scenario.memory
    yield partial(replace, scenario, memory=_PLAIN.memory)
    if memory.name != _PLAIN.memory.name:
        yield partial(_with_memory, scenario, _PLAIN.memory.name, memory.segment_words, 0)
    for words in _smaller_numbers(memory.total_words, 1):
        yield partial(_with_memory, scenario, memory.name, memory.segment_words, words)
    for words in _smaller_numbers(memory.segment_words):
        yield partial(_with_memory, scenario, memory.name, words, memory.total_words)


def _with_memory(scenario: Scenario, name: str, segment_words: int, total_words: int) -> Scenario:
    return replace(scenario, memory=MemorySpec(name, segment_words, total_words))


def _smaller_numbers(number: int, least: int = 0) -> list[int]:
    """A few smaller numbers, the smallest first, so that a number falls in few steps."""
    guesses = {least, least + 1, number // 4, number // 2, number * 3 // 4, number - 2, number - 1}
    return sorted(guess for guess in guesses if least <= guess < number)


def _smaller_value(scenario: Scenario, operation: Operation) -> Iterator[Operation]:
    value = operation.value
    if isinstance(value, bool):
        yield operation._replace(value=False)
    elif isinstance(value, int):
        for number in _smaller_numbers(abs(value)):
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


def _smaller_place(scenario: Scenario, operation: Operation) -> Iterator[Operation]:
    place = operation.place
    if isinstance(place, int):
        for number in _smaller_numbers(place):
            yield operation._replace(place=number)
    elif isinstance(place, str) and operation.verb is not Verb.OUTPUT:
        held = handle_types(scenario.operations)[operation.handle]
        if isinstance(held, StructType):
            field = held.by_name[place]
            for other in held.by_name.values():
                if other.name == place:
                    return
                if (other.kind, other.target) == (field.kind, field.target):
                    yield operation._replace(place=other.name)
