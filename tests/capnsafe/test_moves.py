"""Memory that moves: P4, P11."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.capnsafe.memories import MovingMemory, ResizingMemory, closing
from tests.capnsafe.mixed_program import MEANINGS, STEPS, Build
from tests.capnsafe.reading import meaning


@pytest.mark.parametrize("grant_words", [1, 5, 40, 500])
def test_memory_that_moves_at_every_call_makes_the_same_message(grant_words: int) -> None:
    memory = MovingMemory(grant_words)
    build = Build(memory, max_segment_words=1000)
    with closing(build.message, memory):
        for index, step in enumerate(STEPS):
            step(build)
            assert meaning(build.message) == MEANINGS[index + 1]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes can export buffers from 3.12 on")
def test_every_view_is_given_back_before_the_next_allocator_call() -> None:
    class Exporter:
        held = 0

        def __init__(self, memory: bytearray) -> None:
            self.memory = memory

        def __buffer__(self, flags: int, /) -> memoryview:
            Exporter.held += 1
            return memoryview(self.memory)

        def __release_buffer__(self, view: memoryview, /) -> None:
            Exporter.held -= 1

    class Counting(ResizingMemory):
        def allocate(self, minimum_words: int, /) -> int:
            assert Exporter.held == 0
            return super().allocate(minimum_words)

        def segment(self, key: int, /) -> Any:
            assert Exporter.held == 0
            return Exporter(self.grants[key])

        def release(self, key: int, words_used: int, /) -> None:
            assert Exporter.held == 0

    build = Build(Counting())
    for step in STEPS:
        step(build)
        assert Exporter.held == 0
    assert meaning(build.message) == MEANINGS[-1]
    build.message.close()
