"""The reader: messages made by hand, texts, kinds and sizes.

Names in parentheses in the docstrings of tests are the public advisories or issues in which other
implementations met the same bytes.
"""

from __future__ import annotations

import array
import mmap
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from capnsafe import wire
from capnsafe._read.reader import MessageReader
from capnsafe.errors import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    InvalidText,
    PointerKindMismatch,
    PointerOutOfBounds,
)
from capnsafe.wire import ELEMENTS, Element
from tests.capnsafe.reader_schema import ROOT, list_pointer, plain, root_of, rooted, segment_of

# -- messages made by hand -------------------------------------------------------------------------


def test_reads_a_struct_by_hand() -> None:
    root = root_of([segment_of(wire.struct_shape(1, 1), b"\x01\x02\x03\x04\x05\x06\x07\x88", 0)])
    assert root.data_bytes == 8
    assert root.pointer_count == 1
    assert root.get_uint8(7) == 0x88
    assert root.get_int8(7) == 0x88 - 256
    assert root.get_uint16(1) == 0x0403
    assert root.get_uint32(1) == 0x88070605
    assert root.get_uint64(0) == 0x8807060504030201
    assert root.get_int64(0) == 0x8807060504030201 - (1 << 64)
    assert root.get_int32(1) == 0x88070605 - (1 << 32)
    assert root.get_int16(3) == 0x8807 - (1 << 16)
    assert root.get_float64(0) == struct.unpack("<d", b"\x01\x02\x03\x04\x05\x06\x07\x88")[0]
    assert root.get_float32(1) == struct.unpack("<f", b"\x05\x06\x07\x88")[0]
    assert [root.get_bool(bit) for bit in range(59, 64)] == [True, False, False, False, True]
    assert root.get_bool(63, default=True) is False
    assert root.get_bool(64, default=True) is True
    assert root.is_null(0)
    assert root.is_null(1)


def test_null_pointers_are_none() -> None:
    """Also a pointer that an older writer did not have."""
    for row in (rooted(0), root_of([segment_of(0)])):
        assert row.is_null(0)
        assert row.get_struct(0) is None
        assert row.get_list(0, Element.UINT8) is None
        assert row.get_pointer_list(0) is None
        assert row.get_struct_list(0) is None
        assert row.get_text(0) is None
        assert row.get_data(0) is None


def test_what_an_older_struct_left_out_is_zero() -> None:
    root = root_of([segment_of(0)])
    for element in ELEMENTS:
        if element is not Element.VOID:
            assert getattr(root, f"get_{element.name.lower()}")(0) == 0


def test_a_pointer_in_the_first_word_of_a_segment() -> None:
    """Word 0 is a place like any other."""
    pads = segment_of(wire.far_pointer(2, 0), wire.struct_shape(0, 1))
    far = segment_of(wire.far_pointer(1, 0, double=True))
    blob = root_of([far, pads, segment_of(list_pointer(wire.SIZE_BYTE, 3), b"ab\0")])
    assert not blob.is_null(0)
    assert blob.get_text(0) == "ab"
    assert blob.get_data(0) == b"ab\0"
    octets = blob.get_list(0, Element.UINT8)
    assert octets is not None
    assert list(octets) == [97, 98, 0]
    child = root_of([far, pads, segment_of(wire.struct_shape(1, 0), 5)]).get_struct(0)
    assert child is not None
    assert child.get_uint64(0) == 5


def test_a_null_root_reads_as_an_empty_struct() -> None:
    root = root_of([segment_of(0)])
    assert (root.data_bytes, root.pointer_count) == (0, 0)
    assert root.get_float32(0, default=1.5) == 1.5
    assert root.get_uint64(0, default=3) == 3


@pytest.mark.parametrize("segments", [[], [b""], [b"\0" * 7]])
def test_no_root_pointer(segments: list[bytes]) -> None:
    with pytest.raises(PointerOutOfBounds) as caught:
        root_of(segments)
    assert (caught.value.segment, caught.value.offset) == (0, 0)


def test_bytes_behind_the_last_whole_word_do_not_count() -> None:
    message = segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 5), b"abcd")
    assert root_of([message]).get_data(0) == b"abcd\0"
    with pytest.raises(PointerOutOfBounds):
        root_of([message[:-1]]).get_data(0)


