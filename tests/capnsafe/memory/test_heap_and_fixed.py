"""The honest memories that applications use."""

from __future__ import annotations

import array
import ctypes
import mmap
from typing import Any

import pytest

from capnsafe import (
    COMPILED,
    AllocationRefused,
    ArgumentError,
    ArgumentTypeError,
    ArgumentValueError,
    BorrowRefused,
    Element,
    FixedAllocator,
    HeapAllocator,
    MessageBuilder,
    SegmentLost,
)
from capnsafe.memory import growth
from tests.capnsafe.reading import NUMBERS, TEXT, init_child, init_node, meaning

# -- heap ----------------------------------------------------------------------------------------


def sizes(allocator: HeapAllocator, *minima: int) -> list[int]:
    """Return the words of the grants for these minima."""
    return [len(allocator.segment(allocator.allocate(words))) // 8 for words in minima]


def test_each_heap_grant_is_as_large_as_all_before_together() -> None:
    assert sizes(HeapAllocator(segment_words=4), *[1] * 6) == [4, 4, 8, 16, 32, 64]
    assert sizes(HeapAllocator(), 1, 1) == [1024, 1024]


def test_heap_grants_without_growth_stay_the_same() -> None:
    assert sizes(HeapAllocator(segment_words=4, growth=False), 1, 9, 1, 1) == [4, 9, 4, 4]


def test_a_heap_grant_meets_any_minimum() -> None:
    assert sizes(HeapAllocator(segment_words=4), 100, 1) == [100, 100]


@pytest.mark.skipif(COMPILED, reason="compiled code has its constants built in")
def test_heap_growth_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "LARGEST_GROWTH_WORDS", 16)
    assert sizes(HeapAllocator(segment_words=4), *[1] * 6) == [4, 4, 8, 16, 16, 16]
    assert sizes(HeapAllocator(segment_words=4), 40, 1, 1) == [40, 16, 16]
    monkeypatch.undo()
    assert sizes(HeapAllocator(segment_words=1), *[1] * 9)[-2:] == [64, 64]


def test_heap_memory_is_zero_and_released_for_good() -> None:
    allocator = HeapAllocator(segment_words=2)
    key = allocator.allocate(1)
    assert allocator.segment(key) == bytes(16)
    assert allocator.live_grants == 1
    allocator.release(key, 0)
    assert allocator.live_grants == 0
    with pytest.raises(LookupError):
        allocator.segment(key)
    with pytest.raises(LookupError):
        allocator.release(key, 0)


def test_one_heap_serves_several_messages() -> None:
    allocator = HeapAllocator(segment_words=4)
    with MessageBuilder(allocator) as first, MessageBuilder(allocator) as second:
        init_node(first).set_text(TEXT, "first")
        init_node(second).set_text(TEXT, "second")
        assert meaning(first)["text"] == "first"
        assert meaning(second)["text"] == "second"
        assert allocator.live_grants >= 2
    assert allocator.live_grants == 0


