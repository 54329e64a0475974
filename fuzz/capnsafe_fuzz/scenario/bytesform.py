"""Scenarios as fuzzers mutate them: every byte string is one, and none raises.

    header      12 bytes
    faults      8 bytes each
    operations  12 bytes each: action u8, handle u8, index u16, value u64, little endian
    blobs       the bytes of long texts and data, in order of the operations that write them

Records have fixed sizes and stay where they are when something else changes, so that a small edit
of the bytes is a small edit of the program. Blobs of up to seven bytes lie in their record's value;
longer ones at the end, where their lengths cannot push operations about.

Random bytes should mean something, too: a handle is a number modulo the handles there are, an
action one that the handle's type understands, and the first operation makes a root, all but always.
Numbers that are mostly interesting when small (counts, indices, sizes) are *folded*: the top bits
say how many of the low bits count. What does not fit is taken modulo what does.

The canonical form is what `encode` writes. What a byte means depends on the schema, the order of
verbs, and the families of faults; a byte corpus is a cache, stamped with `DECODER_VERSION`, and
text is what lasts.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import Any, Final

from capnsafe_allocators import FAMILIES, Fault, When

from .program import (
    HANDLE_MAKERS,
    MAX_BLOB_BYTES,
    MAX_INDEX,
    MAX_OPERATIONS,
    NO_HANDLE,
    UNDERSTOOD,
    Operation,
    Place,
    Value,
    Verb,
    kind_of,
    max_count,
    quiet,
    type_at,
)
from .scenario import (
    BOUNDED_MEMORIES,
    MAX_FAULT_AMOUNT,
    MAX_FAULT_SEGMENT,
    MAX_FAULTS,
    MAX_MEMORY_WORDS,
    MAX_MOMENT,
    MEMORY_NAMES,
    UNLIMITED_WORDS,
    MemorySpec,
    Scenario,
    trusted,
)
from .schema import EVERYTHING, FLOATS, SCALAR_BITS, SIGNED, TYPES, Kind, ListType, Type

DECODER_VERSION: Final = 3
"""Raised whenever a byte string may come to mean another scenario."""

_HEADER: Final = Struct("<BBHHBBI")
"""memory, operations, segment_words, total_words, faults, flags, max_segment_words."""
_FAULT: Final = Struct("<BBBBHH")
"""kind, moment, persistent, segment, number, amount."""
_FAULT_BYTES: Final = _FAULT.size
_OPERATION: Final = Struct("<BBHQ")
_OPERATION_BYTES: Final = _OPERATION.size
_HEADER_BYTES: Final = _HEADER.size

# Handle bytes from here on mean a verb of the whole message.
_OUTPUTS: Final = 0xF8
_REOPENS: Final = 0xFC
_ROOTS: Final = 0xFE

# Folded numbers of 16 bits: below the first border the low bits of the first mask count, and so on.
_BORDER_SOME: Final = 0xC000
_BORDER_MANY: Final = 0xF000
_ALL_12: Final = 0xFFF


def _fold(number: int, few: int, some: int) -> int:
    """The least 16 bits that unfold to a number of up to 12 bits with these masks."""
    if number <= few:
        return number
    return _BORDER_SOME | number if number <= some else _BORDER_MANY | number


def _unfold(folded: int, few: int, some: int) -> int:
    """A number of up to 12 bits; `few` and `some` are masks of low bits."""
    if folded < _BORDER_SOME:
        return folded & few
    return folded & (some if folded < _BORDER_MANY else _ALL_12)


# The masks, by what is folded.
_INDEX: Final = (0x3, 0xF)
_SIZE: Final = (0xF, 0xFF)
_TOTAL: Final = (0x7F, 0x3FF)
_MOMENT: Final = (0x7, 0x3F)
_AMOUNT: Final = (0x3, 0x3F)

# A count or the length of a long blob is folded into the 64 bits of a value: small unless the top
# bits are all set.
_LARGE_VALUE: Final = 0xE000_0000_0000_0000
_SMALL_COUNT: Final = 0xF
_LENGTH_MASK: Final = 0xFFFF_FFFF

# A blob in a value: its length in the top byte, its bytes below.
_SHORT_BLOB_BYTES: Final = 7
_BLOB_LENGTH_SHIFT: Final = 56

# The largest sizes fit in what they are folded to.
assert max(MAX_INDEX, MAX_MEMORY_WORDS - 1, MAX_MOMENT, MAX_FAULT_AMOUNT) <= _ALL_12


# Actions: what a handle of each type understands, as tables of 256 entries for the action byte.

# How the value of an action is read.
_NOTHING: Final = 0
_UNSIGNED: Final = 1
_SIGNED: Final = 2
_BOOL: Final = 3
_FLOAT: Final = 4
_TEXT: Final = 5
_DATA: Final = 6
_COUNT: Final = 7

_Action = tuple[Verb, str | None, int, Any, int, Any]
"""verb; place, None for an index; form of its value; an argument of that form: a mask, one more
than the largest count, or the kind of float; another: the sign bit, or the mask of a float; the
table of the handle that it makes: None if it makes none, empty if nothing can be done with it."""

_INIT_WEIGHT: Final = 4
"""INIT stands so many times in a table, lest most handles be void: what was never made is null."""


def _form(verb: Verb, kind: Kind, made: Type | None) -> tuple[int, Any, int]:
    if verb is Verb.INIT and isinstance(made, ListType):
        return _COUNT, max_count(made) + 1, 0
    if verb is not Verb.SET:
        return _NOTHING, None, 0
    if kind in (Kind.TEXT, Kind.DATA):
        return (_TEXT if kind is Kind.TEXT else _DATA), None, 0
    if kind is Kind.BOOL:
        return _BOOL, None, 0
    mask = (1 << SCALAR_BITS[kind]) - 1
    if kind in FLOATS:
        return _FLOAT, kind, mask
    return (_SIGNED if kind in SIGNED else _UNSIGNED), mask, (mask >> 1) + 1


def _tables() -> tuple[dict[str, list[_Action]], dict[tuple[str, Verb, str | None], int]]:
    """For each type, what each action byte means; and back, the least byte of each action."""
    tables: dict[str, list[_Action]] = {name: [] for name in TYPES}
    numbers: dict[tuple[str, Verb, str | None], int] = {}
    for name, held in TYPES.items():
        actions: list[_Action] = []
        for verb, place in UNDERSTOOD[name]:
            numbers[name, verb, place] = len(actions)
            at: Place = 0 if place is None else place
            kind = kind_of(held, at)
            made = type_at(held, at) if verb in HANDLE_MAKERS else None
            table: Any = None if made is None else tables[made.name]
            action = (verb, place, *_form(verb, kind, made), table)
            actions += [action] * (_INIT_WEIGHT if verb is Verb.INIT else 1)
        assert len(actions) <= 256, f"a byte cannot hold the actions of {name}"
        if actions:
            tables[name] += [actions[byte % len(actions)] for byte in range(256)]
    return tables, numbers


_TABLES, _NUMBERS = _tables()
_ROOT_TABLE: Final = _TABLES[EVERYTHING.name]

_OUTPUT: Final = Operation(Verb.OUTPUT)
_REOPEN: Final = Operation(Verb.REOPEN)
_ROOT: Final = Operation(Verb.ROOT)


# Faults.

_FAULT_KINDS: Final = tuple(
    (family, name, kind) for family in FAMILIES.values() for name, kind in family.kinds.items()
)
_FAULT_NUMBERS: Final = {
    (family.name, name): number for number, (family, name, _) in enumerate(_FAULT_KINDS)
}
_SEGMENT_MASK: Final = 0x3
_SEGMENT_BORDER: Final = 0xC0
"""Segment bytes below this are among the first four segments."""


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

_FIXED_UNCUT: Final = "fixed uncut"
"""Fixed memory without segment_words."""
_MEMORIES: Final = (
    *("heap",) * 12,
    *("stable",) * 4,
    *("fixed",) * 4,
    *(_FIXED_UNCUT,) * 2,
    *("pool",) * 4,
    *("malloc",) * 2,
    "mapped-file",
    "shared-memory",
    *("wasm",) * 2,
)
"""What a memory byte means: mostly what costs least."""
_MEMORY_BYTES: Final = {name: _MEMORIES.index(name) for name in _MEMORIES}
assert len(_MEMORIES) == 32
assert set(_MEMORIES) == {*MEMORY_NAMES, _FIXED_UNCUT}

_VERIFIED: Final = 0xC0
"""Flag bytes from here on ask the encoder to verify."""

_FAULT_COUNTS: Final = (*range(MAX_FAULTS + 1), *(1,) * 15, *(0,) * 6, 2, 2)
"""How many faults a fault byte means: mostly one, often none."""

_LIMITED: Final = 0x8000_0000
_LIMITED_FREELY: Final = 0xC000_0000
_LIMITED_LARGE: Final = 0xE000_0000
_LIMIT_MASK: Final = 0x3F


@lru_cache(maxsize=4096)
def _decode_memory(byte: int, segment: int, total: int) -> MemorySpec:
    name = _MEMORIES[byte % len(_MEMORIES)]
    total_words = 1 + _unfold(total, *_TOTAL)
    if name == _FIXED_UNCUT:
        return MemorySpec("fixed", 0, total_words)
    return MemorySpec(
        name, 1 + _unfold(segment, *_SIZE), total_words if name in BOUNDED_MEMORIES else 0
    )


def _decode_limit(folded: int) -> int:
    if folded < _LIMITED:
        return UNLIMITED_WORDS
    if folded < _LIMITED_FREELY:
        # Just enough for a root: nearly every object in a segment of its own.
        return EVERYTHING.words + (folded & _LIMIT_MASK)
    if folded < _LIMITED_LARGE:
        return 1 + (folded & _ALL_12)
    return min(1 + (folded & UNLIMITED_WORDS), UNLIMITED_WORDS)


def _encode_limit(words: int) -> int:
    if words == UNLIMITED_WORDS:
        return 0
    return (_LIMITED_FREELY if words - 1 <= _ALL_12 else _LIMITED_LARGE) | words - 1


# Both ways.

_make: Final = tuple.__new__


def decode(data: bytes) -> Scenario:
    """The scenario that these bytes mean; every byte string means one, and none raises."""
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
    # Handles on which something can be done, with the table of that; `made` counts all handles.
    handles: list[tuple[int, list[_Action]]] = []
    made = 0
    for action, handle, index, value in _OPERATION.iter_unpack(data[start:blobs]):
        if handle >= _OUTPUTS or not handles:
            if _OUTPUTS <= handle < _REOPENS:
                add(_OUTPUT)
                continue
            add(_REOPEN if _REOPENS <= handle < _ROOTS else _ROOT)
            handles.append((made, _ROOT_TABLE))
            made += 1
            continue
        number, table = handles[handle % len(handles)]
        verb, place, form, argument, other, makes = table[action]
        if place is None:
            # The same as _unfold: a call would cost as much as all the rest.
            place = index & (3 if index < _BORDER_SOME else 15 if index < _BORDER_MANY else _ALL_12)
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
        else:
            if value < _LARGE_VALUE:
                size = value >> _BLOB_LENGTH_SHIFT & _SHORT_BLOB_BYTES
                value = value.to_bytes(8, "little")[:size]
            else:
                size = (value & _LENGTH_MASK) % (MAX_BLOB_BYTES + 1)
                value = data[blobs : blobs + size]
                blobs += size
            if form == _TEXT:
                value = value.decode("utf-8", "ignore")
        add(_make(Operation, (verb, number, place, value)))
        if makes is not None:
            if makes:
                handles.append((made, makes))
            made += 1
    return trusted(
        _decode_memory(memory, segment, total),
        _decode_limit(limit),
        tuple(operations),
        tuple(faults),
        flags >= _VERIFIED,
    )


def encode(scenario: Scenario) -> bytes:
    """The canonical bytes of a scenario: `decode` gives it back."""
    memory = scenario.memory
    form = _MEMORY_BYTES[memory.name if memory.segment_words else _FIXED_UNCUT]
    parts = [
        _HEADER.pack(
            form,
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
    # Where among the handles on which something can be done each handle stands.
    standing: dict[int, int] = {}
    for operation in scenario.operations:
        verb, handle, place, value = operation
        if handle == NO_HANDLE:
            made: Type | None = None if verb is Verb.OUTPUT else EVERYTHING
            record = _OPERATION.pack(0, _whole_message(verb, not standing), 0, 0)
        else:
            held = types[handle]
            kind = kind_of(held, place)
            made = type_at(held, place) if verb in HANDLE_MAKERS else None
            action = _NUMBERS[held.name, verb, place if isinstance(place, str) else None]
            index = _fold(place, *_INDEX) if isinstance(place, int) else 0
            value = _encode_value(kind, value, blobs)
            record = _OPERATION.pack(action, standing[handle], index, value)
        parts.append(record)
        if made is not None:
            if _TABLES[made.name]:
                standing[len(types)] = len(standing)
            types.append(made)
    return b"".join(parts + blobs)


def _whole_message(verb: Verb, first: bool) -> int:
    """The handle byte of a verb of the whole message; where there is no handle, 0 is a root."""
    if verb is Verb.ROOT:
        return 0 if first else _ROOTS
    return _OUTPUTS if verb is Verb.OUTPUT else _REOPENS


def _encode_value(kind: Kind, value: Value, blobs: list[bytes]) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        if len(value) <= _SHORT_BLOB_BYTES:
            return int.from_bytes(value, "little") | len(value) << _BLOB_LENGTH_SHIFT
        blobs.append(value)
        return _LARGE_VALUE | len(value)
    if kind is Kind.LIST:
        return value if value <= _SMALL_COUNT else _LARGE_VALUE | value
    return value & (1 << SCALAR_BITS[kind]) - 1
