"""B6: the cost of memory that moves."""

from __future__ import annotations

from collections.abc import Iterator

from capnsafe import COMPILED, HeapAllocator

from .address_book import FIRST_WORDS, build_with_capnsafe, build_with_pycapnp, require_meant
from .measure import Effort, compare
from .results import Ratio

#: The budget of B6, in comparison with pycapnp on memory that does not move.
BUDGET = 1.6 if COMPILED else 6.0

#: Small segments, so that the address book needs several of them, and the earlier ones move.
SMALL_WORDS = 16


class MovingAllocator:
    """Honest memory that moves whenever a segment is granted.

    It promises nothing, so the encoder asks for the segment at each write.
    """

    def __init__(self, segment_words: int) -> None:
        self._segment_words = segment_words
        self._places: list[bytearray] = []
        #: How often a segment moved.
        self.moves = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Move all segments, and grant one more."""
        self.moves += len(self._places)
        self._places = [bytearray(place) for place in self._places]
        self._places.append(bytearray(max(minimum_words, self._segment_words) * 8))
        return len(self._places) - 1

    def segment(self, key: int, /) -> bytearray:
        """Return the present place."""
        return self._places[key]

    def release(self, key: int, words_used: int, /) -> None:
        """Keep it: all segments end with the allocator."""


def moving_memory(effort: Effort) -> Iterator[Ratio]:
    """Compare the address book on moving memory, in one segment and in several.

    It is compared with pycapnp, whose memory must not move, and with capnsafe on the heap.
    """
    for words in (SMALL_WORDS, FIRST_WORDS):
        moving = MovingAllocator(words)
        with build_with_capnsafe(moving) as message:
            require_meant("capnsafe on moving memory", message.to_bytes())
            segments = len(message.segment_words())

        def on_moving_memory(words: int = words) -> None:
            build_with_capnsafe(MovingAllocator(words)).close()

        def on_the_heap(words: int = words) -> None:
            build_with_capnsafe(HeapAllocator(segment_words=words, growth=False)).close()

        where = "1 segment" if segments == 1 else f"{segments} segments"
        what = f"address book, {where}, {moving.moves} moves"
        against_pycapnp = compare(on_moving_memory, build_with_pycapnp, effort)
        yield Ratio("B6", what, "moving", "pycapnp", against_pycapnp, BUDGET)
        yield Ratio("B6", what, "moving", "heap", compare(on_moving_memory, on_the_heap, effort))