def test_a_heap_is_as_small_as_ever_for_the_next_message() -> None:
    """It counted what had been released, and granted 128 MiB to the sixteenth small message."""
    allocator = HeapAllocator(segment_words=4)
    for _ in range(20):
        with MessageBuilder(allocator) as message:
            message.init_root(1, 0)
            assert [len(memory) for memory in allocator._live.values()] == [32]
    with MessageBuilder(allocator) as message:
        message.init_root(0, 1).set_data(0, bytes(800))
        assert [len(memory) // 8 for memory in allocator._live.values()] == [4, 101]
        assert sizes(allocator, 1) == [4]


def test_a_heap_without_memory_refuses() -> None:
    message = MessageBuilder(HeapAllocator(segment_words=1 << 60))
    with pytest.raises(AllocationRefused) as caught:
        init_node(message)
    assert isinstance(caught.value.__cause__, MemoryError | OverflowError)
    assert message.get_root() is None


@pytest.mark.parametrize("words", [0, -1, -(1 << 20_000)], ids=["0", "-1", "huge"])
def test_segment_words_is_at_least_one(words: int) -> None:
    with pytest.raises(ArgumentValueError):
        HeapAllocator(segment_words=words)
    with pytest.raises(ArgumentValueError):
        FixedAllocator(bytearray(64), segment_words=words)


@pytest.mark.parametrize("words", ["4", 4.0, b""])
def test_segment_words_is_an_integer(words: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        HeapAllocator(segment_words=words)
    with pytest.raises(ArgumentTypeError):
        FixedAllocator(bytearray(64), segment_words=words)


# -- one fixed buffer ----------------------------------------------------------------------------


def test_a_message_lies_in_the_buffer_and_nowhere_else() -> None:
    buffer = bytearray(b"\xaa" * 800)
    with MessageBuilder(FixedAllocator(buffer)) as message:
        node = init_node(message)
        node.set_text(TEXT, "in the buffer")
        (words,) = message.segment_words()
        assert bytes(buffer[: words * 8]) == message.segments()[0]
        assert buffer[words * 8 :] == b"\xaa" * (800 - words * 8)


@pytest.mark.parametrize("words", [0, 1, 14])
def test_a_buffer_too_small_for_the_root_refuses(words: int) -> None:
    message = MessageBuilder(FixedAllocator(bytearray(words * 8 + 7)))
    with pytest.raises(AllocationRefused) as caught:
        init_node(message)
    assert isinstance(caught.value.__cause__, MemoryError)
    assert message.get_root() is None


@pytest.mark.parametrize("segment_words", [None, 1, 16, 25])
def test_an_exhausted_buffer_refuses_and_the_message_stays(segment_words: int | None) -> None:
    """P2, on memory that people use."""
    with MessageBuilder(FixedAllocator(bytearray(100 * 8), segment_words=segment_words)) as message:
        node = init_node(message)
        node.set_text(TEXT, "first")
        meanings = [meaning(message)]

        def overwrite() -> None:
            for attempt in range(100):
                node.set_text(TEXT, f"attempt {attempt}")
                meanings.append(meaning(message))

        with pytest.raises(AllocationRefused) as caught:
            overwrite()
        before = meanings[-1]
        assert isinstance(caught.value.__cause__, MemoryError)
        assert meaning(message) == before
        node.set_uint64(0, 7)
        node.clear(TEXT)
        assert meaning(message) == before | {"u64": 7, "text": None}


def test_a_fixed_buffer_is_used_to_its_last_word() -> None:
    buffer = bytearray(48)
    with MessageBuilder(FixedAllocator(buffer)) as message:
        message.init_root(1, 1).init_list(0, Element.UINT64, 3)[2] = (1 << 64) - 1
        assert buffer[40:] == b"\xff" * 8
        assert message.segment_words() == (6,)


def test_fixed_segments_have_the_words_that_were_said_or_more() -> None:
    buffer = bytearray(64 * 8)
    with MessageBuilder(FixedAllocator(buffer, segment_words=5)) as message:
        root = message.init_root(1, 3)
        for index, size in enumerate((3, 9, 3)):
            root.init_list(index, Element.UINT64, size)[size - 1] = index + 1
        assert message.segment_words() == (5, 4, 10, 4)
        assert buffer[:40] == message.segments()[0]
        assert buffer[80:160] == message.segments()[2]


def test_a_fixed_buffer_is_free_again_after_the_message() -> None:
    allocator = FixedAllocator(bytearray(50 * 8), segment_words=8)
    for text in ("one", "two", "three"):
        with MessageBuilder(allocator) as message:
            node = init_node(message)
            node.set_text(TEXT, text)
            init_child(node)
            assert meaning(message)["text"] == text


def test_fixed_cuts_are_reused_once_all_behind_them_are_released() -> None:
    allocator = FixedAllocator(bytearray(30 * 8), segment_words=10)
    first, second, third = (allocator.allocate(1) for _ in range(3))
    with pytest.raises(MemoryError):
        allocator.allocate(1)
    allocator.release(second, 0)
    with pytest.raises(MemoryError):
        allocator.allocate(1)
    with pytest.raises(LookupError):
        allocator.segment(second)
    with pytest.raises(LookupError):
        allocator.release(second, 0)
    allocator.release(third, 0)
    fourth = allocator.allocate(1)
    assert fourth not in (first, second, third)
    assert len(allocator.segment(fourth)) == 80
    assert len(allocator.segment(allocator.allocate(3))) == 80
    with pytest.raises(LookupError):
        allocator.segment("no key")  # type: ignore[arg-type]


def test_the_last_fixed_segment_is_what_is_left() -> None:
    allocator = FixedAllocator(bytearray(25 * 8), segment_words=10)
    assert [len(allocator.segment(allocator.allocate(1))) // 8 for _ in range(3)] == [10, 10, 5]


BUFFERS = [
    bytearray(800),
    memoryview(bytearray(800)),
    memoryview(bytearray(800)).cast("I"),
    array.array("Q", bytes(800)),
    (ctypes.c_ubyte * 800)(),
    (ctypes.c_uint32 * 200)(),
]


@pytest.mark.parametrize("buffer", BUFFERS, ids=[type(each).__name__ for each in BUFFERS])
def test_a_fixed_buffer_is_any_writable_contiguous_buffer(buffer: Any) -> None:
    with MessageBuilder(FixedAllocator(buffer)) as message:
        init_node(message).set_text(TEXT, "text")
        assert (
            memoryview(buffer).cast("B")[: message.segment_words()[0] * 8]
            == (message.segments()[0])
        )


def test_a_fixed_buffer_may_be_a_mapping() -> None:
    with mmap.mmap(-1, 4096) as mapping:
        with MessageBuilder(FixedAllocator(mapping)) as message:
            init_node(message).init_list(NUMBERS, Element.UINT32, 3)[2] = 77
            words = message.segment_words()[0]
            assert mapping[: words * 8] == message.segments()[0]
        mapping.resize(8192)  # a BufferError while a view is held


@pytest.mark.parametrize(
    "buffer",
    [b"read-only", memoryview(b"read-only"), memoryview(bytearray(64))[::2], None, 7, "text"],
    ids=["bytes", "view of bytes", "stride", "None", "int", "text"],
)
def test_a_buffer_that_cannot_be_built_in_is_refused_at_once(buffer: Any) -> None:
    with pytest.raises(ArgumentError):
        FixedAllocator(buffer)


def test_a_fixed_buffer_that_is_cut_behind_the_message_is_a_loss() -> None:
    buffer = bytearray(800)
    message = MessageBuilder(FixedAllocator(buffer))
    node = init_node(message)
    del buffer[40:]
    with pytest.raises(SegmentLost):
        node.set_uint64(0, 1)
    message.close()


def test_a_fixed_view_that_was_given_back_refuses() -> None:
    view = memoryview(bytearray(800))
    message = MessageBuilder(FixedAllocator(view))
    node = init_node(message)
    view.release()
    with pytest.raises(BorrowRefused):
        node.set_uint64(0, 1)
    message.close()
