"""The reader's limits of traversal and nesting, and any bytes at all.

Names in parentheses in the docstrings of tests are the public advisories or issues in which other
implementations met the same bytes.
"""

from __future__ import annotations

import contextlib
import functools
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capnsafe import HeapAllocator, MessageBuilder, wire
from capnsafe._read.lists import ListReader
from capnsafe._read.objects import PointerListReader, StructListReader, StructReader
from capnsafe._read.reader import NESTING_LIMIT, MessageReader
from capnsafe.errors import Error, NestingLimitExceeded, PointerOutOfBounds, TraversalLimitExceeded
from capnsafe.wire import ELEMENTS, Element
from tests.builds import patches_constants
from tests.capnsafe.reader_schema import (
    ROOT,
    list_pointer,
    root_of,
    rooted,
    segment_of,
    watch_fars,
    written,
)

# -- limits ----------------------------------------------------------------------------------------


def test_the_traversal_limit_counts_words() -> None:
    words = (list_pointer(wire.SIZE_BYTE, 24), b"x" * 24)
    assert rooted(*words, traversal_limit_words=5).get_data(0) == b"x" * 24
    root = rooted(*words, traversal_limit_words=4)
    with pytest.raises(TraversalLimitExceeded) as caught:
        root.get_data(0)
    assert (caught.value.words_asked, caught.value.words_granted) == (3, 2)
    with pytest.raises(TraversalLimitExceeded):
        rooted(*words, traversal_limit_words=0)


def test_what_was_refused_is_not_charged() -> None:
    """So the limit never falls below nothing, and what still fits can be read."""
    root = rooted(list_pointer(wire.SIZE_BYTE, 24), b"x" * 24, traversal_limit_words=4)
    for _ in range(3):
        with pytest.raises(TraversalLimitExceeded):
            root.get_data(0)


def test_a_traversal_limit_has_no_width() -> None:
    """A limit of 2^63 is large, and not negative."""
    for limit in (1 << 63, 1 << 64, 1 << 100):
        assert rooted(0, traversal_limit_words=limit).get_text(0) is None


def test_each_visit_is_charged() -> None:
    """Many pointers to one object are as much work as many objects."""
    pointers = [list_pointer(wire.SIZE_BYTE, 800, 9 - index) for index in range(10)]
    words: tuple[int | bytes, ...] = (list_pointer(wire.SIZE_POINTER, 10), *pointers, b"x" * 800)
    row = rooted(*words, traversal_limit_words=2 + 10 + 350).get_pointer_list(0)
    assert row is not None
    for index in range(3):
        assert row.get_data(index) == b"x" * 800
    with pytest.raises(TraversalLimitExceeded):
        row.get_data(3)


def test_what_is_taken_out_of_structs_is_charged_as_what_is_read() -> None:
    """One byte of each struct is copied by way of all of them, as often as it is asked for."""
    structs = (list_pointer(wire.SIZE_COMPOSITE, 80), wire.tag(8, 10, 0), *[7] * 80)
    numbers = rooted(*structs, traversal_limit_words=2 + 1 + 80 + 100).get_list(0, Element.UINT8)
    assert numbers is not None
    assert numbers.total_size() == (1, 0)
    with pytest.raises(TraversalLimitExceeded, match=r"\b71\b"):
        numbers.total_size()


def test_voids_are_charged_when_their_list_is_opened() -> None:
    """2^28 elements in a message of two words (CVE-2015-2312, `void_list_amplification`)."""
    octets = bytes.fromhex("00000000000001000100000000000080")
    root = MessageReader([octets]).get_root()
    for act in (
        lambda: root.get_list(0, Element.VOID),
        lambda: root.get_struct_list(0),
        lambda: root._tree_at(0),
        root.total_words,
    ):
        with pytest.raises(TraversalLimitExceeded, match=str(1 << 28)):
            act()
    five = rooted(list_pointer(wire.SIZE_VOID, 5), traversal_limit_words=7)
    row = five.get_list(0, Element.VOID)
    assert row is not None
    assert list(row) == [None] * 5
    with pytest.raises(TraversalLimitExceeded):
        five.get_list(0, Element.VOID)


