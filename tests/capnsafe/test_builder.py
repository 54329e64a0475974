"""Handles: fields, lists, text and data, overwriting, staleness, and hostile arguments."""

from __future__ import annotations

import array
import copy
import math
import pickle
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import IntEnum
from typing import Any
from unittest.mock import Mock

import pytest

from capnsafe import (
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Closed,
    Element,
    Error,
    HeapAllocator,
    InvalidText,
    ListBuilder,
    MessageBuilder,
    MessageTooLarge,
    PointerKindMismatch,
    PointerListBuilder,
    StaleHandle,
    StructBuilder,
    StructListBuilder,
    wire,
)
from tests.capnsafe.memories import Memory, closing
from tests.capnsafe.reading import (
    ANY,
    BOOLS,
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    EMPTIES,
    EMPTY,
    NUMBERS,
    POINTERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
)

INTEGERS = [element for element in Element if element.bits > 1 and not element.floating]
PRIMITIVES = [element for element in Element if element is not Element.VOID]
ALL_ONES = b"\xff" * 32
HUGE = 10**5000
"""More digits than Python turns into text."""


@pytest.fixture(params=["strict", "stable"])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    """A message whose memory is asked at each access, and one that keeps bytearrays."""
    if request.param == "stable":
        with MessageBuilder(HeapAllocator(segment_words=8)) as message:
            yield message
    else:
        memory = Memory(grant_words=8)
        with closing(MessageBuilder(memory), memory) as message:
            yield message


@pytest.fixture
def root(message: MessageBuilder) -> StructBuilder:
    return message.init_root(4, 4)


def getter(builder: StructBuilder, element: Element) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(builder, f"get_{element.name.lower()}")
    return method


def setter(builder: StructBuilder, element: Element) -> Callable[..., None]:
    method: Callable[..., None] = getattr(builder, f"set_{element.name.lower()}")
    return method


def sample_of(element: Element) -> int | float | bool:
    return 1.5 if element.floating else True if element is Element.BOOL else element.high - 1


def data_section(message: MessageBuilder) -> bytes:
    return message.segments()[0][8:40]


# -- fields --------------------------------------------------------------------------------------


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
        setter(root, element)(0, 0, value)
    with pytest.raises(ArgumentValueError, match=element.name):
        getter(root, element)(0, value)
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
        assert getter(root, element)(1, default) == default
        for value in (element.low, element.high, 0, default):
            setter(root, element)(1, value, default)
            assert getter(root, element)(1, default) == value
            assert getter(root, element)(1) == value ^ default
        assert data_section(message) == bytes(32)  # the default itself is stored as zeros


@pytest.mark.parametrize("element", [Element.FLOAT32, Element.FLOAT64])
def test_a_float_field_holds_every_kind_of_float(root: StructBuilder, element: Element) -> None:
    values = (0.0, -0.0, 1.5, -math.inf, math.inf, 2.0**-126, float(2**100))
    for default in (0.0, -0.0, 1.5, math.inf):
        for value in values:
            setter(root, element)(3, value, default)
            read = getter(root, element)(3, default)
            assert math.copysign(1.0, read) == math.copysign(1.0, value)
            assert read == value
        setter(root, element)(3, math.nan, default)
        assert math.isnan(getter(root, element)(3, default))
        setter(root, element)(3, default, default)
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
        root.set_float32(0, 1.0, 1e300)
    with pytest.raises(ArgumentValueError, match="FLOAT32"):
        root.get_float32(0, 1e300)
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
    assert root.get_bool(5, True) is True
    root.set_bool(5, value, True)
    assert root.get_bool(5, True) is value
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
    root.set_uint16(Colour.GREEN, Colour.GREEN, Colour.GREEN)
    assert root.get_uint16(2, Colour.GREEN) == 2
    assert type(root.get_uint16(2)) is int


class CountsItself:
    """An integer that is none, and counts how often it was asked."""

    asked = 0

    def __index__(self) -> int:
        self.asked += 1
        return 2


