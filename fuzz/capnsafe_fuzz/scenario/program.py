"""Operations, and their valid uses: the language of programs.

ROOT, REOPEN, INIT, OPEN and a few others each make a *handle*. Handles are numbered in the order of
these operations, whether they succeed when run or not. The type of a handle follows from the text
alone, as if programs were statically typed. So every operation of a valid scenario means something
to every encoder. The remaining errors are those that the harness looks for: handles whose object is
gone or never existed, indices past the end, and memory.

The language has no operations on Void (nothing is written) and none on the lengths of lists (fixed
at INIT). A program neither writes nor reads a member of a union that is not selected: it selects
the member first, and operations on other members are skipped meanwhile.
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
    """The value is no valid scenario; the message says why."""


NO_HANDLE: Final = -1


class As(NamedTuple):
    """The type that a program opens an ANY, an EVOLVING or an orphan of one as."""

    type: str
    """The name of a struct or list in `TYPES`, one of the possible choices."""
    length: int | None = None
    """For INIT of a list: its number of elements."""


Place = str | int | None
Value = int | bool | str | bytes | As | None


class Operation(NamedTuple):
    """One step of a program.

    It is a tuple and not a dataclass, because a fuzzer makes a dozen for each execution, and a
    tuple takes a third of the time.
    """

    verb: Verb
    handle: int = NO_HANDLE
    """Number of the handle that it uses; NO_HANDLE for the verbs of the whole message."""
    place: Place = None
    """A field's name (dotted for a group's), or the index of a list element."""
    value: Value = None
    """The value of the operation.

    - SET: the value to write (floats as their IEEE bits, enums and capabilities as numbers)
    - INIT of a list: the count
    - SELECT: the member's name
    - FILL: the bytes
    - COPY, ADOPT, JOIN and ENSURE: the number of the other handle
    - LEND and CAST: the numbers, as bytes
    - TRUNCATE and EXTEND: the new length
    - the type as which the object is opened, if the schema does not give it
    """


# Limits of the bytes form. They keep an execution to milliseconds; none of them is Cap'n Proto's.
MAX_OPERATIONS: Final = 64
MAX_BLOB_BYTES: Final = 300
"""The longest text (in UTF-8) or data, in bytes."""
MAX_INDEX: Final = 4095
MAX_COUNT: Final = 300
MAX_COUNT_LARGE: Final = 8200
"""The length of the longest List(UInt64). It has more bytes than the encoder zeroes in one step."""
MAX_COUNT_CHILDREN: Final = 32
"""The longest List(Everything); its elements are 35 words each."""
MAX_COUNT_ZERO_SIZED: Final = 1 << 22
"""The longest List(Void) and List(Empty).

A reader counts each element as a word against its traversal limit.
"""


def max_count(of: ListType) -> int:
    """Return the longest list of this type that a scenario may ask for, in elements."""
    if of.zero_sized:
        return MAX_COUNT_ZERO_SIZED
    if of.element is FieldKind.UINT64:
        return MAX_COUNT_LARGE
    return MAX_COUNT_CHILDREN if of.target == EVERYTHING.name else MAX_COUNT


def numbers_in(held: Type, place: Place) -> FieldKind:
    """Return the kind of the numbers that an operation takes as octets."""
    if place is None:
        assert isinstance(held, ListType)
        return held.element
    element = fillable(*place_of(held, place)[:2])
    assert element is not None
    return element


def fillable(kind: FieldKind, target: str | None) -> FieldKind | None:
    """Return the kind of the elements of a list that FILL can make; None for other lists."""
    if kind is not FieldKind.LIST or target is None:
        return None
    made = TYPES[target]
    assert isinstance(made, ListType)
    whole = made.element in SCALAR_BITS and SCALAR_BITS[made.element] >= 8
    return made.element if whole else None


def place_of(held: Type, place: Place) -> tuple[FieldKind, str | None, tuple[str, ...]]:
    """Return (kind, target, choices) of a place of a struct or list."""
    if isinstance(held, StructType):
        assert isinstance(place, str)
        field = held.by_name[place]
        return field.kind, field.target, field.choices
    assert isinstance(held, ListType)
    return held.element, held.target, held.choices


def _goes(verb: Verb, held: Type, place: Place) -> bool:
    """Return whether a place of a struct or list, or a handle as a whole, accepts a verb."""
    operation = OPERATIONS[verb]
    if place is None:
        return operation.types is not None and operation.types(held)
    kind, target, _ = place_of(held, place)
    if kind not in operation.kinds:
        return False
    if operation.value is ValueForm.OCTETS:
        return fillable(kind, target) is not None
    # The elements of a struct list lie in the list: they can be opened, not made or cleared.
    in_list = isinstance(held, ListType) and kind is FieldKind.STRUCT
    return operation.on_struct_elements or not in_list


def _actions(held: Type) -> tuple[tuple[Verb, str | None], ...]:
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


ACTIONS: Final[Mapping[str, tuple[tuple[Verb, str | None], ...]]] = {
    name: _actions(held) for name, held in TYPES.items()
}
"""All operations of a handle of each type, in a fixed order.

