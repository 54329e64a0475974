"""New scenarios, at random: from nothing, from one, and from two.

What these make is valid by construction, and mostly means something: operations go to handles that
are alive, indices into lists, faults to moments that exist. Mostly, and not always: a share of
every choice goes to what a careful program would not do, because that is what promises are about.

Edits work on *steps*, which know the step that made their handle, and not its number. So a step can
be taken out or put in anywhere; whoever is left without its handle gets another one of the same
type, or goes too. That is also how the tail of one program continues another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from capnsafe_allocators import FAMILIES, Fault, When

from .model import NULL, Model
from .program import (
    HANDLE_MAKERS,
    MAX_BLOB_BYTES,
    MAX_INDEX,
    MAX_OPERATIONS,
    NO_HANDLE,
    UNDERSTOOD,
    Operation,
    Place,
    Program,
    Value,
    Verb,
    kind_of,
    max_count,
    quiet,
    type_at,
    value_range,
)
from .scenario import (
    BOUNDED_MEMORIES,
    MAX_FAULT_AMOUNT,
    MAX_FAULT_SEGMENT,
    MAX_FAULTS,
    MAX_MEMORY_WORDS,
    MAX_MOMENT,
    MEMORY_NAMES,
    UNLIMITED_WORDS,
    MemorySpec,
    Scenario,
)
from .schema import EVERYTHING, FLOATS, Kind, ListType, StructType, Type

# Values.

_EDGE_BITS: Final = {
    # Zeros, one, the least and the greatest, infinities, a quiet NaN with and without a payload.
    Kind.FLOAT32: (
        0,
        1 << 31,
        0x3F800000,
        1,
        0x7F7FFFFF,
        0x7F800000,
        0xFF800000,
        0x7FC00000,
        0x7FC00001,
    ),
    Kind.FLOAT64: (
        0,
        1 << 63,
        0x3FF0000000000000,
        1,
        0x7FEFFFFFFFFFFFFF,
        0x7FF0000000000000,
        0xFFF0000000000000,
        0x7FF8000000000000,
        0x7FF8000000000001,
    ),
}
_ALPHABET: Final = (
    "a",
    "b",
    "z",
    " ",
    '"',
    "\\",
    "\n",
    "\0",
    "é",
    "ß",
    "日",
    "本",
    "😀",
    "\ufeff",
    "\u2028",
)


def _value(kind: Kind, default: Value, rng: Random) -> Value:
    """Something that SET can write to a place of this kind: edges as often as not."""
    if kind is Kind.TEXT:
        return _text(rng)
    if kind is Kind.DATA:
        return rng.randbytes(_blob_bytes(rng)) if rng.random() < 0.8 else bytes(_blob_bytes(rng))
    if kind is Kind.BOOL:
        return rng.random() < 0.5
    least, most = value_range(kind)
    chance = rng.random()
    if chance < 0.1 and default is not None:
        return default
    if kind in FLOATS:
        if chance < 0.5:
            return rng.choice(_EDGE_BITS[kind])
        return quiet(kind, rng.randint(least, most))
    if chance < 0.5:
        return rng.choice((least, most, 0, 1, most - 1, least + 1))
    if chance < 0.75:
        return rng.randint(0, 9)
    return rng.randint(least, most)


def _blob_bytes(rng: Random) -> int:
    """A length around the ends of words, rarely of several."""
    chance = rng.random()
    if chance < 0.7:
        return rng.choice((0, 1, 2, 3, 6, 7, 8, 9, 15, 16, 17))
    return rng.randint(0, 64) if chance < 0.93 else rng.randint(0, MAX_BLOB_BYTES)


def _text(rng: Random) -> str:
    size = _blob_bytes(rng)
    if rng.random() < 0.5:
        return "abcdefgh"[: size % 9] if size <= 8 else "x" * size
    text = "".join(rng.choices(_ALPHABET, k=size))
    return text.encode()[:size].decode("utf-8", "ignore")


def _count(of: ListType, rng: Random) -> int:
    most = max_count(of)
    chance = rng.random()
    if chance < 0.1:
        return 0
    if chance < 0.6:
        return rng.randint(1, 4)
    if chance < 0.93:
        return rng.randint(5, 24)
    return rng.choice((most, rng.randint(0, most)))


def _index(count: int | None, rng: Random) -> int:
    """Mostly an index into a list of `count` elements; None where there is no such list."""
    chance = rng.random()
    if count and chance < 0.88:
        last = min(count, MAX_INDEX + 1) - 1
        return rng.choice((0, last, rng.randint(0, last)))
    if chance < 0.95:
        return min(count or 0, MAX_INDEX)
    return rng.choice((rng.randint(0, 15), MAX_INDEX, rng.randint(0, MAX_INDEX)))


# Operations.


def _value_for(verb: Verb, held: Type, place: Place, rng: Random) -> Value:
    if verb is Verb.INIT:
        made = type_at(held, place)
        return _count(made, rng) if isinstance(made, ListType) else None
    if verb is not Verb.SET:
        return None
    default = held.by_name[str(place)].default if isinstance(held, StructType) else 0
    return _value(kind_of(held, place), default, rng)


class _Front:
    """Where a program stands if nothing goes wrong, and what might come next."""

    __slots__ = ("model", "operations", "program")

    def __init__(self, operations: Sequence[Operation] = ()) -> None:
        self.operations: list[Operation] = []
        self.program = Program()
        self.model = Model()
        for operation in operations:
            self.add(operation)

    def add(self, operation: Operation) -> None:
        self.program.add(operation)
        self.model.commit(operation)
        self.operations.append(operation)

    def extend(self, rng: Random) -> None:
        """Add what might come next."""
        self.add(self._next(rng))

    def _next(self, rng: Random) -> Operation:
        types, model = self.program.types, self.model
        numbers = [number for number, held in enumerate(types) if UNDERSTOOD[held.name]]
        chance = rng.random()
        if not numbers:
            return Operation(Verb.ROOT if chance < 0.96 else rng.choice((Verb.REOPEN, Verb.OUTPUT)))
        if chance < 0.05:
            return Operation(rng.choice((Verb.OUTPUT, Verb.OUTPUT, Verb.REOPEN, Verb.ROOT)))
        if chance < 0.2:
            earlier = rng.choice(self.operations)
            if earlier.handle != NO_HANDLE:
                return self._again(earlier, rng)
        if chance > 0.93:
            numbers = [number for number in numbers if model.stale(number)] or numbers
        elif chance < 0.9:
            numbers = [number for number in numbers if model.live(number)] or numbers
        number = rng.choice(numbers[-3:] if rng.random() < 0.5 else numbers)
        held = types[number]
        verb, name = rng.choice(UNDERSTOOD[held.name])
        place: Place = _index(model.count(number), rng) if name is None else name
        may_init = (Verb.INIT, name) in UNDERSTOOD[held.name]
        # What was never made is null: without this, most handles would be void.
        if verb is Verb.OPEN and may_init and model.expect(Operation(verb, number, place)) == NULL:
            verb = Verb.INIT if rng.random() < 0.8 else verb
        return Operation(verb, number, place, _value_for(verb, held, place, rng))

    def _again(self, earlier: Operation, rng: Random) -> Operation:
        """Something with a place that was worked on before: read, overwrite, open, clear it."""
        held = self.program.types[earlier.handle]
        name = earlier.place if isinstance(earlier.place, str) else None
        verb = rng.choice([verb for verb, other in UNDERSTOOD[held.name] if other == name])
        value = _value_for(verb, held, earlier.place, rng)
        return Operation(verb, earlier.handle, earlier.place, value)


# Faults.

_MAKES_OBJECTS: Final = frozenset((Verb.ROOT, Verb.INIT, Verb.SET))


def _number(when: When, operations: Sequence[Operation], rng: Random) -> int:
    """A moment that probably comes.

    How often an encoder calls its allocator is its own affair; these are guesses from above, and
    small numbers, which come in any case, are preferred.
    """
    if when is When.AFTER:
        return rng.randrange(max(1, len(operations)))
    made = sum(operation.verb in _MAKES_OBJECTS for operation in operations)
    most = {
        When.ALLOCATE: 1 + made // 2,
        When.RELEASE: 1 + made // 2,
        When.SEGMENT: 2 + 2 * len(operations),
        When.ANY: 3 + 3 * len(operations),
    }[when]
    return rng.randint(1, most) if rng.random() < 0.6 else rng.randint(1, min(4, most))


def _fault(operations: Sequence[Operation], rng: Random) -> Fault:
    family = rng.choice(tuple(FAMILIES.values()))
    name = rng.choice(tuple(family.kinds))
    kind = family.kinds[name]
    when = rng.choice(family.moments)
    return Fault(
        family=family.name,
        kind=name,
        when=when,
        number=_number(when, operations, rng),
        persistent=rng.random() < 0.3,
        segment=_fault_segment(rng) if kind.takes_segment else 0,
        amount=_fault_amount(rng) if kind.takes_amount else 0,
    )


def _fault_segment(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.95:
        return rng.randint(0, 3) if chance < 0.5 else 0
    return rng.randint(0, MAX_FAULT_SEGMENT)


def _fault_amount(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.8:
        return rng.randint(0, 4)
    return rng.randint(0, 40) if chance < 0.97 else rng.randint(0, MAX_FAULT_AMOUNT)


def _faults(operations: Sequence[Operation], rng: Random) -> tuple[Fault, ...]:
    count = rng.choice((0, 0, 1, 1, 1, 1, 1, 2, 2, 3))
    return tuple(_fault(operations, rng) for _ in range(count))


# Memory.

_MEMORY_WEIGHTS: Final = (40, 14, 18, 10, 6, 3, 3, 6)
"""In the order of their names; what costs least comes most."""
assert len(_MEMORY_WEIGHTS) == len(MEMORY_NAMES)
_SEGMENT_SIZES: Final = (1, 2, 3, 4, 8, 16, 36, 40, 64, 128, 1024)


def _memory(rng: Random) -> MemorySpec:
    segment_words = rng.choice(_SEGMENT_SIZES)
    (name,) = rng.choices(MEMORY_NAMES, _MEMORY_WEIGHTS)
    if name not in BOUNDED_MEMORIES:
        return MemorySpec(name, segment_words)
    total = rng.choice((EVERYTHING.words, 40, 64, 80, 128, 256, 1024, MAX_MEMORY_WORDS))
    if rng.random() < 0.5:
        total = min(MAX_MEMORY_WORDS, total + rng.randint(-4, 40))
    if name == "fixed" and rng.random() < 0.4:
        segment_words = 0
    return MemorySpec(name, segment_words, total)


def _promised(memory: MemorySpec) -> MemorySpec:
    """The same memory with the promise that it stays, or without it; a fixed one becomes a heap."""
    return MemorySpec("heap" if memory.name == "stable" else "stable", memory.segment_words or 1)


def _limit(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.6:
        return UNLIMITED_WORDS
    if chance < 0.9:
        return EVERYTHING.words + rng.choice((0, 1, 2, 3, 4, 8, 16, 29, 64))
    return rng.choice((1, 2, EVERYTHING.words - 1, rng.randint(1, 128), rng.randint(1, 4096)))


_VERIFIES: Final = 0.1
"""The share of scenarios that ask the encoder to verify."""


def generate(rng: Random, size: int) -> Scenario:
    """A scenario of `size` operations (cut to what a scenario can hold), from nothing."""
    front = _Front()
    for _ in range(min(size, MAX_OPERATIONS)):
        front.extend(rng)
    operations = tuple(front.operations)
    verify = rng.random() < _VERIFIES
    return Scenario(_memory(rng), _limit(rng), operations, _faults(operations, rng), verify=verify)


# Steps.


class _Step:
    """An operation that knows by whom its handle was made, and of what type that is."""

    __slots__ = ("held", "maker", "place", "value", "verb")

    def __init__(
        self, verb: Verb, maker: _Step | None, held: Type | None, place: Place, value: Value
    ) -> None:
        self.verb = verb
        self.maker = maker
        self.held = held
        self.place = place
        self.value = value


def _made(step: _Step) -> Type:
    """The type of the handle that a step makes, if it makes one."""
    return EVERYTHING if step.held is None else type_at(step.held, step.place)


def _steps(operations: Sequence[Operation]) -> list[_Step]:
    steps: list[_Step] = []
    makers: list[_Step] = []
    types: list[Type] = []
    for verb, handle, place, value in operations:
        whole = handle == NO_HANDLE
        held = None if whole else types[handle]
        step = _Step(verb, None if whole else makers[handle], held, place, value)
        steps.append(step)
        if verb in HANDLE_MAKERS:
            makers.append(step)
            types.append(_made(step))
    return steps


def _operations(steps: Sequence[_Step], rng: Random) -> tuple[Operation, ...]:
    """The program of these steps; those without any handle of their type are left out."""
    operations: list[Operation] = []
    numbers: dict[int, int] = {}
    types: list[Type] = []
    for step in steps:
        if len(operations) == MAX_OPERATIONS:
            break
        held = step.held
        handle = NO_HANDLE
        if held is not None:
            number = numbers.get(id(step.maker))
            if number is None:
                fitting = [other for other, found in enumerate(types) if found is held]
                if not fitting:
                    continue
                number = rng.choice(fitting)
            handle = number
        operations.append(Operation(step.verb, handle, step.place, step.value))
        if step.verb in HANDLE_MAKERS:
            numbers[id(step)] = len(types)
            types.append(_made(step))
    return tuple(operations)


def _copies(steps: Sequence[_Step]) -> list[_Step]:
    """These steps again; those that work on what another of them makes, on what its copy makes."""
    made: dict[int, _Step] = {}
    for step in steps:
        maker = step.maker
        if maker is not None:
            maker = made.get(id(maker), maker)
        made[id(step)] = _Step(step.verb, maker, step.held, step.place, step.value)
    return list(made.values())


# Edits of a program: each changes the list of steps in place.


def _insert(steps: list[_Step], rng: Random) -> None:
    """Put in some steps, such that each means something where it stands."""
    at = rng.randint(0, len(steps)) if rng.random() < 0.7 else len(steps)
    if at == 0 and steps and rng.random() < 0.9:
        at = 1
    front = _Front(_operations(steps[:at], rng))
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        if len(front.operations) < MAX_OPERATIONS:
            front.extend(rng)
    # Nothing in front is left out, as it came from a program: numbers are as they were.
    steps[at:at] = _resolve(front.operations, steps[:at])


def _resolve(operations: Sequence[Operation], known: Sequence[_Step]) -> list[_Step]:
    """Steps for the operations after the `known` ones, with makers among those."""
    makers = [step for step in known if step.verb in HANDLE_MAKERS]
    types = list(Program(operations).types)
    made: list[_Step] = []
    for verb, handle, place, value in operations[len(known) :]:
        whole = handle == NO_HANDLE
        step = _Step(
            verb, None if whole else makers[handle], None if whole else types[handle], place, value
        )
        made.append(step)
        if verb in HANDLE_MAKERS:
            makers.append(step)
    return made


def _delete(steps: list[_Step], rng: Random) -> None:
    if steps:
        at = rng.randrange(len(steps))
        del steps[at : at + rng.choice((1, 1, 1, 1, 2, 3, 8))]


def _repeat(steps: list[_Step], rng: Random) -> None:
    """Do a stretch of the program again, right behind it or later."""
    if steps:
        at = rng.randrange(len(steps))
        stretch = steps[at : at + rng.choice((1, 1, 1, 2, 3, 8))]
        to = rng.randint(at + len(stretch), len(steps))
        steps[to:to] = _copies(stretch)


def _move(steps: list[_Step], rng: Random) -> None:
    if len(steps) > 1:
        step = steps.pop(rng.randrange(len(steps)))
        steps.insert(rng.randint(0, len(steps)), step)


def _revalue(steps: list[_Step], rng: Random) -> None:
    """Another value or count for one that has one."""
    valued = [step for step in steps if step.value is not None]
    if not valued:
        return
    step = rng.choice(valued)
    assert step.held is not None
    value = step.value
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.4:
        near = value + rng.choice((-8, -1, 1, 8))
        least, most = _value_limits(step)
        if least <= near <= most:
            kind = kind_of(step.held, step.place)
            step.value = quiet(kind, near) if kind in FLOATS else near
            return
    step.value = _value_for(step.verb, step.held, step.place, rng)


def _value_limits(step: _Step) -> tuple[int, int]:
    assert step.held is not None
    if step.verb is Verb.INIT:
        made = type_at(step.held, step.place)
        assert isinstance(made, ListType)
        return 0, max_count(made)
    return value_range(kind_of(step.held, step.place))


def _replace(steps: list[_Step], rng: Random) -> None:
    """Something else on the same handle."""
    on_handles = [at for at, step in enumerate(steps) if step.held is not None]
    if not on_handles:
        return
    at = rng.choice(on_handles)
    old = steps[at]
    assert old.held is not None
    verb, name = rng.choice(UNDERSTOOD[old.held.name])
    place: Place = name
    if name is None:
        place = old.place if rng.random() < 0.5 else _index(None, rng)
    value = _value_for(verb, old.held, place, rng)
    new = _Step(verb, old.maker, old.held, place, value)
    if verb in HANDLE_MAKERS and old.verb in HANDLE_MAKERS and _made(new) is _made(old):
        # Whoever works on the old one's handle works on the new one's.
        old.verb, old.place, old.value = verb, place, value
    else:
        steps[at] = new


def _reindex(steps: list[_Step], rng: Random) -> None:
    indexed = [step for step in steps if isinstance(step.place, int)]
    if indexed:
        step = rng.choice(indexed)
        maker = step.maker
        count = maker.value if maker is not None and maker.verb is Verb.INIT else None
        step.place = _index(count if isinstance(count, int) else None, rng)


def _rehandle(steps: list[_Step], rng: Random) -> None:
    """The same on another handle of the same type: an older one, as often as not a stale one."""
    at = rng.randrange(len(steps)) if steps else 0
    if not steps or steps[at].held is None:
        return
    held = steps[at].held
    makers = [step for step in steps[:at] if step.verb in HANDLE_MAKERS and _made(step) is held]
    if makers:
        steps[at].maker = rng.choice(makers)


_PROGRAM_EDITS: Final[Sequence[Callable[[list[_Step], Random], None]]] = (
    *(_insert,) * 4,
    *(_delete,) * 3,
    _repeat,
    _move,
    *(_revalue,) * 2,
    *(_replace,) * 2,
    _reindex,
    *(_rehandle,) * 2,
)


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
    """One thing about a fault; its moment most of all."""
    family = FAMILIES[fault.family]
    name, when, number = fault.kind, fault.when, fault.number
    persistent, segment, amount = fault.persistent, fault.segment, fault.amount
    chance = rng.random()
    if chance < 0.1:
        return _fault(operations, rng)
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
        amount = _fault_amount(rng)
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


# What engines call.

_TRIES: Final = 4
"""Edits may come to nothing; after so many attempts the scenario stays as it is."""


def mutate(scenario: Scenario, rng: Random) -> Scenario:
    """A scenario that differs from this one in a few things, mostly one."""
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
        steps = _steps(operations)
        rng.choice(_PROGRAM_EDITS)(steps, rng)
        operations = _operations(steps, rng)
    elif chance < 0.87:
        faults = _edit_faults(faults, operations, rng)
    elif chance < 0.96:
        # Half the time nothing but the promise to stay: over memory that makes it few faults fire,
        # so that engines which keep what reaches new situations would seldom come by it.
        memory = _memory(rng) if chance < 0.915 else _promised(memory)
    elif chance < 0.99:
        limit = _limit(rng)
    else:
        verify = not verify
    return Scenario(memory, limit, operations, faults, verify=verify)


def crossover(first: Scenario, second: Scenario, rng: Random) -> Scenario:
    """A scenario with something of both: head and tail, or one's program and the other's faults."""
    operations = first.operations
    if rng.random() < 0.7:
        head = _steps(operations)[: rng.randint(0, len(operations))]
        tail = _steps(second.operations)[rng.randint(0, len(second.operations)) :]
        operations = _operations(head + tail, rng)
    faults = rng.choice(
        (first.faults, second.faults, second.faults, (first.faults + second.faults)[:MAX_FAULTS])
    )
    honest = rng.choice((first, second))
    return Scenario(
        honest.memory, honest.max_segment_words, operations, faults, verify=honest.verify
    )
