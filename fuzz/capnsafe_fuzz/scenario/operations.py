"""The table of build operations: one row for each verb, with all that others ask about it.

Every other module looks here. The checks, the text, the bytes and the generated values follow from
the form of the value; the handles from what is made; the bounds on allocator calls, and whether an
operation is tried again, from what it does to the message. Two things are said elsewhere: what the
message says afterwards (`model`), and which call of an encoder's API it is (the encoder's plan).

The order of the verbs is part of what bytes mean: a new one comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from .schema import (
    EVERYTHING,
    POINTERS,
    SCALAR_BITS,
    TYPES,
    FieldKind,
    ListType,
    OrphanType,
    StructType,
    Type,
)


class Verb(Enum):
    """What an operation does; the value is the word in a scenario's text."""

    ROOT = "root"
    """Make a new root, in place of the old one and of everything under it. Makes a handle."""
    REOPEN = "reopen"
    """Ask the message for its root. Makes a handle, void if there is no root."""
    SET = "set"
    """Write a scalar, a text or a blob to a field or a list element."""
    GET = "get"
    """Read one back."""
    INIT = "init"
    """Make a struct or a list, in place of what was there. Makes a handle."""
    OPEN = "open"
    """Ask for the struct or list that is there. Makes a handle, void if nothing is."""
    CLEAR = "clear"
    """Make a pointer null."""
    OUTPUT = "output"
    """Frame the message as it stands; building goes on afterwards."""
    SELECT = "select"
    """Switch a union to another member, which begins as zero; what it held before is gone."""
    FILL = "fill"
    """Make a list of numbers from a buffer that holds them all. Makes a handle."""
    COPY = "copy"
    """Make a deep copy of another handle's object: at a pointer, or in an element of a list of
    structs, which stays where it is."""
    COPY_ROOT = "copyroot"
    """Make a deep copy of a handle's object the root, in place of the old one."""
    NEW = "new"
    """Make a deep copy of a handle's object that no pointer leads to. Makes an orphan."""
    DISOWN = "disown"
    """Take what is at a pointer out of the message. Makes an orphan, void if nothing is there."""
    ADOPT = "adopt"
    """Let a pointer lead to an orphan, which is used up."""
    UNWRAP = "unwrap"
    """Ask an orphan for its struct or list. Makes a handle."""
    DROP = "drop"
    """Let go of an orphan, and of everything under it."""
    CANONICAL = "canonical"
    """Give the message out in its canonical form; building goes on afterwards."""


class WorksOn(Enum):
    """What an operation works on."""

    MESSAGE = auto()
    """The message as a whole: it names no handle."""
    HANDLE = auto()
    """A handle as a whole: it names no place."""
    PLACE = auto()
    """A field or a list element."""


class ValueForm(Enum):
    """What the value of an operation is."""

    NOTHING = auto()
    WRITTEN = auto()
    """What a field or an element of that kind can hold."""
    COUNT = auto()
    """Of a list: the number of its elements. Where the schema leaves that open, also the type."""
    TYPE = auto()
    """Where the schema leaves it open: the type that the object is taken for."""
    MEMBER = auto()
    """The name of a union's member."""
    OCTETS = auto()
    """The elements of a list of numbers, as the bytes of a buffer."""
    SOURCE = auto()
    """The number of a second handle, on a struct or list."""
    ORPHAN = auto()
    """The number of a second handle, on an orphan."""


class Made(Enum):
    """What the handle leads to that an operation makes."""

    NOTHING = auto()
    """It makes no handle."""
    ROOT = auto()
    """The root."""
    OBJECT = auto()
    """The struct or list at the place."""
    COPY = auto()
    """An orphan: a copy of the handle's object."""
    CONTENT = auto()
    """An orphan: what was at the place."""
    UNWRAPPED = auto()
    """The struct or list of an orphan."""


class Borrows(Enum):
    """How often an operation may borrow a segment."""

    UNBOUNDED = auto()
    """Nobody says."""
    EACH = auto()
    """Each segment once."""
    FOLLOWS = auto()
    """What it takes to follow a pointer, or to read or write a primitive."""
    BUILDS = auto()
    """What it takes to build an object, and to retire what was there."""


def _is_root(held: Type) -> bool:
    return held is EVERYTHING


def _is_orphan(held: Type) -> bool:
    return isinstance(held, OrphanType)


def _can_be_apart(held: Type) -> bool:
    """Whether an orphan can be made of it, and be asked for it again."""
    return not (_is_orphan(held) or weightless(held))


def _unwraps(held: Type) -> bool:
    """Whether an orphan can be asked for a struct or list."""
    if not isinstance(held, OrphanType):
        return False
    named = held.choices or (() if held.target is None else (held.target,))
    return any(not weightless(TYPES[name]) for name in named)


def weightless(held: Type) -> bool:
    """Whether it is a struct without words, or a list whose elements take none."""
    if isinstance(held, StructType):
        return held.words == 0
    return isinstance(held, ListType) and held.weightless


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationKind:
    """A row of the table: what is known of all operations of one verb."""

    works_on: WorksOn
    kinds: frozenset[FieldKind] = frozenset()
    """Of one on a place: the kinds of fields and elements that it goes with."""
    on_struct_elements: bool = False
    """Whether it goes with the elements of a list of structs, which lie in the list."""
    types: Callable[[Type], bool] | None = None
    """Of one on a handle: whether it goes with a handle of this type."""
    value: ValueForm = ValueForm.NOTHING
    makes: Made = Made.NOTHING
    reads_only: bool = False
    """Whether it changes nothing; one that takes a pointer for something else may move that."""
    gives_output: bool = False
    """Whether it gives the message out."""
    new_objects: int | None = None
    """The most objects that it adds to a message. None: it is not known, and may be as many as
    there are words in the message."""
    borrows: Borrows = Borrows.UNBOUNDED
    grants: int | None = None
    """The most objects that it may ask for memory for; None: nobody says."""
    weight: int = 2
    """How often it occurs among random bytes. Of one on the message: how many of the 256 values of
    a byte mean it. Of others: how often it stands in the table of a type, lest most handles be
    void (what was never made is null)."""
    is_rare: bool = False
    """Whether programs that are made at random seldom have it: it soon gets boring."""
    needs_something: bool = False
    """Whether it comes to nothing where there is nothing yet."""

    @property
    def is_retried(self) -> bool:
        """Whether it is tried once more where the memory gave a reason to fail.

        Without its handle or its output there would be nothing to judge in the rest of a program.
        """
        return self.makes is not Made.NOTHING or self.gives_output


