"""The arena against hostile memories: P1 to P5, P8 to P10, and P6 where clearing reads memory."""

from __future__ import annotations

import array
import ctypes
import mmap
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice, pairwise
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    AllocatorError,
    BadBuffer,
    BorrowRefused,
    Closed,
    Element,
    Error,
    FixedAllocator,
    GrantOverlaps,
    GrantTooSmall,
    HeapAllocator,
    ListBuilder,
    MalformedMessage,
    MessageBuilder,
    MessageTooLarge,
    Orphan,
    PointerKindMismatch,
    PointerOutOfBounds,
    Poisoned,
    Reentered,
    ReleaseFailed,
    SegmentLost,
    StaleHandle,
    StructBuilder,
    wire,
)
from capnsafe.allocator import FEW_SEGMENTS
from capnsafe.segment import Intervals
from tests.capnsafe.interrupts import InterruptAt
from tests.capnsafe.memories import (
    GUARD,
    KINDS,
    AnsweringMemory,
    ExporterMemory,
    FailingMemory,
    Grant,
    HookedMemory,
    Memory,
    MovingMemory,
    ResizingMemory,
    Stop,
    closing,
)
from tests.capnsafe.reading import (
    ANY,
    BOOLS,
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    EMPTIES,
    EMPTY,
    NUMBERS,
    POINTERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
    tool,
)

# -- a mixed program -----------------------------------------------------------------------------


class Build:
    """A message, and how the steps of the program find their way in it."""

    def __init__(self, memory: Any, max_segment_words: int = 64) -> None:
        self.message = MessageBuilder(memory, max_segment_words=max_segment_words)

    def again(self) -> StructBuilder:
        root = self.message.get_root()
        assert root is not None
        return root

    def child(self) -> StructBuilder:
        child = self.again().get_struct(CHILD)
        assert child is not None
        return child


def _set_scalars(build: Build) -> None:
    root = build.again()
    root.set_uint64(0, 1 << 63)
    root.set_int16(12, 300, -5)
    root.set_bool(120, True)
    root.set_float64(2, -1.5)


def _fill_numbers(build: Build) -> None:
    numbers = build.child().init_list(NUMBERS, Element.UINT32, 5)
    for index in range(5):
        numbers[index] = index * 1000


def _rename_second_child(build: Build) -> None:
    children = build.child().get_struct_list(CHILDREN)
    assert children is not None
    children[1].set_text(TEXT, "second")
    children[1].set_data(DATA, b"\x01" * 20)


STEPS: list[Callable[[Build], object]] = [
    lambda build: init_node(build.message),
    _set_scalars,
    lambda build: build.again().set_text(TEXT, "first text"),
    lambda build: init_child(build.again()),
    _fill_numbers,
    lambda build: build.child().init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS),
    _rename_second_child,
    lambda build: build.child().init_pointer_list(TEXTS, 2).set_text(1, "listed"),
    lambda build: build.again().init_struct(EMPTY, 0, 0),
    lambda build: build.again().init_struct_list(EMPTIES, 3, 0, 0),
    lambda build: build.again().init_list(BOOLS, Element.BOOL, 12),
    lambda build: build.again().set_text(TEXT, "a second, longer text that retires the first"),
    lambda build: build.child().clear(NUMBERS),
    lambda build: build.again().init_struct(EMPTY, 0, 0),
    lambda build: init_child(build.again()),
    lambda build: build.again().init_list(NUMBERS, Element.UINT32, 126),
    lambda build: build.again().clear(CHILD),
    lambda build: build.message.to_bytes(),
    lambda build: init_node(build.message),
    lambda build: build.again().set_data(DATA, b"after the second root"),
]


def _honest_meanings() -> list[Any]:
    """Answer what the message means before each step, and after the last."""
    build = Build(HeapAllocator())
    meanings: list[Any] = [None]
    for step in STEPS:
        step(build)
        meanings.append(meaning(build.message))
    return meanings


MEANINGS = _honest_meanings()


def meaning_or_none(build: Build) -> Any:
    return meaning(build.message) if build.message.get_root() is not None else None


def run_program(build: Build) -> None:
    for step in STEPS:
        step(build)


def test_the_program_is_a_fair_sample() -> None:
    """It has far and double-far pointers, and every step changes something or is a repetition."""
    memory = Memory()
    with closing(MessageBuilder(memory), memory) as message:
        build = Build(memory)
        build.message = message
        run_program(build)
        assert memory.calls["allocate"] > 15
        assert memory.calls["segment"] > 100
    assert sum(before != after for before, after in pairwise(MEANINGS)) > 14


# -- refusals: P1, P2, P4, P8, P10 ----------------------------------------------------------------

EXPECTED = {
    ("allocate", LookupError): AllocationRefused,
    ("segment", LookupError): SegmentLost,
    ("allocate", Exception): AllocationRefused,
    ("segment", Exception): BorrowRefused,
}


