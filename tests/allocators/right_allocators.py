"""Allocators that keep the contract, of very different designs."""

from __future__ import annotations

import ctypes
import mmap
from array import array
from collections.abc import Callable
from typing import Any

from capnsafe.memory import FixedAllocator, HeapAllocator, PoolAllocator, ScratchAllocator
from capnsafe.memory.adapters import CallableAllocator, HandedOverAllocator
from capnsafe.memory.malloc import MallocAllocator
from capnsafe.memory.mapped_file import MappedFileAllocator
from capnsafe.memory.shared_memory import SharedMemoryAllocator
from capnsafe.memory.wasm import WasmAllocator, moving_engine, new_guest

from .wrong_allocators import Buddies, Bump, FirstFit, Plain


class MovesAtEachCall(Plain):
    """Every segment lies elsewhere after every call, its old place overwritten."""

    def move(self) -> None:
        for key, memory in self.live.items():
            self.live[key] = memory[:]
            memory[:] = b"\xdd" * len(memory)

    def allocate(self, minimum_words: int, /) -> Any:
        self.move()
        return super().allocate(minimum_words)

    def segment(self, key: Any, /) -> Any:
        self.move()
        return self.live[key]

    def release(self, key: Any, words_used: int, /) -> None:
        self.move()
        super().release(key, words_used)


class Slabs(Plain):
    """Has classes of sizes, and never gives the memory of one class to another."""

    words = 1 << 13

    def __init__(self) -> None:
        super().__init__()
        self.free: dict[int, list[memoryview]] = {}
        self.memory = bytearray(self.words * 8)
        self.top = 0

    def allocate(self, minimum_words: int, /) -> Any:
        size = 8 << (minimum_words - 1).bit_length()
        free = self.free.setdefault(size, [])
        if not free:
            if self.top + size > len(self.memory):
                raise MemoryError("all slabs are taken")
            free.append(memoryview(self.memory)[self.top : self.top + size])
            self.top += size
        self.made += 1
        self.live[self.made] = free.pop()
        return self.made

    def release(self, key: Any, words_used: int, /) -> None:
        memory = self.live.pop(key)
        self.free[len(memory)].append(memory)


class Mapped(Plain):
    """An anonymous mapping for each grant; the last 13 bytes are no whole word."""

    def allocate(self, minimum_words: int, /) -> Any:
        self.made += 1
        self.live[self.made] = mmap.mmap(-1, minimum_words * 8 + 13)
        return self.made

    def release(self, key: Any, words_used: int, /) -> None:
        self.live.pop(key).close()


class OddKeys:
    """Keys are objects that can be neither compared, nor hashed, nor shown."""

    class Key:
        def __init__(self, words: int) -> None:
            self.memory = array("Q", bytes(words * 8))

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("keys are not compared")

        def __repr__(self) -> str:
            raise RuntimeError("keys are not shown")

        def __bool__(self) -> bool:
            raise RuntimeError("keys are neither true nor false")

    def allocate(self, minimum_words: int, /) -> Any:
        return self.Key(minimum_words)

    def segment(self, key: Any, /) -> Any:
        return key.memory

    def release(self, key: Any, words_used: int, /) -> None:
        del key.memory


class Moody(Plain):
    """Refuses every third call of each kind, and segments that are asked for at a bad moment."""

    calls = 0

    def mood(self) -> None:
        self.calls += 1
        if self.calls % 3 == 0:
            raise TimeoutError("later")

    def allocate(self, minimum_words: int, /) -> Any:
        self.mood()
        return super().allocate(minimum_words)

    def segment(self, key: Any, /) -> Any:
        self.mood()
        return super().segment(key)

    def grow(self, key: Any, minimum_words: int, /) -> None:
        self.mood()
        self.live[key].extend(bytes(minimum_words * 8 - len(self.live[key])))


