"""The evidence: what a client did that breaks a promise, as far as memory alone can prove it.

:class:`.records.Evidence` lists what there is to see. The witness looks where it is told to, notes
what it finds, and paints over damage, so that it is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .grant import Grant
from .place import (
    GUARD_WORD,
    LEFT_WORD,
    WORD_BYTES,
    Place,
    can_resize,
    first_difference,
    paint,
)
from .records import Evidence

if TYPE_CHECKING:
    from .hostile import HostileAllocator


class Witness:
    """Watches the memory of one allocator."""

    __slots__ = ("_allocator", "_left", "_stays", "evidence")

    def __init__(self, allocator: HostileAllocator, *, stays: bool) -> None:
        """Watch ``allocator``, whose memory ``stays`` if it promises that."""
        self._allocator = allocator
        self._stays = stays
        self._left: list[tuple[Place, str]] = []
        self.evidence: list[Evidence] = []

    def note(self, promise: str, what: str, detail: str) -> None:
        """Note a breach, in the operation that runs now."""
        self.evidence.append(Evidence(promise, what, self._allocator.operation, detail))

    # ---------------------------------------------------------------- views

    def look_for_views(self) -> None:
        """Note every segment of which a view is held now."""
        if self._stays:
            self._check_lengths()
        for grant in self._allocator.grants:
            if grant.views or (self._stays and not can_resize(grant.place.buffer())):
                self.note("P4", "held-view", f"a view of segment {grant.index} was held")

    # ---------------------------------------------------------------- writes

    def leave(self, place: Place, whose: str) -> None:
        """Paint over a place that a segment has left, and watch it; unless it shares another."""
        if place.of is not None:
            return
        place.paint_over()
        self._left.append((place, whose))

    def give_back_left(self) -> None:
        """Release all places that segments have left, the last one first."""
        for place, _ in reversed(self._left):
            place.release()
        self._left.clear()

    def look(self) -> None:
        """Look at all guards and at all places that were left."""
        if self._stays:
            self._check_lengths()
        for grant in self._allocator.live:
            self.check_guards(grant)
        self.look_at_shared()
        for place, whose in self._left:
            expected = paint(LEFT_WORD, place.watched)
            found = place.read(0, place.watched)
            if found != expected:
                first, end = first_difference(found, expected)
                self.note(
                    "P3",
                    "stale-write",
                    f"the place of {whose} was written: bytes {first - place.start} to "
                    f"{end - place.start - 1} of it",
                )
                place.write(0, expected)

    def look_at_shared(self) -> None:
        """Note words that were handed out of a grant where it was made to lie in another segment.

        Not where another fault acted, too, or more segments moved than a client looks at: it may
        have hidden from the client what they share. So may one that put a segment elsewhere later:
        what is lost by that is not looked at any more.
        """
        allocator = self._allocator
        if len(allocator.live) > allocator.places_known:
            return
        for grant in allocator.live:
            if grant.own_words is None or not allocator.shares(grant):
                continue
            alone = all(
                fired.fault.family == "alias" and fired.fault.kind != "later"
                for fired in allocator.fired
            )
            if alone and allocator.used_words(grant) > grant.own_words:
                grant.own_words = None
                self.note(
                    "P3",
                    "shared",
                    f"words were handed out of segment {grant.index} that were granted in the "
                    "memory of another segment",
                )

    def _check_lengths(self) -> None:
        """Look whether the client resized a bytearray. It is told once, and not undone.

        Undone, it would look to the client like a segment that shrank, and be told a second time as
        what the client makes of that.
        """
        for grant in self._allocator.grants:
            found = len(grant.place.buffer())
            if found == grant.shown_bytes:
                continue
            # Where it is another one's memory, that one tells; and that may have grown as asked.
            if grant.place.of is None:
                self.note(
                    "P3",
                    "resized",
                    f"the {grant.shown_bytes} bytes of segment {grant.index} became {found}",
                )
            grant.tampered |= found < grant.shown_bytes
            grant.shown_bytes = found
            grant.place.watched = found // WORD_BYTES * WORD_BYTES

    def check_guards(self, grant: Grant) -> None:
        """Look at the guards around one grant."""
        place = grant.place
        if place.of is not None:
            return
        start = place.start
        end = place.guarded_from(grant.shown_bytes)
        before, behind = place.guards(end)
        expected = paint(GUARD_WORD, start)
        if before != expected:
            first, last = first_difference(before, expected)
            self.note(
                "P3",
                "guard",
                f"bytes {first - start} to {last - 1 - start} of segment {grant.index}, "
                "before its first byte, were changed",
            )
            place.write(0, expected)
        expected = paint(GUARD_WORD, place.watched - end)
        if behind != expected:
            first, last = first_difference(behind, expected)
            self.note(
                "P3",
                "guard",
                f"bytes {end - start + first} to {end - start + last - 1} of segment "
                f"{grant.index} were changed, which has {grant.shown_bytes // WORD_BYTES} words "
                f"({end - start} bytes)",
            )
            place.write(end, expected)

    # ---------------------------------------------------------------- releases

    def check_words_used(self, grant: Grant, words_used: object) -> None:
        """Judge what a release tells, as far as the memory shows it."""
        name = f"segment {grant.index}"
        if not isinstance(words_used, int) or not 0 <= words_used <= grant.most_words:
            self.note(
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
            self.note(
                "P8",
                "words-used",
                f"{name} was released with words_used={words_used}, "
                f"but its word {last // WORD_BYTES} had been written",
            )
