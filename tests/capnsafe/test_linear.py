"""P7: what a message of very many objects in very many segments takes beside its own size."""

from __future__ import annotations

import tracemalloc

import pytest

from capnsafe import HeapAllocator, MessageBuilder, read_message

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
