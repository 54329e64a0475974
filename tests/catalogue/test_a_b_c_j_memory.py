"""Groups A, B, C and J: arenas, far pointers, erasing, lifetimes: what no other test shows."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from capnsafe import (
    BadBuffer,
    Element,
    FixedAllocator,
    GrantTooSmall,
    HeapAllocator,
    MessageBuilder,
    read_message,
    wire,
)
from tests.builds import plain_only
from tests.capnsafe.generated import filled, root_of, scattered
from tests.capnsafe.memories import Memory, closing


class Asked(Memory):
    """Records its calls."""

    def __init__(self, grant_words: int = 1) -> None:
        super().__init__(grant_words)
        self.asked: list[int] = []

    def allocate(self, minimum_words: int, /) -> Any:
        self.asked.append(minimum_words)
        return super().allocate(minimum_words)


def test_a2_no_memory_of_no_size_is_asked_for() -> None:
    """capnproto-rust #627: an allocation of zero bytes, and its release."""
    for seed in range(40):
        memory = Asked()
        with closing(MessageBuilder(memory), memory) as message:
            message.set_root(root_of(scattered(seed)))
            root = message.init_root(0, 3)
            root.init_struct(0, 0, 0)
            root.init_list(1, Element.VOID, 5)
            root.init_pointer_list(2, 0)
            message.new_orphan_struct(0, 0)
        assert min(memory.asked) >= 1
    empty = Asked()
    with closing(MessageBuilder(empty), empty) as message:
        message.init_root(0, 0)
        assert message.segment_words() == (1,)
    assert empty.asked == [1]


@pytest.mark.parametrize("growth", [True, False])
def test_a6_a_release_changes_no_size_to_come(growth: bool) -> None:
    """capnproto-rust: released once, it asked for 1024 words, whatever its cap was."""
    heap = HeapAllocator(segment_words=16, growth=growth)
    sizes = []
    for _ in range(3):
        with MessageBuilder(heap, max_segment_words=64) as message:
            root = message.init_root(0, 30)
            for index in range(30):
                root.set_data(index, bytes(8 * 20))
            assert max(message.segment_words()) <= 64
            sizes.append(max(len(heap.segment(key)) for key in heap._live) // 8)
        assert heap.live_grants == 0
    assert sizes[1:] == sizes[:-1]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    ("answer", "error"),
    [(bytes(800), BadBuffer), (None, BadBuffer), (bytearray(7), GrantTooSmall)],
)
def test_a8_every_segment_is_examined(number: int, answer: Any, error: type[Exception]) -> None:
    """capnproto C++ addSegmentInternal: the first one alone."""

    class Turning(Memory):
        """Returns another object for one grant."""

        def segment(self, key: int, /) -> Any:
            view = super().segment(key)
            if key != number:
                return view
            view.release()
            return answer

    memory = Turning(grant_words=4)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 3)
        for index in range(number - 1):
            root.set_data(index, bytes(24))
        before = message.segments()
        with pytest.raises(error):
            root.set_data(2, bytes(24))
        assert message.segments() == before
        assert memory.live == list(range(number))


@pytest.mark.parametrize("words", [1 << 29, 1 << 32, 1 << 58, 1 << 61])
def test_a24_words_times_eight_have_no_width(words: int) -> None:
    """capnproto-java #100: 2**29 words were 0 bytes."""
    with pytest.raises(MemoryError):
        FixedAllocator(bytearray(800)).allocate(words)
    fixed = FixedAllocator(bytearray(800), segment_words=words)
    with MessageBuilder(fixed) as message:
        message.init_root(99, 0)
        assert message.segment_words() == (100,)


@pytest.fixture
def behind_a_double_pad() -> Iterator[tuple[MessageBuilder, Memory]]:
    """A message in which one object fills a segment, so that its pads lie in others."""
    memory = Memory(grant_words=4)
    with closing(MessageBuilder(memory, max_segment_words=4), memory) as message:
        root = message.init_root(0, 3)
        root.set_data(0, b"in a segment of its own, of 4 w.")
        root.set_text(1, "beside")
        yield message, memory


def test_b6_what_lies_behind_a_double_pad_is_erased(
    behind_a_double_pad: tuple[MessageBuilder, Memory],
) -> None:
    """capnproto-java 81095e7: the segment of the pad was taken for that of the object."""
    message, memory = behind_a_double_pad
    root = message.get_root()
    assert root is not None
    pointers = [
        int.from_bytes(segment[at : at + 8], "little")
        for segment in message.segments()
        for at in range(0, len(segment), 8)
    ]
    assert any(pointer & 7 == wire.FAR | 4 for pointer in pointers)
    root.clear(0)
    segments = message.segments()
    assert root.get_text(1) == "beside"
    assert b"in a segment" not in b"".join(segments)
    assert sum(any(segment) for segment in segments) == 2
    memory.require_kept()


def test_b8_asking_changes_nothing(behind_a_double_pad: tuple[MessageBuilder, Memory]) -> None:
    """capnproto C++ 3050b404: the getter followed the pad, and stayed there."""
    message, _ = behind_a_double_pad
    root = message.get_root()
    assert root is not None
    before = message.segments()
    for _ in range(2):
        root.kind(0)
        root.is_null(0)
        root.get_data(0)
        root.get_list(0, Element.UINT8)
        root._tree_at(0)
        root.total_words()
        root._tree()
    assert message.segments() == before
    root.set_text(2, "where it belongs")
    assert root.get_text(2) == "where it belongs"
    assert root.get_text(1) == "beside"


def test_c4_a_list_that_is_replaced_leaves_its_neighbours() -> None:
    """capnp-ocaml #17: the words to erase began a tag too early, and ended one too late."""
    memory = Memory(grant_words=200)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 3)
        root.set_data(0, b"\xaa" * 16)
        root.init_struct_list(1, 3, 1, 1)[1].set_text(0, "old")
        root.set_data(2, b"\xbb" * 16)
        for data_words, pointers in ((1, 1), (2, 0), (0, 0), (1, 2)):
            structs = root.init_struct_list(1, 3, data_words, pointers)
            assert all(not any(bytes(struct._tree().body)) for struct in structs)
            assert root.get_data(0) == b"\xaa" * 16
            assert root.get_data(2) == b"\xbb" * 16


@plain_only("compiled classes have no weak references")
def test_j5_parts_outlive_the_whole_as_long_as_they_are_held() -> None:
    """pycapnp a62e392: a builder was destroyed before its message.

    Readers, lists and builders hold what they need, in whatever order the rest goes.
    """
    data = bytearray(filled(3))
    reader = read_message(data).get_root()
    del data
    message = MessageBuilder()
    root = message.init_root(1, 1)
    texts = root.init_pointer_list(0, 1)
    kept = weakref.ref(message._arena)
    del message, root
    gc.collect()
    assert reader.total_words() > 0
    texts.set_text(0, "still there")
    assert texts.get_text(0) == "still there"
    assert kept() is not None
    del texts
    gc.collect()
    assert kept() is None
