"""One call of a message after the other: how it begins, ends, and is taken back.

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

from collections.abc import Callable
from typing import Final, TypeVar, final

from .._words.arguments import add_note, told
from .._words.exhausted import exhausted, exhausted_when_done
from ..allocator import Allocator, Key
from ..errors import (
    ArgumentTypeError,
    Borrowed,
    Closed,
    Error,
    MessageStateError,
    Reentered,
    ReleaseFailed,
)
from .loan import Loan
from .owner import Owner
from .publishing import PublishingArena, require_stack
from .segment import Segment
from .states import State

T = TypeVar("T")

_IDLE: Final = State.IDLE
_WORKING: Final = State.WORKING
_PUBLISHING: Final = State.PUBLISHING
_PUBLISHED: Final = State.PUBLISHED
_LENT: Final = State.LENT
_CALLING: Final = State.CALLING
_CLOSING: Final = State.CLOSING
_CLOSED: Final = State.CLOSED

#: How deep an allocator's ``release`` may call at least.
_RELEASING_FRAMES: Final = 24


@final
class Arena(PublishingArena):
    """The words of one message.

    It asks the allocator for segments (``granting``), borrows them (``borrowing``) and publishes
    (``publishing``), all of that within calls, which are admitted here.
    """

    __slots__ = ("disowned", "fresh", "owner", "taken_over", "unfinished")

    def __init__(self, allocator: Allocator, limit: int, verifies: bool = False) -> None:
        """Own nothing yet; no segment will be used beyond ``limit`` words.

        An arena that ``verifies`` keeps a private copy of what it writes, and compares (P5v).
        """
        super().__init__(allocator, limit, verifies)
        #: Whose the objects are that the root leads to.
        self.owner: Final = Owner()
        #: Whether it began with a message, which need not be a tree.
        self.taken_over = False
        #: The state in which a call failed, until that was taken back. For want of stack or memory
        #: it may be the next call that does so.
        self.unfinished: State | None = None
        #: The orphan that was disowned last, until it is adopted or dropped. An interrupt may come
        #: before the caller holds it.
        self.disowned: object = None
        #: Segments from this index on were granted by the call under way.
        self.fresh = 0

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled."""
        raise ArgumentTypeError("a message cannot be copied: it would have two owners")

    def require_idle(self) -> None:
        """Raise what keeps the message from serving a call now."""
        if self.unfinished is self.state and self.state is not _IDLE:
            self.abandon(MessageStateError("an earlier call was not taken back yet"))
            if self.state is _PUBLISHED:
                raise exhausted()
        if self.state is _LENT:
            self.settle_loans()
            if self.state is _LENT and self.loans.note_dropped():
                self.settle_loans()
        if self.state is not _IDLE:
            raise self.unavailable()

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
            if not issubclass(kind, Exception):
                # An interrupt passes. The next call takes this one back.
                return
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

    def keep_lent(self, loan: Loan) -> None:
        """Let the caller keep the view that the call under way holds, as a loan."""
        if self.state is not _WORKING:
            raise self.unavailable()
        self.loans.add(loan)
        # Not earlier: a finalizer that closes the message finds the view in one place or the other.
        self._held = None

    def settle_loans(self) -> bool:
        """Forget the loans that are back; with the last one the message takes calls again.

        Return whether nothing is lent any more.
        """
        self.loans.settle()
        if self.loans:
            return False
        if self.state is _LENT:
            self.state = _IDLE
        return True

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
        self.loans.end_all()
        self.settle_loans()
        if self.loans:
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