def test_caller_objects_are_asked_once(root: StructBuilder) -> None:
    offset, value, default = CountsItself(), CountsItself(), CountsItself()
    root.set_int32(offset, value, default)  # type: ignore[arg-type]
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
        lambda: root.set_int32(0, 1, wrong),
        lambda: root.get_int32(wrong),
        lambda: root.get_int32(0, wrong),
        lambda: root.set_bool(wrong, True),
        lambda: root.set_bool(0, True, wrong),
        lambda: root.get_bool(0, wrong),
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
            call(0, 1.0, wrong)
    with pytest.raises(ArgumentTypeError):
        root.get_float32(0, wrong)


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
        lambda: root.set_int32(0, 0, huge),
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


# -- structs and pointers ------------------------------------------------------------------------


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
    ("text", "bytes"),
    ("text", "data"),
    ("empty data", "bytes"),
    ("empty data", "data"),
}


@pytest.mark.parametrize("built", BUILDERS)
@pytest.mark.parametrize("opened", OPENERS)
def test_a_pointer_opens_only_as_what_was_built(
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


# -- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("element", PRIMITIVES)
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 64, 65])
def test_a_list_holds_its_elements(
    message: MessageBuilder, root: StructBuilder, element: Element, count: int
) -> None:
    built = root.init_list(0, element, count)
    assert isinstance(built, ListBuilder)
    assert built.element is element
    assert len(built) == count
    assert list(built) == [element.codec.unpack(bytes(element.bytes or 1))[0]] * count
    written = [sample_of(element)] * count
    for index in range(0, count, 3):
        built[index] = written[index]
    again = root.get_list(0, element)
    assert again is not None
    assert [again[index] for index in range(0, count, 3)] == written[::3]
    assert sum(1 for value in again if value) == len(written[::3])
    for index in (-1, count):
        with pytest.raises(ArgumentIndexError):
            built[index]
        with pytest.raises(ArgumentIndexError):
            built[index] = sample_of(element)
    with pytest.raises(ArgumentTypeError):
        built[0:1]  # type: ignore[index]


@pytest.mark.parametrize("element", INTEGERS)
def test_list_elements_hold_their_range_and_no_more(root: StructBuilder, element: Element) -> None:
    built = root.init_list(0, element, 3)
    built[0], built[2] = element.low, element.high
    for wrong in (element.low - 1, element.high + 1):
        with pytest.raises(ArgumentValueError):
            built[1] = wrong
    assert list(built) == [element.low, 0, element.high]


def test_a_list_of_void_has_length_and_nothing_else(root: StructBuilder) -> None:
    built = root.init_list(0, Element.VOID, (1 << 29) - 1)
    assert len(built) == (1 << 29) - 1
    assert built[(1 << 29) - 2] is None
    built[0] = None
    with pytest.raises(ArgumentIndexError):
        built[(1 << 29) - 1]
    with pytest.raises(ArgumentIndexError):
        built[-1] = None
    with pytest.raises(ArgumentTypeError):
        built[0] = 0


@pytest.mark.parametrize("count", [-1, 1 << 29, 1 << 80])
def test_counts_that_29_bits_cannot_hold_are_refused(root: StructBuilder, count: int) -> None:
    expected = ArgumentValueError if count < 0 else MessageTooLarge
    with pytest.raises(expected):
        root.init_list(0, Element.VOID, count)
    with pytest.raises(expected):
        root.init_pointer_list(0, count)
    with pytest.raises(expected):
        root.init_struct_list(0, count, 0, 0)
    assert root.is_null(0)


def test_a_struct_list_of_too_many_words_is_refused(root: StructBuilder) -> None:
    with pytest.raises(MessageTooLarge) as caught:
        root.init_struct_list(0, 1 << 28, 1, 1)
    assert caught.value.words_asked == 1 << 29


