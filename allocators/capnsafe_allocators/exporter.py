"""The buffers that clients borrow, and a count of the views that they hold.

From Python 3.12 on a class can export a buffer, so ``segment`` returns an object that counts the
views of it. Slices and casts of a view, and ctypes arrays over it, hold the same export, so the
count becomes zero exactly when the last of them is gone. Python 3.11 cannot count: there
``segment`` returns a plain ``memoryview``, and a held view is noticed only when the memory below it
is resized (the fault ``move resize``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, TypeAlias

from capnsafe.allocator import Buffer

from .grant import Grant
from .place import octets
from .witness import Witness

#: Whether this Python can count the views of a buffer.
COUNTS_VIEWS: Final[bool] = sys.version_info >= (3, 12)


#: Converts a view of bytes to the view that is lent.
Form: TypeAlias = Callable[[memoryview], memoryview]


class Exporter:
    """A window on a buffer, which lends the same bytes each time, and keeps no view.

    It is valid until the allocator is called again or the operation ends, because either may move
    the segment. If it is used later, it lends the old place, as a stale address would, and the
    witness records that.
    """

    __slots__ = ("_buffer", "_end", "_epoch", "_form", "_grant", "_start", "_witness")

    def __init__(
        self,
        witness: Witness,
        grant: Grant,
        buffer: Buffer,
        start: int,
        end: int,
        form: Form | None = None,
    ) -> None:
        """Make a window on bytes ``start`` to ``end`` of ``buffer``, in this form."""
        self._witness = witness
        self._grant = grant
        self._buffer = buffer
        self._start = start
        self._end = end
        self._epoch = witness.epoch
        self._form = form

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the window, and count it."""
        view = octets(self._buffer)[self._start : self._end]
        if self._form is not None:
            view = self._form(view)
        witness = self._witness
        if self._epoch != witness.epoch:
            witness.note_stale_buffer(self._grant)
        witness.views += 1
        self._grant.views += 1
        return view

    def __release_buffer__(self, view: memoryview, /) -> None:
        """Record that a view is gone."""
        try:
            self._witness.views -= 1
            self._grant.views -= 1
        except AttributeError:
            # The garbage collector collects the view in a cycle with the witness, and has cleared
            # the witness first.
            return


class FinalizedExporter(Exporter):
    """A window that calls a function when its last view is gone."""

    __slots__ = ("_call",)
    _call: Callable[[], object] | None

    @classmethod
    def of(cls, window: Exporter, call: Callable[[], object]) -> FinalizedExporter:
        """Return a window on the same bytes, which calls ``call`` once."""
        finalized = cls(
            window._witness,
            window._grant,
            window._buffer,
            window._start,
            window._end,
            window._form,
        )
        finalized._call = call
        return finalized

    def __release_buffer__(self, view: memoryview, /) -> None:
        """Record that a view is gone."""
        super().__release_buffer__(view)
        call, self._call = self._call, None
        if call is not None:
            call()


class ClaimingExporter(Exporter):
    """A window whose ``len`` differs from the length of its buffer."""

    __slots__ = ("_claimed",)

    def claiming(self, claimed: int) -> ClaimingExporter:
        """Set the result of ``len``, and return the window."""
        self._claimed = claimed
        return self

    def __len__(self) -> int:
        """Return the claimed number of words."""
        return self._claimed
