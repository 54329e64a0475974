"""Segments that shrink, stay, or were not zero: P3, P5, P9."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from capnsafe import (
    BadBuffer,
    Element,
    GrantOverlaps,
    GrantTooSmall,
    MessageBuilder,
    SegmentLost,
    StructBuilder,
)
from tests.capnsafe.memories import Memory, ResizingMemory, closing
from tests.capnsafe.mixed_program import MEANINGS, STEPS, Build, calls_of, run_program
from tests.capnsafe.reading import ANY, CHILD, EMPTY, TEXT, init_child, init_node, meaning

# -- shrinking: P3, P5 -----------------------------------------------------------------------------


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
    # Not one byte was written into the part that grew back.
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


@pytest.mark.thorough
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
        # Two segments cannot be held at once: the cut took words that had just been filled. That
        # is a loss, and not a silent one.
        with pytest.raises(SegmentLost):
            message.to_bytes()
        return
    assert meaning(message)["text"] == ("old" if refused else "new")
    node.set_text(TEXT, "at last")
    assert meaning(message)["text"] == "at last"


@pytest.mark.thorough
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


# -- dirty memory: P9 ------------------------------------------------------------------------------


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
