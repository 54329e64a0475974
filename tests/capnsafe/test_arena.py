"""The arena: its limits, its cost (P7), and the memories that watch it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from capnsafe import (
    AllocatorError,
    BorrowRefused,
    Element,
    Error,
    FixedAllocator,
    ListBuilder,
    MessageBuilder,
    MessageTooLarge,
    StaleHandle,
    wire,
)
from tests.builds import patches_constants
from tests.capnsafe.memories import GUARD, ExporterMemory, FailingMemory, Memory, closing
from tests.capnsafe.mixed_program import MEANINGS, STEPS, Build, run_program
from tests.capnsafe.reading import (
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    NUMBERS,
    POINTERS,
    TEXT,
    init_child,
    init_node,
    meaning,
    tool,
)

# -- limits ----------------------------------------------------------------------------------------


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


@patches_constants
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


@pytest.mark.process
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


# -- P7, documented bounds -------------------------------------------------------------------------


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


@pytest.mark.parametrize("pointer", [0, 1])
@pytest.mark.parametrize("number", range(1, 7))
def test_words_used_does_not_shrink_when_a_smaller_attempt_follows(
    number: int, pointer: int
) -> None:
    memory = FailingMemory("segment", 0, OSError, grant_words=200)
    message = MessageBuilder(memory)
    root = message.init_root(0, 2)
    root.set_data(0, b"small")
    memory.number = memory.calls["segment"] + number
    with suppress(BorrowRefused):
        root.set_data(0, b"large" * 100)
    memory.armed = False
    # Over an old value, by way of a draft, or below a null pointer, in one borrow.
    root.set_data(pointer, b"small")
    message.close()
    memory.require_all_released()


def test_a_message_may_be_handed_to_another_thread() -> None:
    build = Build(Memory())
    worker = threading.Thread(target=run_program, args=(build,))
    worker.start()
    worker.join()
    assert meaning(build.message) == MEANINGS[-1]


def test_the_fixed_allocator_takes_the_program_too() -> None:
    build = Build(FixedAllocator(bytearray(1 << 14), segment_words=5))
    run_program(build)
    assert meaning(build.message) == MEANINGS[-1]
    build.message.close()


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
                words = found._tree()
                reached = bytes(words.body) + b"".join(
                    bytes(child.body) for _, child in words.children
                )
                assert (0xDEADBEEF).to_bytes(4, "little") in reached
            if not ran:
                break
    assert refusals
