"""The ``with`` blocks in which the caller holds views of a message's memory (P4).

:mod:`capnsafe._build.loan` explains how the end of a view is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, final
from weakref import ref

from .._words.arguments import add_note
from ..errors import ArgumentTypeError, Borrowed
from .arena import Arena
from .loan import Loan, Stretch, lend_from
from .states import State

_IDLE: Final = State.IDLE
_LENT: Final = State.LENT

_KEPT: Final = (
    "a part of the lent view is still held, and the message takes no calls until it is dropped"
)


def _uncopyable() -> ArgumentTypeError:
    return ArgumentTypeError(
        "an object that lends memory cannot be copied: each copy would take the memory back"
    )


def _lend(
    arena: Arena, find: Callable[[], Stretch], lender: ref[Any], *, writable: bool, code: str
) -> Loan:
    """Lend the stretch that ``find`` returns. The loan must end, or ``lender`` must die.

    While anything is lent no allocator method runs. So more can be lent only from segments of which
    the caller has a part already, or that stay (``stable``).
    """
    while True:
        if arena.state is _LENT and not arena.settle_loans() and arena.state is _LENT:
            arena.state = _IDLE
        try:
            return arena.serve(lambda: _lend_within(arena, find, lender, writable, code))
        except Borrowed:
            if not arena.note_dropped_loans():
                raise
        finally:
            # Without a call, for which there may be no stack.
            lent = arena.loans is not None and bool(arena.loans.lent)
            arena.state = _LENT if lent and arena.state is _IDLE else arena.state


def _lend_within(
    arena: Arena, find: Callable[[], Stretch], lender: ref[Any], writable: bool, code: str
) -> Loan:
    """Lend a stretch, within a call of the message."""
    stretch = find()
    whole = arena.borrow(stretch[0])
    try:
        loan = lend_from(whole, stretch, lender, writable=writable, code=code)
    except BaseException:
        # No view outlives a call that fails, even by an interrupt.
        arena.give_back(whole)
        raise
    arena.keep_lent(loan)
    return loan


@final
class Lent:
    """A context manager that lends a view during its ``with`` block. It can be used repeatedly.

    If there was no stack or memory to end the block, it counts as ended when this is dropped.
    """

    __slots__ = ("_alive", "_arena", "_code", "_find", "_loan", "_writable")

    def __init__(
        self, arena: Arena, find: Callable[[], Stretch], *, writable: bool, code: str = "B"
    ) -> None:
        """Make a context manager. ``find`` is called at the start of each block."""
        self._arena = arena
        self._find = find
        self._writable = writable
        self._code = code
        self._loan: Loan | None = None
        #: Dropped with this. (A compiled class supports no weak references.)
        self._alive: set[None] = set()

    def __reduce__(self) -> str:
        """Refuse copying and pickling."""
        raise _uncopyable()

    def __enter__(self) -> memoryview[Any]:
        """Lend the view."""
        if self._loan is not None:
            raise Borrowed("this view is lent already; end its with block first")
        self._loan = _lend(
            self._arena, self._find, ref(self._alive), writable=self._writable, code=self._code
        )
        return self._loan.view

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the view back, or raise ``Borrowed`` if a part of it was kept.

        An exception that leaves the block is not replaced.
        """
        loan = self._loan
        loans = self._arena.loans
        if loan is None or loans is None:
            return
        # This needs no stack. If anything fails after it, the next call takes the view back.
        loans.over[loan] = None
        self._loan = None
        self._arena.settle_loans()
        if not loans.has(loan):
            return
        if exception is None:
            raise Borrowed(_KEPT, segment=loan.segment.index)
        add_note(exception, f"and {_KEPT}")


@final
class LentTogether:
    """A context manager that lends several views during its ``with`` block: all or none."""

    __slots__ = ("_count", "_entered", "_lend")

    def __init__(self, count: Callable[[], int], lend: Callable[[int], Lent]) -> None:
        """Make a context manager. ``count`` is called after the first view was lent."""
        self._count = count
        self._lend = lend
        self._entered: list[Lent] = []

    def __reduce__(self) -> str:
        """Refuse copying and pickling."""
        raise _uncopyable()

    def __enter__(self) -> list[memoryview[Any]]:
        """Lend the views, in their order."""
        views: list[memoryview[Any]] = []
        try:
            while not views or len(views) < self._count():
                one = self._lend(len(views))
                views.append(one.__enter__())
                self._entered.append(one)
        except BaseException as error:
            # All or none are lent, also after an interrupt.
            views.clear()
            self._end(error)
            raise
        return views

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take all views back, or raise ``Borrowed`` if a part of one was kept."""
        self._end(exception)

    def _end(self, exception: BaseException | None) -> None:
        kept: Borrowed | None = None
        while self._entered:
            try:
                self._entered.pop().__exit__(None, exception, None)
            except Borrowed as error:
                kept = error
        if kept is not None:
            raise kept
