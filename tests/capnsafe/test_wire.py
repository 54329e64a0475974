"""Words and pointers, against examples from the encoding and against themselves."""

from __future__ import annotations

import copy
import pickle
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capnsafe import ArgumentTypeError, MessageBuilder, read_message, wire
from capnsafe.wire import ELEMENTS, Element
from tests.builds import plain_only

offsets = st.integers(-(1 << 29), (1 << 29) - 1)
sections = st.integers(0, wire.MAX_SECTION)
counts = st.integers(0, wire.MAX_LIST_COUNT)
size_codes = st.integers(0, 7)


def test_the_limits_of_the_encoding() -> None:
    """29 bits for words and elements, 16 for sections, 32 for segments."""
    assert wire.WORD_BYTES == 8
    assert wire.MAX_SEGMENT_WORDS == wire.MAX_LIST_COUNT == 536870911
    assert wire.MAX_SECTION == 65535
    assert wire.MAX_SEGMENTS == 4294967296
    assert (wire.STRUCT, wire.LIST, wire.FAR, wire.OTHER) == (0, 1, 2, 3)


def word(hexadecimal: str) -> int:
    """Return the word with these bytes, in the order of memory."""
    return int.from_bytes(bytes.fromhex(hexadecimal), "little")


@pytest.mark.parametrize(
    ("pointer", "octets"),
    [
        # The example of the encoding specification, "Packing": a struct pointer and a text pointer.
        (wire.with_offset(wire.struct_shape(3, 2), 2), "08 00 00 00 03 00 02 00"),
        (wire.with_offset(wire.list_shape(wire.SIZE_BYTE, 53), 6), "19 00 00 00 aa 01 00 00"),
        (wire.EMPTY_STRUCT, "fc ff ff ff 00 00 00 00"),
        (wire.with_offset(wire.struct_shape(0xFFFF, 0x8000), -1), "fc ff ff ff ff ff 00 80"),
        (wire.list_shape(wire.SIZE_COMPOSITE, (1 << 29) - 1), "01 00 00 00 ff ff ff ff"),
        (wire.with_offset(wire.list_shape(1, 0), -(1 << 29)), "01 00 00 80 01 00 00 00"),
        (wire.far_pointer(0x01020304, 5), "2a 00 00 00 04 03 02 01"),
        (wire.far_pointer(7, (1 << 29) - 1, double=True), "fe ff ff ff 07 00 00 00"),
        (wire.tag(4, 1, 2), "10 00 00 00 01 00 02 00"),
    ],
)
def test_pointers_as_they_lie_in_memory(pointer: int, octets: str) -> None:
    assert pointer == word(octets)
    assert wire.POINTER.pack(pointer) == bytes.fromhex(octets)


@given(sections, sections, offsets)
def test_struct_pointers(data_words: int, pointers: int, words: int) -> None:
    shape = wire.struct_shape(data_words, pointers)
    pointer = wire.with_offset(shape, words)
    assert wire.kind(pointer) == wire.STRUCT
    assert wire.offset(pointer) == words
    assert wire.shape_of(pointer) == shape
    assert wire.struct_data_words(pointer) == data_words
    assert wire.struct_pointers(pointer) == pointers
    assert wire.object_words(pointer) == data_words + pointers
    assert pointer < 1 << 64


@given(size_codes, counts, offsets)
def test_list_pointers(size_code: int, count: int, words: int) -> None:
    shape = wire.list_shape(size_code, count)
    pointer = wire.with_offset(shape, words)
    assert wire.kind(pointer) == wire.LIST
    assert wire.offset(pointer) == words
    assert wire.shape_of(pointer) == shape
    assert wire.list_size_code(pointer) == size_code
    assert wire.list_count(pointer) == count
    assert wire.object_words(pointer) == wire.list_body_words(size_code, count)
    assert pointer < 1 << 64


@given(st.integers(0, wire.MAX_SEGMENTS - 1), st.integers(0, wire.MAX_SEGMENT_WORDS), st.booleans())
def test_far_pointers(segment: int, pad: int, double: bool) -> None:
    pointer = wire.far_pointer(segment, pad, double=double)
    assert wire.kind(pointer) == wire.FAR
    assert wire.far_segment(pointer) == segment
    assert wire.far_offset(pointer) == pad
    assert wire.far_is_double(pointer) is double
    assert pointer < 1 << 64


@given(st.integers(0, (1 << 30) - 1), sections, sections)
def test_tags(count: int, data_words: int, pointers: int) -> None:
    tag = wire.tag(count, data_words, pointers)
    assert wire.kind(tag) == wire.STRUCT
    assert wire.tag_count(tag) == count
    assert wire.struct_data_words(tag) == data_words
    assert wire.struct_pointers(tag) == pointers
    assert tag < 1 << 64


