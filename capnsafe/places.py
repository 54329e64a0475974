"""Where the segments of a message lie in the address space, as last seen (P3).

Two segments of one message must not share memory. Segments move, so a place is only as current as
the last look at its segment: an overlap found here is a suspicion, which
:class:`~capnsafe.neighbours.Neighbours` looks into.
"""

from __future__ import annotations

from bisect import bisect_left, insort


class Places:
    """Half-open ranges of addresses (bytes) by segment index, sorted by address."""

    __slots__ = ("_ranges",)

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int, int]] = []

    def __bool__(self) -> bool:
        """Answer whether any place is noted."""
        return bool(self._ranges)

    def note(self, index: int, start: int, end: int) -> None:
        """Note that segment ``index`` was seen from ``start`` to ``end``, and nowhere else."""
        self.forget_from(index, index + 1)
        if start < end:
            insort(self._ranges, (start, end, index))

    def add(self, index: int, start: int, end: int) -> None:
        """Note the place of a segment that has none yet."""
        insort(self._ranges, (start, end, index))

    def forget_from(self, first: int, stop: int) -> None:
        """Forget the places of the segments ``first`` to ``stop``."""
        self._ranges = [known for known in self._ranges if not first <= known[2] < stop]

    def meeting(self, start: int, end: int, besides: int) -> int | None:
        """Answer a segment, but not ``besides``, last seen somewhere between these addresses."""
        at = bisect_left(self._ranges, (end, 0, 0)) - 1
        if at >= 0 and self._ranges[at][2] == besides:
            at -= 1
        if at >= 0 and self._ranges[at][1] > start:
            return self._ranges[at][2]
        return None

    def meets(self, index: int, start: int, end: int) -> bool:
        """Answer whether segment ``index`` was last seen between these addresses."""
        return any(
            known == index and start < stop and begin < end for begin, stop, known in self._ranges
        )