def test_a_canonical_message_may_have_as_many_voids_as_the_traversal_limit_has_words() -> None:
    """Where the reference implementation raises, too: it cannot tell."""
    with MessageBuilder() as message:
        message.init_root(0, 1).init_list(0, Element.VOID, 1000)
        canonical = message.canonical()
    enough = MessageReader([canonical], traversal_limit_words=1000)
    assert enough.is_canonical()
    assert enough.is_canonical()
    with pytest.raises(TraversalLimitExceeded):
        MessageReader([canonical], traversal_limit_words=999).is_canonical()


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ((list_pointer(wire.SIZE_VOID, wire.MAX_LIST_COUNT),), wire.MAX_LIST_COUNT),
        ((list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag((1 << 30) - 1, 0, 0)), (1 << 30) - 1),
    ],
)
def test_structs_without_fields_are_charged_when_their_list_is_opened(
    words: tuple[int | bytes, ...], count: int
) -> None:
    """CVE-2015-2312, the walks of CVE-2015-2313, and `empty_struct_list_amplification`."""
    with pytest.raises(TraversalLimitExceeded):
        rooted(*words).get_struct_list(0)
    row = rooted(*words, traversal_limit_words=1 << 40).get_struct_list(0)
    assert row is not None
    assert len(row) == count
    assert row[count - 1].pointer_count == 0


def test_structs_without_fields_read_as_voids_are_charged_too() -> None:
    words = (list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag((1 << 30) - 1, 0, 0))
    with pytest.raises(TraversalLimitExceeded):
        rooted(*words).get_list(0, Element.VOID)


def test_structs_with_fields_read_as_voids_cost_what_they_occupy() -> None:
    words = (list_pointer(wire.SIZE_COMPOSITE, 4), wire.tag(2, 1, 1), 1, 0, 2, 0)
    row = rooted(*words, traversal_limit_words=2 + 1 + 4).get_list(0, Element.VOID)
    assert row is not None
    assert list(row) == [None, None]
    assert row.total_size() == (0, 0)


def nested_structs(levels: int) -> bytes:
    """Return ``levels`` nested structs of one pointer each."""
    return segment_of(*[wire.struct_shape(0, 1)] * levels, 0)


def test_the_nesting_limit_counts_structs() -> None:
    for levels, limit in ((NESTING_LIMIT, NESTING_LIMIT), (1, 1), (1000, 1000)):
        root = root_of([nested_structs(levels)], nesting_limit=limit)
        for _ in range(levels - 1):
            opened = root.get_struct(0)
            assert opened is not None
            root = opened
        assert root.get_struct(0) is None
    root = root_of([nested_structs(NESTING_LIMIT + 1)])
    for _ in range(NESTING_LIMIT - 1):
        opened = root.get_struct(0)
        assert opened is not None
        root = opened
    with pytest.raises(NestingLimitExceeded) as caught:
        root.get_struct(0)
    assert (caught.value.segment, caught.value.offset) == (0, NESTING_LIMIT)


def test_no_level_at_all() -> None:
    with pytest.raises(NestingLimitExceeded):
        rooted(0, nesting_limit=0)


def test_a_struct_in_itself_ends() -> None:
    """By the nesting limit, or if that is large by the traversal limit."""
    myself = wire.with_offset(wire.struct_shape(0, 1), -1)
    for nesting, words, error in (
        (64, 1000, NestingLimitExceeded),
        (1000, 65, TraversalLimitExceeded),
    ):
        row = rooted(myself, nesting_limit=nesting, traversal_limit_words=words)
        for _ in range(63):
            opened = row.get_struct(0)
            assert opened is not None
            row = opened
        with pytest.raises(error):
            row.get_struct(0)


