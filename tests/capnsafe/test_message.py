"""The message itself: root, output, closing, and its calls to the allocator."""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from capnsafe import (
    AllocationRefused,
    AllocatorError,
    ArgumentTypeError,
    ArgumentValueError,
    Closed,
    Element,
    Error,
    GrantTooSmall,
    HeapAllocator,
    MessageBuilder,
    ReleaseFailed,
    SegmentLost,
    StructBuilder,
    wire,
)
from tests.capnsafe.memories import Memory, ResizingMemory, closing
from tests.capnsafe.reading import (
    ANY,
    CHILD,
    DATA,
    NUMBERS,
    TEXT,
    core,
    init_child,
    init_node,
    meaning,
    tool,
)

NO_ROOT = bytes.fromhex("00000000 01000000 0000000000000000")


def filled() -> tuple[Memory, MessageBuilder, StructBuilder]:
    memory = Memory()
    message = MessageBuilder(memory)
    node = init_node(message)
    init_child(node).set_text(TEXT, "text")
    return memory, message, node


# -- before and without a root -------------------------------------------------------------------


def test_no_allocator_call_is_made_before_the_first_root() -> None:
    memory = Memory()
    with closing(MessageBuilder(memory), memory) as message:
        assert message.get_root() is None
        assert message.segment_words() == ()
        assert message.to_bytes() == NO_ROOT
        assert not memory.calls
    assert not memory.calls


@pytest.mark.process
def test_a_message_without_a_root_is_a_null_pointer() -> None:
    message = MessageBuilder()
    assert message.segments() == [bytes(8)]
    assert message.to_bytes() == NO_ROOT
    with core.Node.from_bytes(message.to_bytes()) as node:
        assert node.u64 == 0
    assert tool("decode", message.to_bytes(), "--short").startswith(b"(u64 = 0")


def test_a_root_that_failed_leaves_a_message_without_a_root() -> None:
    memory = Memory()
    with closing(MessageBuilder(memory), memory) as message:
        memory.make = _refuse  # type: ignore[method-assign]
        with pytest.raises(AllocationRefused) as caught:
            init_node(message)
        assert caught.value.words_asked == 15
        assert message.get_root() is None
        assert message.to_bytes() == NO_ROOT
        assert message.segment_words() == ()
        del memory.make
        init_node(message)
        assert message.segment_words() == (15,)


def _refuse(words: int) -> Any:
    raise MemoryError(words)


@pytest.mark.parametrize("sections", [(0, 0), (1, 0), (0, 1), (2, 3)])
def test_the_root_opens_as_it_was_built(sections: tuple[int, int]) -> None:
    with MessageBuilder() as message:
        message.init_root(*sections)
        root = message.get_root()
        assert root is not None
        assert (root.data_words, root.pointer_count) == sections


def test_an_empty_root_is_not_null() -> None:
    with MessageBuilder() as message:
        message.init_root(0, 0)
        assert message.segments() == [wire.EMPTY_STRUCT.to_bytes(8, "little")]


def test_a_new_root_replaces_the_old_one_and_all_below() -> None:
    memory, message, _ = filled()
    with closing(message, memory):
        init_node(message).set_uint64(0, 3)
        said = meaning(message)
        assert (said["u64"], said["child"]) == (3, None)
        assert b"text" not in message.to_bytes()


# -- output --------------------------------------------------------------------------------------