@given(st.integers(0, (1 << 64) - 1))
def test_any_word_is_taken_apart_without_complaint(pointer: int) -> None:
    """And put together again, which shows that no bit was read twice or not at all."""
    if wire.kind(pointer) == wire.STRUCT:
        shape = wire.struct_shape(wire.struct_data_words(pointer), wire.struct_pointers(pointer))
        assert wire.with_offset(shape, wire.offset(pointer)) == pointer
    elif wire.kind(pointer) == wire.LIST:
        shape = wire.list_shape(wire.list_size_code(pointer), wire.list_count(pointer))
        assert wire.with_offset(shape, wire.offset(pointer)) == pointer
    elif wire.kind(pointer) == wire.FAR:
        again = wire.far_pointer(
            wire.far_segment(pointer),
            wire.far_offset(pointer),
            double=wire.far_is_double(pointer),
        )
        assert again == pointer


@pytest.mark.parametrize("words", [1 << 29, -(1 << 29) - 1, 1 << 40])
def test_an_offset_of_more_than_30_bits_is_refused(words: int) -> None:
    with pytest.raises(OverflowError, match=str(words)):
        wire.with_offset(wire.struct_shape(1, 1), words)


@pytest.mark.parametrize(
    ("size_code", "count", "words"),
    [
        (wire.SIZE_VOID, wire.MAX_LIST_COUNT, 0),
        (wire.SIZE_BIT, 0, 0),
        (wire.SIZE_BIT, 1, 1),
        (wire.SIZE_BIT, 64, 1),
        (wire.SIZE_BIT, 65, 2),
        (wire.SIZE_BYTE, 8, 1),
        (wire.SIZE_BYTE, 9, 2),
        (wire.SIZE_TWO_BYTES, 4, 1),
        (wire.SIZE_TWO_BYTES, 5, 2),
        (wire.SIZE_FOUR_BYTES, 3, 2),
        (wire.SIZE_EIGHT_BYTES, wire.MAX_LIST_COUNT, wire.MAX_LIST_COUNT),
        (wire.SIZE_POINTER, 3, 3),
        (wire.SIZE_COMPOSITE, 0, 1),
        (wire.SIZE_COMPOSITE, 6, 7),
    ],
)
def test_the_words_of_a_list(size_code: int, count: int, words: int) -> None:
    assert wire.list_body_words(size_code, count) == words


@pytest.mark.parametrize("element", ELEMENTS)
def test_elements(element: Element) -> None:
    """The width that a list pointer says is the width that is read and written."""
    assert element.bits == wire.ELEMENT_BITS[element.size_code]
    assert element.bytes == element.bits // 8
    if element in (Element.VOID, Element.BOOL):
        assert element.bytes == 0
        return
    assert element.codec.size == element.raw.size == element.bytes
    assert element.raw.pack(1) == bytes([1]) + bytes(element.bytes - 1)
    if element.floating:
        assert element.codec.unpack(element.codec.pack(-0.5)) == (-0.5,)
        return
    assert element.high - element.low == (1 << element.bits) - 1
    for value in (element.low, element.high):
        assert element.codec.unpack(element.codec.pack(value)) == (value,)
    for value in (element.low - 1, element.high + 1):
        with pytest.raises(struct.error):
            element.codec.pack(value)


def test_each_element_is_an_attribute_under_its_name() -> None:
    assert len(ELEMENTS) == 12
    assert [getattr(Element, each.name) for each in ELEMENTS] == list(ELEMENTS)
    assert [repr(each) for each in ELEMENTS] == [f"Element.{each.name}" for each in ELEMENTS]
    assert [each.name for each in ELEMENTS if each.floating] == ["FLOAT32", "FLOAT64"]


@pytest.mark.parametrize("element", ELEMENTS)
def test_a_copy_of_an_element_is_the_element(element: Element) -> None:
    assert copy.copy(element) is element
    assert copy.deepcopy(element) is element
    assert pickle.loads(pickle.dumps(element)) is element


@plain_only("Python itself refuses to make such an object of a compiled class")
def test_an_element_that_a_caller_made_is_refused() -> None:
    """Its width could be any, and so could the words that it reads."""
    made = Element("UINT64", "<Q", wire.SIZE_BYTE, 0, 255)
    with MessageBuilder() as message:
        root = message.init_root(1, 1)
        for refused in (made, object.__new__(Element)):
            with pytest.raises(ArgumentTypeError):
                root.init_list(0, refused, 1)
            with pytest.raises(ArgumentTypeError):
                read_message(message.to_bytes()).get_root().get_list(0, refused)
