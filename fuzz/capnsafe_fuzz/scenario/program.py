"""Operations, and which of them make sense: the language that programs are written in.

ROOT, REOPEN, INIT and OPEN each make a *handle*, numbered in the order of such operations, whether
they succeed when run or not. What type a handle has follows from the text alone, as if programs
were statically typed. So every operation of a valid scenario means something to every encoder, and
what remains to go wrong is what the harness is after: handles whose object is gone or never came to
be, indices past the end, and memory.

Not in the language: anything on Void (nothing is written), and lengths of lists (fixed at INIT).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, NamedTuple

from .schema import (
    EVERYTHING,
    FLOATS,
    SCALAR_BITS,
    SIGNED,
    TYPES,
    Kind,
    ListType,
    StructType,
    Type,
)


class ScenarioError(ValueError):
    """What was given is no scenario; the message says why."""


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


HANDLE_MAKERS: Final = frozenset((Verb.ROOT, Verb.REOPEN, Verb.INIT, Verb.OPEN))
WHOLE_MESSAGE: Final = frozenset((Verb.ROOT, Verb.REOPEN, Verb.OUTPUT))
"""Verbs that work on the message and not on a handle."""

NO_HANDLE: Final = -1

Place = str | int | None
Value = int | bool | str | bytes | None


class Operation(NamedTuple):
    """One step of a program.

    A tuple and not a dataclass: a fuzzer makes a dozen for each execution, and these are made in a
    third of the time.
    """

    verb: Verb
    handle: int = NO_HANDLE
    """Number of the handle that it works on; NO_HANDLE for the verbs of the whole message."""
    place: Place = None
    """A field's name (dotted for a group's), or the index of a list element."""
    value: Value = None
    """What SET writes (floats as their IEEE bits, enums as their number); the count for INIT of a
    list."""


# What bytes can hold. Limits keep an execution to milliseconds; none of them is Cap'n Proto's.
MAX_OPERATIONS: Final = 64
MAX_BLOB_BYTES: Final = 300
"""Of a text (in UTF-8) or of data."""
MAX_INDEX: Final = 4095
MAX_COUNT: Final = 300
MAX_COUNT_CHILDREN: Final = 32
"""Of List(Everything), whose elements are 35 words each."""
MAX_COUNT_WEIGHTLESS: Final = 1 << 22
"""Of List(Void) and List(Empty). A reader counts each element against its traversal limit, as if it
were a word."""


def max_count(of: ListType) -> int:
    """The longest list of this type that a scenario may ask for, in elements."""
    if of.weightless:
        return MAX_COUNT_WEIGHTLESS
    return MAX_COUNT_CHILDREN if of.target == EVERYTHING.name else MAX_COUNT


def _held(kind: Kind) -> frozenset[Verb]:
    """The verbs that a field or a list element of this kind understands."""
    if kind is Kind.VOID:
        return frozenset()
    if kind in SCALAR_BITS:
        return frozenset((Verb.SET, Verb.GET))
    if kind in (Kind.TEXT, Kind.DATA):
        return frozenset((Verb.SET, Verb.GET, Verb.CLEAR))
    return frozenset((Verb.INIT, Verb.OPEN, Verb.CLEAR))


FIELD_VERBS: Final[Mapping[Kind, frozenset[Verb]]] = {kind: _held(kind) for kind in Kind}
ELEMENT_VERBS: Final[Mapping[Kind, frozenset[Verb]]] = {
    # The elements of a struct list lie in the list: one can go to them, not make or clear them.
    **FIELD_VERBS,
    Kind.STRUCT: frozenset((Verb.OPEN,)),
}


def _understood(held: Type) -> tuple[tuple[Verb, str | None], ...]:
    if isinstance(held, StructType):
        return tuple(
            (verb, field.name)
            for field in held.fields
            for verb in Verb
            if verb in FIELD_VERBS[field.kind]
        )
    return tuple((verb, None) for verb in Verb if verb in ELEMENT_VERBS[held.element])


UNDERSTOOD: Final[Mapping[str, tuple[tuple[Verb, str | None], ...]]] = {
    name: _understood(held) for name, held in TYPES.items()
}
"""All that a handle of each type understands, in a fixed order; the place None is any index."""

_LEAST: Final = {
    kind: -(1 << bits - 1) if kind in SIGNED else 0 for kind, bits in SCALAR_BITS.items() if bits
}
_MOST: Final = {
    kind: (1 << bits - 1) - 1 if kind in SIGNED else (1 << bits) - 1
    for kind, bits in SCALAR_BITS.items()
    if bits
}


def value_range(kind: Kind) -> tuple[int, int]:
    """The least and the greatest value of an integer, enum or float (its bits)."""
    return _LEAST[kind], _MOST[kind]


_QUIET: Final = {Kind.FLOAT32: 1 << 22, Kind.FLOAT64: 1 << 51}
_INFINITE: Final = {Kind.FLOAT32: 0xFF << 23, Kind.FLOAT64: 0x7FF << 52}


def quiet(kind: Kind, bits: int) -> int:
    """These bits of a float, a signalling NaN made quiet.

    Hardware does the same on the way through a Python float, on some machines. A scenario that
    meant another value on another machine would be no use.
    """
    infinite = _INFINITE[kind]
    if bits & infinite == infinite and bits & (_QUIET[kind] - 1):
        return bits | _QUIET[kind]
    return bits


def kind_of(held: Type, place: Place) -> Kind:
    """What lies at this place of a struct or a list; ScenarioError if there is no such place."""
    if isinstance(held, StructType):
        if place.__class__ is not str:
            raise ScenarioError(f"{held.name} is a struct: it takes a field's name, not {place!r}")
        field = held.by_name.get(place)
        if field is None:
            raise ScenarioError(f"{held.name} has no field {place!r}")
        return field.kind
    if place.__class__ is not int:
        raise ScenarioError(f"{held.name} is a list: it takes an index, not {place!r}")
    if not 0 <= place <= MAX_INDEX:
        raise ScenarioError(f"an index is 0 to {MAX_INDEX}, not {place}")
    return held.element


def type_at(held: Type, place: Place) -> Type:
    """The type of the handle that INIT or OPEN makes here, at a place of kind struct or list."""
    if isinstance(held, StructType):
        assert isinstance(place, str)
        return held.by_name[place].type
    return held.type


def check_value(kind: Kind, value: Value) -> None:
    """Raise ScenarioError unless SET can write this value to a place of this kind."""
    found = value.__class__
    if kind is Kind.TEXT:
        if not isinstance(value, str):
            raise ScenarioError(f"a Text takes a str, not {value!r}")
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise ScenarioError(f"{value!r} has lone surrogates, which UTF-8 cannot hold") from None
        if size > MAX_BLOB_BYTES:
            raise ScenarioError(f"a text has at most {MAX_BLOB_BYTES} bytes in UTF-8, not {size}")
    elif kind is Kind.DATA:
        if not isinstance(value, bytes):
            raise ScenarioError(f"Data takes bytes, not {value!r}")
        if len(value) > MAX_BLOB_BYTES:
            raise ScenarioError(f"data has at most {MAX_BLOB_BYTES} bytes, not {len(value)}")
    elif kind is Kind.BOOL:
        if found is not bool:
            raise ScenarioError(f"a Bool takes true or false, not {value!r}")
    elif found is not int:
        raise ScenarioError(f"{kind.value} takes an int, not {value!r}")
    else:
        assert isinstance(value, int)
        least, most = value_range(kind)
        if not least <= value <= most:
            raise ScenarioError(f"{kind.value} takes {least} to {most}, not {value}")
        if kind in FLOATS and quiet(kind, value) != value:
            raise ScenarioError(
                f"{value:#x} is a signalling NaN, which may not survive as a Python float"
            )


class Program:
    """Operations added one after the other, each checked; knows every handle's type."""

    __slots__ = ("length", "types")

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self.types: list[Type] = []
        self.length = 0
        for operation in operations:
            self.add(operation)

    def add(self, operation: Operation) -> None:
        """Take one more operation, or raise ScenarioError and stay as it was."""
        made = self.check(operation)
        self.length += 1
        if made is not None:
            self.types.append(made)

    def handle_type(self, number: int) -> Type:
        """The type of a handle made so far; ScenarioError if there is no such handle."""
        if not 0 <= number < len(self.types):
            raise ScenarioError(f"there is no handle h{number} at this point")
        return self.types[number]

    def check(self, operation: Operation) -> Type | None:
        """The type of the handle that this operation would make next, None if it makes none."""
        verb, number, place, value = operation
        if self.length >= MAX_OPERATIONS:
            raise ScenarioError(f"a program has at most {MAX_OPERATIONS} operations")
        if verb in WHOLE_MESSAGE:
            if (number, place, value) != (NO_HANDLE, None, None):
                raise ScenarioError(f"{verb.value} takes no handle, place or value")
            return None if verb is Verb.OUTPUT else EVERYTHING
        held = self.handle_type(number)
        kind = kind_of(held, place)
        verbs = FIELD_VERBS if isinstance(held, StructType) else ELEMENT_VERBS
        if verb not in verbs[kind]:
            raise ScenarioError(f"{verb.value} does not go with {kind.value} in {held.name}")
        if verb is Verb.SET:
            check_value(kind, value)
            return None
        made = type_at(held, place) if verb in HANDLE_MAKERS else None
        if verb is Verb.INIT and isinstance(made, ListType):
            if not isinstance(value, int) or isinstance(value, bool):
                raise ScenarioError(f"init of {made.name} takes a count, not {value!r}")
            if not 0 <= value <= max_count(made):
                raise ScenarioError(
                    f"init of {made.name} takes a count from 0 to {max_count(made)}, not {value}"
                )
        elif value is not None:
            raise ScenarioError(f"{verb.value} takes no value here, not {value!r}")
        return made


def handle_types(operations: Iterable[Operation]) -> tuple[Type, ...]:
    """The type of every handle that these operations make, by its number."""
    return tuple(Program(operations).types)
