"""The check of allocators: it is silent on honest ones, and names the rule of each mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from capnsafe_allocators import RULES, check_allocator

from capnsafe.memory import FixedAllocator, HeapAllocator, PoolAllocator, ScratchAllocator
from capnsafe.memory.adapters import CallableAllocator, HandedOverAllocator
from capnsafe.memory.malloc import MallocAllocator
from capnsafe.memory.mapped_file import MappedFileAllocator
from capnsafe.memory.shared_memory import SharedMemoryAllocator
from capnsafe.memory.wasm import WasmAllocator, moving_engine, new_guest

HONEST: dict[str, Callable[[], Any]] = {
    "heap": HeapAllocator,
    "fixed": lambda: FixedAllocator(bytearray(4000), segment_words=1),
    "full": lambda: FixedAllocator(bytearray(40), segment_words=1),
    "pool": lambda: PoolAllocator(1000, segment_words=1, in_place=True),
    "malloc": lambda: MallocAllocator(segment_words=4, in_place=True),
    "mapped file": lambda: MappedFileAllocator(segment_words=4),
    "scratch": lambda: ScratchAllocator(bytearray(80), HeapAllocator(segment_words=1)),
    "shared memory": lambda: SharedMemoryAllocator(segment_words=1),
    "guest": lambda: WasmAllocator(*new_guest(), segment_words=4, in_place=True),
    "guest that moves": lambda: WasmAllocator(*new_guest(moving_engine()), segment_words=4),
    "function": lambda: CallableAllocator(lambda words: bytearray(words * 8)),
    "handed over": lambda: HandedOverAllocator([bytearray(2400) for _ in range(8)]),
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


class Unready(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        raise NotImplementedError


class Guarded(Plain):
    def segment(self, key: Any, /) -> Any:
        raise PermissionError("not now")


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
    memory = bytearray(1 << 22)

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


class Common(Plain):
    """What is live is the same for all of them."""

    everywhere: ClassVar[dict[int, bytearray]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.live = self.everywhere


MISTAKES: dict[str, type[Plain]] = {
    "methods": Methodless,
    "granted": Unready,
    "had": Guarded,
    "length": Short,
    "writable": ReadOnly,
    "kept": Forgetful,
    "apart": Overlapping,
    "own": Common,
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


# -- mistakes that are easily made, and what is said of them --------------------------------------


class WithoutKey(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        super().allocate(minimum_words)


class InBytes(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        self.made += 1
        self.live[self.made] = bytearray(minimum_words)
        return self.made


class OneTooFar(Plain):
    def segment(self, key: Any, /) -> Any:
        return [*self.live.values()][key]


class OldRelease(Plain):
    def release(self, key: Any) -> None:  # type: ignore[override]
        del self.live[key]


class OldGrow(Plain):
    def grow(self, key: Any) -> None:
        pass


class Stack(Plain):
    """What is released is free, with all that was granted after it."""

    def __init__(self) -> None:
        self.memory = bytearray(1 << 22)
        self.top = 0

    def allocate(self, minimum_words: int, /) -> Any:
        start = self.top
        self.top += minimum_words * 8
        return start, self.top

    def segment(self, key: Any, /) -> Any:
        return memoryview(self.memory)[key[0] : key[1]]

    def release(self, key: Any, words_used: int, /) -> None:
        self.top = key[0]


class Leaking(Plain):
    """A budget that gets nothing back."""

    budget = 10_000

    def allocate(self, minimum_words: int, /) -> Any:
        if minimum_words > self.budget:
            raise MemoryError(f"{self.budget} words left")
        self.budget -= minimum_words
        return super().allocate(minimum_words)


class WipingOthers(Plain):
    def grow(self, key: Any, minimum_words: int, /) -> None:
        for other, memory in self.live.items():
            if other != key:
                memory[:] = bytes(len(memory))


class GrowingOver(Plain):
    """Grants lie one behind the other, and the last grows over the first."""

    memory = bytearray(1 << 22)

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, tuple[int, int]] = {}
        self.top = len(self.memory)

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        end, self.top = self.top, self.top - minimum_words * 8
        self.places[key] = (self.top, end)
        return key

    def segment(self, key: Any, /) -> Any:
        start, end = self.places[key]
        return memoryview(self.memory)[start:end]

    def grow(self, key: Any, minimum_words: int, /) -> None:
        start, _ = self.places[key]
        self.places[key] = (start, start + minimum_words * 8)

    def release(self, key: Any, words_used: int, /) -> None:
        del self.places[key]
        self.top = min((start for start, _ in self.places.values()), default=len(self.memory))


class OneSize(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        return super().allocate(8192)


class AtMost(Plain):
    def allocate(self, minimum_words: int, /) -> Any:
        return super().allocate(min(minimum_words, 512))


class UsedIsLeft(Plain):
    """What is given back is what was used, and not what was granted."""

    left = 1 << 15

    def allocate(self, minimum_words: int, /) -> Any:
        if minimum_words > self.left:
            raise MemoryError(f"{self.left} words left")
        self.left -= minimum_words
        return super().allocate(minimum_words)

    def release(self, key: Any, words_used: int, /) -> None:
        self.left += words_used
        super().release(key, words_used)


class Slots(Plain):
    """A hundred, of which those stay taken that nobody wrote to."""

    def allocate(self, minimum_words: int, /) -> Any:
        if len(self.live) == 100:
            raise MemoryError("no slot is free")
        return super().allocate(minimum_words)

    def release(self, key: Any, words_used: int, /) -> None:
        if words_used:
            super().release(key, words_used)


class FreeList(Plain):
    """Grants what was given back, whatever its size."""

    def __init__(self) -> None:
        super().__init__()
        self.free: list[bytearray] = []

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(max(minimum_words, 512))
        if self.free:
            self.live[key] = self.free.pop()
        return key

    def release(self, key: Any, words_used: int, /) -> None:
        self.free.append(self.live.pop(key))


class CopyingLarge(Plain):
    def segment(self, key: Any, /) -> Any:
        memory = self.live[key]
        return memory if len(memory) < 4096 else bytearray(memory)


class GrowingFirstPage(Plain):
    def grow(self, key: Any, minimum_words: int, /) -> None:
        self.live[key] = self.live[key][:4096].ljust(minimum_words * 8, b"\0")


class Unprintable(Plain):
    """What it raises cannot be shown."""

    class Silent(Exception):
        def __repr__(self) -> str:
            raise ValueError

    def segment(self, key: Any, /) -> Any:
        raise self.Silent


@pytest.mark.parametrize(
    ("mistake", "rule", "told"),
    [
        (WithoutKey, "named", "k1 is None: does allocate return the key?"),
        (InBytes, "length", "segment(k1) has 0 words of 1 asked (1 of 8 bytes)"),
        (OneTooFar, "named", "segment(k1) raised IndexError"),
        (OldRelease, "methods", "release(key, words_used) is not how it can be called"),
        (OldGrow, "methods", "grow(key, minimum_words) is not how it can be called"),
        (Stack, "apart", "has at word 0 what was written to k"),
        (Leaking, "usable again", "33 times k = allocate(300), release(k, 300)"),
        (WipingOthers, "grown", "k1 = allocate(4), k2 = allocate(4), grow(k2, 40)"),
        (GrowingOver, "apart", "segment(k1) has at word 0 what was written to k2"),
        (OneSize, "length", "has 8192 words of 16384 asked"),
        (AtMost, "length", "has 512 words of 1024 asked"),
        (UsedIsLeft, "usable again", "times k = allocate(300), release(k, 1)"),
        (Slots, "usable again", "100 times k = allocate(300), release(k, 0)"),
        (FreeList, "length", "has 512 words of 1024 asked"),
        (CopyingLarge, "kept", "has lost what was written at word 0"),
        (GrowingFirstPage, "grown", "has lost what was written at word 512"),
        (Unprintable, "had", "segment(k1) raised Silent each time"),
    ],
)
def test_a_mistake_is_told_so_that_it_can_be_mended(
    mistake: type[Plain], rule: str, told: str
) -> None:
    breach = check_allocator(mistake)[0]
    assert breach.rule == rule
    assert told in str(breach)


def test_the_calls_that_are_told_show_the_breach() -> None:
    (breach,) = check_allocator(Stack)
    memory = Stack()
    keys: dict[str, Any] = {name: getattr(memory, name) for name in ("allocate", "release")}
    for call in breach.before:
        exec(call, {}, keys)
    places = [keys[name] for name in keys if name[1:].isdecimal()]
    live = [key for key in places if key[0] < memory.top]
    assert len({key[0] for key in live}) < len(live)
