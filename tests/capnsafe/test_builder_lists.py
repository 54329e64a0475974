"""Builders of lists, texts and data."""

from __future__ import annotations

import array
import struct
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from capnsafe import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Element,
    InvalidText,
    ListBuilder,
    MessageBuilder,
    MessageTooLarge,
    PointerListBuilder,
    StructBuilder,
    StructListBuilder,
    wire,
)
from tests.builds import patches_constants
from tests.capnsafe.elements import INTEGERS, PRIMITIVES, sample_of

# -- lists -----------------------------------------------------------------------------------------


@pytest.mark.untraced
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


# -- text and data ---------------------------------------------------------------------------------


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


@patches_constants
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
