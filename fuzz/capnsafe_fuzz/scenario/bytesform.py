"""Scenarios as bytes, for fuzzers: every byte string is one, and none raises.

    header      12 bytes
    faults      8 bytes each
    operations  12 bytes each: action u8, handle u8, index u16, value u64, little endian
    blobs       the bytes of long texts and data, in order of the operations that write them

A struct has more actions than a byte can distinguish. Its places have names and so no index: there
the two top bits of the index choose the quarter of its table.

Records have fixed sizes and keep their places when another one changes, so that a small edit of the
bytes is a small edit of the program. Blobs of up to seven bytes lie in their record's value; longer
ones at the end, where their lengths cannot shift operations.

Random bytes should mean something, too. A handle is a number modulo the existing handles, an action
one that the handle's type accepts, and the first operation nearly always makes a root. A second
handle is a number modulo those that fit; if none fits, another action is meant. Numbers that are
mostly interesting when small (counts, indices, sizes) are *folded*: the top bits say how many of
the low bits count. Values that are too large are taken modulo the limit.

`encode` writes the canonical form. The meaning of a byte depends on the schema, the order of verbs,
the families of faults, and the memories. So a byte corpus is only a cache, stamped with
`DECODER_VERSION`; text is durable.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from struct import Struct
from typing import Any, Final
from zlib import crc32

from capnsafe_allocators import FAMILIES, Fault, When, add_families

from ..memories import MEMORIES, PLAIN
from .operations import (
    HANDLE_MAKERS,
    OPERATIONS,
    PLACELESS,
    SOURCED,
    WHOLE_MESSAGE,
    ValueForm,
    Verb,
)
from .program import (
    ACTIONS,
    MAX_BLOB_BYTES,
    MAX_COUNT,
    MAX_INDEX,
    MAX_OPERATIONS,
    NO_HANDLE,
    As,
    Operation,
    Place,
    choices_of,
    kind_of,
    made_by,
    max_count,
    numbers_in,
    place_of,
    quiet,
    sources,
    type_at,
)
from .scenario import (
    MAX_FAULT_AMOUNT,
    MAX_FAULT_SEGMENT,
    MAX_FAULTS,
    MAX_MEMORY_WORDS,
    MAX_MOMENT,
    UNLIMITED_WORDS,
    MemorySpec,
    Scenario,
    trusted,
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
)

_FORM: Final = 7
"""Increase this whenever this module gives a byte string another meaning.

The tables of families, memories and operations enter the version separately.
"""

_HEADER: Final = Struct("<BBHHBBI")
"""memory, operations, segment_words, total_words, faults, flags, max_segment_words."""
_FAULT: Final = Struct("<BBBBHH")
"""kind, moment, persistent, segment, number, amount."""
_FAULT_BYTES: Final = _FAULT.size
_OPERATION: Final = Struct("<BBHQ")
_OPERATION_BYTES: Final = _OPERATION.size
_HEADER_BYTES: Final = _HEADER.size

# Handle bytes from here on mean an orphan, if there is one; the last ones, a verb of the whole
# message. Below them there is a number for every handle that a program can have.
_ORPHANS: Final = 0xB0

# Folded numbers of 16 bits: below the first border the low bits of the first mask count, and so on.
_BORDER_SOME: Final = 0xC000
_BORDER_MANY: Final = 0xF000
_ALL_12: Final = 0xFFF


def _fold(number: int, few: int, some: int) -> int:
    """Return the smallest 16-bit number that unfolds to this one, of up to 12 bits."""
    if number <= few:
        return number
    return _BORDER_SOME | number if number <= some else _BORDER_MANY | number


def _unfold(folded: int, few: int, some: int) -> int:
    """Return a number of up to 12 bits; `few` and `some` are masks of low bits."""
    if folded < _BORDER_SOME:
        return folded & few
    return folded & (some if folded < _BORDER_MANY else _ALL_12)


# The masks, by the kind of number.
_INDEX: Final = (0x3, 0xF)
_SIZE: Final = (0xF, 0xFF)
_TOTAL: Final = (0x7F, 0x3FF)
_MOMENT: Final = (0x7, 0x3F)
_AMOUNT: Final = (0x3, 0x3F)

# A count or the length of a long blob is folded into the 64 bits of a value: it is small unless the
# top bits are all set.
_LARGE_VALUE: Final = 0xE000_0000_0000_0000
_SMALL_COUNT: Final = 0xF
_LENGTH_MASK: Final = 0xFFFF_FFFF

# A blob in a value: its length in the top byte, its bytes below.
_SHORT_BLOB_BYTES: Final = 7
_BLOB_LENGTH_SHIFT: Final = 56

# The kind of an AnyPointer's value, in two bits above the length; and its type, in a byte.
_ANY_SHIFT: Final = 32
_ANY_MASK: Final = 3
_ANY_CAPABILITY: Final = 0
_ANY_TEXT: Final = 1
_ANY_DATA: Final = 2
_CHOICE_SHIFT: Final = 48
_CHOICE_MASK: Final = 0xFF

# The largest sizes fit in the folded form.
assert max(MAX_INDEX, MAX_MEMORY_WORDS - 1, MAX_MOMENT, MAX_FAULT_AMOUNT) <= _ALL_12


# Actions: the operations of a handle of each type, in tables of 1024 entries for the action byte
# and the two top bits of the index.
_QUARTERS: Final = 4
_TABLE_SIZE: Final = 256 * _QUARTERS
_QUARTER_SHIFT: Final = 14
_QUARTER_TO_TABLE: Final = 6
"""How far an index is shifted so that its two top bits choose a quarter of a table."""
_QUARTER_MASK: Final = 0x300

# How the value of an action is read.
_NOTHING: Final = 0
_UNSIGNED: Final = 1
_SIGNED: Final = 2
_BOOL: Final = 3
_FLOAT: Final = 4
_TEXT: Final = 5
_DATA: Final = 6
_COUNT: Final = 7
_FILLED: Final = 8
_MEMBER: Final = 9
_TAKEN: Final = 10
_TAKEN_COUNT: Final = 11
_TAKES: Final = frozenset((_TAKEN, _TAKEN_COUNT))
_ANY: Final = 12
_SOURCE: Final = 13

_Action = tuple[Verb, str | None, int, Any, Any, Any]
"""The parts of an action, in this order.