def test_a_pointer_list_holds_text_data_and_lists(root: StructBuilder) -> None:
    built = root.init_pointer_list(0, 4)
    assert isinstance(built, PointerListBuilder)
    assert len(built) == 4
    built.set_text(0, "eins")
    built.set_data(1, b"zwei")
    built.init_list(2, Element.UINT16, 2)[1] = 513
    again = root.get_pointer_list(0)
    assert again is not None
    assert again.get_text(0) == "eins"
    assert again.get_data(1) == b"zwei"
    inner = again.get_list(2, Element.UINT16)
    assert inner is not None
    assert list(inner) == [0, 513]
    assert again.is_null(3)


def test_a_pointer_list_of_zero_elements_is_not_null(root: StructBuilder) -> None:
    assert len(root.init_pointer_list(0, 0)) == 0
    again = root.get_pointer_list(0)
    assert again is not None
    assert len(again) == 0
    with pytest.raises(ArgumentIndexError):
        again.is_null(0)


@pytest.mark.parametrize(
    ("count", "data", "pointers"),
    [(0, 0, 0), (0, 2, 1), (3, 0, 0), (3, 1, 0), (3, 0, 1), (2, 2, 3)],
)
def test_a_struct_list_holds_its_elements(
    root: StructBuilder, count: int, data: int, pointers: int
) -> None:
    built = root.init_struct_list(0, count, data, pointers)
    assert isinstance(built, StructListBuilder)
    for index, element in enumerate(built):
        assert (element.data_words, element.pointer_count) == (data, pointers)
        for field in range(data):
            element.set_uint64(field, 100 * index + field + 1)
        for pointer in range(pointers):
            element.set_text(pointer, f"{index}.{pointer}")
    again = root.get_struct_list(0)
    assert again is not None
    assert (len(again), again.data_words, again.pointer_count) == (count, data, pointers)
    for index, element in enumerate(again):
        assert [element.get_uint64(field) for field in range(data)] == [
            100 * index + field + 1 for field in range(data)
        ]
        assert [element.get_text(pointer) for pointer in range(pointers)] == [
            f"{index}.{pointer}" for pointer in range(pointers)
        ]
    for index in (-1, count):
        with pytest.raises(ArgumentIndexError):
            again[index]
    with pytest.raises(ArgumentTypeError):
        again[:]  # type: ignore[index]


# -- text and data -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "a", "1234567", "12345678", "\0", "é漢🜚", "x" * 5000])
def test_text_comes_back(root: StructBuilder, text: str) -> None:
    root.set_text(0, text)
    assert root.get_text(0) == text
    assert root.get_data(0) == text.encode() + b"\0"


def test_text_is_a_str_that_utf8_can_hold(root: StructBuilder) -> None:
    root.set_text(0, "before")
    wrongs: list[Any] = [b"bytes", None, 3, Mock(spec=str)]
    for wrong in wrongs:
        with pytest.raises(ArgumentTypeError):
            root.set_text(0, wrong)
    with pytest.raises(ArgumentValueError):
        root.set_text(0, "\ud800")
    assert root.get_text(0) == "before"


