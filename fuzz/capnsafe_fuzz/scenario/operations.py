"""The table of build operations: one row for each verb, with everything that others need to know.

Every other module looks here. The form of the value decides the checks, the text, the bytes and the
generated values. The row says which handle is made. The effect on the message decides the bounds on
allocator calls, and whether an operation is retried. Two things are elsewhere: the contents of the
message afterwards (`model`), and the call of an encoder's API (the encoder's plan).

The order of the verbs is part of the bytes form: a new one comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
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


class Verb(StrEnum):
    """The kinds of operations; the value is the word in a scenario's text."""

    ROOT = "root"
    """Make a new root, in place of the old one and of everything under it. Makes a handle."""
    REOPEN = "reopen"
    """Open the root. Makes a handle, which is missing if there is no root."""
    SET = "set"
    """Write a scalar, a text or a blob to a field or a list element."""
    GET = "get"
    """Read one back."""
    INIT = "init"
    """Make a struct or a list, in place of the old object. Makes a handle."""
    OPEN = "open"
    """Open the struct or list at a place. Makes a handle, which is missing if there is none."""
    CLEAR = "clear"
    """Make a pointer null."""
    OUTPUT = "output"
    """Frame the message in its present state; building continues afterwards."""
    SELECT = "select"
    """Switch a union to another member, which begins as zero; the old member's value is gone."""
    FILL = "fill"
    """Make a list of numbers from a buffer with all of them. Makes a handle."""
    COPY = "copy"
    """Make a deep copy of another handle's object, at a pointer or in an element of a struct list.

    The element stays in its place.
    """
    COPY_ROOT = "copyroot"
    """Make a deep copy of a handle's object the root, in place of the old one."""
    NEW = "new"
    """Make a deep copy of a handle's object that no pointer leads to. Makes an orphan."""
    DISOWN = "disown"
    """Take the object at a pointer out of the message. Makes an orphan, which is missing if it is
    null.
    """
    ADOPT = "adopt"
    """Make a pointer refer to an orphan, which is used up."""
    UNWRAP = "unwrap"
    """Open the struct or list of an orphan. Makes a handle."""
    DROP = "drop"
    """Drop an orphan, and everything under it."""
    CANONICAL = "canonical"
    """Return the message in its canonical form; building continues afterwards."""
    LENT = "lent"
    """Lend each segment, one after the other, and return the copies as a stream."""
    CHECK = "check"
    """Check every segment as output does, then read the message from the memory itself."""
    READ = "read"
    """Read the message in its memory with a reader, and return its canonical form."""
    RESUME = "resume"
    """Continue the message with another builder, and open the root. Makes a handle; all others are
    missing afterwards, and so are orphans.
    """
    LEND = "lend"
    """Lend a list of numbers, and write the first of them through the view."""
    CAST = "cast"
    """Make a list of numbers from a buffer of such numbers, with one or two dimensions.

    Makes a handle.
    """
    STRIDE = "stride"
    """Write a Data from every second byte of a buffer."""
    SIZE = "size"
    """Return the number of words of an object and all objects below it."""
    TRUNCATE = "truncate"
    """Cut the list, Text or Data of an orphan."""
    EXTEND = "extend"
    """Extend the list, Text or Data of an orphan by zeros."""
    JOIN = "join"
    """Make the concatenation of two lists of one type. Makes an orphan."""
    ENSURE = "ensure"
    """Open the struct or list at a place. If the pointer is null, first copy the object of another
    handle there. Makes a handle.
    """


class WorksOn(Enum):
    """The target of an operation."""

    MESSAGE = auto()
    """The message as a whole: it names no handle."""
    HANDLE = auto()
    """A handle as a whole: it names no place."""
    PLACE = auto()
    """A field or a list element."""


class ValueForm(StrEnum):
    """The form of an operation's value."""

    NOTHING = auto()
    WRITTEN = auto()
    """A value of the kind of the field or element."""
    COUNT = auto()
    """For a list: the number of its elements. If the schema leaves it open, also the type."""
    TYPE = auto()
    """If the schema leaves it open: the type that the object is opened as."""
    MEMBER = auto()
    """The name of a union's member."""
    OCTETS = auto()
    """The elements of a list of numbers, as the bytes of a buffer."""
    SOURCE = auto()
    """The number of a second handle, on a struct or list."""
    ORPHAN = auto()
    """The number of a second handle, on an orphan."""
    LENGTH = auto()
    """The new length of an orphan's list, Text or Data."""


class Made(Enum):
    """The object of the handle that an operation makes."""

    NOTHING = auto()
    """It makes no handle."""
    ROOT = auto()
    """The root."""
    OBJECT = auto()
    """The struct or list at the place."""
    COPY = auto()
    """An orphan: a copy of the handle's object."""
    CONTENT = auto()
    """An orphan: the object that was at the place."""
    UNWRAPPED = auto()
    """The struct or list of an orphan."""


