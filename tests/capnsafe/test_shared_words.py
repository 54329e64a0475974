"""Objects that share words, in messages that came from elsewhere: retired words are a set.

Whatever the order in which such objects are dropped, cleared, cut or replaced, the words of all of
them are retired in the end, read as zero, and no pointer leads to any of them.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest

from capnsafe import (
    Element,
    Error,
    HeapAllocator,
    MalformedMessage,
    MessageBuilder,
    StaleHandle,
    StructBuilder,
    wire,
)

WORDS = 40


def pointing(at: int, start: int, shape: int) -> int:
    return wire.with_offset(shape, start - at - 1)


def taken_over(objects: Sequence[tuple[int, int]]) -> tuple[MessageBuilder, StructBuilder]:
    """Return a message whose root points to these structs: (first word, words)."""
    memory = HeapAllocator(segment_words=64)
    key = memory.allocate(64)
    words = [pointing(0, 1, wire.struct_shape(0, len(objects)))]
    words += [
        pointing(1 + index, start, wire.struct_shape(size, 0))
        for index, (start, size) in enumerate(objects)
    ]
    words += list(range(len(words), WORDS))
    struct.pack_into(f"<{WORDS}Q", memory.segment(key), 0, *words)
    message = MessageBuilder.resume(memory, [(key, WORDS)])
    root = message.get_root()
    assert root is not None
    return message, root


def opened(root: StructBuilder, count: int) -> list[str]:
    told = []
    for index in range(count):
        try:
            told.append("opens" if root.get_struct(index) else "null")
        except Error as error:
            told.append(type(error).__name__)
    return told


def words_of(message: MessageBuilder) -> list[int]:
    return list(struct.unpack(f"<{WORDS}Q", message.segments()[0][: WORDS * 8]))


OVERLAPS = {
    "one within another": [(22, 9), (24, 2), (27, 1)],
    "a chain": [(22, 4), (25, 4), (28, 4)],
    "the same words": [(22, 4), (22, 4), (22, 4)],
    "the same start": [(22, 1), (22, 4), (22, 9)],
    "the same end": [(30, 1), (26, 5), (22, 9)],
    "side by side": [(22, 3), (25, 3), (24, 2)],
}


@pytest.mark.parametrize("objects", OVERLAPS.values(), ids=list(OVERLAPS))
def test_orphans_that_overlap_are_dropped_in_any_order(objects: list[tuple[int, int]]) -> None:
    outcomes = set()
    watched = [(at, 1) for at in range(22, 34)]
    for order in permutations(range(len(objects))):
        message, root = taken_over([*objects, *watched])
        with message:
            orphans = [root.disown(index) for index in range(len(objects))]
            for index in order:
                try:
                    orphans[index].drop()  # type: ignore[union-attr]  # None is null.
                except StaleHandle:
                    # All of its words are gone already.
                    start, size = objects[index]
                    assert not any(words_of(message)[start : start + size])
            told = opened(root, len(objects) + len(watched))[len(objects) :]
            outcomes.add((tuple(told), tuple(words_of(message))))
    assert len(outcomes) == 1
    gone = {at for start, size in objects for at in range(start, start + size)}
    ((told_once, words),) = outcomes
    assert [name == "MalformedMessage" for name in told_once] == [at in gone for at, _ in watched]
    assert [words[at] == 0 for at, _ in watched] == [at in gone for at, _ in watched]


def test_an_orphan_of_which_words_are_gone_is_only_dropped() -> None:
    message, root = taken_over([(10, 9), (12, 2)])
    with message:
        outer, inner = root.disown(0), root.disown(1)
        assert outer is not None
        assert inner is not None
        inner.drop()
        before = message.segments()
        calls: list[Callable[[], object]] = [
            lambda: root.adopt(0, outer),
            lambda: outer.get_struct(),
            lambda: outer._tree(),
            lambda: outer.kind,
        ]
        for call in calls:
            with pytest.raises(StaleHandle):
                call()
        assert message.segments() == before
        outer.drop()
        with pytest.raises(StaleHandle):
            outer.drop()
        with pytest.raises(StaleHandle):
            inner.drop()


@pytest.mark.parametrize("seed", range(60))
def test_any_calls_on_objects_that_overlap(seed: int) -> None:
    """Words that were retired stay zero, and nothing leads to them, whatever is done."""
    rng = random.Random(seed)
    objects = [(rng.randrange(12, 30), rng.randrange(1, 9)) for _ in range(8)]
    message, root = taken_over(objects)
    with message:
        segment = message._arena.segments[0]
        gone: set[int] = set()
        orphans: list[Any] = []
        for _ in range(30):
            index = rng.randrange(8)
            try:
                match rng.randrange(6):
                    case 0:
                        root.clear(index)
                    case 1:
                        orphans.append(root.disown(index))
                    case 2 if orphans:
                        orphan = rng.choice(orphans)
                        if orphan is not None:
                            orphan.drop()
                    case 3 if orphans:
                        orphan = rng.choice(orphans)
                        if orphan is not None:
                            root.adopt(index, orphan)
                    case 4:
                        # Larger than it is: it moves, and its old words are retired.
                        root.get_struct(index, 10, 1)
                    case 5:
                        root.init_struct(index, 1, 0).set_uint64(0, 7)
            except (StaleHandle, MalformedMessage):
                pass
            retired = {word for word in range(WORDS) if word in segment.retired}
            assert gone <= retired
            gone = retired
            words = words_of(message)
            assert not any(words[word] for word in gone)
            for at in range(8):
                try:
                    found = root.get_struct(at)
                except MalformedMessage:
                    continue
                if found is not None and found._lease.segment is segment:
                    first = found._data // 8
                    assert not segment.retired.meets(first, first + found._data_bits // 64)


def test_elements_of_lists_that_overlap_are_cut_and_upgraded() -> None:
    memory = HeapAllocator(segment_words=64)
    key = memory.allocate(64)
    words = [0] * WORDS
    words[0] = pointing(0, 1, wire.struct_shape(0, 4))
    words[1] = pointing(1, 10, wire.list_shape(wire.SIZE_EIGHT_BYTES, 8))
    words[2] = pointing(2, 14, wire.list_shape(wire.SIZE_EIGHT_BYTES, 8))
    words[3] = pointing(3, 12, wire.list_shape(wire.SIZE_COMPOSITE, 4))
    words[4] = pointing(4, 21, wire.list_shape(wire.SIZE_EIGHT_BYTES, 2))
    words[12] = wire.tag(2, 2, 0)
    struct.pack_into(f"<{WORDS}Q", memory.segment(key), 0, *words)
    with MessageBuilder.resume(memory, [(key, WORDS)]) as message:
        root = message.get_root()
        assert root is not None
        first, second = root.disown(0), root.disown(1)
        assert first is not None
        assert second is not None
        second.truncate(6)
        first.truncate(2)
        retired = message._arena.segments[0].retired
        assert [word for word in range(WORDS) if word in retired] == [*range(12, 18), 20, 21]
        with pytest.raises(MalformedMessage):
            root.get_struct_list(2, 3, 0)
        with pytest.raises(MalformedMessage):
            root.get_list(3, Element.UINT64)
        with pytest.raises(StaleHandle):
            second.extend(9)
        second.drop()
        first.drop()
        assert [word for word in range(WORDS) if word in retired] == list(range(10, 22))