def test_the_nesting_limit_counts_lists_and_their_structs() -> None:
    words = (list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(1, 0, 1), 0)
    row = rooted(*words, nesting_limit=3).get_struct_list(0)
    assert row is not None
    assert [each.get_struct(0) for each in row] == [None]
    row = rooted(*words, nesting_limit=2).get_struct_list(0)
    assert row is not None
    with pytest.raises(NestingLimitExceeded):
        row[0]
    root = rooted(*words, nesting_limit=1)
    for opened in (
        lambda: root.get_struct_list(0),
        lambda: root.get_pointer_list(0),
        lambda: root.get_list(0, Element.VOID),
    ):
        with pytest.raises(NestingLimitExceeded):
            opened()


def test_a_list_in_itself_ends() -> None:
    row: StructReader | PointerListReader = rooted(list_pointer(wire.SIZE_POINTER, 1, -1))
    for _ in range(NESTING_LIMIT - 1):
        opened = row.get_pointer_list(0)
        assert opened is not None
        row = opened
    with pytest.raises(NestingLimitExceeded):
        row.get_pointer_list(0)


def test_memory_that_changes_is_read_within_bounds() -> None:
    """The bounds of an open object stay as they were checked; its contents are read again."""
    memory = bytearray(segment_of(ROOT, list_pointer(wire.SIZE_BYTE, 8), b"x" * 8))
    root = MessageReader([memory]).get_root()
    assert root.get_data(0) == b"x" * 8
    memory[8:16] = segment_of(list_pointer(wire.SIZE_BYTE, 9))
    with pytest.raises(PointerOutOfBounds):
        root.get_data(0)
    memory[:16] = b"\xff" * 16
    with pytest.raises(Error):
        root.get_data(0)


# -- any bytes at all ------------------------------------------------------------------------------


ANY_TYPE: tuple[Callable[[Any, int], Any], ...] = (
    lambda row, index: row.get_struct(index),
    lambda row, index: row.get_pointer_list(index),
    lambda row, index: row.get_struct_list(index),
    lambda row, index: row.get_text(index),
    lambda row, index: row.get_data(index),
    *(
        functools.partial(lambda element, row, index: row.get_list(index, element), e)
        for e in ELEMENTS
    ),
)


NUMBERS = tuple(f"get_{each.name.lower()}" for each in ELEMENTS if each is not Element.VOID)


def walk_everything(reader: MessageReader, nesting_limit: int) -> int:
    """Read everything as everything, as far as limits allow; return how many objects were open."""
    opened = 0
    pending: list[tuple[Any, int]] = [(reader.get_root(), 1)]
    while pending:
        row, depth = pending.pop()
        opened += 1
        assert depth <= nesting_limit
        if isinstance(row, (ListReader, StructListReader)):
            with contextlib.suppress(Error):
                pending += [(each, depth + 1) for each in row if isinstance(each, StructReader)]
            continue
        if isinstance(row, StructReader):
            for name in NUMBERS:
                for offset in (0, 1, row.data_bytes, row.data_bytes * 8 - 1):
                    if offset >= 0:
                        getattr(row, name)(offset)
            count = row.pointer_count
        else:
            count = len(row)
        for index in range(count):
            for get in ANY_TYPE:
                try:
                    found = get(row, index)
                except Error:
                    continue
                if found is not None and not isinstance(found, (str, bytes)):
                    pending.append((found, depth + 1))
    return opened


def assert_survives(segments: list[bytes]) -> None:
    limit, nesting_limit = 150, 8
    reader = MessageReader(segments, traversal_limit_words=limit, nesting_limit=nesting_limit)
    try:
        opened = walk_everything(reader, nesting_limit)
    except Error:
        return
    # Each word charged is at most one pointer or one element, and is tried as every type.
    assert opened <= 1 + limit * len(ANY_TYPE)
    assert reader._segments.unread_words >= 0


