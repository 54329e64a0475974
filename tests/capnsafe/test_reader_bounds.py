"""The reader stays within its segments, along far pointers too.

Names in parentheses in the docstrings of tests are the public advisories or issues in which other
implementations met the same bytes.
"""

from __future__ import annotations

import pytest

from capnsafe import wire
from capnsafe.errors import PointerKindMismatch, PointerOutOfBounds
from capnsafe.wire import ELEMENTS, Element
from tests.capnsafe.reader_schema import ROOT, list_pointer, root_of, rooted, segment_of

# -- bounds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_code", range(1, 8))
def test_the_largest_list_does_not_fit_a_small_message(size_code: int) -> None:
    """Nor does its size in bits become small by wrapping (CVE-2015-2310)."""
    root = rooted(list_pointer(size_code, wire.MAX_LIST_COUNT), 0, 0)
    for opened in (
        lambda: root.get_list(0, Element.UINT8),
        lambda: root.get_pointer_list(0),
        lambda: root.get_struct_list(0),
    ):
        with pytest.raises(PointerOutOfBounds) as caught:
            opened()
        assert caught.value.words_asked == wire.list_body_words(size_code, wire.MAX_LIST_COUNT)
        assert caught.value.words_granted == 4


@pytest.mark.parametrize("size_code", range(1, 6))
def test_a_list_ends_with_its_segment(size_code: int) -> None:
    """A list that fills its last word to the last bit is read, and one more element is not."""
    element = next(each for each in ELEMENTS if each.size_code == size_code)
    count = 128 // element.bits
    row = rooted(list_pointer(size_code, count), 1, 1 << 63).get_list(0, element)
    assert row is not None
    assert row[count - 1] == (1 << 63 >> (64 - element.bits) if element.bits > 1 else True) or (
        element.low < 0
    )
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(size_code, count + 1), 1, 1).get_list(0, element)


@pytest.mark.parametrize("offset", [-3, -4, -(1 << 29), 1, 2, (1 << 29) - 1])
def test_an_offset_outside_the_segment(offset: int) -> None:
    """Before its start as well as behind its end."""
    struct_pointer = wire.with_offset(wire.struct_shape(1, 0), offset)
    with pytest.raises(PointerOutOfBounds) as caught:
        rooted(struct_pointer, 0).get_struct(0)
    assert (caught.value.segment, caught.value.offset) == (0, 2 + offset)
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_BYTE, 1, offset), 0).get_data(0)


def test_a_negative_offset_within_the_segment() -> None:
    root = rooted(list_pointer(wire.SIZE_EIGHT_BYTES, 1, -2))
    row = root.get_list(0, Element.UINT64)
    assert row is not None
    assert list(row) == [ROOT]


def test_an_object_without_words_lies_within_the_segment_too() -> None:
    for offset, good in ((-1, True), (0, True), (-2, True), (-3, False), (1, False)):
        pointer = wire.with_offset(wire.struct_shape(0, 0), offset) if offset else 0
        if good:
            rooted(pointer).get_struct(0)
        else:
            with pytest.raises(PointerOutOfBounds):
                rooted(pointer).get_struct(0)
    with pytest.raises(PointerOutOfBounds):
        rooted(list_pointer(wire.SIZE_VOID, 5, 1)).get_list(0, Element.VOID)


def test_sections_are_unsigned() -> None:
    """32768 words are not minus 32768."""
    data, pointers = 0x8000, 0x8001
    message = segment_of(wire.struct_shape(data, pointers)) + bytes(8 * (data + pointers - 1))
    with pytest.raises(PointerOutOfBounds):
        root_of([message])
    root = root_of([message + segment_of(list_pointer(wire.SIZE_VOID, 1, -1))])
    assert root.data_bytes == data * 8
    assert root.get_uint64(data - 1) == 0
    assert root.get_uint64(data, default=5) == 5
    assert not root.is_null(pointers - 1)
    assert root.is_null(pointers)


@pytest.mark.parametrize("offset", [1, (1 << 32) - 1, (1 << 61), (1 << 64) - 1, 1 << 64])
def test_no_offset_of_a_field_wraps(offset: int) -> None:
    """(offset + 1) * bits is no small number."""
    root = root_of([segment_of(wire.struct_shape(1, 0), 0x0123456789ABCDEF)])
    assert root.get_uint64(offset, default=7) == 7
    assert root.get_float64(offset, default=7.5) == 7.5
    assert root.get_bool(offset + 64, default=True) is True
    assert root.get_text(offset) is None


# -- far pointers ----------------------------------------------------------------------------------


FAR_ROOT = segment_of(ROOT, wire.far_pointer(1, 1))


def test_a_far_pointer() -> None:
    pad = list_pointer(wire.SIZE_BYTE, 3, 1)
    root = root_of([FAR_ROOT, segment_of(0, pad, 0, b"abc")])
    assert not root.is_null(0)
    assert root.get_data(0) == b"abc"