@pytest.mark.parametrize(
    "wrap",
    [
        bytearray,
        memoryview,
        lambda octets: array.array("Q", octets),
        lambda octets: memoryview(octets).cast("Q").cast("B").cast("d"),
        lambda octets: memoryview(octets).cast("B", [2, len(octets) // 2]),
    ],
)
def test_any_contiguous_buffer_is_a_segment(wrap: Callable[[bytes], Any]) -> None:
    message = segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 3), b"abc")
    assert MessageReader([wrap(message)]).get_root().get_data(0) == b"abc"


def test_a_mapped_segment() -> None:
    message = segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 3), b"abc")
    with mmap.mmap(-1, 4096) as mapping:
        mapping[: len(message)] = message
        reader = MessageReader((mapping,))
        assert reader.get_root().get_data(0) == b"abc"
        del reader


class Unreachable(list[bytes]):
    """A sequence that cannot be walked through."""

    def __iter__(self) -> Iterator[bytes]:
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    "segments", [5, None, b"bytes", "text", [5], ["text"], [None], Unreachable([b""])]
)
def test_segments_that_are_no_buffers(segments: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        MessageReader(segments)


def test_a_scattered_buffer_is_refused() -> None:
    with pytest.raises(ArgumentTypeError, match="segment 1"):
        MessageReader([b"", memoryview(bytes(16))[::2]])


@pytest.mark.parametrize("limit", ["traversal_limit_words", "nesting_limit"])
def test_limits_are_whole_numbers(limit: str) -> None:
    wrong: Any = {limit: "1"}
    with pytest.raises(ArgumentTypeError, match=rf"\b{limit}\b"):
        MessageReader([b""], **wrong)
    with pytest.raises(ArgumentValueError, match=rf"\b{limit}\b"):
        MessageReader([b""], **{limit: -1})


def test_indices_are_checked() -> None:
    root = rooted(list_pointer(wire.SIZE_POINTER, 1), 0)
    row = root.get_pointer_list(0)
    assert row is not None
    wrong: Any = "0"
    for call in (root.is_null, root.get_uint8, root.get_bool, root.get_float64, row.is_null):
        with pytest.raises(ArgumentIndexError):
            call(-1)
        with pytest.raises(ArgumentTypeError):
            call(wrong)
    with pytest.raises(ArgumentIndexError):
        row.get_text(1)


def test_lists_check_their_indices() -> None:
    root = rooted(list_pointer(wire.SIZE_BYTE, 3), b"abc")
    for row in (root.get_list(0, Element.UINT8), root.get_struct_list(0)):
        assert row is not None
        for index in (-1, 3, 1 << 70):
            with pytest.raises(ArgumentIndexError):
                row[index]


class Two:
    """A number, but not an int."""

    def __index__(self) -> int:
        return 2


def test_whatever_is_an_index_is_taken() -> None:
    two: Any = Two()
    root = root_of([segment_of(wire.struct_shape(1, 0), b"\x01\x02\x07")])
    assert root.get_uint8(two) == 7
    assert root.get_uint8(0, default=two) == 3
    assert root.get_bool(two) is False


def test_numbers_too_long_to_print() -> None:
    """Python refuses to print them; the complaint is ours all the same."""
    huge = 10**5000
    root = rooted(list_pointer(wire.SIZE_BYTE, 3), b"abc")
    row = root.get_list(0, Element.UINT8)
    assert row is not None
    for call in (root.is_null, root.get_uint8, row.__getitem__):
        with pytest.raises(ArgumentIndexError, match=r"\b16610\b"):
            call(-huge)
    with pytest.raises(ArgumentIndexError, match=r"\b16610\b"):
        row[huge]
    with pytest.raises(ArgumentValueError, match=r"\b16610\b"):
        root.get_uint8(0, default=huge)
    with pytest.raises(ArgumentValueError, match=r"\b16610\b"):
        MessageReader([], nesting_limit=-huge)
    assert root.get_uint8(huge) == 0
    assert root.get_bool(huge) is False
    assert root.is_null(huge)
    generous = MessageReader([segment_of(ROOT, 0)], traversal_limit_words=huge, nesting_limit=huge)
    assert generous.get_root().get_text(0) is None


class Rude:
    """Raises from whatever is asked of it, in words that raise as well."""

    class Refusal(Exception):
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    def __index__(self) -> int:
        raise self.Refusal

    def __float__(self) -> float:
        raise self.Refusal

    def __buffer__(self, flags: int) -> memoryview:
        raise self.Refusal


def test_arguments_that_raise() -> None:
    rude: Any = Rude()
    root = rooted(0)
    for call in (
        lambda: root.get_uint8(rude),
        lambda: root.get_uint8(0, default=rude),
        lambda: root.get_float64(0, default=rude),
        lambda: root.get_bool(0, default=rude),
        lambda: root.is_null(rude),
        lambda: MessageReader([rude]),
        lambda: MessageReader(rude),
        lambda: MessageReader([], nesting_limit=rude),
    ):
        with pytest.raises(ArgumentTypeError):
            call()


def test_defaults_are_checked() -> None:
    root = rooted(0)
    wrong: Any = "1"
    for call in (root.get_uint8, root.get_bool, root.get_float32):
        with pytest.raises(ArgumentTypeError):
            call(0, default=wrong)
    with pytest.raises(ArgumentValueError):
        root.get_uint8(0, default=256)
    with pytest.raises(ArgumentValueError):
        root.get_int8(0, default=-129)
    with pytest.raises(ArgumentValueError, match="FLOAT32"):
        root.get_float32(0, default=1e39)
    assert root.get_float32(0, default=0.1) == struct.unpack("<f", struct.pack("<f", 0.1))[0]


def test_a_negative_zero_is_a_default_too() -> None:
    root = root_of([segment_of(wire.struct_shape(1, 0), 0)])
    assert plain(root.get_float64(0, default=-0.0)) == plain(-0.0)
    assert plain(root.get_float32(0, default=-0.0)) == plain(-0.0)


def test_an_element_must_be_an_element() -> None:
    wrong: Any = "UINT8"
    with pytest.raises(ArgumentTypeError):
        rooted(0).get_list(0, wrong)


# -- text and data ---------------------------------------------------------------------------------


def text_of(octets: bytes) -> str | None:
    return rooted(list_pointer(wire.SIZE_BYTE, len(octets)), octets).get_text(0)


def test_text_ends_in_a_nul() -> None:
    assert text_of(b"\0") == ""
    assert text_of(b"abcdefg\0") == "abcdefg"
    assert text_of(b"a\0b\0") == "a\0b"
    with pytest.raises(InvalidText):
        text_of(b"abc")


def test_text_of_no_bytes() -> None:
    """A length of zero minus the NUL is no length (CVE-2015-2311)."""
    with pytest.raises(InvalidText):
        text_of(b"")
    assert rooted(list_pointer(wire.SIZE_BYTE, 0)).get_data(0) == b""


@pytest.mark.parametrize("octets", [b"\xff\0", b"ab\xc3\0", b"\xed\xa0\x80\0", b"\xc0\x80\0"])
def test_text_is_utf8(octets: bytes) -> None:
    with pytest.raises(InvalidText) as caught:
        text_of(octets)
    assert isinstance(caught.value.__cause__, UnicodeDecodeError)


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        (list_pointer(wire.SIZE_VOID, 0), "a list of voids"),
        (list_pointer(wire.SIZE_BIT, 8), "a list of bits"),
        (list_pointer(wire.SIZE_TWO_BYTES, 1), "a list of 2-byte values"),
        (list_pointer(wire.SIZE_COMPOSITE, 0), "a list of structs"),
        (wire.EMPTY_STRUCT, "a struct"),
        (wire.OTHER, "a capability"),
    ],
)
def test_blobs_are_lists_of_bytes(pointer: int, name: str) -> None:
    root = rooted(pointer, 0)
    with pytest.raises(PointerKindMismatch, match=rf"\b{name}\b"):
        root.get_text(0)
    with pytest.raises(PointerKindMismatch, match=rf"\b{name}\b"):
        root.get_data(0)


