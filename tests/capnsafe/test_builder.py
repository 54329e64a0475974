"""Builders of structs: fields of every width, structs within, pointers."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import pytest

from capnsafe import (
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Element,
    MessageBuilder,
    MessageTooLarge,
    PointerKindMismatch,
    StructBuilder,
)
from tests.capnsafe.elements import (
    HUGE,
    INTEGERS,
    PRIMITIVES,
    data_section,
    getter,
    sample_of,
    setter,
)

# -- fields ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("element", INTEGERS)
@pytest.mark.parametrize("last", [False, True])
def test_an_integer_field_holds_its_whole_range(
    message: MessageBuilder, root: StructBuilder, element: Element, last: bool
) -> None:
    offset = 32 // element.bytes - 1 if last else 0
    for value in (element.low, element.high, 0, 1):
        setter(root, element)(offset, value)
        assert getter(root, element)(offset) == value
        expected = bytearray(32)
        expected[offset * element.bytes :][: element.bytes] = b""
        struct.pack_into(element.codec.format, expected, offset * element.bytes, value)
        assert data_section(message) == expected


@pytest.mark.parametrize("element", INTEGERS)
@pytest.mark.parametrize("beyond", [-1, 1])
def test_a_value_outside_the_range_is_refused(
    message: MessageBuilder, root: StructBuilder, element: Element, beyond: int
) -> None:
    value = element.low - 1 if beyond < 0 else element.high + 1
    with pytest.raises(ArgumentValueError, match=element.name):
        setter(root, element)(0, value)
    with pytest.raises(ArgumentValueError, match=element.name):
        setter(root, element)(0, 0, default=value)
    with pytest.raises(ArgumentValueError, match=element.name):
        getter(root, element)(0, default=value)
    assert data_section(message) == bytes(32)


@pytest.mark.parametrize("element", PRIMITIVES)
def test_a_field_outside_the_data_section_is_refused(
    message: MessageBuilder, root: StructBuilder, element: Element
) -> None:
    first_outside = 32 * 8 // element.bits
    for offset in (-1, first_outside, 1 << 70):
        with pytest.raises(ArgumentIndexError) as caught:
            setter(root, element)(offset, sample_of(element))
        assert caught.value.segment == 0
        with pytest.raises(ArgumentIndexError):
            getter(root, element)(offset)
    assert data_section(message) == bytes(32)


@pytest.mark.parametrize("element", INTEGERS)
def test_an_integer_default_is_xored_into_the_field(
    message: MessageBuilder, root: StructBuilder, element: Element
) -> None:
    for default in (element.low, element.high, 1):
        assert getter(root, element)(1) == 0
        assert getter(root, element)(1, default=default) == default
        for value in (element.low, element.high, 0, default):
            setter(root, element)(1, value, default=default)
            assert getter(root, element)(1, default=default) == value
            assert getter(root, element)(1) == value ^ default
        assert data_section(message) == bytes(32)  # the default itself is stored as zeros


@pytest.mark.parametrize("element", [Element.FLOAT32, Element.FLOAT64])
def test_a_float_field_holds_every_kind_of_float(root: StructBuilder, element: Element) -> None:
    values = (0.0, -0.0, 1.5, -math.inf, math.inf, 2.0**-126, float(2**100))
    for default in (0.0, -0.0, 1.5, math.inf):
        for value in values:
            setter(root, element)(3, value, default=default)
            read = getter(root, element)(3, default=default)
            assert math.copysign(1.0, read) == math.copysign(1.0, value)
            assert read == value
        setter(root, element)(3, math.nan, default=default)
        assert math.isnan(getter(root, element)(3, default=default))
        setter(root, element)(3, default, default=default)
        assert root.get_uint64(3 if element.bytes == 8 else 1) == 0


def test_a_nan_keeps_its_payload(root: StructBuilder) -> None:
    payload = 0x7FF8_0000_DEAD_BEEF
    nan: float = struct.unpack("<d", payload.to_bytes(8, "little"))[0]
    root.set_float64(0, nan)
    assert root.get_uint64(0) == payload
    assert struct.pack("<d", root.get_float64(0)) == payload.to_bytes(8, "little")


def test_a_float_that_does_not_fit_is_refused(message: MessageBuilder, root: StructBuilder) -> None:
    with pytest.raises(ArgumentValueError, match="FLOAT32"):
        root.set_float32(0, 1e300)
    with pytest.raises(ArgumentValueError, match="FLOAT32"):
        root.set_float32(0, 1.0, default=1e300)
    with pytest.raises(ArgumentValueError, match="FLOAT32"):
        root.get_float32(0, default=1e300)
    assert data_section(message) == bytes(32)


def test_an_integer_too_large_for_a_float_is_a_wrong_value_or_type(root: StructBuilder) -> None:
    with pytest.raises(ArgumentError):
        root.set_float64(0, 10**400)


def test_an_integer_is_a_number_for_a_float_field(root: StructBuilder) -> None:
    root.set_float64(0, 3)
    assert root.get_float64(0) == 3.0


@pytest.mark.parametrize("bit", [0, 1, 7, 8, 63, 64, 255])
def test_a_bool_is_one_bit_and_leaves_its_neighbours(
    message: MessageBuilder, root: StructBuilder, bit: int
) -> None:
    root.set_bool(bit, True)
    assert root.get_bool(bit) is True
    assert int.from_bytes(data_section(message), "little") == 1 << bit
    for word in range(4):
        root.set_uint64(word, (1 << 64) - 1)
    root.set_bool(bit, False)
    assert root.get_bool(bit) is False
    assert int.from_bytes(data_section(message), "little") == (1 << 256) - 1 - (1 << bit)


@pytest.mark.parametrize("value", [False, True])
def test_a_bool_default_is_xored(root: StructBuilder, value: bool) -> None:
    assert root.get_bool(5, default=True) is True
    root.set_bool(5, value, default=True)
    assert root.get_bool(5, default=True) is value
    assert root.get_bool(5) is not value


def test_a_bool_takes_nothing_but_truth(root: StructBuilder) -> None:
    root.set_bool(0, 1)  # type: ignore[arg-type]
    assert root.get_bool(0) is True
    for wrong in (2, -1):
        with pytest.raises(ArgumentValueError):
            root.set_bool(0, wrong)  # type: ignore[arg-type]
    no_integers: list[Any] = ["yes", None, 1.0, []]
    for no_integer in no_integers:
        with pytest.raises(ArgumentTypeError):
            root.set_bool(0, no_integer)


class Colour(IntEnum):
    GREEN = 2


def test_anything_with_an_index_is_an_integer(root: StructBuilder) -> None:
    root.set_uint16(Colour.GREEN, Colour.GREEN, default=Colour.GREEN)
    assert root.get_uint16(2, default=Colour.GREEN) == 2
    assert type(root.get_uint16(2)) is int


class CountsItself:
    """An integer that is none, and counts how often it was asked."""

    asked = 0

    def __index__(self) -> int:
        self.asked += 1
        return 2


def test_caller_objects_are_asked_once(root: StructBuilder) -> None:
    offset, value, default = CountsItself(), CountsItself(), CountsItself()
    root.set_int32(offset, value, default=default)
    assert (offset.asked, value.asked, default.asked) == (1, 1, 1)
    assert root.get_int32(2) == 0


def type_and_value(wrong: object) -> str:
    """Name a case the same in every process: no address."""
    return "object" if type(wrong) is object else repr(wrong)


WRONG_TYPES: list[Any] = [None, "", "1", 1.0, b"", [], object()]


@pytest.mark.parametrize("wrong", WRONG_TYPES, ids=type_and_value)
def test_a_wrong_type_is_an_argument_type_error(
    message: MessageBuilder, root: StructBuilder, wrong: Any
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: root.set_int32(wrong, 1),
        lambda: root.set_int32(0, wrong),
        lambda: root.set_int32(0, 1, default=wrong),
        lambda: root.get_int32(wrong),
        lambda: root.get_int32(0, default=wrong),
        lambda: root.set_bool(wrong, True),
        lambda: root.set_bool(0, True, default=wrong),
        lambda: root.get_bool(0, default=wrong),
        lambda: root.set_float64(wrong, 1.0),
        lambda: root.init_struct(wrong, 1, 1),
        lambda: root.init_struct(0, wrong, 1),
        lambda: root.init_struct(0, 1, wrong),
        lambda: root.get_struct(wrong),
        lambda: root.init_list(wrong, Element.INT8, 1),
        lambda: root.init_list(0, Element.INT8, wrong),
        lambda: root.init_list(0, wrong, 1),
        lambda: root.get_list(0, wrong),
        lambda: root.init_pointer_list(0, wrong),
        lambda: root.init_struct_list(0, wrong, 1, 1),
        lambda: root.clear(wrong),
        lambda: root.is_null(wrong),
        lambda: root.get_text(wrong),
        lambda: root.get_data(wrong),
        lambda: message.init_root(wrong, 1),
    ]
    before = message.segments()
    for call in calls:
        with pytest.raises(ArgumentTypeError):
            call()
    assert message.segments() == before


@pytest.mark.parametrize("wrong", [None, "", "1", b"", [], object()], ids=type_and_value)
def test_a_wrong_float_is_an_argument_type_error(root: StructBuilder, wrong: Any) -> None:
    for call in (root.set_float32, root.set_float64):
        with pytest.raises(ArgumentTypeError):
            call(0, wrong)
        with pytest.raises(ArgumentTypeError):
            call(0, 1.0, default=wrong)
    with pytest.raises(ArgumentTypeError):
        root.get_float32(0, default=wrong)


@pytest.mark.parametrize("huge", [HUGE, -HUGE], ids=["huge", "-huge"])
def test_numbers_too_long_to_print_are_refused_like_others(
    message: MessageBuilder, root: StructBuilder, huge: int
) -> None:
    numbers = root.init_list(0, Element.INT8, 1)
    voids = root.init_list(1, Element.VOID, 1)
    structs = root.init_struct_list(2, 1, 1, 1)
    calls: list[Callable[[], object]] = [
        lambda: root.set_int32(huge, 1),
        lambda: root.set_int32(0, huge),
        lambda: root.set_int32(0, 0, default=huge),
        lambda: root.get_int32(huge),
        lambda: root.set_bool(huge, True),
        lambda: root.set_bool(0, huge),  # type: ignore[arg-type]
        lambda: root.set_float64(huge, 1.0),
        lambda: root.set_float64(0, huge),
        lambda: root.init_struct(huge, 1, 1),
        lambda: root.init_struct(0, huge, 1),
        lambda: root.init_list(3, Element.INT8, huge),
        lambda: root.init_struct_list(3, huge, 1, 1),
        lambda: root.clear(huge),
        lambda: numbers[huge],
        lambda: voids[huge],
        lambda: structs[huge],
        lambda: message.init_root(huge, 1),
        lambda: MessageBuilder(max_segment_words=huge),
    ]
    for call in calls:
        with pytest.raises((ArgumentError, MessageTooLarge)):
            call()


# -- structs and pointers --------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "pointers"), [(0, 0), (1, 0), (0, 1), (3, 5), (1, 300)])
def test_a_struct_has_the_sections_it_was_given(
    root: StructBuilder, data: int, pointers: int
) -> None:
    for built in (root.init_struct(0, data, pointers), root.get_struct(0)):
        assert built is not None
        assert (built.data_words, built.pointer_count) == (data, pointers)


def test_the_largest_struct_can_be_built() -> None:
    with MessageBuilder() as message:
        root = message.init_root(65535, 65535)
        root.set_uint64(65534, 7)
        root.set_text(65534, "end")
        again = message.get_root()
        assert again is not None
        assert (again.data_words, again.pointer_count) == (65535, 65535)
        assert again.get_uint64(65534) == 7
        assert again.get_text(65534) == "end"


@pytest.mark.parametrize(("data", "pointers"), [(-1, 0), (0, -1), (65536, 0), (0, 65536)])
def test_sections_that_16_bits_cannot_hold_are_refused(
    message: MessageBuilder, root: StructBuilder, data: int, pointers: int
) -> None:
    before = message.segments()
    with pytest.raises(ArgumentValueError):
        root.init_struct(0, data, pointers)
    with pytest.raises(ArgumentValueError):
        root.init_struct_list(0, 1, data, pointers)
    with pytest.raises(ArgumentValueError):
        message.init_root(data, pointers)
    assert message.segments() == before


@pytest.mark.parametrize("index", [-1, 4, 1 << 70])
def test_a_pointer_that_is_not_there_is_refused(
    message: MessageBuilder, root: StructBuilder, index: int
) -> None:
    before = message.segments()
    calls: list[Callable[[int], object]] = [
        lambda i: root.init_struct(i, 1, 1),
        root.get_struct,
        lambda i: root.init_list(i, Element.INT8, 1),
        lambda i: root.get_list(i, Element.INT8),
        lambda i: root.init_pointer_list(i, 1),
        root.get_pointer_list,
        lambda i: root.init_struct_list(i, 1, 1, 1),
        root.get_struct_list,
        lambda i: root.set_text(i, ""),
        root.get_text,
        lambda i: root.set_data(i, b""),
        root.get_data,
        root.clear,
        root.is_null,
    ]
    for call in calls:
        with pytest.raises(ArgumentIndexError) as caught:
            call(index)
        assert caught.value.segment == 0
    assert message.segments() == before


def test_null_pointers_open_as_none(root: StructBuilder) -> None:
    assert root.is_null(0)
    assert root.get_struct(0) is None
    assert root.get_list(0, Element.INT8) is None
    assert root.get_pointer_list(0) is None
    assert root.get_struct_list(0) is None
    assert root.get_text(0) is None
    assert root.get_data(0) is None


def test_clearing_null_leaves_it_null_and_handles_alive(root: StructBuilder) -> None:
    child = root.init_struct(1, 1, 0)
    root.clear(0)
    child.set_int64(0, 1)
    assert root.is_null(0)


BUILDERS: dict[str, Callable[[StructBuilder], object]] = {
    "struct": lambda root: root.init_struct(0, 1, 1),
    "empty struct": lambda root: root.init_struct(0, 0, 0),
    "bytes": lambda root: root.init_list(0, Element.UINT8, 3),
    "words": lambda root: root.init_list(0, Element.INT64, 3),
    "voids": lambda root: root.init_list(0, Element.VOID, 3),
    "pointers": lambda root: root.init_pointer_list(0, 2),
    "structs": lambda root: root.init_struct_list(0, 2, 1, 1),
    "text": lambda root: root.set_text(0, "abc"),
    "empty data": lambda root: root.set_data(0, b""),
}


OPENERS: dict[str, Callable[[StructBuilder], object]] = {
    "struct": lambda root: root.get_struct(0),
    "bytes": lambda root: root.get_list(0, Element.UINT8),
    "words": lambda root: root.get_list(0, Element.INT64),
    "voids": lambda root: root.get_list(0, Element.VOID),
    "pointers": lambda root: root.get_pointer_list(0),
    "structs": lambda root: root.get_struct_list(0),
    "data": lambda root: root.get_data(0),
}


FITS = {
    ("struct", "struct"),
    ("empty struct", "struct"),
    ("bytes", "bytes"),
    ("bytes", "data"),
    ("words", "words"),
    ("voids", "voids"),
    ("pointers", "pointers"),
    ("structs", "structs"),
    # As the lists of their first fields (specification, "Lists").
    ("structs", "bytes"),
    ("structs", "words"),
    ("structs", "voids"),
    ("structs", "pointers"),
    ("text", "bytes"),
    ("text", "data"),
    ("empty data", "bytes"),
    ("empty data", "data"),
}


@pytest.mark.parametrize("built", BUILDERS)
@pytest.mark.parametrize("opened", OPENERS)
def test_a_pointer_opens_only_as_what_was_built_or_an_older_version(
    message: MessageBuilder, root: StructBuilder, built: str, opened: str
) -> None:
    BUILDERS[built](root)
    before = message.segments()
    if (built, opened) in FITS:
        assert OPENERS[opened](root) is not None
    else:
        with pytest.raises(PointerKindMismatch) as caught:
            OPENERS[opened](root)
        assert caught.value.segment == 0
    assert message.segments() == before