The place None is any index, or none for a verb without one.
"""

_VERBS_AT: Final[Mapping[tuple[str, str | None], frozenset[Verb]]] = {
    (name, place): frozenset(verb for verb, other in actions if other == place)
    for name, actions in ACTIONS.items()
    for place in {place for _, place in actions}
}


def understands(held: Type, verb: Verb, place: Place) -> bool:
    """Return whether that place accepts this verb, whatever its value."""
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
    """Return the least and the greatest value of an integer, enum, capability or float (bits)."""
    return _LEAST[kind], _MOST[kind]


for _kind in (FieldKind.CAPABILITY, FieldKind.ANY):
    _LEAST[_kind], _MOST[_kind] = 0, (1 << 32) - 1

_QUIET: Final = {FieldKind.FLOAT32: 1 << 22, FieldKind.FLOAT64: 1 << 51}
_INFINITE: Final = {FieldKind.FLOAT32: 0xFF << 23, FieldKind.FLOAT64: 0x7FF << 52}


def quiet(kind: FieldKind, bits: int) -> int:
    """Return these bits of a float, with a signalling NaN made quiet.

    On some machines, the hardware does this in a Python float. A scenario must mean the same on
    every machine.
    """
    infinite = _INFINITE[kind]
    if bits & infinite == infinite and bits & (_QUIET[kind] - 1):
        return bits | _QUIET[kind]
    return bits


def kind_of(held: Type, place: Place) -> FieldKind:
    """Return the kind at this place of a struct or a list.

    Raises:
        ScenarioError: There is no such place.
    """
    if isinstance(held, OrphanType):
        raise ScenarioError(f"{held.name} has no places")
    if isinstance(held, StructType):
        if place.__class__ is not str:
            raise ScenarioError(f"{held.name} is a struct and takes a field's name, not {place!r}")
        field = held.by_name.get(place)
        if field is None:
            raise ScenarioError(f"{held.name} has no field {place!r}")
        return field.kind
    if place.__class__ is not int:
        raise ScenarioError(f"{held.name} is a list and takes an index, not {place!r}")
    if not 0 <= place <= MAX_INDEX:
        raise ScenarioError(f"an index must be 0 to {MAX_INDEX}, not {place}")
    return held.element


def type_at(held: Type, place: Place) -> Type:
    """Return the type of the struct or list at a place of that kind, by the schema."""
    if isinstance(held, StructType):
        assert isinstance(place, str)
        return held.by_name[place].type
    assert isinstance(held, ListType)
    return held.type


def sources(held: Type, verb: Verb, place: Place) -> tuple[str, ...]:
    """Return the names of the types whose handles COPY or ADOPT takes at this place."""
    if place is None:
        return (held.name,)
    kind, target, choices = place_of(held, place)
    names = accepts(kind, target, choices)
    if OPERATIONS[verb].value is ValueForm.ORPHAN:
        return tuple(f"Orphan({name})" for name in names)
    return tuple(name for name in names if name in TYPES)


def choices_of(held: Type, verb: Verb, place: Place) -> tuple[str, ...]:
    """Return the types that a verb may open an object as, if the schema does not give it."""
    if OPERATIONS[verb].value not in _TAKEN_FOR:
        return ()
    if isinstance(held, OrphanType):
        return held.choices
    return place_of(held, place)[2]


_TAKEN_FOR: Final = frozenset((ValueForm.COUNT, ValueForm.TYPE))


def made_by(held: Type | None, operation: Operation) -> Type | None:
    """Return the type of the handle that a valid operation on such a handle makes, or None."""
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
            raise ScenarioError(
                f"a text may have at most {MAX_BLOB_BYTES} bytes in UTF-8, not {size}"
            )
    elif kind is FieldKind.DATA:
        if not isinstance(value, bytes):
            raise ScenarioError(f"Data takes bytes, not {value!r}")
        if len(value) > MAX_BLOB_BYTES:
            raise ScenarioError(f"data may have at most {MAX_BLOB_BYTES} bytes, not {len(value)}")
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
    """A list of operations, each checked when it is added; knows every handle's type."""

    __slots__ = ("length", "types")

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self.types: list[Type] = []
        self.length = 0
        for operation in operations:
            self.add(operation)

    def add(self, operation: Operation) -> None:
        """Add one operation.

        Raises:
            ScenarioError: If the operation is invalid; the program is unchanged.
        """
        made = self.check(operation)
        self.length += 1
        if made is not None:
            self.types.append(made)

    def note(self, operation: Operation) -> None:
        """Add an operation that is known to be valid, without checking it."""
        number = operation.handle
        made = made_by(None if number == NO_HANDLE else self.types[number], operation)
        self.length += 1
        if made is not None:
            self.types.append(made)

    def handle_type(self, number: int) -> Type:
        """Return the type of a handle made so far.

        Raises:
            ScenarioError: There is no such handle.
        """
        if not 0 <= number < len(self.types):
            raise ScenarioError(f"there is no handle h{number} at this point")
        return self.types[number]

    def check(self, operation: Operation) -> Type | None:
        """Return the type of the handle that this operation would make next, None if none."""
        verb, number, place, value = operation
        if self.length >= MAX_OPERATIONS:
            raise ScenarioError(f"a program may have at most {MAX_OPERATIONS} operations")
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
        """Raise ScenarioError unless the verb accepts the value."""
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
            element = numbers_in(held, place)
            assert isinstance(value, bytes)
            if len(value) * 8 % SCALAR_BITS[element]:
                raise ScenarioError(f"{len(value)} bytes are not a whole number of {element.value}")
            return
        if form is ValueForm.LENGTH:
            if value.__class__ is not int or not 0 <= value <= MAX_COUNT:
                raise ScenarioError(f"{verb.value} takes 0 to {MAX_COUNT}, not {value!r}")
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
    """Return the type of every handle that these operations make, by its number."""
    return tuple(Program(operations).types)
