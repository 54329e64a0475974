"""Messages that verify: every change behind their back is found (P5v)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from capnsafe import (
    ArgumentTypeError,
    ContentsChanged,
    Element,
    HeapAllocator,
    MessageBuilder,
    SegmentLost,
    StructBuilder,
    wire,
)
from tests.capnsafe.generated import root_of
from tests.capnsafe.memories import FailingMemory, Memory, MovingMemory, ResizingMemory, closing
from tests.capnsafe.test_all_or_nothing import ACTS, Scene, said

TEXT, DATA, STRUCT, STRUCTS, FAR = range(5)


def filled(message: MessageBuilder) -> StructBuilder:
    root = message.init_root(2, 5)
    root.set_uint32(0, 0x01020304)
    root.set_float64(1, 1.5)
    root.set_bool(40, True)
    root.set_bool(41, True)
    root.set_bool(41, False)
    root.set_text(TEXT, "text")
    root.set_data(DATA, b"abcdefghijk")
    root.init_struct(STRUCT, 1, 1).set_text(0, "below")
    root.init_struct_list(STRUCTS, 2, 1, 0)[1].set_uint64(0, 7)
    root.set_list(FAR, Element.UINT64, bytes(range(200)) * 8)
    return root


def words_of(message: MessageBuilder) -> list[tuple[int, int]]:
    return [
        (segment, word)
        for segment, words in enumerate(message.segment_words())
        for word in range(words)
    ]


@pytest.mark.parametrize("size", [1, 3, 300])
def test_output_is_the_same_as_without(size: int) -> None:
    plain = Memory(size)
    with closing(MessageBuilder(plain), plain) as message:
        filled(message)
        expected = message.segments()
    for verified in (MovingMemory(size), Memory(size)):
        with closing(MessageBuilder(verified, verify=True), verified) as message:
            filled(message)
            assert message.segments() == expected


def test_a_scribble_in_any_word_is_found_with_its_place() -> None:
    memory = Memory(12)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        filled(message)
        before = message.segments()
        assert len(before) > 1
        for segment, word in words_of(message):
            grant = memory.grants[segment]
            for bit in (0, 63):
                old = grant.word(word)
                grant.scribble(word, old ^ 1 << bit)
                with pytest.raises(ContentsChanged) as caught:
                    message.to_bytes()
                assert (caught.value.segment, caught.value.offset) == (segment, word)
                with pytest.raises(ContentsChanged), message.lend_segment(segment):
                    pass
                grant.scribble(word, old)
        assert message.segments() == before


def test_without_verification_a_scribble_is_output() -> None:
    memory = Memory(200)
    with closing(MessageBuilder(memory), memory) as message:
        filled(message)
        memory.grants[0].scribble(1, 99)
        assert message.segments()[0][8] == 99


def test_swapped_segments_are_found() -> None:
    memory = Memory(3)
    message = MessageBuilder(memory, verify=True)
    root = message.init_root(0, 2)
    root.set_data(0, b"a" * 280)
    root.set_data(1, b"b" * 280)
    first, second = memory.grants[1:3]
    first.memory, second.memory = second.memory, first.memory
    for index in range(2):
        with pytest.raises(ContentsChanged):
            root.get_data(index)
    with pytest.raises(ContentsChanged):
        message.to_bytes()
    first.memory, second.memory = second.memory, first.memory
    assert root.get_data(1) == b"b" * 280
    message.close()


def test_an_older_state_that_comes_back_is_found() -> None:
    memory = Memory(100)
    message = MessageBuilder(memory, verify=True)
    root = filled(message)
    old = bytes(memory.grants[0].memory)
    root.set_uint32(0, 5)
    new = bytes(memory.grants[0].memory)
    memory.grants[0].memory[:] = old
    with pytest.raises(ContentsChanged) as caught:
        root.get_uint32(0)
    assert (caught.value.segment, caught.value.offset) == (0, 1)
    with pytest.raises(ContentsChanged):
        message.segments()
    memory.grants[0].memory[:] = new
    assert root.get_uint32(0) == 5
    message.close()


def test_words_that_went_and_came_back_between_two_looks_are_found() -> None:
    """Shrunk and regrown with zeros: nobody saw it short, and the contents tell."""
    memory = ResizingMemory(300)
    with MessageBuilder(memory, verify=True) as message:
        root = filled(message)
        used = message.segment_words()[0]
        memory.cut(0, used - 1)
        memory.extend(0, 300)
        with pytest.raises(ContentsChanged) as caught:
            message.segments()
        assert (caught.value.segment, caught.value.offset) == (0, used - 1)
        assert root.get_uint32(0) == 0x01020304


def test_words_that_are_seen_to_be_gone_are_lost_for_good() -> None:
    memory = ResizingMemory(300)
    with MessageBuilder(memory, verify=True) as message:
        filled(message)
        memory.cut(0, 1)
        for _ in range(2):
            with pytest.raises(SegmentLost):
                message.segments()
            memory.extend(0, 300)


def test_a_view_that_lies_about_its_place_is_found() -> None:
    class Doubled(Memory):
        """Returns a copy, so that writes do not reach the segment."""

        doubled = False

        def segment(self, key: int, /) -> Any:
            view = super().segment(key)
            return memoryview(bytearray(view)) if self.doubled else view

    memory = Doubled(200)
    with MessageBuilder(memory, verify=True) as message:
        root = filled(message)
        memory.doubled = True
        root.set_uint32(0, 9)
        with pytest.raises(ContentsChanged):
            message.segments()


READS: dict[str, Callable[[StructBuilder], object]] = {
    "integer": lambda root: root.get_uint32(0),
    "set_bool": lambda root: root.set_bool(1, True),
    "get_bool": lambda root: root.get_bool(1),
    "float": lambda root: root.get_float32(0),
    "select": lambda root: root.select(3, 1),
    "tree": lambda root: root._tree(),
}


@pytest.mark.parametrize("name", READS)
def test_reading_data_that_was_changed_raises(name: str) -> None:
    memory = Memory(200)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        root = filled(message)
        old = memory.grants[0].word(1)
        memory.grants[0].scribble(1, old ^ 1)
        with pytest.raises(ContentsChanged):
            READS[name](root)
        memory.grants[0].scribble(1, old)
        READS[name](root)


POINTERS: dict[str, Callable[[StructBuilder], object]] = {
    "get_text": lambda root: root.get_text(TEXT),
    "set_text": lambda root: root.set_text(TEXT, "new"),
    "clear": lambda root: root.clear(TEXT),
    "kind": lambda root: root.kind(TEXT),
    "is_null": lambda root: root.is_null(TEXT),
    "disown": lambda root: root.disown(TEXT),
}


@pytest.mark.parametrize("name", POINTERS)
@pytest.mark.parametrize("value", [0, wire.EMPTY_STRUCT])
def test_a_pointer_that_was_changed_is_not_followed(name: str, value: int) -> None:
    memory = Memory(200)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        root = filled(message)
        before = message.segments()
        old = memory.grants[0].word(3)
        memory.grants[0].scribble(3, value)
        with pytest.raises(ContentsChanged):
            POINTERS[name](root)
        memory.grants[0].scribble(3, old)
        assert message.segments() == before
        assert root.get_text(TEXT) == "text"


def test_a_tag_that_was_changed_is_not_used() -> None:
    memory = Memory(200)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        root = message.init_root(0, 1)
        root.init_struct_list(0, 2, 1, 0)
        old = memory.grants[0].word(2)
        memory.grants[0].scribble(2, wire.tag(1, 1, 0))
        with pytest.raises(ContentsChanged):
            root.get_struct_list(0)
        memory.grants[0].scribble(2, old)


@pytest.mark.untraced
@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("size", [2, 6, 100])
def test_every_act_keeps_the_private_copy_true(name: str, size: int) -> None:
    plain = Memory(size)
    with closing(MessageBuilder(plain), plain) as message:
        ACTS[name](Scene(message))
        expected = said(message)
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        ACTS[name](Scene(message))
        assert said(message) == expected


@pytest.mark.thorough
@pytest.mark.parametrize("name", ACTS)
def test_acts_that_fail_keep_the_private_copy_true(name: str) -> None:
    for kind in ("allocate", "segment"):
        for number in range(1, 40, 3):
            memory = FailingMemory(kind, 10**9, OSError, grant_words=6)
            with closing(MessageBuilder(memory, verify=True), memory) as message:
                scene = Scene(message)
                memory.number = memory.calls[kind] + number
                try:
                    ACTS[name](scene)
                except Exception:
                    memory.armed = False
                    root_of(message.to_bytes())
                    ACTS[name](scene)
                memory.armed = False
                root_of(message.to_bytes())


def test_what_is_written_by_a_lent_view_is_the_messages_own() -> None:
    memory = Memory(200)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        root = filled(message)
        with root.lend_data(DATA) as view:
            view[0] = 65
            view.release()
        assert root.get_data(DATA) == b"Abcdefghijk"
        assert b"Abcdefghijk" in message.segments()[0]


def test_what_was_changed_is_not_lent() -> None:
    memory = Memory(200)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        root = message.init_root(0, 1)
        root.set_data(0, b"abcdefgh")
        memory.grants[0].scribble(2, 0)
        with pytest.raises(ContentsChanged), root.lend_data(0):
            pass
        memory.grants[0].scribble(2, int.from_bytes(b"abcdefgh", "little"))
        assert root.get_data(0) == b"abcdefgh"


def test_writing_on_after_the_end_of_the_block_is_found() -> None:
    memory = Memory(200)
    message = MessageBuilder(memory, verify=True)
    root = message.init_root(0, 1)
    root.set_data(0, b"abcdefgh")
    kept: list[memoryview[Any]] = []
    try:
        with root.lend_data(0) as view:
            kept.append(view[:])
    except Exception:
        kept.pop()[0] = 65
    with pytest.raises(ContentsChanged):
        message.segments()
    message.close()


def test_segments_are_lent_as_the_copy_that_was_compared() -> None:
    memory = Memory(3)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        filled(message)
        expected = message.segments()
        with message.lend_segments() as views:
            for grant in memory.grants:
                for word in range(grant.words):
                    grant.memory[24 + word * 8] ^= 1
            assert [bytes(view) for view in views] == expected
        for grant in memory.grants:
            for word in range(grant.words):
                grant.memory[24 + word * 8] ^= 1
        assert message.segments() == expected


def test_memory_that_stays_is_verified_as_well() -> None:
    memory = HeapAllocator()
    with MessageBuilder(memory, verify=True) as message:
        root = filled(message)
        memory.segment(0)[8] ^= 1
        with pytest.raises(ContentsChanged):
            root.get_uint32(0)


def test_verify_is_a_bool() -> None:
    with pytest.raises(ArgumentTypeError):
        MessageBuilder(verify="yes")  # type: ignore[arg-type]