class Bound(Enum):
    """Bound on an operation's allocator calls, by its effect on objects (P7)."""

    NONE = auto()
    """No bound is documented."""
    GIVES_OUT = auto()
    """Borrow each segment once, for output."""
    FOLLOWS = auto()
    """Follow a pointer, or read or write a primitive."""
    CLEARS = auto()
    """Retire an object."""
    DISOWNS = auto()
    """Borrow as often as for retiring an object; no bound on grants is documented."""
    BUILDS = auto()
    """Build an object, and retire the old one."""


def _is_root(held: Type) -> bool:
    return held is EVERYTHING


def _is_orphan(held: Type) -> bool:
    return isinstance(held, OrphanType)


def _can_be_apart(held: Type) -> bool:
    """Return whether an orphan of this type can be made, and opened again."""
    return not (_is_orphan(held) or zero_sized(held))


def _is_object(held: Type) -> bool:
    return not _is_orphan(held)


def _is_joined(held: Type) -> bool:
    return isinstance(held, ListType) and not held.zero_sized


def is_lendable(held: Type) -> bool:
    """Return whether the elements of a list are numbers of whole bytes."""
    return isinstance(held, ListType) and SCALAR_BITS.get(held.element, 0) >= 8


def _is_resized(held: Type) -> bool:
    """Return whether an orphan is a list, a Text or a Data that can be cut and extended."""
    if not isinstance(held, OrphanType):
        return False
    if held.target is not None:
        return _is_joined(TYPES[held.target])
    return held.content in (FieldKind.TEXT.value, FieldKind.DATA.value)


def _unwraps(held: Type) -> bool:
    """Return whether an orphan can be opened as a struct or list."""
    if not isinstance(held, OrphanType):
        return False
    named = held.choices or (() if held.target is None else (held.target,))
    return any(not zero_sized(TYPES[name]) for name in named)


def zero_sized(held: Type) -> bool:
    """Return whether it is a zero-sized struct, or a list of zero-sized elements."""
    if isinstance(held, StructType):
        return held.words == 0
    return isinstance(held, ListType) and held.zero_sized


@dataclass(frozen=True, slots=True)
class OperationKind:
    """A row of the table: the facts about all operations of one verb."""

    works_on: WorksOn
    kinds: frozenset[FieldKind] = frozenset()
    """For an operation on a place: the kinds of fields and elements that accept it."""
    on_struct_elements: bool = False
    """Whether elements of a list of structs accept it; they lie in the list."""
    types: Callable[[Type], bool] | None = None
    """For an operation on a handle: whether a handle of this type accepts it."""
    value: ValueForm = ValueForm.NOTHING
    makes: Made = Made.NOTHING
    reads_only: bool = False
    """Whether it changes nothing; opening an object with another type may still move it."""
    gives_output: bool = False
    """Whether it outputs the message."""
    new_objects: int | None = None
    """The most objects that it adds to a message, if it changes something.

    None means unknown; there may be as many as words in the message.
    """
    bound: Bound = Bound.NONE
    weight: int = 2
    """How often random bytes mean it.

    For an operation on the message: how many of the 256 values of a byte mean it. For others: how
    often it occurs in the table of a type. The weights ensure that most handles have an object.
    """
    is_rare: bool = False
    """Whether random programs should rarely have it, because it reveals little."""
    needs_something: bool = False
    """Whether it has no effect on a place that is null."""

    @property
    def is_retried(self) -> bool:
        """Return whether it is retried if the memory gave a reason to fail.

        Without its handle or its output, the rest of a program could not be judged.
        """
        return self.makes is not Made.NOTHING or self.gives_output


_WRITTEN: Final = frozenset(SCALAR_BITS) - {FieldKind.VOID, FieldKind.UNION} | {
    FieldKind.TEXT,
    FieldKind.DATA,
    FieldKind.CAPABILITY,
    FieldKind.ANY,
}
_OBJECTS: Final = frozenset((FieldKind.STRUCT, FieldKind.LIST, FieldKind.ANY, FieldKind.EVOLVING))
_LISTS: Final = frozenset((FieldKind.LIST,))
_UNIONS: Final = frozenset((FieldKind.UNION,))

