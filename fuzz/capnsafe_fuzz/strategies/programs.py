"""Programs: one drawn step after the other, so that steps can be left out one by one.

Hypothesis shrinks the numbers that were drawn, and not the program. So that fewer and smaller
numbers make a simpler program, and one that still does the same:

- A step is drawn in a *slot*. The smallest number makes it nothing, and the other slots keep their
  places. So each step can be left out, without a change of the others.
- A step refers to a handle or to an earlier step by the number of its slot, and not by its place
  among those that happen to be there. If that slot has nothing fitting, it means the nearest one
  before it.
- The action of a step is a number in a table of everything that its handle understands. The table
  depends only on the type of the handle.

A step that would have no effect, by the model, is usually replaced by another one, as the random
generator does (``capnsafe_fuzz.scenario.generator``).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from hypothesis import strategies as st

from ..scenario import (
    HANDLE_MAKERS,
    NO_HANDLE,
    PLACELESS,
    SOURCED,
    TYPES,
    WHOLE_MESSAGE,
    ListType,
    Operation,
    Place,
    StructType,
    Type,
    Verb,
)
from ..scenario.generator import ADOPTERS, ProgramGenerator
from ..scenario.operations import OPERATIONS, ValueForm
from ..scenario.program import ACTIONS, sources
from ..scenario.schema import OrphanType
from .numbers import MOST_EVEN, below, between, pick
from .values import draw_index, draw_value


class _Step(IntEnum):
    """The kinds of steps, the simplest first."""

    NOTHING = 0
    ACT = 1
    """Something that a handle understands."""
    ACT_LATE = 2
    """The same, with a handle of the last few slots."""
    AGAIN = 3
    """Something at the place of an earlier step: read, overwrite, open, clear it."""
    MEMBER = 4
    """Something at the member that an earlier step selected."""
    ADOPT = 5
    """An orphan of an earlier step is adopted."""
    STALE = 6
    """Something with a handle whose object is gone."""
    WHOLE = 7
    """Something with the message as a whole."""


_STEPS = tuple(
    kind
    for kind, weight in (
        (_Step.NOTHING, 1),
        (_Step.ACT, 6),
        (_Step.ACT_LATE, 6),
        (_Step.AGAIN, 6),
        (_Step.MEMBER, 2),
        (_Step.ADOPT, 1),
        (_Step.STALE, 1),
        (_Step.WHOLE, 2),
    )
    for _ in range(weight)
)
_LATE_SLOTS = 4
_RARE = 4
"""How many times as often a type's other operations are drawn as its rare ones."""
_WHOLE = tuple(
    verb for verb in Verb if verb in WHOLE_MESSAGE for _ in range(OPERATIONS[verb].weight)
)
_BEGINNINGS = frozenset((Verb.SET, Verb.INIT))

_Action = tuple[Verb, str | None]


@cache
def _actions(name: str) -> tuple[_Action, ...]:
    """Return the operations on a handle of this type, each as often as its share of draws."""
    plain_first = sorted(ACTIONS[name], key=lambda action: action[0] in SOURCED)
    usual = 1 if len(plain_first) * _RARE > MOST_EVEN else _RARE
    return tuple(
        action
        for action in plain_first
        for _ in range(1 if OPERATIONS[action[0]].is_rare else usual)
    )


@cache
def _verbs_at(name: str, place: str | None) -> tuple[Verb, ...]:
    """Return the operations on a place of this type."""
    return tuple(verb for verb, at in ACTIONS[name] if at == place and verb not in PLACELESS)


@cache
def _member_actions(name: str, union: str, member: str) -> tuple[_Action, ...]:
    """Return the operations that write to a member of a union."""
    held = TYPES[name]
    assert isinstance(held, StructType)
    number = held.by_name[union].members.index(member)
    return tuple(
        (verb, place)
        for verb, place in ACTIONS[name]
        if place is not None
        and held.by_name[place].union == union
        and held.by_name[place].member == number
        and verb in _BEGINNINGS
    )


