"""Group D: sizes and offsets that do not fit, and their results in other libraries."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from capnsafe import (
    ArgumentIndexError,
    Element,
    Error,
    FixedAllocator,
    HeapAllocator,
    InvalidText,
    MalformedMessage,
    MessageBuilder,
    MessageReader,
    MessageTooLarge,
    PointerOutOfBounds,
    StructBuilder,
    StructReader,
    TraversalLimitExceeded,
    read_message,
    unframe,
    wire,
)
from capnsafe.wire import ELEMENTS
from tests.builds import patches_constants
from tests.capnsafe.memories import Memory, closing
from tests.catalogue.hostile import list_pointer, read, scribbled

#: Numbers that are small, or negative, where 16, 29, 31, 32, 61 or 64 bits are kept of them.
WRAPPING = (
    (1 << 16) - 1,
    1 << 16,
    (1 << 26) - 1,
    1 << 26,
    1 << 29,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    (1 << 58) - 1,
    1 << 58,
    1 << 61,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
    1 << 64,
    1 << 200,
)

GETTERS = [f"get_{element.name.lower()}" for element in ELEMENTS if element is not Element.VOID]
SETTERS = [f"set_{element.name.lower()}" for element in ELEMENTS if element is not Element.VOID]

#: Counts whose size in bits, in bytes or in bytes of words wraps to a small one.
LARGE_COUNTS = [
    (size_code, count)
    for size_code in range(wire.SIZE_BIT, wire.SIZE_COMPOSITE + 1)
    for count in (1 << 26, 1 << 27, 1 << 28, wire.MAX_LIST_COUNT - 63, wire.MAX_LIST_COUNT)
]


@pytest.mark.parametrize(("size_code", "count"), LARGE_COUNTS)
def test_d1_the_size_of_a_list_does_not_wrap(size_code: int, count: int) -> None:
    """CVE-2015-2310: 2**29 - 1 words and a tag are 2**32 bytes, which are 0 in 32 bits."""
    words = (list_pointer(size_code, count), wire.tag(0, 0, 0), 0)
    root = read(*words)
    for act in (root.get_struct_list, root.get_pointer_list, root._tree_at):
        with pytest.raises(MalformedMessage):
            act(0)
    with pytest.raises(PointerOutOfBounds):
        root.total_words()
    with scribbled(*words) as built:
        works: list[Callable[[int], object]] = [
            built.get_struct_list,
            built.get_pointer_list,
            built.get_text,
            built._tree_at,
            built.disown,
            built.clear,
        ]
        for work in works:
            with pytest.raises(PointerOutOfBounds):
                work(0)


def test_d2_a_text_of_no_bytes_is_no_text() -> None:
    """CVE-2015-2311: size minus the NUL is -1, which is very much where it is unsigned."""
    words = (list_pointer(wire.SIZE_BYTE, 0), 0x4242424242424242)
    root = read(*words)
    with pytest.raises(InvalidText):
        root.get_text(0)
    assert root.get_data(0) == b""
    with scribbled(*words) as built:
        with pytest.raises(InvalidText):
            built.get_text(0)
        assert built.get_data(0) == b""


@patches_constants
@pytest.mark.parametrize("most", [7, 8, 15, 16])
def test_d3_a_text_counts_with_its_nul(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """capnproto-rust e5d0f80a: the largest text and one more byte are nothing."""
    monkeypatch.setattr(wire, "MAX_LIST_COUNT", most)
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.set_text(0, "x" * (most - 1))
        with pytest.raises(MessageTooLarge):
            root.set_text(0, "y" * most)
        assert root.get_text(0) == "x" * (most - 1)
        root.set_data(0, b"z" * most)
        assert root.get_data(0) == b"z" * most


@pytest.mark.parametrize(
    ("count", "data_words", "pointers"),
    [
        (1 << 16, 1 << 15, 1 << 15),
        (1 << 28, 8, 8),
        ((1 << 29) - 1, 0, 1),
        ((1 << 29) - 1, 65535, 65535),
        (1 << 26, 64, 0),
        (1 << 13, 65535, 1),
    ],
)
def test_d4_structs_of_too_many_words_are_refused(
    count: int, data_words: int, pointers: int
) -> None:
    """capnproto-rust 370907c7: 2**28 structs of 16 words are 2**32 words, and so none."""
    memory = Memory(grant_words=20)
    with closing(MessageBuilder(memory, max_segment_words=1000), memory) as message:
        root = message.init_root(0, 1)
        root.set_text(0, "old")
        calls = memory.calls.copy()
        with pytest.raises(MessageTooLarge):
            root.init_struct_list(0, count, data_words, pointers)
        assert memory.calls == calls or count * (data_words + pointers) <= wire.MAX_LIST_COUNT
        assert root.get_text(0) == "old"


@pytest.mark.parametrize(
    ("count", "data_words", "pointers"),
    [(1 << 28, 8, 8), (wire.MAX_LIST_COUNT, 1, 1), (1 << 16, 1 << 15, 1 << 15), (1 << 20, 512, 0)],
)
def test_d5_a_list_that_grows_does_not_wrap(count: int, data_words: int, pointers: int) -> None:
    """capnproto-rust 9f6a4ee9: the same product, when elements are given larger sections."""
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.init_list(0, Element.VOID, count)
        before = message.segments()
        with pytest.raises(MessageTooLarge):
            root.get_struct_list(0, data_words, pointers)
        assert message.segments() == before


@pytest.mark.parametrize("index", [*WRAPPING, -1, -(1 << 29), -(1 << 61), -(1 << 64)])
def test_d7_an_index_times_a_step_does_not_wrap(index: int) -> None:
    """capnproto C++ #195: element 2**29 of 8 bytes each is element 0 in 32 bits."""
    with MessageBuilder() as message:
        root = message.init_root(0, 4)
        longs = root.init_list(0, Element.UINT64, 3)
        bits = root.init_list(1, Element.BOOL, 9)
        structs = root.init_struct_list(2, 2, 1, 1)
        pointers = root.init_pointer_list(3, 2)
        before = message.segments()
        acts: list[Callable[[], object]] = [
            lambda: longs[index],
            lambda: longs.__setitem__(index, 1),
            lambda: bits[index],
            lambda: bits.__setitem__(index, True),
            lambda: structs[index],
            lambda: structs.__setitem__(index, structs[0]),
            lambda: pointers.set_text(index, "x"),
            lambda: pointers.init_struct(index, 1, 0),
            lambda: pointers.clear(index),
            lambda: pointers.get_text(index),
            lambda: root.set_text(index, "x"),
            lambda: root.get_text(index),
        ]
        for act in acts:
            with pytest.raises(ArgumentIndexError):
                act()
        assert message.segments() == before
        read_root = read_message(message.to_bytes()).get_root()
    lists: list[Any] = [
        read_root.get_list(0, Element.UINT64),
        read_root.get_list(1, Element.BOOL),
        read_root.get_struct_list(2),
    ]
    for values in lists:
        with pytest.raises(ArgumentIndexError):
            values[index]
    rows = read_root.get_pointer_list(3)
    assert rows is not None
    with pytest.raises(ArgumentIndexError):
        rows.get_text(index)


