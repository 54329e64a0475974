"""Objects without a pointer: taken out of a message, given back to it, built apart from it."""

from __future__ import annotations

from collections.abc import Callable

from .. import wire
from .._words.tree import Tree
from ..errors import ArgumentValueError
from .arena import Arena
from .draft import Draft, carry_out
from .segment import Extent, Segment
from .survey import Found, require_disjoint, survey_object


def disown(arena: Arena, slot: Segment, word: int, found: Found, orphan: object) -> None:
    """Null the pointer at ``word`` of ``slot``; what it led to stays, its handles are stale.

    The landing pad on the way is retired. ``orphan`` is what owns the object from then on.
    """

    def then() -> None:
        found.pad_segment = None
        arena.disowned = orphan

    def build(draft: Draft) -> None:
        pad: list[Extent] = []
        if found.pad_segment is not None:
            pad = [(found.pad_segment, found.pad, found.pad + found.pad_words)]
        extents = survey_object(arena, found)
        require_disjoint([*extents, (slot, word, word + 1)])
        kept = [extent for extent in extents if extent not in pad]
        draft.link(slot, [(word, 0)], moved=pad, disowned=kept, then=then)

    carry_out(arena, build)


def own_part() -> ArgumentValueError:
    """Return the error for an orphan that would be in a circle, and nobody's."""
    return ArgumentValueError("an orphan cannot be adopted by a part of itself")


def adopt(arena: Arena, slot: Segment, word: int, found: Found, then: Callable[[], None]) -> None:
    """Point to an object from ``word`` of ``slot``, and retire what was there before.

    In a message that was taken over, two pointers may have led to the object, or to what lies below
    it; so whether ``word`` is a part of it is asked of the words, however many these are.
    """

    def build(draft: Draft) -> None:
        for segment, start, end in survey_object(arena, found) if arena.taken_over else ():
            if segment is slot and start <= word < end:
                raise own_part()
        pointer = found.shape
        if pointer & 3 != wire.OTHER:
            # What was lost is not adopted, be it in another segment than the pointer.
            arena.give_back(arena.borrow(found.segment))
            pointer = draft.point_to(slot, word, found.shape, found.segment, found.start)
        draft.link(slot, [(word, pointer)], then=then)

    carry_out(arena, build)


def retire(arena: Arena, found: Found, then: Callable[[], None]) -> None:
    """Retire an object that no pointer leads to, and all below it."""

    def build(draft: Draft) -> None:
        extents = survey_object(arena, found)
        view = arena.borrow(found.segment)
        try:
            arena.publish(found.segment, view, [], {}, extents, [], then=then)
        finally:
            arena.give_back(view)

    carry_out(arena, build)


def build_apart(arena: Arena, tree: Tree) -> Found:
    """Build a copy of what a tree holds, to which no pointer leads; answer where it is."""

    def build(draft: Draft) -> Found:
        if tree.words == 0:
            if not arena.segments:
                draft.first_segment(1)
            draft.settle()
            return Found(tree.shape, arena.segment_at(0), 0)
        segment, start = draft.house_tree(tree)
        draft.settle()
        return Found(tree.shape, segment, start)

    return carry_out(arena, build)