- verb
- place: None for an index, "" for none
- form of its value
- an argument of that form: a mask, one more than the largest count, the kind of float, names to
  choose from, or bytes per element
- another argument: the sign bit, the mask of a float, or the action if no second handle fits
- the type of the handle that it makes; None if it makes none
"""

_LAST_MEMBER_TIMES: Final = 4
"""Number of times that a union's last member occurs in a choice.

It is chosen more often, because an object below it takes a second step.
"""


class _Made:
    """The decoder's view of a type of handle."""

    __slots__ = ("is_orphan", "name", "table")

    def __init__(self, name: str, is_orphan: bool) -> None:
        self.name = name
        self.is_orphan = is_orphan
        self.table: list[_Action] = []
        """The effect of each action on such a handle; empty if it has no operations."""


def _form(held: Type, verb: Verb, at: Place) -> tuple[int, Any, Any]:
    """Return (form, argument, the other argument) of an action."""
    form = OPERATIONS[verb].value
    choices = choices_of(held, verb, at)
    if choices:
        return (_TAKEN if form is ValueForm.TYPE else _TAKEN_COUNT), choices, 0
    if verb in SOURCED:
        return _SOURCE, sources(held, verb, at), None
    if form is ValueForm.LENGTH:
        return _COUNT, MAX_COUNT + 1, 0
    if form is ValueForm.OCTETS:
        return _FILLED, SCALAR_BITS[numbers_in(held, at)] // 8, 0
    if at is None:
        return _NOTHING, None, 0
    kind, _, _ = place_of(held, at)
    if form is ValueForm.MEMBER:
        assert isinstance(held, StructType)
        members = held.by_name[str(at)].members
        return _MEMBER, (*members, *members[-1:] * (_LAST_MEMBER_TIMES - 1)), 0
    if form is ValueForm.COUNT and isinstance(made := type_at(held, at), ListType):
        return _COUNT, max_count(made) + 1, 0
    return _written_form(kind) if form is ValueForm.WRITTEN else (_NOTHING, None, 0)


def _written_form(kind: FieldKind) -> tuple[int, Any, Any]:
    """Return (form, argument, the other argument) of a value for a place of this kind."""
    if kind in (FieldKind.TEXT, FieldKind.DATA):
        return (_TEXT if kind is FieldKind.TEXT else _DATA), None, 0
    if kind is FieldKind.BOOL:
        return _BOOL, None, 0
    if kind is FieldKind.ANY:
        return _ANY, None, 0
    mask = (1 << (32 if kind is FieldKind.CAPABILITY else SCALAR_BITS[kind])) - 1
    if kind in FLOATS:
        return _FLOAT, kind, mask
    return (_SIGNED if kind in SIGNED else _UNSIGNED), mask, (mask >> 1) + 1


