"""Which words are whose: grants, borrows, publication, retirement, releases.

Why borrow so late. Builders elsewhere ask for a segment once and keep its address: fast, and wrong
as soon as the memory moves, shrinks or is refused. Three ways out were weighed: pin the memory
(capnproto-rust makes the trait ``unsafe`` and demands it; a WebAssembly guest cannot promise it);
go through accessors for each word (slow, and nothing can be read back); or keep offsets and ask
where the segment is whenever it is touched. This is the third. A borrow lasts for one stretch of
reading and writing, in which no allocator method runs; what is needed from another segment is
copied out first.

Every call of the message, also one that only reads, lies between ``begin`` and ``finish``; a call
that fails is taken back by ``abandon``. In between the state is not ``IDLE``, and all other calls
are refused. Foreign code can run at almost any moment of a call (P10): when the allocator is
called, when a view is given back and the object behind it is finalized, when the garbage collector
runs. So a call checks its handle after ``begin``, and uses nothing that it read before. One call is
let in nevertheless: ``close``. It takes back the view that is held, so that nothing more can be
written, and the interrupted call raises ``Closed`` as it ends.

A call that changes a pointer prepares a :class:`~capnsafe._build.draft.Draft` before it publishes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from operator import methodcaller
from typing import Any, Final, TypeAlias, TypeVar, cast
from weakref import ref

from .. import wire
from .._words.arguments import Raised, add_note, attribute, call, call_once, told
from .._words.buffers import octets_of_segment
from .._words.exhausted import exhausted, exhausted_when_done
from ..allocator import Allocator, Key
from ..errors import (
    AllocationRefused,
    ArgumentTypeError,
    Borrowed,
    BorrowRefused,
    Closed,
    Error,
    GrantTooSmall,
    MessageStateError,
    MessageTooLarge,
    Reentered,
    ReleaseFailed,
)
from ..wire import WORD_BYTES
from .loan import Loan, Stretch, lend_from, lent_already
from .neighbours import Neighbours
from .owner import Owner
from .segment import Extent, Segment, View, load, segment_lost
from .states import State, unavailable

T = TypeVar("T")


class Shrank(Exception):
    """A segment became too short for what was just reserved in it: plan anew."""


_IDLE: Final = State.IDLE
_WORKING: Final = State.WORKING
_PUBLISHING: Final = State.PUBLISHING
_PUBLISHED: Final = State.PUBLISHED
_LENT: Final = State.LENT
_CALLING: Final = State.CALLING
_CLOSING: Final = State.CLOSING
_CLOSED: Final = State.CLOSED


#: Takes a place among the grants that have arrived.
_NO_GRANT: Final = -1

_Following: TypeAlias = (
    "tuple[Segment, int, dict[Segment, int], list[tuple[int, bytes]], int, list[int], list[Extent],"
    " list[Extent] | None, Callable[[], None] | None]"
)

_Releasing: TypeAlias = tuple[Segment, Any, defaultdict[int, object]]

#: How deep an allocator's ``release`` may call at least.
_RELEASING_FRAMES: Final = 24

#: How deep publication calls, calls of built-in functions included, and some more.
_PUBLISHING_FRAMES: Final = 8


def require_stack(frames: int) -> None:
    """Raise ``RecursionError`` if calls cannot be nested so deep from here on."""
    if frames > 1:
        require_stack(frames - 1)


class Arena:
    """The words of one message."""

    __slots__ = (
        "__weakref__",
        "_arrived",
        "_following",
        "_grow",
        "_held",
        "_loans",
        "_neighbours",
        "_releasing",
        "_shown",
        "_stable",
        "allocator",
        "disowned",
        "epoch",
        "filling",
        "fresh",
        "handed_out",
        "limit",
        "loss",
        "over",
        "owner",
        "segments",
        "state",
        "taken_over",
        "unfinished",
        "verifies",
    )

    def __init__(self, allocator: Allocator, limit: int, verifies: bool = False) -> None:
        """Own nothing yet; no segment will be used beyond ``limit`` words.

        An arena that ``verifies`` keeps a private copy of what it writes, and compares (P5v).
        """
        self.allocator = allocator
        self.limit = limit
        #: Whose the objects are that the root leads to.
        self.owner = Owner()
        self.segments: list[Segment] = []
        #: The first of the segments that lost words, as far as is known.
        self.loss: Segment | None = None
        #: Words handed out of all segments together.
        self.handed_out = 0
        #: Whether it began with a message, which need not be a tree.
        self.taken_over = False
        self.state = _IDLE
        #: Counts retirements: see ``capnsafe._build.lease``.
        self.epoch = 0
        #: The state in which a call failed, until that was taken back. For want of stack or memory
        #: it may be the next call that does so.
        self.unfinished: State | None = None
        self.verifies = verifies
        # What is kept is written to at once, past the private copy.
        self._stable = attribute(allocator, "stable") is True and not verifies
        grow = attribute(allocator, "grow")
        self._grow: Callable[[Key, int], object] | None = grow if callable(grow) else None
        #: The view that the call under way holds. It may be out of date where there is no call.
        self._held: memoryview | None = None
        #: What the caller holds, in the order in which it was lent.
        self._loans: dict[Loan, None] = {}
        #: Those of them that are no private copies, and those whose ``with`` block is over.
        self._shown: dict[Loan, None] = {}
        self.over: dict[Loan, None] = {}
        #: What is still to be noted of what was published: the arguments of ``publish``, and the
        #: words handed out and the epoch after it.
        self._following: _Following | None = None
        #: The orphan that was disowned last, until it is adopted or dropped. An interrupt may come
        #: before the caller holds it.
        self.disowned: object = None
        #: Segments in which the call under way has filled words.
        self.filling: list[Segment] = []
        #: Segments from this index on were granted by the call under way.
        self.fresh = 0
        #: The key of a grant that has no segment yet, by the index that it will have.
        self._arrived: defaultdict[int, Key] = defaultdict()
        #: The segment whose grant is being released, an iterator that is used up as the allocator
        #: is called, and what it returned.
        self._releasing: _Releasing | None = None
        self._neighbours = Neighbours()

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled."""
        raise ArgumentTypeError("a message cannot be copied: it would have two owners")

    # -- admission -------------------------------------------------------------------------------

    def require_idle(self) -> None:
        """Raise what keeps the message from serving a call now."""
        if self.unfinished is self.state and self.state is not _IDLE:
            self.abandon(MessageStateError("an earlier call was not taken back yet"))
            if self.state is _PUBLISHED:
                raise exhausted()
        if self.state is _LENT:
            self._settle_loans()
            if self.state is _LENT and self._note_dropped():
                self._settle_loans()
        if self.state is not _IDLE:
            raise self.unavailable()

    def unavailable(self) -> MessageStateError:
        """Return the error for a call that cannot be served, or cannot go on."""
        return unavailable(self.state)

    # -- borrowing -------------------------------------------------------------------------------

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

    def _ask(self, segment: Segment) -> memoryview:
        """Ask the allocator where a segment is now."""
        if self._shown:
            return lent_already(self._shown, segment)
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

    # -- granting --------------------------------------------------------------------------------

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
            self._arrived[_NO_GRANT] = None
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

    def take_over(self, grants: list[tuple[Key, int]]) -> None:
        """Begin with grants that were made before: (key, words in use), in order of the segments.

        If this raises, nothing is released, and the arena is good for nothing.
        """
        self.begin()
        self.taken_over = True
        for index, (key, used) in enumerate(grants):
            self.segments.append(Segment(index, key))
            self._take_over(self.segments[index], used)
        self.finish()

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

    # -- one call after the other ----------------------------------------------------------------

    def serve(self, body: Callable[[], T]) -> T:
        """Run a call of the message from its beginning to its end."""
        try:
            self.begin()
        except RecursionError as error:
            raise exhausted() from error
        try:
            value = body()
            self.finish()
        except BaseException as error:
            self.unfinished = self.state
            self.abandon(error)
            raise
        return value

    def begin(self) -> None:
        """Admit a call, and no other until it ends: ``finish`` or ``abandon`` must follow."""
        if self.state is not _IDLE:
            self.require_idle()
        self.state = _WORKING
        self.fresh = len(self.segments)

    def note_filled(self, segment: Segment, end: int) -> None:
        """Note that the call under way has filled words up to ``end``."""
        if segment.filled == 0:
            self.filling.append(segment)
        segment.filled = max(segment.filled, end)

    def forget_filled(self) -> None:
        """Forget what the call under way has filled: it is handed out, or planned anew."""
        while self.filling:
            self.filling.pop().filled = 0

    def finish(self) -> None:
        """End a call that has published, or has nothing to publish; all views are given back.

        Not earlier: giving a view back can run code of the allocator's, which may call in here.
        Raises ``Closed`` if it closed the message.
        """
        if self.state is _PUBLISHED:
            try:
                self._follow_up()
            except (RecursionError, MemoryError):
                # The call has done its work, and what it returns must reach its caller. The next
                # call notes what follows from it.
                self.unfinished = self.state
                return
        if self.filling:
            self.forget_filled()
        if self.state is not _PUBLISHED and self.state is not _WORKING:
            raise self.unavailable()
        self.state = _IDLE

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
        """Make the message say what was prepared, and retire what it said before.

        ``writes`` are (byte, octets) in ``view``, the borrowed memory of ``slot``; ``marks`` the
        words handed out of each segment; ``replaced`` the words of the slots whose old value goes,
        be it ``retired`` or ``disowned``. ``then`` makes what is known beside the message current,
        and does not fail. No allocator method runs in here, so nothing of it can fail.
        """
        # Publication must not fail half-way: all that needs memory of Python's is made before, and
        # there is room on the stack for all that is called.
        simple = len(writes) <= 1 and slot.shadow is None
        if simple and not (replaced or retired or disowned or then):
            at, value = writes[0] if writes else (0, b"")
            place = slice(at, at + len(value))
            # If this fails, words stay unused.
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
        # Handles that the call makes are of the new epoch.
        self.epoch = epoch
        try:
            self._follow_up()
            if slot.unzeroed:
                slot.zero_retired(view)
        except (RecursionError, MemoryError):
            # ``finish`` goes on, or the next call.
            return

    def _follow_up(self) -> None:
        """Note what follows from a publication. If it fails, it can be done again."""
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

    def abandon(self, error: BaseException) -> None:
        """Take back a call that ended with ``error``, unless it had published.

        The handler that calls this notes in ``unfinished`` that it has to be done: the next call
        does it, if there is too little stack or memory now. Raises ``Exhausted`` instead of the
        ``RecursionError`` or ``MemoryError`` by which a call ends, and ``Closed`` instead of any
        ``Exception`` if the message was closed meanwhile: the call found the memory gone, and would
        tell that in many ways.
        """
        kind = type(error)
        done = self.state is _PUBLISHED or self.state is _IDLE
        try:
            # From here on it is being done: no call from inside it does it once more.
            self.unfinished = None
            if self.state is _PUBLISHED:
                self.finish()
            elif self.state is _WORKING or self.state is _CALLING:
                self._roll_back(error)
            # Else interrupted within publication: poisoned. Or behind it: done, or closed.
        except (RecursionError, MemoryError):
            self.unfinished = self.state
            failure = exhausted_when_done() if done else exhausted()
            failure.done = done
            raise failure from error
        except BaseException:
            self.unfinished = self.state
            raise
        if self.state is _CLOSED and issubclass(kind, Exception) and kind is not Closed:
            raise self.unavailable() from None
        if issubclass(kind, (RecursionError, MemoryError)):
            if self.state is _PUBLISHING:
                raise self.unavailable() from error
            failure = exhausted_when_done() if done else exhausted()
            failure.done = done
            raise failure from error
        if done and not issubclass(kind, Error):
            add_note(error, "the call of the message had done its work when this was raised")

    def _roll_back(self, error: BaseException) -> None:
        """Release the grants of the call under way. Its marks never moved."""
        if self._arrived or len(self.segments) > self.fresh:
            # A release that cannot be called would count as done.
            require_stack(_RELEASING_FRAMES)
        self.forget_filled()
        self._take_in()
        if len(self.segments) > self.fresh:
            if self.loss is not None and self.loss.index >= self.fresh:
                self.loss = None
            self._neighbours.forget(self.fresh, len(self.segments))
        failures, interrupt = self._release(self.segments, self.fresh)
        if self.state is not _CLOSED:
            self.state = _IDLE
        for failure in failures:
            add_note(error, f"and releasing a grant that was not used raised {told(failure)}")
        if interrupt is not None:
            raise interrupt

    # -- lending ---------------------------------------------------------------------------------

    def lend(
        self, find: Callable[[], Stretch], lender: ref[Any], *, writable: bool, code: str = "B"
    ) -> Loan:
        """Lend the stretch that ``find`` finds; ``end_loan`` must follow while ``lender`` lives.

        While something is lent no allocator method runs: more can be lent only of segments that
        the caller has, or that stay (``stable``).
        """
        while True:
            if self.state is _LENT and not self._settle_loans() and self.state is _LENT:
                self.state = _IDLE
            try:
                return self.serve(lambda: self._lend(find, lender, writable, code))
            except Borrowed:
                if not self._note_dropped():
                    raise
            finally:
                if self._loans and self.state is _IDLE:
                    self.state = _LENT

    def _lend(
        self, find: Callable[[], Stretch], lender: ref[Any], writable: bool, code: str
    ) -> Loan:
        stretch = find()
        whole = self.borrow(stretch[0])
        try:
            loan = lend_from(whole, stretch, lender, writable=writable, code=code)
        except BaseException:
            self.give_back(whole)
            raise
        self._held = None
        if self.state is not _WORKING:
            raise self.unavailable()
        self._loans[loan] = None
        if not loan.private:
            self._shown[loan] = None
        return loan

    def end_loan(self, loan: Loan) -> bool:
        """Take a loan back; answer whether nothing of it was kept."""
        self.over[loan] = None
        self._settle_loans()
        return loan not in self._loans

    def _note_dropped(self) -> bool:
        """Note loans as over whose ``Lent`` is no more; return whether there were any.

        Python drops it where there was no stack to end the ``with`` block.
        """
        dropped = [loan for loan in self._loans if loan not in self.over and not loan.lender()]
        for loan in dropped:
            self.over[loan] = None
        return bool(dropped)

    def _settle_loans(self) -> bool:
        """Forget the loans that are over; with the last one the message takes calls again.

        Answers whether nothing is lent any more.
        """
        # Only these can be back: who lends a thousand segments ends a thousand loans.
        for loan in tuple(self.over):
            loan.end()
            # Giving a view back can run code of the allocator's, which may call in here, and lend.
            if loan.is_back():
                # In this order nothing is held back by a loan that is back, whatever comes between.
                self._shown.pop(loan, None)
                self._loans.pop(loan, None)
                self.over.pop(loan, None)
        if self._loans:
            return False
        if self.state is _LENT:
            self.state = _IDLE
        return True

    # -- output and the end ----------------------------------------------------------------------

    def put_out(self, write: Callable[[bytes | memoryview], object]) -> None:
        """Hand the words handed out of each segment to ``write``, which copies and calls nobody.

        Only within a call.
        """
        # Every segment is borrowed, so words lost anywhere are noticed (P5), and every retired
        # word is zero before it is copied (P9).
        for segment in self.segments:
            self._emit(segment, segment.used * WORD_BYTES, write)

    def _emit(
        self, segment: Segment, size: int, write: Callable[[bytes | memoryview], object]
    ) -> None:
        if self.verifies:
            # What is emitted is the copy that was compared (P5v).
            write(self.copy_out(segment, 0, size))
            return
        view = self.borrow(segment)
        try:
            with view[:size] as words:
                write(words)
        finally:
            self.give_back(view)

    def close(self) -> None:
        """Release every grant, once. Works in every state but from inside an allocator call.

        After an interrupt it can be called again, and releases what is left. What is lent is taken
        back first: the views raise ``ValueError`` from then on. So is what a call under way holds,
        which then raises ``Closed``; in the middle of one write it is refused.
        """
        try:
            require_stack(_RELEASING_FRAMES)
        except RecursionError as error:
            raise exhausted() from error
        if self.state is _CALLING:
            raise self.unavailable()
        held = self._held
        if held is not None:
            try:
                held.release()
            except BufferError:
                raise Reentered("the message is in the middle of a write, close it again") from None
            self._held = None
        for loan in tuple(self._loans):
            self.over[loan] = None
        self._settle_loans()
        if self._loans:
            raise Borrowed(
                "a part of a view that was lent is still held: nothing is released yet, close again"
                " when it is let go"
            )
        if self.state is _CLOSING:
            return  # From inside one of the calls of release: it is being done.
        # A second attempt goes on where the first one was interrupted.
        closed = self.state is _CLOSED
        try:
            self.state = _CLOSING
            self.disowned = None
            self._take_in()
            count = len(self.segments)
            if not closed:
                self.segments.reverse()
            failures, interrupt = self._release(self.segments)
        finally:
            self.state = _CLOSED
        if interrupt is not None:
            raise interrupt
        if failures:
            raise ReleaseFailed(
                f"{len(failures)} of {count} segments raised on release, the first"
                f" {told(failures[0])}",
                tuple(failures),
            ) from failures[0]

    def _take_in(self) -> None:
        """Make a segment of a grant whose call was interrupted before it had one."""
        for index, key in tuple(self._arrived.items()):
            if index == len(self.segments) and index != _NO_GRANT:
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
