"""Grants that were as long as was asked when they were looked at first, and never again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from capnsafe import GrantTooSmall, HeapAllocator, MessageBuilder, SegmentLost, StructBuilder
from tests.capnsafe.memories import ResizingMemory


class FadingMemory(ResizingMemory):
    """From grant 1 on, each is whole at its first looks, and has `left` words from then on."""

    def __init__(self, looks: int, left: int) -> None:
        super().__init__(4)
        self.looks = looks
        self.left = left
        self.seen: Counter[int] = Counter()
        self.fades = True

    def segment(self, key: int, /) -> bytearray:
        self.seen[key] += 1
        if self.fades and key > 0 and self.seen[key] > self.looks:
            self.cut(key, self.left)
        return super().segment(key)


@pytest.fixture(params=[(looks, left) for looks in (1, 2) for left in (0, 1, 3)])
def fading(request: pytest.FixtureRequest) -> Iterator[tuple[FadingMemory, StructBuilder]]:
    memory = FadingMemory(*request.param)
    with MessageBuilder(memory) as message:
        root = message.init_root(1, 2)
        root.set_uint64(0, 7)
        yield memory, root
    assert sorted(key for key, _ in memory.released) == list(range(len(memory.grants)))


def test_a_call_gives_up_and_can_be_tried_again(
    fading: tuple[FadingMemory, StructBuilder],
) -> None:
    memory, root = fading
    for index in (0, 1):
        with pytest.raises(GrantTooSmall):
            root.set_data(index, bytes(24))
        assert root.is_null(index)
        assert root.get_uint64(0) == 7
    # What was granted to attempts that failed is given back at once.
    assert len(memory.released) == len(memory.grants) - 1
    assert len(memory.grants) <= 1 + 2 * 3
    memory.fades = False
    root.set_data(0, b"d" * 24)
    assert root.get_data(0) == b"d" * 24


def test_a_grant_beside_a_segment_that_is_lost() -> None:
    """It has no place any more that the second one could overlap."""
    memory = ResizingMemory(2)
    with MessageBuilder(memory) as message:
        root = message.init_root(1, 0)
        memory.cut(0, 0)
        with pytest.raises(SegmentLost):
            root.get_uint64(0)
        orphan = message.new_orphan_struct(3, 0)
        orphan.get_struct().set_uint64(2, 5)
        assert orphan.get_struct().get_uint64(2) == 5
        with pytest.raises(SegmentLost):
            message.to_bytes()


def test_a_segment_that_was_cut_to_its_words_in_use_takes_no_more_objects() -> None:
    memory = ResizingMemory(16)
    with MessageBuilder(memory) as message:
        root = message.init_root(0, 1)
        (used,) = message.segment_words()
        memory.cut(0, used)
        root.set_text(0, "abc")
        assert message.segment_words() == (used, 2)
        assert root.get_text(0) == "abc"


def test_a_pointer_in_a_segment_that_lost_its_end_takes_no_object_elsewhere() -> None:
    """The pointer is still there, but the segment is lost as a whole (P5)."""
    memory = HeapAllocator(segment_words=12, growth=False)
    with MessageBuilder(memory) as message:
        root = message.init_root(0, 11)
        root.set_text(1, "in the second segment")
        words = message.segment_words()
        assert words[0] == 12
        del memory.segment(0)[11 * 8 :]
        with pytest.raises(SegmentLost):
            root.set_text(0, "far")
        assert message.segment_words() == words


class CutInTheMiddle(ResizingMemory):
    """One segment of 40 words, which has 37 of them from one of its looks on."""

    def __init__(self) -> None:
        super().__init__(40)
        self.looks_left = -1

    def segment(self, key: int, /) -> bytearray:
        if key == 0:
            self.looks_left -= 1
            if self.looks_left == 0:
                self.cut(0, 37)
        return super().segment(key)


def test_a_call_that_plans_again_forgets_the_words_that_it_had_filled() -> None:
    """Otherwise the segment seems to have lost them at each attempt, and the call fails."""
    memory = CutInTheMiddle()
    with MessageBuilder(memory) as message:
        root = message.init_root(33, 2)
        root.set_text(0, "old")
        assert message.segment_words() == (37,)
        # The second look fills the text after the words in use, the third one finds them gone.
        memory.looks_left = 3
        root.set_text(0, "a longer text")
        assert len(memory.grants) == 2
        assert root.get_text(0) == "a longer text"


@pytest.mark.parametrize("stable", [False, True])
def test_words_that_are_handed_out_count_once(stable: bool) -> None:
    """Each way to hand out words adds them to the size that the message shows."""
    with MessageBuilder(ResizingMemory(8, stable=stable)) as message:
        root = message.init_root(1, 3)
        for value in ("in one borrow", "instead of an old one", "x" * 90):
            root.set_text(0, value)
            root.set_data(1, value.encode())
            other = message.new_orphan(root)
            root.adopt(2, other)
            words = sum(message.segment_words())
            assert f", {words} words," in repr(message)
