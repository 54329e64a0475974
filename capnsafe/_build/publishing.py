"""Publication: the change of a message in one borrow, in which nothing can fail (P2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from .._words.exhausted import require_stack
from ..allocator import Allocator
from .granting import GrantingArena
from .segment import Extent, Segment, View
from .states import State

_WORKING: Final = State.WORKING
_PUBLISHING: Final = State.PUBLISHING
_PUBLISHED: Final = State.PUBLISHED

_Following: TypeAlias = (
    "tuple[Segment, int, dict[Segment, int], list[tuple[int, bytes]], int, list[int], list[Extent],"
    " list[Extent] | None, Callable[[], None] | None]"
)

#: Depth of calls in publication, including calls of built-in functions, and some reserve.
_PUBLISHING_FRAMES: Final = 8


class PublishingArena(GrantingArena):
    """The part of an arena that publishes what a draft has prepared."""

    __slots__ = ("_following", "epoch")

    def __init__(self, allocator: Allocator, limit: int, verifies: bool) -> None:
        """Make an arena that has published nothing; the arguments are those of ``Arena``."""
        super().__init__(allocator, limit, verifies)
        #: Counts retirements: see ``capnsafe._build.lease``.
        self.epoch = 0
        #: The bookkeeping that remains after a publication: the arguments of ``publish``, and the
        #: words handed out and the epoch after it.
        self._following: _Following | None = None

    def publish(
        self,
        slot: Segment,
        view: View,
        writes: list[tuple[int, bytes]],
        marks: dict[Segment, int],
        retired: list[Extent],
        replaced: list[int],
        disowned: list[Extent] | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Write the prepared pointers and data, and retire the old values.

        No allocator method runs in here, so it cannot fail.

        Args:
            slot: The segment that is written.
            view: The borrowed memory of ``slot``.
            writes: (byte, octets) to write in ``view``.
            marks: The words handed out from each segment afterwards.
            retired: The words to retire.
            replaced: The words of the pointers whose old values are retired or disowned.
            disowned: Words that stay, and whose handles become stale.
            then: Updates records that are kept outside the message. It must not fail.
        """
        # Publication must not fail half-way. So everything that needs memory of Python is made
        # before, and there is enough stack for all calls.
        simple = len(writes) <= 1 and slot.shadow is None
        if simple and not (replaced or retired or disowned or then):
            at, value = writes[0] if writes else (0, b"")
            place = slice(at, at + len(value))
            # If this fails, some words stay unused.
            for segment, used in marks.items():
                self.handed_out += used - segment.used
                segment.used = used
            if self.state is not _WORKING:
                raise self.unavailable()
            self._following = None
            self.state = _PUBLISHING
            view[place] = value
            self.state = _PUBLISHED
            return
        handed_out = self.handed_out
        for segment, used in marks.items():
            handed_out += used - segment.used
        writing = iter([(slice(at, at + len(value)), value) for at, value in writes])
        epoch = self.epoch + 1 if replaced or retired or disowned else self.epoch
        following = (slot, handed_out, marks, writes, epoch, replaced, retired, disowned, then)
        require_stack(_PUBLISHING_FRAMES)
        if self.state is not _WORKING:
            raise self.unavailable()
        self._following = following
        self.state = _PUBLISHING
        for place, value in writing:
            view[place] = value
        if self.state is not _PUBLISHING:
            raise self.unavailable()
        self.state = _PUBLISHED
        # Handles that the call makes belong to the new epoch.
        self.epoch = epoch
        try:
            self._follow_up()
            if slot.unzeroed:
                slot.zero_retired(view)
        except (RecursionError, MemoryError):
            # ``finish`` continues, or the next call.
            return

    def _follow_up(self) -> None:
        """Do the bookkeeping of a publication. If it fails, it can be repeated."""
        following = self._following
        if following is None:
            return
        slot, handed_out, marks, writes, epoch, replaced, retired, disowned, then = following
        self.handed_out = handed_out
        for segment, used in marks.items():
            segment.used = used
        if slot.shadow is not None:
            for at, value in writes:
                slot.shadow[at : at + len(value)] = value
        if replaced or retired or disowned:
            self.epoch = epoch
            for word in replaced:
                slot.replace(word, self.epoch)
            for segment, start, end in retired:
                segment.retire(start, end)
            for segment, start, end in disowned or ():
                segment.disown(start, end, self.epoch)
        if then is not None:
            then()
        self._following = None