class _Slot(NamedTuple):
    """The contents of a slot."""

    position: int
    """The index of its operation, or of the next one if it has none."""
    operation: Operation | None
    handle: int | None
    """The handle that it makes, if any."""


class DrawnProgram:
    """A program, as far as it is drawn."""

    def __init__(self, verbs: frozenset[Verb]) -> None:
        self.slots: list[_Slot] = []
        self.generator = ProgramGenerator()
        self._verbs = verbs

    def take(self, operation: Operation | None) -> None:
        """Add a slot with this operation, or with nothing."""
        generator = self.generator
        if operation is not None and operation.verb not in self._verbs:
            operation = None
        position = len(generator.operations)
        makes = operation is not None and operation.verb in HANDLE_MAKERS
        self.slots.append(
            _Slot(position, operation, len(generator.program.types) if makes else None)
        )
        if operation is not None:
            generator.add(operation)

    def _nearest(self, at: int, fits: Callable[[_Slot], bool]) -> _Slot | None:
        """Return the slot there if it fits, or the nearest one before it, or the next after it."""
        slots = self.slots
        before = (slots[number] for number in range(at, -1, -1))
        after = (slots[number] for number in range(at + 1, len(slots)))
        return next(filter(fits, (*before, *after)), None)

    def _handle(self, at: int, fits: Callable[[int], bool]) -> int | None:
        """Return the handle of the slot there or the nearest, among those that fit."""
        slot = self._nearest(at, lambda slot: slot.handle is not None and fits(slot.handle))
        return None if slot is None else slot.handle

    def _understanding(self, number: int) -> bool:
        return bool(ACTIONS[self.generator.program.types[number].name])

    def _is_live(self, number: int) -> bool:
        return self._understanding(number) and self.generator.model.live(number)

    def _is_stale(self, number: int) -> bool:
        return self._understanding(number) and self.generator.model.stale(number)

    def draw_step(self, draw: st.DrawFn) -> Operation | None:
        """Draw the operation of the next slot."""
        kind = pick(draw, _STEPS)
        if kind is _Step.NOTHING:
            return None
        if kind is _Step.WHOLE:
            return Operation(pick(draw, _WHOLE))
        if not self.generator.program.types:
            return Operation(Verb.ROOT)
        count = len(self.slots)
        late = max(0, count - _LATE_SLOTS) if kind is _Step.ACT_LATE else 0
        at = draw(between(late, count - 1))
        if kind is _Step.AGAIN:
            return self._again(draw, at)
        if kind is _Step.MEMBER:
            return self._member(draw, at)
        if kind is _Step.ADOPT:
            return self._adoption(draw, at)
        number = None
        if kind is _Step.STALE:
            number = self._handle(at, self._is_stale)
        if number is None:
            number = self._handle(at, self._is_live)
        if number is None:
            number = self._handle(at, self._understanding)
        return None if number is None else self._act(draw, number)

    def _act(self, draw: st.DrawFn, number: int) -> Operation | None:
        held = self.generator.program.types[number]
        verb, name = pick(draw, _actions(held.name))
        place: Place = name
        if name is None and verb not in PLACELESS:
            place = draw_index(draw, self.generator.model.count(number))
        return self._sensible(draw, verb, number, place)

    def _sensible(self, draw: st.DrawFn, verb: Verb, number: int, place: Place) -> Operation | None:
        """Draw the rest of the operation, or of another one if it would have no effect."""
        held, model = self.generator.program.types[number], self.generator.model
        field = held.by_name.get(str(place)) if isinstance(held, StructType) else None
        if field is not None and field.union is not None and model.live(number):
            assert isinstance(held, StructType)
            union = held.by_name[field.union]
            if model.expect(Operation(Verb.GET, number, union.name)).value != field.member:
                return Operation(Verb.SELECT, number, union.name, union.members[field.member])
        if OPERATIONS[verb].needs_something and place not in model.written(number):
            name = place if isinstance(place, str) else None
            for other in (Verb.INIT, Verb.SET):
                if (other, name) in ACTIONS[held.name]:
                    verb = other
                    break
        return self._complete(draw, verb, number, place)

    def _complete(self, draw: st.DrawFn, verb: Verb, number: int, place: Place) -> Operation | None:
        """Draw the value, or the second handle; None if there is no such handle."""
        types = self.generator.program.types
        if verb not in SOURCED:
            return Operation(verb, number, place, draw_value(draw, verb, types[number], place))
        names = sources(types[number], verb, place)
        at = draw(below(len(self.slots)))
        source = self._handle(
            at, lambda other: types[other].name in names and self.generator.model.live(other)
        )
        if source is None:
            source = self._handle(at, lambda other: types[other].name in names)
        if source is not None:
            return Operation(verb, number, place, source)
        name = place if isinstance(place, str) else None
        instead = Verb.DISOWN if OPERATIONS[verb].value is ValueForm.ORPHAN else Verb.INIT
        if (instead, name) not in ACTIONS[types[number].name]:
            instead = Verb.OPEN
        return self._complete(draw, instead, number, place)

    def _again(self, draw: st.DrawFn, at: int) -> Operation | None:
        slot = self._nearest(at, _has_handle)
        if slot is None or slot.operation is None:
            return None
        verb, number, place, _ = slot.operation
        held: Type = self.generator.program.types[number]
        if verb in PLACELESS:
            verbs = tuple(other for other, _ in ACTIONS[held.name] if other in PLACELESS)
        else:
            verbs = _verbs_at(held.name, place if isinstance(place, str) else None)
        return self._complete(draw, pick(draw, verbs), number, place)

    def _member(self, draw: st.DrawFn, at: int) -> Operation | None:
        slot = self._nearest(at, _selects)
        if slot is None or slot.operation is None:
            number = self._handle(at, self._is_live)
            return None if number is None else self._act(draw, number)
        _, number, place, value = slot.operation
        name = self.generator.program.types[number].name
        actions = _member_actions(name, str(place), str(value))
        if not actions:
            return Operation(Verb.GET, number, place)
        verb, at_member = pick(draw, actions)
        return self._complete(draw, verb, number, at_member)

    def _adoption(self, draw: st.DrawFn, at: int) -> Operation | None:
        types, model = self.generator.program.types, self.generator.model
        orphan = self._handle(
            at, lambda other: isinstance(types[other], OrphanType) and model.live(other)
        )
        if orphan is None:
            return None

        def adopts(number: int) -> bool:
            return model.live(number) and (types[number].name, types[orphan].name) in ADOPTERS

        number = self._handle(draw(below(len(self.slots))), adopts)
        if number is None:
            return None
        place: Place = pick(draw, ADOPTERS[types[number].name, types[orphan].name])
        if place is None:
            assert isinstance(types[number], ListType)
            place = draw_index(draw, model.count(number))
        return Operation(Verb.ADOPT, number, place, orphan)


def _has_handle(slot: _Slot) -> bool:
    return slot.operation is not None and slot.operation.handle != NO_HANDLE


def _selects(slot: _Slot) -> bool:
    return slot.operation is not None and slot.operation.verb is Verb.SELECT


@st.composite
def _step(draw: st.DrawFn, drawn: DrawnProgram) -> Operation | None:
    """Draw a step. It is a strategy of its own, so that Hypothesis can replace it as a whole."""
    return drawn.draw_step(draw)


def draw_program(draw: st.DrawFn, max_operations: int, verbs: frozenset[Verb]) -> DrawnProgram:
    """Draw a program."""
    drawn = DrawnProgram(verbs)
    step = _step(drawn)
    for _ in range(draw(between(0, max_operations))):
        drawn.take(draw(step))
    return drawn
