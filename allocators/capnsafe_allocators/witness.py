"""The witness, which collects evidence of a client's breaches, as far as memory can prove them.

:class:`.records.Evidence` lists the breaches. The witness checks places and grants, records each
breach, and repairs damage, so that it is recorded once.
"""

from __future__ import annotations

from collections.abc import Iterable

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


class Witness:
    """A watcher of the memory of one allocator."""

    __slots__ = ("_stays", "epoch", "evidence", "left", "left_bytes", "operation", "views")

    def __init__(self, *, stays: bool) -> None:
        """Make a witness. ``stays`` is whether the allocator promises that memory stays."""
        self._stays = stays
        #: The places that segments have left, each with a description of the segment.
        self.left: list[tuple[Place, str]] = []
        #: The bytes of these places together.
        self.left_bytes = 0
        self.evidence: list[Evidence] = []
        #: The index of the current operation, counted from 0.
        self.operation = 0
        #: Increases whenever a segment may have moved: at each call and after each operation.
        self.epoch = 0
        #: Number of views that are held now, if they can be counted.
        self.views = 0

    def note(self, promise: str, symptom: str, detail: str) -> None:
        """Record a breach in the current operation."""
        self.evidence.append(Evidence(promise, symptom, self.operation, detail))

    # ---------------------------------------------------------------- views

    def look_for_views(self, grants: Iterable[Grant]) -> None:
        """Record each of these grants of which a view is held now."""
        for grant in grants:
            if grant.views or (self._stays and not can_resize(grant.place.buffer())):
                self.note("P4", "held-view", f"a view of segment {grant.index} was held")

    def note_stale_buffer(self, grant: Grant) -> None:
        """Record that a result of ``segment`` was used after the segment may have moved."""
        self.note(
            "P4",
            "stale-buffer",
            f"segment {grant.index} was used through a buffer from before the last allocator call "
            "or operation",
        )

    # ---------------------------------------------------------------- writes

    def leave(self, place: Place, whose: str) -> None:
        """Paint over a place that a segment has left, and watch it, unless it shares another."""
        if place.of is not None:
            return
        place.paint_over()
        self.left.append((place, whose))
        self.left_bytes += place.watched

    def give_back_left(self) -> None:
        """Release all places that segments have left, the last one first."""
        for place, _ in reversed(self.left):
            place.release()
        self.left.clear()
        self.left_bytes = 0

    def look_at_left(self) -> None:
        """Check all places that segments have left."""
        for place, whose in self.left:
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

    def note_shared(self, grant: Grant) -> None:
        """Record words that were handed out from memory that another segment shares."""
        self.note(
            "P3",
            "shared",
            f"words were handed out from segment {grant.index}, which was granted in the memory of "
            "another segment",
        )

    def check_lengths(self, grants: Iterable[Grant]) -> None:
        """Record each bytearray that the client resized, once. Its length is not restored.

        If it was, a client would see a segment that shrank, and its reaction would be recorded as a
        second breach.
        """
        for grant in grants:
            found = len(grant.place.buffer())
            if found == grant.shown_bytes:
                continue
            # If it shares another one's memory, that one is recorded, and may have grown lawfully.
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
        """Check the guards around one grant."""
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
                f"{grant.index}, which has {grant.shown_bytes // WORD_BYTES} words ({end - start} "
                "bytes), were changed",
            )
            place.write(end, expected)

    # ---------------------------------------------------------------- releases

    def check_words_used(self, grant: Grant, words_used: object) -> None:
        """Record a ``words_used`` of a release if memory proves it wrong."""
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
                f"but word {last // WORD_BYTES} was written",
            )
