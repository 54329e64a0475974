"""The ledger: whose words, where they are now, and what is around them.

It keeps the books of one hostile allocator: every grant, live or released, its place, and how long
it is shown. It asks the honest memory for grants, puts them elsewhere, cuts them, lets them grow
back and lends them, and keeps guards and places right meanwhile. Families act on memory through
its methods and know nothing of the allocator above it, :class:`.HostileAllocator`, which serves
the calls of the client.

Every grant is asked of the honest memory with ``guard_words`` more on both sides, and the client is
shown the middle. Memory that a segment left, by a move or by its release, is painted over and kept
from the honest memory until :meth:`Ledger.close`, so that a later write there is seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from capnsafe.allocator import Allocator

from .exporter import COUNTS_VIEWS, ClaimingExporter, Exporter, Form
from .fault import Fault, When
from .grant import Grant, SegmentKey, ThornyKey
from .place import GUARD_WORD, WORD_BYTES, Place, has_room, make_fit, octets, paint, put_elsewhere
from .records import Call, Fired
from .witness import Witness


class Ledger:
    """The grants of one allocator and their places."""

    __slots__ = (
        "_last_used",
        "_log",
        "_memory_stays",
        "asks_used",
        "called_back_from",
        "calls",
        "fired",
        "follow_ups",
        "grants",
        "guard_words",
        "live",
        "memory",
        "nameless",
        "places_known",
        "reenter",
        "sharing_shows",
        "stays",
        "used",
        "witness",
    )

    def __init__(self, memory: Allocator, guard_words: int, *, log: bool, stays: bool) -> None:
        """Keep the books of grants of ``memory`` with ``guard_words`` on both sides of each.

        With ``log``, every call is written down. ``stays`` says that the client was promised memory
        that stays; there are no guards then.
        """
        self._last_used: Sequence[int] = ()
        #: ``used`` is being called, which may run code of the client.
        self.asks_used = False
        self._log = log
        self._memory_stays = bool(getattr(memory, "stable", False))
        #: The honest memory.
        self.memory = memory
        #: Words on each side of a grant that are watched.
        self.guard_words = guard_words
        #: The client was promised memory that stays.
        self.stays = stays
        self.witness = Witness(stays=stays)
        #: Live and dead, in order of granting.
        self.grants: list[Grant] = []
        #: Those not released, in order of granting.
        self.live: list[Grant] = []
        #: The grant whose key is None.
        self.nameless: Grant | None = None
        #: One for each allocator call.
        self.calls: list[Call] = []
        #: One for each time a fault changed something.
        self.fired: list[Fired] = []
        #: No fault fired that may have hidden from the client that segments share memory.
        self.sharing_shows = True
        #: Faults that go on: see :meth:`follow_up`.
        self.follow_ups: list[tuple[Fault, Grant, Callable[[], str | None]]] = []
        #: Returns the words handed out of each live segment, in order of granting.
        self.used: Callable[[], Sequence[int]] | None = None
        #: Calls the client as the kind of fault says. Returns an error in the outcome, or "".
        self.reenter: Callable[[str], str] | None = None
        #: Where the client is called from now: the kind of its call, or a finalizer.
        self.called_back_from = ""
        #: With more live segments than these, a client need not have seen where they lie when
        #: another one is granted, since they move by themselves.
        self.places_known = sys.maxsize

    @property
    def operation(self) -> int:
        """The operation that runs now, counted from 0."""
        return self.witness.operation

    # ---------------------------------------------------------------- grants

    def grant(self, minimum_words: int, wanted_bytes: int | None) -> Grant:
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
        # The words behind a grant that was made short were asked for, so they are watched, too.
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

    def grant_again(self, new: Grant, other: Grant) -> None:
        """Let the call of ``allocate`` that is under way return ``other`` once more."""
        assert new is self.grants[-1]
        self.grants.pop()
        self.live.remove(new)
        new.place.release()
        new.again = other
        other.times += 1

    def retire(self, grant: Grant, words_used: object) -> None:
        """Take a grant back for good: judge it, and leave its place."""
        self.unshare(grant.place)
        self.witness.check_guards(grant)
        self.witness.check_words_used(grant, words_used)
        self.live.remove(grant)
        self.witness.leave(grant.place, f"segment {grant.index} after its release")

    def close(self) -> None:
        """Give all memory back, the last grant first."""
        for grant in reversed(self.live):
            grant.place.release()
        self.witness.give_back_left()

    def find(self, key: Any) -> Grant | None:
        """Return the grant with this key, live or not; None if there never was one."""
        if key is None:
            return self.nameless
        if type(key) is not SegmentKey and type(key) is not ThornyKey:
            return None
        grant = self.grants[key.index] if key.index < len(self.grants) else None
        return grant if grant is not None and grant.key is key else None

    def live_grant(self, index: int) -> Grant | None:
        """Return the grant ``index`` among those that live, modulo their count."""
        return self.live[index % len(self.live)] if self.live else None

    def used_words(self, grant: Grant) -> int:
        """Return the words that were handed out of a live grant; all of them if ``used`` is None.

        While ``used`` raises, its last result stands: the client is in the middle of a call.
        """
        if self.used is None:
            return grant.words
        self.asks_used = True
        with suppress(Exception):
            self._last_used = tuple(self.used())
        self.asks_used = False
        position = self.live.index(grant)
        return self._last_used[position] if position < len(self._last_used) else 0

    def is_whole(self, grant: Grant) -> bool:
        """Return whether a grant is there, has its whole length, and shares nothing."""
        is_cut = grant.shown_bytes < grant.granted_bytes
        return not (grant.gone or is_cut or self.shares(grant))

    # ---------------------------------------------------------------- contents

    def contents(self, grant: Grant) -> bytes:
        """Copy the bytes of a grant, as long as it is shown."""
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

    def cut(self, grant: Grant, shown_bytes: int) -> None:
        """Show a grant shorter. The words that are cut are lost, and watched like a guard."""
        self.witness.check_guards(grant)
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        grant.place.paint_guards(shown_bytes)

    def grow_back(self, grant: Grant, shown_bytes: int) -> None:
        """Show a grant longer again, at most as long as it was granted; the new words are zero."""
        assert shown_bytes <= grant.granted_bytes
        self.witness.check_guards(grant)
        place = grant.place
        # Bytes behind the last whole word are nobody's, and may be another one's guard.
        whole = shown_bytes // WORD_BYTES * WORD_BYTES
        place.write(place.start + grant.shown_bytes, bytes(max(0, whole - grant.shown_bytes)))
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        place.paint_guards(shown_bytes)

    # ---------------------------------------------------------------- places

    def relocate(self, grant: Grant) -> None:
        """Put a grant in memory of our own, and paint over its old place.

        Not in another grant of the honest memory: each move would raise the size of the next grant
        of a growing memory, and use up a small one, so that the move would change more than the
        place.
        """
        self.rehouse(grant, -(-grant.granted_bytes // WORD_BYTES))

    def rehouse(self, grant: Grant, words: int) -> None:
        """Put a grant in ``words`` words of memory of our own, no fewer than it has."""
        self.unshare(grant.place)
        self.witness.check_guards(grant)
        old = grant.place
        contents = self.contents(grant)
        guard = self.guard_words * WORD_BYTES
        watched = guard + words * WORD_BYTES + guard
        buffer = bytearray(watched)
        if self.stays:
            # The client is shown the bytearray itself, so it ends where the segment ends.
            make_fit(buffer, grant.shown_bytes)
            watched = len(buffer) // WORD_BYTES * WORD_BYTES
        new = Place(None, None, buffer, guard, watched)
        new.write(guard, contents)
        # Behind the last whole word the contents may include a guard of another segment.
        new.paint_guards(grant.shown_bytes)
        grant.place = new
        self.witness.leave(old, f"segment {grant.index} before it moved")

    def resize_in_place(self, grant: Grant) -> str | None:
        """Resize the bytearray below a grant, and back; None if there is none below it.

        It moves, always, and not where the C library would have it so: coverage depends on that.
        """
        buffer = grant.place.buffer()
        if type(buffer) is not bytearray:
            return None
        try:
            if self.shares(grant) and has_room(buffer):
                # Clients see by addresses that it shares its memory, so it stays.
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
                self.note_held_view(grant)
            return f"segment {grant.index} could not be resized while a view is held"
        return f"segment {grant.index} was resized and put back"

    def abandon(self, grant: Grant) -> None:
        """Leave the place of a grant, which is about to lie elsewhere, and watch the place."""
        self.unshare(grant.place)
        self.witness.check_guards(grant)
        self.witness.leave(grant.place, f"segment {grant.index} before it moved")

    def leave(self, grant: Grant, buffer: bytearray) -> None:
        """Watch a buffer in which a grant lay before the honest memory put it elsewhere."""
        place = Place(None, None, buffer, grant.place.start, len(buffer) // WORD_BYTES * WORD_BYTES)
        self.witness.leave(place, f"segment {grant.index} before it grew")

    def shares(self, grant: Grant) -> bool:
        """Return whether a grant lies in the memory of another one, or another one in its."""
        place = grant.place
        return place.of is not None or any(other.place.of is place for other in self.live)

    def unshare(self, place: Place) -> None:
        """Give all grants that share a place, which is about to be left, places of their own."""
        for grant in self.live:
            if grant.place.of is place:
                self.relocate(grant)

    # ---------------------------------------------------------------- the client

    def lend(self, grant: Grant, form: Form | None = None, extra_bytes: int = 0) -> Any:
        """Return the buffer of a grant where it lies now, for the client.

        Memory that stays is lent as it is, since its client has it already.

        Args:
            grant: The grant.
            form: Changes the view of its bytes.
            extra_bytes: So many bytes behind the last word, which are nobody's, are lent as well.
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
            claiming = ClaimingExporter(self.witness, grant, buffer, start, end, form)
            return claiming.claiming(grant.claimed_words)
        return Exporter(self.witness, grant, buffer, start, end, form)

    def call_back(self, kind: str, during: str) -> bool:
        """Call the client from inside its own call.

        Returns False if ``reenter`` is None, or if this is a call from inside such a call.
        """
        if self.reenter is None or self.called_back_from:
            return False
        self.called_back_from = during
        try:
            wrong = self.reenter(kind)
        finally:
            self.called_back_from = ""
        if wrong:
            self.note_call_back(kind, during, wrong)
        return True

    def note_call_back(self, kind: str, during: str, wrong: str) -> None:
        """Note that a call from inside a call of the client went wrong."""
        self.witness.note("P10", "not-busy", f"{kind} from inside {during}: {wrong}")

    def follow_up(self, fault: Fault, grant: Grant, act: Callable[[], str | None]) -> None:
        """Call ``act`` at the start of each later call, until it returns what it did.

        It is forgotten when the grant is released.
        """
        self.follow_ups.append((fault, grant, act))

    def note_call(
        self, kind: When, index: int, asked: int, words: int, fault: Fault | None, error: str | None
    ) -> None:
        """Write a call down, if calls are logged."""
        if self._log:
            self.calls.append(Call(kind, index, asked, words, fault, error, self.witness.operation))

    # ---------------------------------------------------------------- evidence

    def look_around(self, grant: Grant) -> None:
        """Look at the guards of a grant, before it is changed."""
        self.witness.check_guards(grant)

    def look_for_views(self) -> None:
        """Note every segment of which a view is held now."""
        if self.stays:
            self.witness.check_lengths(self.grants)
        self.witness.look_for_views(self.grants)

    def look(self) -> None:
        """Look at all guards and at all places that were left."""
        if self.stays:
            self.witness.check_lengths(self.grants)
        for grant in self.live:
            self.witness.check_guards(grant)
        self.look_at_shared()
        self.witness.look_at_left()

    def look_at_shared(self) -> None:
        """Note words that were handed out of a grant which was made to lie in another segment.

        Not if another fault may have hidden from the client that they share memory, or more
        segments moved than a client looks at.
        """
        if not self.sharing_shows or len(self.live) > self.places_known:
            return
        for grant in self.live:
            if grant.own_words is None or not self.shares(grant):
                continue
            if self.used_words(grant) > grant.own_words:
                grant.own_words = None
                self.witness.note_shared(grant)

    def note_held_view(self, grant: Grant) -> None:
        """Note that the client holds a view of a grant."""
        self.witness.note("P4", "held-view", f"a view of segment {grant.index} was held")
