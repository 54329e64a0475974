"""Detection of grants that share memory with another segment of the message (P3).

Segments may move between two observations, so an overlap is reported only after it was observed
repeatedly. Segments that move all the time are accepted, because no overlap of them can be proved.
"""

from __future__ import annotations

from ctypes import addressof, c_char
from pickle import PickleBuffer
from typing import Final, final

from .._words.ranges import Places
from ..allocator import FEW_SEGMENTS
from ..errors import GrantOverlaps
from ..wire import WORD_BYTES
from .borrowing import BorrowingArena
from .segment import Segment

#: Number of observations of an overlap, each by two looks at both segments, that prove it.
_OVERLAP_LOOKS: Final = 2

#: Number of times that a grant is compared with the other segments while they move.
_MOST_COMPARISONS: Final = 3


@final
class Neighbours:
    """The places of a message's segments in memory.

    Each method takes the arena, to find the present place of a segment.
    """

    __slots__ = ("_places",)

    def __init__(self) -> None:
        """Make an empty record of places."""
        self._places = Places()

    def admit(self, arena: BorrowingArena, segment: Segment) -> None:
        """Record the place of a segment that is new or was grown, or raise ``GrantOverlaps``.

        Not for the first segment, which is looked at when the second one is granted. As long as
        all segments are bytearrays that the message keeps, no places are needed.
        """
        few = len(arena.segments) <= FEW_SEGMENTS
        if few and not self._places and _shares_with_none(arena.segments, segment):
            return
        start, end = self._apart(arena, segment)
        self._places.note(segment.index, start, end)

    def forget(self, first: int, stop: int) -> None:
        """Forget the segments ``first`` to ``stop``: their grants are released."""
        self._places.forget(first, stop)

    def _apart(self, arena: BorrowingArena, segment: Segment) -> tuple[int, int]:
        """Return the place of a segment, or raise ``GrantOverlaps``.

        If segments move during the comparison, it is repeated.
        """
        for _ in range(_MOST_COMPARISONS):
            start, end = where(arena, segment)
            self._look_around(arena, segment)
            if self._is_apart(arena, segment, start, end):
                break
        return start, end

    def _look_around(self, arena: BorrowingArena, segment: Segment) -> None:
        """Update the places of the other segments before a comparison, if there are few.

        A message of one segment needs no places, so the first segment is looked at when the second
        one is granted. A recorded place is as old as the last look at its segment. In a message of
        few segments all are looked at again, so that an old place hides no overlap. Even a
        ``stable`` segment can have moved by a growth, and to look at it takes no call.
        """
        if self._places and len(arena.segments) > FEW_SEGMENTS:
            return
        for index in range(len(arena.segments) - 1):
            other = arena.segment_at(index)
            if other.key is segment.key:
                # The same grant twice: it overlaps itself, however it moves.
                raise _overlap(segment, index)
            self._look_again(arena, other)

    def _is_apart(self, arena: BorrowingArena, segment: Segment, start: int, end: int) -> bool:
        """Return whether no other segment overlaps this place, or raise ``GrantOverlaps``.

        Returns ``False`` if the segment has moved, or moves during the comparison. The others may
        have moved since they were last looked at, even into each other's old places. So an overlap
        counts only if it is observed repeatedly, and each of the two segments is seen in the same
        place twice in a row.
        """
        places = self._places
        if where(arena, segment) != (start, end):
            return False
        looks = 0
        while (met := places.meeting(start, end, segment.index)) is not None:
            other = arena.segment_at(met)
            settled = self._look_again(arena, other) == self._look_again(arena, other)
            if not where(arena, segment) == where(arena, segment) == (start, end) or not settled:
                return False
            # If the other segment has moved away, another one may overlap.
            if places.meets(met, start, end):
                looks += 1
            if looks == _OVERLAP_LOOKS:
                raise _overlap(segment, met)
        return True

    def _look_again(self, arena: BorrowingArena, other: Segment) -> tuple[int, int]:
        """Update and return the recorded place of a segment. If this raises, the old one stays."""
        start, end = where(arena, other) if not other.lost else (0, 0)
        self._places.note(other.index, start, end)
        return start, end


def where(arena: BorrowingArena, segment: Segment) -> tuple[int, int]:
    """Return the present start and end addresses of a segment, in bytes."""
    view = arena.borrow(segment)
    try:
        size = len(view)
        if size == 0:
            return 0, 0
        # ctypes would hold a view beside this one, which could be released meanwhile.
        address = addressof(c_char.from_buffer(PickleBuffer(view)))
        return address, address + size
    finally:
        arena.give_back(view)


def _is_whole(segment: Segment, memory: bytearray) -> bool:
    """Return whether a borrow of this kept memory would change nothing and raise nothing."""
    words = len(memory) // WORD_BYTES
    return (
        words >= segment.used
        and words >= segment.filled
        and not segment.lost
        and not segment.unzeroed
    )


def _shares_with_none(segments: list[Segment], segment: Segment) -> bool:
    """Return whether a segment shares no memory with the others, as no two bytearrays do.

    Returns ``False`` if that is not known, or if a borrow of one would fail.
    """
    memory = segment.memory
    if memory is None or not _is_whole(segment, memory):
        return False
    for other in segments:
        if other is segment:
            continue
        kept = other.memory
        if kept is None or kept is memory or other.key is segment.key or not _is_whole(other, kept):
            return False
    return True


def _overlap(segment: Segment, other: int) -> GrantOverlaps:
    return GrantOverlaps(
        f"the memory granted for segment {segment.index} overlaps segment {other}",
        segment=segment.index,
    )
