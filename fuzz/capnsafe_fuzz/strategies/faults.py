"""Faults and scripts of them, from the families.

A moment is drawn as a slot of the program (see ``programs``) and a small number after it. So a
fault stays at its step when another step is left out. For a counted call that needs a guess how
many calls there were before the step; the encoder decides that. A wrong guess makes another number,
and no wrong fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from capnsafe_allocators import FAMILIES, Family, Fault, Kind, When
from hypothesis import strategies as st

from ..scenario import ExpectationKind, MemorySpec, Model, Operation
from ..scenario.aim import read_backs
from ..scenario.scenario import MAX_FAULT_AMOUNT, MAX_FAULT_SEGMENT, MAX_MOMENT
from .numbers import below, between, pick, up_to

_AIMED = (False, True)
_PERSISTENT = (False, False, True)
_SEGMENTS = up_to(0, 0, 0, 3, 3, MAX_FAULT_SEGMENT)
_FEW_CALLS = 4
_LANDING_PAD_WORDS = 1
# Measured on capnsafe: how often most operations that do something ask for a segment.
_BORROWS = 1
_BORROWS_WITH_FIRST_GRANT = 2
_BORROWS_WITH_GRANT = 6
_DOING = frozenset((ExpectationKind.OK, ExpectationKind.VALUE))


class Timeline:
    """A program with the indices of its operations by slot, and guesses about its calls."""

    def __init__(
        self, operations: Sequence[Operation], slots: Sequence[int], memory: MemorySpec
    ) -> None:
        self.operations = operations
        self.slots = slots
        self._memory = memory

    @cached_property
    def read_backs(self) -> list[tuple[int, tuple[int, ...]]]:
        """Operations that read a word back, and these words."""
        return [(found.operation, found.words) for found in read_backs(self.operations)]

    @cached_property
    def _guesses(self) -> list[tuple[int, int]]:
        """Guess how many grants and borrows there were before each operation, and in all."""
        model, left, grants, borrows = Model(), 0, 0, 0
        found = [(0, 0)]
        for operation in self.operations:
            words = model.largest_object(operation)
            if words > left:
                grants += 1
                left = max(words + _LANDING_PAD_WORDS, self._memory.segment_words)
                borrows += _BORROWS_WITH_GRANT if grants > 1 else _BORROWS_WITH_FIRST_GRANT
            elif model.expect(operation).kind in _DOING:
                borrows += _BORROWS
            left -= words
            model.commit(operation)
            found.append((grants, borrows))
        return found

    def most(self, when: When) -> int:
        """Return the last moment of a kind that is likely to come."""
        grants, _ = self._guesses[-1]
        return MAX_MOMENT if when in (When.SEGMENT, When.ANY) else max(1, grants)

    def calls_before(self, when: When, index: int) -> int:
        """Guess how many calls of a kind there were before an operation."""
        grants, borrows = self._guesses[index]
        if when in (When.ALLOCATE, When.GROW):
            return grants
        return {When.SEGMENT: borrows, When.ANY: grants + borrows}.get(when, 0)


def draw_fault(draw: st.DrawFn, families: tuple[Family, ...], timeline: Timeline) -> Fault:
    """Draw a fault that is likely to fire in this program."""
    family = pick(draw, families)
    name = pick(draw, tuple(family.kinds))
    kind = family.kinds[name]
    slot = draw(below(max(1, len(timeline.slots))))
    index = timeline.slots[slot] if timeline.slots else 0
    if kind.effects.aims and timeline.read_backs and pick(draw, _AIMED):
        return _aimed(draw, family, name, timeline, index)
    when = pick(draw, family.moments)
    if when is When.AFTER:
        number = index
    else:
        number = timeline.calls_before(when, index) + draw(between(1, _FEW_CALLS))
        number = min(number, timeline.most(when))
    return Fault(
        family.name,
        name,
        when,
        number,
        pick(draw, _PERSISTENT),
        draw(_SEGMENTS) if kind.takes_segment else 0,
        _draw_amount(draw, kind),
    )


def _aimed(draw: st.DrawFn, family: Family, name: str, timeline: Timeline, index: int) -> Fault:
    """Return a fault that changes a word right before an operation that reads it."""
    operation, words = next(
        (met for met in timeline.read_backs if met[0] >= index), timeline.read_backs[-1]
    )
    number = max(0, operation - 1)
    amount = min(pick(draw, words), MAX_FAULT_AMOUNT)
    return Fault(family.name, name, When.AFTER, number, False, 0, amount)


def _draw_amount(draw: st.DrawFn, kind: Kind) -> int:
    usual = kind.usual_amount
    return draw(up_to(*(usual,) * 8, 40, MAX_FAULT_AMOUNT)) if kind.takes_amount else 0


def families_of(names: tuple[str, ...]) -> tuple[Family, ...]:
    """Return the families with these names."""
    return tuple(FAMILIES[name] for name in names)
