"""The ledger: all grants of a hostile allocator, their places, and the guards around them.

It records every grant, live or released, its place, and the length that the client sees. It asks
the honest memory for grants, moves them, cuts them, lets them grow back and lends them, and keeps
guards and places consistent. Families act on memory through its methods. They know nothing of
:class:`.HostileAllocator` above it, which serves the calls of the client.

The honest memory is asked for ``guard_words`` more on both sides of every grant, and the client
sees the middle. Memory that a segment left, by a move or by its release, is painted over, and
returned to the honest memory only in :meth:`Ledger.close`, so that a later write there is detected.
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
        "_spare",
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
        """Make an empty ledger.

        Args:
            memory: The honest memory.
            guard_words: The words that are watched on both sides of each grant.
            log: Whether to record every call.
            stays: Whether the client was promised that memory stays. Then there are no guards.
        """
        self._last_used: Sequence[int] = ()
        #: Whether ``used`` is being called, which may run code of the client.
        self.asks_used = False
        self._log = log
        self._memory_stays = bool(getattr(memory, "stable", False))
        #: Returns memory for segments that are moved; honest memory may have its own.
        self._spare: Callable[[int], Any] = getattr(memory, "spare", bytearray)
        #: The honest memory.
        self.memory = memory
        #: Number of words that are watched on each side of a grant.
        self.guard_words = guard_words
        #: Whether the client was promised that memory stays.
        self.stays = stays
        self.witness = Witness(stays=stays)
        #: All grants, oldest first.
        self.grants: list[Grant] = []
        #: The grants that are not released, oldest first.
        self.live: list[Grant] = []
        #: The grant whose key is None.
        self.nameless: Grant | None = None
        #: A record of each allocator call, if calls are logged.
        self.calls: list[Call] = []
        #: A record of each time that a fault fired.
        self.fired: list[Fired] = []
        #: Whether the client can see all sharing of memory, because no fault that hides it fired.
        self.sharing_shows = True
        #: The second parts of faults that have fired: see :meth:`follow_up`.
        self.follow_ups: list[tuple[Fault, Grant, Callable[[], str | None]]] = []
        #: Returns the words handed out of each live segment, oldest first.
        self.used: Callable[[], Sequence[int]] | None = None
        #: Calls the client as the kind of fault says. Returns a description of a wrong result, or
        #: "".
        self.reenter: Callable[[str], str] | None = None
        #: The kind of call, or a finalizer, from which the client is called now; or "".
        self.called_back_from = ""
        #: With more live segments than this, a client need not know the places of all of them when
        #: another one is granted, because the segments of this memory move unasked.
        self.places_known = sys.maxsize

    @property
    def operation(self) -> int:
        """The index of the current operation, counted from 0."""
        return self.witness.operation

    # ---------------------------------------------------------------- grants

    def grant(self, minimum_words: int, wanted_bytes: int | None) -> Grant:
        """Return a new grant, which shows ``wanted_bytes`` or all that is not guard."""
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
        # Words after a grant that a fault made short are watched, too.
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
        """Let the current call of ``allocate`` return ``other`` again, and drop ``new``."""
        assert new is self.grants[-1]
        self.grants.pop()
        self.live.remove(new)
        new.place.release()
        new.again = other
        other.times += 1

    def retire(self, grant: Grant, words_used: object) -> None:
        """Take a grant back: check it, and leave its place."""
        self.unshare(grant.place)
        self.witness.check_guards(grant)
        self.witness.check_words_used(grant, words_used)
        self.live.remove(grant)
        self.witness.leave(grant.place, f"segment {grant.index} after its release")

    def close(self) -> None:
        """Release all memory, the last grant first."""
        for grant in reversed(self.live):
            grant.place.release()
        self.witness.give_back_left()

    def find(self, key: Any) -> Grant | None:
        """Return the grant with this key, live or released, or None if there never was one."""
        if key is None:
            return self.nameless
        if type(key) is not SegmentKey and type(key) is not ThornyKey:
            return None
        grant = self.grants[key.index] if key.index < len(self.grants) else None
        return grant if grant is not None and grant.key is key else None

    def live_grant(self, index: int) -> Grant | None:
        """Return the live grant with this index modulo their number, or None if there is none."""
        return self.live[index % len(self.live)] if self.live else None

    def used_words(self, grant: Grant) -> int:
        """Return the words handed out of a live grant, or all its words if ``used`` is None.

        While ``used`` raises, because the client is in the middle of a call, its last result is
        used.
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
        """Return whether a grant is not gone, has its whole length, and shares no memory."""
        is_cut = grant.shown_bytes < grant.granted_bytes
        return not (grant.gone or is_cut or self.shares(grant))

    # ---------------------------------------------------------------- contents

    def contents(self, grant: Grant) -> bytes:
        """Return a copy of the bytes that the client sees of a grant."""
        start = grant.place.start
        return grant.place.read(start, start + grant.shown_bytes)

    def write(self, grant: Grant, first: int, data: bytes) -> None:
        """Overwrite bytes of a grant from byte ``first`` on, without the client's knowledge.

        Bytes after the last whole word do not belong to the grant, and are not changed.
        """
        assert 0 <= first <= first + len(data) <= grant.shown_bytes
        whole = grant.shown_bytes // WORD_BYTES * WORD_BYTES
        grant.place.write(grant.place.start + first, data[: max(0, whole - first)])
        grant.tampered = True

    def cut(self, grant: Grant, shown_bytes: int) -> None:
        """Cut a grant. The words that are cut off are lost, and watched like a guard."""
        self.witness.check_guards(grant)
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        grant.place.paint_guards(shown_bytes)

    def grow_back(self, grant: Grant, shown_bytes: int) -> None:
        """Let a grant grow back, at most to its granted length. The new words are zero."""
        assert shown_bytes <= grant.granted_bytes
        self.witness.check_guards(grant)
        place = grant.place
        # Bytes after the last whole word may belong to the guard of another grant.
        whole = shown_bytes // WORD_BYTES * WORD_BYTES
        place.write(place.start + grant.shown_bytes, bytes(max(0, whole - grant.shown_bytes)))
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        place.paint_guards(shown_bytes)

    # ---------------------------------------------------------------- places

    def relocate(self, grant: Grant) -> None:
        """Move a grant to memory of the ledger, and paint over its old place.

        It is not moved to another grant of the honest memory. That would raise the size of the next
        grant, or use up a small memory, so the move would change more than the place.
        """
        self.rehouse(grant, -(-grant.granted_bytes // WORD_BYTES))

    def rehouse(self, grant: Grant, words: int) -> None:
        """Move a grant to ``words`` words of memory of the ledger, at least as many as it has."""
        self.unshare(grant.place)
        self.witness.check_guards(grant)
        old = grant.place
        contents = self.contents(grant)
        guard = self.guard_words * WORD_BYTES
        watched = guard + words * WORD_BYTES + guard
        buffer: Any = self._spare(watched)
        if self.stays:
            # The client sees the bytearray itself, so both must have the same length.
            make_fit(buffer, grant.shown_bytes)
            watched = len(buffer) // WORD_BYTES * WORD_BYTES
        new = Place(None, None, buffer, guard, watched)
        new.write(guard, contents)
        # Behind the last whole word, the contents may include the guard of another segment.
        new.paint_guards(grant.shown_bytes)
        grant.place = new
        self.witness.leave(old, f"segment {grant.index} before it moved")

    def resize_in_place(self, grant: Grant) -> str | None:
        """Resize the bytearray below a grant and restore it; return None if there is none.

        It always moves, whatever the C library does, because coverage depends on it.
        """
        buffer = grant.place.buffer()
        if type(buffer) is not bytearray:
            return None
        try:
            if self.shares(grant) and has_room(buffer):
                # Clients detect shared memory by its addresses, so it must stay.
                buffer.append(0)
                buffer.pop()
            else:
                put_elsewhere(buffer)
        except BufferError:
            if COUNTS_VIEWS:
                # A view that the client holds was recorded when this call began.
                if not grant.views:
                    return None
            else:
                self.note_held_view(grant)
            return f"segment {grant.index} could not be resized while a view is held"
        return f"segment {grant.index} was resized and put back"

    def abandon(self, grant: Grant) -> None:
        """Leave the place of a grant that is about to move, and watch the place."""
        self.unshare(grant.place)
        self.witness.check_guards(grant)
        self.witness.leave(grant.place, f"segment {grant.index} before it moved")

    def leave(self, grant: Grant, buffer: bytearray) -> None:
        """Watch the old buffer of a grant that the honest memory has moved."""
        place = Place(None, None, buffer, grant.place.start, len(buffer) // WORD_BYTES * WORD_BYTES)
        self.witness.leave(place, f"segment {grant.index} before it grew")

    def shares(self, grant: Grant) -> bool:
        """Return whether a grant shares memory with another one."""
        place = grant.place
        return place.of is not None or any(other.place.of is place for other in self.live)

    def unshare(self, place: Place) -> None:
        """Move all grants that share a place, which is about to be left, to separate places."""
        for grant in self.live:
            if grant.place.of is place:
                self.relocate(grant)

    # ---------------------------------------------------------------- the client

    def lend(self, grant: Grant, form: Form | None = None, extra_bytes: int = 0) -> Any:
        """Return the buffer of a grant at its present place, for the client.

        Memory that stays is returned unchanged, because the client has it already.

        Args:
            grant: The grant.
            form: Converts the view of its bytes.
            extra_bytes: The number of bytes after the last word to lend as well.
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

        Returns False, and does nothing, if ``reenter`` is None or such a call is running already.
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
        """Record that a call from inside a call of the client went wrong."""
        self.witness.note("P10", "not-busy", f"{kind} from inside {during}: {wrong}")

    def follow_up(self, fault: Fault, grant: Grant, act: Callable[[], str | None]) -> None:
        """Call ``act`` at the start of each later call, until it returns a sentence.

        It is dropped when the grant is released.
        """
        self.follow_ups.append((fault, grant, act))

    def note_call(
        self, kind: When, index: int, asked: int, words: int, fault: Fault | None, error: str | None
    ) -> None:
        """Record a call, if calls are logged."""
        if self._log:
            self.calls.append(Call(kind, index, asked, words, fault, error, self.witness.operation))

    # ---------------------------------------------------------------- evidence

    def look_around(self, grant: Grant) -> None:
        """Check the guards of a grant before it is changed."""
        self.witness.check_guards(grant)

    def look_for_views(self) -> None:
        """Record every segment of which a view is held now."""
        if self.stays:
            self.witness.check_lengths(self.grants)
        self.witness.look_for_views(self.grants)

    def look(self) -> None:
        """Check all guards, and all places that segments left."""
        if self.stays:
            self.witness.check_lengths(self.grants)
        for grant in self.live:
            self.witness.check_guards(grant)
        self.look_at_shared()
        self.witness.look_at_left()

    def look_at_shared(self) -> None:
        """Record words that the client handed out from memory that another segment shares.

        They are not recorded if another fault may have hidden the sharing from the client, or if
        there are more segments than a client looks at.
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
        """Record that the client holds a view of a grant."""
        self.witness.note("P4", "held-view", f"a view of segment {grant.index} was held")
