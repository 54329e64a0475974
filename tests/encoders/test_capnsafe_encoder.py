"""The adapter of capnsafe: every operation of the language, and how it classifies exceptions."""

from __future__ import annotations

from typing import Any

import pytest
from capnsafe_fuzz.encoders import Failure, UnknownEncoder, encoder_names, find_encoder
from capnsafe_fuzz.encoders.capnsafe_api import bits_of, float_of
from capnsafe_fuzz.encoders.capnsafe_encoder import CapnsafeEncoder, view_of
from capnsafe_fuzz.encoders.capnsafe_plan import BufferArgument
from capnsafe_fuzz.scenario import Operation, Verb
from capnsafe_fuzz.scenario.program import ACTIONS
from capnsafe_fuzz.scenario.schema import (
    EVERYTHING,
    FLOATS,
    SIGNED,
    FieldKind,
    ListType,
)

import capnsafe

ENCODER = CapnsafeEncoder(capnsafe)


def verbs_at(name: str, place: str | None) -> set[Verb]:
    """What a field, or an element, of a type understands."""
    return {verb for verb, other in ACTIONS[name] if other == place}


def a_value(kind: FieldKind) -> Any:
    """Something that is neither zero nor any default."""
    if kind is FieldKind.TEXT:
        return "text"
    if kind is FieldKind.DATA:
        return b"data"
    if kind is FieldKind.BOOL:
        return True
    if kind in FLOATS:
        return 0x4000_0000 if kind is FieldKind.FLOAT32 else 0x4000_0000_0000_0000
    return -3 if kind in SIGNED else 3


@pytest.mark.parametrize("field", EVERYTHING.fields, ids=lambda field: field.name)
def test_every_field_is_written_read_and_cleared(field: Any) -> None:
    session = ENCODER.session(capnsafe.HeapAllocator(), 4096)
    assert session.perform(Operation(Verb.ROOT)) is True
    verbs = verbs_at(EVERYTHING.name, field.name)
    if Verb.SET in verbs:
        assert session.perform(Operation(Verb.GET, 0, field.name)) == field.default
        value = a_value(field.kind)
        session.perform(Operation(Verb.SET, 0, field.name, value))
        assert session.perform(Operation(Verb.GET, 0, field.name)) == value
    if Verb.INIT in verbs:
        assert session.perform(Operation(Verb.OPEN, 0, field.name)) is False
        count = 3 if isinstance(field.type, ListType) else None
        assert session.perform(Operation(Verb.INIT, 0, field.name, count)) is True
        assert session.perform(Operation(Verb.OPEN, 0, field.name)) is True
    if Verb.CLEAR in verbs:
        session.perform(Operation(Verb.CLEAR, 0, field.name))
        read = Verb.GET if Verb.GET in verbs else Verb.OPEN
        assert not session.perform(Operation(read, 0, field.name))
    session.close()


LISTS = [
    field
    for field in EVERYTHING.fields
    if field.kind is FieldKind.LIST and verbs_at(str(field.target), None) & {Verb.GET, Verb.OPEN}
]


@pytest.mark.parametrize("field", LISTS, ids=lambda field: field.name)
def test_every_element_is_written_read_and_cleared(field: Any) -> None:
    session = ENCODER.session(capnsafe.HeapAllocator(), 4096)
    session.perform(Operation(Verb.ROOT))
    session.perform(Operation(Verb.INIT, 0, field.name, 3))
    kind = field.type.element
    verbs = verbs_at(field.target, None)
    if Verb.SET in verbs:
        session.perform(Operation(Verb.SET, 1, 2, a_value(kind)))
        assert session.perform(Operation(Verb.GET, 1, 2)) == a_value(kind)
    if Verb.INIT in verbs:
        assert session.perform(Operation(Verb.INIT, 1, 2, 3)) is True
    if Verb.OPEN in verbs:
        assert session.perform(Operation(Verb.OPEN, 1, 2)) is True
    if Verb.CLEAR in verbs:
        session.perform(Operation(Verb.CLEAR, 1, 2))
        read = Verb.GET if Verb.GET in verbs else Verb.OPEN
        assert not session.perform(Operation(read, 1, 2))
    verb = Verb.OPEN if Verb.OPEN in verbs else Verb.GET
    with pytest.raises(IndexError) as caught:
        session.perform(Operation(verb, 1, 3))
    assert ENCODER.classify(caught.value) is Failure.INDEX
    session.close()