OPERATIONS: Final[Mapping[Verb, OperationKind]] = {
    Verb.ROOT: OperationKind(WorksOn.MESSAGE, makes=Made.ROOT, new_objects=1, bound=Bound.BUILDS),
    Verb.REOPEN: OperationKind(
        WorksOn.MESSAGE, makes=Made.ROOT, reads_only=True, bound=Bound.FOLLOWS
    ),
    Verb.SET: OperationKind(
        WorksOn.PLACE, _WRITTEN, value=ValueForm.WRITTEN, new_objects=1, bound=Bound.BUILDS
    ),
    Verb.GET: OperationKind(
        WorksOn.PLACE, _WRITTEN | {FieldKind.UNION}, reads_only=True, bound=Bound.FOLLOWS
    ),
    Verb.INIT: OperationKind(
        WorksOn.PLACE,
        _OBJECTS,
        value=ValueForm.COUNT,
        makes=Made.OBJECT,
        new_objects=1,
        bound=Bound.BUILDS,
        weight=12,
    ),
    Verb.OPEN: OperationKind(
        WorksOn.PLACE,
        _OBJECTS,
        on_struct_elements=True,
        value=ValueForm.TYPE,
        makes=Made.OBJECT,
        reads_only=True,
        bound=Bound.FOLLOWS,
        weight=4,
        needs_something=True,
    ),
    Verb.CLEAR: OperationKind(
        WorksOn.PLACE, POINTERS, new_objects=0, bound=Bound.CLEARS, needs_something=True
    ),
    Verb.OUTPUT: OperationKind(
        WorksOn.MESSAGE, reads_only=True, gives_output=True, bound=Bound.GIVES_OUT, weight=4
    ),
    Verb.SELECT: OperationKind(WorksOn.PLACE, _UNIONS, value=ValueForm.MEMBER, weight=60),
    Verb.FILL: OperationKind(
        WorksOn.PLACE, _LISTS, value=ValueForm.OCTETS, makes=Made.OBJECT, new_objects=1
    ),
    Verb.COPY: OperationKind(
        WorksOn.PLACE, _OBJECTS, on_struct_elements=True, value=ValueForm.SOURCE, weight=4
    ),
    Verb.COPY_ROOT: OperationKind(WorksOn.HANDLE, types=_is_root, weight=1),
    Verb.NEW: OperationKind(
        WorksOn.HANDLE, types=_can_be_apart, makes=Made.COPY, weight=1, is_rare=True
    ),
    Verb.DISOWN: OperationKind(
        WorksOn.PLACE,
        POINTERS,
        makes=Made.CONTENT,
        bound=Bound.DISOWNS,
        weight=1,
        needs_something=True,
    ),
    Verb.ADOPT: OperationKind(WorksOn.PLACE, POINTERS, value=ValueForm.ORPHAN, bound=Bound.BUILDS),
    Verb.UNWRAP: OperationKind(
        WorksOn.HANDLE,
        types=_unwraps,
        value=ValueForm.TYPE,
        makes=Made.UNWRAPPED,
        reads_only=True,
        weight=12,
    ),
    Verb.DROP: OperationKind(WorksOn.HANDLE, types=_is_orphan, is_rare=True),
    Verb.CANONICAL: OperationKind(WorksOn.MESSAGE, reads_only=True, gives_output=True),
    Verb.LENT: OperationKind(
        WorksOn.MESSAGE, reads_only=True, gives_output=True, bound=Bound.GIVES_OUT, weight=1
    ),
    Verb.CHECK: OperationKind(
        WorksOn.MESSAGE, reads_only=True, gives_output=True, bound=Bound.GIVES_OUT, weight=1
    ),
    Verb.READ: OperationKind(WorksOn.MESSAGE, reads_only=True, gives_output=True, weight=1),
    Verb.RESUME: OperationKind(WorksOn.MESSAGE, makes=Made.ROOT, new_objects=0, weight=1),
    Verb.LEND: OperationKind(
        WorksOn.HANDLE, types=is_lendable, value=ValueForm.OCTETS, new_objects=0, weight=4
    ),
    Verb.CAST: OperationKind(
        WorksOn.PLACE,
        _LISTS,
        value=ValueForm.OCTETS,
        makes=Made.OBJECT,
        new_objects=1,
        weight=1,
        is_rare=True,
    ),
    Verb.STRIDE: OperationKind(
        WorksOn.PLACE,
        frozenset((FieldKind.DATA,)),
        value=ValueForm.WRITTEN,
        new_objects=1,
        bound=Bound.BUILDS,
        weight=1,
    ),
    Verb.SIZE: OperationKind(WorksOn.HANDLE, types=_is_object, reads_only=True, is_rare=True),
    Verb.TRUNCATE: OperationKind(
        WorksOn.HANDLE, types=_is_resized, value=ValueForm.LENGTH, new_objects=0, weight=4
    ),
    Verb.EXTEND: OperationKind(
        WorksOn.HANDLE, types=_is_resized, value=ValueForm.LENGTH, new_objects=1, weight=4
    ),
    Verb.JOIN: OperationKind(
        WorksOn.HANDLE,
        types=_is_joined,
        value=ValueForm.SOURCE,
        makes=Made.COPY,
        weight=1,
        is_rare=True,
    ),
    Verb.ENSURE: OperationKind(
        WorksOn.PLACE,
        frozenset((FieldKind.STRUCT, FieldKind.LIST)),
        value=ValueForm.SOURCE,
        makes=Made.OBJECT,
        weight=1,
        is_rare=True,
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
"""Verbs whose value is the number of a second handle, whose object is copied or adopted."""
