"""The hostile allocator: honest memory with faults over it, and a witness of its client.

It owns three things and no more: the *bookkeeping* of grants (which live, where they lie, how long
they look), the *moments* (which fault is due at which call), and the *evidence* (what the client
did that breaks a promise). What a fault does is in its family's file; families act through the
methods of the section "what families do".

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

Everything is deterministic: the same calls and the same faults give the same answers and records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from capnsafe.allocator import Allocator, Buffer

from .exporter import COUNTS_VIEWS, Exporter
from .families import Answer, Family, check_fault
from .fault import CALLS, Fault, When
from .place import (
    GUARD_WORD,
    LEFT_WORD,
    WORD_BYTES,
    Place,
    can_resize,
    first_difference,
    make_fit,
    octets,
    paint,
)
from .records import Call, Evidence, Fired

#: Guard words on each side of a grant, unless told otherwise.
GUARD_WORDS = 8


class SegmentKey:
    """What a client holds of a grant. Opaque."""

    __slots__ = ("_index",)

    def __init__(self, index: int) -> None:
        """Name the grant ``index``."""
        self._index = index

    def __repr__(self) -> str:
        """Tell people which grant it is."""
        return f"<key of segment {self._index}>"


class Grant:
    """One grant: what the client asked and got, and what became of it."""

    __slots__ = (
        "asked",
        "first",
        "granted_bytes",
        "grows_back_to",
        "index",
        "key",
        "place",
        "released",
        "seen",
        "shown_bytes",
        "tampered",
        "views",
        "words_used",
    )

    def __init__(
        self, index: int, asked: int, place: Place, granted_bytes: int, first: bytes
    ) -> None:
        """Remember a grant of ``granted_bytes`` bytes where ``asked`` words were asked."""
        #: In order of granting, counted from 0.
        self.index = index
        self.key = SegmentKey(index)
        #: The minimum that was asked, in words.
        self.asked = asked
        #: Where it lies now.
        self.place = place
        #: The length it was granted with; not a multiple of 8 after ``short odd``.
        self.granted_bytes = granted_bytes
        #: The length it is shown with now: less after it shrank.
        self.shown_bytes = granted_bytes
        #: The length in bytes that it grows back to when its cut was seen; 0 if it does not.
        self.grows_back_to = 0
        #: How many times it was released.
        self.released = 0
        #: What the first release told.
        self.words_used: int | None = None
        #: Views of it that are held now, where they can be counted.
        self.views = 0
        #: ``segment`` answered it since this was last set to False.
        self.seen = False
        #: What it held when it was granted.
        self.first = first
        #: The allocator itself changed its contents since.
        self.tampered = False

    @property
    def words(self) -> int:
        """The whole words it was granted with."""
        return self.granted_bytes // WORD_BYTES

    def __repr__(self) -> str:
        """Tell people what it is."""
        state = "released" if self.released else "live"
        return f"<Grant {self.index}: {self.words} words, {state}>"


class _Laid:
    """A fault as it waits: its family, and the calls at which it may act."""

    __slots__ = ("calls", "family", "fault")

    def __init__(self, fault: Fault, stays: bool) -> None:
        self.fault = fault
        self.family: Family = check_fault(fault)
        self.calls: tuple[When, ...] = ()
        if fault.when in CALLS:
            self.calls = (fault.when,)
        elif fault.when is When.ANY or self.family.between_operations is None:
            self.calls = CALLS
        if stays:
            self.calls = tuple(call for call in self.calls if call is not When.SEGMENT)


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
    ) -> None:
        """Lay ``faults`` over ``memory``; those due at the same call act in the order given.

        ``guard_words`` are watched on both sides of each grant; with ``stable`` there are none.
        ``stable`` promises clients memory that stays, which ``memory`` must be: bytearrays, and
        declared stable. Without ``log``, ``calls`` stays empty. Raises :class:`FaultError` for a
        fault that means nothing.
        """
        if guard_words < 0:
            raise ValueError(f"guard_words must be at least 0, not {guard_words}")
        self._memory = memory
        self._memory_stays = bool(getattr(memory, "stable", False))
        #: The promise of ``stable`` is made. It is an attribute only then: few allocators have it.
        self._stays = stable
        if stable:
            if not self._memory_stays:
                raise ValueError("only memory that declares itself stable can be shown as stable")
            self.stable = True
            guard_words = 0
        self._guard_words = guard_words
        self._log = log
        self._laid = [_Laid(fault, stable) for fault in faults]
        if stable:
            self._laid = [laid for laid in self._laid if not laid.family.changes_segments]
        self._follow_ups: list[tuple[Fault, Grant, Callable[[], str | None]]] = []
        self._by_key: dict[SegmentKey, Grant] = {}
        self._left: list[tuple[Place, str]] = []
        self._is_finished = False
        self._last_used: Sequence[int] = ()
        self._calls = 0
        self._allocates = 0
        self._segments = 0
        self._releases = 0

        #: Words handed out of each live segment, in order of granting. Set by whoever drives the
        #: client; read when a ``shrink`` is due. One that raises leaves the last answer standing.
        self.used: Callable[[], Sequence[int]] | None = None
        #: One for each allocator call.
        self.calls: list[Call] = []
        #: One for each time a fault changed something.
        self.fired: list[Fired] = []
        self.evidence: list[Evidence] = []
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

    def allocate(self, minimum_words: int, /) -> SegmentKey:
        """Grant a segment, or do what the faults say."""
        self.epoch += 1
        self._calls += 1
        self._allocates += 1
        if self.views or self._stays:
            self._note_held_views()
        fault: Fault | None = None
        shortening: _Laid | None = None
        wanted: int | None = None
        if self._laid or self._follow_ups:
            fault = self._before_call(When.ALLOCATE, None, minimum_words)
            shortening, wanted = self._wanted_bytes(minimum_words)
        try:
            grant = self._grant(minimum_words, wanted)
        except BaseException as error:
            self._note_call(When.ALLOCATE, -1, minimum_words, 0, fault, type(error).__name__)
            raise
        if self._laid:
            if shortening is not None:
                # Only now: had the honest memory refused, nobody would have seen it.
                what = f"{wanted} bytes were granted where {minimum_words} words were asked"
                self._fire(shortening, what, self._calls - 1, self.operation)
                fault = fault or shortening.fault
            fault = self._on_grant(grant, fault)
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
        self.epoch += 1
        self._calls += 1
        self._segments += 1
        if self.views or self._stays:
            self._note_held_views()
        try:
            grant = self._by_key[key]
        except (KeyError, TypeError):
            grant = None
        if grant is None or grant.released:
            return self._refuse_borrow(key, grant)
        fault: Fault | None = None
        if self._laid or self._follow_ups:
            fault = self._before_call(When.SEGMENT, grant, 0)
        place = grant.place
        start = place.start
        buffer = place.buffer()
        shown = grant.shown_bytes
        answer: Any
        if self._stays:
            answer = buffer
        elif COUNTS_VIEWS:
            answer = Exporter(self, grant, buffer, start, start + shown, self.epoch)
        else:
            answer = octets(buffer)[start : start + shown]
        grant.seen = True
        if self._laid:
            substitute, substituting = self._on_borrow(grant, answer)
            if substitute is not None:
                answer = substitute.value
                fault = fault or substituting
        if self._log:
            self.calls.append(
                Call(When.SEGMENT, grant.index, 0, shown // WORD_BYTES, fault, None, self.operation)
            )
        return answer

    def release(self, key: Any, words_used: int, /) -> None:
        """Take a grant back. It counts as released even if a fault raises then."""
        self.epoch += 1
        self._calls += 1
        self._releases += 1
        if self.views or self._stays:
            self._note_held_views()
        try:
            grant = self._by_key[key]
        except (KeyError, TypeError):
            self._note("P8", "unknown-release", f"{key!r} was released, which was never granted")
            self._note_call(When.RELEASE, -1, words_used, 0, None, None)
            return
        grant.released += 1
        if grant.released > 1:
            self._note(
                "P8", "double-release", f"segment {grant.index} was released {grant.released} times"
            )
        else:
            grant.words_used = words_used
            self._check_guards_of(grant)
            self._check_words_used(grant, words_used)
            self.live.remove(grant)
            self._leave(grant.place, f"segment {grant.index} after its release")
        fault: Fault | None = None
        if self._laid or self._follow_ups:
            fault = self._before_call(When.RELEASE, grant, words_used)
        self._note_call(When.RELEASE, grant.index, words_used, 0, fault, None)

    # ---------------------------------------------------------------- what drives the client calls

    def operation_finished(self, index: int) -> None:
        """Operation ``index`` has finished, well or not: faults laid after it fire now."""
        self.operation = index
        if self.views or self._stays:
            self._note_held_views()
        self.epoch += 1
        self.operation = index + 1
        if self._laid:
            for laid in tuple(self._laid):
                hook = laid.family.between_operations
                if hook is None or laid.fault.when is not When.AFTER:
                    continue
                if not self._is_due(laid.fault):
                    continue
                what = hook(self, laid.fault)
                if what is not None:
                    self._fire(laid, what, -1, index)

    def snapshot(self) -> list[bytes]:
        """Copy what the live grants hold now, in order of granting, as long as they are shown."""
        return [self.contents(grant) for grant in self.live]

    def check_guards(self) -> None:
        """Look at all guards and at all places that were left; what changed becomes evidence.

        Meant for stretches in which nobody but the client ran, and before ``operation_finished``,
        so that the evidence names the operation. Damage is painted over, and so told once.
        """
        if self._stays:
            self._check_lengths()
        for grant in self.live:
            self._check_guards_of(grant)
        for place, whose in self._left:
            expected = paint(LEFT_WORD, place.watched)
            found = place.read(0, place.watched)
            if found != expected:
                first, end = first_difference(found, expected)
                self._note(
                    "P3",
                    "stale-write",
                    f"the place of {whose} was written: bytes {first - place.start} to "
                    f"{end - place.start - 1} of it",
                )
                place.write(0, expected)

    def finished(self) -> None:
        """The client has closed its message: judge what is left, and give all memory back."""
        if self._is_finished:
            return
        self._is_finished = True
        if self.views or self._stays:
            self._note_held_views()
        self.check_guards()
        for grant in self.live:
            self._note("P8", "never-released", f"segment {grant.index} was never released")
        for grant in reversed(self.live):
            grant.place.release()
        for place, _ in reversed(self._left):
            place.release()
        self._left.clear()

    # ---------------------------------------------------------------- what families do

    def live_grant(self, index: int) -> Grant | None:
        """The grant ``index`` among those that live, modulo their count."""
        return self.live[index % len(self.live)] if self.live else None

    def contents(self, grant: Grant) -> bytes:
        """Copy what a grant holds now, as long as it is shown."""
        start = grant.place.start
        return grant.place.read(start, start + grant.shown_bytes)

    def write(self, grant: Grant, first: int, data: bytes) -> None:
        """Change bytes of a grant behind its client's back, from byte ``first`` of it."""
        assert 0 <= first <= first + len(data) <= grant.shown_bytes
        grant.place.write(grant.place.start + first, data)
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
        self._check_guards_of(grant)
        old = grant.place
        contents = self.contents(grant)
        guard = self._guard_words * WORD_BYTES
        words = -(-grant.granted_bytes // WORD_BYTES)
        watched = guard + words * WORD_BYTES + guard
        new = Place(None, None, bytearray(watched), guard, watched)
        new.paint_guards(grant.shown_bytes)
        new.write(guard, contents)
        grant.place = new
        self._leave(old, f"segment {grant.index} before it moved")

    def resize_in_place(self, grant: Grant) -> str | None:
        """Grow the bytearray below a grant and cut it back; None if there is none below it."""
        buffer = grant.place.buffer()
        if type(buffer) is not bytearray:
            return None
        length = len(buffer)
        try:
            # More than a bytearray keeps in reserve, so that it is really reallocated.
            buffer.extend(bytes(length + 64))
        except BufferError:
            if COUNTS_VIEWS:
                # A view that the client holds was noted when this moment began.
                if not grant.views:
                    return None
            else:
                self._note("P4", "held-view", f"a view of segment {grant.index} was held")
            return f"segment {grant.index} could not be resized while a view is held"
        del buffer[length:]
        return f"segment {grant.index} was resized and put back"

    def cut(self, grant: Grant, shown_bytes: int) -> None:
        """Show a grant shorter. What is cut is gone, and watched like a guard."""
        self._check_guards_of(grant)
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        grant.place.paint_guards(shown_bytes)

    def grow_back(self, grant: Grant, shown_bytes: int) -> None:
        """Show a grant longer again, up to what it was granted with; what comes back is zero."""
        assert shown_bytes <= grant.granted_bytes
        self._check_guards_of(grant)
        place = grant.place
        place.write(place.start + grant.shown_bytes, bytes(shown_bytes - grant.shown_bytes))
        grant.shown_bytes = shown_bytes
        grant.tampered = True
        place.paint_guards(shown_bytes)

    def follow_up(self, fault: Fault, grant: Grant, act: Callable[[], str | None]) -> None:
        """Call ``act`` at the start of each call from the next on, until it says it did something.

        It is forgotten when the grant is released.
        """
        self._follow_ups.append((fault, grant, act))

    # ---------------------------------------------------------------- what the exporter calls

    def note_stale_buffer(self, grant: Grant) -> None:
        """The answer of an earlier ``segment`` is used though the segment may have moved since."""
        self._note(
            "P4",
            "stale-buffer",
            f"segment {grant.index} was used by an answer older than the last allocator call "
            "or operation",
        )

    # ---------------------------------------------------------------- moments

    def _is_due(self, fault: Fault) -> bool:
        when = fault.when
        if when is When.SEGMENT:
            reached = self._segments
        elif when is When.ALLOCATE:
            reached = self._allocates
        elif when is When.RELEASE:
            reached = self._releases
        elif when is When.ANY:
            reached = self._calls
        else:
            # Operations are counted from 0: `operation` is one more than the last that finished.
            return self.operation > fault.number
        return reached >= fault.number

    def _fire(self, laid: _Laid, what: str, call: int, operation: int) -> None:
        self.fired.append(Fired(laid.fault, call, operation, what))
        if not laid.fault.persistent:
            self._laid.remove(laid)

    def _before_call(self, kind: When, grant: Grant | None, asked: int) -> Fault | None:
        """Let follow-ups and faults act; answer the first that did. Raises what a fault raises."""
        call = self._calls - 1
        first: Fault | None = None
        if self._follow_ups:
            waiting = []
            for follow_up in self._follow_ups:
                fault, whose, act = follow_up
                if whose.released:
                    continue
                what = act()
                if what is None:
                    waiting.append(follow_up)
                else:
                    self.fired.append(Fired(fault, call, self.operation, what))
                    first = first or fault
            self._follow_ups = waiting
        for laid in tuple(self._laid):
            hook = laid.family.before_call
            if hook is None or kind not in laid.calls or not self._is_due(laid.fault):
                continue
            outcome = hook(self, laid.fault, kind, grant)
            if outcome is None:
                continue
            first = first or laid.fault
            if isinstance(outcome, str):
                self._fire(laid, outcome, call, self.operation)
                continue
            name = type(outcome).__name__
            self._fire(laid, f"{kind.value} raised {name}", call, self.operation)
            index = -1 if grant is None else grant.index
            self._note_call(kind, index, asked, 0, laid.fault, name)
            try:
                raise outcome
            finally:
                # Or frame and traceback would hold each other, and with them the client's views.
                del outcome
        return first

    def _wanted_bytes(self, minimum_words: int) -> tuple[_Laid | None, int | None]:
        for laid in self._laid:
            hook = laid.family.grant_bytes
            if hook is None or When.ALLOCATE not in laid.calls or not self._is_due(laid.fault):
                continue
            wanted = hook(laid.fault, minimum_words)
            if wanted is not None:
                return laid, wanted
        return None, None

    def _on_grant(self, grant: Grant, first: Fault | None) -> Fault | None:
        for laid in tuple(self._laid):
            hook = laid.family.on_grant
            if hook is None or When.ALLOCATE not in laid.calls or not self._is_due(laid.fault):
                continue
            what = hook(self, laid.fault, grant)
            if what is not None:
                self._fire(laid, what, self._calls - 1, self.operation)
                first = first or laid.fault
        if grant.tampered:
            # The client gets it like this, so this is what it had at first.
            grant.first = self.contents(grant)
            grant.tampered = False
        return first

    def _on_borrow(self, grant: Grant, answer: Any) -> tuple[Answer | None, Fault | None]:
        for laid in tuple(self._laid):
            hook = laid.family.on_borrow
            if hook is None or When.SEGMENT not in laid.calls or not self._is_due(laid.fault):
                continue
            substitute = hook(self, laid.fault, grant, answer)
            if substitute is not None:
                self._fire(laid, substitute.what, self._calls - 1, self.operation)
                return substitute, laid.fault
        return None, None

    # ---------------------------------------------------------------- grants

    def _grant(self, minimum_words: int, wanted_bytes: int | None) -> Grant:
        """Ask the honest memory; show all that it gave but the guards, or ``wanted_bytes``."""
        memory = self._memory
        guard = self._guard_words * WORD_BYTES
        asked = minimum_words
        if wanted_bytes is not None:
            asked = max(asked, -(-wanted_bytes // WORD_BYTES))
        key = memory.allocate(asked + 2 * self._guard_words)
        buffer = memory.segment(key)
        if self._stays:
            make_fit(buffer, wanted_bytes)
        view = octets(buffer)
        length = view.nbytes // WORD_BYTES * WORD_BYTES
        shown = max(0, length - 2 * guard)
        if self._stays:
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
        self._by_key[grant.key] = grant
        return grant

    def _leave(self, place: Place, whose: str) -> None:
        place.paint_over()
        self._left.append((place, whose))

    def _refuse_borrow(self, key: Any, grant: Grant | None) -> Buffer:
        if grant is None:
            what, index = f"{key!r} was borrowed, which was never granted", -1
        else:
            what, index = f"segment {grant.index} was borrowed after its release", grant.index
        self._note("P8", "unknown-borrow", what)
        self._note_call(When.SEGMENT, index, 0, 0, None, "KeyError")
        raise KeyError(what)

    # ---------------------------------------------------------------- evidence

    def _note(self, promise: str, what: str, detail: str) -> None:
        self.evidence.append(Evidence(promise, what, self.operation, detail))

    def _note_call(
        self, kind: When, index: int, asked: int, words: int, fault: Fault | None, error: str | None
    ) -> None:
        if self._log:
            self.calls.append(Call(kind, index, asked, words, fault, error, self.operation))

    def _note_held_views(self) -> None:
        if self._stays:
            self._check_lengths()
        for grant in self.grants:
            if grant.views or (self._stays and not can_resize(grant.place.buffer())):
                self._note("P4", "held-view", f"a view of segment {grant.index} was held")

    def _check_lengths(self) -> None:
        """Look whether the client resized a bytearray. It is told once, and not undone.

        Undone, it would look to the client like a segment that shrank, and be told a second time as
        what the client makes of that.
        """
        for grant in self.grants:
            found = len(grant.place.buffer())
            if found != grant.shown_bytes:
                self._note(
                    "P3",
                    "resized",
                    f"the {grant.shown_bytes} bytes of segment {grant.index} became {found}",
                )
                grant.tampered |= found < grant.shown_bytes
                grant.shown_bytes = found
                grant.place.watched = found // WORD_BYTES * WORD_BYTES

    def _check_guards_of(self, grant: Grant) -> None:
        place = grant.place
        start = place.start
        end = start + grant.shown_bytes // WORD_BYTES * WORD_BYTES
        view = octets(place.buffer())
        before = bytes(view[:start])
        behind = bytes(view[end : place.watched])
        del view
        expected = paint(GUARD_WORD, start)
        if before != expected:
            first, last = first_difference(before, expected)
            self._note(
                "P3",
                "guard",
                f"bytes {first - start} to {last - 1 - start} of segment {grant.index}, "
                "before its first byte, were changed",
            )
            place.write(0, expected)
        expected = paint(GUARD_WORD, place.watched - end)
        if behind != expected:
            first, last = first_difference(behind, expected)
            self._note(
                "P3",
                "guard",
                f"bytes {end - start + first} to {end - start + last - 1} of segment "
                f"{grant.index} were changed, which has {grant.shown_bytes // WORD_BYTES} words "
                f"({end - start} bytes)",
            )
            place.write(end, expected)

    def _check_words_used(self, grant: Grant, words_used: object) -> None:
        name = f"segment {grant.index}"
        if not isinstance(words_used, int) or not 0 <= words_used <= grant.words:
            self._note(
                "P8",
                "words-used",
                f"{name} of {grant.words} words was released with words_used={words_used!r}",
            )
            return
        if grant.tampered:
            return
        unused = words_used * WORD_BYTES
        end = grant.words * WORD_BYTES
        place = grant.place
        found = place.read(place.start + unused, place.start + end)
        expected = grant.first[unused:end]
        if found != expected:
            last = first_difference(found, expected)[1] + unused - 1
            self._note(
                "P8",
                "words-used",
                f"{name} was released with words_used={words_used}, "
                f"but its word {last // WORD_BYTES} had been written",
            )
