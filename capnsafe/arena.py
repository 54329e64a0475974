"""Which words are whose: grants, hand-outs, borrows, publication, retirement, releases.

Why borrow so late. Builders elsewhere ask for a segment once and keep its address: fast, and wrong
as soon as the memory moves, shrinks or is refused. Three ways out were weighed: pin the memory
(capnproto-rust makes the trait ``unsafe`` and demands it; a WebAssembly guest cannot promise it);
go through accessors for each word (slow, and nothing can be read back); or keep offsets and ask
where the segment is whenever it is touched. This is the third. A borrow lasts for one stretch of
reading and writing, in which no allocator method runs; what is needed from another segment is
copied out first.

Why fill before linking. A call that changes a pointer goes through four steps, and only the third
changes what the message says:

1. *reserve* the words of the object and of its landing pads. Reserved words are not handed out yet:
   only ``used`` says so, and it moves in step 3.
2. *fill* them. Nobody can reach them yet. Words are zeroed here, so it does not matter what the
   allocator returned, nor what an attempt that failed left behind.
3. *publish*: in one borrow of the pointer's segment, one pointer word is written, and with it the
   marks move. No allocator call comes after that, so no failure can come after it either. Before it
   the old value is surveyed, read-only, into extents.
4. *retire* those extents: they are noted as retired, handles into them are stale from now on, and
   they are zeroed in the same borrow where they lie in the same segment. Elsewhere they are queued
   and zeroed at the next borrow of their segment, at the latest by output, which borrows every one.

Rollback touches no memory: fresh grants are released, and the marks never moved.

Retired words are not handed out again while the message lives. That makes staleness a question
about intervals, asked only by handles older than the last retirement: see :meth:`Arena.check`.

The *ticket* makes the common case one comparison. A handle remembers the ticket under which it was
last found good. While a call is under way the arena's ticket is ``NO_TICKET``, which no handle
has, so that a call from inside the allocator (P10), after an interrupt, or after ``close`` takes
the slow path and is told what is wrong.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from ctypes import addressof, c_char
from enum import Enum
from itertools import pairwise
from typing import Any, Final, TypeAlias

from . import wire
from .allocator import Allocator, Key
from .arguments import add_note, told, type_name
from .errors import (
    AllocationRefused,
    AllocatorError,
    ArgumentTypeError,
    BadBuffer,
    BorrowRefused,
    Closed,
    GrantOverlaps,
    GrantTooSmall,
    MalformedMessage,
    MessageStateError,
    MessageTooLarge,
    PointerOutOfBounds,
    Poisoned,
    Reentered,
    ReleaseFailed,
    SegmentLost,
    StaleHandle,
)

#: What a borrow yields: writable bytes, valid until the next allocator call.
View: TypeAlias = "bytearray | memoryview"

WORD: Final = wire.WORD_BYTES

NO_TICKET: Final = -1

#: Words are zeroed in pieces of this many bytes, so that a large object costs no second copy.
_ZEROS: Final = bytes(1 << 16)

#: How often a call plans anew because a segment shrank while it was reserving. The segment is then
#: closed to new objects, and only two segments and a fresh grant are ever considered.
_ATTEMPTS: Final = 3

#: How often an overlap is looked at again when the memory moves between two looks.
_OVERLAP_LOOKS: Final = 4


class State(Enum):
    """What the message is doing. Only ``IDLE`` admits a call."""

    IDLE = "idle"
    #: A call is under way and has changed nothing yet: a failure is rolled back.
    WORKING = "working"
    #: The pointer and the marks are being written: an interrupt here cannot be undone.
    PUBLISHING = "publishing"
    #: An allocator method is running.
    CALLING = "calling"
    CLOSED = "closed"


_IDLE: Final = State.IDLE
_WORKING: Final = State.WORKING
_PUBLISHING: Final = State.PUBLISHING
_CALLING: Final = State.CALLING
_CLOSED: Final = State.CLOSED


class Intervals:
    """Disjoint half-open ranges of words, sorted; neighbours are merged."""

    __slots__ = ("ends", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        """Add ``start`` to ``end``, which overlaps nothing that is there."""
        at = bisect_left(self.starts, start)
        before = at > 0 and self.ends[at - 1] == start
        behind = at < len(self.starts) and self.starts[at] == end
        if before and behind:
            self.ends[at - 1] = self.ends.pop(at)
            del self.starts[at]
        elif before:
            self.ends[at - 1] = end
        elif behind:
            self.starts[at] = start
        else:
            self.starts.insert(at, start)
            self.ends.insert(at, end)

    def meets(self, start: int, end: int) -> bool:
        """Answer whether any of the words ``start`` to ``end`` lies in one of the ranges."""
        at = bisect_left(self.starts, end) - 1
        return at >= 0 and start < self.ends[at]

    def __contains__(self, word: int) -> bool:
        """Answer whether ``word`` lies in one of the ranges."""
        at = bisect_right(self.starts, word) - 1
        return at >= 0 and word < self.ends[at]


class Segment:
    """One grant, and what became of its words. All numbers are words."""

    __slots__ = (
        "granted",
        "index",
        "key",
        "lost",
        "memory",
        "retired",
        "unzeroed",
        "used",
        "written",
    )

    def __init__(self, index: int, key: Key) -> None:
        self.index = index
        self.key = key
        #: Words that may be handed out.
        self.granted = 0
        #: Words handed out: they belong to objects, pads, or are retired.
        self.used = 0
        #: The highest word ever written, also by attempts that failed (P8).
        self.written = 0
        self.lost = False
        #: The bytearray itself, where the allocator promises that it stays (``stable``).
        self.memory: bytearray | None = None
        self.retired = Intervals()
        #: Retired ranges that wait to be zeroed at the next borrow.
        self.unzeroed: list[tuple[int, int]] = []


class Found:
    """An object that a pointer leads to, and the landing pad on the way."""

    __slots__ = ("pad", "pad_segment", "pad_words", "segment", "shape", "start")

    def __init__(self, shape: int, segment: Segment, start: int) -> None:
        self.shape = shape
        self.segment = segment
        self.start = start
        self.pad_segment: Segment | None = None
        self.pad = 0
        self.pad_words = 0


class _Shrank(Exception):
    """A segment became too short for what was just reserved in it. Never leaves this module."""


def give_back(view: View) -> None:
    """End a borrow."""
    if type(view) is memoryview:
        view.release()


def _zero(view: View, start: int, end: int) -> None:
    """Zero the words ``start`` to ``end``."""
    begin = start * WORD
    stop = end * WORD
    while begin < stop:
        step = min(stop - begin, len(_ZEROS))
        view[begin : begin + step] = _ZEROS[:step]
        begin += step


def _fill(view: View, start: int, words: int, head: bytes) -> None:
    """Write ``head`` (whole words) at word ``start``, and zeros up to ``words`` words."""
    begin = start * WORD
    rest = words * WORD - len(head)
    if rest == 0:
        view[begin : begin + len(head)] = head
    elif rest <= len(_ZEROS):
        view[begin : begin + words * WORD] = head + bytes(rest)
    else:
        body = begin + len(head)
        view[begin:body] = head
        _zero(view, body // WORD, start + words)


def _octets(buffer: Any, segment: int) -> memoryview:
    """Answer the writable bytes of what an allocator returned, or raise ``BadBuffer``."""
    try:
        try:
            view = memoryview(buffer)
        except Exception as error:
            raise BadBuffer(
                f"segment {segment}: a {type_name(buffer)} has no buffer that can be written",
                segment=segment,
            ) from error
    finally:
        del buffer
    if not view.readonly and view.ndim == 1 and view.format == "B" and view.c_contiguous:
        return view
    with view:
        if view.readonly:
            raise BadBuffer(f"segment {segment}: the buffer is read-only", segment=segment)
        if not view.c_contiguous:
            raise BadBuffer(f"segment {segment}: the buffer is not contiguous", segment=segment)
        if view.nbytes == 0:
            return memoryview(bytearray())
        try:
            return view.cast("B")
        except (TypeError, ValueError) as error:
            raise BadBuffer(
                f"segment {segment}: a buffer of format {view.format!r} is not made of bytes",
                segment=segment,
            ) from error


class Arena:
    """The words of one message."""

    __slots__ = (
        "__weakref__",
        "_fresh",
        "_places",
        "_replaced",
        "_stable",
        "allocator",
        "epoch",
        "handed_out",
        "limit",
        "segments",
        "state",
        "ticket",
    )

    def __init__(self, allocator: Allocator, limit: int) -> None:
        """Own nothing yet; no segment will be used beyond ``limit`` words."""
        self.allocator = allocator
        self.limit = limit
        self.segments: list[Segment] = []
        #: Words handed out of all segments together.
        self.handed_out = 0
        self.state = _IDLE
        #: Counts retirements.
        self.epoch = 0
        self.ticket = 0
        self._stable = _declares_stable(allocator)
        #: Segments from this index on were granted by the call under way.
        self._fresh = 0
        #: For slots whose object without words was replaced: the epoch of the last time.
        self._replaced: dict[tuple[int, int], int] = {}
        #: Where segments lay when last looked at: (address, end, segment index), sorted.
        self._places: list[tuple[int, int, int]] = []

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled."""
        raise ArgumentTypeError("a message cannot be copied: it would have two owners")

    # -- admission -------------------------------------------------------------------------------

    def require_idle(self) -> None:
        """Raise what keeps the message from serving a call now."""
        if self.state is not _IDLE:
            raise self._unavailable()

    def _unavailable(self) -> MessageStateError:
        if self.state is _CLOSED:
            return Closed("the message is closed")
        if self.state is _CALLING:
            return Reentered("the message is waiting for its allocator and takes no call")
        return Poisoned("a call was interrupted while it changed the message: only close() works")

    def check(self, segment: Segment, word: int, since: int) -> int:
        """Answer the present ticket for a handle, or raise why it cannot be used.

        ``word`` is the first word of the handle's object. An object without words is judged by the
        word of its pointer, and by ``since``, the epoch in which the handle was made; for others
        ``since`` is negative.
        """
        self.require_idle()
        stale = word in segment.retired
        if not stale and since >= 0:
            stale = self._replaced.get((segment.index, word), NO_TICKET) > since
        if stale:
            raise StaleHandle(
                "the object of this handle was overwritten or cleared",
                segment=segment.index,
                offset=word,
            )
        return self.ticket

    # -- borrowing -------------------------------------------------------------------------------

    def borrow(self, segment: Segment, end: int = 0) -> View:
        """Answer the memory of a segment; it must be given back before the next allocator call.

        With ``end``, at least that many words are needed beyond those handed out.
        """
        if segment.lost:
            raise _lost(segment)
        view: View
        memory = segment.memory
        if memory is not None:
            view = memory
            words = len(memory) // WORD
        else:
            view = self._ask(segment)
            words = len(view) // WORD
        if words < segment.used:
            segment.lost = True
            segment.memory = None
            give_back(view)
            raise _lost(segment, words)
        if words < end:
            segment.granted = segment.used
            give_back(view)
            raise _Shrank
        if segment.unzeroed:
            self._zero_retired(segment, view)
        return view

    def load(self, segment: Segment, word: int) -> int:
        """Answer one word, which must have been handed out, as an unsigned integer."""
        view = self.borrow(segment)
        try:
            pointer: int = wire.POINTER.unpack_from(view, word * WORD)[0]
            return pointer
        finally:
            give_back(view)

    def copy_out(self, segment: Segment, start: int, size: int) -> bytes:
        """Answer a copy of ``size`` bytes from word ``start`` on."""
        view = self.borrow(segment)
        try:
            return bytes(view[start * WORD : start * WORD + size])
        finally:
            give_back(view)

    def _ask(self, segment: Segment) -> memoryview:
        """Ask the allocator where a segment is now."""
        state = self.state
        ticket = self.ticket
        buffer: Any = None
        try:
            self.state = _CALLING
            self.ticket = NO_TICKET
            buffer = self._call_segment(segment)
            return _octets(buffer, segment.index)
        finally:
            # A traceback keeps the locals of its frames alive, and this one may be a view.
            del buffer
            if self.state is _CALLING:
                self.state = state
                self.ticket = ticket

    def _call_segment(self, segment: Segment) -> Any:
        try:
            return self.allocator.segment(segment.key)
        except LookupError as error:
            segment.lost = True
            raise _lost(segment) from error
        except Exception as error:
            raise BorrowRefused(
                f"segment {segment.index}: the allocator could not say where it is: {told(error)}",
                segment=segment.index,
            ) from error

    # -- granting --------------------------------------------------------------------------------

    def _grant(self, words: int) -> Segment:
        """Ask for a new segment of at least ``words`` words, and see whether it is one."""
        index = len(self.segments)
        if index >= wire.MAX_SEGMENTS:
            raise MessageTooLarge("a message has at most 2**32 segments")
        state = self.state
        self.state = _CALLING
        try:
            key = self.allocator.allocate(words)
            # From here on it is a grant, and will be released whatever comes.
            segment = Segment(index, key)
            self.segments.append(segment)
        except Exception as error:
            raise AllocationRefused(
                f"the allocator refused a segment of {words} words: {told(error)}",
                words_asked=words,
            ) from error
        finally:
            self.state = state
        if self._stable:
            self._keep(segment)
        view = self.borrow(segment)
        try:
            granted = min(len(view) // WORD, self.limit)
        finally:
            give_back(view)
        if granted < words:
            raise GrantTooSmall(
                f"{words} words were asked of the allocator, and it granted {granted}",
                segment=index,
                words_asked=words,
                words_granted=granted,
            )
        if index > 0:
            self._place(segment)
        segment.granted = granted
        return segment

    def _keep(self, segment: Segment) -> None:
        """Keep the bytearray of an allocator that promises that its memory stays."""
        self.state = _CALLING
        try:
            memory = self._call_segment(segment)
        finally:
            self.state = _WORKING
        if type(memory) is bytearray:
            segment.memory = memory

    def _place(self, segment: Segment) -> None:
        """Note where a grant lies, or raise ``GrantOverlaps``.

        A message of one segment needs no places: the first segment is looked at when the second
        comes. The places of the others are as old as their last look, and they may have moved
        since. So an overlap is believed only if it is still there after both were looked at again.
        """
        if not self._places:
            self._look_again(self.segments[0])
        address, end = self._where(segment)
        for _ in range(_OVERLAP_LOOKS):
            other = self._overlapping(address, end)
            if other is None:
                break
            self._look_again(other)
            seen_address, seen_end = self._where(segment)
            if (seen_address, seen_end) == (address, end) and self._overlaps(other, address, end):
                raise GrantOverlaps(
                    f"the grant for segment {segment.index} shares memory with segment"
                    f" {other.index}",
                    segment=segment.index,
                )
            address, end = seen_address, seen_end
        insort(self._places, (address, end, segment.index))

    def _overlapping(self, address: int, end: int) -> Segment | None:
        """Answer a segment that was last seen somewhere in these addresses."""
        at = bisect_left(self._places, (end, 0, 0)) - 1
        if at >= 0 and self._places[at][1] > address:
            return self.segments[self._places[at][2]]
        return None

    def _overlaps(self, other: Segment, address: int, end: int) -> bool:
        for start, stop, index in self._places:
            if index == other.index:
                return start < end and address < stop
        return False

    def _look_again(self, other: Segment) -> None:
        """Note anew where a segment lies; if it cannot be said, the old place stays noted."""
        address, end = self._where(other) if not other.lost else (0, 0)
        self._places = [place for place in self._places if place[2] != other.index]
        if address < end:
            insort(self._places, (address, end, other.index))

    def _where(self, segment: Segment) -> tuple[int, int]:
        """Answer the addresses at which a segment begins and ends now."""
        view = self.borrow(segment)
        try:
            size = len(view)
            if size == 0:
                return 0, 0
            address = addressof(c_char.from_buffer(view))
            return address, address + size
        finally:
            give_back(view)

    # -- the four steps --------------------------------------------------------------------------

    def install(
        self, slot: Segment, word: int, shape: int, words: int, head: bytes
    ) -> tuple[Segment, int]:
        """Build an object of ``words`` words, and point to it from ``word`` of ``slot``.

        ``shape`` is its pointer without an offset, ``head`` its first bytes (whole words); the rest
        is zero. Answers where it is. What the pointer led to before is retired.
        """
        if self.state is not _IDLE:
            raise self._unavailable()
        memory = slot.memory
        start = slot.used
        end = start + words
        if (
            memory is not None
            and words
            and end <= slot.granted
            and end * WORD <= len(memory)
            and not slot.unzeroed
            and wire.POINTER.unpack_from(memory, word * WORD)[0] == 0
        ):
            # The four steps in memory that stays, with nothing to retire: no allocator call, and
            # so no failure. An interrupt before the pointer is written leaves words unused.
            _fill(memory, start, words, head)
            if slot.written < end:
                slot.written = end
            slot.used = end
            self.handed_out += words
            wire.POINTER.pack_into(
                memory, word * WORD, shape | (start - word - 1 & wire.OFFSET_MASK) << 2
            )
            return slot, start
        self.state = _WORKING
        self.ticket = NO_TICKET
        self._fresh = len(self.segments)
        try:
            return self._install(slot, word, shape, words, head)
        except BaseException as error:
            self._abandon(error)
            raise

    def install_root(self, shape: int, words: int) -> tuple[Segment, int]:
        """Build the root struct; the first time, in the first segment, behind its pointer."""
        if self.segments:
            return self.install(self.segments[0], 0, shape, words, b"")
        self.require_idle()
        self.state = _WORKING
        self.ticket = NO_TICKET
        self._fresh = 0
        try:
            slot = self._grant(words + 1 if words < self.limit else 1)
            view = self._borrow_fresh(slot, 1)
            try:
                _zero(view, 0, 1)
                slot.used = slot.written = self.handed_out = 1
            finally:
                give_back(view)
            return self._install(slot, 0, shape, words, b"")
        except BaseException as error:
            self._abandon(error)
            raise

    def clear(self, slot: Segment, word: int) -> None:
        """Make the pointer at ``word`` of ``slot`` null, and retire what it led to."""
        self.require_idle()
        self.state = _WORKING
        self.ticket = NO_TICKET
        self._fresh = len(self.segments)
        try:
            self._link(slot, word, 0, ())
        except BaseException as error:
            self._abandon(error)
            raise

    def _install(
        self, slot: Segment, word: int, shape: int, words: int, head: bytes
    ) -> tuple[Segment, int]:
        start = slot.used
        end = start + words
        if words == 0:
            pointer = shape if shape & 3 == wire.LIST else wire.EMPTY_STRUCT
            self._link(slot, word, pointer, ())
            return slot, word
        for _ in range(_ATTEMPTS):
            try:
                if end > slot.granted:
                    return self._install_far(slot, word, shape, words, head)
                pointer = wire.with_offset(shape, start - word - 1)
                view = self.borrow(slot, end)
                try:
                    if slot.written < end:
                        slot.written = end
                    _fill(view, start, words, head)
                    if (
                        wire.POINTER.unpack_from(view, word * WORD)[0] == 0
                        and self.state is _WORKING
                    ):
                        # Nothing to retire: publish under the borrow that is there.
                        self.state = _PUBLISHING
                        self.handed_out += words
                        slot.used = end
                        wire.POINTER.pack_into(view, word * WORD, pointer)
                        self.state = _IDLE
                        self.ticket = self.epoch
                        return slot, start
                finally:
                    if type(view) is memoryview:
                        view.release()
                self._link(slot, word, pointer, ((slot, end),))
                return slot, start
            except _Shrank:
                continue
        raise self._shrank(slot, words)

    def _install_far(
        self, slot: Segment, word: int, shape: int, words: int, head: bytes
    ) -> tuple[Segment, int]:
        """Build an object in another segment than its pointer's.

        The last segment is tried before a new one is asked for; the landing pad lies in front of
        the object. (The reference implementation places objects the same way, so that equal
        segment sizes give equal bytes.) Where the object alone fills a segment, the pad is a
        double-far one (specification, "Inter-Segment Pointers"): two words, in the slot's segment
        if it has them, else in a segment of their own.
        """
        if words > self.limit:
            raise MessageTooLarge(
                f"an object of {words} words: a segment has at most {self.limit}",
                words_asked=words,
            )
        target = self.segments[-1]
        free = target.granted - target.used if target is not slot and not target.lost else 0
        if free <= words:
            target = self._grant(words + 1 if words < self.limit else words)
            free = target.granted
        start = target.used
        if free > words:
            end = start + 1 + words
            pad = shape.to_bytes(WORD, "little")
            self._write(target, start, 1 + words, pad + head)
            self._link(slot, word, wire.far_pointer(target.index, start), ((target, end),))
            return target, start + 1
        end = start + words
        self._write(target, start, words, head)
        pads = wire.far_pointer(target.index, start).to_bytes(WORD, "little")
        pads += shape.to_bytes(WORD, "little")
        slot_has_pads = slot.used + 2 <= slot.granted
        if not slot_has_pads and self.limit < 2:
            raise MessageTooLarge(
                f"a far pointer to {words} words needs 2 more, and a segment has {self.limit}",
                words_asked=words,
            )
        pad_segment = slot if slot_has_pads else self._grant(2)
        pad_start = pad_segment.used
        self._write(pad_segment, pad_start, 2, pads)
        self._link(
            slot,
            word,
            wire.far_pointer(pad_segment.index, pad_start, double=True),
            ((target, end), (pad_segment, pad_start + 2)),
        )
        return target, start

    def _write(self, segment: Segment, start: int, words: int, head: bytes) -> None:
        """Fill reserved words."""
        end = start + words
        fresh = segment.index >= self._fresh
        view = self._borrow_fresh(segment, end) if fresh else self.borrow(segment, end)
        try:
            if segment.written < end:
                segment.written = end
            _fill(view, start, words, head)
        finally:
            give_back(view)

    def _borrow_fresh(self, segment: Segment, end: int) -> View:
        """Borrow a grant of the call under way: if it shrank already, there is no other plan."""
        try:
            return self.borrow(segment, end)
        except _Shrank:
            raise self._shrank(segment, end) from None

    @staticmethod
    def _shrank(segment: Segment, words: int) -> GrantTooSmall:
        return GrantTooSmall(
            f"segment {segment.index} shrank while {words} words were being reserved in it",
            segment=segment.index,
            words_asked=words,
            words_granted=segment.granted,
        )

    def _link(
        self, slot: Segment, word: int, pointer: int, marks: tuple[tuple[Segment, int], ...]
    ) -> None:
        """Publish ``pointer``, move the ``used`` marks, and retire the old value."""
        end = max((used for segment, used in marks if segment is slot), default=0)
        old = self.load(slot, word)
        extents: list[tuple[Segment, int, int]] = []
        if old != 0:
            extents = self._survey(slot, word, old)
        view = self.borrow(slot, end)
        try:
            if self.state is not _WORKING:
                raise self._unavailable()
            self.state = _PUBLISHING
            for segment, used in marks:
                self.handed_out += used - segment.used
                segment.used = used
            wire.POINTER.pack_into(view, word * WORD, pointer)
            if old != 0:
                self._retire(slot, word, extents)
                if slot.unzeroed:
                    self._zero_retired(slot, view)
            self.state = _IDLE
            self.ticket = self.epoch
        finally:
            give_back(view)

    def _abandon(self, error: BaseException) -> None:
        """Roll back the call under way: its grants are released, its marks never moved."""
        if self.state is not _WORKING and self.state is not _CALLING:
            # Interrupted in the middle of publication: poisoned. Or behind it: done, or closed.
            return
        fresh = self.segments[self._fresh :]
        del self.segments[self._fresh :]
        if fresh:
            self._places = [place for place in self._places if place[2] < self._fresh]
            if not self.segments:
                self.handed_out = 0
        failures, interrupt = self._release(fresh)
        self.state = _IDLE
        self.ticket = self.epoch
        for failure in failures:
            add_note(error, f"and releasing a grant that was not used raised {told(failure)}")
        if interrupt is not None:
            raise interrupt

    # -- retirement ------------------------------------------------------------------------------

    def _retire(self, slot: Segment, word: int, extents: list[tuple[Segment, int, int]]) -> None:
        """Note that the old value of a slot is no more, and queue its words for zeroing."""
        self.epoch += 1
        self._replaced[slot.index, word] = self.epoch
        for segment, start, end in extents:
            segment.retired.add(start, end)
            segment.unzeroed.append((start, end))

    @staticmethod
    def _zero_retired(segment: Segment, view: View) -> None:
        while segment.unzeroed:
            start, end = segment.unzeroed[-1]
            _zero(view, start, end)
            segment.unzeroed.pop()

    def _survey(self, slot: Segment, word: int, old: int) -> list[tuple[Segment, int, int]]:
        """Walk the value of a slot, read-only, and answer the words that it occupies.

        Every word read is checked as if it had come from the network (P6): the walk stays within
        words handed out, and visits none twice, or raises ``MalformedMessage``. It is iterative,
        and its work is bounded by the words of the message.
        """
        extents = [(slot, word, word + 1)]
        budget = self.handed_out
        todo = [(slot, word, old)]
        while todo:
            segment, at, pointer = todo.pop()
            found = self.resolve(segment, at, pointer)
            if found.shape & 3 == wire.OTHER:
                continue
            if found.pad_segment is not None:
                extents.append((found.pad_segment, found.pad, found.pad + found.pad_words))
                budget -= found.pad_words
            words = wire.object_words(found.shape)
            if words == 0:
                continue
            extents.append((found.segment, found.start, found.start + words))
            budget -= words
            if budget < 0:
                raise MalformedMessage("the old value visits words twice", segment=slot.index)
            todo.extend(self._pointers_in(found))
        extents.sort(key=_by_place)
        for (left, _, stop), (right, start, _) in pairwise(extents):
            if left is right and start < stop:
                raise MalformedMessage(
                    "the old value has objects that overlap", segment=left.index, offset=start
                )
        extents.remove((slot, word, word + 1))
        return extents

    def _pointers_in(self, found: Found) -> list[tuple[Segment, int, int]]:
        """Answer the pointers that are not null in an object: (segment, word, pointer)."""
        shape = found.shape
        start = found.start
        groups = range(0)  # first words of the pointer sections
        if shape & 3 == wire.STRUCT:
            count = wire.struct_pointers(shape)
            first = start + wire.struct_data_words(shape)
            groups = range(first, first + 1)
        elif wire.list_size_code(shape) == wire.SIZE_POINTER:
            count = wire.list_count(shape)
            groups = range(start, start + 1)
        elif wire.list_size_code(shape) == wire.SIZE_COMPOSITE:
            elements, data_words, count = self.composite(found)
            step = data_words + count
            first = start + 1 + data_words
            if step:
                groups = range(first, first + elements * step, step)
        else:
            count = 0
        if count == 0:
            return []
        body = self.copy_out(found.segment, start, wire.object_words(shape) * WORD)
        load = wire.POINTER.unpack_from
        return [
            (found.segment, at, pointer)
            for group in groups
            for at in range(group, group + count)
            if (pointer := load(body, (at - start) * WORD)[0])
        ]

    # -- following pointers ----------------------------------------------------------------------

    def resolve(self, segment: Segment, word: int, pointer: int) -> Found:
        """Follow the pointer that was read at ``word`` of ``segment``; it must not be null.

        Landing pads are followed, and what is found lies within words handed out.
        """
        kind = pointer & 3
        if kind == wire.OTHER:
            return Found(pointer, segment, word)
        if kind != wire.FAR:
            found = Found(wire.shape_of(pointer), segment, word + 1 + wire.offset(pointer))
            _require_within(found)
            return found
        pad_segment = self._segment_at(wire.far_segment(pointer))
        pad = wire.far_offset(pointer)
        pad_words = 2 if wire.far_is_double(pointer) else 1
        if pad + pad_words > pad_segment.used:
            raise PointerOutOfBounds(
                "a landing pad outside its segment", segment=pad_segment.index, offset=pad
            )
        if pad_segment.retired.meets(pad, pad + pad_words):
            raise MalformedMessage(
                "a landing pad that was retired", segment=pad_segment.index, offset=pad
            )
        landing = self.load(pad_segment, pad)
        if pad_words == 1:
            if landing & 3 in (wire.FAR, wire.OTHER):
                raise MalformedMessage(
                    "a landing pad that holds no object", segment=pad_segment.index, offset=pad
                )
            found = Found(wire.shape_of(landing), pad_segment, pad + 1 + wire.offset(landing))
        else:
            shape = self.load(pad_segment, pad + 1)
            if landing & 7 != wire.FAR or shape & 2 or wire.offset(shape) != 0:
                raise MalformedMessage(
                    "a double-far landing pad that is none", segment=pad_segment.index, offset=pad
                )
            target = self._segment_at(wire.far_segment(landing))
            found = Found(shape, target, wire.far_offset(landing))
        found.pad_segment = pad_segment
        found.pad = pad
        found.pad_words = pad_words
        _require_within(found)
        return found

    def composite(self, found: Found) -> tuple[int, int, int]:
        """Answer (elements, data words, pointers) of a composite list, from its tag, checked."""
        word = self.load(found.segment, found.start)
        elements = wire.tag_count(word)
        data_words = wire.struct_data_words(word)
        pointers = wire.struct_pointers(word)
        words = wire.list_count(found.shape)
        if word & 3 != wire.STRUCT or elements * (data_words + pointers) > words:
            raise MalformedMessage(
                f"a composite list of {words} words whose tag says {elements} elements of"
                f" {data_words} + {pointers} words",
                segment=found.segment.index,
                offset=found.start,
            )
        return elements, data_words, pointers

    def _segment_at(self, index: int) -> Segment:
        if index >= len(self.segments):
            raise PointerOutOfBounds(f"a far pointer to segment {index}, which is not there")
        return self.segments[index]

    # -- output and the end ----------------------------------------------------------------------

    def contents(self) -> list[bytes]:
        """Answer a copy of the words handed out of every segment."""
        self.require_idle()
        self.state = _WORKING
        self.ticket = NO_TICKET
        try:
            # Every segment is borrowed, so words lost anywhere are noticed (P5), and every retired
            # word is zero before it is copied (P9).
            return [self.copy_out(segment, 0, segment.used * WORD) for segment in self.segments]
        finally:
            if self.state is _WORKING:
                self.state = _IDLE
                self.ticket = self.epoch

    def close(self) -> None:
        """Release every grant, once. Works in every state but from inside an allocator call.

        After an interrupt it can be called again, and releases what is left.
        """
        if self.state is _CALLING:
            raise self._unavailable()
        self.state = _CLOSED
        self.ticket = NO_TICKET
        count = len(self.segments)
        failures, interrupt = self._release(self.segments)
        if interrupt is not None:
            raise interrupt
        if failures:
            raise ReleaseFailed(
                f"{len(failures)} of {count} segments raised on release, the first"
                f" {told(failures[0])}",
                tuple(failures),
            ) from failures[0]

    def _release(self, segments: list[Segment]) -> tuple[list[Exception], BaseException | None]:
        """Release each grant once, emptying the list; answer what was raised."""
        failures: list[Exception] = []
        interrupt: BaseException | None = None
        state = self.state
        segments.reverse()
        while segments:
            segment = segments.pop()
            segment.memory = None
            segment.lost = True
            try:
                if state is not _CLOSED:
                    self.state = _CALLING
                self.allocator.release(segment.key, segment.written)
            except Exception as error:
                failures.append(error)
            except BaseException as error:
                interrupt = error
            finally:
                self.state = state
        return failures, interrupt


def _declares_stable(allocator: Allocator) -> bool:
    try:
        return getattr(allocator, "stable", False) is True
    except Exception as error:
        raise AllocatorError(f"reading the allocator's 'stable' raised {told(error)}") from error


def _by_place(extent: tuple[Segment, int, int]) -> tuple[int, int, int]:
    segment, start, end = extent
    return segment.index, start, end


def _require_within(found: Found) -> None:
    words = wire.object_words(found.shape)
    if found.start < 0 or found.start + words > found.segment.used:
        raise PointerOutOfBounds(
            f"an object of {words} words at word {found.start} of a segment in which"
            f" {found.segment.used} are handed out",
            segment=found.segment.index,
            offset=found.start,
        )
    if words and found.segment.retired.meets(found.start, found.start + words):
        raise MalformedMessage(
            f"a pointer to word {found.start}, whose object was overwritten or cleared",
            segment=found.segment.index,
            offset=found.start,
        )


def _lost(segment: Segment, words: int | None = None) -> SegmentLost:
    seen = "is gone" if words is None else f"was seen with {words} words"
    return SegmentLost(
        f"segment {segment.index} {seen}; {segment.used} had been handed out",
        segment=segment.index,
        words_asked=segment.used,
        words_granted=words,
    )
