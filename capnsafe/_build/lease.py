"""How a handle knows whether its object is still there (P12).

Retired words are not handed out again while the message lives. That makes staleness a question
about intervals: was the word of the object retired, or the object disowned, since the handle was
made? It is asked only if anything was retired since it was asked last. The message counts that as
its *epoch*, and a lease remembers the epoch in which it was found good, so that the common case is
one comparison.
"""

from __future__ import annotations

from typing import Final, TypeAlias, final

from .._words.exhausted import exhausted
from ..errors import StaleHandle
from .arena import Arena
from .owner import Owner
from .segment import Segment
from .states import State

# A module constant is found faster than a member of the class.
_IDLE: Final = State.IDLE


#: Where an object is, and in which epoch: (segment, word, epoch). The word is the first one of the
#: object, or that of its pointer if it has no words.
Placed: TypeAlias = "tuple[Segment, int, int]"


class Lease:
    """The right of a handle to use one object of a message, as long as that is there.

    Handles on the same object may share one. This one is for objects with words; they are judged
    by their first word.
    """

    __slots__ = ("arena", "epoch", "owner", "segment", "word")

    # All arguments are given by position and none has a default: Python makes such objects in half
    # the time.
    def __init__(
        self, arena: Arena, owner: Owner, segment: Segment, word: int, epoch: int, /
    ) -> None:
        self.arena = arena
        #: The owner of the object, for what it adopts.
        self.owner = owner
        self.segment = segment
        #: The word by which the object is judged.
        self.word = word
        #: The last epoch in which the object was known to be there.
        self.epoch = epoch

    def on(self, built: Placed, words: int, /) -> Lease:
        """Return a lease on an object of ``words`` words that has the same owner."""
        segment, word, epoch = built
        if words:
            return Lease(self.arena, self.owner, segment, word, epoch)
        return SlotLease(self.arena, self.owner, segment, word, epoch)

    def check(self) -> None:
        """Raise what keeps a call from using the object: ``StaleHandle``, or the message's state.

        Only between calls of the message.
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
        """Raise ``StaleHandle`` if the object is no more; else note that it is there."""
        # A finalizer may retire something meanwhile: then the next call asks again.
        epoch = self.arena.epoch
        if self._is_stale():
            raise StaleHandle(
                "the object of this handle was overwritten, cleared, moved or disowned",
                segment=self.segment.index,
                offset=self.word,
            )
        self.epoch = epoch

    def _is_stale(self) -> bool:
        """Return whether the word was retired, or disowned since the object was known there."""
        segment = self.segment
        word = self.word
        if word in segment.retired:
            return True
        return bool(segment.moved) and segment.moved.at(word) > self.epoch


@final
class SlotLease(Lease):
    """A lease on an object without words: it is judged by the word of its pointer."""

    __slots__ = ()

    def _is_stale(self) -> bool:
        """Return whether the pointer was written since, or the object that it is in is stale."""
        replaced = self.segment.replaced
        if replaced is not None and replaced.get(self.word, 0) > self.epoch:
            return True
        return Lease._is_stale(self)


@final
class Mark:
    """Stands for the pointer of an orphan without words, which has none."""

    __slots__ = ("expired",)

    def __init__(self) -> None:
        #: Whether the orphan was adopted, dropped or resized.
        self.expired = False


@final
class MarkLease(Lease):
    """A lease on an orphan without words: it is judged by a mark."""

    __slots__ = ("_mark",)

    def __init__(
        self, arena: Arena, owner: Owner, segment: Segment, word: int, epoch: int, mark: Mark, /
    ) -> None:
        super().__init__(arena, owner, segment, word, epoch)
        self._mark = mark

    def _is_stale(self) -> bool:
        """Return whether the orphan was adopted, dropped or resized."""
        return self._mark.expired
