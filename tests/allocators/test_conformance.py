"""The check of allocators: right ones pass, and each mistake is named by the rule it breaks."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar

import pytest
from capnsafe_allocators import RECOMMENDED, RULES, CheckUnfinishedError, check_allocator
from capnsafe_allocators.conformance.search import search
from capnsafe_allocators.conformance.shortening import Player, shorten
from capnsafe_allocators.conformance.words import MOST_WORDS
from hypothesis import given, settings
from hypothesis import strategies as st

from capnsafe.memory import HeapAllocator

from . import wrong_allocators as wrong
from .right_allocators import RIGHT
from .wrong_allocators import WRONG, Plain, Ring, StackOfGrants

pytestmark = pytest.mark.thorough

#: The most calls that a breach may take to show.
MOST_CALLS = 10

#: So large a limit that programs end by the number of their calls, however slow the machine is.
NO_LIMIT = 3600.0


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_right_allocator_breaks_no_rule(name: str) -> None:
    with suppress(CheckUnfinishedError):
        assert check_allocator(RIGHT[name], seconds=2, examples=8) == ()


@pytest.mark.parametrize("kind", WRONG, ids=lambda kind: kind.__name__)
def test_a_subtle_mistake_is_named_with_few_calls(kind: type[Plain]) -> None:
    breaches = check_allocator(kind, seconds=NO_LIMIT)
    assert breaches
    assert {breach.rule for breach in breaches} <= kind.rules
    for breach in breaches:
        assert len(breach.before) < MOST_CALLS, str(breach)


@pytest.mark.parametrize(
    "kind",
    [
        wrong.MergesOverOneWord,
        wrong.BuddyThatIsHalfFree,
        wrong.KeysOf8Bits,
        wrong.NinthIsFirst,
        wrong.GrowthOverNeighbours,
        wrong.TwiceInTheFreeList,
    ],
)
def test_the_search_alone_finds_a_mistake_and_the_same_each_time(kind: type[Plain]) -> None:
    player = Player(kind, NO_LIMIT, keep=False, ignored=frozenset())
    found = search(player, 100)
    assert found is not None
    program, outcome = found
    again = search(player, 100)
    assert again is not None
    assert [*again[0]] == [*program]
    breach = shorten(player, program, outcome.breaches[0])
    assert breach.rule in kind.rules
    assert len(breach.before) < MOST_CALLS


# -- a mistake for each rule ----------------------------------------------------------------------


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
    "callable methods": Methodless,
    "first grant": Unready,
    "access to live grants": Guarded,
    "granted length": Short,
    "writable buffer": ReadOnly,
    "preserved contents": Forgetful,
    "separate grants": Overlapping,
    "separate allocators": Common,
    "lasting keys": Renumbering,
    "lasting length": Shrinking,
    "stable object": Unsteady,
    "resizable buffer": Holding,
    "growth without loss": Wiping,
    "accepted release": Grudging,
    "reusable memory": UsedUp,
    "readable attributes": wrong.UnreadableStable,
    "printable objects": wrong.SilentAllocator,
    "aligned memory": wrong.AlignedByLuck,
    "distinct keys": wrong.KeysOf8Bits,
}


def test_there_is_a_mistake_for_each_rule() -> None:
    assert set(MISTAKES) == set(RULES)


@pytest.mark.parametrize("rule", MISTAKES)
def test_a_mistake_is_named_by_its_rule(rule: str) -> None:
    breaches = check_allocator(MISTAKES[rule], seconds=NO_LIMIT)
    assert rule in [breach.rule for breach in breaches]
    for breach in breaches:
        assert RULES[breach.rule] in str(breach)
        assert breach.call
        assert breach.detail
        assert len(breach.before) < MOST_CALLS


# -- mistakes that are easily made, and their messages --------------------------------------------


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
    """Grants lie one after the other, and the last grows over the first."""

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
    """Gives back the words used, not the words granted."""

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
    """Grants released memory again, whatever its size."""

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


class Shouting(Plain):
    """The text of its error has lines and colours of its own."""

    class Loud(Exception):
        def __repr__(self) -> str:
            return "\x1b[31mred\nlines"

    def segment(self, key: Any, /) -> Any:
        raise self.Loud


@pytest.mark.parametrize(
    ("mistake", "rule", "told"),
    [
        (WithoutKey, "lasting keys", "k1 is None"),
        (InBytes, "granted length", "segment(k1) has 0 words (1 bytes)"),
        (OneTooFar, "lasting keys", "segment(k1) raised IndexError"),
        (OldRelease, "callable methods", "release(key, words_used)"),
        (OldGrow, "callable methods", "grow(key, minimum_words)"),
        (StackOfGrants, "separate grants", "k4"),
        (Leaking, "reusable memory", "times: k = allocate("),
        (WipingOthers, "growth without loss", "    grow(k2, 2)\n    segment(k1)"),
        (GrowingOver, "separate grants", "k2"),
        (OneSize, "granted length", "8192 words (65536 bytes)"),
        (AtMost, "granted length", "512 words (4096 bytes)"),
        (UsedIsLeft, "reusable memory", "release(k, 1)"),
        (Slots, "reusable memory", "100 times: k = allocate(1), release(k, 0)"),
        (FreeList, "granted length", "512 words (4096 bytes)"),
        (CopyingLarge, "preserved contents", "word 0"),
        (GrowingFirstPage, "growth without loss", "word 512"),
        (Unprintable, "access to live grants", "segment(k1) raised Silent 3 times"),
        (Unprintable, "printable objects", "raised Silent, whose repr raises ValueError"),
        (Shouting, "access to live grants", "raised \\x1b[31mred\\n"),
    ],
)
def test_a_mistake_is_told_so_that_it_can_be_mended(
    mistake: type[Plain], rule: str, told: str
) -> None:
    breaches = {breach.rule: breach for breach in check_allocator(mistake, seconds=NO_LIMIT)}
    assert told in str(breaches[rule])


def test_the_calls_that_are_told_show_the_breach() -> None:
    (breach,) = check_allocator(StackOfGrants, seconds=NO_LIMIT)
    memory = StackOfGrants()
    names: dict[str, Any] = {name: getattr(memory, name) for name in ("allocate", "release")}
    for call in breach.before:
        exec(call, {}, names)
    places = [
        memory.live[key]
        for name, key in names.items()
        if name[1:].isdecimal() and key in memory.live
    ]
    assert len({start for start, _ in places}) < len(places)


# -- the check itself -----------------------------------------------------------------------------


def test_the_calls_are_the_same_each_time() -> None:
    first, second = (check_allocator(Ring, seconds=NO_LIMIT) for _ in range(2))
    assert first == second


class Closing(Plain):
    """Counts those that are open."""

    open: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        Closing.open += 1

    def __enter__(self) -> Closing:
        return self

    def __exit__(self, *_: object) -> None:
        assert not self.live
        Closing.open -= 1


def test_each_allocator_is_emptied_and_left() -> None:
    with suppress(CheckUnfinishedError):
        assert check_allocator(Closing, seconds=4, examples=2) == ()
    assert Closing.open == 0


def test_one_allocator_that_is_returned_each_time_stays_open() -> None:
    memory = Closing()
    with suppress(CheckUnfinishedError):
        assert check_allocator(lambda: memory, seconds=4, examples=2) == ()
    assert Closing.open == 1
    assert not memory.live
    Closing.open = 0


@pytest.mark.parametrize("error", [TypeError, ValueError])
def test_a_method_whose_parameters_are_unknown_is_no_breach(error: type[Exception]) -> None:
    class Wrapped:
        def __init__(self, method: Any) -> None:
            self.method = method

        def __call__(self, *arguments: Any) -> Any:
            return self.method(*arguments)

        @property
        def __signature__(self) -> Any:
            raise error("unknown")

    class Foreign(Plain):
        def __init__(self) -> None:
            super().__init__()
            self.release = Wrapped(super().release)  # type: ignore[method-assign]

    with pytest.raises(error):
        signature(Foreign().release)
    assert check_allocator(Foreign, seconds=NO_LIMIT, examples=0) == ()


def test_an_interrupt_passes() -> None:
    class Interrupted(Plain):
        def allocate(self, minimum_words: int, /) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_allocator(Interrupted)


def test_an_error_of_the_factory_is_not_a_breach() -> None:
    def failing() -> Any:
        raise OSError("no such device")

    with pytest.raises(OSError, match="no such device"):
        check_allocator(failing)


def test_the_time_is_limited() -> None:
    class Slow(Plain):
        def segment(self, key: Any, /) -> Any:
            for _ in range(2000):
                pass
            return super().segment(key)

    with pytest.raises(CheckUnfinishedError, match=r"within 0\.2 s"):
        check_allocator(Slow, seconds=0.2)


def test_the_time_of_an_allocator_that_waits_is_limited() -> None:
    class Waiting(Plain):
        def segment(self, key: Any, /) -> Any:
            time.sleep(0.01)
            return super().segment(key)

    with pytest.raises(CheckUnfinishedError):
        check_allocator(Waiting, seconds=0.2)


class Arena(Plain):
    """Grants words until it is full, and takes none back before it is freed as a whole."""

    #: Enough for 64 words twice, and one grant of the size that programs expect to be refused.
    WORDS = MOST_WORDS + 2 * 64 + 32

    def __init__(self) -> None:
        super().__init__()
        self.granted = 0

    def allocate(self, minimum_words: int, /) -> Any:
        if self.granted + minimum_words > self.WORDS:
            raise MemoryError("the arena is full")
        self.granted += minimum_words
        return super().allocate(minimum_words)


class Stubborn(Plain):
    """Keeps the contract, but raises when it takes a grant back."""

    def release(self, key: Any, words_used: int, /) -> None:
        super().release(key, words_used)
        raise NotImplementedError("freed as a whole")


@pytest.mark.parametrize(
    ("kind", "rule"), [(Arena, "reusable memory"), (Stubborn, "accepted release")]
)
def test_a_recommended_rule_may_be_left_out(kind: type[Plain], rule: str) -> None:
    assert rule in RECOMMENDED
    (breach,) = check_allocator(kind, seconds=NO_LIMIT, examples=0)
    assert breach.rule == rule
    assert check_allocator(kind, seconds=NO_LIMIT, examples=0, recommended=False) == ()


def test_a_slow_allocator_that_breaks_a_rule_is_named_nevertheless() -> None:
    class SlowAndWrong(Plain):
        def __repr__(self) -> str:
            raise ValueError("no name")

        def segment(self, key: Any, /) -> Any:
            for _ in range(2000):
                pass
            return super().segment(key)

    (breach,) = check_allocator(SlowAndWrong, seconds=0.2, examples=0)
    assert breach.rule == "printable objects"


def test_arguments_are_checked() -> None:
    with pytest.raises(TypeError, match="factory"):
        check_allocator(Plain())  # type: ignore[arg-type]  # The mistake that is tried.
    with pytest.raises(ValueError, match="seconds"):
        check_allocator(Plain, seconds=0)
    with pytest.raises(ValueError, match="examples"):
        check_allocator(Plain, examples=-1)


def test_the_search_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert search(Player(Plain, NO_LIMIT, keep=False, ignored=frozenset()), 5) is None
    assert [*tmp_path.iterdir()] == []


def test_a_test_of_hypothesis_can_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = []

    @settings(max_examples=2, deadline=None, database=None)
    @given(st.integers(1, 2))
    def inner(modulus: int) -> None:
        found.append(search(Player(Plain, NO_LIMIT, keep=False, ignored=frozenset()), 2))

    before = random.getstate()
    inner()
    assert random.getstate() == before
    assert set(found) == {None}


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ImportError, match="'check'"):
        check_allocator(HeapAllocator)


@pytest.mark.process
def test_the_package_is_imported_without_hypothesis() -> None:
    code = "import sys, capnsafe_allocators; print('hypothesis' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