# -- kinds and sizes -------------------------------------------------------------------------------


def test_a_list_is_no_struct_and_the_other_way_round() -> None:
    with pytest.raises(PointerKindMismatch):
        rooted(list_pointer(wire.SIZE_VOID, 0)).get_struct(0)
    with pytest.raises(PointerKindMismatch):
        root_of([segment_of(list_pointer(wire.SIZE_VOID, 0))])
    for pointer, name in ((wire.EMPTY_STRUCT, "a struct"), (wire.OTHER, "a capability")):
        root = rooted(pointer)
        with pytest.raises(PointerKindMismatch, match=rf"\b{name}\b"):
            root.get_list(0, Element.UINT8)
        with pytest.raises(PointerKindMismatch):
            root.get_pointer_list(0)
        with pytest.raises(PointerKindMismatch):
            root.get_struct_list(0)
    with pytest.raises(PointerKindMismatch):
        rooted(wire.OTHER).get_struct(0)


@pytest.mark.parametrize("found", range(7))
@pytest.mark.parametrize("asked", ELEMENTS)
def test_elements_have_the_size_that_was_written(found: int, asked: Element) -> None:
    """Asking for another size would show other elements, or memory after the list."""
    root = rooted(list_pointer(found, 1), 0x0123456789ABCDEF)
    if asked.size_code == found:
        row = root.get_list(0, asked)
        assert row is not None
        assert len(row) == 1
    else:
        with pytest.raises(PointerKindMismatch):
            root.get_list(0, asked)


