"""Segments that share memory are refused, wherever they move meanwhile: P3."""

from __future__ import annotations

from typing import Any

import pytest

from capnsafe import (
    BorrowRefused,
    Element,
    GrantOverlaps,
    GrantTooSmall,
    MessageBuilder,
    SegmentLost,
)
from capnsafe.allocator import FEW_SEGMENTS
from tests.capnsafe.memories import Memory, ResizingMemory


class Overlapping(Memory):
    """Returns slices of one bytearray, at the places (first byte, bytes) that a test gives."""

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


@pytest.mark.parametrize("stable", [False, True])
def test_the_same_key_twice_is_refused_although_the_memory_differs(stable: bool) -> None:
    class OneKey(ResizingMemory):
        def allocate(self, minimum_words: int, /) -> int:
            super().allocate(minimum_words)
            return 0

        def segment(self, key: int, /) -> bytearray:
            return self.grants[-1]

    message = MessageBuilder(OneKey(64, stable=stable), max_segment_words=8)
    root = message.init_root(1, 2)
    with pytest.raises(GrantOverlaps):
        root.set_text(0, "x" * 40)


@pytest.mark.parametrize("stable", [False, True])
def test_a_grant_shows_that_another_segment_was_cut(stable: bool) -> None:
    memory = ResizingMemory(4, stable=stable)
    message = MessageBuilder(memory)
    message.init_root(1, 2)
    memory.cut(0, 3)
    with pytest.raises(SegmentLost):
        message.new_orphan_struct(3, 0)
    assert memory.released == [(1, 0)]


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
    with pytest.raises(GrantOverlaps, match="segment 1"):
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


def test_every_call_looks_at_other_segments_if_they_are_few() -> None:
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
    at_others = [count - least for count in looks]
    assert at_others == [*range(1, FEW_SEGMENTS), *[0] * (41 - FEW_SEGMENTS)]


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
    """P5 at any borrow: the segment is whole again when the call continues."""

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
