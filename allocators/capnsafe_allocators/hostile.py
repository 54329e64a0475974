"""The hostile allocator: honest memory with faults over it, and a witness of its client.

It serves the four calls. The grants and their places are in the :class:`.Ledger` below it, evidence
of breaches in :mod:`.witness`. :mod:`.moments` decides which fault is due at which call. Each
family has a file in :mod:`.families`, and acts through the ledger.

Every grant is asked of the honest memory with ``guard_words`` more on both sides, and the client is
shown the middle. So memory with a granularity (``HeapAllocator(segment_words=n)``) should be made
with ``2 * guard_words`` more, or its segments will look that much smaller. Memory that a segment
left, by a move or by its release, is kept from the honest memory until
:meth:`HostileAllocator.finished`.

**Memory that stays.** With ``stable=True`` the allocator makes the promise of that name: it
declares ``stable``, and ``segment`` returns the very bytearray of the grant, always the same object
of the same length. Clients go other ways over such memory, and would go them unwatched otherwise.
Faults that would break the promise (``move``, ``shrink``, and any at a call of ``segment``) are
never fired; those at ``allocate`` and ``release`` are. There are no guards, since a bytearray
checks its own bounds: a write outside shows in a changed length. Views of a
bytearray cannot be counted, but while one is held it cannot be resized, which is tried at every
call and after every operation.

**Memory that grows.** With ``grows=True`` clients are offered the method ``grow``, which the honest
memory must have; without, there is no such attribute. The honest memory is asked for the guards as
well, and the guard behind the segment moves. What a fault has moved grows in memory of our own. A
segment that a fault has cut or hidden does not grow, or its client might never see the loss; nor
does one whose memory another one shares.

Everything is deterministic: the same calls and the same faults give the same results and records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from capnsafe.allocator import Allocator, Buffer

from .client_code import Watch
from .exporter import COUNTS_VIEWS
from .fault import Fault, When
from .grant import Grant, SegmentKey
from .growth import lengthen
from .ledger import Ledger
from .moments import Laid, Moments
from .place import WORD_BYTES
from .records import Call, Evidence, Fired

#: Guard words on each side of a grant, unless told otherwise.
GUARD_WORDS = 8
#: More calls than any client makes.
NO_LAST_CALL = 1 << 62

_UNWATCHED: Final = nullcontext()


class Runaway(Exception):
    """A client called more often than its driver allows."""


class HostileAllocator:
    """Lays any list of faults over any honest memory. Implements ``capnsafe.Allocator``."""

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
        """Lay ``faults`` over ``memory``; those due at the same call act in the order given.

        ``guard_words`` are watched on both sides of each grant; with ``stable`` there are none.
        ``stable`` promises clients memory that stays, which ``memory`` must be: bytearrays, and
        declared stable. With ``grows`` clients may call ``grow``, as they may with ``memory``.
        Without ``log``, ``calls`` stays empty. Raises :class:`FaultError` for a fault that means
        nothing.
        """
        if guard_words < 0:
            raise ValueError(f"guard_words must be at least 0, not {guard_words}")
        if stable:
            if not getattr(memory, "stable", False):
                raise ValueError("only memory that declares itself stable can be shown as stable")
            #: It is an attribute only then: few allocators have it.
            self.stable = True
            guard_words = 0
        if grows:
            if not callable(getattr(memory, "grow", None)):
                raise ValueError("only memory that has a method grow can be shown as growing")
            #: It is an attribute only then.
            self.grow = self._grow
        #: Words on each side of a grant that are watched.
        self.guard_words = guard_words
        self._log = log
        self._stays = stable
        self._ledger = ledger = Ledger(memory, guard_words, log=log, stays=stable)
        self._witness = ledger.witness
        self._moments = Moments(ledger, faults)
        self._is_finished = False

        #: Says whether a source file is the client's: set by the driver of the client, for faults
        #: that act in the client's own code. None of these fires while it is None.
        self.owns: Callable[[str], bool] | None = None
        #: Calls of the allocator after which each one raises :class:`Runaway`: set for clients that
        #: may call for ever.
        self.last_call = NO_LAST_CALL
        #: One for each allocator call.
        self.calls: list[Call] = ledger.calls
        #: One for each time a fault changed something.
        self.fired: list[Fired] = ledger.fired
        #: Calls so far, of each kind; unlike ``calls`` always there.
        self.counts: Mapping[When, int] = self._moments.counts
        self.evidence: list[Evidence] = ledger.witness.evidence
        #: Live and dead, in order of granting.
        self.grants: list[Grant] = ledger.grants
        #: Those not released, in order of granting.
        self.live: list[Grant] = ledger.live

    # ---------------------------------------------------------------- for the client's driver

    @property
    def used(self) -> Callable[[], Sequence[int]] | None:
        """Returns the words handed out of each live segment, in order of granting.

        Set by the driver of the client; called when a ``shrink`` is due. While it raises, its last
        result stands.
        """
        return self._ledger.used

    @used.setter
    def used(self, used: Callable[[], Sequence[int]] | None) -> None:
        self._ledger.used = used

    @property
    def reenter(self) -> Callable[[str], str] | None:
        """Calls the client as a kind of ``re-enter``, ``finalize`` or ``collect`` says.

        Set by the driver of the client. Returns an error in the outcome, or "".
        """
        return self._ledger.reenter

    @reenter.setter
    def reenter(self, reenter: Callable[[str], str] | None) -> None:
        self._ledger.reenter = reenter

    def watching(self) -> AbstractContextManager[None]:
        """Return a context in which faults can act in the client's own code.

        The driver of the client calls the client in it, and nothing else. Costs nothing where no
        such fault is laid.
        """
        if self.owns is None or not self._moments.are_in_code:
            return _UNWATCHED
        return Watch(self.owns, self._moments.in_code)

    @property
    def places_known(self) -> int:
        """The number of live segments up to which a client knows where all of them lie.

        With more, it need not have seen that when another one is granted, since they move by
        themselves. Set by those who know the memory.
        """
        return self._ledger.places_known

    @places_known.setter
    def places_known(self, places_known: int) -> None:
        self._ledger.places_known = places_known

    @property
    def views(self) -> int:
        """The views that the client holds now, where they can be counted."""
        return self._witness.views

    @property
    def operation(self) -> int:
        """The operation that runs now, counted from 0."""
        return self._witness.operation

    # ---------------------------------------------------------------- for the client

    def allocate(self, minimum_words: int, /) -> SegmentKey | None:
        """Grant a segment, or act as the faults say."""
        self._begin(When.ALLOCATE)
        fault: Fault | None = None
        shortening: Laid | None = None
        wanted: int | None = None
        if self._moments:
            fault = self._moments.before_call(When.ALLOCATE, None, minimum_words)
            shortening, wanted = self._moments.wanted_bytes(When.ALLOCATE, minimum_words)
        try:
            grant = self._ledger.grant(minimum_words, wanted)
        except BaseException as error:
            self._ledger.note_call(When.ALLOCATE, -1, minimum_words, 0, fault, type(error).__name__)
            raise
        if self._moments:
            if shortening is not None:
                # Only now: had the honest memory refused, nobody would have seen it.
                what = f"{wanted} bytes were granted where {minimum_words} words were asked"
                shortened = self._moments.shortened(shortening, what, When.ALLOCATE)
                fault = fault or shortened
            changed = self._moments.on_grant(grant)
            fault = fault or changed
            if grant.tampered and grant.again is None:
                # The client gets it like this, so these are its first contents.
                grant.first = self._ledger.contents(grant)
                # Unless another segment's owner goes on changing it.
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
        """Return the buffer of a segment where it is now, or act as the faults say."""
        self._begin(When.SEGMENT)
        grant = self._ledger.find(key)
        if grant is None or not grant.lives:
            return self._refuse_borrow(key, grant)
        fault: Fault | None = None
        if self._moments:
            fault = self._moments.before_call(When.SEGMENT, grant, 0)
        if grant.gone:
            grant.gone = not grant.returns
            self._ledger.note_call(When.SEGMENT, grant.index, 0, 0, fault, KeyError.__name__)
            raise KeyError(f"segment {grant.index} is gone")
        answer = self._ledger.lend(grant)
        words = grant.shown_bytes // WORD_BYTES
        if self._moments:
            substitute, substituting = self._moments.on_borrow(grant, answer)
            if substitute is not None:
                answer = substitute.value
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
        return answer

    def release(self, key: Any, words_used: int, /) -> None:
        """Take a grant back. It counts as released even if a fault raises then."""
        self._begin(When.RELEASE)
        grant = self._ledger.find(key)
        if grant is None:
            self._witness.note(
                "P8", "unknown-release", f"{key!r} was released, which was never granted"
            )
            self._ledger.note_call(When.RELEASE, -1, words_used, 0, None, None)
            return
        grant.released += 1
        if isinstance(words_used, int) and isinstance(grant.words_used, int):
            # Granted more than once: the greatest number counts.
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
        if self._moments:
            fault = self._moments.before_call(When.RELEASE, grant, words_used)
        self._ledger.note_call(When.RELEASE, grant.index, words_used, 0, fault, None)

    def _grow(self, key: Any, minimum_words: int, /) -> None:
        """Make a segment longer, or act as the faults say. Clients call it ``grow``."""
        self._begin(When.GROW)
        ledger = self._ledger
        grant = ledger.find(key)
        if grant is None or not grant.lives:
            what = f"{key!r} was to grow, which is not granted, or not any more"
            self._witness.note("P8", "unknown-growth", what)
            ledger.note_call(When.GROW, -1, minimum_words, 0, None, KeyError.__name__)
            raise KeyError(what)
        fault: Fault | None = None
        shortening: Laid | None = None
        wanted: int | None = None
        if self._moments:
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
        if grown and self._moments:
            if shortening is not None:
                what = f"segment {grant.index} grew to {wanted} bytes"
                what += f" where {minimum_words} words were asked"
                shortened = self._moments.shortened(shortening, what, When.GROW)
                fault = fault or shortened
            changed = self._change_growth(grant, first)
            fault = fault or changed
        words = grant.shown_bytes // WORD_BYTES
        ledger.note_call(When.GROW, grant.index, minimum_words, words, fault, None)

    # ---------------------------------------------------------------- for the client's driver

    @property
    def called_back_from(self) -> str:
        """Where the client is called from now: the kind of its call, or a finalizer."""
        return self._ledger.called_back_from

    def note_call_back(self, kind: str, during: str, wrong: str) -> None:
        """Note that a call from inside a call of the client went wrong, as only shows now."""
        self._ledger.note_call_back(kind, during, wrong)

    def operation_finished(self, index: int) -> None:
        """Fire the faults that are laid after operation ``index``, which has finished or failed."""
        self._witness.operation = index
        if self._witness.views or self._stays:
            self._ledger.look_for_views()
        if self.fired:
            self._ledger.look_at_shared()
        self._witness.epoch += 1
        self._witness.operation = index + 1
        if self._moments:
            self._moments.operation_finished(index)
        if self._moments.keep_states:
            for grant in self.live:
                grant.earlier.append(self._ledger.contents(grant))

    def contents(self, grant: Grant) -> bytes:
        """Copy the bytes of a grant, as long as it is shown."""
        return self._ledger.contents(grant)

    def snapshot(self) -> list[bytes]:
        """Copy the bytes of the live grants, in order of granting, as long as they are shown."""
        return [self._ledger.contents(grant) for grant in self.live]

    def check_guards(self) -> None:
        """Look at all guards and at all places that were left; note each change as evidence.

        Meant for stretches in which nobody but the client ran, and before ``operation_finished``,
        so that the evidence names the operation. Damage is painted over, and so noted once.
        """
        self._ledger.look()

    def finished(self) -> None:
        """Note the grants that live on after the client closed, and give all memory back."""
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
            # The client gets it like this, so these are the first contents of the added words.
            grant.first = grant.first[:first] + self._ledger.contents(grant)[first:]
            grant.tampered = False
        grant.tampered |= tampered
        return fault

    def _begin(self, kind: When) -> None:
        """Count a call that begins; raise Runaway after the last one; note views that are held."""
        self._witness.epoch += 1
        if self._moments.count(kind) > self.last_call:
            raise self._runaway(kind)
        if self._witness.views or self._stays:
            self._ledger.look_for_views()

    def _runaway(self, kind: When) -> Runaway:
        self._ledger.note_call(kind, -1, 0, 0, None, Runaway.__name__)
        return Runaway(f"more than {self.last_call} calls")

    def _refuse_borrow(self, key: Any, grant: Grant | None) -> Buffer:
        if grant is None:
            what, index = f"{key!r} was borrowed, which was never granted", -1
        else:
            what, index = f"segment {grant.index} was borrowed after its release", grant.index
        self._witness.note("P8", "unknown-borrow", what)
        self._ledger.note_call(When.SEGMENT, index, 0, 0, None, KeyError.__name__)
        raise KeyError(what)