class Custom(Exception):
    """An exception that says nothing about itself."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__

    __notes__ = 3  # type: ignore[assignment]


def calls_of(kind: str, grant_words: int) -> int:
    memory = Memory(grant_words)
    build = Build(memory)
    run_program(build)
    build.message.close()
    return memory.calls[kind]


def check_error(kind: str, error: type[BaseException], caught: BaseException) -> None:
    if not issubclass(error, Exception):
        assert type(caught) is error
        return
    lookup = issubclass(error, LookupError)
    assert type(caught) is EXPECTED[kind, LookupError if lookup else Exception]
    assert type(caught.__cause__) is error


@pytest.mark.parametrize("error", [OSError, MemoryError, KeyboardInterrupt, Stop, Custom])
@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
@pytest.mark.parametrize(
    ("kind", "grant_words"), [("allocate", 1), ("segment", 1), ("segment", 40)]
)
def test_a_refusal_at_any_call_leaves_the_message_as_it_was_and_can_be_tried_again(
    kind: str, grant_words: int, error: type[BaseException], always: bool
) -> None:
    calls = calls_of(kind, grant_words)
    assert calls > 5
    # Every moment for one exception; the others differ only in how they are wrapped.
    stride = 1 if error is OSError and not always else 7
    for number in range(1, calls + 1, stride):
        memory = FailingMemory(kind, number, error, always=always, grant_words=grant_words)
        build = Build(memory)
        with closing(build.message, memory):
            failed = False
            for index, step in enumerate(STEPS):
                try:
                    step(build)
                    continue
                except BaseException as caught:
                    check_error(kind, error, caught)
                    failed = True
                memory.require_kept()
                memory.armed = False
                # A step that makes one change has made none. (Others may have made some.)
                if step not in (_set_scalars, _fill_numbers, _rename_second_child, STEPS[7]):
                    assert meaning_or_none(build) == MEANINGS[index], (number, index)
                step(build)
                assert meaning(build.message) == MEANINGS[index + 1], (number, index)
                memory.armed = always
            assert failed
            memory.armed = False
            assert meaning(build.message) == MEANINGS[-1]


@pytest.mark.parametrize("number", range(1, calls_of("segment", 1) + 1, 7))
def test_a_lookup_error_from_segment_loses_that_segment_for_good(number: int) -> None:
    memory = FailingMemory("segment", number, KeyError)
    build = Build(memory)
    with closing(build.message, memory):
        with pytest.raises(SegmentLost) as caught:
            run_program(build)
        assert isinstance(caught.value.__cause__, KeyError)
        assert caught.value.segment is not None
        if caught.value.segment < len(build.message.segment_words()):
            for _ in range(2):
                with pytest.raises(SegmentLost):
                    build.message.to_bytes()
        else:  # a grant that had not become a segment yet: there was nothing in it to lose
            build.message.to_bytes()


class RefusingRelease(Memory):
    """Raises from every release, after it noted it."""

    def __init__(self, error: type[BaseException], grant_words: int = 1) -> None:
        super().__init__(grant_words)
        self.error = error

    def release(self, key: int, words_used: int, /) -> None:
        super().release(key, words_used)
        raise self.error("release")


@pytest.mark.parametrize("error", [OSError, KeyError, MemoryError, Custom])
def test_release_failures_are_told_once_after_all_were_released(error: type[Exception]) -> None:
    memory = RefusingRelease(error)
    build = Build(memory)
    run_program(build)
    with pytest.raises(ReleaseFailed) as caught:
        build.message.close()
    assert [type(failure) for failure in caught.value.failures] == [error] * len(memory.grants)
    assert caught.value.__cause__ is caught.value.failures[0]
    memory.require_all_released()
    build.message.close()
    memory.require_all_released()


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop])
def test_an_interrupt_from_release_passes_after_all_were_released(
    error: type[BaseException],
) -> None:
    memory = RefusingRelease(error)
    build = Build(memory)
    run_program(build)
    with pytest.raises(error):
        build.message.close()
    memory.require_all_released()
    with pytest.raises(Closed):
        build.message.get_root()


@pytest.mark.parametrize("error", [OSError, KeyError, Custom])
def test_a_release_that_fails_in_a_rollback_is_noted_and_changes_nothing(
    error: type[Exception],
) -> None:
    memory = RefusingRelease(error)
    message = MessageBuilder(memory)
    node = init_node(message)
    memory.make = lambda words: Grant(words - 1, memory.filler)  # type: ignore[method-assign]
    with pytest.raises(GrantTooSmall) as caught:
        node.set_text(TEXT, "text")
    assert "releasing" in "".join(caught.value.__notes__)
    assert memory.live == [0]
    assert meaning(message)["text"] is None
    del memory.make
    node.set_text(TEXT, "text")
    assert meaning(message)["text"] == "text"
    with pytest.raises(ReleaseFailed):
        message.close()
    memory.require_all_released()


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop])
def test_an_interrupt_from_release_in_a_rollback_passes_and_changes_nothing(
    error: type[BaseException],
) -> None:
    memory = RefusingRelease(error)
    message = MessageBuilder(memory)
    node = init_node(message)
    memory.make = lambda words: Grant(words - 1, memory.filler)  # type: ignore[method-assign]
    with pytest.raises(error):
        node.set_text(TEXT, "text")
    assert memory.live == [0]
    del memory.make
    node.set_text(TEXT, "text")
    assert meaning(message)["text"] == "text"
    with pytest.raises(error):
        message.close()
    memory.require_all_released()


def test_an_interrupt_that_refuses_notes_passes_unchanged() -> None:
    class Silent(KeyboardInterrupt):
        def add_note(self, note: str) -> None:
            raise RuntimeError("no notes")

    class Both(RefusingRelease):
        def segment(self, key: int, /) -> Any:
            raise Silent

    memory = Both(OSError)
    with pytest.raises(Silent):
        MessageBuilder(memory).init_root(1, 1)
    memory.require_all_released()


# -- garbled answers: P1, P2, P3 -----------------------------------------------------------------


def _released(grant: Grant) -> memoryview:
    view = grant.view()
    view.release()
    return view


def _reversed(grant: Grant) -> memoryview:
    return memoryview(grant.memory)[::-1]


BAD_ANSWERS: dict[str, Callable[[Grant], Any]] = {
    "None": lambda grant: None,
    "an int": lambda grant: 7,
    "text": lambda grant: "text",
    "a list": lambda grant: [0] * 64,
    "bytes": lambda grant: bytes(grant.words * 8),
    "a read-only view": lambda grant: grant.view().toreadonly(),
    "every other byte": lambda grant: memoryview(bytearray(grant.words * 16))[::2],
    "backwards": _reversed,
    "a released view": _released,
    "objects": lambda grant: (ctypes.py_object * grant.words)(),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_an_answer_that_is_no_buffer_of_bytes_is_refused_at_the_grant(answer: str) -> None:
    memory = AnsweringMemory(BAD_ANSWERS[answer])
    with closing(MessageBuilder(memory), memory) as message:
        with pytest.raises(BadBuffer) as caught:
            init_node(message)
        assert caught.value.segment == 0
        assert memory.live == []
        memory.answer = None
        init_node(message).set_text(TEXT, "works")
        assert meaning(message)["text"] == "works"


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_an_answer_that_turns_bad_refuses_the_call_alone(answer: str) -> None:
    memory = AnsweringMemory(BAD_ANSWERS[answer])
    memory.answer = None
    build = Build(memory)
    with closing(build.message, memory):
        run_program(build)
        root = build.again()
        memory.answer = BAD_ANSWERS[answer]
        uses: list[Callable[[], object]] = [
            lambda: root.set_uint64(0, 5),
            lambda: root.get_uint64(0),
            lambda: root.set_bool(0, True),
            lambda: root.set_float64(2, 2.0),
            lambda: root.set_text(TEXT, "new"),
            lambda: root.clear(DATA),
            lambda: root.get_data(DATA),
            lambda: build.message.get_root(),
            lambda: build.message.to_bytes(),
            lambda: init_node(build.message),
        ]
        for use in uses:
            with pytest.raises(BadBuffer):
                use()
        memory.answer = None
        assert meaning(build.message) == MEANINGS[-1]


class Structure(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint64)]


BIG: Any = ctypes.c_uint64.__ctype_be__

GOOD_ANSWERS: dict[str, Callable[[bytearray], Any]] = {
    "bytearray": lambda memory: memory,
    "memoryview": memoryview,
    "words": lambda memory: memoryview(memory).cast("Q"),
    "signed bytes": lambda memory: memoryview(memory).cast("b"),
    "chars": lambda memory: memoryview(memory).cast("c"),
    "floats": lambda memory: memoryview(memory).cast("d"),
    "a square": lambda memory: memoryview(memory).cast("B", (len(memory) // 8, 8)),
    "ctypes bytes": lambda memory: (ctypes.c_ubyte * len(memory)).from_buffer(memory),
    "ctypes words": lambda memory: (ctypes.c_uint64 * (len(memory) // 8)).from_buffer(memory),
    "ctypes structures": lambda memory: (Structure * (len(memory) // 8)).from_buffer(memory),
    "big-endian numbers": lambda memory: (BIG * (len(memory) // 8)).from_buffer(memory),
    "seven bytes more": lambda memory: memory + bytearray(7),
}


@pytest.mark.parametrize("answer", GOOD_ANSWERS)
def test_every_writable_contiguous_buffer_will_do(answer: str) -> None:
    class Answering(ResizingMemory):
        def __init__(self) -> None:
            super().__init__()
            self.answers: list[Any] = []

        def allocate(self, minimum_words: int, /) -> int:
            key = super().allocate(minimum_words)
            self.answers.append(GOOD_ANSWERS[answer](self.grants[key]))
            return key

        def segment(self, key: int, /) -> Any:
            return self.answers[key]

    build = Build(Answering())
    run_program(build)
    assert meaning(build.message) == MEANINGS[-1]
    build.message.close()


def test_a_mapping_and_an_array_will_do() -> None:
    class Mixed(ResizingMemory):
        def __init__(self) -> None:
            super().__init__()
            self.answers: list[Any] = []

        def allocate(self, minimum_words: int, /) -> int:
            if self.answers:
                self.answers.append(array.array("I", bytes(minimum_words * 8)))
            else:
                self.answers.append(mmap.mmap(-1, minimum_words * 8))
            return len(self.answers) - 1

        def segment(self, key: int, /) -> Any:
            return self.answers[key]

    memory = Mixed()
    build = Build(memory)
    run_program(build)
    assert meaning(build.message) == MEANINGS[-1]
    build.message.close()
    memory.answers[0].close()  # a BufferError if a view were still held
    memory.answers[1].append(1)


@pytest.mark.parametrize("octets", [0, 1, 7])
def test_a_zero_length_grant_is_too_small(octets: int) -> None:
    memory = AnsweringMemory(lambda grant: bytearray(octets))
    with closing(MessageBuilder(memory), memory) as message:
        with pytest.raises(GrantTooSmall) as caught:
            message.init_root(2, 1)
        assert (caught.value.words_asked, caught.value.words_granted) == (4, 0)
        assert caught.value.segment == 0
        empty = array.array("Q")
        memory.answer = lambda grant: empty
        with pytest.raises(GrantTooSmall):
            message.init_root(2, 1)
        assert memory.live == []


@pytest.mark.parametrize("missing", [1, 2, 5])
def test_a_grant_below_the_minimum_is_refused_and_released(missing: int) -> None:
    memory = Memory()
    with closing(MessageBuilder(memory), memory) as message:
        node = init_node(message)
        memory.make = lambda words: Grant(words - missing, memory.filler)  # type: ignore[method-assign]
        with pytest.raises(GrantTooSmall) as caught:
            init_child(node)
        asked = caught.value.words_asked
        assert asked is not None
        assert asked >= DATA_WORDS + POINTERS
        assert caught.value.words_granted == asked - missing
        assert memory.live == [0]
        assert memory.grants[1].releases == [0]
        del memory.make
        init_child(node).set_uint64(0, 7)
        assert meaning(message)["child"]["u64"] == 7


@pytest.mark.parametrize("more", [1, 13, 1000])
def test_a_grant_above_the_minimum_is_used_up(more: int) -> None:
    memory = Memory()
    memory.make = lambda words: Grant(words + more, memory.filler)  # type: ignore[method-assign]
    build = Build(memory, max_segment_words=4096)
    with closing(build.message, memory):
        run_program(build)
        assert meaning(build.message) == MEANINGS[-1]
        assert len(memory.grants) < calls_of("allocate", 1)


def test_a_grant_of_odd_bytes_is_used_to_its_last_whole_word() -> None:
    class Odd(ResizingMemory):
        def allocate(self, minimum_words: int, /) -> int:
            key = super().allocate(minimum_words)
            self.grants[key][:] = b"\x5a" * (minimum_words * 8 + 7)
            return key

    memory = Odd()
    message = MessageBuilder(memory)
    root = message.init_root(1, 1)
    root.set_text(0, "text")
    for grant, words in zip(memory.grants, message.segment_words(), strict=True):
        assert grant[words * 8 :] == b"\x5a" * 7
    message.close()


@pytest.mark.parametrize(
    "key", [None, "key", (1, 2), object(), float("nan"), [], Custom()], ids=type
)
def test_any_object_is_a_key_and_comes_back_itself(key: Any) -> None:
    class Keyed(ResizingMemory):
        keys: list[Any] = []  # noqa: RUF012

        def allocate(self, minimum_words: int, /) -> Any:
            super().allocate(minimum_words)
            return key

        def segment(self, given: Any, /) -> Any:
            assert given is key
            return super().segment(0)

        def release(self, given: Any, words_used: int, /) -> None:
            assert given is key
            super().release(0, words_used)

    memory = Keyed(grant_words=64)
    with MessageBuilder(memory) as message:
        init_node(message).set_text(TEXT, "keyed")
        assert meaning(message)["text"] == "keyed"
    assert len(memory.released) == 1


# -- overlaps: P3 ---------------------------------------------------------------------------------


class Overlapping(Memory):
    """Answers slices of one bytearray, at the places (first byte, bytes) that a test says."""

    def __init__(self, *places: tuple[int, int]) -> None:
        super().__init__()
        self.places = list(places)
        self.pool = bytearray(1 << 14)
        self.keys = 0
        self.released: list[int] = []

    def allocate(self, minimum_words: int, /) -> int:
        self.calls["allocate"] += 1
        self.keys += 1
        return self.keys - 1

    def segment(self, key: int, /) -> Any:
        self.calls["segment"] += 1
        start, size = self.places[key]
        return memoryview(self.pool)[start : start + size]

    def release(self, key: int, words_used: int, /) -> None:
        self.released.append(key)


FIRST = (1024, 32)


@pytest.mark.parametrize(
    "place", [FIRST, (1024, 512), (1000, 512), (1055, 512), (1000, 25), (512, 1024), (1031, 9)]
)
@pytest.mark.parametrize("stable", [False, True])
def test_a_grant_that_overlaps_another_segment_is_refused(
    place: tuple[int, int], stable: bool
) -> None:
    memory = Overlapping(FIRST, place, (4096, 512))
    memory.stable = stable  # type: ignore[attr-defined]
    message = MessageBuilder(memory, max_segment_words=64)
    root = message.init_root(1, 2)
    with pytest.raises((GrantOverlaps, GrantTooSmall)) as caught:
        root.init_struct(0, 0, 1)
    assert caught.value.segment == 1
    if place[1] >= 16:
        assert caught.type is GrantOverlaps
    assert memory.released == [1]
    root.init_struct(0, 0, 1).init_list(0, Element.UINT8, 8)[0] = 7
    assert message.segment_words()[0] == 4
    message.close()
    assert memory.released == [1, 0, 2]


@pytest.mark.parametrize("place", [(1056, 64), (512, 512)])
def test_a_grant_beside_another_segment_is_none_that_overlaps(place: tuple[int, int]) -> None:
    message = MessageBuilder(Overlapping(FIRST, place))
    message.init_root(1, 2).set_text(0, "text")


def test_the_same_bytearray_twice_is_refused() -> None:
    class Same(ResizingMemory):
        def segment(self, key: int, /) -> bytearray:
            return self.grants[0]

    for stable in (False, True):
        memory = Same(64, stable=stable)
        message = MessageBuilder(memory, max_segment_words=8)
        root = message.init_root(1, 2)
        with pytest.raises(GrantOverlaps):
            root.set_text(0, "x" * 40)
        assert root.is_null(0)


def test_segments_that_moved_apart_before_the_grant_do_not_overlap() -> None:
    """Where the others were last seen may be where the new one is now."""
    memory = Overlapping((1024, 32), (2048, 32), (1024, 32))
    message = MessageBuilder(memory)
    root = message.init_root(1, 2)
    root.init_list(0, Element.UINT64, 3)
    memory.pool[4096:4128] = memory.pool[1024:1056]
    memory.places[0] = (4096, 32)
    root.init_list(1, Element.UINT64, 3)[2] = 9
    assert message.segment_words() == (4, 4, 4)
    assert root.get_uint64(0) == 0


def test_memory_that_moves_at_every_look_is_looked_at_a_bounded_number_of_times() -> None:
    """P7: two segments swap their places whenever they are looked at."""

    class Swapping(Overlapping):
        def segment(self, key: int, /) -> Any:
            if self.keys > 1:
                self.places[0], self.places[1] = self.places[1], self.places[0]
            return super().segment(key)

    memory = Swapping((1024, 512), (4096, 512))
    message = MessageBuilder(memory, max_segment_words=4)
    root = message.init_root(1, 2)
    before = memory.calls["segment"]
    root.init_struct(0, 1, 0)
    assert memory.calls["segment"] - before < 30


def test_segments_that_all_moved_away_before_the_grant_do_not_overlap() -> None:
    memory = Overlapping((1024, 32), (1056, 32), (1024, 64))
    message = MessageBuilder(memory, max_segment_words=8)
    root = message.init_root(1, 2)
    root.init_list(0, Element.UINT64, 3)[2] = 5
    for key, place in enumerate(((4096, 32), (8192, 32))):
        start = memory.places[key][0]
        memory.pool[place[0] : place[0] + 32] = memory.pool[start : start + 32]
        memory.places[key] = place
    root.init_list(1, Element.UINT64, 7)[6] = 9
    first, second = root.get_list(0, Element.UINT64), root.get_list(1, Element.UINT64)
    assert first is not None
    assert second is not None
    assert (first[2], second[6]) == (5, 9)


def test_a_segment_that_moved_to_where_the_grant_lies_is_found() -> None:
    """Where it was last seen, nothing is."""
    memory = Overlapping((1024, 32), (2048, 32), (4096, 32))
    message = MessageBuilder(memory)
    root = message.init_root(1, 2)
    root.init_list(0, Element.UINT64, 3)[2] = 5
    memory.pool[4096:4128] = memory.pool[2048:2080]
    memory.places[1] = (4096, 32)
    with pytest.raises(GrantOverlaps, match="shares memory with segment 1"):
        root.init_list(1, Element.UINT64, 3)
    first = root.get_list(0, Element.UINT64)
    assert first is not None
    assert first[2] == 5


def test_an_overlap_is_found_though_segments_move_at_first() -> None:
    class Settling(Overlapping):
        """Two segments change places at some looks, and stay then."""

        moves = 0

        def segment(self, key: int, /) -> Any:
            if self.keys > 1 and self.moves:
                self.moves -= 1
                for index, (start, size) in enumerate(self.places):
                    self.places[index] = (start + 8, size)
            return super().segment(key)

    for moves in (1, 3, 5, 7):
        memory = Settling((1024, 32), (1024, 512))
        message = MessageBuilder(memory, max_segment_words=64)
        root = message.init_root(1, 2)
        memory.moves = moves
        with pytest.raises(GrantOverlaps):
            root.init_struct(0, 0, 1)
        message.close()
        assert memory.released == [1, 0]


def test_a_grant_that_is_made_twice_is_refused_wherever_it_moves() -> None:
    class Twice(Overlapping):
        def allocate(self, minimum_words: int, /) -> int:
            super().allocate(minimum_words)
            return 0

        def segment(self, key: int, /) -> Any:
            start, size = self.places[key]
            self.pool[start + size : start + 2 * size] = self.pool[start : start + size]
            self.places[key] = (start + size, size)
            return super().segment(key)

    memory = Twice((0, 64))
    message = MessageBuilder(memory, max_segment_words=4)
    root = message.init_root(1, 2)
    with pytest.raises(GrantOverlaps):
        root.init_struct(0, 1, 0)
    assert memory.released == [0]
    assert root.is_null(0)


def test_other_segments_are_looked_at_anew_where_they_are_few() -> None:
    """P7: as ``capnsafe.allocator`` tells."""
    memory = Overlapping((0, 8 * 41), *((512 + 64 * index, 32) for index in range(40)))
    message = MessageBuilder(memory)
    root = message.init_root(0, 40)
    looks = []
    for index in range(40):
        before = memory.calls["segment"]
        root.init_list(index, Element.UINT64, 3)
        looks.append(memory.calls["segment"] - before)
    least = looks[-1]
    anew = [count - least for count in looks]
    assert anew == [*range(1, FEW_SEGMENTS), *[0] * (41 - FEW_SEGMENTS)]


def test_a_look_that_was_refused_does_not_hide_an_overlap() -> None:
    class Refusing(Overlapping):
        refuse = False

        def segment(self, key: int, /) -> Any:
            if self.refuse and key == 1:
                self.refuse = False
                raise OSError("not now")
            return super().segment(key)

    memory = Refusing((0, 32), (1024, 32), (1024, 512), (1024, 512))
    message = MessageBuilder(memory)
    root = message.init_root(1, 2)
    root.init_list(0, Element.UINT64, 3)
    memory.refuse = True
    with pytest.raises(BorrowRefused):
        root.init_list(1, Element.UINT64, 9)
    with pytest.raises(GrantOverlaps):
        root.init_list(1, Element.UINT64, 9)


def test_a_loss_that_is_seen_while_overlaps_are_looked_for_is_a_loss() -> None:
    """P5 at any borrow: the segment is whole again when the call goes on."""

    class Shrinking(Overlapping):
        def segment(self, key: int, /) -> Any:
            if key == 0 and self.keys == 2 and self.places[0] == FIRST:
                self.places[0] = (4096, 32)
                return memoryview(self.pool)[1024:1032]
            return super().segment(key)

    memory = Shrinking(FIRST, FIRST)
    message = MessageBuilder(memory)
    root = message.init_root(1, 2)
    with pytest.raises(SegmentLost):
        root.init_list(0, Element.UINT64, 3)
    for _ in range(2):
        with pytest.raises(SegmentLost):
            message.segments()


# -- moves: P4, P11 -------------------------------------------------------------------------------


@pytest.mark.parametrize("grant_words", [1, 5, 40, 500])
def test_memory_that_moves_at_every_call_makes_the_same_message(grant_words: int) -> None:
    memory = MovingMemory(grant_words)
    build = Build(memory, max_segment_words=1000)
    with closing(build.message, memory):
        for index, step in enumerate(STEPS):
            step(build)
            assert meaning(build.message) == MEANINGS[index + 1]


def test_no_view_outlives_a_call_even_while_its_exceptions_are_kept() -> None:
    """P4: a traceback keeps the locals of its frames alive."""
    kept: list[BaseException] = []
    for number in range(1, calls_of("segment", 1), 5):
        memory = FailingMemory("segment", number, OSError)
        build = Build(memory)
        with pytest.raises(BorrowRefused) as caught:
            run_program(build)
        kept.append(caught.value)
        memory.require_kept()
    assert len(kept) > 10
    for answer in BAD_ANSWERS.values():
        bad_memory = AnsweringMemory(answer)
        with pytest.raises(BadBuffer) as bad:
            init_node(MessageBuilder(bad_memory))
        kept.append(bad.value)
        bad_memory.require_kept()


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


# -- shrinking: P3, P5 ----------------------------------------------------------------------------


def shrunk_message(stable: bool) -> tuple[ResizingMemory, MessageBuilder, StructBuilder]:
    memory = ResizingMemory(grant_words=32, stable=stable)
    message = MessageBuilder(memory)
    node = init_node(message)
    init_child(node).set_text(TEXT, "x" * 100)
    return memory, message, node


STABLE = pytest.mark.parametrize("stable", [False, True], ids=["asked", "stable"])


@STABLE
@pytest.mark.parametrize("left", [0, 1, -1])
def test_a_segment_seen_shorter_than_used_is_lost_for_good(stable: bool, left: int) -> None:
    memory, message, node = shrunk_message(stable)
    used = message.segment_words()[0]
    words = left if left >= 0 else used - 1
    memory.cut(0, words)
    with pytest.raises(SegmentLost) as caught:
        node.set_uint64(0, 1)
    facts = caught.value
    assert (facts.segment, facts.words_asked, facts.words_granted) == (0, used, words)
    memory.extend(0, 32)
    uses: list[Callable[[], object]] = [
        lambda: node.set_uint64(0, 1),
        lambda: node.get_uint64(0),
        lambda: node.set_bool(0, True),
        lambda: node.get_bool(0),
        lambda: node.set_float64(2, 1.0),
        lambda: node.init_struct(ANY, 1, 1),
        lambda: node.get_struct(CHILD),
        lambda: node.clear(CHILD),
        lambda: node.is_null(CHILD),
        lambda: node.set_text(TEXT, "text"),
        lambda: message.get_root(),
        lambda: init_node(message),
        lambda: message.segments(),
        lambda: message.to_bytes(),
    ]
    for use in uses:
        with pytest.raises(SegmentLost):
            use()
    assert message.segment_words()[0] == used
    message.close()
    assert len(memory.released) == len(memory.grants)


@STABLE
@pytest.mark.parametrize("use", ["set", "get", "bool", "float", "init", "clear", "output", "root"])
def test_a_loss_is_noticed_by_whatever_looks_first(stable: bool, use: str) -> None:
    memory, message, node = shrunk_message(stable)
    memory.cut(0, message.segment_words()[0] - 1)
    uses: dict[str, Callable[[], object]] = {
        "set": lambda: node.set_int8(0, 1),
        "get": lambda: node.get_int8(0),
        "bool": lambda: node.set_bool(0, True),
        "float": lambda: node.set_float32(0, 1.0),
        "init": lambda: node.init_struct(ANY, 1, 1),
        "clear": lambda: node.clear(CHILD),
        "output": lambda: message.segments(),
        "root": lambda: init_node(message),
    }
    with pytest.raises(SegmentLost):
        uses[use]()
    memory.extend(0, 32)
    with pytest.raises(SegmentLost):
        message.segments()
    # Not one byte was written into what grew back.
    assert memory.grants[0][(message.segment_words()[0] - 1) * 8 :].count(0) == len(
        memory.grants[0][(message.segment_words()[0] - 1) * 8 :]
    )


@STABLE
def test_output_notices_the_loss_of_a_segment_that_nothing_else_looks_at(stable: bool) -> None:
    memory, message, node = shrunk_message(stable)
    init_child(node, ANY)
    assert len(memory.grants) > 1
    memory.cut(1, 0)
    node.set_uint64(0, 1)
    assert node.get_uint64(0) == 1
    with pytest.raises(SegmentLost) as caught:
        message.to_bytes()
    assert caught.value.segment == 1


@STABLE
def test_a_segment_that_shrinks_above_what_is_used_is_only_smaller(stable: bool) -> None:
    memory, message, node = shrunk_message(stable)
    memory.cut(0, message.segment_words()[0])
    init_child(node).set_text(TEXT, "y")
    memory.cut(len(memory.grants) - 1, message.segment_words()[-1])
    node.set_uint64(0, 3)
    for _ in range(3):
        init_child(node).set_text(TEXT, "z")
    assert meaning(message)["child"]["text"] == "z"
    message.close()


class ShrinkingAtCall(Memory):
    """At the n-th borrow, cuts segments to what is used, or by a word less."""

    def __init__(self, number: int, below: int, *, regrow: bool, grant_words: int) -> None:
        super().__init__(grant_words)
        self.number = number
        self.below = below
        self.regrow = regrow
        self.build: Build | None = None

    def segment(self, key: int, /) -> Any:
        view = super().segment(key)
        due = self.calls["segment"] == self.number
        if (due or (self.calls["segment"] > self.number and not self.regrow)) and self.build:
            # A segment is the n-th of the grants that were not taken back.
            words = dict(zip(self.live, self.build.message.segment_words(), strict=False))
            if due or self.below == 0:
                with view:
                    return view[: max(0, words.get(key, 0) - self.below) * 8]
        return view


@pytest.mark.parametrize("regrow", [False, True], ids=["for ever", "once"])
@pytest.mark.parametrize("grant_words", [1, 40])
def test_shrinking_to_what_is_used_at_any_moment_hurts_nothing(
    grant_words: int, regrow: bool
) -> None:
    """The call takes memory elsewhere, or is refused as a grant too small, and the rest stays."""
    for number in range(1, calls_of("segment", grant_words) + 20, 4 if not regrow else 1):
        memory = ShrinkingAtCall(number, 0, regrow=regrow, grant_words=grant_words)
        build = memory.build = Build(memory)
        with closing(build.message, memory):
            for index, step in enumerate(STEPS):
                try:
                    step(build)
                except GrantTooSmall:
                    memory.build = None
                    step(build)
                    memory.build = build if not regrow else None
                if not regrow:
                    memory.build, armed = None, memory.build
                    assert meaning(build.message) == MEANINGS[index + 1]
                    memory.build = armed
            memory.build = None
            assert meaning(build.message) == MEANINGS[-1]


@pytest.mark.parametrize("number", range(1, 12))
@pytest.mark.parametrize("call", ["near", "far"])
def test_words_that_are_cut_before_they_are_handed_out_are_no_loss(number: int, call: str) -> None:
    """P5 the other way round: nothing was handed out of what is gone, so nothing is lost."""

    class Cutting(ResizingMemory):
        left = -1

        def segment(self, key: int, /) -> bytearray:
            self.left -= 1
            if self.left == 0:
                for each, words in enumerate(message.segment_words()):
                    self.cut(each, words)
            return super().segment(key)

    memory = Cutting(grant_words=200)
    message = MessageBuilder(memory, max_segment_words=200)
    node = init_node(message)
    if call == "far":
        node.init_list(ANY, Element.UINT64, 200 - message.segment_words()[0])
        init_child(node, EMPTY)
    node.set_text(TEXT, "old")
    memory.left = number
    refused = False
    try:
        node.set_text(TEXT, "new")
    except GrantTooSmall:
        refused = True
    memory.left = -1
    if (
        call == "far"
        and not refused
        and sum(message.segment_words()) * 8
        > sum(
            min(len(grant), words * 8)
            for grant, words in zip(memory.grants, message.segment_words(), strict=True)
        )
    ):
        # Two segments cannot be held at once: the cut took what had been filled a moment ago. That
        # is a loss, and not a silent one.
        with pytest.raises(SegmentLost):
            message.to_bytes()
        return
    assert meaning(message)["text"] == ("old" if refused else "new")
    node.set_text(TEXT, "at last")
    assert meaning(message)["text"] == "at last"


@pytest.mark.parametrize("grant_words", [1, 40])
def test_shrinking_below_what_is_used_at_any_moment_is_never_silent(grant_words: int) -> None:
    losses = 0
    for number in range(1, calls_of("segment", grant_words), 3):
        memory = ShrinkingAtCall(number, 1, regrow=True, grant_words=grant_words)
        build = memory.build = Build(memory)
        with closing(build.message, memory):
            try:
                run_program(build)
            except SegmentLost:
                losses += 1
                with pytest.raises(SegmentLost):
                    build.message.to_bytes()
            except GrantTooSmall:
                pass  # a grant of which nothing was in use yet
            else:
                assert meaning(build.message) == MEANINGS[-1]
    assert losses > 5


def test_a_stable_allocator_that_answers_another_object_later_shares_no_memory() -> None:
    """`stable` is a promise; broken, it still keeps segments of one message apart."""

    class Lying(ResizingMemory):
        calls = 0

        def segment(self, key: int, /) -> bytearray:
            self.calls += 1
            return super().segment(0) if self.calls > 2 else super().segment(key)

    memory = Lying(stable=True)
    message = MessageBuilder(memory)
    root = message.init_root(1, 2)
    root.set_uint64(0, 5)
    with suppress(GrantOverlaps):
        root.init_list(0, Element.UINT64, 2)[0] = 0x1234
    assert root.get_uint64(0) == 5


def test_a_stable_allocator_is_asked_once_a_segment() -> None:
    class Counting(ResizingMemory):
        calls = 0

        def segment(self, key: int, /) -> bytearray:
            self.calls += 1
            return super().segment(key)

    memory = Counting(stable=True)
    build = Build(memory)
    run_program(build)
    assert meaning(build.message) == MEANINGS[-1]
    assert memory.calls == len(memory.grants) > 10


@pytest.mark.parametrize("answer", [None, 7, b"read-only"])
def test_a_stable_allocator_that_answers_nonsense_is_refused(answer: Any) -> None:
    class Nonsense(ResizingMemory):
        def segment(self, key: int, /) -> Any:
            return answer

    with pytest.raises(BadBuffer):
        MessageBuilder(Nonsense(stable=True)).init_root(1, 1)


def test_a_stable_allocator_may_answer_other_buffers_than_bytearrays() -> None:
    class Views(ResizingMemory):
        def segment(self, key: int, /) -> Any:
            return memoryview(self.grants[key])

    build = Build(Views(stable=True))
    run_program(build)
    assert meaning(build.message) == MEANINGS[-1]


# -- dirty memory: P9 -----------------------------------------------------------------------------


@pytest.mark.parametrize("filler", [b"\xa5" * 8, (1 << 32).to_bytes(8, "little"), b"\xff" * 8])
def test_words_read_as_zero_whatever_the_allocator_returned(filler: bytes) -> None:
    class Dirty(ResizingMemory):
        def allocate(self, minimum_words: int, /) -> int:
            key = super().allocate(minimum_words)
            self.grants[key][:] = filler * (len(self.grants[key]) // 8)
            return key

    twins = []
    for memory in (ResizingMemory(7), Dirty(7)):
        build = Build(memory)
        run_program(build)
        twins.append(build.message.segments())
    assert twins[0] == twins[1]


@pytest.mark.parametrize("size", [(1 << 16) - 8, 1 << 16, (1 << 16) + 8, 3 << 16])
def test_large_objects_are_zeroed_to_their_last_word(size: int) -> None:
    memory = Memory(grant_words=size // 8 + 100)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        root.init_list(0, Element.UINT64, size // 8)
        root.init_struct_list(1, size // 16, 1, 1)
        assert message.segments()[0][24:].count(0) >= len(message.segments()[0]) - 24 - 8
        root.clear(0)
        root.clear(1)
        assert message.segments()[0][8:].count(0) == len(message.segments()[0]) - 8


# -- re-entry: P10 --------------------------------------------------------------------------------


def _uses_of(build: Build, node: StructBuilder) -> list[Callable[[], object]]:
    message = build.message
    return [
        message.to_bytes,
        message.segments,
        message.get_root,
        message.close,
        lambda: init_node(message),
        lambda: node.set_uint64(0, 666),
        lambda: node.get_uint64(0),
        lambda: node.set_bool(0, True),
        lambda: node.set_float64(2, 6.66),
        lambda: node.set_text(TEXT, "666"),
        lambda: node.get_text(TEXT),
        lambda: node.init_struct(ANY, 0, 0),
        lambda: node.get_struct(CHILD),
        lambda: node.clear(CHILD),
        lambda: node.is_null(CHILD),
        lambda: node.kind(CHILD),
        lambda: node.get_text_octets(TEXT),
        lambda: node.get_struct(ANY, default=node),
        lambda: node.copy_pointer(ANY, node, TEXT),
        lambda: node.lend_data(TEXT).__enter__(),
        node.total_size,
        lambda: message.lend_segment(0).__enter__(),
        lambda: message.lend_segments().__enter__(),
        message.root_pointer,
        message.canonical,
    ]


@pytest.mark.parametrize("grant_words", [1, 40])
def test_calls_from_inside_the_allocator_are_refused_and_harmless(grant_words: int) -> None:
    memory = HookedMemory(grant_words)
    build = Build(memory)
    with closing(build.message, memory):
        seen = 0

        def reenter(kind: str) -> None:
            nonlocal seen
            memory.hook = None
            for use in _uses_of(build, handle):
                with pytest.raises(Reentered):
                    use()
                seen += 1
            build.message.segment_words()
            memory.hook = reenter

        memory.hook = lambda kind: build.message.close()
        with pytest.raises(AllocationRefused):
            init_node(build.message)
        memory.hook = None
        handle = init_node(build.message)
        for index, step in enumerate(STEPS):
            memory.hook = reenter
            step(build)
            memory.hook = None
            handle = build.again()
            assert meaning(build.message) == MEANINGS[index + 1]
        assert seen > 1000


@pytest.mark.parametrize("kind", KINDS)
def test_an_allocator_that_lets_the_refusal_escape_has_refused(kind: str) -> None:
    memory = HookedMemory()
    message = MessageBuilder(memory)
    node = init_node(message)
    armed = True

    def reenter(called: str) -> None:
        if called == kind and armed:
            node.set_uint64(0, 1)

    memory.hook = reenter
    if kind == "release":
        with pytest.raises(ReleaseFailed) as failed:
            message.close()
        assert isinstance(failed.value.failures[0], Closed)
        memory.require_all_released()
        return
    with pytest.raises((AllocationRefused, BorrowRefused)) as caught:
        node.set_text(TEXT, "text")
    assert isinstance(caught.value.__cause__, Reentered)
    armed = False
    assert meaning(message)["text"] is None
    message.close()


def test_closing_again_from_inside_release_releases_each_grant_once() -> None:
    memory = HookedMemory()
    build = Build(memory)
    root = init_node(build.message)
    pointers = root.init_pointer_list(TEXTS, 60)
    for index in range(60):
        pointers.set_text(index, "x" * 9)
    memory.hook = lambda kind: build.message.close() if kind == "release" else None
    build.message.close()
    memory.require_all_released()


def test_closing_again_from_inside_release_does_not_nest_with_the_segments() -> None:
    class Closing(ResizingMemory):
        message: MessageBuilder

        def release(self, key: int, words_used: int, /) -> None:
            self.message.close()
            super().release(key, words_used)

    memory = Closing()
    message = memory.message = MessageBuilder(memory)
    texts = message.init_root(0, 1).init_pointer_list(0, 2000)
    for index in range(2000):
        texts.set_text(index, "12345678")
    message.close()
    assert sorted(key for key, _ in memory.released) == list(range(len(memory.grants)))


def test_rollback_refuses_calls_from_inside_release() -> None:
    memory = HookedMemory()
    message = MessageBuilder(memory)
    node = init_node(message)
    seen: list[BaseException] = []

    def reenter(kind: str) -> None:
        if kind == "release":
            for use in (message.close, message.to_bytes, lambda: node.set_uint64(0, 1)):
                try:
                    use()
                except Error as error:
                    seen.append(error)

    memory.hook = reenter
    memory.make = lambda words: Grant(1, memory.filler)  # type: ignore[method-assign]
    with pytest.raises(GrantTooSmall):
        init_child(node)
    assert [type(error) for error in seen] == [Reentered] * 3
    memory.hook = None
    del memory.make
    init_child(node)
    message.close()
    memory.require_all_released()


def test_two_messages_over_one_allocator_do_not_disturb_each_other() -> None:
    """P10 is about a message and its own calls: another message may be called."""
    memory = HookedMemory()
    other = Build(HeapAllocator())
    steps = iter(STEPS)

    def build_the_other(kind: str) -> None:
        for step in islice(steps, 1):
            step(other)

    memory.hook = build_the_other
    build = Build(memory)
    run_program(build)
    assert meaning(other.message) == MEANINGS[-1]
    memory.hook = None
    assert meaning(build.message) == MEANINGS[-1]


def opened(orphan: Orphan) -> Orphan:
    """Open a handle on an orphan: on one without words it is judged by a mark."""
    orphan.get_struct()
    return orphan


@pytest.mark.parametrize(
    "call",
    [
        lambda build: build.again().set_uint64(0, 1),
        lambda build: build.again().set_text(TEXT, "long enough for another segment"),
        lambda build: init_child(build.again()),
        lambda build: build.again().init_list(NUMBERS, Element.UINT32, 128),
        lambda build: build.again().clear(CHILD),
        lambda build: init_node(build.message),
        lambda build: build.message.to_bytes(),
        lambda build: build.again().get_struct(CHILD),
        lambda build: build.message.check_segments(),
        lambda build: build.again().adopt(CHILD, opened(build.message.new_orphan_struct(0, 0))),
    ],
)
def test_closing_while_a_view_is_given_back_ends_the_message_for_good(
    call: Callable[[Build], object],
) -> None:
    for number in range(1, 60):
        memory = ExporterMemory()
        build = Build(memory)
        for step in STEPS[:5]:
            step(build)
        closed: list[BaseException | None] = []

        def hook() -> None:
            try:
                build.message.close()  # noqa: B023
                closed.append(None)  # noqa: B023
            except Error as error:
                closed.append(error)  # noqa: B023

        memory.hook = hook  # type: ignore[method-assign]
        memory.number = memory.given_back + number
        try:
            call(build)
        except Error:
            assert closed
        if not closed:
            break
        if closed == [None]:
            with pytest.raises(Closed):
                build.message.to_bytes()
            with pytest.raises(Closed):
                init_node(build.message)
        else:
            assert isinstance(closed[0], Reentered)
            assert build.message.to_bytes()
            build.message.close()
        keys = [key for key, _ in memory.released]
        assert sorted(keys) == list(range(len(memory.grants)))
    else:
        pytest.fail("the call never ended")
    assert number > 1


# -- interrupts at any bytecode: P1 ---------------------------------------------------------------


POISONED = "poisoned"


def meaning_unless_poisoned(message: MessageBuilder) -> Any:
    """Answer what the message means, or that it is poisoned; another error is an error."""
    try:
        return meaning(message)
    except Poisoned:
        return POISONED


INTERRUPTED: dict[str, Callable[[StructBuilder, MessageBuilder], object]] = {
    "set": lambda root, message: root.set_int32(2, 77),
    "set bool": lambda root, message: root.set_bool(120, True),
    "open": lambda root, message: root.get_struct(CHILD),
    "near or far": lambda root, message: root.set_data(DATA, b"0123456789"),
    "overwrite": lambda root, message: root.init_struct(CHILD, 0, 1),
    "clear": lambda root, message: root.clear(CHILD),
    "root": lambda root, message: init_node(message),
    "output": lambda root, message: message.to_bytes(),
}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring exists from 3.12 on")
@pytest.mark.parametrize("call", INTERRUPTED)
@pytest.mark.parametrize("stable", [False, True], ids=["asked", "stable"])
def test_an_interrupt_at_any_bytecode_leaves_before_or_after_or_poisoned(
    call: str, stable: bool
) -> None:
    def build_up() -> tuple[StructBuilder, MessageBuilder, ResizingMemory]:
        memory = ResizingMemory(64 if stable else 1, stable=stable)
        message = MessageBuilder(memory, max_segment_words=64)
        root = init_node(message)
        init_child(root).set_text(TEXT, "hi")
        return root, message, memory

    root, message, memory = build_up()
    before = meaning(message)
    with InterruptAt(0) as counting:
        INTERRUPTED[call](root, message)
    bytecodes = -counting.left
    after = meaning(message)
    assert bytecodes > 50
    outcomes = {"before": 0, "after": 0, POISONED: 0}
    # Of long calls a sample of a few hundred moments, at a stride that is prime to most things.
    for number in range(1, bytecodes, 1 if bytecodes < 300 else 11):
        root, message, memory = build_up()
        # (The number of bytecodes depends a little on the addresses that memory happens to have.)
        with suppress(KeyboardInterrupt), InterruptAt(number):
            INTERRUPTED[call](root, message)
        now = meaning_unless_poisoned(message)
        assert now in (before, after, POISONED), number
        outcomes["before" if now == before else "after" if now == after else POISONED] += 1
        message.close()
        keys = [key for key, _ in memory.released]
        assert len(set(keys)) == len(keys)
    assert outcomes["before"] > 0


# -- contents scribbled behind the encoder: P6 ----------------------------------------------------


class Scribbled:
    """A root with one pointer used by tests, an object, and a bystander, in one segment."""

    #: Words: 0 root pointer; 1 to 4 the root (data, three pointers); 5 and 6 the victim
    #: (data, pointer); 7 to 9 the bystander (tag and two words); 10 to 12 retired.
    SLOT = 2
    VICTIM = 5
    BYSTANDER = 7
    RETIRED = 10

    def __init__(self) -> None:
        self.memory = Memory(grant_words=64)
        self.message = MessageBuilder(self.memory)
        self.root = self.message.init_root(1, 3)
        self.victim = self.root.init_struct(0, 1, 1)
        self.root.init_struct_list(1, 2, 1, 0)
        self.root.init_struct_list(2, 2, 1, 0)
        self.root.clear(2)

    @property
    def grant(self) -> Grant:
        return self.memory.grants[0]


def _near(at: int, target: int, shape: int) -> int:
    return wire.with_offset(shape, target - at - 1)


STRUCT_1_1 = wire.struct_shape(1, 1)
S = Scribbled

SLOT_LIES: dict[str, int] = {
    "a struct before the segment": _near(S.SLOT, -1, STRUCT_1_1),
    "a struct far before the segment": _near(S.SLOT, -(1 << 28), STRUCT_1_1),
    "a struct behind the words handed out": _near(S.SLOT, 12, STRUCT_1_1),
    "a struct in words not handed out": _near(S.SLOT, 13, STRUCT_1_1),
    "a struct far behind": _near(S.SLOT, 1 << 28, STRUCT_1_1),
    "the largest struct": _near(S.SLOT, 5, wire.struct_shape(65535, 65535)),
    "the largest list": _near(S.SLOT, 5, wire.list_shape(wire.SIZE_EIGHT_BYTES, (1 << 29) - 1)),
    "the largest composite": _near(S.SLOT, 5, wire.list_shape(wire.SIZE_COMPOSITE, (1 << 29) - 1)),
    "a list that ends outside": _near(S.SLOT, 5, wire.list_shape(wire.SIZE_BYTE, 65)),
    "itself": _near(S.SLOT, S.SLOT, wire.struct_shape(0, 1)),
    "its parent": _near(S.SLOT, 1, wire.struct_shape(1, 3)),
    "the root pointer and all": _near(S.SLOT, 0, wire.struct_shape(0, 5)),
    "its own slot as data": _near(S.SLOT, 1, wire.struct_shape(3, 0)),
    "retired words": _near(S.SLOT, S.RETIRED, wire.struct_shape(2, 0)),
    "half retired words": _near(S.SLOT, 9, wire.struct_shape(2, 0)),
    "a far pointer to no segment": wire.far_pointer(1, 0),
    "a far pointer to the last segment": wire.far_pointer((1 << 32) - 1, 0),
    "a pad outside": wire.far_pointer(0, 13),
    "a pad far outside": wire.far_pointer(0, (1 << 29) - 1),
    "a double pad half outside": wire.far_pointer(0, 12, double=True),
    "a pad that is itself": wire.far_pointer(0, S.SLOT),
    "a double pad that is itself": wire.far_pointer(0, S.SLOT, double=True),
    "a retired pad": wire.far_pointer(0, S.RETIRED),
    "a pad in data that is no pointer": wire.far_pointer(0, 1),
}

VICTIM_LIES: dict[str, int] = {
    "itself": _near(6, S.VICTIM, STRUCT_1_1),
    "its slot": _near(6, S.SLOT, wire.struct_shape(1, 0)),
    "its parent": _near(6, 1, wire.struct_shape(1, 3)),
    "outside": _near(6, 12, STRUCT_1_1),
    "half of itself": _near(6, 6, wire.struct_shape(1, 0)),
    "a list of pointers that holds itself": _near(6, 5, wire.list_shape(wire.SIZE_POINTER, 2)),
    "a far pointer nowhere": wire.far_pointer(7, 7),
    "retired words": _near(6, 11, wire.struct_shape(1, 0)),
    "a composite whose tag lies": _near(6, 7, wire.list_shape(wire.SIZE_COMPOSITE, 2)),
}


def _changes(scribbled: Scribbled) -> list[Callable[[], object]]:
    root = scribbled.root
    return [
        lambda: root.clear(0),
        lambda: root.init_struct(0, 1, 1),
        lambda: root.init_struct(0, 0, 0),
        lambda: root.init_list(0, Element.UINT64, 100),
        lambda: root.set_text(0, "text"),
        lambda: scribbled.message.init_root(1, 1),
        lambda: scribbled.message.init_root(0, 0),
    ]


def require_refused(scribbled: Scribbled) -> None:
    """Every call that would retire the lie raises, within bounded work, and changes nothing."""
    before = scribbled.grant.body()
    words = scribbled.message.segment_words()
    for change in _changes(scribbled):
        calls = scribbled.memory.calls["segment"]
        with pytest.raises(MalformedMessage):
            change()
        assert scribbled.memory.calls["segment"] - calls < 100
        assert scribbled.message.segment_words() == words
        assert scribbled.grant.body()[: words[0] * 8] == before[: words[0] * 8]
    scribbled.victim.set_uint64(0, 9)
    scribbled.message.close()
    scribbled.memory.require_all_released()


@pytest.mark.parametrize("lie", SLOT_LIES)
def test_a_pointer_that_lies_is_not_followed(lie: str) -> None:
    scribbled = Scribbled()
    if lie.startswith("a pad in data"):
        scribbled.grant.scribble(1, wire.far_pointer(0, 1))
    scribbled.grant.scribble(S.SLOT, SLOT_LIES[lie])
    require_refused(scribbled)


@pytest.mark.parametrize("lie", VICTIM_LIES)
def test_a_lie_inside_the_old_value_is_not_followed(lie: str) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(6, VICTIM_LIES[lie])
    if lie.startswith("a composite"):
        scribbled.grant.scribble(7, wire.tag(3, 1, 0))
    require_refused(scribbled)


@pytest.mark.parametrize(
    "tag",
    [
        wire.tag(3, 1, 0),
        wire.tag((1 << 30) - 1, 1, 0),
        wire.tag((1 << 30) - 1, 65535, 65535),
        wire.tag(1, 65535, 65535),
        wire.tag(1, 1, 2),
        wire.list_shape(2, 2),
        wire.far_pointer(0, 0),
        3,
    ],
)
def test_a_tag_that_lies_is_not_believed(tag: int) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.BYSTANDER, tag)
    # Words: the list starts with the tag that was just broken.
    with pytest.raises(MalformedMessage):
        scribbled.root.get_struct_list(1)
    before = scribbled.grant.body()
    with pytest.raises(MalformedMessage):
        scribbled.root.clear(1)
    assert scribbled.grant.body() == before


def test_a_tag_of_elements_without_words_may_say_any_number() -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.BYSTANDER, wire.tag((1 << 30) - 1, 0, 0))
    structs = scribbled.root.get_struct_list(1)
    assert structs is not None
    assert len(structs) == (1 << 30) - 1
    structs[len(structs) - 1]
    scribbled.root.clear(1)
    assert scribbled.root.is_null(1)


@pytest.mark.parametrize("lie", [name for name in SLOT_LIES if "itself" not in name])
def test_opening_a_pointer_that_lies_raises_or_stays_inside(lie: str) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.SLOT, SLOT_LIES[lie])
    before = scribbled.grant.body()
    opens: list[Callable[[], object]] = [
        lambda: scribbled.root.get_struct(0),
        lambda: scribbled.root.get_list(0, Element.UINT64),
        lambda: scribbled.root.get_pointer_list(0),
        lambda: scribbled.root.get_struct_list(0),
        lambda: scribbled.root.get_text(0),
        lambda: scribbled.root.get_data(0),
    ]
    for open_ in opens:
        with suppress(MalformedMessage):
            open_()
    assert scribbled.grant.body() == before


def test_an_opened_object_stays_within_what_was_handed_out() -> None:
    """A pointer to the parent is no lie that a getter can see: it is read as such, and bounded."""
    scribbled = Scribbled()
    scribbled.grant.scribble(S.SLOT, SLOT_LIES["its parent"])
    opened = scribbled.root.get_struct(0)
    assert opened is not None
    opened.set_uint64(0, 3)
    assert scribbled.root.get_uint64(0) == 3


@pytest.mark.parametrize("pointer", [3, 3 | 1 << 32, 3 | 7 << 2])
def test_a_capability_can_be_overwritten_and_not_opened(pointer: int) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(6, pointer)
    with pytest.raises(PointerKindMismatch):
        scribbled.victim.get_struct(0)
    with pytest.raises(PointerKindMismatch):
        scribbled.victim.get_data(0)
    scribbled.victim.set_text(0, "text")
    scribbled.grant.scribble(6, pointer)
    scribbled.root.clear(0)
    assert scribbled.root.is_null(0)


@pytest.mark.parametrize(
    "root",
    [
        1,
        3,
        wire.far_pointer(5, 0),
        _near(0, 200, STRUCT_1_1),
        _near(0, -1, STRUCT_1_1),
        1 | 6 << 32,
    ],
)
def test_a_root_pointer_that_lies_is_not_opened(root: int) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(0, root)
    with pytest.raises(MalformedMessage):
        scribbled.message.get_root()


def test_a_root_pointer_that_was_made_null_opens_as_none() -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(0, 0)
    assert scribbled.message.get_root() is None


def test_an_attempt_that_a_lie_ended_leaves_its_words_free_and_counted() -> None:
    """P2, P8 and P9 on memory that stays: what was filled is filled again, and reported."""
    memory = ResizingMemory(64, stable=True)
    message = MessageBuilder(memory, max_segment_words=64)
    root = message.init_root(0, 2)
    root.set_data(0, b"old")
    good = bytes(memory.grants[0][8:16])
    memory.grants[0][8:16] = wire.far_pointer(9, 9).to_bytes(8, "little")
    with pytest.raises(PointerOutOfBounds):
        root.set_data(0, b"\xff" * 80)
    memory.grants[0][8:16] = good
    assert message.segment_words() == (4,)
    root.init_list(1, Element.UINT64, 2)
    assert message.segments()[0][32:] == bytes(16)
    assert root.get_data(0) == b"old"
    message.close()
    assert memory.released == [(0, 14)]


def test_one_object_under_two_pointers_is_retired_once() -> None:
    scribbled = Scribbled()
    element_words = S.BYSTANDER + 1
    scribbled.grant.scribble(S.SLOT, _near(S.SLOT, element_words, wire.struct_shape(1, 0)))
    structs = scribbled.root.get_struct_list(1)
    shared = scribbled.root.get_struct(0)
    assert structs is not None
    assert shared is not None
    first = structs[0]
    scribbled.root.clear(1)
    for handle in (first, shared):
        with pytest.raises(StaleHandle):
            handle.set_uint64(0, 1)
    with pytest.raises(MalformedMessage):
        scribbled.root.clear(0)
    with pytest.raises(MalformedMessage):
        scribbled.root.get_struct(0)
    for handle in (first, shared):
        with pytest.raises(StaleHandle):
            handle.set_uint64(0, 1)
    assert scribbled.message.segments()[0][S.BYSTANDER * 8 :] == bytes(48)


@pytest.mark.parametrize("pads", ["single", "double"])
@pytest.mark.parametrize("word", [0, 1])
@pytest.mark.parametrize(
    "lie",
    [
        3,
        wire.far_pointer(0, 0),
        wire.far_pointer(0, 0, double=True),
        wire.far_pointer(99, 0),
        wire.far_pointer(1, (1 << 29) - 1),
        wire.with_offset(wire.struct_shape(9, 9), 2),
        wire.with_offset(wire.struct_shape(1, 1), -200),
        wire.list_shape(wire.SIZE_BYTE, (1 << 29) - 1),
    ],
)
def test_a_landing_pad_that_lies_is_not_followed(pads: str, word: int, lie: int) -> None:
    memory = Memory()
    with closing(MessageBuilder(memory, max_segment_words=64), memory) as message:
        root = message.init_root(1, 1)
        root.init_list(0, Element.UINT64, 64 if pads == "double" else 5)
        pointer = memory.grants[0].word(2)
        assert wire.kind(pointer) == wire.FAR
        assert wire.far_is_double(pointer) is (pads == "double")
        if word == 1 and pads == "single":
            return  # behind a single pad the object starts
        grant = memory.grants[wire.far_segment(pointer)]
        good = grant.word(wire.far_offset(pointer) + word)
        grant.scribble(wire.far_offset(pointer) + word, lie)
        before = [bytes(each.memory) for each in memory.grants]
        with pytest.raises(MalformedMessage):
            root.get_list(0, Element.UINT64)
        with pytest.raises(MalformedMessage):
            root.clear(0)
        with pytest.raises(MalformedMessage):
            message.init_root(1, 1)
        assert [bytes(each.memory) for each in memory.grants[: len(before)]] == before
        grant.scribble(wire.far_offset(pointer) + word, good)
        root.clear(0)
        assert root.is_null(0)


def test_clearing_an_amplified_value_costs_no_more_than_the_message() -> None:
    """P7: a thousand pointers, each to the list that holds all of them."""
    memory = ResizingMemory(grant_words=3000)
    message = MessageBuilder(memory)
    root = message.init_root(0, 1)
    root.init_pointer_list(0, 2000)
    for at in range(2, 2002):
        pointer = _near(at, 2, wire.list_shape(wire.SIZE_POINTER, 2000))
        memory.grants[0][at * 8 : at * 8 + 8] = pointer.to_bytes(8, "little")
    calls = 0
    ask = memory.segment

    def counted(key: int, /) -> bytearray:
        nonlocal calls
        calls += 1
        return ask(key)

    memory.segment = counted  # type: ignore[method-assign]
    with pytest.raises(MalformedMessage):
        root.clear(0)
    assert calls < 10


def test_a_chain_longer_than_any_stack_is_cleared() -> None:
    """P1: no RecursionError, whatever the depth."""
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        node = root
        for _ in range(20_000):
            node = node.init_struct(0, 0, 1)
        root.clear(0)
        assert root.is_null(0)
        with pytest.raises(StaleHandle):
            node.is_null(0)


# -- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 15, 16, 17, 64])
def test_no_segment_is_used_beyond_max_segment_words(limit: int) -> None:
    memory = Memory(grant_words=100)
    with closing(MessageBuilder(memory, max_segment_words=limit), memory) as message:
        for words in (0, 1, 2, limit - 1, limit):
            if limit == 1 and words:  # the root pointer alone fills the first segment
                with pytest.raises(MessageTooLarge):
                    message.init_root(0, words)
                continue
            root = message.init_root(0, words)
            for pointer in range(words):
                root.set_data(pointer, bytes([pointer + 1]) * min(8, limit * 8 - 8))
            assert max(message.segment_words(), default=0) <= limit
        with pytest.raises(MessageTooLarge) as caught:
            message.init_root(limit, 1)
        assert caught.value.words_asked == limit + 1


@pytest.mark.parametrize("limit", [5, 15])
def test_an_object_of_a_whole_segment_has_a_double_far_pointer(limit: int) -> None:
    memory = Memory()
    with closing(MessageBuilder(memory, max_segment_words=limit), memory) as message:
        root = message.init_root(1, 2)
        numbers = root.init_list(0, Element.UINT64, limit)
        numbers[limit - 1] = 7
        segments = message.segments()
        assert wire.far_is_double(int.from_bytes(segments[0][16:24], "little"))
        again = root.get_list(0, Element.UINT64)
        assert again is not None
        assert again[limit - 1] == 7
        root.clear(0)
        assert b"".join(message.segments()).count(0) >= 8 * sum(message.segment_words()) - 8


def test_too_many_segments_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_SEGMENTS", 2)
    memory = Memory()
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        root.set_text(0, "one")
        with pytest.raises(MessageTooLarge):
            root.set_text(1, "two")
        assert root.is_null(1)
        assert root.get_text(0) == "one"


@pytest.mark.parametrize("limit", [14, 15, 16, 20, 64])
@pytest.mark.parametrize("grant_words", [1, 3, 16])
def test_far_and_double_far_messages_are_read_by_the_reference_implementation(
    limit: int, grant_words: int
) -> None:
    memory = Memory(grant_words)
    build = Build(memory, max_segment_words=max(limit, 64))
    with closing(build.message, memory):
        for index, step in enumerate(STEPS):
            step(build)
            assert meaning(build.message) == MEANINGS[index + 1]


def test_the_capnp_tool_reads_far_and_double_far_pointers() -> None:
    memory = Memory()
    with closing(MessageBuilder(memory, max_segment_words=16), memory) as message:
        node = init_node(message)
        node.init_list(NUMBERS, Element.UINT32, 32)[31] = 99
        node.set_data(DATA, b"d" * 16 * 8)
        init_child(node).set_text(TEXT, "far away")
        kinds = {
            (wire.kind(pointer), wire.far_is_double(pointer))
            for segment in message.segments()
            for at in range(0, len(segment), 8)
            if wire.kind(pointer := int.from_bytes(segment[at : at + 8], "little")) == wire.FAR
        }
        assert kinds >= {(wire.FAR, False), (wire.FAR, True)}
        text = tool("decode", message.to_bytes(), "--short")
        assert b'text = "far away"' in text
        assert b", 99]" in text
        flat = tool("convert", message.to_bytes(), "binary:json")
        assert b'"far away"' in flat


# -- P7, documented bounds ------------------------------------------------------------------------


def test_allocator_calls_stay_within_what_the_contract_documents() -> None:
    memory = Memory(grant_words=400)
    build = Build(memory, max_segment_words=4096)
    with closing(build.message, memory):
        node = init_node(build.message)
        child = init_child(node)
        child.set_text(TEXT, "text")
        measured: list[tuple[int, Callable[[], object]]] = [
            (1, lambda: node.set_uint64(0, 1)),
            (1, lambda: node.get_uint64(0)),
            (1, lambda: node.set_bool(0, True)),
            (1, lambda: node.set_float64(2, 1.0)),
            (5, lambda: node.get_struct(CHILD)),
            (5, lambda: child.get_text(TEXT)),
            (8, lambda: node.set_text(TEXT, "new")),
            (8, lambda: node.init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS)),
            (12, lambda: node.set_text(TEXT, "retires one object")),
            (16, lambda: node.clear(CHILD)),
            (1, lambda: build.message.segments()),
        ]
        for most, call in measured:
            before = memory.calls["segment"]
            call()
            assert 1 <= memory.calls["segment"] - before <= most


def test_words_used_is_the_highest_word_ever_written_also_by_attempts_that_failed() -> None:
    """P8; `Memory` itself compares the number with the bytes that changed, at each release."""
    memory = FailingMemory("segment", 0, OSError, grant_words=200)
    build = Build(memory, max_segment_words=4096)
    init_node(build.message)
    for number in range(1, 12):
        # Larger attempts first: a smaller one does not make the number smaller again.
        memory.number = memory.calls["segment"] + number
        with suppress(BorrowRefused):
            build.again().set_data(DATA, bytes((12 - number) * 100))
    build.message.close()
    memory.require_all_released()
    assert memory.grants[0].releases[0] > 30


@pytest.mark.parametrize("number", range(1, 7))
def test_words_used_does_not_shrink_when_a_smaller_attempt_follows(number: int) -> None:
    memory = FailingMemory("segment", 0, OSError, grant_words=200)
    message = MessageBuilder(memory)
    root = message.init_root(0, 1)
    root.set_data(0, b"small")
    memory.number = memory.calls["segment"] + number
    with suppress(BorrowRefused):
        root.set_data(0, b"large" * 100)
    memory.armed = False
    root.set_data(0, b"small")
    message.close()
    memory.require_all_released()


def test_near_the_recursion_limit_the_message_stays_whole() -> None:
    def deeper(depth: int, call: Callable[[], object]) -> object:
        return call() if depth == 0 else deeper(depth - 1, call)

    failures = 0
    here = 0
    frame: Any = sys._getframe()
    while frame is not None:
        here += 1
        frame = frame.f_back
    for distance in range(1, 60):
        memory = ResizingMemory()
        message = MessageBuilder(memory)
        root = init_node(message)
        init_child(root).set_text(TEXT, "hi")
        before = meaning(message)
        use = partial(root.init_struct, CHILD, 0, 1)
        try:
            deeper(sys.getrecursionlimit() - here - distance, use)
        except (RecursionError, Error):
            failures += 1
            assert meaning_unless_poisoned(message) in (before, POISONED), distance
        message.close()
        keys = [key for key, _ in memory.released]
        assert len(set(keys)) == len(keys)
    assert failures > 3


def test_a_message_may_be_handed_to_another_thread() -> None:
    build = Build(Memory())
    worker = threading.Thread(target=run_program, args=(build,))
    worker.start()
    worker.join()
    assert meaning(build.message) == MEANINGS[-1]


def test_intervals_merge_with_their_neighbours() -> None:
    intervals = Intervals()
    for start, end in ((10, 12), (20, 22), (12, 14), (18, 20), (14, 18), (0, 1)):
        intervals.add(start, end)
    assert (intervals.starts, intervals.ends) == ([0, 10], [1, 22])
    assert [word for word in range(25) if word in intervals] == [0, *range(10, 22)]
    assert [word for word in range(24) if intervals.meets(word, word + 2)] == [0, *range(9, 22)]


def test_the_fixed_allocator_takes_the_program_too() -> None:
    build = Build(FixedAllocator(bytearray(1 << 14), segment_words=5))
    run_program(build)
    assert meaning(build.message) == MEANINGS[-1]
    build.message.close()


def test_pointer_out_of_bounds_tells_where() -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.SLOT, SLOT_LIES["a struct far behind"])
    with pytest.raises(PointerOutOfBounds) as caught:
        scribbled.root.get_struct(0)
    assert (caught.value.segment, caught.value.offset) == (0, 1 << 28)


def test_guards_and_views_are_really_watched() -> None:
    """The strict memory can fail: it sees a byte beside a grant, and a view that is held."""
    memory = Memory()
    memory.allocate(4)
    with memory.segment(0), pytest.raises(AssertionError):
        memory.require_kept()
    memory.complaints.clear()
    memory.grants[0].memory[GUARD - 1] ^= 1
    with pytest.raises(AssertionError):
        memory.require_kept()
    assert isinstance(AllocatorError("x"), Error)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (lambda root, message: root.init_struct(CHILD, 2, 0), lambda root, _: root.clear(CHILD)),
        (
            lambda root, message: root.init_list(CHILD, Element.UINT64, 3),
            lambda root, _: root.clear(CHILD),
        ),
        (
            lambda root, message: message.init_root(2, 8),
            lambda _, message: message.init_root(1, 1),
        ),
    ],
)
def test_a_call_from_a_view_that_is_given_back_makes_no_stale_handle_current(
    outer: Callable[[Any, MessageBuilder], Any], inner: Callable[[Any, MessageBuilder], object]
) -> None:
    """P10, P12: the handle that the outer call answers is good, or raises."""
    refusals = 0
    for number in range(1, 40):
        memory = ExporterMemory()
        with MessageBuilder(memory) as message:
            root = message.init_root(2, 8)
            refused: list[Error] = []

            def hook() -> None:
                try:
                    inner(root, message)  # noqa: B023
                except Error as error:
                    refused.append(error)  # noqa: B023

            memory.hook = hook  # type: ignore[method-assign]
            memory.number = memory.given_back + number
            handle = outer(root, message)
            ran = memory.given_back >= memory.number
            memory.number = 0
            refusals += len(refused)
            with suppress(StaleHandle):
                if type(handle) is ListBuilder:
                    handle[0] = 0xDEADBEEF
                else:
                    handle.set_uint32(0, 0xDEADBEEF)
                # What was accepted can be reached from the root.
                found = message.get_root()
                assert found is not None
                words = found.tree()
                reached = bytes(words.body) + b"".join(
                    bytes(child.body) for _, child in words.children
                )
                assert (0xDEADBEEF).to_bytes(4, "little") in reached
            if not ran:
                break
    assert refusals
