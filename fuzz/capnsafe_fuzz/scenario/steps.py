"""Edits of a program: delete, insert, repeat or change a step.

Edits work on *steps*, which refer to the step that made their handle, and not to its number. So a
step can be deleted or inserted anywhere. A step that loses its handle gets another one of the same
type, or is deleted, too. In the same way the tail of one program continues another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from .generator import ProgramGenerator
from .operations import HANDLE_MAKERS, OPERATIONS, PLACELESS, SOURCED, ValueForm, Verb
from .program import (
    ACTIONS,
    MAX_COUNT,
    MAX_OPERATIONS,
    NO_HANDLE,
    As,
    Operation,
    Place,
    Program,
    Value,
    choices_of,
    kind_of,
    made_by,
    max_count,
    quiet,
    sources,
    type_at,
    understands,
    value_range,
)
from .schema import FLOATS, TYPES, ListType, Type
from .values import count_for, index_for, taken_for, value_for


class LinkedOperation:
    """An operation with the step that made its handle, and the type of that handle."""

    __slots__ = ("held", "maker", "place", "source", "value", "verb")

    def __init__(
        self,
        verb: Verb,
        maker: LinkedOperation | None,
        held: Type | None,
        place: Place,
        value: Value,
        source: LinkedOperation | None = None,
    ) -> None:
        self.verb = verb
        self.maker = maker
        self.held = held
        self.place = place
        self.value = value
        """None if it has a source."""
        self.source = source
        """The step that made the handle that COPY copies from, or the orphan that ADOPT adopts."""


def made_at(step: LinkedOperation) -> Type | None:
    """Return the type of the handle that a step makes, if it makes one."""
    return made_by(step.held, Operation(step.verb, 0, step.place, step.value))


def steps_of(operations: Sequence[Operation]) -> list[LinkedOperation]:
    """Return the steps of a program."""
    return _resolve(operations, ())


def operations_of(steps: Sequence[LinkedOperation], rng: Random) -> tuple[Operation, ...]:
    """Return the program of these steps, without those that have no handle of their type."""
    operations: list[Operation] = []
    numbers: dict[int, int] = {}
    types: list[Type] = []

    def number_of(maker: LinkedOperation | None, names: Sequence[str]) -> int | None:
        number = numbers.get(id(maker))
        if number is not None and types[number].name in names:
            return number
        fitting = [other for other, found in enumerate(types) if found.name in names]
        return rng.choice(fitting) if fitting else None

    for step in steps:
        if len(operations) == MAX_OPERATIONS:
            break
        held = step.held
        handle = NO_HANDLE
        value = step.value
        if held is not None:
            found = number_of(step.maker, (held.name,))
            if found is None:
                continue
            handle = found
            if step.verb in SOURCED:
                value = number_of(step.source, sources(held, step.verb, step.place))
                if value is None:
                    continue
        operation = Operation(step.verb, handle, step.place, value)
        operations.append(operation)
        made = made_by(held, operation)
        if made is not None:
            numbers[id(step)] = len(types)
            types.append(made)
    return tuple(operations)


def _copies(steps: Sequence[LinkedOperation]) -> list[LinkedOperation]:
    """Return copies of these steps, which refer to each other like the originals."""
    made: dict[int, LinkedOperation] = {}
    for step in steps:
        maker = step.maker
        if maker is not None:
            maker = made.get(id(maker), maker)
        source = step.source
        if source is not None:
            source = made.get(id(source), source)
        made[id(step)] = LinkedOperation(
            step.verb, maker, step.held, step.place, step.value, source
        )
    return list(made.values())


# Edits of a program: each changes the list of steps in place.


_OTHERWISE: Final = 0.2
"""The share of insertions that begin with opening an object as another version, if there is one."""


def _insert(steps: list[LinkedOperation], rng: Random) -> None:
    """Insert some steps, each of which is meaningful at its place."""
    at = rng.randint(0, len(steps)) if rng.random() < 0.7 else len(steps)
    if at == 0 and steps and rng.random() < 0.9:
        at = 1
    generator = ProgramGenerator(operations_of(steps[:at], rng))
    if len(generator.operations) < MAX_OPERATIONS and rng.random() < _OTHERWISE:
        generator.open_otherwise(rng)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        if len(generator.operations) < MAX_OPERATIONS:
            generator.extend(rng)
    # The earlier steps come from a program, so none was left out, and their numbers are the same.
    steps[at:at] = _resolve(generator.operations, steps[:at])


def _resolve(
    operations: Sequence[Operation], known: Sequence[LinkedOperation]
) -> list[LinkedOperation]:
    """Return steps for the operations after the `known` steps, which may make their handles.

    The operations are those of a valid program.
    """
    makers = [step for step in known if step.verb in HANDLE_MAKERS]
    program = Program()
    for operation in operations:
        program.note(operation)
    types = program.types
    made: list[LinkedOperation] = []
    for verb, handle, place, value in operations[len(known) :]:
        whole = handle == NO_HANDLE
        source = None
        if verb in SOURCED:
            assert isinstance(value, int)
            source, value = makers[value], None
        step = LinkedOperation(
            verb,
            None if whole else makers[handle],
            None if whole else types[handle],
            place,
            value,
            source,
        )
        made.append(step)
        if verb in HANDLE_MAKERS:
            makers.append(step)
    return made


def _delete(steps: list[LinkedOperation], rng: Random) -> None:
    if steps:
        at = rng.randrange(len(steps))
        del steps[at : at + rng.choice((1, 1, 1, 1, 2, 3, 8))]


def _repeat(steps: list[LinkedOperation], rng: Random) -> None:
    """Repeat a stretch of the program, directly after it or later."""
    if steps:
        at = rng.randrange(len(steps))
        stretch = steps[at : at + rng.choice((1, 1, 1, 2, 3, 8))]
        to = rng.randint(at + len(stretch), len(steps))
        steps[to:to] = _copies(stretch)


def _move(steps: list[LinkedOperation], rng: Random) -> None:
    if len(steps) > 1:
        step = steps.pop(rng.randrange(len(steps)))
        steps.insert(rng.randint(0, len(steps)), step)


def _revalue(steps: list[LinkedOperation], rng: Random) -> None:
    """Change the value or count of a step that has one."""
    valued = [step for step in steps if step.value is not None]
    if not valued:
        return
    step = rng.choice(valued)
    assert step.held is not None
    value = step.value
    if isinstance(value, As) and value.length is not None and rng.random() < 0.7:
        made = TYPES[value.type]
        assert isinstance(made, ListType)
        step.value = As(value.type, count_for(made, rng))
        return
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.4:
        near = value + rng.choice((-8, -1, 1, 8))
        least, most = _value_limits(step)
        if least <= near <= most:
            kind = None if step.place is None else kind_of(step.held, step.place)
            step.value = quiet(kind, near) if kind is not None and kind in FLOATS else near
            return
    step.value = value_for(step.verb, step.held, step.place, rng)


def _value_limits(step: LinkedOperation) -> tuple[int, int]:
    assert step.held is not None
    if OPERATIONS[step.verb].value is ValueForm.LENGTH:
        return 0, MAX_COUNT
    if OPERATIONS[step.verb].value is ValueForm.COUNT:
        made = type_at(step.held, step.place)
        assert isinstance(made, ListType)
        return 0, max_count(made)
    return value_range(kind_of(step.held, step.place))


def _replace(steps: list[LinkedOperation], rng: Random) -> None:
    """Replace a step by another one on the same handle."""
    on_handles = [at for at, step in enumerate(steps) if step.held is not None]
    if not on_handles:
        return
    at = rng.choice(on_handles)
    old = steps[at]
    assert old.held is not None
    verb, name = rng.choice(ACTIONS[old.held.name])
    place: Place = name
    if name is None and verb not in PLACELESS:
        keeps = isinstance(old.place, int) and rng.random() < 0.5
        place = old.place if keeps else index_for(None, rng)
    source = None
    if verb in SOURCED:
        names = sources(old.held, verb, place)
        makers = [step for step in steps[:at] if (made := made_at(step)) and made.name in names]
        if not makers:
            return
        source, value = rng.choice(makers), None
    else:
        value = value_for(verb, old.held, place, rng)
    new = LinkedOperation(verb, old.maker, old.held, place, value, source)
    if verb in HANDLE_MAKERS and old.verb in HANDLE_MAKERS and made_at(new) is made_at(old):
        # Steps that used the old one's handle use the new one's.
        old.verb, old.place, old.value = verb, place, value
    else:
        steps[at] = new


_OTHER_WAY: Final = {Verb.OPEN: Verb.INIT, Verb.INIT: Verb.OPEN}


def _reverse(steps: list[LinkedOperation], rng: Random) -> None:
    """Turn an OPEN into an INIT, or the other way round."""
    able = [step for step in steps if step.held is not None and step.verb in _OTHER_WAY]
    if not able:
        return
    step = rng.choice(able)
    assert step.held is not None
    verb = _OTHER_WAY[step.verb]
    if not understands(step.held, verb, step.place):
        return
    if isinstance(step.value, As):
        name = step.value.type
        if name not in choices_of(step.held, verb, step.place):
            return
        step.value = taken_for(name, verb, rng)
    else:
        step.value = value_for(verb, step.held, step.place, rng)
    step.verb = verb


def _reindex(steps: list[LinkedOperation], rng: Random) -> None:
    indexed = [step for step in steps if isinstance(step.place, int)]
    if indexed:
        step = rng.choice(indexed)
        maker = step.maker
        count = maker.value if maker is not None else None
        step.place = index_for(count if isinstance(count, int) else None, rng)


def _rehandle(steps: list[LinkedOperation], rng: Random) -> None:
    """Move a step to another handle of the same type, made earlier and often stale."""
    at = rng.randrange(len(steps)) if steps else 0
    if not steps or steps[at].held is None:
        return
    step = steps[at]
    assert step.held is not None
    other = step.source is not None and rng.random() < 0.5
    names = sources(step.held, step.verb, step.place) if other else (step.held.name,)
    makers = [one for one in steps[:at] if (made := made_at(one)) and made.name in names]
    if makers and other:
        step.source = rng.choice(makers)
    elif makers:
        step.maker = rng.choice(makers)


PROGRAM_EDITS: Final[Sequence[Callable[[list[LinkedOperation], Random], None]]] = (
    *(_insert,) * 4,
    *(_delete,) * 3,
    _repeat,
    _move,
    *(_revalue,) * 2,
    *(_replace,) * 2,
    _reverse,
    _reindex,
    *(_rehandle,) * 2,
)
