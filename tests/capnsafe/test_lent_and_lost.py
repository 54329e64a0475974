"""Blocks that are ended twice or never, and segments that are lost one after the other."""

from __future__ import annotations

import pytest

from capnsafe import Element, MessageBuilder, SegmentLost


class Small:
    """A bytearray for each segment, as long as was asked for."""

    def __init__(self) -> None:
        self.segments: dict[int, bytearray] = {}

    def allocate(self, minimum_words: int) -> int:
        key = len(self.segments)
        self.segments[key] = bytearray(minimum_words * 8)
        return key

    def segment(self, key: int) -> bytearray:
        return self.segments[key]

    def release(self, key: int, words_used: int) -> None:
        pass


def test_a_block_that_is_ended_twice_ends_once() -> None:
    message = MessageBuilder()
    numbers = message.init_root(0, 1).init_list(0, Element.UINT64, 4)
    block = numbers.lend()
    block.__enter__()[0] = 5
    block.__exit__(None, None, None)
    block.__exit__(None, None, None)
    assert numbers[0] == 5


def test_a_block_that_was_dropped_does_not_keep_another_segment_from_being_lent() -> None:
    message = MessageBuilder(Small())
    root = message.init_root(0, 2)
    first, second = (root.init_list(at, Element.UINT64, 4) for at in range(2))
    block = first.lend()
    block.__enter__()
    del block
    with second.lend() as view:
        view[0] = 7
    assert second[0] == 7


def test_the_first_of_two_lost_segments_is_named_by_output() -> None:
    memory = Small()
    message = MessageBuilder(memory)
    root = message.init_root(0, 2)
    for at in range(2):
        root.set_text(at, "a text in a segment")
    for at in range(2):
        del memory.segments[at + 1]
        with pytest.raises(SegmentLost):
            root.get_text(at)
    with pytest.raises(SegmentLost) as lost:
        message.to_bytes()
    assert lost.value.segment == 1
