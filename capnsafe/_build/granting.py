"""How a message asks for segments, and gives each grant back exactly once (P8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from operator import methodcaller
from typing import Any, Final, TypeAlias, cast

from .. import wire
from .._words.arguments import Raised, attribute, call, call_once, told
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

_Releasing: TypeAlias = tuple[Segment, Any, defaultdict[int, object]]


class GrantingArena(BorrowingArena):
    """The part of an arena that asks the allocator for segments, and releases them."""

    __slots__ = (
        "_arrived",
        "_grow",
        "_neighbours",
        "_releasing",
        "_stable",
        "handed_out",
        "limit",
        "verifies",
    )

    def __init__(self, allocator: Allocator, limit: int, verifies: bool) -> None:
        """Own no grant yet; see ``Arena``."""
        super().__init__(allocator)
        self.limit: Final = limit
        self.verifies: Final = verifies
        #: Words handed out of all segments together.
        self.handed_out = 0
        # What is kept is written to at once, past the private copy.
        self._stable: Final = attribute(allocator, "stable") is True and not verifies
        grow = attribute(allocator, "grow")
        self._grow: Callable[[Key, int], object] | None = grow if callable(grow) else None
        #: The key of a grant that has no segment yet, by the index that it will have.
        #: ``None`` takes a place in it, so that there is room.
        self._arrived: defaultdict[int | None, Key] = defaultdict()
        #: The segment whose grant is being released, an iterator that is used up as the allocator
        #: is called, and what it returned.
        self._releasing: _Releasing | None = None
        self._neighbours: Final = Neighbours()

    def grant(self, words: int) -> Segment:
        """Ask for a new segment of at least ``words`` words, and see whether it is one."""
        index = len(self.segments)
        if index >= wire.MAX_SEGMENTS:
            raise MessageTooLarge("a message has at most 2**32 segments")
        argued: Any = iter((self.allocator,))
        if self.state is not _WORKING:
            raise self.unavailable()
        self.state = _CALLING
        try:
            # No bytecode lies between what the allocator answers and where it is noted, so that no
            # interrupt comes between: from there on it is a grant, and will be released. Nor is
            # anything allocated: the dict has room for two, as long as there is one.
            self._arrived[None] = None
            self._arrived.default_factory = map(methodcaller("allocate", words), argued).__next__
            segment = Segment(index, self._arrived[index])
            self.segments.append(segment)
            self._arrived.clear()
        except Exception as error:
            if index in self._arrived or len(self.segments) > index or argued.__length_hint__():
                # The allocator was not called yet, or had returned: see ``arguments.call``.
                raise
            raise AllocationRefused(
                f"the allocator refused a segment of {words} words: {told(error)}",
                words_asked=words,
            ) from error
        finally:
            self.state = _WORKING
        if self._stable:
            self._keep(segment)
        granted = self._usable(segment)
        if granted < words:
            raise GrantTooSmall(
                f"{words} words were asked of the allocator, and it granted {granted}",
                segment=index,
                words_asked=words,
                words_granted=granted,
            )
        self._neighbours.admit(self, segment)
        if self.verifies:
            segment.shadow = bytearray()
        segment.granted = granted
        return segment

    def grow(self, segment: Segment, words: int) -> bool:
        """Ask for a segment to be made ``words`` words long; answer whether it is now.

        Only the segment that was granted last is grown, so a call asks at most once for each new
        segment that it would need otherwise. An allocator that raises, or does less, has refused.
        The segment may have moved, and may have been cut: it is looked at as any grant is.
        """
        grow = self._grow
        if grow is None:
            return False
        if words > self.limit or segment.lost or segment is not self.segments[-1]:
            return False
        stays = segment.memory is not None
        # What stays may be another object where it has grown, and whatever came in between.
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
        self._neighbours.look_after_growth(self, segment)
        segment.granted = granted
        return True

    def _usable(self, segment: Segment) -> int:
        """Return how many words of a segment may be handed out, as long as it is now."""
        view = self.borrow(segment)
        try:
            return min(len(view) // WORD_BYTES, self.limit)
        finally:
            self.give_back(view)

    def _take_over(self, segment: Segment, used: int) -> None:
        """See whether a grant that was made before is one, and holds what it is said to hold."""
        if self._stable:
            self._keep(segment)
        view = self.borrow(segment)
        try:
            granted = min(self.limit, len(view) // WORD_BYTES)
            if granted < used:
                raise GrantTooSmall(
                    f"segment {segment.index} is said to hold {used} words, and has {granted}",
                    segment=segment.index,
                    words_asked=used,
                    words_granted=granted,
                )
            if self.verifies:
                segment.shadow = bytearray(view[: used * WORD_BYTES])
        finally:
            self.give_back(view)
        segment.granted = granted
        segment.used = used
        self.handed_out += used
        self._neighbours.admit(self, segment)

    def _take_in(self) -> None:
        """Make a segment of a grant whose call was interrupted before it had one."""
        for index, key in tuple(self._arrived.items()):
            if index == len(self.segments):
                self.segments.append(Segment(index, key))
        self._arrived.clear()

    def _release(
        self, segments: list[Segment], keep: int = 0
    ) -> tuple[list[Exception], BaseException | None]:
        """Release each grant once, from the last one on, but ``keep``; return what was raised.

        If this is interrupted, another call releases the others.
        """
        failures: list[Exception] = []
        interrupt: BaseException | None = None
        state = self.state
        try:
            while len(segments) > keep:
                if state is not _CLOSING:
                    self.state = _CALLING
                segment = segments[-1]
                segment.memory = None
                segment.lost = True
                releasing: _Releasing | None = self._releasing
                if releasing is None or releasing[0] is not segment:
                    used = max(segment.used, segment.written)
                    release = methodcaller("release", segment.key, used)
                    begun: Any = iter((self.allocator,))
                    releasing = (segment, begun, call_once(release, begun))
                    self._releasing = releasing
                _, argued, returned = releasing
                try:
                    if argued.__length_hint__():
                        returned[0]
                except BaseException as error:
                    if argued.__length_hint__():
                        raise
                    if issubclass(type(error), Exception) and not returned:
                        failures.append(cast(Exception, error))
                    else:
                        interrupt = error
                segments.pop()
                self._releasing = None
        finally:
            self.state = state
        return failures, interrupt
