"""Sorted ranges of numbers, whose cost does not depend on the order of additions and removals.

Inserting into a sorted list moves everything after the place, so a million ranges that are added
from the end would cost a million times a million steps. Here the ranges are kept in blocks of some
hundreds, and a block that becomes too long is split. Each change of a block is one operation on a
list, so an interrupt between two of them leaves the ranges in order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from operator import itemgetter
from typing import Final, TypeAlias, final

#: (start, end, …): a half-open range. Ranges are ordered by their starts.
Range: TypeAlias = tuple[int, ...]

#: A longer block is split.
_MOST_IN_BLOCK: Final = 512

_FIRST: Final = itemgetter(0)


@final
class Ranges:
    """A sorted collection of ranges, in blocks, none of which is empty."""

    __slots__ = ("_blocks",)

    def __init__(self) -> None:
        self._blocks: list[list[Range]] = []

    def __bool__(self) -> bool:
        """Return whether there is any range."""
        return bool(self._blocks)

    def __len__(self) -> int:
        """Return the number of ranges, by counting them."""
        return sum(map(len, self._blocks))

    def put(self, item: Range) -> None:
        """Add a range."""
        blocks = self._blocks
        if not blocks:
            blocks.append([item])
            return
        at = max(bisect_right(blocks, item, key=_FIRST) - 1, 0)
        block = blocks[at]
        insort(block, item)
        if len(block) > _MOST_IN_BLOCK:
            half = len(block) // 2
            blocks[at : at + 1] = [block[:half], block[half:]]

    def remove(self, item: Range) -> None:
        """Remove a range, if it is there."""
        blocks = self._blocks
        at = bisect_right(blocks, item, key=_FIRST) - 1
        if at < 0:
            return
        block = blocks[at]
        place = bisect_left(block, item)
        if place == len(block) or block[place] != item:
            return
        if len(block) == 1:
            del blocks[at]
        else:
            del block[place]

    def before(self, key: Range) -> Range | None:
        """Return the last range that is less than ``key``, ``None`` if there is none."""
        blocks = self._blocks
        if not blocks:
            return None
        # The steps are the same for every range. So the step at which an interrupt or a finalizer
        # comes does not depend on the addresses of segments in this process.
        block = blocks[max(bisect_left(blocks, key, key=_FIRST) - 1, 0)]
        at = bisect_left(block, key) - 1
        return block[at] if at >= 0 else None


@final
class Intervals:
    """A set of numbers, kept as disjoint half-open ranges. Adjacent ranges are merged."""

    __slots__ = ("_ranges",)

    def __init__(self) -> None:
        self._ranges = Ranges()

    def __bool__(self) -> bool:
        """Return whether any number is in the set."""
        return bool(self._ranges)

    def __len__(self) -> int:
        """Return the number of ranges, by counting them."""
        return len(self._ranges)

    def add(self, start: int, end: int) -> None:
        """Add the numbers from ``start`` to ``end``; some of them may be in the set already."""
        ranges = self._ranges
        merged = []
        met = ranges.before((end + 1,))
        while met is not None and met[1] >= start:
            merged.append(met)
            start = min(start, met[0])
            end = max(end, met[1])
            met = ranges.before(met)
        # In this order nothing is lost if this fails half-way and is repeated.
        ranges.put((start, end))
        for met in merged:
            ranges.remove(met)

    def meets(self, start: int, end: int) -> bool:
        """Return whether any of the numbers from ``start`` to ``end`` is in the set."""
        met = self._ranges.before((end,))
        return met is not None and start < met[1]

    def covers(self, start: int, end: int) -> bool:
        """Return whether all of the numbers from ``start`` to ``end`` are in the set."""
        met = self._ranges.before((start + 1,))
        return met is not None and end <= met[1]

    def __contains__(self, number: int) -> bool:
        """Return whether ``number`` is in the set."""
        met = self._ranges.before((number + 1,))
        return met is not None and number < met[1]


@final
class Epochs:
    """Ranges of words, each with an epoch. A later range replaces the parts that it covers."""

    __slots__ = ("_ranges",)

    def __init__(self) -> None:
        self._ranges = Ranges()

    def __bool__(self) -> bool:
        """Return whether there is any range."""
        return bool(self._ranges)

    def __len__(self) -> int:
        """Return the number of ranges, by counting them."""
        return len(self._ranges)

    def put(self, start: int, end: int, epoch: int) -> None:
        """Give the words ``start`` to ``end`` this epoch."""
        self.cut(start, end)
        self._ranges.put((start, end, epoch))

    def cut(self, start: int, end: int) -> None:
        """Forget the words ``start`` to ``end``."""
        ranges = self._ranges
        while (met := ranges.before((end,))) is not None and met[1] > start:
            begin, stop, epoch = met
            # In this order nothing is lost if this fails half-way and is repeated.
            if stop > end:
                ranges.put((end, stop, epoch))
            if begin < start:
                ranges.put((begin, start, epoch))
            ranges.remove(met)

    def at(self, word: int) -> int:
        """Return the epoch of a word, or 0 if it has none."""
        met = self._ranges.before((word + 1,))
        return met[2] if met is not None and word < met[1] else 0


@final
class Places:
    """The places of segments in the address space: ranges of addresses (bytes) by segment index.

    Two segments of one message must not share memory (P3). Segments move, so a place is only as
    current as the last look at its segment. An overlap found here is therefore a suspicion, which
    :class:`~capnsafe._build.neighbours.Neighbours` checks.
    """

    __slots__ = ("_of", "_ranges")

    def __init__(self) -> None:
        self._ranges = Ranges()
        #: The range of each segment that has one.
        self._of: dict[int, Range] = {}

    def __bool__(self) -> bool:
        """Return whether any place is recorded."""
        return bool(self._of)

    def note(self, index: int, start: int, end: int) -> None:
        """Record that segment ``index`` was last seen from ``start`` to ``end``."""
        place = (start, end, index)
        if self._of.get(index) == place:
            return
        self.forget(index, index + 1)
        if start < end:
            # In this order an interrupt can lose a place, but cannot leave one without a segment.
            self._of[index] = place
            self._ranges.put(place)

    def forget(self, first: int, stop: int) -> None:
        """Forget the places of the segments ``first`` to ``stop``."""
        for index in range(first, stop):
            place = self._of.get(index)
            if place is not None:
                self._ranges.remove(place)
                del self._of[index]

    def meeting(self, start: int, end: int, besides: int) -> int | None:
        """Return a segment other than ``besides`` that was last seen in this range, or ``None``."""
        met = self._ranges.before((end,))
        if met is not None and met[2] == besides:
            met = self._ranges.before(met)
        return met[2] if met is not None and met[1] > start else None

    def meets(self, index: int, start: int, end: int) -> bool:
        """Return whether the last seen place of segment ``index`` meets this range."""
        place = self._of.get(index)
        return place is not None and start < place[1] and place[0] < end
