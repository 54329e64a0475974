"""Costs (P7): four times the work costs four times as much, in any order, and no cost accumulates.

Work is counted, not timed. The benchmark ``costs`` times the same calls up to a million.
"""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.costs import CASES
from capnsafe import AllocationRefused, Element, HeapAllocator, MessageBuilder
from tests.capnsafe.work import work_of

#: What four times as much may cost: four times, and a logarithm.
MOST = 5.2


@pytest.mark.untraced
@pytest.mark.parametrize("name", CASES)
def test_four_times_as_much_costs_four_times_as_much(name: str) -> None:
    small, large = (work_of(CASES[name](count)) for count in (150, 600))
    assert large <= MOST * small


def test_a_refused_call_costs_the_same_in_a_message_of_many_segments() -> None:
    class Refusing(HeapAllocator):
        stable = False
        refuses = False

        def allocate(self, minimum_words: int, /) -> int:
            if self.refuses and minimum_words > 900:
                raise MemoryError
            return super().allocate(minimum_words)

    def refused(segments: int) -> int:
        memory = Refusing(segment_words=3, growth=False)
        with MessageBuilder() as other, MessageBuilder(memory) as message:
            source = other.init_root(0, 2)
            source.set_text(0, "x" * 30)
            source.set_data(1, bytes(8000))
            root = message.init_root(0, 2)
            texts = root.init_pointer_list(0, segments)
            for index in range(segments):
                texts.set_text(index, "abcdefghijkl")
            memory.refuses = True

            def call() -> None:
                with pytest.raises(AllocationRefused):
                    root.set(1, source)

            return work_of(call)

    assert refused(2000) <= 1.3 * refused(50)


def made_and_dropped_empty(message: MessageBuilder) -> None:
    orphan = message.new_orphan_struct(0, 0)
    orphan.get_struct()
    orphan.drop()


def made_and_dropped(message: MessageBuilder) -> None:
    orphan = message.new_orphan_struct(1, 1)
    below = orphan.get_struct()
    below.set_text(0, "one")
    below.set_text(0, "two")
    orphan.drop()


def disowned_and_dropped(message: MessageBuilder) -> None:
    root = message.get_root()
    assert root is not None
    root.init_struct(0, 0, 1).init_struct(0, 0, 0)
    orphan = root.disown(0)
    assert orphan is not None
    orphan.drop()


def disowned_and_adopted(message: MessageBuilder) -> None:
    root = message.get_root()
    assert root is not None
    orphan = root.disown(1)
    assert orphan is not None
    root.adopt(1, orphan)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "cycle",
    [made_and_dropped_empty, made_and_dropped, disowned_and_dropped, disowned_and_adopted],
)
def test_what_is_kept_beside_the_message_does_not_add_up(
    cycle: Callable[[MessageBuilder], None],
) -> None:
    with MessageBuilder(HeapAllocator(segment_words=1 << 16)) as message:
        root = message.init_root(0, 2)
        root.set_text(1, "kept")
        for _ in range(50):
            cycle(message)
        tracemalloc.start()
        try:
            for _ in range(1000):
                cycle(message)
            assert len(message.segment_words()) == 1
            # Closures of compiled functions are in cycles.
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] < 20_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("seed", range(20))
def test_joined_lists_of_bools_say_what_the_parts_said(seed: int) -> None:
    rng = random.Random(seed)
    parts = [[rng.random() < 0.5 for _ in range(rng.randrange(20))] for _ in range(12)]
    with MessageBuilder() as message:
        lists: list[Any] = []
        root = message.init_root(0, len(parts))
        for index, part in enumerate(parts):
            bits = root.init_list(index, Element.BOOL, len(part))
            for at, bit in enumerate(part):
                bits[at] = bit
            lists.append(bits)
        joined = message.new_orphan_list(lists).get_list(Element.BOOL)
        assert list(joined) == [bit for part in parts for bit in part]
