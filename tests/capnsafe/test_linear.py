"""P7: what a message of very many objects in very many segments takes beside its own size."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from io import RawIOBase
from typing import Any

import pytest

from benchmarks.growth import fill
from capnsafe import Element, HeapAllocator, MessageBuilder, StaleHandle
from tests.capnsafe.memories import ResizingMemory

OBJECTS = 10_000

#: Of which each takes two, with its landing pad: a hundred lie in a segment.
SEGMENT_WORDS = 200

#: Peak memory as a multiple of the message's size, not counting the segments themselves.
MOST = 1.3

#: Bytes that are gathered before a file is given them, whatever the size of the message.
GATHERED = 1 << 18

#: For a message that verifies: the private copy, and that of the largest segment for output.
MOST_TO_VERIFY = 1.1 + 0.4


class Sink(RawIOBase):
    """A file that keeps nothing."""

    def write(self, octets: Any, /) -> int:
        return len(octets)


def put_away(message: MessageBuilder) -> None:
    message.write_to(Sink())


class Elsewhere(HeapAllocator):
    """The heap, which does not say that its memory stays."""

    stable = False


class Looked(Elsewhere):
    """Counts how often it is asked where a segment is."""

    looks = 0

    def segment(self, key: int, /) -> bytearray:
        self.looks += 1
        return super().segment(key)


@pytest.mark.own_process
@pytest.mark.parametrize("heap", [HeapAllocator, Elsewhere])
def test_memory_beside_the_segments(heap: type[HeapAllocator]) -> None:
    """At most, while the message is built and put out; the output itself is most of it."""
    for verify in (False, True):
        most = MOST + MOST_TO_VERIFY * verify
        size, beside = beside_the_segments(heap, MessageBuilder.to_bytes, verify)
        assert beside <= most * size
        size, beside = beside_the_segments(heap, put_away, verify)
        assert beside <= most * size + GATHERED


def beside_the_segments(
    heap: type[HeapAllocator], put_out: Callable[[MessageBuilder], object], verify: bool
) -> tuple[int, int]:
    """Build and put out a message; its size, and the most memory beside its segments, in bytes."""
    memory = heap(segment_words=SEGMENT_WORDS, growth=False)
    tracemalloc.start()
    try:
        with MessageBuilder(memory, verify=verify) as message:
            fill(message, OBJECTS)
            segments = sum(len(memory.segment(key)) for key in range(memory.live_grants))
            assert memory.live_grants > OBJECTS * 2 // SEGMENT_WORDS
            put_out(message)
            return message.total_words() * 8, tracemalloc.get_traced_memory()[1] - segments
    finally:
        tracemalloc.stop()


def test_an_object_far_away_takes_one_look_more_than_one_near_by() -> None:
    """B4 in calls of the allocator, which do not depend on the machine."""
    looks = {}
    for words in (100_000, SEGMENT_WORDS):
        memory = Looked(segment_words=words, growth=False)
        with MessageBuilder(memory) as message:
            pointers = message.init_root(0, 1).init_pointer_list(0, 1_000)
            memory.looks = 0
            for index in range(1_000):
                pointers.init_struct(index, 1, 0)
            looks[words] = memory.looks
            many = len(message.segment_words())
    assert looks[100_000] == 1_000
    # A grant takes a few, and as many as there are segments while they are few.
    assert 2_000 <= looks[SEGMENT_WORDS] <= 2_000 + (10 + many) * many


def test_what_is_replaced_far_away_is_retired() -> None:
    with MessageBuilder(Elsewhere(segment_words=40, growth=False)) as message:
        root = message.init_root(0, 30)
        texts = root.init_pointer_list(0, 30)
        texts.set_text(0, "far away")
        first = texts.init_struct(1, 1, 0)
        texts.set_text(1, "instead")
        texts.set_text(0, "another")
        assert (texts.get_text(0), texts.get_text(1)) == ("another", "instead")
        with pytest.raises(StaleHandle):
            first.get_uint64(0)
        assert b"far away" not in message.to_bytes()


@pytest.mark.parametrize("words", [0, 1])
def test_a_last_segment_that_was_cut_is_not_built_in(words: int) -> None:
    """Words that were free are no loss: the object goes into a segment of its own."""
    memory = ResizingMemory(40)
    with MessageBuilder(memory) as message:
        texts = message.init_root(0, 30).init_pointer_list(0, 30)
        texts.set_text(0, "far away")
        used = message.segment_words()[-1]
        memory.cut(len(memory.grants) - 1, used + words)
        texts.set_text(1, "further away")
        assert message.segment_words()[-2:] == (used, 3)
        assert (texts.get_text(0), texts.get_text(1)) == ("far away", "further away")


@pytest.mark.own_process
@pytest.mark.parametrize("heap", [HeapAllocator, Elsewhere])
def test_what_is_set_from_a_buffer_is_copied_once(heap: type[HeapAllocator]) -> None:
    """Into the segment, and nowhere else meanwhile; what is made empty is zeroed piece by piece."""
    octets = bytes(1 << 20)
    with MessageBuilder(heap(segment_words=(3 << 20) // 8 + 8)) as message:
        root = message.init_root(0, 3)
        tracemalloc.start()
        try:
            root.set_list(0, Element.UINT64, octets)
            root.set_data(1, octets)
            root.init_list(2, Element.UINT64, len(octets) // 8)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert most < len(octets) // 2
