"""Memory that refuses, and answers that are no memory: P1, P2, P3, P4, P8."""

from __future__ import annotations

import array
import ctypes
import mmap
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from signal import SIGTERM, raise_signal, signal
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    BadBuffer,
    BorrowRefused,
    Closed,
    GrantTooSmall,
    MessageBuilder,
    ReleaseFailed,
    SegmentLost,
)
from tests.capnsafe.memories import (
    AnsweringMemory,
    FailingMemory,
    Grant,
    Memory,
    ResizingMemory,
    Stop,
    closing,
)
from tests.capnsafe.mixed_program import (
    MEANINGS,
    STEPS,
    Build,
    calls_of,
    fill_numbers,
    meaning_or_none,
    rename_second_child,
    run_program,
    set_scalars,
)
from tests.capnsafe.reading import DATA, DATA_WORDS, POINTERS, TEXT, init_child, init_node, meaning

# -- the program ----------------------------------------------------------------------------------


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


# -- refusals: P1, P2, P4, P8, P10 -----------------------------------------------------------------


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


def check_error(kind: str, error: type[BaseException], caught: BaseException) -> None:
    if not issubclass(error, Exception):
        assert type(caught) is error
        return
    lookup = issubclass(error, LookupError)
    assert type(caught) is EXPECTED[kind, LookupError if lookup else Exception]
    assert type(caught.__cause__) is error


@pytest.mark.thorough
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
                if step not in (set_scalars, fill_numbers, rename_second_child, STEPS[7]):
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


class Signalled(ResizingMemory):
    """Memory with a signal in the middle of one of its calls."""

    method = ""

    def _signal(self, method: str) -> None:
        if method == self.method:
            self.method = ""
            raise_signal(SIGTERM)

    def allocate(self, minimum_words: int, /) -> Any:
        self._signal("allocate")
        return super().allocate(minimum_words)

    def segment(self, key: int, /) -> Any:
        self._signal("segment")
        return super().segment(key)

    def release(self, key: int, words_used: int, /) -> None:
        super().release(key, words_used)
        self._signal("release")


@pytest.mark.parametrize(
    ("method", "own"),
    [("allocate", AllocationRefused), ("segment", BorrowRefused), ("release", ReleaseFailed)],
)
@pytest.mark.parametrize("error", [TimeoutError, KeyboardInterrupt])
def test_what_a_signal_raises_in_a_method_is_the_methods(
    error: type[BaseException], method: str, own: type[Exception]
) -> None:
    raised: list[BaseException] = []

    def handler(number: int, frame: object) -> None:
        raised.append(error())
        raise raised[0]

    memory = Signalled(1)
    message = MessageBuilder(memory)
    root = init_node(message)
    before = meaning(message)
    old = signal(SIGTERM, handler)
    try:
        memory.method = method
        act = message.close if method == "release" else partial(root.set_text, TEXT, "text")
        with pytest.raises((own, error)) as caught:
            act()
    finally:
        signal(SIGTERM, old)
    if issubclass(error, Exception):
        assert type(caught.value) is own
        assert caught.value.__cause__ is raised[0]
    else:
        assert caught.value is raised[0]
    if method != "release":
        assert meaning(message) == before
        act()
        assert root.get_text(TEXT) == "text"
        message.close()
    assert sorted(key for key, _ in memory.released) == list(range(len(memory.grants)))


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


# -- garbled answers: P1, P2, P3 -------------------------------------------------------------------


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


# -- views: P4 -----------------------------------------------------------------------------------


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