@pytest.mark.parametrize(
    ("elements", "data_words", "pointers"),
    [
        (1 << 28, 8, 8),
        ((1 << 30) - 1, 65535, 65535),
        (1 << 29, 8, 0),
        (1 << 29, 0, 8),
        (1 << 16, 1 << 15, 1 << 15),
        (3, 1, 0),
    ],
)
def test_d8_what_a_tag_counts_does_not_wrap(elements: int, data_words: int, pointers: int) -> None:
    """capnproto-rust bed5d6a4: what the tag says is compared with the list, both in full."""
    tag = wire.tag(elements, data_words, pointers)
    words = (list_pointer(wire.SIZE_COMPOSITE, 2), tag, 0, 0)
    root = read(*words)
    for act in (root.get_struct_list, root.get_pointer_list, root._tree_at):
        with pytest.raises(MalformedMessage):
            act(0)
    with scribbled(*words) as built:
        for work in (built.get_struct_list, built._tree_at, built.clear, built.disown):
            with pytest.raises(MalformedMessage):
                work(0)
        with pytest.raises(MalformedMessage):
            built.get_struct_list(0, 2, 2)


@pytest.mark.parametrize("size_code", range(wire.SIZE_COMPOSITE))
def test_d9_sizes_are_rounded_up_in_full_width(size_code: int) -> None:
    """capnproto-rust #278: bits and 63 more, of which 32 bits were kept, are fewer words."""
    bits = wire.ELEMENT_BITS[size_code]
    for count in (0, 1, 63, 64, 65, 1 << 26, (1 << 29) - 63, wire.MAX_LIST_COUNT):
        exact = ceil(Fraction(bits * count, 64))
        assert wire.list_body_words(size_code, count) == exact
        if exact:
            with pytest.raises(PointerOutOfBounds):
                read(wire.with_offset(wire.list_shape(size_code, count), 0))._tree_at(0)


