"""Segments grow as their message does, in every ready-made memory, so that readers take them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from capnsafe import AllocationRefused, HeapAllocator, MessageBuilder, read_message
from capnsafe.memory import PoolAllocator, ScratchAllocator
from capnsafe.memory.adapters import AddressAllocator, CallableAllocator
from capnsafe.memory.growth import Growth
from capnsafe.memory.malloc import MallocAllocator
from capnsafe.memory.mapped_file import MappedFileAllocator
from capnsafe.memory.shared_memory import SharedMemoryAllocator
from capnsafe.memory.wasm import WasmAllocator, moving_engine, new_guest


def closing_of(memory: Any) -> AbstractContextManager[object]:
    """Close a memory that is closed, at the end of the block."""
    return memory if hasattr(memory, "close") else nullcontext()


class Addresses:
    """The C library's heap in the shape of capnproto-rust."""

    def __init__(self) -> None:
        self.memory = MallocAllocator(growth=False, segment_words=1)
        self.keys: dict[int, int] = {}

    def allocate_segment(self, minimum_size: int) -> tuple[int, int]:
        key = self.memory.allocate(minimum_size)
        address, words = self.memory.address(key)
        self.keys[address] = key
        return address, words

    def deallocate_segment(self, address: int, word_size: int, words_used: int) -> None:
        self.memory.release(self.keys.pop(address), words_used)


def of_bytes(words: int) -> bytearray:
    return bytearray(words * 8)


AS_THEY_COME: dict[str, Callable[[], Any]] = {
    "heap": HeapAllocator,
    "heap in small segments": lambda: HeapAllocator(segment_words=1),
    "pool": lambda: PoolAllocator(1 << 21),
    "pool of small blocks": lambda: PoolAllocator(1 << 21, segment_words=2),
    "malloc": MallocAllocator,
    "mapped file": MappedFileAllocator,
    "mapped file of many segments": lambda: MappedFileAllocator(in_place=False),
    "shared memory": SharedMemoryAllocator,
    "wasm": lambda: WasmAllocator(*new_guest()),
    "wasm that moves": lambda: WasmAllocator(*new_guest(moving_engine())),
    "scratch": lambda: ScratchAllocator(bytearray(64)),
    "scratch before a pool": lambda: ScratchAllocator(bytearray(64), after=PoolAllocator(1 << 21)),
    "callable": lambda: CallableAllocator(of_bytes),
    "addresses": lambda: AddressAllocator(Addresses()),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", AS_THEY_COME)
def test_a_message_of_5_mb_is_read_as_it_comes(name: str) -> None:
    memory = AS_THEY_COME[name]()
    count = 2_000
    with closing_of(memory), MessageBuilder(memory) as message:
        texts = message.init_root(0, 1).init_pointer_list(0, count)
        for index in range(count):
            texts.set_data(index, b"x" * 2400)
        read = read_message(message.to_bytes()).get_root().get_pointer_list(0)
        assert read is not None
        assert read.get_data(count - 1) == b"x" * 2400
        assert len(message.segment_words()) < 40


@pytest.mark.parametrize("name", [name for name in AS_THEY_COME if name != "mapped file"])
def test_each_message_begins_small(name: str) -> None:
    """One after the other, and beside a large one that is live."""
    memory = AS_THEY_COME[name]()
    with closing_of(memory), MessageBuilder(memory) as large:
        holder = large.init_root(0, 1)
        for size in (100, 1000, 100_000):
            holder.set_data(0, bytes(size))
        for _ in range(20):
            with MessageBuilder(memory) as small:
                small.init_root(1, 0)
                key = max(_live_keys(memory))
                assert memoryview(memory.segment(key)).nbytes <= 1024 * 8


def _live_keys(memory: Any) -> list[int]:
    return list(getattr(memory, "_live", None) or memory._cuts)


def test_without_growth_segments_keep_their_size() -> None:
    memory = PoolAllocator(1 << 10, segment_words=8, growth=False)
    with MessageBuilder(memory) as message:
        texts = message.init_root(0, 1).init_pointer_list(0, 4)
        for index in range(4):
            texts.set_data(index, bytes(48))
        assert max(message.segment_words()) <= 8


def test_messages_that_share_a_pool_grow_each_by_itself() -> None:
    pool = PoolAllocator(1 << 12, segment_words=4)
    messages = [MessageBuilder(pool) for _ in range(8)]
    lists = [message.init_root(0, 1).init_pointer_list(0, 40) for message in messages]
    for index in range(40):
        for each in lists:
            each.set_text(index, "text")
    words = [message.segment_words() for message in messages]
    assert len(set(words)) == 1
    assert len(words[0]) <= 7
    for message in messages:
        message.close()
    assert pool.free_words == 1 << 12


def test_what_is_refused_at_its_full_size_is_asked_again_for_less() -> None:
    asked: list[int] = []

    def supply(words: int) -> bytearray:
        asked.append(words)
        if words > 50:
            raise OSError("no more than 50")
        return of_bytes(words)

    with MessageBuilder(CallableAllocator(supply)) as message:
        texts = message.init_root(0, 1).init_pointer_list(0, 9)
        for index in range(9):
            texts.set_data(index, bytes(80))
        assert sum(message.segment_words()) > 51
        assert [words for words in asked if words > 50] != []
        with pytest.raises(AllocationRefused) as caught:
            texts.set_data(0, bytes(800))
        assert isinstance(caught.value.__cause__, OSError)


def test_a_pool_is_used_to_its_last_word() -> None:
    pool = PoolAllocator(200, segment_words=8)
    with MessageBuilder(pool) as message:
        texts = message.init_root(0, 1).init_pointer_list(0, 90)

        def fill() -> None:
            for index in range(90):
                texts.set_text(index, "text")

        with pytest.raises(AllocationRefused):
            fill()
        assert pool.free_words < 2


def test_a_grant_that_was_refused_leaves_nothing_behind() -> None:
    """The next grant is another message's, and begins small."""
    growth = Growth(4)
    assert growth.grant(0, 1, lambda words, minimum: words) == 4
    growth.asked(0)

    def refuse(words: int, minimum: int) -> int:
        raise MemoryError

    with pytest.raises(MemoryError):
        growth.grant(1, 100, refuse)
    assert growth.grant(1, 1, lambda words, minimum: words) == 4
    growth.asked(1)
    growth.grown(1, 50)
    assert growth.grant(2, 1, lambda words, minimum: words) == 4
    growth.asked(1)
    assert growth.grant(3, 1, lambda words, minimum: words) == 50
    growth.asked(7)
    growth.released(7)
    assert growth.grant(4, 1, lambda words, minimum: words) == 4
