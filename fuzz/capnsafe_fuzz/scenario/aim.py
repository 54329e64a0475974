"""Where a changed word would be met: guesses for faults that write into one word.

Of the words of a message few are ever read back, and each of those by few operations: the pointer
at the place that an operation works on, and the object behind it, whose first word is, of a struct
list, the tag. A fault that hits another word, or that word at another time, changes nothing for the
encoder. So here a program is laid out as an encoder does that has room for all of it in one
segment, each object behind the one made before. Where the guess is wrong, the fault hits some other
word, as it would have without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .model import Model
from .operations import HANDLE_MAKERS
from .program import NO_HANDLE, Operation, Place, Program
from .schema import POINTERS, FieldKind, ListType, StructType, Type

FIRST_OBJECT_WORD = 1
"""The root's: before it there is the pointer to it."""


class Meeting(NamedTuple):
    """An operation that comes upon what another one made."""

    operation: int
    words: tuple[int, ...]
    """Which words it reads back: the pointer, if it is known where that is, and the first word of
    the object."""


def meetings(operations: Sequence[Operation]) -> list[Meeting]:
    """The operations that come upon an object, in their order."""
    model, program = Model(), Program()
    begins: dict[tuple[int, Place], int] = {}
    handles: list[int | None] = []
    end = FIRST_OBJECT_WORD
    found: list[Meeting] = []
    for number, operation in enumerate(operations):
        at = operation.handle, operation.place
        if at in begins:
            found.append(Meeting(number, (*_pointer(program, handles, operation), begins[at])))
        words = model.largest_object(operation)
        if words and (operation.place is not None or operation.handle == NO_HANDLE):
            begins[at] = end
        end += words
        if operation.verb in HANDLE_MAKERS:
            handles.append(begins.get(at))
        model.commit(operation)
        program.add(operation)
    return found


def _pointer(
    program: Program, handles: Sequence[int | None], operation: Operation
) -> tuple[int, ...]:
    """The word of the pointer at the operation's place, if it is known where that is."""
    if operation.handle == NO_HANDLE:
        return (0,)
    begin = handles[operation.handle]
    words = _words_before(program.types[operation.handle], operation.place)
    return () if begin is None or words is None else (begin + words,)


def _words_before(held: Type, place: Place) -> int | None:
    """How many words a struct or list has before the pointer at a place; None if that is none."""
    if isinstance(held, StructType) and isinstance(place, str):
        field = held.by_name[place]
        return held.data_words + field.offset if field.kind in POINTERS else None
    if isinstance(held, ListType) and isinstance(place, int):
        # The elements of a struct list are no pointers.
        return place if held.element in POINTERS and held.element is not FieldKind.STRUCT else None
    return None
