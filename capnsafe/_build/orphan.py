"""An object of a message that no pointer leads to: who owns it, and what can be done to it."""

from __future__ import annotations

from .. import wire
from .._words.arguments import check_count, truth, type_name
from .._words.exhausted import exhausted
from .._words.face import place, shape_text
from .._words.tree import ObjectSize, Tree, read_spot
from ..errors import ArgumentTypeError, ArgumentValueError, PointerKindMismatch, StaleHandle
from ..wire import POINTER_KINDS, WORD_BYTES, PointerKind
from .arena import Arena
from .lease import Lease, Mark, MarkLease
from .orphanage import adopt, own_part, retire
from .owner import Owner
from .resizing import resize
from .survey import Built, Found


class Detached:
    """An object of a message that no pointer leads to, until it is adopted.

    It is the caller's to adopt or to drop. What is neither stays in the message's memory, and in
    its output, unreachable.
    """

    __slots__ = ("_arena", "_found", "_mark", "_owner")

    def __init__(self, arena: Arena, found: Found) -> None:
        self._arena = arena
        self._found: Found | None = found
        #: What handles on an object without words are judged by, if there are any.
        self._mark: Mark | None = None
        self._owner = Owner()

    def __repr__(self) -> str:
        """Return the shape of the object and its place. Reads no memory."""
        found = self._found
        if found is None:
            return f"<{type_name(self)}: adopted or dropped>"
        where = place(found.segment.index, found.start * WORD_BYTES)
        return f"<{type_name(self)}: {shape_text(found.shape)}, {where}>"

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled: both could be adopted."""
        raise ArgumentTypeError("an orphan cannot be copied: it would have two owners")

    def _current(self, *, partly: bool = False) -> Found:
        """Return where the object is, or raise ``StaleHandle``; only within a call of the message.

        In a message that was taken over, another pointer may have led to some of its words, and
        these may be retired. ``partly`` is true if the others suffice.
        """
        found = self._found
        if found is None:
            raise StaleHandle("the orphan was adopted or dropped")
        # A capability has no words: its place is that of the pointer that it was.
        words = wire.object_words(found.shape) if found.shape & 3 != wire.OTHER else 0
        retired = found.segment.retired
        end = found.start + words
        if (
            words
            and retired.meets(found.start, end)
            and not (partly and not retired.covers(found.start, end))
        ):
            raise StaleHandle(
                "the object of this orphan was overwritten, cleared or moved",
                segment=found.segment.index,
                offset=found.start,
            )
        return found

    @property
    def kind(self) -> PointerKind:
        """What the orphan is."""
        return POINTER_KINDS[self._arena.serve(self._current).shape & 3]

    def _lease(self, found: Found) -> Lease:
        """Return a lease for a handle on the object; only within a call of the message."""
        arena = self._arena
        if wire.object_words(found.shape):
            return Lease(arena, self._owner, found.segment, found.start, arena.epoch)
        if self._mark is None:
            self._mark = Mark()
        return MarkLease(arena, self._owner, arena.segment_at(0), 0, arena.epoch, self._mark)

    def _list(self, size_code: int, what: str) -> Found:
        found = self._current()
        if found.shape & 3 != wire.LIST or wire.list_size_code(found.shape) != size_code:
            raise PointerKindMismatch(f"the orphan is no list of {what}")
        return found

    def tree(self) -> Tree:
        """Copy out the object, and all below it."""
        return self._arena.serve(self._copied)

    def _copied(self) -> Tree:
        found = self._current()
        return read_spot(Built(self._arena), (found.shape, found.segment.index, found.start), 0)

    def total_size(self) -> ObjectSize:
        """Return what the object and all below it take, landing pads left out."""
        try:
            return self.tree().total_size()
        except RecursionError as error:
            raise exhausted() from error

    def truncate(self, count: int, *, text: bool = False) -> None:
        """Cut a list or a Data to its first ``count`` elements, where it is.

        With ``text``, a Text to its first ``count`` bytes and the NUL. What is cut is retired, with
        all below it, and handles on the list are stale. Raises ``ArgumentValueError`` where it has
        fewer elements.
        """
        self._resize(count, longer=False, text=text)

    def extend(self, count: int, *, text: bool = False) -> None:
        """Give a list or a Data ``count`` elements, the new ones zero.

        With ``text``, a Text ``count`` bytes and the NUL. It stays where it is if the words behind
        it are free, else it moves; handles on the list are stale. Raises ``ArgumentValueError``
        where it has more elements.
        """
        self._resize(count, longer=True, text=text)

    def _resize(self, count: int, *, longer: bool, text: bool) -> None:
        try:
            nul = truth(text)
            number = check_count(check_count(count) + nul)
            self._arena.serve(
                lambda: resize(
                    self._arena, self._current(), number, self._becomes, longer=longer, text=nul
                )
            )
        except RecursionError as error:
            raise exhausted() from error

    def drop(self) -> None:
        """Retire it, and all below it."""
        self._arena.serve(
            lambda: retire(self._arena, self._current(partly=True), lambda: self._becomes(None))
        )

    def _give_to(self, lease: Lease, word: int) -> None:
        """Let the pointer at ``word`` lead to it, in a call of the message of the lease."""
        arena = self._arena
        if lease.arena is not arena:
            # It complains first that it is used up, or its message closed.
            arena.serve(self._current)
            raise ArgumentValueError("the orphan is of another message")
        found = self._current()
        mine = self._owner.now()
        theirs = lease.owner.now()
        if mine is theirs:
            raise own_part()

        def then() -> None:
            self._becomes(None)
            mine.join(theirs)

        adopt(arena, lease.segment, word, found, then)

    def _becomes(self, found: Found | None) -> None:
        """Be what is being published: another object, or nothing.

        It happens in the same moment. An orphan that was adopted and did not know it would be
        adopted twice; one that was moved and does not know where is nobody's.
        """
        self._found = found
        if found is None and self._arena.disowned is self:
            self._arena.disowned = None
        if self._mark is not None:
            self._arena.epoch += 1
            self._mark.expired = True
            self._mark = None
