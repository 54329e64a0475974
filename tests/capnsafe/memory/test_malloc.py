"""The heap of the C library."""

from __future__ import annotations

import ctypes

import pytest

from capnsafe import AllocationRefused, MessageBuilder, MessageReader, SegmentLost
from capnsafe.memory.malloc import MallocAllocator
from tests.capnsafe.reading import TEXT, init_child, init_node, meaning


def test_a_message_lies_where_the_address_says() -> None:
    with MallocAllocator(segment_words=200) as memory, MessageBuilder(memory) as message:
        node = init_node(message)
        node.set_text(TEXT, "by address")
        (words,) = message.check_segments()
        address, granted = memory.address(0)
        assert granted == 200
        lying = ctypes.string_at(address, words * 8)
        assert MessageReader([lying]).get_root().get_text(TEXT) == "by address"
    assert memory.live_grants == 0


@pytest.mark.parametrize("words", [1 << 58, 1 << 61, 1 << 64, (1 << 64) + 1])
def test_what_no_address_space_holds_is_refused(words: int) -> None:
    """Cut to 64 bits, the last two sizes would be 0 and 8 bytes."""
    message = MessageBuilder(MallocAllocator(segment_words=words))
    with pytest.raises(AllocationRefused) as caught:
        init_node(message)
    assert isinstance(caught.value.__cause__, MemoryError)


def test_growing_beyond_all_memory_leaves_the_segment() -> None:
    memory = MallocAllocator(segment_words=4, in_place=True)
    key = memory.allocate(1)
    ctypes.memset(memory.address(key)[0], 7, 32)
    for words in (1 << 58, 1 << 64):
        with pytest.raises(MemoryError):
            memory.grow(key, words)
    assert bytes(memoryview(memory.segment(key))) == bytes([7]) * 32
    memory.grow(key, 5)
    assert memory.address(key)[1] == 8
    assert bytes(memoryview(memory.segment(key)))[:32] == bytes([7]) * 32
    memory.release(key, 0)


def test_without_growth_a_segment_keeps_its_length() -> None:
    with MallocAllocator(segment_words=4) as memory:
        key = memory.allocate(1)
        memory.grow(key, 100)
        assert memory.address(key)[1] == 4


def test_what_was_freed_at_the_end_is_missing_and_not_touched() -> None:
    message = MessageBuilder()
    with MallocAllocator(segment_words=50) as memory:
        message = MessageBuilder(memory)
        node = init_node(message)
        init_child(node)
    assert memory.live_grants == 0
    with pytest.raises(SegmentLost):
        node.set_uint64(0, 1)
    with pytest.raises(SegmentLost):
        meaning(message)


def test_released_once() -> None:
    memory = MallocAllocator()
    key = memory.allocate(1)
    memory.release(key, 0)
    for call in (memory.segment, memory.address, lambda key: memory.release(key, 0)):
        with pytest.raises(LookupError):
            call(key)
