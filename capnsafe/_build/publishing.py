"""Publication: the change of a message in one borrow, in which nothing can fail (P2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from .._words.exhausted import stack_check
from ..allocator import Allocator
from .granting import GrantingArena, Grow
from .segment import Extent, Segment, View
from .states import State

_WORKING: Final = State.WORKING
_PUBLISHING: Final = State.PUBLISHING
_PUBLISHED: Final = State.PUBLISHED

#: Checks the depth of calls in publication, including built-in functions, and some reserve.
_require_stack_to_publish: Final = stack_check(8)


@final
class _Bookkeeping:
    """The records that a publication changes after it has written: see ``publish``."""

    __slots__ = (
        "disowned",
        "epoch",
        "handed_out",
        "marks",
        "replaced",
        "retired",
        "slot",
        "then",
        "writes",
    )

    def __init__(
        self,
        slot: Segment,
        writes: list[tuple[int, bytes]],
        marks: dict[Segment, int],
        retired: list[Extent],
        replaced: list[int],
        disowned: list[Extent],
        then: Callable[[], None] | None,
        handed_out: int,
        epoch: int,
        /,
    ) -> None:
        self.slot = slot
        self.writes = writes
        self.marks = marks
        self.retired = retired
        self.replaced = replaced
        self.disowned = disowned
        self.then = then
        #: The words handed out and the epoch after the publication.
        self.handed_out = handed_out
        self.epoch = epoch


class PublishingArena(GrantingArena):
    """The part of an arena that publishes drafts."""

    __slots__ = ("_following", "epoch")

    def __init__(
        self, allocator: Allocator, limit: int, verifies: bool, stable: bool, grow: Grow | None
    ) -> None:
        """Make an arena that has published nothing; the arguments are those of ``Arena``."""
        super().__init__(allocator, limit, verifies, stable, grow)
        #: Counts retirements: see ``capnsafe._build.lease``.
        self.epoch = 0
        #: The bookkeeping that remains after a publication, until it is done.
        self._following: _Bookkeeping | None = None

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
            marks: The words handed out from each segment afterwards: more than now, or fewer if
                words are given back. Those must be zeroed by ``writes``.
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
        cut = False
        for segment, used in marks.items():
            handed_out += used - segment.used
            cut = cut or used < segment.used
        writing = iter([(slice(at, at + len(value)), value) for at, value in writes])
        epoch = self.epoch + 1 if replaced or retired or disowned or cut else self.epoch
        following = _Bookkeeping(
            slot, writes, marks, retired, replaced, disowned or [], then, handed_out, epoch
        )
        _require_stack_to_publish()
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
        self.handed_out = following.handed_out
        for segment, used in following.marks.items():
            if used < segment.used:
                segment.give_back(used, following.epoch)
            segment.used = used
        slot = following.slot
        if slot.shadow is not None:
            for at, value in following.writes:
                slot.shadow[at : at + len(value)] = value
        if self.epoch < following.epoch:
            self.epoch = following.epoch
        if following.replaced or following.retired or following.disowned:
            for word in following.replaced:
                slot.replace(word, following.epoch)
            for segment, start, end in following.retired:
                segment.retire(start, end)
            for segment, start, end in following.disowned:
                segment.disown(start, end, following.epoch)
        if following.then is not None:
            following.then()
        self._following = None