def test_skipped_handles_are_numbered() -> None:
    session = ENCODER.session(capnsafe.HeapAllocator(), 4096)
    session.skip(Operation(Verb.ROOT))
    session.skip(Operation(Verb.SET, 0, "u32", 1))
    session.skip(Operation(Verb.INIT, 0, "child"))
    session.perform(Operation(Verb.ROOT))
    session.perform(Operation(Verb.SET, 2, "u32", 7))
    assert session.perform(Operation(Verb.GET, 2, "u32")) == 7
    assert session.segment_words() == (1 + EVERYTHING.words,)
    session.close()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (capnsafe.StaleHandle("x"), Failure.STALE),
        (capnsafe.ArgumentIndexError("x"), Failure.INDEX),
        (capnsafe.ArgumentValueError("x"), Failure.ARGUMENT),
        (capnsafe.ArgumentTypeError("x"), Failure.ARGUMENT),
        (capnsafe.SegmentLost("x"), Failure.LOST),
        (capnsafe.AllocationRefused("x"), Failure.REFUSED),
        (capnsafe.BorrowRefused("x"), Failure.REFUSED),
        (capnsafe.GrantTooSmall("x"), Failure.REFUSED),
        (capnsafe.MessageTooLarge("x"), Failure.LIMIT),
        (capnsafe.Closed("x"), Failure.ERROR),
        (IndexError("x"), Failure.FOREIGN),
        (MemoryError("x"), Failure.FOREIGN),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_exceptions_mean(error: Exception, failure: Failure) -> None:
    assert ENCODER.classify(error) is failure


def test_a_copy_of_the_package_has_exceptions_of_its_own() -> None:
    planted = find_encoder("planted:zero_before_allocate")
    assert planted.classify(capnsafe.StaleHandle("x")) is Failure.FOREIGN
    assert not planted.owns(str(capnsafe.__file__))
    assert ENCODER.owns(str(capnsafe.__file__))


@pytest.mark.parametrize("bits", [0, 1, 0x3F800000, 0x7FC00001, 0xFF800000, 0x80000000])
def test_floats_keep_their_bits(bits: int) -> None:
    assert bits_of(FieldKind.FLOAT32, float_of(FieldKind.FLOAT32, bits)) == bits
    assert bits_of(FieldKind.FLOAT64, float_of(FieldKind.FLOAT64, bits << 32)) == bits << 32


@pytest.mark.parametrize(
    ("octets", "code", "rows", "expected"),
    [
        (b"", "B", 1, []),
        (b"", "d", 1, []),
        (b"", "", 1, []),
        (b"\1\0\2\0\3\0", "H", 1, [1, 2, 3]),
        (b"\1\0\2\0\3\0\4\0", "H", 2, [[1, 2], [3, 4]]),
        (b"\1\xff\2\xff", "", 1, [1, 2]),
    ],
)
def test_buffers_of_operations(octets: bytes, code: str, rows: int, expected: list[Any]) -> None:
    assert view_of(BufferArgument(octets, code, rows)).tolist() == expected


def test_the_registry() -> None:
    names = list(encoder_names())
    assert names[0] == "capnsafe"
    assert "planted:zero_before_allocate" in names
    for name in ("capnsafe", "planted:zero_before_allocate"):
        assert find_encoder(name).name == name
    assert find_encoder("capnsafe") is find_encoder("capnsafe")
    with pytest.raises(UnknownEncoder, match="planted:zero_before_allocate"):
        find_encoder("planted:nothing")