class InNumpy(Plain):
    """A numpy array of 64-bit numbers for each grant, which stays, and grows by a copy."""

    stable = True

    def allocate(self, minimum_words: int, /) -> Any:
        import numpy

        self.made += 1
        self.live[self.made] = numpy.zeros(minimum_words, numpy.uint64)
        return self.made

    def grow(self, key: Any, minimum_words: int, /) -> None:
        import numpy

        old = self.live[key]
        self.live[key] = numpy.concatenate([old, numpy.ones(minimum_words - len(old), "u8")])


class InCTypes(Plain):
    """A ctypes array for each grant, with more words than were asked for, and a budget."""

    budget = 5000

    def allocate(self, minimum_words: int, /) -> Any:
        words = minimum_words + 5
        if words > self.budget:
            raise MemoryError("over budget")
        self.budget -= words
        self.made += 1
        self.live[self.made] = (ctypes.c_uint64 * words)()
        return self.made

    def release(self, key: Any, words_used: int, /) -> None:
        self.budget += len(self.live.pop(key))


class ReusesKeysAndDirt(Plain):
    """A slot is a key, and is reused at once, with its old contents."""

    def __init__(self) -> None:
        self.slots: list[bytearray] = []
        self.free: list[int] = []

    def allocate(self, minimum_words: int, /) -> Any:
        if not self.free:
            self.slots.append(bytearray())
            self.free.append(len(self.slots) - 1)
        key = self.free.pop()
        missing = minimum_words * 8 - len(self.slots[key])
        self.slots[key] += b"\xee" * max(missing, 0)
        return key

    def segment(self, key: Any, /) -> Any:
        return self.slots[key]

    def release(self, key: Any, words_used: int, /) -> None:
        self.free.append(key)


class Chunks(Bump):
    """Takes grants from chunks that are never used again."""

    words = 256

    def allocate(self, minimum_words: int, /) -> int:
        if self.top + minimum_words > self.words:
            self.words = max(256, minimum_words)
            self.memory = bytearray(self.words * 8)
            self.top = 0
        start, self.top = self.top, self.top + minimum_words
        self.made += 1
        self.live[self.made] = memoryview(self.memory)[start * 8 : self.top * 8]  # type: ignore[assignment]
        return self.made

    def segment(self, key: int, /) -> Any:
        return self.live[key]

    def release(self, key: int, words_used: int, /) -> None:
        del self.live[key]

    def grow(self, key: int, minimum_words: int, /) -> None:
        raise NotImplementedError


_SHARED = PoolAllocator(3000, segment_words=1)

RIGHT: dict[str, Callable[[], Any]] = {
    "plain": Plain,
    "first fit": FirstFit,
    "bump": Bump,
    "buddies": Buddies,
    "moves at each call": MovesAtEachCall,
    "slabs": Slabs,
    "mapped": Mapped,
    "odd keys": OddKeys,
    "moody": Moody,
    "numpy": InNumpy,
    "ctypes": InCTypes,
    "keys and dirt": ReusesKeysAndDirt,
    "chunks": Chunks,
    "one for all": lambda: _SHARED,
    "heap": HeapAllocator,
    "heap in place": lambda: HeapAllocator(segment_words=1, growth=False, in_place=True),
    "fixed": lambda: FixedAllocator(bytearray(4000), segment_words=1),
    "full": lambda: FixedAllocator(bytearray(40), segment_words=1),
    "pool": lambda: PoolAllocator(1000, segment_words=1, in_place=True),
    "malloc": lambda: MallocAllocator(segment_words=4, in_place=True),
    "mapped file": lambda: MappedFileAllocator(segment_words=4),
    "scratch": lambda: ScratchAllocator(bytearray(80), after=HeapAllocator(segment_words=1)),
    "shared memory": lambda: SharedMemoryAllocator(segment_words=1),
    "guest": lambda: WasmAllocator(*new_guest(), segment_words=4, in_place=True),
    "guest that moves": lambda: WasmAllocator(*new_guest(moving_engine()), segment_words=4),
    "function": lambda: CallableAllocator(lambda words: bytearray(words * 8)),
    "handed over": lambda: HandedOverAllocator([bytearray(2400) for _ in range(8)]),
}