def test_text_and_data_that_a_list_cannot_count_are_too_large(
    root: StructBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is 512 MiB; what matters is that the NUL of a Text counts."""
    monkeypatch.setattr(wire, "MAX_LIST_COUNT", 10)
    root.set_text(0, "x" * 9)
    root.set_data(1, b"x" * 10)
    with pytest.raises(MessageTooLarge):
        root.set_text(0, "y" * 10)
    with pytest.raises(MessageTooLarge):
        root.set_data(1, b"y" * 11)
    assert root.get_text(0) == "x" * 9
    assert root.get_data(1) == b"x" * 10


class Loud(str):
    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        raise RuntimeError("not to be called")


def test_a_subclass_of_str_is_taken_as_the_text_it_is(root: StructBuilder) -> None:
    root.set_text(0, Loud("quiet"))
    assert root.get_text(0) == "quiet"


@pytest.mark.parametrize("octets", [b"abc", b"", b"\xff\0", b"\xc3\0", b"\xed\xa0\x80\0"])
def test_octets_that_are_no_text_are_invalid_text(root: StructBuilder, octets: bytes) -> None:
    root.set_data(0, octets)
    with pytest.raises(InvalidText):
        root.get_text(0)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100_000])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_data_comes_back_as_bytes(
    message: MessageBuilder,
    root: StructBuilder,
    size: int,
    kind: Callable[[bytes], bytes | bytearray | memoryview],
) -> None:
    octets = bytes(i * 7 % 256 for i in range(size))
    root.set_data(0, kind(octets))
    copied = root.get_data(0)
    assert copied == octets
    assert type(copied) is bytes
    # What follows the data in its last word is zero (P9).
    root.set_data(0, b"")
    assert root.get_data(0) == b""


def test_data_takes_any_buffer(root: StructBuilder) -> None:
    root.set_data(0, array.array("H", [1, 2]))  # type: ignore[arg-type]
    assert root.get_data(0) == struct.pack("=HH", 1, 2)
    for wrong in ("text", None, 3, [1]):
        with pytest.raises(ArgumentTypeError):
            root.set_data(0, wrong)  # type: ignore[arg-type]
    with memoryview(b"abc") as released:
        pass
    with pytest.raises(ArgumentTypeError):
        root.set_data(0, released)
    assert root.get_data(0) == struct.pack("=HH", 1, 2)


def test_data_is_copied_and_its_source_is_free(root: StructBuilder) -> None:
    source = bytearray(b"abc")
    root.set_data(0, source)
    source[:] = b"xyzz"  # a BufferError if it were still exported
    assert root.get_data(0) == b"abc"


# -- overwriting and staleness (P12) -------------------------------------------------------------


def handles_below(node: StructBuilder) -> dict[str, Callable[[], object]]:
    """Build one of everything below `node`; answer a use of every handle."""
    child = init_child(node)
    grandchild = init_child(child)
    empty = child.init_struct(EMPTY, 0, 0)
    numbers = child.init_list(NUMBERS, Element.UINT32, 3)
    no_numbers = grandchild.init_list(NUMBERS, Element.UINT32, 0)
    bools = child.init_list(BOOLS, Element.BOOL, 3)
    voids = grandchild.init_list(ANY, Element.VOID, 3)
    texts = child.init_pointer_list(TEXTS, 2)
    no_texts = grandchild.init_pointer_list(TEXTS, 0)
    children = child.init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS)
    empties = child.init_struct_list(EMPTIES, 2, 0, 0)
    no_children = grandchild.init_struct_list(CHILDREN, 0, 1, 1)
    element = children[1]
    empty_element = empties[1]

    def write(builder: ListBuilder, value: Any) -> None:
        builder[0] = value

    return {
        "set a field": lambda: child.set_uint64(0, 1),
        "get a field": lambda: child.get_uint64(0),
        "set a bool": lambda: child.set_bool(120, True),
        "get a bool": lambda: child.get_bool(120),
        "set a float": lambda: child.set_float64(2, 1.5),
        "get a float": lambda: child.get_float64(2),
        "a field further down": lambda: grandchild.set_uint64(0, 1),
        "set text": lambda: child.set_text(TEXT, "late"),
        "get text": lambda: child.get_text(TEXT),
        "set data": lambda: child.set_data(DATA, b"late"),
        "clear": lambda: child.clear(TEXT),
        "is_null": lambda: child.is_null(TEXT),
        "init": lambda: child.init_struct(ANY, 1, 1),
        "get": lambda: child.get_struct(CHILD),
        "an empty struct": lambda: empty.is_null(0),
        "a field of an empty struct": lambda: empty.set_bool(0, True),
        "set an element": lambda: write(numbers, 1),
        "get an element": lambda: numbers[0],
        "a list without elements": lambda: no_numbers[0],
        "set a bool element": lambda: write(bools, True),
        "a void": lambda: voids[0],
        "set a void": lambda: write(voids, None),
        "text in a list": lambda: texts.set_text(0, "late"),
        "a pointer list without elements": lambda: no_texts.is_null(0),
        "open an element": lambda: children[0],
        "an element that was open": lambda: element.set_uint64(0, 1),
        "text of an element": lambda: element.set_text(TEXT, "late"),
        "open an element without words": lambda: empties[0],
        "an element without words": lambda: empty_element.is_null(0),
        "a struct list without elements": lambda: no_children[0],
    }


OVERWRITES: dict[str, Callable[[MessageBuilder, StructBuilder], object]] = {
    "clear": lambda message, node: node.clear(CHILD),
    "init_struct": lambda message, node: init_child(node),
    "init an empty struct": lambda message, node: node.init_struct(CHILD, 0, 0),
    "init_root": lambda message, node: init_node(message),
    "an empty root": lambda message, node: message.init_root(0, 0),
}


@pytest.mark.parametrize("overwrite", OVERWRITES)
def test_handles_below_what_was_overwritten_are_stale_and_write_nothing(
    message: MessageBuilder, overwrite: str
) -> None:
    node = init_node(message)
    uses = handles_below(node)
    for use in uses.values():
        with suppress(ArgumentIndexError):
            use()  # as long as the object lives, nothing says stale
    uses = handles_below(node)
    OVERWRITES[overwrite](message, node)
    before = message.segments()
    for name, use in uses.items():
        for _ in range(2):
            with pytest.raises(StaleHandle) as caught:
                use()
            assert caught.value.segment is not None, name
            assert caught.value.offset is not None, name
    assert message.segments() == before


@pytest.mark.parametrize(
    "rebuild",
    [
        lambda root: root.init_struct(0, 0, 0),
        lambda root: root.init_list(0, Element.UINT8, 0),
        lambda root: root.init_list(0, Element.VOID, 5),
        lambda root: root.init_pointer_list(0, 0),
    ],
)
def test_objects_without_words_are_stale_after_each_overwrite(
    root: StructBuilder, rebuild: Callable[[StructBuilder], Any]
) -> None:
    """Nothing of such an object is in memory but its pointer, which each of them shares."""

    def probe(handle: Any) -> None:
        if isinstance(handle, ListBuilder):
            handle[99]
        else:
            handle.is_null(99)

    old = rebuild(root)
    with pytest.raises(ArgumentIndexError):
        probe(old)
    for _ in range(3):
        new = rebuild(root)
        with pytest.raises(StaleHandle):
            probe(old)
        with pytest.raises(ArgumentIndexError):
            probe(new)
        old = new
    root.clear(0)
    with pytest.raises(StaleHandle):
        probe(old)
    new = rebuild(root)  # into a null pointer: nothing is retired by this
    with pytest.raises(StaleHandle):
        probe(old)
    with pytest.raises(ArgumentIndexError):
        probe(new)


def test_an_opened_object_without_words_is_stale_like_a_built_one(root: StructBuilder) -> None:
    root.init_struct(0, 0, 0)
    root.init_list(1, Element.UINT8, 0)
    opened, listed = root.get_struct(0), root.get_list(1, Element.UINT8)
    assert opened is not None
    assert listed is not None
    root.clear(0)
    root.clear(1)
    with pytest.raises(StaleHandle):
        opened.is_null(0)
    with pytest.raises(StaleHandle):
        listed[0]


def test_handles_beside_what_was_overwritten_live_on(message: MessageBuilder) -> None:
    node = init_node(message)
    sibling = node.init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS)
    element = sibling[0]
    for round_ in range(20):
        init_child(node).set_text(TEXT, "x" * round_)
        element.set_uint64(0, round_)
        assert sibling[0].get_uint64(0) == round_
        assert node.get_uint64(0) == 0
    node.clear(CHILD)
    element.set_uint64(0, 77)
    assert meaning(message)["children"][0]["u64"] == 77


def test_the_root_is_stale_after_another_root(message: MessageBuilder) -> None:
    for sections in ((0, 0), (1, 1), (0, 0), (0, 0)):
        root = message.init_root(*sections)
        message.init_root(0, 0)
        with pytest.raises(StaleHandle):
            root.is_null(0)


def test_retired_words_are_zero_in_the_output(message: MessageBuilder) -> None:
    """P9: whatever an object held is gone from the output once it was overwritten."""
    node = init_node(message)
    secret = b"\xa5" * 400
    child = init_child(node)
    child.set_data(DATA, secret)
    children = child.init_struct_list(CHILDREN, 3, DATA_WORDS, POINTERS)
    for element in children:
        element.set_uint64(0, 0xA5A5_A5A5_A5A5_A5A5)
        element.init_pointer_list(TEXTS, 2).set_data(1, secret)
    node.init_struct(CHILD, 0, 0)
    assert b"\xa5" not in b"".join(message.segments())


@pytest.mark.parametrize("element", [Element.BOOL, Element.UINT8, Element.INT16, Element.FLOAT32])
def test_padding_is_zero(element: Element) -> None:
    """P9: the memory came full of random bytes, and the list does not fill its last word."""
    memory = Memory(grant_words=4)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        root.init_list(0, element, 1)
        assert message.segments()[0][16:] == bytes(8)


def test_overwriting_keeps_what_was_there_until_the_new_value_is_complete(
    root: StructBuilder,
) -> None:
    root.set_text(0, "old")
    with pytest.raises(MessageTooLarge):
        root.init_list(0, Element.INT64, 1 << 29)
    assert root.get_text(0) == "old"


# -- the order of complaints ---------------------------------------------------------------------


def test_wrong_types_come_before_stale_handles_before_indices_before_values(
    root: StructBuilder,
) -> None:
    child = root.init_struct(0, 1, 1)
    with pytest.raises(ArgumentIndexError):
        child.set_int8(99, 1000)
    with pytest.raises(ArgumentIndexError):
        child.set_int8(99, 0, 1000)
    root.clear(0)
    with pytest.raises(StaleHandle):
        child.set_int8(99, 1000)
    with pytest.raises(StaleHandle):
        child.init_struct(99, 1, 1)
    with pytest.raises(ArgumentTypeError):
        child.set_int8("0", 1000)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError):
        child.set_int8(0, 0, "0")  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError):
        child.get_int8(0, "0")  # type: ignore[arg-type]


# -- hostile arguments (P1, P10) -----------------------------------------------------------------


class Hostile:
    """Runs something when it is asked to be a number, a truth or a buffer."""

    def __init__(self, action: Callable[[], object], value: int = 1) -> None:
        self.action = action
        self.value = value

    def __index__(self) -> int:
        self.action()
        return self.value

    def __float__(self) -> float:
        self.action()
        return float(self.value)

    def __bool__(self) -> bool:
        self.action()
        return bool(self.value)

    def __buffer__(self, flags: int, /) -> memoryview:
        self.action()
        return memoryview(b"hostile!")


HAS_BUFFER_PROTOCOL = sys.version_info >= (3, 12)

HOSTILE_CALLS: dict[str, Callable[[StructBuilder, Any], object]] = {
    "offset of set": lambda s, h: s.set_int32(h, 5),
    "value": lambda s, h: s.set_int32(0, h),
    "default of set": lambda s, h: s.set_int32(0, 5, h),
    "offset of get": lambda s, h: s.get_int32(h),
    "default of get": lambda s, h: s.get_int32(0, h),
    "offset of a bool": lambda s, h: s.set_bool(h, True),
    "value of a bool": lambda s, h: s.set_bool(0, h),
    "default of a bool": lambda s, h: s.set_bool(0, True, h),
    "default of a get_bool": lambda s, h: s.get_bool(0, h),
    "offset of a float": lambda s, h: s.set_float32(h, 1.0),
    "value of a float": lambda s, h: s.set_float32(0, h),
    "default of a float": lambda s, h: s.set_float32(0, 1.0, h),
    "default of a get_float": lambda s, h: s.get_float32(0, h),
    "pointer index": lambda s, h: s.init_struct(h, 1, 1),
    "data words": lambda s, h: s.init_struct(0, h, 1),
    "pointer count": lambda s, h: s.init_struct(0, 1, h),
    "count": lambda s, h: s.init_list(0, Element.INT8, h),
    "count of structs": lambda s, h: s.init_struct_list(0, h, 1, 1),
    "pointer index of text": lambda s, h: s.set_text(h, "text"),
    "pointer index of clear": lambda s, h: s.clear(h),
}
if HAS_BUFFER_PROTOCOL:
    HOSTILE_CALLS["buffer"] = lambda s, h: s.set_data(0, h)


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_raises_is_an_argument_error(
    message: MessageBuilder, root: StructBuilder, call: str
) -> None:
    def fail() -> None:
        raise RuntimeError("hostile")

    child = root.init_struct(0, 2, 2)
    before = message.segments()
    with pytest.raises(ArgumentError):
        HOSTILE_CALLS[call](child, Hostile(fail))
    assert message.segments() == before


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_retires_the_object_finds_it_stale(
    message: MessageBuilder, root: StructBuilder, call: str
) -> None:
    """P10 and P12: the caller's code has run before the handle is looked at."""
    child = root.init_struct(0, 2, 2)
    child.set_text(1, "secret")
    with pytest.raises(StaleHandle):
        HOSTILE_CALLS[call](child, Hostile(lambda: root.clear(0)))
    assert message.segments()[0][40:] == bytes(len(message.segments()[0]) - 40)
    assert root.is_null(0)


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_closes_the_message_finds_it_closed(call: str) -> None:
    memory = Memory(grant_words=16)
    message = MessageBuilder(memory)
    child = message.init_root(1, 1).init_struct(0, 2, 2)
    with pytest.raises(Closed):
        HOSTILE_CALLS[call](child, Hostile(message.close))
    memory.require_all_released()


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_builds_is_finished_first(
    message: MessageBuilder, root: StructBuilder, call: str
) -> None:
    child = root.init_struct(0, 2, 2)
    HOSTILE_CALLS[call](child, Hostile(lambda: root.set_text(1, "inner")))
    assert root.get_text(1) == "inner"
    assert message.to_bytes()


class ByMetaclass(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("nameless")


class Nameless(metaclass=ByMetaclass):
    pass


@pytest.mark.parametrize(
    "call",
    [
        lambda root, wrong: root.set_int32(0, wrong),
        lambda root, wrong: root.set_float64(0, wrong),
        lambda root, wrong: root.set_text(0, wrong),
        lambda root, wrong: root.set_data(0, wrong),
        lambda root, wrong: root.init_list(0, wrong, 1),
    ],
)
def test_even_an_object_whose_class_has_no_name_is_a_wrong_type(
    root: StructBuilder, call: Callable[[StructBuilder, Any], object]
) -> None:
    with pytest.raises(ArgumentTypeError):
        call(root, Nameless())


def test_an_object_that_claims_to_be_an_element_is_none(root: StructBuilder) -> None:
    with pytest.raises(ArgumentTypeError):
        root.init_list(0, Mock(spec=Element), 1)
    with pytest.raises(ArgumentTypeError):
        root.get_list(0, Mock(spec=Element))


def test_a_message_has_one_owner(message: MessageBuilder, root: StructBuilder) -> None:
    for wrong in (copy.deepcopy, pickle.dumps):
        for original in (message, root):
            with pytest.raises(Error):
                wrong(original)
    root.set_uint64(0, 1)


class Interrupting:
    """A number whose owner is interrupted while it is asked for."""

    def __float__(self) -> float:
        raise KeyboardInterrupt


class Complaining:
    """A number that cannot be had."""

    def __float__(self) -> float:
        raise RuntimeError("not today")


def test_an_interrupt_in_a_conversion_passes_unchanged() -> None:
    with MessageBuilder() as message, pytest.raises(KeyboardInterrupt):
        message.init_root(1, 0).set_float64(0, Interrupting())  # type: ignore[arg-type]


def test_what_a_conversion_raises_is_the_cause() -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 0)
        with pytest.raises(ArgumentTypeError) as caught:
            root.set_float64(0, Complaining())  # type: ignore[arg-type]
        assert isinstance(caught.value.__cause__, RuntimeError)
        with pytest.raises(ArgumentValueError):
            root.set_float64(0, 10**400)
        with pytest.raises(ArgumentTypeError):
            root.set_float64(0, "1.5")  # type: ignore[arg-type]
