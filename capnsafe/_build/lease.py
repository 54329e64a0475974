"""Leases, by which a handle knows whether its object still exists (P12).

Retired words are never handed out again while the message exists. So a handle is stale if the word
of its object lies in a retired interval, or if the object was disowned after the handle was made.
The message counts retirements as its *epoch*, and a lease remembers the epoch in which it was last
found valid. As long as nothing was retired since, the check is one comparison of epochs.
"""

from __future__ import annotations

from typing import Final, TypeAlias, final

from .._words.exhausted import exhausted
from ..errors import StaleHandle
from .arena import Arena
from .owner import Owner
from .segment import Segment
from .states import State

# Python finds a module constant faster than a member of a class.
_IDLE: Final = State.IDLE


#: The place of an object in an epoch: (segment, word, epoch). The word is the first of the object,
#: or that of its pointer if the object has no words.
Placed: TypeAlias = "tuple[Segment, int, int]"


class Lease:
    """The right of a handle to use one object of a message, while the object exists.

    Handles on the same object may share a lease. This class is for objects with words, which are
    identified by their first word.
    """

    __slots__ = ("arena", "epoch", "owner", "segment", "word")

    # All arguments are positional and without defaults, which halves the time to make an object.
    def __init__(
        self, arena: Arena, owner: Owner, segment: Segment, word: int, epoch: int, /
    ) -> None:
        self.arena = arena
        #: The owner of the object. ``adopt`` compares owners, so that no object adopts an orphan
        #: that it lies in.
        self.owner = owner
        self.segment = segment
        #: The word that identifies the object.
        self.word = word
        #: The last epoch in which the object was known to exist.
        self.epoch = epoch

    def on(self, built: Placed, words: int, /) -> Lease:
        """Return a lease on an object of ``words`` words that has the same owner."""
        segment, word, epoch = built
        if words:
            return Lease(self.arena, self.owner, segment, word, epoch)
        return SlotLease(self.arena, self.owner, segment, word, epoch)

    def check(self) -> None:
        """Raise ``StaleHandle`` or ``MessageStateError`` if a call cannot use the object.

        Use it only between calls of the message.
        """
        try:
            arena = self.arena
            if arena.state is not _IDLE:
                arena.require_idle()
            if self.epoch != arena.epoch:
                self.renew()
        except RecursionError as error:
            raise exhausted() from error

    def renew(self) -> None:
        """Raise ``StaleHandle`` if the object is gone; otherwise record the present epoch."""
        # A finalizer may retire words meanwhile. Then the next call checks again.
        epoch = self.arena.epoch
        if self._is_stale():
            raise StaleHandle(
                "the object of this handle was overwritten, cleared, moved or disowned",
                segment=self.segment.index,
                offset=self.word,
            )
        self.epoch = epoch

    def _is_stale(self) -> bool:
        """Return whether the word was retired, or disowned after the last known epoch."""
        segment = self.segment
        word = self.word
        if word in segment.retired:
            return True
        return bool(segment.moved) and segment.moved.at(word) > self.epoch


@final
class SlotLease(Lease):
    """A lease on an object without words, which is identified by the word of its pointer."""

    __slots__ = ()

    def _is_stale(self) -> bool:
        """Return whether the pointer was written after the known epoch, or its word is stale."""
        replaced = self.segment.replaced
        if replaced is not None and replaced.get(self.word, 0) > self.epoch:
            return True
        return Lease._is_stale(self)


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
        self, arena: Arena, owner: Owner, segment: Segment, word: int, epoch: int, mark: Mark, /
    ) -> None:
        super().__init__(arena, owner, segment, word, epoch)
        self._mark = mark

    def _is_stale(self) -> bool:
        """Return whether the orphan was adopted, dropped or resized."""
        return self._mark.expired
