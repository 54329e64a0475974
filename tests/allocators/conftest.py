"""A well-behaved client, and the memories that hostile allocators are laid over."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from capnsafe_allocators import HostileAllocator, parse_fault

from capnsafe.allocator import Allocator
from capnsafe.memory import FixedAllocator, HeapAllocator


class MovingMemory:
    """Honest memory that really moves: each call of ``segment`` answers another bytearray."""

    def __init__(self, words: int) -> None:
        self._words = words
        self._live: dict[int, bytearray] = {}
        self.released: list[int] = []

    def allocate(self, minimum_words: int, /) -> int:
        key = len(self._live)
        self._live[key] = bytearray(max(minimum_words, self._words) * 8)
        return key

    def segment(self, key: int, /) -> bytearray:
        old = self._live[key]
        self._live[key] = bytearray(old)
        old[:] = b"\xee" * len(old)
        return self._live[key]

    def release(self, key: int, words_used: int, /) -> None:
        self.released.append(key)


class Client:
    """A correct client: borrows late, gives views back at once, releases its grants."""

    def __init__(self, allocator: HostileAllocator) -> None:
        self.allocator = allocator

    def allocate(self, words: int) -> Any:
        return self.allocator.allocate(words)

    def words(self, key: Any) -> int:
        with memoryview(self.allocator.segment(key)) as view:
            return view.nbytes // 8

    def read(self, key: Any) -> bytes:
        with memoryview(self.allocator.segment(key)) as view:
            return bytes(view)

    def write(self, key: Any, first: int, data: bytes) -> None:
        with memoryview(self.allocator.segment(key)) as view:
            view[first : first + len(data)] = data

    def address(self, key: Any) -> int:
        with memoryview(self.allocator.segment(key)) as view:
            return ctypes.addressof(ctypes.c_char.from_buffer(view))


#: Each grants segments of 16 words to clients that ask less, with guards of 8 words.
MEMORIES: dict[str, Callable[[], Allocator]] = {
    "heap": lambda: HeapAllocator(segment_words=32, growth=False),
    "fixed": lambda: FixedAllocator(bytearray(4096 * 8), segment_words=32),
    "moving": lambda: MovingMemory(32),
}


@pytest.fixture(params=MEMORIES)
def memory(request: pytest.FixtureRequest) -> Allocator:
    """Each honest memory in turn."""
    return MEMORIES[request.param]()


Lay = Callable[..., Client]


@pytest.fixture
def lay(memory: Allocator) -> Lay:
    """Lay a script over each honest memory in turn; answers a client of it."""

    def lay(*lines: str, used: Sequence[int] | None = None, **options: Any) -> Client:
        allocator = HostileAllocator(memory, [parse_fault(line) for line in lines], **options)
        if used is not None:
            allocator.used = lambda: used
        return Client(allocator)

    return lay
