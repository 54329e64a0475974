"""Grants that were as long as was asked when they were looked at first, and never again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from capnsafe import GrantTooSmall, MessageBuilder, SegmentLost, StructBuilder
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
