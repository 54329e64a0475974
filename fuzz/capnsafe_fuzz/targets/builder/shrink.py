"""Shrinking: find the simplest scenario that still breaks the same promise in the same place.

Nobody reads a finding of forty operations and five faults. People read the scenario that is left
after everything irrelevant has been removed. One order on scenarios, `simplicity`, decides which of
two candidates is simpler: a candidate is taken if it comes before the best so far *and* still fires
in the same group. So every pass below may try any change in any sequence, and shrinking ends,
because the order is well-founded.

The order compares these in turn; the first difference decides:

1. faults beyond the first: a bug that needs one fault is easy to understand, one that needs two is
   not;
2. operations, fewer first: each is a line to read and a call in the program;
3. whether there is a fault at all;
4. how plain each fault is: once before always, a moment that is easy to find ("allocation 2",
   "after operation 3") before one that must be counted ("borrow 37"), small numbers before large;
5. how plain the memory and the limit are: the heap before a fixed buffer, no limit before a limit,
   the usual segment size before another, small before large;
6. values: small integers, short texts, short lists, early fields, low indices;
7. handles with low numbers, so that an object depends on the root if it can, and not on a chain;
8. the printed text, so that no two scenarios tie.

Alternatives: libFuzzer's `-minimize_crash` works on bytes and takes any crash, so it slips from one
bug to another, and cannot delete an operation without shifting the rest. Hypothesis shrinks the
choices that made a value, and does it well, but it must have made the value. Here scenarios are
values with a few fields, so passes over those fields are short and specific. Deleting an operation
renumbers the later handles, and redirects uses of its handle to another one of the same type. It
also moves faults that are laid at a counted moment, since the counted calls are gone.

A function decides whether a candidate fires, by running it in another process. The budget is a
number of such runs: with a budget of time, two runs would differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from capnsafe_allocators import FAMILIES, Fault

from ...scenario import EVERYTHING, As, Operation, Scenario, handle_types, print_scenario
from ..protocol import DEFAULT_BUDGET
from .variants import (
    MOMENTS,
    PLAIN,
    hoisted,
    moved_faults,
    plainer_faults,
    plainer_surroundings,
    smaller_numbers,
    smaller_places,
    smaller_values,
    without,
)

Simplicity = tuple[object, ...]


def simplicity(scenario: Scenario) -> Simplicity:
    """Return a scenario's place in the order: smaller is simpler."""
    memory = scenario.memory
    return (
        max(0, len(scenario.faults) - 1),
        len(scenario.operations),
        len(scenario.faults),
        tuple(sorted(_plainness(fault) for fault in scenario.faults)),
        memory.grows,
        memory.name != PLAIN.memory.name,
        scenario.max_segment_words != PLAIN.max_segment_words,
        memory.segment_words != PLAIN.memory.segment_words,
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
    """Return the simplest scenario found that still fires; ``scenario`` itself is known to fire."""
    return _ScenarioShrinking(scenario, fires, budget).run()


def _plainness(fault: Fault) -> tuple[int, int, int, int, int, int]:
    return (
        fault.persistent,
        MOMENTS.index(fault.when),
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
    elif isinstance(value, As):
        weight += 2 * (value.length or 0).bit_length()
    elif isinstance(value, bytes):
        weight += 4 * len(value) + sum(byte != 0 for byte in value)
    return weight


class _ScenarioShrinking:
    """The shrinking of one scenario."""

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
                # While there are many operations, faults are less important.
                self._delete_faults,
                self._cut_end,
                self._delete_operations,
                self._plainer_surroundings,
                self._plainer_faults,
                self._hoist,
                self._lower_handles,
                self._smaller_values,
            ):
                every()
            if self._best is before or self._left <= 0:
                return self._best

    def _try(self, make: Callable[[], Scenario]) -> bool:
        """Take a candidate if it is simpler and still fires; return whether it was taken."""
        if self._left <= 0:
            return False
        try:
            candidate = make()
            if candidate in self._asked:
                return False
            self._asked.add(candidate)
            order = simplicity(candidate)
        except ValueError:
            return False  # not a scenario: an operation lost its handle, or a fault its moment
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
        """Delete runs of operations: long ones first, from the end, where fewest depend on them."""
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
        """Try to delete some operations; redirect or delete those that use their handles."""
        best = self._best
        for aimed in (True, False):
            operations, gone = without(best.operations, frozenset(doomed), reaim=aimed)
            for faults in moved_faults(best.faults, gone):
                if self._try_operations(operations, faults):
                    return True
        return False

    def _hoist(self) -> None:
        """Make objects directly under a root, and delete the operations that led to them."""
        index = 0
        while index < len(self._best.operations):
            for operations, gone in hoisted(self._best.operations, index):
                if any(
                    self._try_operations(operations, faults)
                    for faults in moved_faults(self._best.faults, gone)
                ):
                    break
            index += 1

    def _lower_handles(self) -> None:
        """Let an operation use an earlier handle of the same type."""
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
            for make in (smaller_values, smaller_places):
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
                for fault in plainer_faults(faults[index], len(self._best.operations)):
                    faults[index] = fault
                    if self._try_operations(self._best.operations, faults):
                        again = True
                        break

    def _plainer_surroundings(self) -> None:
        for plainer in plainer_surroundings(self._best):
            if self._try(plainer):
                break
        for words in (PLAIN.max_segment_words, *smaller_numbers(self._best.max_segment_words)):
            if self._try(partial(replace, self._best, max_segment_words=words)):
                break
