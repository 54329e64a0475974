"""Views of a message's memory that are lent to the caller, and how they come back (P4).

A caller who fills a million numbers wants the memory itself, and no call for each. So it is lent by
name, in a ``with`` block, and while it is out no allocator method runs: the memory cannot move away
below the view. That rests on knowing when the view is back. ``memoryview.release`` says so for
arrays made over the view (it raises ``BufferError``), but not for slices and casts of it, which
share the export below it. From Python 3.12 on a class can export a buffer and count; 3.11 cannot.
A third way works in both, and is taken here: between the segment and the view stands a ctypes array
that nobody else knows. Whatever is made of the view, however often, refers to that array, so it
dies with the last of them, and not before.

What a caller copied as an address, as numpy's ``ctypes.data`` has it, cannot be seen by anybody.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from ctypes import c_ubyte
from pickle import PickleBuffer
from typing import Any, TypeAlias, final
from weakref import ref

from ..errors import Borrowed
from .segment import Segment

#: What is lent: (segment, first byte, bytes).
Stretch: TypeAlias = tuple[Segment, int, int]


@final
class Loan:
    """A stretch of memory that the caller holds.

    With ``private`` the memory is a copy, of which nothing is written back.
    """

    __slots__ = (
        "_between",
        "_size",
        "_start",
        "_whole",
        "ended",
        "lender",
        "private",
        "segment",
        "view",
    )

    def __init__(
        self,
        stretch: Stretch,
        whole: memoryview,
        lender: ref[Any],
        *,
        writable: bool,
        private: bool,
        code: str,
    ) -> None:
        """Lend a stretch of ``whole``, a borrowed view, as items of the native format ``code``."""
        segment, start, size = stretch
        self.segment = segment
        #: Whose ``with`` block it is. It is over when that is no more.
        self.lender = lender
        self.private = private
        #: Whether the ``with`` block is over.
        self.ended = False
        self._whole = whole
        self._start = start
        self._size = size
        self._between: ref[Any] | None = None
        if size == 0:
            # An empty view cannot be cast, and there is nothing in it to keep.
            self.view: memoryview[Any] = memoryview(array(code))
        else:
            # ctypes would hold a view beside this one, which could be released meanwhile.
            between = (c_ubyte * size).from_buffer(PickleBuffer(whole), start)
            self._between = ref(between)
            self.view = memoryview(between).cast("B")
            if code != "B":
                # mypy knows formats as literals only; these are those of Element.
                self.view = self.view.cast(code)  # type: ignore[call-overload]
        if not writable:
            self.view = self.view.toreadonly()

    def memory(self) -> memoryview:
        """Return the memory of the segment as it was lent; not for copies."""
        return memoryview(self._whole)

    def end(self) -> None:
        """End the ``with`` block. What the caller wrote is the message's own writing (P5v)."""
        if self.ended:
            return
        shadow = self.segment.shadow
        if shadow is not None and not self.private:
            stop = self._start + self._size
            shadow[self._start : stop] = self._whole[self._start : stop]
        self.ended = True

    def is_back(self) -> bool:
        """Return whether nothing of the view is held by anybody; the block is over."""
        try:
            self.view.release()
        except BufferError:
            return False
        if self._between is not None and self._between() is not None:
            return False
        self._whole.release()
        return True


def lend_from(
    whole: memoryview, stretch: Stretch, lender: ref[Any], *, writable: bool, code: str
) -> Loan:
    """Lend a stretch of ``whole``, the borrowed memory of its segment, which the loan then holds.

    What is compared with a private copy (P5v), and not to be written to, is lent as a copy.
    """
    segment, start, size = stretch
    if segment.shadow is None:
        return Loan(stretch, whole, lender, writable=writable, private=False, code=code)
    octets = bytes(whole[start : start + size])
    segment.require_unchanged(start, octets)
    if writable:
        return Loan(stretch, whole, lender, writable=True, private=False, code=code)
    # What was compared is what is seen, whatever happens to the memory.
    whole.release()
    copy = memoryview(bytearray(octets))
    return Loan((segment, 0, size), copy, lender, writable=False, private=True, code=code)


def lent_already(loans: Iterable[Loan], segment: Segment) -> memoryview:
    """Return the memory of a segment of which the caller has a part.

    ``loans`` are all that the caller has, private copies left out: one at least. Raises
    ``Borrowed`` where they are parts of other segments.
    """
    for loan in loans:
        if loan.segment is segment:
            return loan.memory()
    raise Borrowed(
        f"segment {segment.index} cannot be looked at while a part of another one is lent:"
        " the allocator may move that one when it is asked",
        segment=segment.index,
    )


@final
class Loans:
    """All that the caller of one message holds."""

    __slots__ = ("_all", "over", "shown")

    def __init__(self) -> None:
        """Nothing is lent yet."""
        #: In the order in which it was lent.
        self._all: dict[Loan, None] = {}
        #: Those of them that are no private copies, and those whose ``with`` block is over.
        self.shown: dict[Loan, None] = {}
        self.over: dict[Loan, None] = {}

    def __bool__(self) -> bool:
        """Return whether anything is lent."""
        return bool(self._all)

    def __contains__(self, loan: Loan) -> bool:
        """Return whether a loan is not back."""
        return loan in self._all

    def add(self, loan: Loan) -> None:
        """Note a new loan."""
        self._all[loan] = None
        if not loan.private:
            self.shown[loan] = None

    def note_dropped(self) -> bool:
        """Note loans as over whose ``Lent`` is no more; return whether there were any.

        Python drops it where there was no stack to end the ``with`` block.
        """
        dropped = [loan for loan in self._all if loan not in self.over and not loan.lender()]
        for loan in dropped:
            self.over[loan] = None
        return bool(dropped)

    def end_all(self) -> None:
        """Note all loans as over."""
        for loan in tuple(self._all):
            self.over[loan] = None

    def settle(self) -> None:
        """Forget the loans that are over and back."""
        # Only these can be back: who lends a thousand segments ends a thousand loans.
        for loan in tuple(self.over):
            loan.end()
            # Giving a view back can run code of the allocator's, which may call in here, and lend.
            if loan.is_back():
                # In this order nothing is held back by a loan that is back, whatever comes between.
                self.shown.pop(loan, None)
                self._all.pop(loan, None)
                self.over.pop(loan, None)