words_of_messages = st.one_of(
    st.integers(0, (1 << 64) - 1),
    st.builds(
        wire.with_offset,
        st.builds(wire.struct_shape, st.integers(0, 4), st.integers(0, 4)),
        st.integers(-12, 12),
    ),
    st.builds(list_pointer, st.integers(0, 7), st.integers(0, 40), st.integers(-12, 12)),
    st.builds(wire.tag, st.integers(0, 40), st.integers(0, 3), st.integers(0, 3)),
    st.builds(
        lambda segment, pad, double: wire.far_pointer(segment, pad, double=double),
        st.integers(0, 3),
        st.integers(0, 12),
        st.booleans(),
    ),
)


@pytest.mark.thorough
@settings(max_examples=300)
@given(
    st.lists(
        st.lists(words_of_messages, max_size=12).map(lambda words: segment_of(*words)), max_size=3
    )
)
def test_any_words_raise_errors_of_ours_alone(segments: list[bytes]) -> None:
    assert_survives(segments)


@pytest.mark.thorough
@settings(max_examples=300)
@given(st.lists(st.binary(max_size=64), max_size=3))
def test_any_bytes_raise_errors_of_ours_alone(segments: list[bytes]) -> None:
    assert_survives(segments)


@functools.cache
def valid_messages() -> list[list[bytes]]:
    small = {
        "text": "hello",
        "data": b"\1\2\3",
        "smalls": [{"number": 7, "name": "seven"}, {}],
        "texts": ["", "a"],
        "matrix": [[], [1, 2, 3]],
        "empties": [{}, {}],
        "bools": [True] * 9,
    }
    return [
        written(small, 1),
        written(small, 44, ("text", "smalls")),
        written(small, 1000),
        written({"child": {"child": {"child": {"text": "x"}}}}, 50),
    ]


@st.composite
def mutated_messages(draw: st.DrawFn) -> list[bytes]:
    segments = [bytearray(each) for each in draw(st.sampled_from(valid_messages()))]
    for _ in range(draw(st.integers(1, 4))):
        segment = draw(st.sampled_from(segments))
        if not segment:
            continue
        at = draw(st.integers(0, len(segment) - 1))
        if draw(st.booleans()):
            segment[at] ^= 1 << draw(st.integers(0, 7))
        else:
            at -= at % 8
            segment[at : at + 8] = struct.pack("<Q", draw(words_of_messages))
    if draw(st.integers(0, 9)) == 0:
        segments.pop()
    return [bytes(each) for each in segments]


@pytest.mark.thorough
@settings(max_examples=300)
@given(mutated_messages())
def test_any_mutated_message_raises_errors_of_ours_alone(segments: list[bytes]) -> None:
    assert_survives(segments)


@patches_constants
def test_what_survives_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk of the tests above does reach far and double-far pointers, lists and structs."""
    doubles = watch_fars(monkeypatch)
    for segments in valid_messages():
        assert walk_everything(MessageReader(segments), NESTING_LIMIT) > 4
    assert set(doubles) == {False, True}


def test_the_segments_of_a_message_are_copied_as_they_are() -> None:
    segments = [bytes(range(16)), b"", b"12345678odd"]
    reader = MessageReader(segments, traversal_limit_words=0)
    assert reader.segments() == [bytes(range(16)), b"", b"12345678"]


def test_the_segments_of_memory_that_moves_are_copied_as_they_are() -> None:
    with MessageBuilder(HeapAllocator(segment_words=2, growth=False)) as message:
        message.init_root(1, 0).set_uint64(0, 7)
        message.init_root(1, 1)
        memory = message._arena.allocator
        reader = MessageReader.from_allocator(memory, list(range(len(message.segments()))))
        copied = reader.segments()
        for whole, used in zip(copied, message.segments(), strict=True):
            assert whole.startswith(used)