_ALL_MADE: Final = {name: _Made(name, isinstance(held, OrphanType)) for name, held in TYPES.items()}


def _actions(held: Type) -> list[tuple[_Action, int]]:
    """Return the actions of a handle of this type, each with its weight."""
    found: list[tuple[_Action, int]] = []
    by_verb: dict[tuple[Verb, str | None], _Action] = {}
    # Actions with a second handle come last: they may have to be replaced by another one.
    for verb, name in sorted(ACTIONS[held.name], key=lambda pair: pair[0] in SOURCED):
        at: Place = name if name is not None else None if verb in PLACELESS else 0
        form, argument, other = _form(held, verb, at)
        makes: Any = None
        if form in _TAKES:
            makes = {choice: _ALL_MADE[choice] for choice in argument}
        else:
            made = made_by(held, Operation(verb, 0, at))
            makes = None if made is None else _ALL_MADE[made.name]
        if form == _SOURCE:
            # A null object cannot be taken away, so prefer to make one.
            instead = (Verb.INIT, Verb.SET, Verb.OPEN)
            other = next(by_verb[one, name] for one in instead if (one, name) in by_verb)
        action = (verb, "" if verb in PLACELESS else name, form, argument, other, makes)
        by_verb[verb, name] = action
        found.append((action, OPERATIONS[verb].weight))
    return found


#: The actions of each type, each with its weight.
_WEIGHED: Final = {name: _actions(held) for name, held in TYPES.items()}