def test_d10_sections_are_unsigned() -> None:
    """capnproto-java 57dec34: 40 000 words are negative in 16 bits with a sign."""
    with MessageBuilder() as message:
        root = message.init_root(40_000, 50_000)
        root.set_uint64(39_999, 7)
        root.set_text(49_999, "last")
        structs = root.init_struct_list(0, 2, 65_535, 65_535)
        structs[1].set_uint64(65_534, 8)
        structs[1].set_text(65_534, "last of all")
        with pytest.raises(ArgumentIndexError):
            root.set_uint64(40_000, 1)
        again = message.get_root()
        assert again is not None
        assert (again.data_words, again.pointer_count) == (40_000, 50_000)
        opened = again.get_struct_list(0)
        assert opened is not None
        assert opened[1].get_text(65_534) == "last of all"
        data = message.to_bytes()
    reader = read_message(data).get_root()
    assert (reader.data_bytes, reader.pointer_count) == (320_000, 50_000)
    assert (reader.get_uint64(39_999), reader.get_text(49_999)) == (7, "last")
    readers = reader.get_struct_list(0)
    assert readers is not None
    assert (readers[1].get_uint64(65_534), readers[1].get_text(65_534)) == (8, "last of all")


@pytest.mark.parametrize("offset", [-(1 << 29), -(1 << 28), -3, (1 << 29) - 1, 1 << 28, 1])
@pytest.mark.parametrize(
    "shape",
    [
        wire.struct_shape(1, 0),
        wire.list_shape(wire.SIZE_BYTE, 8),
        wire.list_shape(wire.SIZE_COMPOSITE, 0),
    ],
)
def test_d12_an_offset_leads_to_neither_side_of_the_segment(offset: int, shape: int) -> None:
    """capnproto C++ #63: only the far end was compared."""
    pointer = wire.with_offset(shape, offset)
    root = read(pointer, 0)
    acts: list[Callable[[int], object]] = [
        root._tree_at,
        root.get_struct if shape & 3 == wire.STRUCT else root.get_struct_list,
    ]
    with scribbled(pointer, 0) as built:
        acts += [built._tree_at, built.clear, built.kind, built.get_struct, built.get_data]
        for act in acts:
            with pytest.raises(PointerOutOfBounds):
                act(0)


@pytest.mark.parametrize("offset", WRAPPING)
def test_d13_d14_the_end_of_a_field_does_not_wrap(offset: int) -> None:
    """capnproto-rust #682, capnproto C++ #2694: (offset + 1) * bits is small in 32 or 64 bits.

    A schema is nobody's word either: the offset 0xffffffff is refused like any other.
    """
    memory = Memory(grant_words=4)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(1, 1)
        root.set_uint64(0, 0x0123456789ABCDEF)
        before = message.segments()
        for name in GETTERS:
            with pytest.raises(ArgumentIndexError):
                getattr(root, name)(offset)
        for name in SETTERS:
            with pytest.raises(ArgumentIndexError):
                getattr(root, name)(offset, 0)
        with pytest.raises(ArgumentIndexError):
            root.select(offset, 1)
        with pytest.raises(ArgumentIndexError):
            root.select(0, 1, fields=[(Element.UINT8, offset)])
        assert message.segments() == before
        reader = read_message(message.to_bytes()).get_root()
    for name in GETTERS:
        assert getattr(reader, name)(offset) == 0
    assert reader.get_uint16(offset, default=7) == 7
    assert reader.get_text(offset) is None


