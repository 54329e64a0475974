"""The calls of a message: how each begins, ends, and is undone.

Every call of the message, including one that only reads, is between ``begin`` and ``finish``;
``abandon`` undoes a call that fails. In between the state is not ``IDLE``, and all other calls are
refused. Foreign code can run at almost any moment of a call (P10): when the allocator is called,
when a view is given back and the object behind it is finalized, and when the garbage collector
runs. So a call checks its handle after ``begin``, and uses nothing that it read before. Only
``close`` is served in between. It takes back the view that is held, so that nothing more can be
written, and the interrupted call raises ``Closed`` when it ends.

A call that changes a pointer prepares a :class:`~capnsafe._build.draft.Draft` before it publishes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, final

from .._words.arguments import add_note, error_text
from .._words.exhausted import exhausted, exhausted_when_done, stack_check
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
from .granting import Grow
from .loan import Loan, Loans
from .owner import Owner
from .publishing import PublishingArena
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

#: Checks the depth of calls that is always left to an allocator's ``release``.
_require_stack_to_release: Final = stack_check(24)


@final
class Arena(PublishingArena):
    """The words of one message.

    The base classes ask the allocator for segments (:mod:`capnsafe._build.granting`), borrow them
    (:mod:`capnsafe._build.borrowing`) and publish (:mod:`capnsafe._build.publishing`). This class
    admits the calls in which they do so.
    """

    __slots__ = ("_fresh", "disowned", "owner", "resumed", "unfinished")

    def __init__(
        self, allocator: Allocator, limit: int, verifies: bool, stable: bool, grow: Grow | None
    ) -> None:
        """Make an arena without segments.

        Args:
            allocator: The owner of the memory.
            limit: The most words of one segment that are used.
            verifies: Whether to keep a private copy of everything written, and compare (P5v).
            stable: Whether the allocator promises that its memory stays in its place.
            grow: The allocator's method ``grow``, if it has one.
        """
        super().__init__(allocator, limit, verifies, stable, grow)
        #: The owner of the objects below the root.
        self.owner: Final = Owner()
        #: Whether the message was resumed. Then its pointers need not form a tree.
        self.resumed = False
        #: The state in which a call failed, until it is undone. If stack or memory ran out, the
        #: next call undoes it.
        self.unfinished: State | None = None
        #: The orphan that was disowned last, until it is adopted or dropped. An interrupt may come
        #: before the caller holds it.
        self.disowned: object = None
        #: Segments from this index on were granted in the current call. Each call sets it for the
        #: next one when it ends.
        self._fresh = 0

    def __reduce__(self) -> str:
        """Refuse copying and pickling."""
        raise ArgumentTypeError("a message cannot be copied: its memory would have two owners")

    def require_idle(self) -> None:
        """Raise ``MessageStateError`` if the message cannot serve a call now."""
        if self.unfinished is self.state and self.state is not _IDLE:
            self.abandon(MessageStateError("an earlier call is not undone yet"))
            if self.state is _PUBLISHED:
                raise exhausted()
        if self.state is _LENT:
            self.settle_loans()
            if self.state is _LENT and self.note_dropped_loans():
                self.settle_loans()
        if self.state is not _IDLE:
            raise self.unavailable()

    def resume(self, grants: list[tuple[Key, int]]) -> None:
        """Begin with grants that were made before: (key, words in use), in order of the segments.

        If this raises, nothing is released, and the arena must not be used.
        """
        self.begin()
        self.resumed = True
        for index, (key, used) in enumerate(grants):
            self.segments.append(Segment(index, key))
            self._resume(self.segments[index], used)
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
            # Whatever ends the call, an interrupt included, it is undone.
            self.unfinished = self.state
            self.abandon(error)
            raise
        return value

    def begin(self) -> None:
        """Begin a call, and refuse others until ``finish`` or ``abandon``, which must follow."""
        if self.state is not _IDLE:
            self.require_idle()
        self.state = _WORKING

    def finish(self) -> None:
        """End a call that has published, or has nothing to publish.

        All views must be given back before. Giving one back can run the allocator's code, which may
        call the message; if it closed the message, this raises ``Closed``.
        """
        if self.state is _PUBLISHED:
            try:
                self._follow_up()
            except (RecursionError, MemoryError):
                # The call has done its work, and its result must reach its caller. The next call
                # does the bookkeeping.
                self.unfinished = self.state
                return
        if self.filling:
            self.forget_filled()
        self._fresh = len(self.segments)
        # Checked last, because the garbage collector can close the message in any call before.
        if self.state is not _PUBLISHED and self.state is not _WORKING:
            raise self.unavailable()
        self.state = _IDLE

    def abandon(self, error: BaseException) -> None:
        """Undo a call that ended with ``error``, unless it had published.

        The handler that calls this has set ``unfinished``. So the next call does it if there is too
        little stack or memory now.

        Raises:
            Exhausted: Instead of a ``RecursionError`` or ``MemoryError``.
            Closed: Instead of any ``Exception``, if the message was closed meanwhile. The call
                could have met the released memory in many ways.
        """
        kind = type(error)
        done = self.state is _PUBLISHED or self.state is _IDLE
        try:
            # Cleared first, so that no call from inside does it a second time.
            self.unfinished = None
            if self.state is _PUBLISHED:
                self.finish()
            elif self.state is _WORKING or self.state is _CALLING:
                self._roll_back(error)
            # In all other states there is nothing to undo: the call was interrupted during
            # publication, and the message is poisoned; or the call is done; or the message closed.
        except (RecursionError, MemoryError):
            self.unfinished = self.state
            if not issubclass(kind, Exception):
                # The interrupt passes unchanged. The next call undoes this one.
                return
            failure = exhausted_when_done() if done else exhausted()
            failure.done = done
            raise failure from error
        except BaseException:
            # The next call undoes this one, also after an interrupt.
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
            add_note(error, "the message's call had done its work when this was raised")

    def _roll_back(self, error: BaseException) -> None:
        """Release the grants of the current call. It has changed nothing else."""
        # An interrupt may have come between the plan of a publication and the publication.
        self._following = None
        if self._arrived or len(self.segments) > self._fresh:
            # A release for which there is no stack would count as done.
            _require_stack_to_release()
        self.forget_filled()
        self._take_in()
        if len(self.segments) > self._fresh:
            if self.loss is not None and self.loss.index >= self._fresh:
                self.loss = None
            if self._neighbours is not None:
                self._neighbours.forget(self._fresh, len(self.segments))
        failures, interrupt = self._release(self.segments, self._fresh)
        if self.state is not _CLOSED:
            self.state = _IDLE
        for failure in failures:
            add_note(error, f"releasing an unused grant also raised {error_text(failure)}")
        if interrupt is not None:
            raise interrupt

    def keep_lent(self, loan: Loan) -> None:
        """Record a loan, whose view the caller keeps when the current call ends."""
        if self.loans is None:
            self.loans = Loans()
        loans = self.loans
        # Nothing is called from here on, because the garbage collector could close the message.
        if self.state is not _WORKING:
            raise self.unavailable()
        loans.lent[loan] = None
        if not loan.private:
            loans.shown[loan] = None
        # Not earlier, so that a finalizer that closes the message always finds the view.
        self._held = None

    def note_dropped_loans(self) -> bool:
        """Mark loans as over whose ``Lent`` was dropped; return whether there were any."""
        return self.loans is not None and self.loans.note_dropped()

    def settle_loans(self) -> bool:
        """Forget the loans that are back; return whether nothing is lent any more.

        After the last one, the message takes calls again.
        """
        loans = self.loans
        if loans is not None and loans.settle():
            return False
        if self.state is _LENT:
            self.state = _IDLE
        return True

    def close(self) -> None:
        """Release every grant, once. Works in every state except from inside an allocator call.

        After an interrupt it can be called again, and releases the rest. Lent views are taken back
        first, and raise ``ValueError`` when they are used. The view of a call that is interrupted
        by this is taken back, too, and that call raises ``Closed``. In the middle of a single write
        that is not possible, and this raises ``Reentered``.
        """
        try:
            _require_stack_to_release()
        except RecursionError as error:
            raise exhausted() from error
        if self.state is _CALLING:
            raise self.unavailable()
        held = self._held
        if held is not None:
            try:
                held.release()
            except BufferError:  # pragma: no cover
                # Tests reach this from a profile function, which is not traced.
                raise Reentered(
                    "the message is in the middle of a write; close it again afterwards"
                ) from None
            self._held = None
        if self.loans is not None:
            self.loans.end_all()
            if not self.settle_loans():
                raise Borrowed(
                    "a part of a lent view is still held, so nothing was released; drop it and"
                    " close again"
                )
        if self.state is _CLOSING:
            return  # Called from inside a call of ``release``, while this is being done.
        # A second attempt continues where the first one was interrupted.
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
                f"the allocator's method 'release' raised for {len(failures)} of {count} segments,"
                f" first {error_text(failures[0])}",
                tuple(failures),
            ) from failures[0]
