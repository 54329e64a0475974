"""B4: whether an object costs the same in a large message as in a small one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from time import thread_time

from capnsafe import HeapAllocator, MessageBuilder

from .measure import Comparison, Effort
from .results import Ratio

BUDGET = 1.3

#: Objects of the small message.
FEW = 1_000

#: Objects that lie in each of the many segments.
OBJECTS_A_SEGMENT = 100

#: Words of an object, with its pointer and the landing pad of a pointer from another segment.
WORDS_AN_OBJECT = 3


def fill(message: MessageBuilder, objects: int) -> None:
    """Make a list of so many structs of eight bytes, each behind a pointer of its own."""
    pointers = message.init_root(0, 1).init_pointer_list(0, objects)
    for index in range(objects):
        pointers.init_struct(index, 1, 0).set_uint64(0, index)


def build(objects: int, segment_words: int) -> tuple[float, int]:
    """Build a list of this many structs; return the seconds, and the number of segments."""
    start = thread_time()
    memory = HeapAllocator(segment_words=segment_words, growth=False)
    with MessageBuilder(memory) as message:
        fill(message, objects)
        seconds = thread_time() - start
        return seconds, len(message.segment_words())


def growing_messages(effort: Effort) -> Iterator[Ratio]:
    """Compare the time for an object in a large message with that in as many small ones.

    The large one lies in one segment, then in very many.
    """
    many = effort.objects
    small_words = FEW * WORDS_AN_OBJECT
    for words in (many * WORDS_AN_OBJECT, OBJECTS_A_SEGMENT * (WORDS_AN_OBJECT - 1)):
        pairs = []
        segments = 0
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            for _ in range(effort.large_pairs):
                small = sum(build(FEW, small_words)[0] for _ in range(many // FEW))
                large, segments = build(many, words)
                pairs.append((large / many, small / (many // FEW * FEW)))
                gc.collect()
        finally:
            gc.enable()
            gc.unfreeze()
        where = "1 segment" if segments == 1 else f"{segments} segments"
        yield Ratio(
            "B4",
            f"one of {many} objects in {where}",
            "large message",
            f"one of {FEW}",
            Comparison.of(pairs),
            BUDGET,
        )
