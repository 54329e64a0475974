"""Short programs that lead to a handle of each type there is."""

from __future__ import annotations

from capnsafe_fuzz.scenario import (
    EVERYTHING,
    TYPES,
    As,
    ListType,
    Operation,
    StructType,
    Value,
    Verb,
)
from capnsafe_fuzz.scenario.program import ACTIONS
from capnsafe_fuzz.scenario.schema import MIXED, OrphanType

COUNT = 3
"""The length of every list on the way."""

TO_ROOT = (Operation(Verb.ROOT),)
TO_MIXED = (
    *TO_ROOT,
    Operation(Verb.SELECT, 0, "choice", "mixed"),
    Operation(Verb.INIT, 0, "choice.mixed"),
)
_STARTS = ((EVERYTHING, 0, TO_ROOT), (MIXED, 1, TO_MIXED))


def way_to(name: str) -> tuple[tuple[Operation, ...], int]:
    """A program at whose end there is a handle of this type, and its number."""
    held = TYPES[name]
    if name == EVERYTHING.name:
        return TO_ROOT, 0
    if isinstance(held, OrphanType):
        return _way_to_orphan(held)
    for start, number, program in _STARTS:
        for field in start.fields:
            count = COUNT if isinstance(held, ListType) else None
            if field.name == "choice.mixed" and held is MIXED:
                return TO_MIXED, 1
            if field.target == name and not field.choices:
                return (*program, Operation(Verb.INIT, number, field.name, count)), number + 1
            if name in field.choices:
                return (
                    *program,
                    Operation(Verb.INIT, number, field.name, As(name, count)),
                ), number + 1
    raise LookupError(name)


def _way_to_orphan(held: OrphanType) -> tuple[tuple[Operation, ...], int]:
    if held.content in TYPES:
        program, number = way_to(held.content)
        if (Verb.NEW, None) in ACTIONS[held.content]:
            return (*program, Operation(Verb.NEW, number)), number + 1
    for start, number, program in _STARTS:
        for field in start.fields:
            if field.content == held.content and (Verb.DISOWN, field.name) in ACTIONS[start.name]:
                made, count = _filled(number, field.name)
                return (
                    (*program, *made, Operation(Verb.DISOWN, number, field.name)),
                    number + count + 1,
                )
    raise LookupError(held.name)


def _filled(number: int, name: str) -> tuple[tuple[Operation, ...], int]:
    """Put something at a pointer of a root or Mixed; and how many handles that makes."""
    held = EVERYTHING if number == 0 else MIXED
    field = held.by_name[name]
    verbs = {verb for verb, place in ACTIONS[held.name] if place == name}
    if field.choices:
        made = TYPES[field.choices[0]]
        length = COUNT if isinstance(made, ListType) else None
        return (Operation(Verb.INIT, number, name, As(made.name, length)),), 1
    if Verb.INIT in verbs:
        count = None if isinstance(field.type, StructType) else COUNT
        return (Operation(Verb.INIT, number, name, count),), 1
    values: dict[str, Value] = {"Text": "a", "Data": b"a", "Capability": 7}
    return (Operation(Verb.SET, number, name, values[field.kind.value]),), 0
