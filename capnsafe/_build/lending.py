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
    "a part of the view that was lent is still held, and the message takes no call until it is not"
)


def _uncopyable() -> ArgumentTypeError:
    return ArgumentTypeError("what lends memory cannot be copied: each copy would give it back")


def _lend(
    arena: Arena, find: Callable[[], Stretch], lender: ref[Any], *, writable: bool, code: str
) -> Loan:
    """Lend the stretch that ``find`` finds; ``_end`` must follow while ``lender`` lives.

    While something is lent no allocator method runs: more can be lent only of segments that
    the caller has, or that stay (``stable``).
    """
    while True:
        if arena.state is _LENT and not arena.settle_loans() and arena.state is _LENT:
            arena.state = _IDLE
        try:
            return arena.serve(lambda: _lend_within(arena, find, lender, writable, code))
        except Borrowed:
            if arena.loans.note_dropped():
                continue
            raise
        finally:
            if arena.loans and arena.state is _IDLE:
                arena.state = _LENT


def _lend_within(
    arena: Arena, find: Callable[[], Stretch], lender: ref[Any], writable: bool, code: str
) -> Loan:
    """Lend a stretch, within a call of the message."""
    stretch = find()
    whole = arena.borrow(stretch[0])
    try:
        loan = lend_from(whole, stretch, lender, writable=writable, code=code)
    except BaseException:
        arena.give_back(whole)
        raise
    arena.keep_lent(loan)
    return loan


def _end(arena: Arena, loan: Loan) -> bool:
    """Take a loan back; return whether nothing of it was kept."""
    arena.loans.over[loan] = None
    arena.settle_loans()
    return loan not in arena.loans


@final
class Lent:
    """Lends a view for as long as a ``with`` block lasts; each block borrows anew.

    Where there was no stack or memory to end the block, it counts as ended when this is dropped.
    """

    __slots__ = ("__weakref__", "_arena", "_code", "_find", "_loan", "_writable")

    def __init__(
        self, arena: Arena, find: Callable[[], Stretch], *, writable: bool, code: str = "B"
    ) -> None:
        """Borrow nothing yet: ``find`` says later what is to be lent."""
        self._arena = arena
        self._find = find
        self._writable = writable
        self._code = code
        self._loan: Loan | None = None

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled."""
        raise _uncopyable()

    def __enter__(self) -> memoryview[Any]:
        """Lend the view."""
        if self._loan is not None:
            raise Borrowed("this view is lent already")
        self._loan = _lend(
            self._arena, self._find, ref(self), writable=self._writable, code=self._code
        )
        return self._loan.view

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the view back; raises ``Borrowed`` where a part of it was kept.

        An exception that is on its way is not replaced by another.
        """
        loan = self._loan
        if loan is None:
            return
        # This takes no stack. Whatever fails behind it, the next call takes the view back.
        self._arena.loans.over[loan] = None
        self._loan = None
        if _end(self._arena, loan):
            return
        if exception is None:
            raise Borrowed(_KEPT, segment=loan.segment.index)
        add_note(exception, f"and {_KEPT}")


@final
class LentTogether:
    """Lends several views for as long as a ``with`` block lasts: all of them, or none."""

    __slots__ = ("_count", "_entered", "_lend")

    def __init__(self, count: Callable[[], int], lend: Callable[[int], Lent]) -> None:
        """Borrow nothing yet: ``count`` says how many there are once the first one is lent."""
        self._count = count
        self._lend = lend
        self._entered: list[Lent] = []

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled."""
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
        """Take all of them back; raises ``Borrowed`` where a part of one was kept."""
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
