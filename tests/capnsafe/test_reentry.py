"""Calls from inside the allocator, and interrupts at any bytecode: P10, P1."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    BorrowRefused,
    Closed,
    Element,
    Error,
    GrantTooSmall,
    HeapAllocator,
    MessageBuilder,
    Poisoned,
    Reentered,
    ReleaseFailed,
    StructBuilder,
)
from tests.builds import counts_bytecodes
from tests.capnsafe.interrupts import bytecodes_of, cut_short, sample
from tests.capnsafe.memories import (
    KINDS,
    ExporterMemory,
    Grant,
    HookedMemory,
    ResizingMemory,
    closing,
)
from tests.capnsafe.mixed_program import MEANINGS, STEPS, Build, opened, run_program
from tests.capnsafe.reading import (
    ANY,
    CHILD,
    DATA,
    NUMBERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
)

# -- re-entry: P10 ---------------------------------------------------------------------------------


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


# -- interrupts at any bytecode: P1 ----------------------------------------------------------------


POISONED = "poisoned"


def meaning_unless_poisoned(message: MessageBuilder) -> Any:
    """Return the contents of the message, or that it is poisoned. Other errors pass through."""
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


@pytest.mark.traced
@counts_bytecodes
@pytest.mark.thorough
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
    bytecodes = bytecodes_of(lambda: INTERRUPTED[call](root, message))
    after = meaning(message)
    assert bytecodes > 50
    outcomes = {"before": 0, "after": 0, POISONED: 0}
    for number in sample(1, bytecodes - 1, 60):
        root, message, memory = build_up()
        # (The number of bytecodes depends a little on the addresses that memory happens to have.)
        cut_short(partial(INTERRUPTED[call], root, message), number)
        now = meaning_unless_poisoned(message)
        assert now in (before, after, POISONED), number
        outcomes["before" if now == before else "after" if now == after else POISONED] += 1
        message.close()
        keys = [key for key, _ in memory.released]
        assert len(set(keys)) == len(keys)
    assert outcomes["before"] > 0


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