def _tables() -> dict[tuple[str, Verb, str | None], int]:
    """Fill the views of all types; return the least number of each action in its table."""
    numbers: dict[tuple[str, Verb, str | None], int] = {}
    for name, held in TYPES.items():
        actions: list[_Action] = []
        for action, weight in _WEIGHED[name]:
            numbers[name, action[0], action[1] or None] = len(actions)
            actions += [action] * weight
        # The quarters of a type with an index are alike: its top bits mean something else.
        size = _TABLE_SIZE if isinstance(held, StructType) else 256
        assert len(actions) <= size, f"there is no room for the actions of {name}"
        if actions:
            table = (actions * (size // len(actions) + 1))[:size]
            _ALL_MADE[name].table += table * (_TABLE_SIZE // size)
    return numbers


_NUMBERS: Final = _tables()
_ROOT_MADE: Final = _ALL_MADE[EVERYTHING.name]


def _whole_message() -> dict[Verb, int]:
    """Return the least handle byte of each verb of the whole message.

    The verbs take the bytes from 255 downwards.
    """
    bytes_of: dict[Verb, int] = {}
    end = 256
    for verb in Verb:
        if verb in WHOLE_MESSAGE:
            end = bytes_of[verb] = end - OPERATIONS[verb].weight
    return bytes_of


_WHOLE_BYTES: Final = _whole_message()
_FIRST_WHOLE: Final = min(_WHOLE_BYTES.values())
_WHOLE: Final = tuple(
    Operation(verb)
    for verb, _ in sorted(_WHOLE_BYTES.items(), key=lambda item: item[1])
    for _ in range(OPERATIONS[verb].weight)
)
"""The operations that the handle bytes from `_FIRST_WHOLE` on mean, in order."""
assert _ORPHANS + MAX_OPERATIONS <= _FIRST_WHOLE
_ROOT: Final = Operation(Verb.ROOT)


# Faults.

add_families()

_FAULT_KINDS: Final = tuple(
    (family, name, kind) for family in FAMILIES.values() for name, kind in family.kinds.items()
)
_FAULT_NUMBERS: Final = {
    (family.name, name): number for number, (family, name, _) in enumerate(_FAULT_KINDS)
}
_SEGMENT_MASK: Final = 0x3
_SEGMENT_BORDER: Final = 0xC0
"""Segment bytes below this mean one of the first four segments."""


@lru_cache(maxsize=4096)
def _decode_fault(record: bytes) -> Fault:
    number, moment, persistent, segment, count, amount = _FAULT.unpack(record)
    family, name, kind = _FAULT_KINDS[number % len(_FAULT_KINDS)]
    when = family.moments[moment % len(family.moments)]
    count = _unfold(count, *_MOMENT)
    return Fault(
        family=family.name,
        kind=name,
        when=when,
        # Calls count from 1, operations from 0.
        number=count if when is When.AFTER or count else 1,
        persistent=bool(persistent & 1),
        segment=_unfold_segment(segment) if kind.takes_segment else 0,
        amount=_unfold(amount, *_AMOUNT) if kind.takes_amount else 0,
    )


def _unfold_segment(byte: int) -> int:
    return byte & (_SEGMENT_MASK if byte < _SEGMENT_BORDER else MAX_FAULT_SEGMENT)


def _encode_fault(fault: Fault) -> bytes:
    moments = FAMILIES[fault.family].moments
    segment = fault.segment
    return _FAULT.pack(
        _FAULT_NUMBERS[fault.family, fault.kind],
        moments.index(fault.when),
        fault.persistent,
        segment if segment <= _SEGMENT_MASK else _SEGMENT_BORDER | segment,
        _fold(fault.number, *_MOMENT),
        _fold(fault.amount, *_AMOUNT),
    )


# The header.

_MEMORIES: Final = tuple(
    (kind, uncut)
    for kind in MEMORIES.values()
    for uncut in (*(False,) * (kind.weight - kind.uncut), *(True,) * kind.uncut)
)
"""The meaning of a memory byte: a kind, and whether its grants take all words that are left."""
_MEMORY_BYTES: Final = {
    (kind.name, uncut): _MEMORIES.index((kind, uncut)) for kind, uncut in _MEMORIES
}
_MEMORY_MASK: Final = 0x3F
assert len(_MEMORIES) <= _MEMORY_MASK + 1
# A memory of the user's own has no byte, so it is encoded as a plain memory.
assert _MEMORIES[0] == (PLAIN, False)

_GROWS: Final = 0xC0
"""Memory bytes from here on ask for memory that grows, if it can."""

_VERIFIED: Final = 0xC0
"""Flag bytes from here on ask the encoder to verify."""

_FAULT_COUNTS: Final = (*range(MAX_FAULTS + 1), *(1,) * 15, *(0,) * 6, 2, 2)
"""The number of faults for a fault byte: usually one, often none."""

_LIMITED: Final = 0x8000_0000
_LIMITED_FREELY: Final = 0xC000_0000
_LIMITED_LARGE: Final = 0xE000_0000
_LIMIT_MASK: Final = 0x3F


@lru_cache(maxsize=4096)
def _decode_memory(byte: int, segment: int, total: int) -> MemorySpec:
    kind, uncut = _MEMORIES[(byte & _MEMORY_MASK) % len(_MEMORIES)]
    return MemorySpec(
        kind.name,
        0 if uncut else 1 + _unfold(segment, *_SIZE),
        1 + _unfold(total, *_TOTAL) if kind.bounded else 0,
        byte >= _GROWS and kind.grows,
    )


def _decode_limit(folded: int) -> int:
    if folded < _LIMITED:
        return UNLIMITED_WORDS
    if folded < _LIMITED_FREELY:
        # Just enough for a root: nearly every object lies in a segment of its own.
        return EVERYTHING.words + (folded & _LIMIT_MASK)
    if folded < _LIMITED_LARGE:
        return 1 + (folded & _ALL_12)
    return min(1 + (folded & UNLIMITED_WORDS), UNLIMITED_WORDS)


def _encode_limit(words: int) -> int:
    if words == UNLIMITED_WORDS:
        return 0
    return (_LIMITED_FREELY if words - 1 <= _ALL_12 else _LIMITED_LARGE) | words - 1


# The version.


def _declared() -> Iterator[str]:
    """Yield a line for each declaration that bytes depend on."""
    for family, name, fault in _FAULT_KINDS:
        moments = family.moments
        yield f"{family.name} {name} {fault.takes_segment} {fault.takes_amount} {moments}"
    for kind in MEMORIES.values():
        yield f"{kind.name} {kind.weight} {kind.uncut} {kind.bounded} {kind.grows}"
    for verb, byte in _WHOLE_BYTES.items():
        yield f"{verb.value} {byte}"
    for name, actions in _WEIGHED.items():
        for (verb, place, form, argument, *_), weight in actions:
            yield f"{name} {verb.value} {place} {form} {argument} {weight}"


DECODER_VERSION: Final = _FORM * 1_000_000 + crc32("\n".join(_declared()).encode()) % 1_000_000
"""The version of the decoder. With another version, a byte string may mean another scenario."""


# Decoding and encoding.

_make: Final = tuple.__new__


def decode(data: bytes) -> Scenario:
    """Return the scenario for these bytes; every byte string means one, and none raises."""
    if len(data) < _HEADER_BYTES:
        data = data.ljust(_HEADER_BYTES, b"\0")
    memory, count, segment, total, fault_count, flags, limit = _HEADER.unpack_from(data)
    start = _HEADER_BYTES
    faults: list[Fault] = []
    fault_count = _FAULT_COUNTS[fault_count % len(_FAULT_COUNTS)]
    while fault_count and start + _FAULT_BYTES <= len(data):
        faults.append(_decode_fault(data[start : start + _FAULT_BYTES]))
        start += _FAULT_BYTES
        fault_count -= 1
    count = min(count % (MAX_OPERATIONS + 1), (len(data) - start) // _OPERATION_BYTES)
    blobs = start + count * _OPERATION_BYTES
    operations: list[Operation] = []
    add = operations.append
    # Handles with operations, each with its table; `made` counts all handles.
    handles: list[tuple[int, list[_Action]]] = []
    orphans: list[tuple[int, list[_Action]]] = []
    named: dict[str, list[int]] = {}
    made = 0
    for action, handle, index, value in _OPERATION.iter_unpack(data[start:blobs]):
        if handle >= _FIRST_WHOLE or not handles:
            whole = _WHOLE[handle - _FIRST_WHOLE] if handle >= _FIRST_WHOLE else _ROOT
            add(whole)
            if whole.verb in HANDLE_MAKERS:
                handles.append((made, _ROOT_MADE.table))
                named.setdefault(_ROOT_MADE.name, []).append(made)
                made += 1
            continue
        if handle >= _ORPHANS and orphans:
            number, table = orphans[(handle - _ORPHANS) % len(orphans)]
        else:
            number, table = handles[handle % len(handles)]
        verb, place, form, argument, other, makes = table[
            action | index >> _QUARTER_TO_TABLE & _QUARTER_MASK
        ]
        if form == _SOURCE:
            fitting = _fitting(named, argument)
            if not fitting:
                verb, place, form, argument, other, makes = other
        if place is None:
            # The same as _unfold: a call would cost as much as all the rest.
            place = index & (3 if index < _BORDER_SOME else 15 if index < _BORDER_MANY else _ALL_12)
        elif not place:
            place = None
        if form == _NOTHING:
            value = None
        elif form == _UNSIGNED:
            value &= argument
        elif form == _SIGNED:
            value = ((value & argument) ^ other) - other
        elif form == _COUNT:
            value = (
                value & _SMALL_COUNT if value < _LARGE_VALUE else (value & _LENGTH_MASK) % argument
            )
        elif form == _BOOL:
            value = value & 1 == 1
        elif form == _FLOAT:
            value = quiet(argument, value & other)
        elif form == _SOURCE:
            value = fitting[value % len(fitting)]
        elif form == _MEMBER:
            value = argument[value % len(argument)]
        elif form in _TAKES:
            value = _taken(argument, form == _TAKEN_COUNT, value)
            makes = makes[value.type]
        elif form == _ANY and value >> _ANY_SHIFT & _ANY_MASK == _ANY_CAPABILITY:
            value &= _LENGTH_MASK
        else:
            is_text = form == _TEXT or (
                form == _ANY and value >> _ANY_SHIFT & _ANY_MASK == _ANY_TEXT
            )
            if value < _LARGE_VALUE:
                size = value >> _BLOB_LENGTH_SHIFT & _SHORT_BLOB_BYTES
                value = value.to_bytes(8, "little")[:size]
            else:
                size = (value & _LENGTH_MASK) % (MAX_BLOB_BYTES + 1)
                value = data[blobs : blobs + size]
                blobs += size
            if is_text:
                value = value.decode("utf-8", "ignore")
            elif form == _FILLED:
                value = value[: len(value) // argument * argument]
        add(_make(Operation, (verb, number, place, value)))
        if makes is not None:
            if makes.table:
                (orphans if makes.is_orphan else handles).append((made, makes.table))
            named.setdefault(makes.name, []).append(made)
            made += 1
    return trusted(
        _decode_memory(memory, segment, total),
        _decode_limit(limit),
        tuple(operations),
        tuple(faults),
        flags >= _VERIFIED,
    )


def _fitting(named: dict[str, list[int]], names: tuple[str, ...]) -> list[int]:
    """Return the handles of these types, in a fixed order."""
    return [number for name in names if name in named for number in named[name]]


def _taken(choices: tuple[str, ...], counted: bool, value: int) -> As:
    name = choices[(value >> _CHOICE_SHIFT & _CHOICE_MASK) % len(choices)]
    held = TYPES[name]
    if not counted or not isinstance(held, ListType):
        return As(name)
    count = value & _LENGTH_MASK
    large = value >= _LARGE_VALUE
    return As(name, count % (max_count(held) + 1) if large else count & _SMALL_COUNT)


def encode(scenario: Scenario) -> bytes:
    """Return the canonical bytes of a scenario, which `decode` turns back into it."""
    memory = scenario.memory
    form = _MEMORY_BYTES.get((memory.name, not memory.segment_words), 0)
    parts = [
        _HEADER.pack(
            form | _GROWS if memory.grows else form,
            len(scenario.operations),
            _fold(memory.segment_words - 1, *_SIZE) if memory.segment_words else 0,
            _fold(memory.total_words - 1, *_TOTAL) if memory.total_words else 0,
            len(scenario.faults),
            _VERIFIED if scenario.verify else 0,
            _encode_limit(scenario.max_segment_words),
        )
    ]
    parts += [_encode_fault(fault) for fault in scenario.faults]
    blobs: list[bytes] = []
    types: list[Type] = []
    # The position of each handle among the handles with operations, or among the orphans.
    standing: dict[int, int] = {}
    orphans: dict[int, int] = {}
    named: dict[str, list[int]] = {}
    for operation in scenario.operations:
        verb, handle, place, value = operation
        held = None if handle == NO_HANDLE else types[handle]
        if held is None:
            # If there is no handle, 0 is a root.
            first_root = verb is Verb.ROOT and not standing
            record = _OPERATION.pack(0, 0 if first_root else _WHOLE_BYTES[verb], 0, 0)
        else:
            action = _NUMBERS[held.name, verb, place if isinstance(place, str) else None]
            index = _fold(place, *_INDEX) if isinstance(place, int) else 0
            if isinstance(held, StructType):
                index = action >> 8 << _QUARTER_SHIFT
            if verb in SOURCED:
                assert isinstance(value, int)
                number = _fitting(named, sources(held, verb, place)).index(value)
            else:
                number = _encode_value(held, operation, blobs)
            stands = orphans[handle] + _ORPHANS if handle in orphans else standing[handle]
            record = _OPERATION.pack(action & 0xFF, stands, index, number)
        parts.append(record)
        made = made_by(held, operation)
        if made is not None:
            named.setdefault(made.name, []).append(len(types))
            if _ALL_MADE[made.name].table:
                among = orphans if isinstance(made, OrphanType) else standing
                among[len(types)] = len(among)
            types.append(made)
    return b"".join(parts + blobs)


def _encode_value(held: Type, operation: Operation, blobs: list[bytes]) -> int:
    verb, _, place, value = operation
    if value is None:
        return 0
    if OPERATIONS[verb].value is ValueForm.MEMBER:
        assert isinstance(held, StructType)
        return held.by_name[str(place)].members.index(str(value))
    if isinstance(value, As):
        number = choices_of(held, verb, place).index(value.type) << _CHOICE_SHIFT
        return number | _encode_count(value.length or 0)
    if OPERATIONS[verb].value is ValueForm.LENGTH:
        assert isinstance(value, int)
        return _encode_count(value)
    kind = FieldKind.LIST if place is None else kind_of(held, place)
    chosen = 0
    if kind is FieldKind.ANY:
        if isinstance(value, int):
            return _ANY_CAPABILITY << _ANY_SHIFT | value
        chosen = (_ANY_TEXT if isinstance(value, str) else _ANY_DATA) << _ANY_SHIFT
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        # For an AnyPointer, the choice of text or data takes the place of the bytes of a short one.
        if len(value) <= (_SHORT_BLOB_BYTES if kind is not FieldKind.ANY else 0):
            return int.from_bytes(value, "little") | len(value) << _BLOB_LENGTH_SHIFT | chosen
        blobs.append(value)
        return _LARGE_VALUE | len(value) | chosen
    if kind is FieldKind.LIST:
        return _encode_count(value)
    return value & (1 << (32 if kind is FieldKind.CAPABILITY else SCALAR_BITS[kind])) - 1


def _encode_count(count: int) -> int:
    return count if count <= _SMALL_COUNT else _LARGE_VALUE | count
