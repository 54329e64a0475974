"""How the memory of a message is borrowed: for one stretch of work, and never across a call (P4).

Why so late. Builders elsewhere ask for a segment once and keep its address: fast, and wrong as soon
as the memory moves, shrinks or is refused. Three ways out were weighed: pin the memory
(capnproto-rust makes the trait ``unsafe`` and demands it; a WebAssembly guest cannot promise it);
go through accessors for each word (slow, and nothing can be read back); or keep offsets and ask
where the segment is whenever it is touched. This is the third. A borrow lasts for one stretch of
reading and writing, in which no allocator method runs; what is needed from another segment is
copied out first.
"""

from __future__ import annotations

from typing import Any, Final

from .._words.arguments import told
from .._words.buffers import octets_of_segment
from ..allocator import Allocator
from ..errors import BorrowRefused, MessageStateError
from ..wire import WORD_BYTES
from .loan import Loans, lent_already
from .segment import Segment, load, segment_lost
from .states import State, unavailable

_IDLE: Final = State.IDLE
_WORKING: Final = State.WORKING
_CALLING: Final = State.CALLING
_CLOSING: Final = State.CLOSING
_CLOSED: Final = State.CLOSED


class Shrank(Exception):
    """A segment became too short for what was just reserved in it: plan anew."""


class BorrowingArena:
    """The segments of a message, and the part of its arena that borrows them."""

    __slots__ = (
        "__weakref__",
        "_held",
        "allocator",
        "filling",
        "loans",
        "loss",
        "segments",
        "state",
    )

    def __init__(self, allocator: Allocator) -> None:
        """Own no segment yet."""
        self.allocator = allocator
        self.segments: list[Segment] = []
        #: What the message is doing. Foreign code can run at almost any moment of a call (P10), and
        #: all that it calls asks this first.
        self.state = _IDLE
        #: The first of the segments that lost words, as far as is known.
        self.loss: Segment | None = None
        #: The view that the call under way holds. It may be out of date where there is no call.
        self._held: memoryview | None = None
        #: What the caller holds.
        self.loans: Final = Loans()
        #: Segments in which the call under way has filled words.
        self.filling: list[Segment] = []

    def unavailable(self) -> MessageStateError:
        """Return the error for a call that cannot be served, or cannot go on."""
        return unavailable(self.state)

    def segment_at(self, index: int) -> Segment:
        """Return a segment that was there; it is not, where the message was closed meanwhile.

        Giving a view back can run code of the allocator's, which may close the message.
        """
        if index >= len(self.segments):
            raise self.unavailable()
        return self.segments[index]

    def last_segment(self) -> Segment:
        """Return the segment that was granted last, in a call that has one."""
        if not self.segments:
            raise self.unavailable()
        return self.segments[-1]

    def borrow(self, segment: Segment, end: int = 0) -> memoryview:
        """Return the memory of a segment; it must be given back before the next allocator call.

        Only within a call, which holds one view at a time.

        With ``end``, at least that many words are needed beyond those handed out. Words that the
        call under way has filled must still be there, too: what was cut and grows back is not what
        was filled.
        """
        if segment.lost:
            if self.state is _CLOSED or self.state is _CLOSING:
                raise self.unavailable()
            raise segment_lost(segment)
        memory = segment.memory
        view = self._ask(segment) if memory is None else memoryview(memory)
        self._held = view
        words = len(view) // WORD_BYTES
        if words < segment.used or segment.lost:
            self.give_back(view)
            if self.state is _CLOSED or self.state is _CLOSING:
                raise self.unavailable()
            self._lose(segment)
            segment.memory = None
            raise segment_lost(segment, words)
        if words < end or words < segment.filled:
            segment.granted = segment.used
            self.give_back(view)
            raise Shrank
        if segment.unzeroed:
            segment.zero_retired(view)
        return view

    def _lose(self, segment: Segment) -> None:
        """Note that words of a segment are gone, for good (P5)."""
        segment.lost = True
        if self.loss is None or segment.index < self.loss.index:
            self.loss = segment

    def hold_part(self, view: memoryview, size: int) -> memoryview:
        """Hold the first ``size`` bytes of a borrowed view in place of the view; return them.

        So ``close`` can take them back: a part that nobody knows of would keep the memory held.
        """
        self._held = part = view[:size]
        return part

    def give_back(self, view: memoryview) -> None:
        """End a borrow. The object behind the view may be finalized, and call in here."""
        self._held = None
        view.release()

    def load(self, segment: Segment, word: int) -> int:
        """Return one word, which must have been handed out, as an unsigned integer."""
        view = self.borrow(segment)
        try:
            return load(segment, view, word)
        finally:
            self.give_back(view)

    def copy_out(self, segment: Segment, start: int, size: int) -> bytes:
        """Return a copy of ``size`` bytes from word ``start`` on."""
        return self.octets_at(segment, start * WORD_BYTES, size)

    def octets_at(self, segment: Segment, at: int, size: int) -> bytes:
        """Return a copy of ``size`` bytes from byte ``at`` on."""
        view = self.borrow(segment)
        try:
            octets = bytes(view[at : at + size])
        finally:
            self.give_back(view)
        if segment.shadow is not None:
            segment.require_unchanged(at, octets)
        return octets

    def note_filled(self, segment: Segment, end: int) -> None:
        """Note that the call under way has filled words up to ``end``."""
        if segment.filled == 0:
            self.filling.append(segment)
        segment.filled = max(segment.filled, end)

    def forget_filled(self) -> None:
        """Forget what the call under way has filled: it is handed out, or planned anew."""
        while self.filling:
            self.filling.pop().filled = 0

    def _ask(self, segment: Segment) -> memoryview:
        """Ask the allocator where a segment is now."""
        if self.loans.shown:
            return lent_already(self.loans.shown, segment)
        buffer: Any = None
        try:
            try:
                if self.state is not _WORKING:
                    raise self.unavailable()
                self.state = _CALLING
                buffer = self._call_segment(segment)
                return octets_of_segment(buffer, segment.index)
            finally:
                # A traceback keeps the locals of its frames alive, and this one may be a view.
                del buffer
                if self.state is _CALLING:
                    self.state = _WORKING
        except BaseException:
            # Once more, for an interrupt in the middle of the lines above.
            if self.state is _CALLING:
                self.state = _WORKING
            raise

    def _call_segment(self, segment: Segment) -> Any:
        try:
            return self.allocator.segment(segment.key)
        except LookupError as error:
            self._lose(segment)
            raise segment_lost(segment) from error
        except Exception as error:
            raise BorrowRefused(
                f"segment {segment.index}: the allocator could not say where it is: {told(error)}",
                segment=segment.index,
            ) from error

    def _keep(self, segment: Segment) -> None:
        """Keep the bytearray of an allocator that promises that its memory stays."""
        if self.state is not _WORKING:
            raise self.unavailable()
        self.state = _CALLING
        try:
            memory = self._call_segment(segment)
        finally:
            self.state = _WORKING
        segment.memory = memory if type(memory) is bytearray else None
