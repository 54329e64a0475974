"""The check of allocators: it is silent on honest ones, and names the rule of each mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from capnsafe_allocators import RULES, check_allocator

from capnsafe.memory import FixedAllocator, HeapAllocator, PoolAllocator
from capnsafe.memory.malloc import MallocAllocator
from capnsafe.memory.mapped_file import MappedFileAllocator

HONEST: dict[str, Callable[[], Any]] = {
    "heap": HeapAllocator,
    "fixed": lambda: FixedAllocator(bytearray(4000), segment_words=1),
    "full": lambda: FixedAllocator(bytearray(40), segment_words=1),
    "pool": lambda: PoolAllocator(1000, segment_words=1, in_place=True),
    "malloc": lambda: MallocAllocator(segment_words=4, in_place=True),
    "mapped file": lambda: MappedFileAllocator(segment_words=4),
}


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_honest_allocator_breaks_no_rule(name: str) -> None:
    assert check_allocator(HONEST[name]) == ()


class Plain:
    """An honest allocator in twenty lines, of which each one below has one mistake."""

    def __init__(self) -> None:
        self.live: dict[int, bytearray] = {}
        self.made = 0

    def allocate(self, minimum_words: int, /) -> Any:
        self.made += 1
        self.live[self.made] = bytearray(minimum_words * 8)
        return self.made

    def segment(self, key: Any, /) -> Any:
        return self.live[key]

    def release(self, key: Any, words_used: int, /) -> None:
        del self.live[key]


class Methodless(Plain):
    release = None  # type: ignore[assignment]


class Short(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        return super().allocate(minimum_words - 1)


class ReadOnly(Plain):
    def segment(self, key: Any, /) -> Any:
        return bytes(self.live[key])


class Forgetful(Plain):
    def segment(self, key: Any, /) -> Any:
        return bytearray(self.live[key])


class Overlapping(Plain):
    memory = bytearray(1 << 16)

    def segment(self, key: Any, /) -> Any:
        first = 8 * key
        return memoryview(self.memory)[first : first + len(self.live[key])]


class Renumbering(Plain):
    """Keys are places in a list, and change when one before them is released."""

    def __init__(self) -> None:
        self.list: list[bytearray] = []

    def allocate(self, minimum_words: int, /) -> Any:
        self.list.append(bytearray(minimum_words * 8))
        return len(self.list) - 1

    def segment(self, key: Any, /) -> Any:
        return self.list[key]

    def release(self, key: Any, words_used: int, /) -> None:
        del self.list[key]


class Shrinking(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        for memory in self.live.values():
            del memory[8:]
        return super().allocate(minimum_words)


class Unsteady(Plain):
    stable = True

    def segment(self, key: Any, /) -> Any:
        self.live[key] = bytearray(self.live[key])
        return self.live[key]


class Holding(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        self.view = memoryview(self.live[key])
        return key


class Wiping(Plain):
    def grow(self, key: Any, minimum_words: int, /) -> None:
        self.live[key] = bytearray(minimum_words * 8)


class Grudging(Plain):
    def release(self, key: Any, words_used: int, /) -> None:
        if words_used == 0:
            raise ValueError("nothing was written")
        super().release(key, words_used)


class UsedUp(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        if self.made >= 8:
            raise MemoryError("eight grants are all there ever are")
        return super().allocate(minimum_words)


MISTAKES: dict[str, type[Plain]] = {
    "methods": Methodless,
    "length": Short,
    "writable": ReadOnly,
    "kept": Forgetful,
    "apart": Overlapping,
    "named": Renumbering,
    "length kept": Shrinking,
    "stable": Unsteady,
    "let go": Holding,
    "grown": Wiping,
    "released": Grudging,
    "usable again": UsedUp,
}


def test_there_is_a_mistake_for_each_rule() -> None:
    assert set(MISTAKES) == set(RULES)
    assert check_allocator(Plain) == ()


@pytest.mark.parametrize("rule", MISTAKES)
def test_a_mistake_is_named_by_its_rule(rule: str) -> None:
    breaches = check_allocator(MISTAKES[rule])
    assert [breach.rule for breach in breaches] == [rule]
    (breach,) = breaches
    assert RULES[rule] in str(breach)
    assert breach.call
    assert breach.what