@pytest.mark.parametrize("found", range(6))
def test_values_are_no_pointers(found: int) -> None:
    with pytest.raises(PointerKindMismatch):
        rooted(list_pointer(found, 1), 0).get_pointer_list(0)


def test_structs_without_data_are_no_values_and_those_without_pointers_no_pointers() -> None:
    only_pointers = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(1, 0, 1), 0)
    assert only_pointers.get_pointer_list(0) is not None
    with pytest.raises(PointerKindMismatch):
        only_pointers.get_list(0, Element.UINT8)
    voids = only_pointers.get_list(0, Element.VOID)
    assert voids is not None
    assert list(voids) == [None]
    only_data = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(1, 1, 0), 7)
    numbers = only_data.get_list(0, Element.UINT64)
    assert numbers is not None
    assert list(numbers) == [7]
    with pytest.raises(PointerKindMismatch):
        only_data.get_pointer_list(0)


def test_structs_read_as_pointers_have_their_data_before_them() -> None:
    """Their data is not a pointer, and the step is the whole struct (CVE-2022-46149)."""
    evil = list_pointer(wire.SIZE_BYTE, 1 << 20)
    root = rooted(
        list_pointer(wire.SIZE_COMPOSITE, 8),
        wire.tag(2, 2, 2),
        evil,
        evil,
        list_pointer(wire.SIZE_BYTE, 2, 5),
        evil,
        evil,
        evil,
        list_pointer(wire.SIZE_BYTE, 2, 2),
        evil,
        b"a\0",
        b"b\0",
    )
    row = root.get_pointer_list(0)
    assert row is not None
    assert [row.get_text(index) for index in range(len(row))] == ["a", "b"]


def test_values_read_as_structs_end_where_they_end() -> None:
    """A byte has no second byte, however many bytes follow it (CVE-2022-46149)."""
    root = rooted(list_pointer(wire.SIZE_BYTE, 3), b"\x01\x02\x03\xff")
    row = root.get_struct_list(0)
    assert row is not None
    assert [each.data_bytes for each in row] == [1, 1, 1]
    assert [each.get_uint8(0) for each in row] == [1, 2, 3]
    assert [each.get_uint8(1, default=9) for each in row] == [9, 9, 9]
    assert [each.get_uint16(0, default=9) for each in row] == [9, 9, 9]
    assert [each.get_bool(8, default=True) for each in row] == [True, True, True]
    assert row[0].get_text(0) is None


def test_pointers_read_as_structs_are_no_data() -> None:
    root = rooted(list_pointer(wire.SIZE_POINTER, 2), list_pointer(wire.SIZE_BYTE, 2, 1), 0, b"a")
    row = root.get_struct_list(0)
    assert row is not None
    assert [(each.data_bytes, each.pointer_count) for each in row] == [(0, 1), (0, 1)]
    assert [each.get_uint8(0, default=9) for each in row] == [9, 9]
    assert [each.get_text(0) for each in row] == ["a", None]


def test_an_empty_list_of_structs() -> None:
    root = rooted(list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag(0, 1, 1))
    row = root.get_struct_list(0)
    assert row is not None
    assert len(row) == 0
    assert list(row) == []


def test_a_tag_counts_no_more_than_there_is() -> None:
    """2^30 - 1 elements of 2^17 - 2 words, in a list of one word."""
    root = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag((1 << 30) - 1, 65535, 65535), 0)
    with pytest.raises(PointerOutOfBounds) as caught:
        root.get_struct_list(0)
    assert caught.value.words_asked == ((1 << 30) - 1) * 131070
    assert caught.value.words_granted == 1
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(2, 1, 0), 0, 0).get_struct_list(0)
    assert rooted(list_pointer(wire.SIZE_COMPOSITE, 2), wire.tag(2, 1, 0), 0, 0).get_struct_list(0)


def test_a_tag_lies_within_the_message() -> None:
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_COMPOSITE, 0)).get_struct_list(0)


def test_a_tag_describes_structs() -> None:
    root = rooted(list_pointer(wire.SIZE_COMPOSITE, 1), list_pointer(wire.SIZE_VOID, 1), 0)
    with pytest.raises(PointerKindMismatch):
        root.get_struct_list(0)
