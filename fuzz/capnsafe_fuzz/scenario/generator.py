"""The state of a program if nothing goes wrong, and choices for its next operation."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from .model import NULL, ExpectationKind, Model
from .operations import OPERATIONS, PLACELESS, SOURCED, WHOLE_MESSAGE, ValueForm, Verb
from .program import (
    ACTIONS,
    NO_HANDLE,
    As,
    Operation,
    Place,
    Program,
    choices_of,
    place_of,
    sources,
)
from .schema import DYNAMIC, SCALAR_BITS, TYPES, ListType, OrphanType, StructType, Type
from .values import index_for, value_for
from .versions import other_versions


class ProgramGenerator:
    """The state of a program if nothing goes wrong, and choices for its next operation."""

    __slots__ = ("model", "operations", "program")

    def __init__(self, operations: Sequence[Operation] = ()) -> None:
        """Begin with the ``operations`` of a valid program."""
        self.operations: list[Operation] = []
        self.program = Program()
        self.model = Model()
        for operation in operations:
            self.add(operation)

    def add(self, operation: Operation) -> None:
        """Append a valid operation."""
        self.program.note(operation)
        self.model.commit(operation)
        self.operations.append(operation)

    def begin_with_versions(self, rng: Random) -> None:
        """Append the first operations of a program: an object is opened as another version.

        Few other programs get so far.
        """
        self.add(Operation(Verb.ROOT))
        self.add(Operation(Verb.SELECT, 0, "choice", "mixed"))
        self.add(Operation(Verb.INIT, 0, "choice.mixed"))
        held = self.program.types[-1]
        place = rng.choice(_DYNAMIC_PLACES[held.name])
        self.add(Operation(Verb.INIT, 1, place, value_for(Verb.INIT, held, place, rng)))
        for _ in range(rng.choice((0, 0, 1, 2))):
            self.extend(rng)
        if rng.random() < 0.4:
            self.add(Operation(Verb.DISOWN, 1, place))
        self.add(self._other_version(rng) or self._next(rng))

    def open_otherwise(self, rng: Random) -> None:
        """Append operations that open an object as another version, if there is one, and use it."""
        operation = self._other_version(rng)
        if operation is None:
            return
        self.add(operation)
        number = len(self.program.types) - 1
        held, count = self.program.types[number], self.model.count(number)
        if count and isinstance(held, ListType) and held.element in SCALAR_BITS:
            # A copy of numbers shows where each of them lies.
            self.add(self._complete(Verb.SET, number, index_for(count, rng), rng))
            self.add(Operation(Verb.NEW, number))

    def extend(self, rng: Random) -> None:
        """Append a plausible operation."""
        self.add(self._next(rng))

    def _next(self, rng: Random) -> Operation:
        types, model = self.program.types, self.model
        numbers = [number for number, held in enumerate(types) if ACTIONS[held.name]]
        chance = rng.random()
        if not numbers:
            return Operation(Verb.ROOT if chance < 0.96 else rng.choice((Verb.REOPEN, Verb.OUTPUT)))
        if chance < 0.05:
            return Operation(rng.choices(_WHOLE, _WHOLE_WEIGHTS)[0])
        if chance < 0.2:
            earlier = rng.choice(self.operations)
            if earlier.handle != NO_HANDLE:
                return self._again(earlier, rng)
        if chance > 0.93:
            numbers = [number for number in numbers if model.stale(number)] or numbers
        elif chance < 0.9:
            numbers = [number for number in numbers if model.live(number)] or numbers
        last = self.operations[-1]
        if last.verb is Verb.SELECT and rng.random() < 0.6:
            return self._behind(last, rng)
        opened = last.verb is Verb.OPEN or last.verb is Verb.UNWRAP
        if opened and isinstance(last.value, As) and model.live(len(types) - 1):
            if rng.random() < 0.5:
                # Otherwise few operations would be on an object of another version.
                numbers = [len(types) - 1]
        elif 0.25 < chance < 0.35 and (version := self._other_version(rng)) is not None:
            return version
        if 0.2 < chance < 0.25 and (adoption := self._adoption(rng)) is not None:
            return adoption
        if rng.random() < 0.25:
            rich = [number for number in numbers if types[number].name in _OPEN_TO_ALL]
            unions = [number for number in numbers if SELECTIONS[types[number].name]]
            if not rich and unions and rng.random() < 0.2:
                number = rng.choice(unions)
                union = rng.choice(SELECTIONS[types[number].name])
                return self._complete(Verb.SELECT, number, union, rng)
            numbers = rich or numbers
        number = rng.choice(numbers[-3:] if rng.random() < 0.5 else numbers)
        held = types[number]
        verb, name = rng.choice(ACTIONS[held.name])
        if OPERATIONS[verb].is_rare and rng.random() < 0.85:
            verb, name = rng.choice(ACTIONS[held.name])
        place: Place = name
        if name is None and verb not in PLACELESS:
            place = index_for(model.count(number), rng)
        if rng.random() < 0.35 and (written := model.written(number)):
            # Prefer an operation on an existing object; an older struct knows a part of a newer
            # one.
            at = rng.choice(written)
            if verbs := _verbs_at(held, at):
                place, verb = at, rng.choice(verbs)
                if place_of(held, place)[0] in DYNAMIC and rng.random() < 0.4:
                    verb = Verb.OPEN
        return self._sensible(self._complete(verb, number, place, rng), rng)

    def _sensible(self, operation: Operation, rng: Random) -> Operation:
        """Return the operation or, usually, a replacement if it would have no effect."""
        verb, number, place, _ = operation
        held = self.program.types[number]
        expected = self.model.expect(operation)
        if expected.kind is ExpectationKind.VOID and isinstance(held, StructType):
            field = held.by_name.get(str(place))
            if field is not None and field.union is not None and rng.random() < 0.8:
                union = held.by_name[field.union]
                return Operation(Verb.SELECT, number, union.name, union.members[field.member])
        for _ in range(2):
            if expected.kind is not ExpectationKind.REFUSED or rng.random() < 0.3:
                break
            operation = self._complete(verb, number, place, rng)
            expected = self.model.expect(operation)
        name = place if isinstance(place, str) else None
        nothing = expected == NULL or (
            verb is Verb.CLEAR and place not in self.model.written(number)
        )
        if OPERATIONS[verb].needs_something and nothing and rng.random() < 0.8:
            # Objects that were never made are null: without this, most handles would be missing.
            for other in (Verb.INIT, Verb.SET):
                if (other, name) in ACTIONS[held.name]:
                    return self._complete(other, number, place, rng)
        return operation

    def _complete(self, verb: Verb, number: int, place: Place, rng: Random) -> Operation:
        """Return the operation with a value, or another verb if it lacks a second handle."""
        types, model = self.program.types, self.model
        held = types[number]
        if verb in SOURCED:
            names = sources(held, verb, place)
            fitting = [other for other, found in enumerate(types) if found.name in names]
            if rng.random() < 0.9:
                fitting = [other for other in fitting if model.live(other)] or fitting
            if fitting:
                return Operation(verb, number, place, rng.choice(fitting))
            name = place if isinstance(place, str) else None
            verb = Verb.DISOWN if OPERATIONS[verb].value is ValueForm.ORPHAN else Verb.INIT
            if (verb, name) not in ACTIONS[held.name]:
                verb = Verb.OPEN
        return Operation(verb, number, place, value_for(verb, held, place, rng))

    def _behind(self, selection: Operation, rng: Random) -> Operation:
        """Append an operation on the member that was selected."""
        held = self.program.types[selection.handle]
        assert isinstance(held, StructType)
        union = held.by_name[str(selection.place)]
        member = union.members.index(str(selection.value))
        actions = [
            (verb, name)
            for verb, name in ACTIONS[held.name]
            if name is not None
            and (field := held.by_name[name]).union == union.name
            and field.member == member
            and verb in _BEGINNINGS
        ]
        if not actions:
            return Operation(Verb.GET, selection.handle, selection.place)
        verb, name = rng.choice(actions)
        return self._complete(verb, selection.handle, name, rng)

    def _adoption(self, rng: Random) -> Operation | None:
        """Return an operation that adopts one of the orphans, if there is a place for it."""
        types, model = self.program.types, self.model
        orphans = [
            number
            for number, held in enumerate(types)
            if isinstance(held, OrphanType) and model.live(number)
        ]
        if not orphans:
            return None
        orphan = rng.choice(orphans)
        fitting: list[tuple[int, Place]] = [
            (number, index_for(model.count(number), rng) if name is None else name)
            for number, held in enumerate(types)
            if model.live(number)
            for name in ADOPTERS.get((held.name, types[orphan].name), ())
        ]
        if not fitting:
            return None
        return Operation(Verb.ADOPT, *rng.choice(fitting), orphan)

    def _other_version(self, rng: Random) -> Operation | None:
        """Return an operation that opens an object or orphan as another type that it fits."""
        types, model = self.program.types, self.model
        places: list[tuple[int, Place, list[str]]] = []
        for number, held in enumerate(types):
            if not model.live(number):
                continue
            verb = Verb.UNWRAP if isinstance(held, OrphanType) else Verb.OPEN
            within: tuple[Place, ...] = _DYNAMIC_PLACES.get(held.name, ())
            if isinstance(held, ListType) and within:
                within = model.written(number)
            for place in within:
                value = model.value_at(number, place)
                names = other_versions(value, choices_of(held, verb, place)) if value else ()
                if names:
                    places.append((number, place, names))
        if not places:
            return None
        number, place, names = rng.choice(places)
        verb = Verb.OPEN if place is not None else Verb.UNWRAP
        return Operation(verb, number, place, As(rng.choice(names)))

    def _again(self, earlier: Operation, rng: Random) -> Operation:
        """Return an operation on a place that was used before: read, overwrite, open, clear it."""
        held = self.program.types[earlier.handle]
        if earlier.verb in PLACELESS:
            verb = rng.choice([verb for verb, _ in ACTIONS[held.name] if verb in PLACELESS])
        else:
            verb = rng.choice(_verbs_at(held, earlier.place))
        return self._complete(verb, earlier.handle, earlier.place, rng)


def _verbs_at(held: Type, place: Place) -> list[Verb]:
    """Return the verbs that a place accepts."""
    name = place if isinstance(place, str) else None
    return [verb for verb, other in ACTIONS[held.name] if other == name and verb not in PLACELESS]


def _places(held: ListType | StructType) -> tuple[Place, ...]:
    return tuple(held.by_name) if isinstance(held, StructType) else (0,)


_WHOLE: Final = tuple(verb for verb in Verb if verb in WHOLE_MESSAGE)
_WHOLE_WEIGHTS: Final = tuple(OPERATIONS[verb].weight for verb in _WHOLE)
_BEGINNINGS: Final = frozenset((Verb.SET, Verb.INIT))
_OPEN_TO_ALL: Final = frozenset(
    name
    for name, held in TYPES.items()
    if isinstance(held, ListType | StructType)
    and any(choices_of(held, Verb.OPEN, place) for place in _places(held))
)
"""Types with AnyPointers or similar: there are few of them, with many operations."""

_DYNAMIC_PLACES: Final[dict[str, tuple[Place, ...]]] = {
    name: (None,) if isinstance(held, OrphanType) else places
    for name, held in TYPES.items()
    if (isinstance(held, OrphanType) and held.choices)
    or (
        not isinstance(held, OrphanType)
        and (places := tuple(at for at in _places(held) if place_of(held, at)[0] in DYNAMIC))
    )
}
"""The places, by type, of pointers that a program may open as several types. An orphan is one."""

SELECTIONS: Final = {
    name: tuple(place for verb, place in actions if verb is Verb.SELECT)
    for name, actions in ACTIONS.items()
}
"""The unions of each type."""


def _adopters() -> dict[tuple[str, str], list[str | None]]:
    found: dict[tuple[str, str], list[str | None]] = {}
    for name, held in TYPES.items():
        for verb, place in ACTIONS[name]:
            if OPERATIONS[verb].value is ValueForm.ORPHAN:
                for orphan in sources(held, verb, 0 if place is None else place):
                    found.setdefault((name, orphan), []).append(place)
    return found


ADOPTERS: Final = _adopters()
"""The places of each type that take an orphan of each type."""
