"""Guesses where a changed word would be read back, for faults that write into one word.

Few words of a message are ever read back, each by few operations: the pointer at the place of an
operation, and the object at its target, whose first word is the tag if it is a struct list. A fault
that hits another word, or that word at another time, changes nothing for the encoder. So this
module lays out a program like an encoder whose first segment has room for everything, each object
after the one before. If the guess is wrong, the fault hits another word, as it would have anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .model import Model
from .operations import HANDLE_MAKERS
from .program import NO_HANDLE, Operation, Place, Program
from .schema import POINTERS, FieldKind, ListType, StructType, Type

FIRST_OBJECT_WORD = 1
"""The first word of the root: before it there is the pointer to it."""


class ReadBack(NamedTuple):
    """An operation that reads an object which another one made."""

    operation: int
    words: tuple[int, ...]
    """The words that it reads back: the pointer, if its place is known, and the object's first
    word.
    """


def read_backs(operations: Sequence[Operation]) -> list[ReadBack]:
    """Return the operations that read an object, in their order."""
    model, program = Model(), Program()
    begins: dict[tuple[int, Place], int] = {}
    handles: list[int | None] = []
    end = FIRST_OBJECT_WORD
    found: list[ReadBack] = []
    for number, operation in enumerate(operations):
        at = operation.handle, operation.place
        if at in begins:
            found.append(ReadBack(number, (*_pointer(program, handles, operation), begins[at])))
        words = model.largest_object(operation)
        if words and (operation.place is not None or operation.handle == NO_HANDLE):
            begins[at] = end
        end += words
        if operation.verb in HANDLE_MAKERS:
            handles.append(begins.get(at))
        model.commit(operation)
        program.note(operation)
    return found


def _pointer(
    program: Program, handles: Sequence[int | None], operation: Operation
) -> tuple[int, ...]:
    """Return the word of the pointer at the operation's place, if it is known."""
    if operation.handle == NO_HANDLE:
        return (0,)
    begin = handles[operation.handle]
    words = _words_before(program.types[operation.handle], operation.place)
    return () if begin is None or words is None else (begin + words,)


def _words_before(held: Type, place: Place) -> int | None:
    """Return how many words precede the pointer at a place; None if it is not a pointer."""
    if isinstance(held, StructType) and isinstance(place, str):
        field = held.by_name[place]
        return held.data_words + field.offset if field.kind in POINTERS else None
    if isinstance(held, ListType) and isinstance(place, int):
        # The elements of a struct list are not pointers.
        return place if held.element in POINTERS and held.element is not FieldKind.STRUCT else None
    return None
