"""Leases, by which a handle knows whether its object still exists (P12).

Retired words are never handed out again while the message exists. So a handle is stale if the word
of its object lies in a retired interval, or if the object was disowned after the handle was made.
Words that were given back at the end of a segment are handed out again, so a handle is also stale
if it reaches beyond the place where its segment was cut after the handle was made. The message
counts retirements and cuts as its *epoch*, and a lease has the epoch in which the object was last
found valid. As long as nothing happened since, the check is one comparison of epochs.

A lease never changes, so handles share it: opening the elements of a list makes no leases. A handle
that finds its object valid in a later epoch replaces its lease by a renewed one.
"""

from __future__ import annotations

from typing import final

from ..errors import StaleHandle
from .arena import Arena
from .owner import Owner
from .segment import Segment


class Lease:
    """The right of handles to use objects of one owner in one segment, as of an epoch.

    This class is for objects with words, which are identified by their first word.
    """

    __slots__ = ("arena", "epoch", "owner", "segment")

    # All arguments are positional and without defaults, which halves the time to make an object.
    def __init__(self, arena: Arena, owner: Owner, segment: Segment, epoch: int, /) -> None:
        self.arena = arena
        #: The owner of the objects. ``adopt`` compares owners, so that no object adopts an orphan
        #: that it lies in.
        self.owner = owner
        self.segment = segment
        #: The last epoch in which the objects were known to exist.
        self.epoch = epoch

    def on(self, segment: Segment, words: int, epoch: int, /) -> Lease:
        """Return a lease on an object of ``words`` words that has the same owner."""
        if words:
            return Lease(self.arena, self.owner, segment, epoch)
        return SlotLease(self.arena, self.owner, segment, epoch)

    def renewed(self, word: int, end: int, /) -> Lease:
        """Return a lease of the present epoch on the object that ``word`` identifies.

        ``end`` is the word after the last one that the handle can use.

        Raises:
            StaleHandle: If the object is gone.
        """
        # A finalizer may retire words meanwhile. Then the next call checks again.
        epoch = self.arena.epoch
        if self._is_stale(word, end):
            raise StaleHandle(
                "the object of this handle was overwritten, cleared, moved, cut or disowned",
                segment=self.segment.index,
                offset=word,
            )
        return self._of(epoch)

    def _of(self, epoch: int) -> Lease:
        """Return the same lease in another epoch."""
        return Lease(self.arena, self.owner, self.segment, epoch)

    def _is_stale(self, word: int, end: int) -> bool:
        """Return whether the word was retired, or disowned or cut after the last known epoch."""
        segment = self.segment
        if word in segment.retired or segment.was_cut(end, self.epoch):
            return True
        return bool(segment.moved) and segment.moved.at(word) > self.epoch


@final
class SlotLease(Lease):
    """A lease on an object without words, which is identified by the word of its pointer."""

    __slots__ = ()

    def _of(self, epoch: int) -> Lease:
        return SlotLease(self.arena, self.owner, self.segment, epoch)

    def _is_stale(self, word: int, end: int) -> bool:
        """Return whether the pointer was written after the known epoch, or its word is stale."""
        replaced = self.segment.replaced
        if replaced is not None and replaced.get(word, 0) > self.epoch:
            return True
        return Lease._is_stale(self, word, end)


@final
class Mark:
    """A substitute for the pointer of an orphan without words."""

    __slots__ = ("expired",)

    def __init__(self) -> None:
        #: Whether the orphan was adopted, dropped or resized.
        self.expired = False


@final
class MarkLease(Lease):
    """A lease on an orphan without words, which is identified by a mark."""

    __slots__ = ("_mark",)

    def __init__(
        self, arena: Arena, owner: Owner, segment: Segment, epoch: int, mark: Mark, /
    ) -> None:
        super().__init__(arena, owner, segment, epoch)
        self._mark = mark

    def _of(self, epoch: int) -> Lease:
        return MarkLease(self.arena, self.owner, self.segment, epoch, self._mark)

    def _is_stale(self, word: int, end: int) -> bool:
        """Return whether the orphan was adopted, dropped or resized."""
        return self._mark.expired