_WRITTEN: Final = frozenset(SCALAR_BITS) - {FieldKind.VOID, FieldKind.UNION} | {
    FieldKind.TEXT,
    FieldKind.DATA,
    FieldKind.CAPABILITY,
    FieldKind.ANY,
}
_OBJECTS: Final = frozenset((FieldKind.STRUCT, FieldKind.LIST, FieldKind.ANY, FieldKind.EVOLVING))

OPERATIONS: Final[Mapping[Verb, OperationKind]] = {
    Verb.ROOT: OperationKind(
        works_on=WorksOn.MESSAGE,
        makes=Made.ROOT,
        new_objects=1,
        borrows=Borrows.BUILDS,
        grants=1,
    ),
    Verb.REOPEN: OperationKind(
        works_on=WorksOn.MESSAGE,
        makes=Made.ROOT,
        reads_only=True,
        new_objects=0,
        borrows=Borrows.FOLLOWS,
        grants=0,
    ),
    Verb.SET: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=_WRITTEN,
        value=ValueForm.WRITTEN,
        new_objects=1,
        borrows=Borrows.BUILDS,
        grants=1,
    ),
    Verb.GET: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=_WRITTEN | {FieldKind.UNION},
        reads_only=True,
        new_objects=0,
        borrows=Borrows.FOLLOWS,
        grants=0,
    ),
    Verb.INIT: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=_OBJECTS,
        value=ValueForm.COUNT,
        makes=Made.OBJECT,
        new_objects=1,
        borrows=Borrows.BUILDS,
        grants=1,
        weight=12,
    ),
    Verb.OPEN: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=_OBJECTS,
        on_struct_elements=True,
        value=ValueForm.TYPE,
        makes=Made.OBJECT,
        reads_only=True,
        new_objects=0,
        borrows=Borrows.FOLLOWS,
        grants=0,
        weight=4,
        needs_something=True,
    ),
    Verb.CLEAR: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=POINTERS,
        new_objects=0,
        borrows=Borrows.BUILDS,
        grants=0,
        needs_something=True,
    ),
    Verb.OUTPUT: OperationKind(
        works_on=WorksOn.MESSAGE,
        reads_only=True,
        gives_output=True,
        new_objects=0,
        borrows=Borrows.EACH,
        grants=0,
        weight=4,
    ),
    Verb.SELECT: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=frozenset((FieldKind.UNION,)),
        value=ValueForm.MEMBER,
        weight=60,
    ),
    Verb.FILL: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=frozenset((FieldKind.LIST,)),
        value=ValueForm.OCTETS,
        makes=Made.OBJECT,
        new_objects=1,
    ),
    Verb.COPY: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=_OBJECTS,
        on_struct_elements=True,
        value=ValueForm.SOURCE,
        weight=4,
    ),
    Verb.COPY_ROOT: OperationKind(works_on=WorksOn.HANDLE, types=_is_root, weight=1),
    Verb.NEW: OperationKind(
        works_on=WorksOn.HANDLE,
        types=_can_be_apart,
        makes=Made.COPY,
        weight=1,
        is_rare=True,
    ),
    Verb.DISOWN: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=POINTERS,
        makes=Made.CONTENT,
        borrows=Borrows.BUILDS,
        weight=1,
        needs_something=True,
    ),
    Verb.ADOPT: OperationKind(
        works_on=WorksOn.PLACE,
        kinds=POINTERS,
        value=ValueForm.ORPHAN,
        borrows=Borrows.BUILDS,
        grants=1,
    ),
    Verb.UNWRAP: OperationKind(
        works_on=WorksOn.HANDLE,
        types=_unwraps,
        value=ValueForm.TYPE,
        makes=Made.UNWRAPPED,
        reads_only=True,
        new_objects=0,
        weight=12,
    ),
    Verb.DROP: OperationKind(works_on=WorksOn.HANDLE, types=_is_orphan, is_rare=True),
    Verb.CANONICAL: OperationKind(
        works_on=WorksOn.MESSAGE,
        reads_only=True,
        gives_output=True,
        new_objects=0,
    ),
}


def _verbs(fits: Callable[[OperationKind], bool]) -> frozenset[Verb]:
    return frozenset(verb for verb in Verb if fits(OPERATIONS[verb]))


HANDLE_MAKERS: Final = _verbs(lambda kind: kind.makes is not Made.NOTHING)
WHOLE_MESSAGE: Final = _verbs(lambda kind: kind.works_on is WorksOn.MESSAGE)
"""Verbs that work on the message and not on a handle."""
PLACELESS: Final = _verbs(lambda kind: kind.works_on is WorksOn.HANDLE)
"""Verbs that work on a handle as a whole, and not on a place of it."""
SOURCED: Final = _verbs(lambda kind: kind.value in (ValueForm.SOURCE, ValueForm.ORPHAN))
"""Verbs whose value is the number of a second handle: what is copied or adopted."""
