"""Allocators that break the contract, most of them in a way that is easy to miss.

Each has one mistake, which its docstring names, and in `rules` the rules that the check may name
for it. `Plain` is right.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Plain:
    """A bytearray for each grant: right."""

    rules: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self.live: dict[Any, Any] = {}
        self.made = 0

    def allocate(self, minimum_words: int, /) -> Any:
        self.made += 1
        self.live[self.made] = bytearray(minimum_words * 8)
        return self.made

    def segment(self, key: Any, /) -> Any:
        return self.live[key]

    def release(self, key: Any, words_used: int, /) -> None:
        del self.live[key]


class FirstFit:
    """Cuts grants out of one buffer, and merges gaps that touch: right."""

    rules: ClassVar[set[str]] = set()
    words = 1 << 14

    def __init__(self) -> None:
        self.memory = bytearray(self.words * 8)
        self.gaps = [(0, self.words)]
        self.live: dict[int, tuple[int, int]] = {}
        self.made = 0

    def allocate(self, minimum_words: int, /) -> int:
        for at, (start, end) in enumerate(self.gaps):
            if end - start >= minimum_words:
                self.gaps[at : at + 1] = self.rest(start + minimum_words, end)
                self.made += 1
                self.live[self.made] = (start, start + minimum_words)
                return self.made
        raise MemoryError("no gap is that large")

    def rest(self, start: int, end: int) -> list[tuple[int, int]]:
        return [(start, end)] if start < end else []

    def segment(self, key: int, /) -> memoryview:
        start, end = self.live[key]
        return memoryview(self.memory)[start * 8 : end * 8]

    def release(self, key: int, words_used: int, /) -> None:
        self.give_back(*self.live.pop(key), words_used)

    def give_back(self, start: int, end: int, words_used: int) -> None:
        self.gaps = sorted([*self.gaps, (start, end)])
        at = 0
        while at + 1 < len(self.gaps):
            if self.touch(self.gaps[at], self.gaps[at + 1]):
                self.gaps[at : at + 2] = [(self.gaps[at][0], self.gaps[at + 1][1])]
            else:
                at += 1

    def touch(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one[1] == other[0]


class Bump:
    """Takes grants from the end of one buffer, and begins again when none is live: right.

    The last grant can grow.
    """

    rules: ClassVar[set[str]] = set()
    words = 1 << 15

    def __init__(self) -> None:
        self.memory = bytearray(self.words * 8)
        self.live: dict[int, tuple[int, int]] = {}
        self.top = 0
        self.made = 0

    def allocate(self, minimum_words: int, /) -> int:
        start = self.top
        if start + minimum_words > self.words:
            raise MemoryError("the buffer is full")
        self.top = start + minimum_words
        self.made += 1
        self.live[self.made] = (start, self.top)
        return self.made

    def segment(self, key: int, /) -> memoryview:
        start, end = self.live[key]
        return memoryview(self.memory)[start * 8 : end * 8]

    def release(self, key: int, words_used: int, /) -> None:
        del self.live[key]
        if not self.live:
            self.top = 0

    def grow(self, key: int, minimum_words: int, /) -> None:
        start, end = self.live[key]
        if end == self.top and start + minimum_words <= self.words:
            self.top = start + minimum_words
            self.live[key] = (start, self.top)


# -- coalescing -----------------------------------------------------------------------------------


class MergesOverOneWord(FirstFit):
    """Merges two gaps with one live word between them."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def touch(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        return other[0] - one[1] <= 1


class MergesUnsorted(FirstFit):
    """Takes the gap that was released before for the neighbour of the next one."""

    rules: ClassVar[set[str]] = {"separate grants"}
    last: tuple[int, int] | None = None

    def give_back(self, start: int, end: int, words_used: int) -> None:
        if self.last in self.gaps and self.last is not None:
            self.gaps.remove(self.last)
            start, end = min(start, self.last[0]), max(end, self.last[1])
        self.last = (start, end)
        super().give_back(start, end, words_used)