@pytest.mark.parametrize("odd", range(8))
def test_d16_odd_bytes_at_the_end_are_left_alone(odd: int) -> None:
    """node-capnp #74: room for whole words, and all bytes copied, up to 7 too many."""
    buffer = bytearray(b"\xee" * (5 * 8 + odd))
    with MessageBuilder(FixedAllocator(buffer)) as message:
        root = message.init_root(0, 1)
        root.set_data(0, b"d" * 24)
        with pytest.raises(Error):
            root.set_data(0, b"e" * 25)
        assert root.get_data(0) == b"d" * 24
        words = message.segments()
    assert words == [bytes(buffer[:40])]
    assert buffer[40:] == b"\xee" * odd


@pytest.mark.parametrize("limit", [(1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 1 << 200])
def test_d17_a_traversal_limit_has_no_width(limit: int) -> None:
    """pycapnp #137: 2**63 words times 8 bytes are none."""
    with MessageBuilder() as message:
        message.init_root(0, 1).set_data(0, b"d" * 80)
        data = message.to_bytes()
    reader = read_message(data, traversal_limit_words=limit).get_root()
    for _ in range(3):
        assert reader.get_data(0) == b"d" * 80
    with pytest.raises(TraversalLimitExceeded):
        MessageReader(unframe(data), traversal_limit_words=limit % 8).get_root().get_data(0)


def test_d18_no_word_is_used_that_a_far_pointer_cannot_reach() -> None:
    """capnproto C++ #2170: a segment of 4 GiB and more, of which the first 2**29 - 1 words count.

    The memory is a file with a hole, so it costs nothing.
    """

    class Vast:
        """Grants a mapping that is longer than any segment, and then small ones."""

        def __init__(self, mapping: mmap.mmap) -> None:
            self.grants: list[Any] = [mapping]
            self.next = 0

        def allocate(self, minimum_words: int, /) -> int:
            if self.next:
                self.grants.append(bytearray(minimum_words * 8))
            self.next += 1
            return self.next - 1

        def segment(self, key: int, /) -> Any:
            return self.grants[key]

        def release(self, key: int, words_used: int, /) -> None:
            pass

    with tempfile.TemporaryFile() as file:
        file.truncate((1 << 32) + (1 << 16))
        with mmap.mmap(file.fileno(), 0) as mapping:
            mapping[-8:] = b"untouchd"
            with MessageBuilder(Vast(mapping)) as message:
                root = message.init_root(1, 3)
                # As if all but the last words had been handed out, which would be 4 GiB of zeros.
                message._arena.segments[0].used = wire.MAX_SEGMENT_WORDS - 5
                root.set_text(0, "fits in the last words, just")
                assert message.segment_words() == (wire.MAX_SEGMENT_WORDS - 1,)
                root.set_text(1, "no longer there")
                root.set_data(2, b"")
                assert message.segment_words() == (wire.MAX_SEGMENT_WORDS - 1, 3)
                assert root.get_text(0) == "fits in the last words, just"
                assert root.get_text(1) == "no longer there"
            assert mapping[(1 << 32) - 16 :].count(0) == 16 + (1 << 16) - 8


def test_d18_a_message_is_read_from_such_memory() -> None:
    """Bytes after the message are not read."""
    with MessageBuilder(HeapAllocator()) as message:
        message.init_root(0, 1).set_text(0, "read")
        data = message.to_bytes()
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.truncate((1 << 32) + (1 << 16))
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        assert [len(view) for view in unframe(mapping)] == [len(data) - 8]
        root = read_message(mapping).get_root()
        assert root.get_text(0) == "read"


def test_the_readers_and_builders_have_these_methods() -> None:
    """The tables above name every type of field."""
    for name in GETTERS:
        assert callable(getattr(StructReader, name))
        assert callable(getattr(StructBuilder, name))
    assert len(GETTERS) == 11
