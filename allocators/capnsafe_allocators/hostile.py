"""The hostile allocator: honest memory with faults over it, and a witness of its client.

It keeps the books of its grants: which live, where they lie, how long they look. Which fault is due
at which call is the affair of :mod:`.moments`; what the client did that breaks a promise, of
:mod:`.witness`. What a fault does is in its family's file; families act through the methods of the
section "what families do".

Every grant is asked of the honest memory with ``guard_words`` more on both sides, and the client is
shown the middle. So memory that has a granularity of its own (``HeapAllocator(segment_words=n)``)
should be made with ``2 * guard_words`` more, or its segments will look that much smaller. Memory
that a segment left, by a move or by its release, is painted over and kept from the honest memory
until :meth:`HostileAllocator.finished`, so that whoever still writes there is seen.

**Memory that stays.** With ``stable=True`` the allocator makes the promise of that name: it
declares ``stable``, and ``segment`` answers the very bytearray of the grant, always the same object
of the same length. Clients go other ways over such memory, and would go them unwatched otherwise.
Faults that would break the promise (``move``, ``shrink``, and any at a call of ``segment``) are
never fired; those at ``allocate`` and ``release`` are. There are no guards, since a bytearray
checks its own bounds: what shows a write outside is that its length has changed. Views of a
bytearray cannot be counted, but while one is held it cannot be resized, which is tried at every
call and after every operation.

**Memory that grows.** With ``grows=True`` clients are offered the method ``grow``, which the honest
memory must have; without, there is no such attribute. The honest memory is asked for the guards as
well, and the guard behind the segment moves. What a fault has moved grows in memory of our own. A
segment that a fault has cut or hidden does not grow, or its client might never see the loss; nor
does one whose memory another one shares.

Everything is deterministic: the same calls and the same faults give the same answers and records.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from capnsafe.allocator import Allocator, Buffer

from .exporter import COUNTS_VIEWS, ClaimingExporter, Exporter, Form
from .fault import Fault, When
from .grant import Grant, SegmentKey, ThornyKey
from .growth import lengthen
from .moments import Laid, Moments
from .place import GUARD_WORD, WORD_BYTES, Place, has_room, make_fit, octets, paint, put_elsewhere
from .records import Call
from .witness import Witness

#: Guard words on each side of a grant, unless told otherwise.
GUARD_WORDS = 8
#: More calls than any client makes.
NO_LAST_CALL = 1 << 62


class Runaway(Exception):
    """A client called more often than whoever drives it allowed."""


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
        self.memory = memory
        self._memory_stays = bool(getattr(memory, "stable", False))
        #: The promise of ``stable`` is made. It is an attribute only then: few allocators have it.
        self.stays = stable
        if stable:
            if not self._memory_stays:
                raise ValueError("only memory that declares itself stable can be shown as stable")
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
        self._moments = Moments(self, faults, stays=stable)
        self._witness = Witness(self, stays=stable)
        self._is_called_back = False
        self._is_finished = False
        self._last_used: Sequence[int] = ()

        #: Words handed out of each live segment, in order of granting. Set by whoever drives the
        #: client; read when a ``shrink`` is due. One that raises leaves the last answer standing.
        self.used: Callable[[], Sequence[int]] | None = None
        #: Calls the client for ``re-enter`` and ``finalize``: told the kind, it answers what was
        #: wrong with the outcome, or nothing. Set by whoever drives the client.
        self.reenter: Callable[[str], str] | None = None
        #: Calls of the allocator after which each one raises :class:`Runaway`: set by whoever
        #: cannot wait for a client that calls for ever.
        self.last_call = NO_LAST_CALL
        #: With more live segments than these, a client need not have seen where they lie when
        #: another one is granted, since they move by themselves. Set by whoever knows the memory.
        self.places_known = sys.maxsize
        #: The grant whose key is None.
        self.nameless: Grant | None = None
        #: One for each allocator call.
        self.calls: list[Call] = []
        #: One for each time a fault changed something.
        self.fired = self._moments.fired
        #: Calls so far, of each kind; unlike ``calls`` always there.
        self.counts: Mapping[When, int] = self._moments.counts
        self.evidence = self._witness.evidence
        #: Live and dead, in order of granting.
        self.grants: list[Grant] = []
        #: Those not released, in order of granting.
        self.live: list[Grant] = []
        #: The operation that runs now, counted from 0.
        self.operation = 0
        #: Goes up whenever a segment may have moved: at each call and after each operation.
        self.epoch = 0
        #: Views that are held now, where they can be counted.
        self.views = 0

    # ---------------------------------------------------------------- what clients call

    def allocate(self, minimum_words: int, /) -> SegmentKey | None:
        """Grant a segment, or do what the faults say."""
        self._begin(When.ALLOCATE)
        fault: Fault | None = None
        shortening: Laid | None = None
        wanted: int | None = None
        if self._moments:
            fault = self._moments.before_call(When.ALLOCATE, None, minimum_words)
            shortening, wanted = self._moments.wanted_bytes(When.ALLOCATE, minimum_words)
        try:
            grant = self._grant(minimum_words, wanted)
        except BaseException as error:
            self.note_call(When.ALLOCATE, -1, minimum_words, 0, fault, type(error).__name__)
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
                # The client gets it like this, so this is what it had at first.
                grant.first = self.contents(grant)
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
                    self.operation,
                )
            )
        return grant.key

    def segment(self, key: Any, /) -> Buffer:
        """Answer where the segment is now, or do what the faults say."""
        self._begin(When.SEGMENT)
        grant = self.find(key)
        if grant is None or not grant.lives:
            return self._refuse_borrow(key, grant)
        fault: Fault | None = None
        if self._moments:
            fault = self._moments.before_call(When.SEGMENT, grant, 0)
        if grant.gone:
            grant.gone = not grant.returns
            self.note_call(When.SEGMENT, grant.index, 0, 0, fault, "KeyError")
            raise KeyError(f"segment {grant.index} cannot be had any more")
        answer = self.lend(grant)
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
                    self.operation,
                )
            )
        return answer

    def release(self, key: Any, words_used: int, /) -> None:
        """Take a grant back. It counts as released even if a fault raises then."""
        self._begin(When.RELEASE)
        grant = self.find(key)
        if grant is None:
            self._witness.note(
                "P8", "unknown-release", f"{key!r} was released, which was never granted"
            )
            self.note_call(When.RELEASE, -1, words_used, 0, None, None)
            return
        grant.released += 1
        if isinstance(words_used, int) and isinstance(grant.words_used, int):
            # Granted more than once: all that is told counts.
            words_used = max(words_used, grant.words_used)
        if grant.released > grant.times:
            self._witness.note(
                "P8", "double-release", f"segment {grant.index} was released {grant.released} times"
            )
        elif grant.lives:
            grant.words_used = words_used
        else:
            grant.words_used = words_used
            self._unshare(grant.place)
            self._witness.check_guards(grant)
            self._witness.check_words_used(grant, words_used)
            self.live.remove(grant)
            self._witness.leave(grant.place, f"segment {grant.index} after its release")
        fault: Fault | None = None
        if self._moments:
            fault = self._moments.before_call(When.RELEASE, grant, words_used)
        self.note_call(When.RELEASE, grant.index, words_used, 0, fault, None)

    def _grow(self, key: Any, minimum_words: int, /) -> None:
        """Make a segment longer, or do what the faults say. Clients call it ``grow``."""
        self._begin(When.GROW)
        grant = self.find(key)
        if grant is None or not grant.lives:
            what = f"{key!r} was to grow, which is not granted, or not any more"
            self._witness.note("P8", "unknown-growth", what)
            self.note_call(When.GROW, -1, minimum_words, 0, None, "KeyError")
            raise KeyError(what)
        fault: Fault | None = None
        shortening: Laid | None = None
        wanted: int | None = None
        if self._moments:
            fault = self._moments.before_call(When.GROW, grant, minimum_words)
            shortening, wanted = self._moments.wanted_bytes(When.GROW, minimum_words)
        first = grant.shown_bytes // WORD_BYTES * WORD_BYTES
        try:
            grown = self.is_whole(grant) and lengthen(self, grant, minimum_words, wanted)
        except BaseException as error:
            if isinstance(error, BufferError) and not COUNTS_VIEWS:
                self._witness.note("P4", "held-view", f"a view of segment {grant.index} was held")
            self.note_call(When.GROW, grant.index, minimum_words, 0, fault, type(error).__name__)
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
        self.note_call(When.GROW, grant.index, minimum_words, words, fault, None)

    # ---------------------------------------------------------------- what drives the client calls

    def operation_finished(self, index: int) -> None:
        """Operation ``index`` has finished, well or not: faults laid after it fire now."""
        self.operation = index
        if self.views or self.stays:
            self._witness.look_for_views()
        if self.fired:
            self._witness.look_at_shared()
        self.epoch += 1
        self.operation = index + 1
        if self._moments:
            self._moments.operation_finished(index)
        if self._moments.keep_states:
            for grant in self.live:
                grant.earlier.append(self.contents(grant))

    def snapshot(self) -> list[bytes]:
        """Copy what the live grants hold now, in order of granting, as long as they are shown."""
        return [self.contents(grant) for grant in self.live]

    def check_guards(self) -> None:
        """Look at all guards and at all places that were left; what changed becomes evidence.

        Meant for stretches in which nobody but the client ran, and before ``operation_finished``,
        so that the evidence names the operation. Damage is painted over, and so told once.
        """
        self._witness.look()

    def finished(self) -> None:
        """The client has closed its message: judge what is left, and give all memory back."""
        if self._is_finished:
            return
        self._is_finished = True
        if self.views or self.stays:
            self._witness.look_for_views()
        self.check_guards()
        for grant in self.live:
            self._witness.note("P8", "never-released", f"segment {grant.index} was never released")
        for grant in reversed(self.live):
            grant.place.release()
        self._witness.give_back_left()

    # ---------------------------------------------------------------- what families do

    def live_grant(self, index: int) -> Grant | None:
        """The grant ``index`` among those that live, modulo their count."""
        return self.live[index % len(self.live)] if self.live else None

    def contents(self, grant: Grant) -> bytes:
        """Copy what a grant holds now, as long as it is shown."""
        start = grant.place.start
        return grant.place.read(start, start + grant.shown_bytes)

    def write(self, grant: Grant, first: int, data: bytes) -> None:
        """Change bytes of a grant behind its client's back, from byte ``first`` of it.

        Bytes behind the last whole word are nobody's, and are not changed.
        """
        assert 0 <= first <= first + len(data) <= grant.shown_bytes
        whole = grant.shown_bytes // WORD_BYTES * WORD_BYTES
        grant.place.write(grant.place.start + first, data[: max(0, whole - first)])
        grant.tampered = True

    def used_words(self, grant: Grant) -> int:
        """Words that the client has handed out of a live grant; all of them if nobody tells."""
        if self.used is None:
            return grant.words
        # A client in the middle of a call may be unable to say; what it said last stands.
        with suppress(Exception):
            self._last_used = tuple(self.used())
        position = self.live.index(grant)
        return self._last_used[position] if position < len(self._last_used) else 0

    def relocate(self, grant: Grant) -> None:
        """Put a grant in memory of our own, and paint over its old place.

        Not in another grant of the honest memory: each move would raise what a growing memory
        grants next, and use up a small one, so that the move would change more than the place.
        """
        self.rehouse(grant, -(-grant.granted_bytes // WORD_BYTES))

    def rehouse(self, grant: Grant, words: int) -> None:
        """Put a grant in so many words of memory of our own, which are as many at least."""
        self._unshare(grant.place)
        self._witness.check_guards(grant)
        old = grant.place
        contents = self.contents(grant)
        guard = self.guard_words * WORD_BYTES
        watched = guard + words * WORD_BYTES + guard
        buffer = bytearray(watched)
        if self.stays:
            # Shown as it is, so it ends where what is shown does.
            make_fit(buffer, grant.shown_bytes)
            watched = len(buffer) // WORD_BYTES * WORD_BYTES
        new = Place(None, None, buffer, guard, watched)
        new.write(guard, contents)
        # Behind the last whole word it may hold what is another one's.
        new.paint_guards(grant.shown_bytes)
        grant.place = new
        self._witness.leave(old, f"segment {grant.index} before it moved")

    def look_around(self, grant: Grant) -> None:
        """Look at the guards of a grant, before it is changed."""
        self._witness.check_guards(grant)

    def abandon(self, grant: Grant) -> None:
        """A grant is about to lie elsewhere: leave its place, and watch it."""
        self._unshare(grant.place)
        self._witness.check_guards(grant)
        self._witness.leave(grant.place, f"segment {grant.index} before it moved")

    def shares(self, grant: Grant) -> bool:
        """Whether the memory of a grant is that of another one, too."""
        place = grant.place
        return place.of is not None or any(other.place.of is place for other in self.live)

    def is_whole(self, grant: Grant) -> bool:
        """Whether a grant can be had, is as long as it was granted or grown, and shares nothing."""
        is_cut = grant.shown_bytes < grant.granted_bytes
        return not (grant.gone or is_cut or self.shares(grant))

    def leave(self, grant: Grant, buffer: bytearray) -> None:
        """Watch a buffer in which a grant lay before the honest memory put it elsewhere."""
        place = Place(None, None, buffer, grant.place.start, len(buffer) // WORD_BYTES * WORD_BYTES)
        self._witness.leave(place, f"segment {grant.index} before it grew")

    def _unshare(self, place: Place) -> None:
        """Give whoever shares a place, which is about to be left, a place of its own."""
        for grant in self.live:
            if grant.place.of is place:
                self.relocate(grant)

    def grant_again(self, new: Grant, other: Grant) -> None:
        """Let the call of ``allocate`` that is under way answer ``other`` once more."""
        assert new is self.grants[-1]
        self.grants.pop()
        self.live.remove(new)
        new.place.release()
        new.again = other
        other.times += 1

    def call_back(self, kind: str, during: str) -> bool:
        """Call the client from inside its own call; False if nobody drives it, or it is one."""
        if self.reenter is None or self._is_called_back:
            return False
        self._is_called_back = True
        try:
            wrong = self.reenter(kind)
        finally:
            self._is_called_back = False
        if wrong:
            self._witness.note("P10", "not-busy", f"{kind} from inside {during}: {wrong}")
        return True

    def lend(self, grant: Grant, form: Form | None = None, extra_bytes: int = 0) -> Any:
        """Answer a grant as it lies now, in some form, and with bytes behind it that are nobody's.

        Memory that stays is lent as it is, since its client has it already.
        """
        place = grant.place
        buffer = place.buffer()
        start = place.start
        end = start + grant.shown_bytes + extra_bytes
        if self.stays:
            return buffer
        if not COUNTS_VIEWS:
            view = octets(buffer)[start:end]
            return view if form is None else form(view)
        if grant.claimed_words:
            claiming = ClaimingExporter(self, grant, buffer, start, end, self.epoch, form)
            return claiming.claiming(grant.claimed_words)
        return Exporter(self, grant, buffer, start, end, self.epoch, form)

    def resize_in_place(self, grant: Grant) -> str | None:
        """Resize the bytearray below a grant, and back; None if there is none below it.

        It moves, always, and not where the C library would have it so: coverage depends on that.
        """
        buffer = grant.place.buffer()
        if type(buffer) is not bytearray:
            return None
        try:
            if self.shares(grant) and has_room(buffer):
                # It is to be seen that it shares its memory, which depends on addresses: it stays.
                buffer.append(0)
                buffer.pop()
            else:
                put_elsewhere(buffer)
        except BufferError:
            if COUNTS_VIEWS:
                # A view that the client holds was noted when this moment began.
                if not grant.views:
                    return None
            else:
                self._witness.note("P4", "held-view", f"a view of segment {grant.index} was held")
            return f"segment {grant.index} could not be resized while a view is held"
        return f"segment {grant.index} was resized and put back"

    def cut(self, grant: Grant, shown_bytes: int) -> None:
        """Show a grant shorter. What is cut is gone, and watched like a guard."""
        self._witness.check_guards(grant)
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        grant.place.paint_guards(shown_bytes)

    def grow_back(self, grant: Grant, shown_bytes: int) -> None:
        """Show a grant longer again, up to what it was granted with; what comes back is zero."""
        assert shown_bytes <= grant.granted_bytes
        self._witness.check_guards(grant)
        place = grant.place
        # Bytes behind the last whole word are nobody's, and may be another one's guard.
        whole = shown_bytes // WORD_BYTES * WORD_BYTES
        place.write(place.start + grant.shown_bytes, bytes(max(0, whole - grant.shown_bytes)))
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        place.paint_guards(shown_bytes)

    def follow_up(self, fault: Fault, grant: Grant, act: Callable[[], str | None]) -> None:
        """Call ``act`` at the start of each call from the next on, until it says it did something.

        It is forgotten when the grant is released.
        """
        self._moments.follow_up(fault, grant, act)

    # ---------------------------------------------------------------- what the exporter calls

    def note_stale_buffer(self, grant: Grant) -> None:
        """The answer of an earlier ``segment`` is used though the segment may have moved since."""
        self._witness.note(
            "P4",
            "stale-buffer",
            f"segment {grant.index} was used by an answer older than the last allocator call "
            "or operation",
        )

    # ---------------------------------------------------------------- grants

    def _grant(self, minimum_words: int, wanted_bytes: int | None) -> Grant:
        """Ask the honest memory; show all that it gave but the guards, or ``wanted_bytes``."""
        memory = self.memory
        guard = self.guard_words * WORD_BYTES
        asked = minimum_words
        if wanted_bytes is not None:
            asked = max(asked, -(-wanted_bytes // WORD_BYTES))
        key = memory.allocate(asked + 2 * self.guard_words)
        buffer = memory.segment(key)
        if self.stays:
            make_fit(buffer, wanted_bytes)
        view = octets(buffer)
        length = view.nbytes // WORD_BYTES * WORD_BYTES
        shown = max(0, length - 2 * guard)
        if self.stays:
            shown = len(buffer)
        elif wanted_bytes is not None:
            shown = min(shown, wanted_bytes)
        # Behind a grant that was made short lies what was asked for: that is watched, too.
        watched = min(length, guard + max(shown, asked * WORD_BYTES) + guard)
        end = guard + shown
        painted = guard + shown // WORD_BYTES * WORD_BYTES
        view[:guard] = paint(GUARD_WORD, guard)
        view[painted:watched] = paint(GUARD_WORD, watched - painted)
        first = bytes(view[guard:end])
        del view
        place = Place(memory, key, buffer if self._memory_stays else None, guard, watched)
        grant = Grant(len(self.grants), minimum_words, place, shown, first)
        self.grants.append(grant)
        self.live.append(grant)
        return grant

    def _change_growth(self, grant: Grant, first: int) -> Fault | None:
        """Let faults act on what was added to a grant, from byte ``first`` on."""
        tampered, grant.tampered = grant.tampered, False
        fault = self._moments.on_growth(grant, first)
        if grant.tampered and not self.shares(grant):
            # The client gets it like this, so this is what was added.
            grant.first = grant.first[:first] + self.contents(grant)[first:]
            grant.tampered = False
        grant.tampered |= tampered
        return fault

    def find(self, key: Any) -> Grant | None:
        """Answer the grant with this key, live or not; None if there never was one."""
        if key is None:
            return self.nameless
        if type(key) is not SegmentKey and type(key) is not ThornyKey:
            return None
        grant = self.grants[key.index] if key.index < len(self.grants) else None
        return grant if grant is not None and grant.key is key else None

    def _begin(self, kind: When) -> None:
        """A client calls: count it, and see whether it may, and whether it holds a view."""
        self.epoch += 1
        if self._moments.count(kind) > self.last_call:
            raise self._runaway(kind)
        if self.views or self.stays:
            self._witness.look_for_views()

    def _runaway(self, kind: When) -> Runaway:
        self.note_call(kind, -1, 0, 0, None, Runaway.__name__)
        return Runaway(f"more than {self.last_call} calls")

    def _refuse_borrow(self, key: Any, grant: Grant | None) -> Buffer:
        if grant is None:
            what, index = f"{key!r} was borrowed, which was never granted", -1
        else:
            what, index = f"segment {grant.index} was borrowed after its release", grant.index
        self._witness.note("P8", "unknown-borrow", what)
        self.note_call(When.SEGMENT, index, 0, 0, None, "KeyError")
        raise KeyError(what)

    def note_call(
        self, kind: When, index: int, asked: int, words: int, fault: Fault | None, error: str | None
    ) -> None:
        """Write a call down, where calls are logged."""
        if self._log:
            self.calls.append(Call(kind, index, asked, words, fault, error, self.operation))
