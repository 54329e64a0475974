"""The bounded pool: it refuses when it is full, and gets its words back."""

from __future__ import annotations

import random

import pytest

from capnsafe import AllocationRefused, ArgumentValueError, MessageBuilder
from capnsafe.memory import PoolAllocator
from tests.capnsafe.reading import TEXT, init_child, init_node, meaning


def words_of(pool: PoolAllocator, key: int) -> int:
    with pool.segment(key) as view:
        return len(view) // 8


def test_a_full_pool_refuses_and_the_message_stays() -> None:
    pool = PoolAllocator(40, segment_words=20)
    with MessageBuilder(pool) as message:
        node = init_node(message)
        node.set_text(TEXT, "kept")
        init_child(node)
        before = meaning(message)
        with pytest.raises(AllocationRefused) as caught:
            node.set_text(TEXT, "x" * 200)
        assert isinstance(caught.value.__cause__, MemoryError)
        assert meaning(message) == before
    assert pool.free_words == 40


def test_words_come_back_for_other_messages() -> None:
    pool = PoolAllocator(32, segment_words=16)
    first = MessageBuilder(pool)
    init_node(first)
    second = MessageBuilder(pool)
    init_node(second)
    third = MessageBuilder(pool)
    with pytest.raises(AllocationRefused):
        init_node(third)
    first.close()
    init_node(third).set_uint64(0, 3)
    second.close()
    assert meaning(third)["u64"] == 3
    third.close()
    assert (pool.free_words, pool.live_grants) == (32, 0)


def test_gaps_side_by_side_become_one() -> None:
    pool = PoolAllocator(30, segment_words=10)
    first, second, third = (pool.allocate(1) for _ in range(3))
    pool.release(first, 0)
    pool.release(third, 0)
    with pytest.raises(MemoryError):
        pool.allocate(11)
    pool.release(second, 0)
    assert words_of(pool, pool.allocate(30)) == 30


def test_a_segment_takes_the_largest_gap_where_none_is_as_large_as_segments_are() -> None:
    pool = PoolAllocator(30, segment_words=10)
    keys = [pool.allocate(words) for words in (4, 13, 1)]
    assert [words_of(pool, key) for key in keys] == [10, 13, 7]


def test_a_segment_grows_into_the_gap_behind_it_alone() -> None:
    pool = PoolAllocator(40, segment_words=10, in_place=True)
    first, second = pool.allocate(1), pool.allocate(1)
    pool.grow(first, 11)
    assert words_of(pool, first) == 10
    pool.grow(second, 31)
    assert words_of(pool, second) == 10
    pool.grow(second, 11)
    assert words_of(pool, second) == 15
    pool.grow(second, 12)
    assert words_of(pool, second) == 15
    pool.grow(second, 30)
    assert (words_of(pool, second), pool.free_words) == (30, 0)
    pool.release(second, 0)
    pool.grow(first, 40)
    assert words_of(pool, first) == 40


def test_a_pool_that_does_not_grow_in_place_keeps_its_segments() -> None:
    pool = PoolAllocator(40, segment_words=10)
    key = pool.allocate(1)
    pool.grow(key, 20)
    assert words_of(pool, key) == 10


@pytest.mark.parametrize("in_place", [False, True])
def test_no_two_grants_share_a_word_and_none_is_lost(in_place: bool) -> None:
    chance = random.Random(1)
    pool = PoolAllocator(100, segment_words=3, in_place=in_place)
    live: dict[int, int] = {}
    for _ in range(3000):
        action = chance.randrange(3)
        if action == 0:
            asked = chance.randrange(1, 20)
            try:
                key = pool.allocate(asked)
            except MemoryError:
                continue
            assert words_of(pool, key) >= asked
            live[key] = key % 255 + 1
        elif action == 1 and live:
            key = chance.choice(list(live))
            pool.release(key, 0)
            del live[key]
        elif live:
            key = chance.choice(list(live))
            pool.grow(key, words_of(pool, key) + chance.randrange(1, 5))
        for key, value in live.items():
            with pool.segment(key) as view:
                view[:] = bytes([value]) * len(view)
        for key, value in live.items():
            with pool.segment(key) as view:
                assert bytes(view) == bytes([value]) * len(view)
        assert sum(words_of(pool, key) for key in live) + pool.free_words == 100


def test_released_is_gone() -> None:
    pool = PoolAllocator(10)
    key = pool.allocate(1)
    pool.release(key, 0)
    with pytest.raises(LookupError):
        pool.segment(key)
    with pytest.raises(LookupError):
        pool.release(key, 0)
    with pytest.raises(LookupError):
        pool.grow(key, 1)


def test_sizes_are_at_least_one() -> None:
    with pytest.raises(ArgumentValueError):
        PoolAllocator(0)
    with pytest.raises(ArgumentValueError):
        PoolAllocator(1, segment_words=0)