def test_a_far_pointer_into_its_own_segment() -> None:
    root = rooted(wire.far_pointer(0, 2), list_pointer(wire.SIZE_BYTE, 3), b"abc")
    assert root.get_data(0) == b"abc"


def test_a_far_pointer_to_a_null_pad() -> None:
    """A pad is never null; read as a pointer, it is a struct without words."""
    root = root_of([FAR_ROOT, segment_of(0, 0)])
    opened = root.get_struct(0)
    assert opened is not None
    assert opened.pointer_count == 0


@pytest.mark.parametrize("segment", [2, 3, (1 << 32) - 1])
@pytest.mark.parametrize("double", [False, True])
def test_a_far_pointer_to_no_segment(segment: int, double: bool) -> None:
    far = segment_of(ROOT, wire.far_pointer(segment, 0, double=double))
    with pytest.raises(PointerOutOfBounds, match=rf"\b{segment}\b"):
        root_of([far, segment_of(0, 0)]).get_text(0)


@pytest.mark.parametrize(
    ("pad", "double", "good"),
    [
        (1, False, True),
        (2, False, False),
        (0, True, True),
        (1, True, False),
        (wire.MAX_SEGMENT_WORDS, False, False),
        (wire.MAX_SEGMENT_WORDS, True, False),
    ],
)
def test_a_pad_lies_within_its_segment(pad: int, double: bool, good: bool) -> None:
    """The second word of a double pad as well, which is not looked at before."""
    far = segment_of(ROOT, wire.far_pointer(1, pad, double=double))
    words = (wire.far_pointer(0, 0), wire.struct_shape(0, 1)) if double else (0, 0)
    root = root_of([far, segment_of(*words)])
    if good:
        assert root.get_struct(0) is not None
    else:
        with pytest.raises(PointerOutOfBounds, match="landing pad"):
            root.get_struct(0)


def test_the_29_bits_of_a_pad() -> None:
    """The offset of a pad has one bit less than other offsets, and counts words."""
    words = [0] * 40
    words[37] = list_pointer(wire.SIZE_BYTE, 2, 1)
    words[39] = 0x6261
    far = wire.far_pointer(1, 37)
    assert far == 37 << 3 | 2 | 1 << 32
    assert root_of([segment_of(ROOT, far), segment_of(*words)]).get_data(0) == b"ab"


def test_a_pad_that_is_far_again() -> None:
    pad = segment_of(0, wire.far_pointer(1, 1))
    with pytest.raises(PointerKindMismatch) as caught:
        root_of([FAR_ROOT, pad]).get_text(0)
    assert (caught.value.segment, caught.value.offset) == (1, 1)


DOUBLE_ROOT = segment_of(ROOT, wire.far_pointer(1, 0, double=True))


def test_a_double_far_pointer() -> None:
    pad = segment_of(wire.far_pointer(2, 1), wire.list_shape(wire.SIZE_BYTE, 3))
    root = root_of([DOUBLE_ROOT, pad, segment_of(0, b"abc")])
    assert root.get_data(0) == b"abc"


@pytest.mark.parametrize(
    "first",
    [
        0,
        wire.struct_shape(0, 0),
        list_pointer(wire.SIZE_BYTE, 3),
        wire.OTHER,
        wire.far_pointer(2, 1, double=True),
    ],
)
def test_a_double_pad_starts_with_a_single_far_pointer(first: int) -> None:
    pad = segment_of(first, wire.list_shape(wire.SIZE_BYTE, 3))
    with pytest.raises(PointerKindMismatch) as caught:
        root_of([DOUBLE_ROOT, pad, segment_of(0, b"abc")]).get_data(0)
    assert (caught.value.segment, caught.value.offset) == (1, 0)


@pytest.mark.parametrize(
    "tag",
    [
        list_pointer(wire.SIZE_BYTE, 3, 1),
        list_pointer(wire.SIZE_BYTE, 3, -1),
        wire.far_pointer(2, 0),
        wire.far_pointer(2, 1),
    ],
)
def test_the_tag_of_a_double_pad_has_no_offset(tag: int) -> None:
    pad = segment_of(wire.far_pointer(2, 0), tag)
    with pytest.raises(PointerKindMismatch) as caught:
        root_of([DOUBLE_ROOT, pad, segment_of(b"abc", b"abc")]).get_data(0)
    assert (caught.value.segment, caught.value.offset) == (1, 1)


def test_the_target_of_a_double_far_pointer_lies_within_its_segment() -> None:
    for segment, start, good in ((2, 0, True), (2, 1, False), (3, 0, False)):
        pad = segment_of(wire.far_pointer(segment, start), wire.list_shape(wire.SIZE_BYTE, 3))
        root = root_of([DOUBLE_ROOT, pad, segment_of(b"abc")])
        if good:
            assert root.get_data(0) == b"abc"
        else:
            with pytest.raises(PointerOutOfBounds):
                root.get_data(0)


def test_a_root_that_is_far() -> None:
    message = [segment_of(wire.far_pointer(1, 0)), segment_of(wire.struct_shape(1, 0), 42)]
    assert root_of(message).get_uint64(0) == 42
