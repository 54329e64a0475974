"""Views of a message's memory that are lent to the caller, and how their end is noticed (P4).

For bulk writes, the caller borrows the memory itself in a ``with`` block. Meanwhile no allocator
method runs, so the memory cannot move. That requires knowing when the last part of the view is
gone:

- ``memoryview.release`` raises ``BufferError`` while an array over the view exists. It does not
  notice slices and casts, which share the export of the memory.
- From Python 3.12 on, a class can export a buffer and count the exports. Python 3.11 cannot.
- A private ctypes array between the segment and the view works in both, and is used here. Every
  object made from the view refers to that array, so it lives exactly as long as the last of them.

An address that the caller copied, such as numpy's ``ctypes.data``, cannot be noticed.
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

#: The bytes to lend: (segment, first byte, number of bytes).
Stretch: TypeAlias = tuple[Segment, int, int]


@final
class Loan:
    """A stretch of memory that the caller holds.

    If ``private``, the memory is a copy, which is not written back.
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
        """Lend a stretch of the borrowed view ``whole`` as items of the native format ``code``."""
        segment, start, size = stretch
        self.segment = segment
        #: The context manager. When it is dropped, the ``with`` block is over.
        self.lender = lender
        self.private = private
        #: Whether the ``with`` block is over.
        self.ended = False
        self._whole = whole
        self._start = start
        self._size = size
        self._between: ref[Any] | None = None
        if size == 0:
            # An empty view cannot be cast, and has no bytes that could be kept.
            self.view: memoryview[Any] = memoryview(array(code))
        else:
            # ctypes would hold a view beside this one, which could be released meanwhile.
            between = (c_ubyte * size).from_buffer(PickleBuffer(whole), start)
            self._between = ref(between)
            self.view = memoryview(between).cast("B")
            if code != "B":
                # mypy accepts only literal formats; these come from Element.
                self.view = self.view.cast(code)  # type: ignore[call-overload]
        if not writable:
            self.view = self.view.toreadonly()

    def memory(self) -> memoryview:
        """Return the whole memory of the segment; not for a private copy."""
        return memoryview(self._whole)

    def end(self) -> None:
        """End the ``with`` block. The caller's writes count as the message's own (P5v)."""
        if self.ended:
            return
        shadow = self.segment.shadow
        if shadow is not None and not self.private:
            stop = self._start + self._size
            shadow[self._start : stop] = self._whole[self._start : stop]
        self.ended = True

    def is_back(self) -> bool:
        """Release the view after the block; return whether no part of it is held any more."""
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
    """Lend a stretch of the borrowed memory ``whole`` of its segment, which the loan then holds.

    A message that verifies (P5v) lends a read-only view as a private copy.
    """
    segment, start, size = stretch
    if segment.shadow is None:
        return Loan(stretch, whole, lender, writable=writable, private=False, code=code)
    octets = bytes(whole[start : start + size])
    segment.require_unchanged(start, octets)
    if writable:
        return Loan(stretch, whole, lender, writable=True, private=False, code=code)
    # The caller sees the bytes that were compared, even if the memory changes later.
    whole.release()
    copy = memoryview(bytearray(octets))
    return Loan((segment, 0, size), copy, lender, writable=False, private=True, code=code)


def lent_already(loans: Iterable[Loan], segment: Segment) -> memoryview:
    """Return the memory of a segment of which the caller has a part.

    ``loans`` are the caller's loans, without private copies; there is at least one.

    Raises:
        Borrowed: If they are all from other segments.
    """
    for loan in loans:
        if loan.segment is segment:
            return loan.memory()
    raise Borrowed(
        f"segment {segment.index} cannot be used while a part of another segment is lent, because"
        " asking the allocator for one may move the other",
        segment=segment.index,
    )


@final
class Loans:
    """The loans of one message that the caller holds."""

    __slots__ = ("lent", "over", "shown")

    def __init__(self) -> None:
        """Make an empty collection."""
        #: All loans, in the order in which they were made.
        self.lent: dict[Loan, None] = {}
        #: The loans that are not private copies.
        self.shown: dict[Loan, None] = {}
        #: The loans whose ``with`` block is over.
        self.over: dict[Loan, None] = {}

    def has(self, loan: Loan) -> bool:
        """Return whether a loan is not back."""
        return loan in self.lent

    def note_dropped(self) -> bool:
        """Mark loans as over whose ``Lent`` was dropped; return whether there were any.

        Python drops it without ending the ``with`` block if there is no stack for that.
        """
        dropped = [loan for loan in self.lent if loan not in self.over and loan.lender() is None]
        for loan in dropped:
            self.over[loan] = None
        return bool(dropped)

    def end_all(self) -> None:
        """Mark all loans as over."""
        for loan in tuple(self.lent):
            self.over[loan] = None

    def settle(self) -> bool:
        """Forget the loans that are over and back; return whether anything is still lent."""
        # Only loans that are over are looked at, so that ending a thousand loans takes linear time.
        for loan in tuple(self.over):
            loan.end()
            # Giving a view back can run the allocator's code, which may call this message and lend.
            if loan.is_back():
                # In this order, an interrupt in between cannot leave a finished loan that blocks
                # calls.
                self.shown.pop(loan, None)
                self.lent.pop(loan, None)
                self.over.pop(loan, None)
        return bool(self.lent)