class MergesWithUsed(FirstFit):
    """Rounds the used words up to pages of 16, and gives those back."""

    rules: ClassVar[set[str]] = {"separate grants", "reusable memory", "granted length"}

    def give_back(self, start: int, end: int, words_used: int) -> None:
        super().give_back(start, start + -(-words_used // 16) * 16, words_used)


class SplitsShort(FirstFit):
    """What is left of a gap larger than 100 words begins one word early."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def rest(self, start: int, end: int) -> list[tuple[int, int]]:
        left = super().rest(start, end)
        return [(start - 1, end)] if left and 100 < end - start < 1000 else left


class Buddies(FirstFit):
    """Blocks are powers of two, and merge with their buddies: right."""

    rules: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.free: dict[int, list[int]] = {self.words: [0]}

    def allocate(self, minimum_words: int, /) -> int:
        size = 1 << (minimum_words - 1).bit_length()
        fitting = sorted(words for words, starts in self.free.items() if starts and words >= size)
        if not fitting:
            raise MemoryError("no block is that large")
        words = fitting[0]
        start = self.free[words].pop()
        while words > size:
            words //= 2
            self.free.setdefault(words, []).append(start + words)
        self.made += 1
        self.live[self.made] = (start, start + size)
        return self.made

    def give_back(self, start: int, end: int, words_used: int) -> None:
        size = end - start
        while size < self.words and (found := self.buddy(start ^ size, size)):
            self.free[found].remove(start ^ size)
            start &= ~size
            size *= 2
        self.free.setdefault(size, []).append(start)

    def buddy(self, start: int, size: int) -> int:
        return size if start in self.free.get(size, ()) else 0


class BuddyThatIsHalfFree(Buddies):
    """Merges with a buddy of which only the first half is free."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def buddy(self, start: int, size: int) -> int:
        half = size // 2
        return super().buddy(start, size) or (half if half and super().buddy(start, half) else 0)


# -- keys -----------------------------------------------------------------------------------------


class KeysOf8Bits(Plain):
    """Keys repeat after 256 grants."""

    rules: ClassVar[set[str]] = {"distinct keys"}
    modulus = 256

    def allocate(self, minimum_words: int, /) -> Any:
        key = self.made % self.modulus
        self.made += 1
        self.live[key] = bytearray(minimum_words * 8)
        return key


class KeysUpTo1000(KeysOf8Bits):
    """Keys repeat after 1,000 grants."""

    modulus = 1000


class KeysOf16Bits(KeysOf8Bits):
    """Keys repeat after 65,536 grants."""

    modulus = 1 << 16


class HiddenKeys(KeysOf8Bits):
    """Keys repeat after 256 grants, and are objects that cannot be compared."""

    rules: ClassVar[set[str]] = {"separate grants", "lasting keys"}

    class Key:
        def __init__(self, number: int) -> None:
            self.number = number

    def allocate(self, minimum_words: int, /) -> Any:
        return self.Key(super().allocate(minimum_words))

    def segment(self, key: Any, /) -> Any:
        return super().segment(key.number)

    def release(self, key: Any, words_used: int, /) -> None:
        self.live.pop(key.number, None)


class KeyIsTheNumberOfGrants(Plain):
    """The key is how many grants are live: it comes again after a release."""

    rules: ClassVar[set[str]] = {"distinct keys"}

    def allocate(self, minimum_words: int, /) -> Any:
        key = len(self.live)
        self.live[key] = bytearray(minimum_words * 8)
        return key


class KeyIsAPlace(Plain):
    """The key is a place in a list, and changes when a grant before it is released."""

    rules: ClassVar[set[str]] = {"lasting keys", "separate grants"}

    def __init__(self) -> None:
        self.list: list[bytearray] = []

    def allocate(self, minimum_words: int, /) -> Any:
        self.list.append(bytearray(minimum_words * 8))
        return [len(self.list) - 1]

    def segment(self, key: Any, /) -> Any:
        return self.list[key[0]]

    def release(self, key: Any, words_used: int, /) -> None:
        del self.list[key[0]]


# -- size classes ---------------------------------------------------------------------------------


class LargeGrantsShare(Plain):
    """Grants of more than 300 words lie in one buffer."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def __init__(self) -> None:
        super().__init__()
        self.large = bytearray(4096 * 8)

    def allocate(self, minimum_words: int, /) -> Any:
        if minimum_words > 4096:
            raise MemoryError("too large")
        key = super().allocate(minimum_words)
        if minimum_words > 300:
            self.live[key] = self.large
        return key


class ClassBelow(Plain):
    """Reuses a buffer of the size class that the size is rounded down to."""

    rules: ClassVar[set[str]] = {"granted length"}

    def __init__(self) -> None:
        super().__init__()
        self.free: dict[int, list[bytearray]] = {}

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        if free := self.free.get(minimum_words.bit_length()):
            self.live[key] = free.pop()
        return key

    def release(self, key: Any, words_used: int, /) -> None:
        memory = self.live.pop(key)
        self.free.setdefault((len(memory) // 8).bit_length(), []).append(memory)


class SlabWithoutEnd(Plain):
    """A slab has 64 slots of 8 words; slot 64 of it is slot 0 of it."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def __init__(self) -> None:
        super().__init__()
        self.slab = bytearray(64 * 64)

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        if minimum_words <= 8:
            start = key % 64 * 64
            self.live[key] = memoryview(self.slab)[start : start + 64]
            if len(self.live) > 65:
                raise MemoryError("full")
        return key


class NinthIsFirst(Plain):
    """The ninth live grant is the memory of the first one."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        if len(self.live) > 8 and len(next(iter(self.live.values()))) >= minimum_words * 8:
            self.live[key] = next(iter(self.live.values()))
        return key


# -- growth ---------------------------------------------------------------------------------------


class GrowthForgetsTheEnd(Bump):
    """The next grant begins where the segment ended before it grew."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def grow(self, key: int, minimum_words: int, /) -> None:
        top = self.top
        super().grow(key, minimum_words)
        self.top = top


class GrowthCopiesAPage(Plain):
    """Words after the first 512 are not copied."""

    rules: ClassVar[set[str]] = {"growth without loss"}

    def grow(self, key: Any, minimum_words: int, /) -> None:
        self.live[key] = self.live[key][:4096].ljust(minimum_words * 8, b"\0")


class GrowthByOneForgetsItsLast(Plain):
    """A growth by one word loses the last one: an end is taken for a last place."""

    rules: ClassVar[set[str]] = {"growth without loss"}

    def grow(self, key: Any, minimum_words: int, /) -> None:
        old = self.live[key]
        if len(old) == minimum_words * 8 - 8:
            old = old[:-8]
        self.live[key] = old.ljust(minimum_words * 8, b"\0")


class GrowthOverNeighbours(FirstFit):
    """The last grant grows, whether the words after it are free or not."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def grow(self, key: int, minimum_words: int, /) -> None:
        start, end = self.live[key]
        behind = next((gap for gap in self.gaps if gap[0] >= end), None)
        if behind is not None and behind[1] >= start + minimum_words:
            at = self.gaps.index(behind)
            self.gaps[at : at + 1] = self.rest(max(start + minimum_words, behind[0]), behind[1])
            self.live[key] = (start, start + minimum_words)


class GrowthIsNotGivenBack(Bump):
    """A release gives back the words of the grant, but not those added by growth."""

    rules: ClassVar[set[str]] = {"reusable memory"}
    taken = 0

    def allocate(self, minimum_words: int, /) -> int:
        if self.taken + minimum_words > self.words:
            raise MemoryError("over budget")
        key = super().allocate(minimum_words)
        self.taken += minimum_words
        self.granted = {**getattr(self, "granted", {}), key: minimum_words}
        return key

    def release(self, key: int, words_used: int, /) -> None:
        super().release(key, words_used)
        self.taken -= self.granted.pop(key)

    def grow(self, key: int, minimum_words: int, /) -> None:
        end = self.live[key][1]
        super().grow(key, minimum_words)
        self.taken += self.live[key][1] - end


class SecondGrowthShrinks(Plain):
    """The second growth goes back to the size of the first."""

    rules: ClassVar[set[str]] = {"growth without loss", "granted length"}

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[Any, int] = {}

    def grow(self, key: Any, minimum_words: int, /) -> None:
        size = self.sizes.setdefault(key, minimum_words * 8)
        self.live[key] = self.live[key][:size].ljust(size, b"\0")
        if size != minimum_words * 8:
            self.live[key] = self.live[key][: size - 8]


# -- reuse ----------------------------------------------------------------------------------------


class TwiceInTheFreeList(Plain):
    """A grant that is released without being written is put twice into the list of free buffers."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def __init__(self) -> None:
        super().__init__()
        self.free: list[bytearray] = []

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        for at, memory in enumerate(self.free):
            if len(memory) >= minimum_words * 8:
                self.live[key] = self.free.pop(at)
                break
        return key

    def release(self, key: Any, words_used: int, /) -> None:
        memory = self.live.pop(key)
        self.free += [memory] if words_used else [memory, memory]


class StackOfGrants(Bump):
    """A release frees everything that was granted after it."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def release(self, key: int, words_used: int, /) -> None:
        self.top = self.live.pop(key)[0]


class Ring(Bump):
    """At the end of the buffer it begins again, whether the first grants are live or not."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def allocate(self, minimum_words: int, /) -> int:
        if self.top + minimum_words > self.words:
            self.top = 0
        return super().allocate(minimum_words)


class LeaksWhatWasNotWritten(Plain):
    """A hundred slots, of which those stay taken that nobody wrote to."""

    rules: ClassVar[set[str]] = {"reusable memory"}

    def allocate(self, minimum_words: int, /) -> Any:
        if len(self.live) == 100:
            raise MemoryError("no slot is free")
        return super().allocate(minimum_words)

    def release(self, key: Any, words_used: int, /) -> None:
        if words_used:
            super().release(key, words_used)


class RefusalTakesAGrant(Plain):
    """A refusal makes room by dropping the oldest grant, and refuses nevertheless."""

    rules: ClassVar[set[str]] = {"lasting keys"}

    def allocate(self, minimum_words: int, /) -> Any:
        if minimum_words > 30_000:
            if self.live:
                del self.live[next(iter(self.live))]
            raise MemoryError("too large")
        return super().allocate(minimum_words)


class RefusalTakesBudget(Plain):
    """What was refused is taken from the budget, too."""

    rules: ClassVar[set[str]] = {"reusable memory"}
    budget = 1 << 19

    def allocate(self, minimum_words: int, /) -> Any:
        self.budget -= minimum_words
        if self.budget < 0:
            raise MemoryError("over budget")
        return super().allocate(minimum_words)

    def release(self, key: Any, words_used: int, /) -> None:
        self.budget += len(self.live[key]) // 8
        super().release(key, words_used)


class RefusalZeroesAByte(Plain):
    """A refusal zeroes the last byte of each live grant."""

    rules: ClassVar[set[str]] = {"preserved contents"}

    def allocate(self, minimum_words: int, /) -> Any:
        if minimum_words > 5000:
            for memory in self.live.values():
                memory[-1] = 0
            raise MemoryError("too large")
        return super().allocate(minimum_words)


class QuarantineOfTheLiving(Plain):
    """Released buffers wait for two others; the first that is reused is a live one."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[bytearray] = []

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        if len(self.waiting) >= 3:
            memory = self.waiting.pop(0)
            if len(memory) >= minimum_words * 8:
                self.live[key] = memory
        return key

    def release(self, key: Any, words_used: int, /) -> None:
        self.waiting.append(self.live.pop(key))
        if len(self.waiting) == 3 and self.live:
            self.waiting[0] = next(iter(self.live.values()))


# -- alignment ------------------------------------------------------------------------------------


class AlignsDown(Bump):
    """Grants begin at a multiple of 16 bytes, below the end of the last one if its size is odd."""

    rules: ClassVar[set[str]] = {"separate grants"}

    def allocate(self, minimum_words: int, /) -> int:
        self.top -= self.top % 2
        return super().allocate(minimum_words)


class AlignedByLuck(Plain):
    """Has a header of 4 bytes before every grant of an even size."""

    rules: ClassVar[set[str]] = {"aligned memory"}

    def allocate(self, minimum_words: int, /) -> Any:
        self.made += 1
        header = 4 if minimum_words % 2 == 0 else 0
        self.live[self.made] = memoryview(bytearray(header + minimum_words * 8))[header:]
        return self.made


class RoundsDownToPages(Plain):
    """More than a page is rounded to whole pages, downwards."""

    rules: ClassVar[set[str]] = {"granted length"}

    def allocate(self, minimum_words: int, /) -> Any:
        words = minimum_words if minimum_words <= 512 else minimum_words // 512 * 512
        return super().allocate(words)


class SizesOf16Bits(Plain):
    """The size is kept in 16 bits."""

    rules: ClassVar[set[str]] = {"granted length"}

    def allocate(self, minimum_words: int, /) -> Any:
        return super().allocate(minimum_words & 0xFFFF or 1)


# -- moves, other allocators, attributes, words ----------------------------------------------------


class MovesWithoutTheLast(Plain):
    """Compacts at every fourth grant, and does not take along the last word of large ones."""

    rules: ClassVar[set[str]] = {"preserved contents"}

    def allocate(self, minimum_words: int, /) -> Any:
        key = super().allocate(minimum_words)
        if key % 4 == 0:
            for other, memory in self.live.items():
                size = len(memory)
                if size > 256:
                    self.live[other] = memory[: size - 8] + bytes(8)
        return key


class SharedTable(Plain):
    """The table of grants belongs to the class."""

    rules: ClassVar[set[str]] = {"separate allocators"}
    table: ClassVar[dict[int, bytearray]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.live = self.table


class SharedFreeList(Plain):
    """Of two allocators the second ignores the grants of the first in a shared buffer."""

    rules: ClassVar[set[str]] = {"separate allocators"}
    memory = bytearray(1 << 18)

    def __init__(self) -> None:
        super().__init__()
        self.top = 0

    def allocate(self, minimum_words: int, /) -> Any:
        start, end = self.top, self.top + minimum_words * 8
        if end > len(self.memory):
            raise MemoryError("full")
        self.top = end
        self.made += 1
        self.live[self.made] = memoryview(self.memory)[start:end]
        return self.made

    def release(self, key: Any, words_used: int, /) -> None:
        super().release(key, words_used)
        if not self.live:
            self.top = 0


class StableUntilResized(Plain):
    """Says stable, and lengthens a segment when a neighbour is granted."""

    rules: ClassVar[set[str]] = {"stable object"}
    stable = True

    def allocate(self, minimum_words: int, /) -> Any:
        for memory in self.live.values():
            memory.append(0)
        return super().allocate(minimum_words)


class UnreadableStable(Plain):
    """The attribute `stable` raises."""

    rules: ClassVar[set[str]] = {"readable attributes"}

    @property
    def stable(self) -> bool:
        raise RuntimeError("not connected")


class UnreadableGrow(Plain):
    """The attribute `grow` raises."""

    rules: ClassVar[set[str]] = {"readable attributes"}

    @property
    def grow(self) -> Any:
        raise OSError("not connected")


class UnreadableLater(Plain):
    """A method can be read from the first hundred allocators."""

    rules: ClassVar[set[str]] = {"readable attributes"}
    read: ClassVar[int] = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "release":
            UnreadableLater.read += 1
            if UnreadableLater.read > 100:
                raise OSError("not connected")
        return super().__getattribute__(name)


class SilentRefusal(Plain):
    """The error of a refusal cannot be shown."""

    rules: ClassVar[set[str]] = {"printable objects"}

    class Refused(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def allocate(self, minimum_words: int, /) -> Any:
        if minimum_words > 1000:
            raise self.Refused
        return super().allocate(minimum_words)


class WordsOfItsOwn(Plain):
    """The text of an error is of a class that fails in its own methods."""

    rules: ClassVar[set[str]] = {"access to live grants"}

    class Text(str):
        def __len__(self) -> int:
            raise ValueError("no length")

        def __iter__(self) -> Any:
            raise ValueError("no characters")

        def __format__(self, specification: str) -> str:
            raise ValueError("no format")

    class Wordy(Exception):
        def __repr__(self) -> str:
            return WordsOfItsOwn.Text("Wordy")

    def segment(self, key: Any, /) -> Any:
        raise self.Wordy


class SilentAllocator(Plain):
    """The allocator cannot be shown."""

    rules: ClassVar[set[str]] = {"printable objects"}

    def __repr__(self) -> str:
        raise RuntimeError("no text")


WRONG = [
    kind
    for kind in [*globals().values()]
    if isinstance(kind, type) and getattr(kind, "rules", None)
]
