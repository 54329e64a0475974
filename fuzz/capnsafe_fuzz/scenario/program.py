"""Operations, and which of them make sense: the language that programs are written in.

ROOT, REOPEN, INIT, OPEN and a few others each make a *handle*, numbered in the order of such
operations, whether they succeed when run or not. What type a handle has follows from the text
alone, as if programs were statically typed. So every operation of a valid scenario means something
to every encoder, and what remains to go wrong is what the harness is after: handles whose object is
gone or never came to be, indices past the end, and memory.

Not in the language: anything on Void (nothing is written), and lengths of lists (fixed at INIT). A
program does not write to a member of a union that is not selected, nor read one: it selects first,
and what it does to another member meanwhile is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from .operations import (
    OPERATIONS,
    PLACELESS,
    SOURCED,
    WHOLE_MESSAGE,
    Made,
    ValueForm,
    Verb,
)
from .schema import (
    EVERYTHING,
    FLOATS,
    SCALAR_BITS,
    SIGNED,
    TYPES,
    FieldKind,
    ListType,
    OrphanType,
    StructType,
    Type,
    accepts,
)


class ScenarioError(ValueError):
    """What was given is no scenario; the message says why."""


NO_HANDLE: Final = -1


class As(NamedTuple):
    """What a program takes an ANY, an EVOLVING or an orphan of one for."""

    type: str
    """The name of a struct or list in `TYPES`, one of the choices there are."""
    length: int | None = None
    """Of INIT of a list: how many elements it is to have."""


Place = str | int | None
Value = int | bool | str | bytes | As | None


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
    """What SET writes (floats as their IEEE bits, enums and capabilities as numbers); the count for
    INIT of a list; the member's name for SELECT; the octets for FILL; the number of the other
    handle for COPY and ADOPT; what it is taken for, where the schema does not say."""


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


def fillable(kind: FieldKind, target: str | None) -> FieldKind | None:
    """Of a list that FILL can make: what its elements are."""
    if kind is not FieldKind.LIST or target is None:
        return None
    made = TYPES[target]
    assert isinstance(made, ListType)
    whole = made.element in SCALAR_BITS and SCALAR_BITS[made.element] >= 8
    return made.element if whole else None


def place_of(held: Type, place: Place) -> tuple[FieldKind, str | None, tuple[str, ...]]:
    """(kind, target, choices) of a place of a struct or list."""
    if isinstance(held, StructType):
        assert isinstance(place, str)
        field = held.by_name[place]
        return field.kind, field.target, field.choices
    assert isinstance(held, ListType)
    return held.element, held.target, held.choices


def _goes(verb: Verb, held: Type, place: Place) -> bool:
    """Whether a verb goes with a place of a struct or list, or with a handle as a whole."""
    operation = OPERATIONS[verb]
    if place is None:
        return operation.types is not None and operation.types(held)
    kind, target, _ = place_of(held, place)
    if kind not in operation.kinds:
        return False
    if operation.value is ValueForm.OCTETS:
        return fillable(kind, target) is not None
    # The elements of a struct list lie in the list: one can go to them, not make or clear them.
    in_list = isinstance(held, ListType) and kind is FieldKind.STRUCT
    return operation.on_struct_elements or not in_list


def _understood(held: Type) -> tuple[tuple[Verb, str | None], ...]:
    places: Iterable[Place] = ()
    if isinstance(held, StructType):
        places = held.by_name
    elif isinstance(held, ListType):
        places = (0,)
    return tuple(
        (verb, place if isinstance(place, str) else None)
        for place in (*places, None)
        for verb in Verb
        if _goes(verb, held, place)
    )


UNDERSTOOD: Final[Mapping[str, tuple[tuple[Verb, str | None], ...]]] = {
    name: _understood(held) for name, held in TYPES.items()
}
"""All that a handle of each type understands, in a fixed order; the place None is any index, or
none, of a verb that takes none."""

_VERBS_AT: Final[Mapping[tuple[str, str | None], frozenset[Verb]]] = {
    (name, place): frozenset(verb for verb, other in understood if other == place)
    for name, understood in UNDERSTOOD.items()
    for place in {place for _, place in understood}
}


def understands(held: Type, verb: Verb, place: Place) -> bool:
    """Whether this verb goes with that place, whatever its value."""
    at = place if isinstance(place, str) else None
    return verb in _VERBS_AT.get((held.name, at), ())


_LEAST: Final = {
    kind: -(1 << bits - 1) if kind in SIGNED else 0 for kind, bits in SCALAR_BITS.items() if bits
}
_MOST: Final = {
    kind: (1 << bits - 1) - 1 if kind in SIGNED else (1 << bits) - 1
    for kind, bits in SCALAR_BITS.items()
    if bits
}


def value_range(kind: FieldKind) -> tuple[int, int]:
    """The least and the greatest value of an integer, enum, capability or float (its bits)."""
    return _LEAST[kind], _MOST[kind]


for _kind in (FieldKind.CAPABILITY, FieldKind.ANY):
    _LEAST[_kind], _MOST[_kind] = 0, (1 << 32) - 1

_QUIET: Final = {FieldKind.FLOAT32: 1 << 22, FieldKind.FLOAT64: 1 << 51}
_INFINITE: Final = {FieldKind.FLOAT32: 0xFF << 23, FieldKind.FLOAT64: 0x7FF << 52}


def quiet(kind: FieldKind, bits: int) -> int:
    """These bits of a float, a signalling NaN made quiet.

    Hardware does the same on the way through a Python float, on some machines. A scenario that
    meant another value on another machine would be no use.
    """
    infinite = _INFINITE[kind]
    if bits & infinite == infinite and bits & (_QUIET[kind] - 1):
        return bits | _QUIET[kind]
    return bits


def kind_of(held: Type, place: Place) -> FieldKind:
    """What lies at this place of a struct or a list; ScenarioError if there is no such place."""
    if isinstance(held, OrphanType):
        raise ScenarioError(f"{held.name} has no places")
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
    """The type of the struct or list that the schema has at a place of that kind."""
    if isinstance(held, StructType):
        assert isinstance(place, str)
        return held.by_name[place].type
    assert isinstance(held, ListType)
    return held.type


def sources(held: Type, verb: Verb, place: Place) -> tuple[str, ...]:
    """The names of the types whose handles COPY or ADOPT takes at this place."""
    kind, target, choices = place_of(held, place)
    names = accepts(kind, target, choices)
    if OPERATIONS[verb].value is ValueForm.ORPHAN:
        return tuple(f"Orphan({name})" for name in names)
    return tuple(name for name in names if name in TYPES)


def choices_of(held: Type, verb: Verb, place: Place) -> tuple[str, ...]:
    """What a verb may take a thing for, where the schema leaves that open."""
    if OPERATIONS[verb].value not in _TAKEN_FOR:
        return ()
    if isinstance(held, OrphanType):
        return held.choices
    return place_of(held, place)[2]


_TAKEN_FOR: Final = frozenset((ValueForm.COUNT, ValueForm.TYPE))


def made_by(held: Type | None, operation: Operation) -> Type | None:
    """The type of the handle that a valid operation on such a handle makes, None if none."""
    verb, _, place, value = operation
    made = OPERATIONS[verb].makes
    if made is Made.NOTHING:
        return None
    if held is None:
        return EVERYTHING
    if isinstance(value, As):
        return TYPES[value.type]
    if made is Made.COPY:
        return TYPES[f"Orphan({held.name})"]
    if isinstance(held, OrphanType):
        assert held.target is not None
        return TYPES[held.target]
    if made is Made.CONTENT:
        content = held.by_name[str(place)].content if isinstance(held, StructType) else held.content
        return TYPES[f"Orphan({content})"]
    return type_at(held, place)


def check_value(kind: FieldKind, value: Value) -> None:
    """Raise ScenarioError unless SET can write this value to a place of this kind."""
    found = value.__class__
    if kind is FieldKind.TEXT:
        if not isinstance(value, str):
            raise ScenarioError(f"a Text takes a str, not {value!r}")
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise ScenarioError(f"{value!r} has lone surrogates, which UTF-8 cannot hold") from None
        if size > MAX_BLOB_BYTES:
            raise ScenarioError(f"a text has at most {MAX_BLOB_BYTES} bytes in UTF-8, not {size}")
    elif kind is FieldKind.DATA:
        if not isinstance(value, bytes):
            raise ScenarioError(f"Data takes bytes, not {value!r}")
        if len(value) > MAX_BLOB_BYTES:
            raise ScenarioError(f"data has at most {MAX_BLOB_BYTES} bytes, not {len(value)}")
    elif kind is FieldKind.BOOL:
        if found is not bool:
            raise ScenarioError(f"a Bool takes true or false, not {value!r}")
    elif kind is FieldKind.ANY and not isinstance(value, int):
        check_value(FieldKind.TEXT if isinstance(value, str) else FieldKind.DATA, value)
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
            return made_by(None, operation)
        held = self.handle_type(number)
        if verb in PLACELESS:
            if place is not None:
                raise ScenarioError(f"{verb.value} takes no place")
            if not understands(held, verb, None):
                raise ScenarioError(f"{verb.value} does not go with {held.name}")
        else:
            kind = kind_of(held, place)
            if not understands(held, verb, place):
                raise ScenarioError(f"{verb.value} does not go with {kind.value} in {held.name}")
        self._check_argument(held, operation)
        return made_by(held, operation)

    def _check_argument(self, held: Type, operation: Operation) -> None:
        """Raise ScenarioError unless the value goes with the verb."""
        verb, _, place, value = operation
        form = OPERATIONS[verb].value
        if form is ValueForm.WRITTEN:
            check_value(kind_of(held, place), value)
            return
        if verb in SOURCED:
            if value.__class__ is not int:
                raise ScenarioError(f"{verb.value} takes the number of a handle, not {value!r}")
            assert isinstance(value, int)
            found, wanted = self.handle_type(value), sources(held, verb, place)
            if found.name not in wanted:
                raise ScenarioError(
                    f"{verb.value} takes a handle on {', '.join(wanted)} here, not {found.name}"
                )
            return
        if form is ValueForm.MEMBER:
            assert isinstance(held, StructType)
            members = held.by_name[str(place)].members
            if value not in members:
                raise ScenarioError(
                    f"{verb.value} takes one of {', '.join(members)}, not {value!r}"
                )
            return
        if form is ValueForm.OCTETS:
            check_value(FieldKind.DATA, value)
            element = fillable(*place_of(held, place)[:2])
            assert element is not None
            assert isinstance(value, bytes)
            if len(value) * 8 % SCALAR_BITS[element]:
                raise ScenarioError(f"{len(value)} bytes are no whole number of {element.value}")
            return
        choices = choices_of(held, verb, place)
        if choices:
            if not isinstance(value, As) or value.type not in choices:
                raise ScenarioError(f"{verb.value} takes a type of {', '.join(choices)} here")
            _check_count(verb, TYPES[value.type], value.length)
        elif form is ValueForm.COUNT:
            _check_count(verb, type_at(held, place), value)
        elif value is not None:
            raise ScenarioError(f"{verb.value} takes no value here, not {value!r}")


def _check_count(verb: Verb, made: Type, count: Value) -> None:
    what = f"{verb.value} of {made.name}"
    if OPERATIONS[verb].value is ValueForm.COUNT and isinstance(made, ListType):
        if not isinstance(count, int) or isinstance(count, bool):
            raise ScenarioError(f"{what} takes a count, not {count!r}")
        if not 0 <= count <= max_count(made):
            raise ScenarioError(f"{what} takes a count from 0 to {max_count(made)}, not {count}")
    elif count is not None:
        raise ScenarioError(f"{what} takes no value, not {count!r}")


def handle_types(operations: Iterable[Operation]) -> tuple[Type, ...]:
    """The type of every handle that these operations make, by its number."""
    return tuple(Program(operations).types)
