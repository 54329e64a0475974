"""Asking for segments, and releasing each grant exactly once (P8)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import methodcaller
from typing import Any, Final, TypeAlias, cast

from .. import wire
from .._words.arguments import COMPILED, call, call_into, error_text
from .._words.caught import Raised
from ..allocator import Allocator, Key
from ..errors import AllocationRefused, GrantTooSmall, MessageTooLarge
from ..wire import WORD_BYTES
from .borrowing import BorrowingArena
from .neighbours import Neighbours
from .segment import Segment
from .states import State

_WORKING: Final = State.WORKING
_CALLING: Final = State.CALLING
_CLOSING: Final = State.CLOSING
_CLOSED: Final = State.CLOSED

#: The method ``grow`` of an allocator: it takes a key, and the words that the segment should have.
Grow: TypeAlias = Callable[[Key, int], object]

_Releasing: TypeAlias = tuple[Segment, Callable[[Any], object], Any, list[object]]


class GrantingArena(BorrowingArena):
    """The part of an arena that asks the allocator for segments, and releases them."""

    __slots__ = (
        "_arrived",
        "_arriving",
        "_grow",
        "_neighbours",
        "_releasing",
        "_stable",
        "handed_out",
        "limit",
        "verifies",
    )

    def __init__(
        self, allocator: Allocator, limit: int, verifies: bool, stable: bool, grow: Grow | None
    ) -> None:
        """Make an arena without grants; the arguments are those of ``Arena``."""
        super().__init__(allocator)
        self.limit: Final = limit
        self.verifies: Final = verifies
        #: Words handed out from all segments together.
        self.handed_out = 0
        # Memory that is kept is written directly, past the private copy of a message that verifies.
        self._stable: Final = stable and not verifies
        self._grow: Final = grow
        #: The key of a grant that has no segment yet, if there is one; and the segment's index.
        #: ``pop`` leaves the room of the item to the next one.
        self._arrived: Final[list[Key]] = [None]
        self._arrived.pop()
        self._arriving = 0
        #: The segment whose grant is being released, and the arguments of ``call_into``: what calls
        #: the allocator, the iterator of its argument, and the list for the result.
        self._releasing: _Releasing | None = None
        #: The places of the segments, as soon as there are two.
        self._neighbours: Neighbours | None = None

    def grant(self, words: int) -> Segment:
        """Ask for a new segment of at least ``words`` words, and check it."""
        index = len(self.segments)
        if index >= wire.MAX_SEGMENTS:
            raise MessageTooLarge("a message can have at most 2**32 segments")
        argued: Any = iter((self.allocator,))
        if self.state is not _WORKING:
            raise self.unavailable()
        self.state = _CALLING
        try:
            # No bytecode runs between the allocator's return and the record of its grant, so an
            # interrupt cannot lose the grant; once it is recorded, it will be released. Nothing is
            # allocated in between either, because the list has room.
            self._arriving = index
            ask = methodcaller("allocate", words)
            arrived = self._arrived
            call_into(arrived, ask, argued) if COMPILED else next(
                map(arrived.append, map(ask, argued))
            )
            segment = Segment(index, self._arrived[0])
            self.segments.append(segment)
            self._arrived.pop()
        except Exception as error:
            if self._arrived or len(self.segments) > index or argued.__length_hint__():
                # The allocator was not called yet, or had returned: see ``arguments.call``.
                raise
            raise AllocationRefused(
                f"the allocator refused a segment of {words} words, and raised {error_text(error)}",
                words_asked=words,
            ) from error
        finally:
            self.state = _WORKING
        if self._stable:
            self._keep(segment)
        granted = self._usable(segment)
        if granted < words:
            raise GrantTooSmall(
                f"the allocator granted {granted} words where at least {words} were asked for",
                segment=index,
                words_asked=words,
                words_granted=granted,
            )
        if segment.index > 0:
            self._places().admit(self, segment)
        if self.verifies:
            segment.shadow = bytearray()
        segment.granted = granted
        return segment

    def grow(self, segment: Segment, words: int) -> bool:
        """Ask the allocator to grow a segment to ``words`` words; return whether it did.

        Only the last segment is grown, so a call asks at most once for each new segment that it
        would need otherwise. An allocator that raises, or does less, has refused. Afterwards the
        segment is checked like a new grant, as it may have moved or been cut.
        """
        grow = self._grow
        if grow is None:
            return False
        if words > self.limit or segment.lost or segment is not self.segments[-1]:
            return False
        stays = segment.memory is not None
        # After a growth, even memory that stays may be another object.
        segment.memory = None
        grown = True
        self.state = _CALLING
        try:
            call(partial(grow, segment.key), words)
        except Raised:
            grown = False
        finally:
            self.state = _WORKING
        if stays:
            self._keep(segment)
        if not grown:
            return False
        granted = self._usable(segment)
        if granted < words:
            return False
        if segment.index > 0:
            self._places().admit(self, segment)
        segment.granted = granted
        return True

    def _places(self) -> Neighbours:
        if self._neighbours is None:
            self._neighbours = Neighbours()
        return self._neighbours

    def _usable(self, segment: Segment) -> int:
        """Return how many words of a segment may be handed out, by its present length."""
        memory = segment.memory
        if memory is not None and len(memory) >= segment.used * WORD_BYTES:
            # What a borrow would find, without the call.
            return min(len(memory) // WORD_BYTES, self.limit)
        view = self.borrow(segment)
        try:
            return min(len(view) // WORD_BYTES, self.limit)
        finally:
            self.give_back(view)

    def _resume(self, segment: Segment, used: int) -> None:
        """Check a grant that was made before, and that it has the words that are in use."""
        if self._stable:
            self._keep(segment)
        view = self.borrow(segment)
        try:
            granted = min(self.limit, len(view) // WORD_BYTES)
            if granted < used:
                raise GrantTooSmall(
                    f"segment {segment.index} has {granted} words, fewer than the {used} in use",
                    segment=segment.index,
                    words_asked=used,
                    words_granted=granted,
                )
            if self.verifies:
                segment.shadow = bytearray(view[: used * WORD_BYTES])
        finally:
            self.give_back(view)
        segment.granted = granted
        segment.used = segment.kept_end = used
        self.handed_out += used
        if segment.index > 0:
            self._places().admit(self, segment)

    def _take_in(self) -> None:
        """Make a segment for a grant whose call was interrupted before it did so."""
        if self._arrived and self._arriving == len(self.segments):
            self.segments.append(Segment(self._arriving, self._arrived[0]))
        if self._arrived:
            self._arrived.pop()

    def _release(
        self, segments: list[Segment], keep: int = 0
    ) -> tuple[list[Exception], BaseException | None]:
        """Release each grant once, from the last on, except the first ``keep``.

        If this is interrupted, another call releases the others. If a finalizer closes the message
        before the first release, it has released them all. Returns (exceptions that were raised,
        the interrupt or ``None``).
        """
        argued: Any
        failures: list[Exception] = []
        interrupt: BaseException | None = None
        closing = self.state is _CLOSING
        try:
            while len(segments) > keep:
                # Nothing is called between this look at the state and its change.
                if not closing:
                    if self.state is _CLOSED:
                        break
                    self.state = _CALLING
                segment = segments[-1]
                segment.memory = None
                segment.lost = True
                releasing = self._releasing
                if releasing is not None and releasing[0] is segment:
                    _, release, argued, returned = releasing
                else:
                    used = max(segment.used, segment.written)
                    release = methodcaller("release", segment.key, used)
                    argued = iter((self.allocator,))
                    returned = []
                    self._releasing = (segment, release, argued, returned)
                try:
                    if argued.__length_hint__():
                        call_into(returned, release, argued) if COMPILED else next(
                            map(returned.append, map(release, argued))
                        )
                except BaseException as error:
                    # An interrupt, too, must not keep the other grants from being released.
                    if argued.__length_hint__():
                        raise
                    if issubclass(type(error), Exception) and not returned:
                        failures.append(cast(Exception, error))
                    else:
                        interrupt = error
                segments.pop()
                self._releasing = None
        finally:
            if self.state is _CALLING:
                self.state = _WORKING
        return failures, interrupt
