"""The hostile allocator: honest memory with faults over it, and a witness of its client.

It serves ``allocate``, ``segment``, ``release`` and, if it has one, ``grow``. The
:class:`.Ledger` below it keeps the grants and their places, and :mod:`.witness` the evidence of
breaches. :mod:`.moments` decides which fault is due at which call. Each family has a file in
:mod:`.families`, and acts through the ledger.

The honest memory is asked for ``guard_words`` more on both sides of every grant, and the client
sees the middle. So memory with a fixed segment size (``HeapAllocator(segment_words=n)``) should
get a size that is ``2 * guard_words`` larger, or the client sees segments that are shorter by that
much. Memory that a segment left, by a move or by its release, is returned to the honest memory only
in :meth:`HostileAllocator.finished`.

**Memory that stays.** With ``stable=True`` the allocator makes the promise of that name: it
declares ``stable``, and ``segment`` returns the bytearray of the grant itself, always the same
object of the same length. Clients use other code paths over such memory, which would not be tested
otherwise. Faults that would break the promise (``move``, ``shrink``, and any at a call of
``segment``) never fire; those at ``allocate`` and ``release`` do. There are no guards, because a
bytearray checks its own bounds: a write outside shows as a changed length. Views of a bytearray
cannot be counted, but while one is held the bytearray cannot be resized. So resizing is tried at
every call and after every operation.

**Memory that grows.** With ``grows=True`` the allocator has a method ``grow``, which the honest
memory must have, too; otherwise it has no such attribute. The honest memory is asked for the guards
as well, and the guard after the segment moves. A segment that a fault has moved grows in memory of
the hostile allocator. A segment that a fault has cut or hidden does not grow, or its client might
never see the loss. Neither does one whose memory another one shares.

Everything is deterministic: the same calls and the same faults give the same results and records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from capnsafe.allocator import Allocator, Buffer

from .client_code import Watch
from .exporter import COUNTS_VIEWS
from .fault import Fault, When
from .grant import Grant, SegmentKey
from .growth import lengthen
from .ledger import Ledger
from .moments import Moments, PendingFault
from .place import WORD_BYTES, Place
from .records import Call, Evidence, Fired

#: Guard words on each side of a grant, unless another number is asked for.
GUARD_WORDS = 8
#: More calls than any client makes.
NO_LAST_CALL = 1 << 62

_UNWATCHED: Final = nullcontext()


class Runaway(Exception):
    """A client called more often than its driver allows."""


class HostileAllocator:
    """An allocator that lays faults over honest memory. Implements ``capnsafe.Allocator``."""

    def __init__(
        self,
        memory: Allocator,
        faults: Sequence[Fault] = (),
        *,
        guard_words: int = GUARD_WORDS,
        log: bool = True,
        stable: bool = False,
        grows: bool = False,
    ) -> None:
        """Lay faults over honest memory.

        Args:
            memory: The honest memory.
            faults: The faults. Those that are due at the same call act in this order.
            guard_words: The words that are watched on both sides of each grant. With ``stable``
                there are none.
            log: Whether ``calls`` records each call.
            stable: Whether to promise clients that memory stays. ``memory`` must declare that, and
                grant bytearrays.
            grows: Whether to have a method ``grow``. ``memory`` must have one.

        Raises:
            FaultError: If a fault is not valid.
        """
        if guard_words < 0:
            raise ValueError(f"guard_words must be at least 0, not {guard_words}")
        if stable:
            if not getattr(memory, "stable", False):
                raise ValueError("with stable=True, memory must have an attribute stable = True")
            #: The attribute exists only with ``stable``, as in most allocators.
            self.stable = True
            guard_words = 0
        if grows:
            if not callable(getattr(memory, "grow", None)):
                raise ValueError("with grows=True, memory must have a method grow")
            #: The attribute exists only with ``grows``.
            self.grow = self._grow
        #: Number of words that are watched on each side of a grant.
        self.guard_words = guard_words
        self._log = log
        self._stays = stable
        self._ledger = ledger = Ledger(memory, guard_words, log=log, stays=stable)
        self._witness = ledger.witness
        self._moments = Moments(ledger, faults)
        self._is_finished = False

        #: Returns whether a source file belongs to the client. The driver of the client sets it for
        #: faults that act in the client's own code; while it is None, none of these fires.
        self.owns: Callable[[str], bool] | None = None
        #: Number of calls after which every further one raises :class:`Runaway`. For clients that
        #: may call without end.
        self.last_call = NO_LAST_CALL
        #: A record of each allocator call, if calls are logged.
        self.calls: list[Call] = ledger.calls
        #: A record of each time that a fault fired.
        self.fired: list[Fired] = ledger.fired
        #: Number of calls so far, by kind, even if calls are not logged.
        self.counts: Mapping[When, int] = self._moments.counts
        self.evidence: list[Evidence] = ledger.witness.evidence
        #: All grants, oldest first.
        self.grants: list[Grant] = ledger.grants
        #: The grants that are not released, oldest first.
        self.live: list[Grant] = ledger.live

    # ---------------------------------------------------------------- for the client's driver

    @property
    def used(self) -> Callable[[], Sequence[int]] | None:
        """A function that returns the words handed out of each live segment, oldest first.

        The driver of the client sets it. It is called when a ``shrink`` is due. While it raises,
        its last result is used.
        """
        return self._ledger.used

    @used.setter
    def used(self, used: Callable[[], Sequence[int]] | None) -> None:
        self._ledger.used = used

    @property
    def reenter(self) -> Callable[[str], str] | None:
        """A function that calls the client from inside one of the client's own calls.

        Its argument is the kind of a fault such as ``re-enter`` or ``finalize``: read, write ….

        The driver of the client sets it. It returns a description of a wrong result, or "".
        """
        return self._ledger.reenter

    @reenter.setter
    def reenter(self, reenter: Callable[[str], str] | None) -> None:
        self._ledger.reenter = reenter

    @property
    def may_act_in_code(self) -> bool:
        """Whether a fault can still act in the client's own code, so that it has to be watched."""
        return self.owns is not None and self._moments.are_in_code

    def watching(self) -> AbstractContextManager[None]:
        """Return a context in which faults can act in the client's own code.

        Within the context, the driver calls the client and nothing else. The context does nothing
        if there is no such fault.
        """
        if not self.may_act_in_code:
            return _UNWATCHED
        assert self.owns is not None
        moments = self._moments
        moments.watch = watch = Watch(self.owns, moments.in_code, moments.is_due_in_code)
        return watch

    @property
    def places_known(self) -> int:
        """The most live segments among which a client must notice that two share memory.

        With more than that, it need not look at all of them when another one is granted, and some
        may have moved unasked. The driver of the client sets it, by the kind of memory.
        """
        return self._ledger.places_known

    @places_known.setter
    def places_known(self, places_known: int) -> None:
        self._ledger.places_known = places_known

    @property
    def views(self) -> int:
        """Number of views that the client holds now, if they can be counted."""
        return self._witness.views

    @property
    def operation(self) -> int:
        """The index of the current operation, counted from 0."""
        return self._witness.operation

    # ---------------------------------------------------------------- for the client

    def allocate(self, minimum_words: int, /) -> SegmentKey | None:
        """Grant a segment, subject to the faults."""
        self._begin(When.ALLOCATE)
        fault: Fault | None = None
        shortening: PendingFault | None = None
        wanted: int | None = None
        if self._moments.may_act:
            fault = self._moments.before_call(When.ALLOCATE, None, minimum_words)
            shortening, wanted = self._moments.wanted_bytes(When.ALLOCATE, minimum_words)
        try:
            grant = self._ledger.grant(minimum_words, wanted)
        except BaseException as error:
            self._ledger.note_call(When.ALLOCATE, -1, minimum_words, 0, fault, type(error).__name__)
            raise
        if self._moments.may_act:
            if shortening is not None:
                # Recorded only now, because the honest memory could have refused.
                change = f"{wanted} bytes were granted where {minimum_words} words were asked"
                shortened = self._moments.shortened(shortening, change, When.ALLOCATE)
                fault = fault or shortened
            changed = self._moments.on_grant(grant)
            fault = fault or changed
            if grant.tampered and grant.again is None:
                # The client gets these contents, so they are its first ones.
                grant.first = self._ledger.contents(grant)
                # But if it shares memory, writes to the other segment still change it.
                grant.tampered = grant.place.of is not None
            grant = grant.again or grant
        if self._log:
            self.calls.append(
                Call(
                    When.ALLOCATE,
                    grant.index,
                    minimum_words,
                    grant.words,
                    fault,
                    None,
                    self._witness.operation,
                )
            )
        return grant.key

    def segment(self, key: Any, /) -> Buffer:
        """Return the buffer of a segment at its present place, subject to the faults."""
        self._begin(When.SEGMENT)
        grant = self._ledger.find(key)
        if grant is None or not grant.lives:
            return self._refuse_borrow(key, grant)
        fault: Fault | None = None
        moments = self._moments
        may_act = moments.may_act
        if may_act:
            fault = moments.before_call(When.SEGMENT, grant, 0)
        if grant.gone:
            grant.gone = not grant.returns
            self._ledger.note_call(When.SEGMENT, grant.index, 0, 0, fault, KeyError.__name__)
            raise KeyError(f"segment {grant.index} is gone")
        buffer = self._ledger.lend(grant)
        words = grant.shown_bytes // WORD_BYTES
        if may_act:
            substitute, substituting = moments.on_borrow(grant, buffer)
            if substitute is not None:
                buffer = substitute.value
                fault = fault or substituting
                if not substitute.tells_length:
                    words = -1
        grant.seen |= words >= 0
        if self._log:
            self.calls.append(
                Call(
                    When.SEGMENT,
                    grant.index,
                    0,
                    words,
                    fault,
                    None,
                    self._witness.operation,
                )
            )
        return buffer

    def release(self, key: Any, words_used: int, /) -> None:
        """Take a grant back. It counts as released even if a fault raises then."""
        self._begin(When.RELEASE)
        grant = self._ledger.find(key)
        if grant is None:
            self._witness.note(
                "P8", "unknown-release", f"release was called with {key!r}, which was never granted"
            )
            self._ledger.note_call(When.RELEASE, -1, words_used, 0, None, None)
            return
        grant.released += 1
        if isinstance(words_used, int) and isinstance(grant.words_used, int):
            # A key that was granted several times is released as often; the greatest number counts.
            words_used = max(words_used, grant.words_used)
        if grant.released > grant.times:
            self._witness.note(
                "P8", "double-release", f"segment {grant.index} was released {grant.released} times"
            )
        elif grant.lives:
            grant.words_used = words_used
        else:
            grant.words_used = words_used
            self._ledger.retire(grant, words_used)
        fault: Fault | None = None
        if self._moments.may_act:
            fault = self._moments.before_call(When.RELEASE, grant, words_used)
        self._ledger.note_call(When.RELEASE, grant.index, words_used, 0, fault, None)

    def _grow(self, key: Any, minimum_words: int, /) -> None:
        """Make a segment longer, subject to the faults. Clients call this as ``grow``."""
        self._begin(When.GROW)
        ledger = self._ledger
        grant = ledger.find(key)
        if grant is None or not grant.lives:
            detail = f"grow was called with {key!r}, which is not the key of a live grant"
            self._witness.note("P8", "unknown-growth", detail)
            ledger.note_call(When.GROW, -1, minimum_words, 0, None, KeyError.__name__)
            raise KeyError(detail)
        fault: Fault | None = None
        shortening: PendingFault | None = None
        wanted: int | None = None
        if self._moments.may_act:
            fault = self._moments.before_call(When.GROW, grant, minimum_words)
            shortening, wanted = self._moments.wanted_bytes(When.GROW, minimum_words)
        first = grant.shown_bytes // WORD_BYTES * WORD_BYTES
        try:
            grown = ledger.is_whole(grant) and lengthen(ledger, grant, minimum_words, wanted)
        except BaseException as error:
            if isinstance(error, BufferError) and not COUNTS_VIEWS:
                ledger.note_held_view(grant)
            ledger.note_call(When.GROW, grant.index, minimum_words, 0, fault, type(error).__name__)
            raise
        if grown and self._moments.may_act:
            if shortening is not None:
                change = f"segment {grant.index} grew to {wanted} bytes"
                change += f" where {minimum_words} words were asked"
                shortened = self._moments.shortened(shortening, change, When.GROW)
                fault = fault or shortened
            changed = self._change_growth(grant, first)
            fault = fault or changed
        words = grant.shown_bytes // WORD_BYTES
        ledger.note_call(When.GROW, grant.index, minimum_words, words, fault, None)

    # ---------------------------------------------------------------- for the client's driver

    @property
    def called_back_from(self) -> str:
        """The kind of call, or a finalizer, from which the client is called now; or ""."""
        return self._ledger.called_back_from

    def note_call_back(self, kind: str, during: str, wrong: str) -> None:
        """Record that a call from inside a call of the client went wrong."""
        self._ledger.note_call_back(kind, during, wrong)

    def operation_finished(self, index: int) -> None:
        """Fire the faults that are due after operation ``index``, which has finished or failed."""
        witness, moments = self._witness, self._moments
        witness.operation = index
        if witness.views or self._stays:
            self._ledger.look_for_views()
        if self.fired:
            self._ledger.look_at_shared()
        witness.epoch += 1
        witness.operation = index + 1
        if moments.may_act:
            moments.operation_finished(index)
        if moments.keep_states:
            for grant in self.live:
                grant.earlier.append(self._ledger.contents(grant))

    def contents(self, grant: Grant) -> bytes:
        """Return a copy of the bytes that the client sees of a grant."""
        return self._ledger.contents(grant)

    @property
    def keys(self) -> list[object]:
        """The keys of the live grants, the oldest first."""
        return [grant.key for grant in self.live]

    def snapshot(self) -> list[bytes]:
        """Return a copy of the bytes that the client sees of each live grant, oldest first."""
        return [self._ledger.contents(grant) for grant in self.live]

    def watched_places(self) -> Iterator[tuple[int, Place]]:
        """Yield the places of memory that only the client may change, or nobody.

        With the place of a live grant comes its index, with one that a segment has left, -1.
        """
        for grant in self.live:
            if grant.place.of is None:
                yield grant.index, grant.place
        for place, _ in self._witness.left:
            yield -1, place

    def check_guards(self) -> None:
        """Check all guards and all places that segments left, and record changes as evidence.

        Call it when only the client has run, and before ``operation_finished``, so that the
        evidence names the operation. Damage is repaired, so that it is recorded once.
        """
        self._ledger.look()

    def finished(self) -> None:
        """Record the grants that are still live after the client closed, and release all memory."""
        if self._is_finished:
            return
        self._is_finished = True
        if self._witness.views or self._stays:
            self._ledger.look_for_views()
        self.check_guards()
        for grant in self.live:
            self._witness.note("P8", "never-released", f"segment {grant.index} was never released")
        self._ledger.close()

    def _change_growth(self, grant: Grant, first: int) -> Fault | None:
        """Let faults act on the bytes that were added to a grant, from byte ``first`` on."""
        tampered, grant.tampered = grant.tampered, False
        fault = self._moments.on_growth(grant, first)
        if grant.tampered and not self._ledger.shares(grant):
            # The client gets these contents, so they are the first ones of the added words.
            grant.first = grant.first[:first] + self._ledger.contents(grant)[first:]
            grant.tampered = False
        grant.tampered |= tampered
        return fault

    def _begin(self, kind: When) -> None:
        """Begin a call: count it, raise Runaway if there are too many, and look for held views."""
        witness = self._witness
        witness.epoch += 1
        if self._moments.count(kind) > self.last_call:
            raise self._runaway(kind)
        if witness.views or self._stays:
            self._ledger.look_for_views()

    def _runaway(self, kind: When) -> Runaway:
        self._ledger.note_call(kind, -1, 0, 0, None, Runaway.__name__)
        return Runaway(f"the client made more than {self.last_call} calls")

    def _refuse_borrow(self, key: Any, grant: Grant | None) -> Buffer:
        if grant is None:
            detail, index = f"segment was called with {key!r}, which is not the key of a grant", -1
        else:
            detail, index = f"segment {grant.index} was borrowed after its release", grant.index
        self._witness.note("P8", "unknown-borrow", detail)
        self._ledger.note_call(When.SEGMENT, index, 0, 0, None, KeyError.__name__)
        raise KeyError(detail)
