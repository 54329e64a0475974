"""Objects without a pointer: taken out of a message, given back to it, built apart from it."""

from __future__ import annotations

from . import wire
from .arena import Arena
from .draft import Draft, attempt
from .segment import Segment, give_back
from .survey import Extent, Found, require_disjoint, survey_object
from .tree import Tree


def disown(arena: Arena, slot: Segment, word: int, found: Found) -> None:
    """Null the pointer at ``word`` of ``slot``; what it led to stays, its handles are stale.

    The landing pad on the way is retired.
    """

    def build(draft: Draft) -> None:
        pad: list[Extent] = []
        if found.pad_segment is not None:
            pad = [(found.pad_segment, found.pad, found.pad + found.pad_words)]
        extents = survey_object(arena, found)
        require_disjoint([*extents, (slot, word, word + 1)])
        kept = [extent for extent in extents if extent not in pad]
        draft.link(slot, [(word, 0)], moved=pad, disowned=kept)

    attempt(arena, build)
    found.pad_segment = None


def adopt(arena: Arena, slot: Segment, word: int, found: Found) -> None:
    """Point to an object from ``word`` of ``slot``, and retire what was there before."""

    def build(draft: Draft) -> None:
        pointer = found.shape
        if pointer & 3 != wire.OTHER:
            # What was lost is not adopted, be it in another segment than the pointer.
            give_back(arena.borrow(found.segment))
            pointer = draft.point_to(slot, word, found.shape, found.segment, found.start)
        draft.link(slot, [(word, pointer)])

    attempt(arena, build)


def retire(arena: Arena, found: Found) -> None:
    """Retire an object that no pointer leads to, and all below it."""

    def build(draft: Draft) -> None:
        extents = survey_object(arena, found)
        view = arena.borrow(found.segment)
        try:
            arena.publish(found.segment, view, [], {}, extents, [])
        finally:
            give_back(view)

    attempt(arena, build)


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

    return attempt(arena, build)
