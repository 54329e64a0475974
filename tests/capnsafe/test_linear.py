"""P7: what a message of very many objects in very many segments takes beside its own size."""

from __future__ import annotations

import tracemalloc

import pytest

from capnsafe import Element, HeapAllocator, MessageBuilder, read_message

OBJECTS = 20_000

#: Of which each takes four, with its pointer and landing pad: a hundred lie in a segment.
SEGMENT_WORDS = 400

#: Of the size of the message, beside the segments themselves.
MOST = 1.3


class Elsewhere(HeapAllocator):
    """The heap, which does not say that its memory stays."""

    stable = False


@pytest.mark.parametrize("heap", [HeapAllocator, Elsewhere])
def test_memory_beside_the_segments(heap: type[HeapAllocator]) -> None:
    """At most, while the message is built and put out; the output itself is most of it."""
    memory = heap(segment_words=SEGMENT_WORDS, growth=False)
    tracemalloc.start()
    try:
        with MessageBuilder(memory) as message:
            pointers = message.init_root(0, 1).init_pointer_list(0, OBJECTS)
            for index in range(OBJECTS):
                pointers.init_struct(index, 2, 0).set_uint64(0, index)
            size = message.total_words() * 8
            segments = sum(len(memory.segment(key)) for key in range(memory.live_grants))
            assert memory.live_grants > OBJECTS * 3 // SEGMENT_WORDS
            data = message.to_bytes()
            put_out = tracemalloc.get_traced_memory()[1] - segments
    finally:
        tracemalloc.stop()
    assert put_out <= MOST * size
    reader = read_message(data, max_segments=memory.live_grants + 1000)
    assert reader.get_root().get_pointer_list(0) is not None


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