def test_every_form_of_output_says_the_same(tmp_path: Path) -> None:
    memory, message, _ = filled()
    with closing(message, memory):
        framed = message.to_bytes()
        sink = io.BytesIO()
        message.write_to(sink)
        assert sink.getvalue() == framed
        segments = message.segments()
        assert framed.endswith(b"".join(segments))
        assert tuple(len(segment) // 8 for segment in segments) == message.segment_words()
        with (tmp_path / "unbuffered").open("wb", buffering=0) as raw:
            message.write_to(cast(BinaryIO, raw))
        assert (tmp_path / "unbuffered").read_bytes() == framed


def test_output_is_a_copy() -> None:
    memory, message, node = filled()
    with closing(message, memory):
        before = message.segments()
        snapshot = [bytes(segment) for segment in before]
        node.set_uint64(0, (1 << 64) - 1)
        assert before == snapshot
        assert all(type(segment) is bytes for segment in before)


def test_output_changes_nothing_and_can_be_repeated() -> None:
    memory, message, node = filled()
    with closing(message, memory):
        assert message.to_bytes() == message.to_bytes()
        words = message.segment_words()
        node.set_uint64(0, 3)
        message.to_bytes()
        assert message.segment_words() == words


class Part(io.RawIOBase):
    """A file that takes three bytes at a time."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def write(self, chunk: Any, /) -> int:
        self.taken += bytes(chunk[:3])
        return min(3, len(chunk))


def test_a_file_that_takes_parts_is_given_the_rest() -> None:
    memory, message, _ = filled()
    with closing(message, memory):
        file = Part()
        message.write_to(cast(BinaryIO, file))
        assert bytes(file.taken) == message.to_bytes()


def test_what_a_file_raises_passes_unchanged_and_the_message_stays() -> None:
    class Full(io.RawIOBase):
        def write(self, chunk: Any, /) -> int:
            raise OSError("full")

    memory, message, _ = filled()
    with closing(message, memory):
        before = message.to_bytes()
        with pytest.raises(OSError, match="full") as caught:
            message.write_to(cast(BinaryIO, Full()))
        assert not isinstance(caught.value, Error)
        assert message.to_bytes() == before


def test_output_asks_once_a_segment() -> None:
    memory, message, node = filled()
    with closing(message, memory):
        node.clear(CHILD)
        before = memory.calls["segment"]
        message.segments()
        assert memory.calls["segment"] - before == len(message.segment_words())
        assert message.segment_words() == tuple(len(segment) // 8 for segment in message.segments())


@pytest.mark.process
def test_the_reference_tool_reads_the_output() -> None:
    memory, message, node = filled()
    with closing(message, memory):
        node.set_data(DATA, b"\0\377")
        node.init_list(NUMBERS, Element.UINT32, 2)[1] = 4_000_000_000
        text = tool("decode", message.to_bytes(), "--short")
        assert b"child = (u64 = 0, i32 = 0, u16 = 0, u8 = 0, flag = false" in text
        assert b'text = "text"' in text
        assert rb'data = "\000\377"' in text
        assert b"[0, 4000000000]" in text


# -- closing -------------------------------------------------------------------------------------


def test_closing_releases_each_grant_once() -> None:
    memory, message, _ = filled()
    assert len(memory.live) > 1
    message.close()
    memory.require_all_released()
    message.close()
    with message:
        pass
    memory.require_all_released()


def test_everything_but_close_is_refused_after_close() -> None:
    _, message, node = filled()
    child = node.get_struct(CHILD)
    listed = node.init_list(ANY, Element.VOID, 1)
    assert child is not None
    message.close()
    for call in (
        message.get_root,
        message.segments,
        message.to_bytes,
        lambda: message.write_to(io.BytesIO()),
        lambda: message.init_root(1, 1),
        lambda: node.set_uint64(0, 1),
        lambda: node.get_uint64(0),
        lambda: node.set_bool(0, True),
        lambda: node.set_float32(0, 1.0),
        lambda: node.init_struct(ANY, 0, 0),
        lambda: node.clear(ANY),
        lambda: node.is_null(ANY),
        lambda: child.get_text(TEXT),
        lambda: child.set_data(DATA, b""),
        lambda: listed[0],
    ):
        with pytest.raises(Closed):
            call()
    assert message.segment_words() == ()


def test_a_with_block_closes_whatever_happens() -> None:
    memory = Memory()
    message = MessageBuilder(memory)
    init_node(message)
    with pytest.raises(ZeroDivisionError), message:
        raise ZeroDivisionError
    memory.require_all_released()
    with pytest.raises(Closed):
        message.get_root()


class Unreleasable(ResizingMemory):
    def release(self, key: int, words_used: int, /) -> None:
        super().release(key, words_used)
        raise OSError("no release")


def test_a_with_block_tells_that_release_failed() -> None:
    memory = Unreleasable()
    message = MessageBuilder(memory)
    init_node(message).set_text(TEXT, "text")
    with pytest.raises(ReleaseFailed, match=r"\b2\b"), message:
        pass
    assert len(memory.released) == 2


class Ends(ResizingMemory):
    """Raises an exception that loops take for their end."""

    error = StopIteration("the only one")

    def allocate(self, minimum_words: int, /) -> int:
        if self.released:
            raise self.error
        return super().allocate(minimum_words)

    def release(self, key: int, words_used: int, /) -> None:
        super().release(key, words_used)
        raise self.error


def test_an_allocator_that_raises_stop_iteration() -> None:
    memory = Ends()
    with pytest.raises(ReleaseFailed) as failed, MessageBuilder(memory) as message:
        init_node(message)
    assert failed.value.__cause__ is memory.error
    assert len(memory.released) == 1
    with MessageBuilder(memory) as message, pytest.raises(AllocationRefused) as refused:
        init_node(message)
    assert refused.value.__cause__ is memory.error


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_with_block_does_not_replace_the_exception_on_its_way(
    error: type[BaseException],
) -> None:
    memory = Unreleasable()
    message = MessageBuilder(memory)
    init_node(message)
    with pytest.raises(error) as caught, message:
        raise error
    assert "no release" in "".join(caught.value.__notes__)
    assert len(memory.released) == 1


def test_a_message_is_not_copied() -> None:
    message = MessageBuilder()
    init_node(message)
    for whole in (message, message._arena):
        with pytest.raises(ArgumentTypeError):
            copy.deepcopy(whole)
    message.close()


# -- the calls of a message to its allocator -------------------------------------------------------


@pytest.mark.parametrize("missing", ["allocate", "segment", "release"])
def test_an_allocator_has_all_three_methods(missing: str) -> None:
    class Crippled(HeapAllocator):
        pass

    setattr(Crippled, missing, None)
    with pytest.raises(ArgumentTypeError, match=missing):
        MessageBuilder(Crippled())
    with pytest.raises(ArgumentTypeError):
        MessageBuilder(cast(Any, 7))


@pytest.mark.parametrize("name", ["allocate", "segment", "release", "stable"])
def test_an_allocator_whose_attributes_raise_is_an_allocator_error(name: str) -> None:
    class Raising(HeapAllocator):
        def __getattribute__(self, asked: str) -> Any:
            if asked == name:
                raise RuntimeError(asked)
            return super().__getattribute__(asked)

    with pytest.raises(AllocatorError) as caught:
        MessageBuilder(Raising())
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("stable", [None, 1, "yes", False])
def test_only_true_is_a_promise_to_be_stable(stable: Any) -> None:
    memory = ResizingMemory(64, stable=stable)
    message = MessageBuilder(memory)
    root = init_node(message)
    memory.grants[0] = bytearray(memory.grants[0])  # moved, as an honest allocator may
    root.set_uint64(0, 0x5A)
    assert memory.grants[0].count(0x5A) == 1


@pytest.mark.parametrize("limit", [0, -1, 1 << 29, 1 << 40])
def test_max_segment_words_is_what_far_pointers_can_reach(limit: int) -> None:
    with pytest.raises(ArgumentValueError):
        MessageBuilder(max_segment_words=limit)


@pytest.mark.parametrize("limit", [None, "64", 64.0])
def test_max_segment_words_is_an_integer(limit: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        MessageBuilder(max_segment_words=limit)


def test_a_class_instead_of_an_allocator_is_noticed_at_the_first_call() -> None:
    message = MessageBuilder(cast(Any, HeapAllocator))
    with pytest.raises(AllocationRefused):
        init_node(message)


def test_words_asked_are_those_of_the_object_and_its_landing_pad() -> None:
    memory = Memory()
    asked: list[int] = []
    grant = memory.allocate

    def allocate(minimum_words: int, /) -> Any:
        asked.append(minimum_words)
        return grant(minimum_words)

    memory.allocate = allocate  # type: ignore[method-assign]
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(1, 1)  # with the root pointer
        root.init_struct(0, 2, 2)  # with a landing pad
    assert asked == [3, 5]


def test_grants_that_a_failed_call_took_are_released_at_once() -> None:
    memory = Memory()
    message = MessageBuilder(memory, max_segment_words=3)
    with closing(message, memory):
        root = message.init_root(0, 2)
        make, made = memory.make, 0

        def second_too_small(words: int) -> Any:
            nonlocal made
            made += 1
            return make(words if made == 1 else 1)

        memory.make = second_too_small  # type: ignore[method-assign]
        # The object fills a segment of its own, and its two pads need another.
        with pytest.raises(GrantTooSmall):
            root.init_struct(0, 3, 0)
        assert made == 2
        assert memory.live == [0]
        assert [len(grant.releases) for grant in memory.grants[1:]] == [1, 1]


def test_a_message_has_one_owner() -> None:
    """A copy would close the message of the original (C++ 773fffd6)."""
    with MessageBuilder() as message:
        message.init_root(1, 0)
        for make in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(ArgumentTypeError):
                make(message)


def test_checking_segments_leaves_retired_words_zero_and_finds_what_is_lost() -> None:
    memory = ResizingMemory(5)
    with MessageBuilder(memory) as message:
        assert message.check_segments() == ()
        root = message.init_root(1, 2)
        root.set_text(0, "this text lies in another segment than its pointer does, and is retired")
        root.clear(0)
        assert b"retired" in memory.grants[1]
        assert message.check_segments() == message.segment_words()
        assert b"retired" not in memory.grants[1]
        memory.cut(0, 1)
        with pytest.raises(SegmentLost):
            message.check_segments()
        memory.extend(0, 5)
        with pytest.raises(SegmentLost):
            message.check_segments()


def test_an_exception_on_its_way_is_not_replaced_where_the_message_cannot_be_closed() -> None:
    class Closing(HeapAllocator):
        stable = False

        def segment(self, key: int, /) -> bytearray:
            try:
                with message:
                    raise KeyError("on its way")
            except KeyError as error:
                notes.extend(error.__notes__)
            return super().segment(key)

    notes: list[str] = []
    message = MessageBuilder(Closing())
    message.init_root(1, 0)
    assert notes
    assert all("Reentered" in note for note in notes)
