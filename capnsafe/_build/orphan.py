"""Orphans: objects of a message without a pointer, their owner, and their operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import SupportsIndex

from .. import wire
from .._words.arguments import check_count, truth, type_name
from .._words.exhausted import exhausted
from .._words.face import place, shape_text
from .._words.given import Given
from .._words.tree import ObjectSize, Tree, read_spot
from ..errors import ArgumentTypeError, ArgumentValueError, PointerKindMismatch, StaleHandle
from ..wire import POINTER_KINDS, WORD_BYTES, ElementSize, PointerKind
from .arena import Arena
from .lease import Lease, Mark, MarkLease
from .orphanage import adopt, adopt_contents, own_part, retire
from .owner import Owner
from .resizing import resize
from .survey import BuilderSource, Found


def not_a_list(what: str) -> PointerKindMismatch:
    """Return the error for an orphan that is not a list of ``what``."""
    return PointerKindMismatch(f"the orphan is not a list of {what}")


class OrphanBase:
    """An object of a message without a pointer, until it is adopted.

    The caller should adopt or drop it. Otherwise its words stay in the message's memory and in its
    output, unreachable.
    """

    __slots__ = ("_arena", "_epoch", "_found", "_mark", "_owner")

    def __init__(self, arena: Arena, found: Found) -> None:
        self._arena = arena
        self._found: Found | None = found
        #: The epoch of the message in which the object came to this place.
        self._epoch = arena.epoch
        #: Decides whether handles are stale, if the object has no words and there are handles.
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
        """Refuse copying and pickling, because both orphans could be adopted."""
        raise ArgumentTypeError("an orphan cannot be copied: its object would have two owners")

    def _current(self, *, partly: bool = False) -> Found:
        """Return the place of the object, or raise ``StaleHandle``.

        Use it only within a call of the message. In a resumed message,
        another pointer may have led to some words of the object, and these may be retired. If
        ``partly``, that is accepted as long as other words remain.
        """
        found = self._found
        if found is None:
            raise StaleHandle("the orphan was adopted or dropped")
        # A capability has no words. Its place is that of its former pointer.
        words = wire.object_words(found.shape) if found.shape & 3 != wire.OTHER else 0
        retired = found.segment.retired
        end = found.start + words
        if words and (
            found.segment.was_cut(end, self._epoch)
            or (
                retired.meets(found.start, end)
                and not (partly and not retired.covers(found.start, end))
            )
        ):
            raise StaleHandle(
                "the object of this orphan was overwritten, cleared, moved or cut",
                segment=found.segment.index,
                offset=found.start,
            )
        return found

    @property
    def kind(self) -> PointerKind:
        """The kind of object."""
        return POINTER_KINDS[self._arena.serve(self._current).shape & 3]

    @property
    def element_size(self) -> ElementSize | None:
        """The element size of a list, or ``None`` for another object."""
        shape = self._arena.serve(self._current).shape
        return wire.ELEMENT_SIZES[wire.list_size_code(shape)] if shape & 3 == wire.LIST else None

    def _lease(self, found: Found) -> Lease:
        """Return a lease for a handle on the object. Use it only within a call of the message."""
        arena = self._arena
        if wire.object_words(found.shape):
            return Lease(arena, self._owner, found.segment, arena.epoch)
        if self._mark is None:
            self._mark = Mark()
        return MarkLease(arena, self._owner, arena.segment_at(0), arena.epoch, self._mark)

    def _tree(self) -> Tree:
        """Return a copy of the object and everything below it."""
        return self._arena.serve(self._copied)

    def _copied(self) -> Tree:
        found = self._current()
        return read_spot(
            BuilderSource(self._arena), (found.shape, found.segment.index, found.start), 0
        )

    def total_size(self) -> ObjectSize:
        """Return the size of the object and everything below it, without landing pads."""
        try:
            return self._tree().total_size()
        except RecursionError as error:
            raise exhausted() from error

    def truncate(self, count: SupportsIndex, *, text: Given[bool] = False) -> None:
        """Cut a list or a Data to its first ``count`` elements, in place.

        The elements that are cut off are retired with everything below them, and handles on the
        list become stale. If the list is the last object of its segment, its words that are no
        longer needed are given back: the next objects use them.

        Args:
            count: The number of elements to keep.
            text: Whether the object is a Text, of which ``count`` bytes and the NUL are kept.

        Raises:
            ArgumentValueError: If the list has fewer elements.
        """
        self._resize(count, longer=False, text=text)

    def extend(self, count: SupportsIndex, *, text: Given[bool] = False) -> None:
        """Extend a list or a Data to ``count`` elements, the new ones zero.

        The list stays in its place if the words after it are free; otherwise it moves. Handles on
        it become stale.

        Args:
            count: The new number of elements.
            text: Whether the object is a Text, which gets ``count`` bytes and the NUL.

        Raises:
            ArgumentValueError: If the list has more elements.
        """
        self._resize(count, longer=True, text=text)

    def _resize(self, count: SupportsIndex, *, longer: bool, text: Given[bool]) -> None:
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
        """Retire the object and everything below it."""
        self._arena.serve(
            lambda: retire(self._arena, self._current(partly=True), lambda: self._becomes(None))
        )

    def _give_to(self, lease: Lease, word: int) -> None:
        """Adopt the object at ``word``, in a call of the message of ``lease``."""
        found, then = self._ready_for(lease)
        adopt(self._arena, lease.segment, word, found, then)

    def _give_contents_to(self, lease: Lease, start: int, data_words: int, pointers: int) -> None:
        """Move the contents of a struct to the one at word ``start``, as ``_give_to``."""
        found, then = self._ready_for(lease)
        if found.shape & 3 != wire.STRUCT:
            raise PointerKindMismatch("the orphan is not a struct")
        adopt_contents(self._arena, lease.segment, start, data_words, pointers, found, then)

    def _ready_for(self, lease: Lease) -> tuple[Found, Callable[[], None]]:
        """Return the object, and the function that the publication of its adoption must call."""
        arena = self._arena
        if lease.arena is not arena:
            # First raise if the orphan is used up, or its message closed.
            arena.serve(self._current)
            raise ArgumentValueError(
                "the orphan belongs to another message; copy it with set() instead"
            )
        found = self._current()
        mine = self._owner.now()
        theirs = lease.owner.now()
        if mine is theirs:
            raise own_part()

        def then() -> None:
            self._becomes(None)
            mine.join(theirs)

        return found, then

    def _becomes(self, found: Found | None) -> None:
        """Point at the object being published, or at nothing.

        Runs inside publication, so that an interrupt can neither allow a second adoption nor lose
        the object.
        """
        self._found = found
        self._epoch = self._arena.epoch
        if found is None and self._arena.disowned is self:
            self._arena.disowned = None
        if self._mark is not None:
            self._arena.epoch += 1
            self._mark.expired = True
            self._mark = None
