"""Whether what was granted shares memory with another segment of the message (P3).

Each may move at every look, the one that was granted and those that were there before. So two
places that meet are a suspicion at first, and it is believed only if it is there look after look.
What never rests is taken to be apart: what shares memory cannot be told.
"""

from __future__ import annotations

from ctypes import addressof, c_char
from pickle import PickleBuffer
from typing import Final, final

from .._words.ranges import Places
from ..allocator import FEW_SEGMENTS
from ..errors import GrantOverlaps
from .borrowing import BorrowingArena
from .segment import Segment

#: How often an overlap must be seen, each time by two looks at both, before it is believed.
_OVERLAP_LOOKS: Final = 2

#: How often a grant is compared with the other segments while they move, before it is left at that.
_MOST_COMPARISONS: Final = 3


@final
class Neighbours:
    """The places in memory of a message's segments.

    Each call is given the arena, which finds the present place of a segment.
    """

    __slots__ = ("_places",)

    def __init__(self) -> None:
        """Know no segment yet."""
        self._places = Places()

    def admit(self, arena: BorrowingArena, segment: Segment) -> None:
        """Note where a new segment lies, or raise ``GrantOverlaps``."""
        if segment.index > 0:
            start, end = self._apart(arena, segment)
            self._places.note(segment.index, start, end)

    def look_after_growth(self, arena: BorrowingArena, segment: Segment) -> None:
        """Note where a segment lies that was grown, or raise ``GrantOverlaps``."""
        if segment.index > 0:
            start, end = self._apart(arena, segment)
            self._places.note(segment.index, start, end)

    def forget(self, first: int, stop: int) -> None:
        """Forget the segments ``first`` to ``stop``: their grants are released."""
        self._places.forget(first, stop)

    def _apart(self, arena: BorrowingArena, segment: Segment) -> tuple[int, int]:
        """Return where a segment lies, or raise ``GrantOverlaps``.

        What moves while it is compared is compared anew.
        """
        for _ in range(_MOST_COMPARISONS):
            start, end = where(arena, segment)
            self._look_around(arena, segment)
            if self._is_apart(arena, segment, start, end):
                break
        return start, end

    def _look_around(self, arena: BorrowingArena, segment: Segment) -> None:
        """Look anew where the other segments lie, as far as it pays, before they are compared.

        A message of one segment needs no places: the first segment is looked at when the second
        comes. The places of the others are as old as their last look. Where they are few, all are
        looked at anew, so that nothing hides behind an old place: what stays moves, too, where
        something grows, and to look at it costs no call.
        """
        if self._places and len(arena.segments) > FEW_SEGMENTS:
            return
        for index in range(len(arena.segments) - 1):
            other = arena.segment_at(index)
            if other.key is segment.key:
                # One grant, made twice: it may move at every look, but never from itself.
                raise _overlap(segment, index)
            self._look_again(arena, other)

    def _is_apart(self, arena: BorrowingArena, segment: Segment, start: int, end: int) -> bool:
        """Return whether nothing lies where a segment lay, or raise ``GrantOverlaps``.

        ``False`` where it lies elsewhere by now, or moves while it is compared. The others may have
        moved since their last look, even to and fro, into each other's old places. So an overlap is
        believed only if it is there look after look, and each of the two is seen in one place twice
        running.
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
            # If the other has moved away, there may be a next one.
            if places.meets(met, start, end):
                looks += 1
            if looks == _OVERLAP_LOOKS:
                raise _overlap(segment, met)
        return True

    def _look_again(self, arena: BorrowingArena, other: Segment) -> tuple[int, int]:
        """Note anew where a segment lies; if it cannot be said, the old place stays noted."""
        start, end = where(arena, other) if not other.lost else (0, 0)
        self._places.note(other.index, start, end)
        return start, end


def where(arena: BorrowingArena, segment: Segment) -> tuple[int, int]:
    """Return the addresses (bytes) at which a segment begins and ends now."""
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


def _overlap(segment: Segment, other: int) -> GrantOverlaps:
    return GrantOverlaps(
        f"the grant for segment {segment.index} shares memory with segment {other}",
        segment=segment.index,
    )
