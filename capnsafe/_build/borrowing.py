"""Borrowing the memory of a message, for one stretch of work and never across a call (P4).

Why so late. Other builders ask for a segment once and keep its address. That is fast, and wrong as
soon as the memory moves, shrinks or is refused. There were three alternatives:

- Pin the memory. capnproto-rust demands it by an ``unsafe`` trait; a WebAssembly guest cannot
  promise it.
- Use an accessor for each word. That is slow, and with write-only accessors nothing can be read.
- Keep offsets, and ask for the place of the segment for each stretch of work.

This is the third. A borrow lasts for one stretch of reading and writing, in which no allocator
method runs; bytes of other segments are copied before.
"""

from __future__ import annotations

from typing import Any, Final

from .._words.arguments import error_text
from .._words.buffers import octets_of_segment
from .._words.caught import Shrank
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
        """Make an arena without segments."""
        self.allocator = allocator
        self.segments: list[Segment] = []
        #: The state of the message. Foreign code can run at almost any moment of a call (P10), so
        #: each call checks this first.
        self.state = _IDLE
        #: The segment with the lowest index that is known to have lost words.
        self.loss: Segment | None = None
        #: The view that the current call holds. Without a call it may be out of date.
        self._held: memoryview | None = None
        #: The loans that the caller holds, if there was ever one.
        self.loans: Loans | None = None
        #: Segments in which the current call has filled words.
        self.filling: list[Segment] = []

    def unavailable(self) -> MessageStateError:
        """Return the error for a call that cannot be served, or cannot continue."""
        return unavailable(self.state)

    def segment_at(self, index: int) -> Segment:
        """Return a segment by its index, or raise ``Closed`` if the message was closed meanwhile.

        Giving a view back can run the allocator's code, which may close the message.
        """
        if index >= len(self.segments):
            raise self.unavailable()
        return self.segments[index]

    def last_segment(self) -> Segment:
        """Return the segment that was granted last, or raise if the message was closed."""
        if not self.segments:
            raise self.unavailable()
        return self.segments[-1]

    def borrow(self, segment: Segment, end: int = 0) -> memoryview:
        """Return the memory of a segment; it must be given back before the next allocator call.

        Use it only within a call, which holds one view at a time.

        Raises:
            SegmentLost: If the segment is shorter than the words handed out.
            Shrank: If it is shorter than ``end`` words, or than the words that the current call has
                filled. Memory that was cut and grew back no longer holds these.
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
        """Mark a segment as lost. It stays lost (P5)."""
        segment.lost = True
        if self.loss is None or segment.index < self.loss.index:
            self.loss = segment

    def hold_part(self, view: memoryview, size: int) -> memoryview:
        """Replace the borrowed view by a view of its first ``size`` bytes, and return that.

        So ``close`` can take it back. A part that the arena does not know would keep the memory
        exported.
        """
        self._held = part = view[:size]
        return part

    def give_back(self, view: memoryview) -> None:
        """End a borrow. That may run a finalizer of the memory's owner, which may call in here."""
        self._held = None
        view.release()

    def load(self, segment: Segment, word: int) -> int:
        """Return one handed-out word as an unsigned integer."""
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
        """Record that the current call has filled words up to ``end``."""
        self.filling.append(segment)
        segment.filled = max(segment.filled, end)

    def forget_filled(self) -> None:
        """Forget the filled words of the current call: they are handed out, or planned again."""
        while self.filling:
            self.filling.pop().filled = 0

    def _ask(self, segment: Segment) -> memoryview:
        """Ask the allocator for the memory of a segment."""
        if self.loans is not None and self.loans.shown:
            return lent_already(self.loans.shown, segment)
        buffer: Any = None
        try:
            try:
                if self.state is not _WORKING:
                    raise self.unavailable()
                self.state = _CALLING
                buffer = self._call_segment(segment)
                if type(buffer) is bytearray:
                    return memoryview(buffer)
                return octets_of_segment(buffer, segment.index)
            finally:
                # A traceback keeps the locals of its frames alive, and the buffer may be a view.
                del buffer
                if self.state is _CALLING:
                    self.state = _WORKING
        except BaseException:
            # Repeated, because an interrupt may come in the middle of the lines above.
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
                f"segment {segment.index}: the allocator's method 'segment' raised"
                f" {error_text(error)}",
                segment=segment.index,
            ) from error

    def _keep(self, segment: Segment) -> None:
        """Keep the bytearray of an allocator whose memory stays (``stable``)."""
        if self.state is not _WORKING:
            raise self.unavailable()
        self.state = _CALLING
        try:
            memory = self._call_segment(segment)
        finally:
            self.state = _WORKING
        segment.memory = memory if type(memory) is bytearray else None
