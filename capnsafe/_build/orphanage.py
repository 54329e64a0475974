"""Operations on orphans: disown, adopt, retire, and build without a pointer."""

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
    """Make the pointer at ``word`` of ``slot`` null, and keep its object as an orphan.

    The object stays in its place, its handles become stale, and its landing pad is retired.
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
    """Return the error for an adoption that would form an unreachable circle."""
    return ArgumentValueError("an orphan cannot be adopted by itself or by an object below it")


def adopt(arena: Arena, slot: Segment, word: int, found: Found, then: Callable[[], None]) -> None:
    """Point to an object from ``word`` of ``slot``, and retire the old value.

    In a resumed message, two pointers may have led to the object or to one
    below it. So there, every object of the orphan is checked for whether it contains ``word``.
    """

    def build(draft: Draft) -> None:
        for segment, start, end in survey_object(arena, found) if arena.resumed else ():
            if segment is slot and start <= word < end:
                raise own_part()
        pointer = found.shape
        if pointer & 3 != wire.OTHER:
            # A lost object must not be adopted, even if it is in another segment than the pointer.
            arena.give_back(arena.borrow(found.segment))
            pointer = draft.point_to(slot, word, found.shape, found.segment, found.start)
        draft.link(slot, [(word, pointer)], then=then)

    carry_out(arena, build)


def retire(arena: Arena, found: Found, then: Callable[[], None]) -> None:
    """Retire an orphan and everything below it."""

    def build(draft: Draft) -> None:
        extents = survey_object(arena, found)
        view = arena.borrow(found.segment)
        try:
            arena.publish(found.segment, view, [], {}, extents, [], then=then)
        finally:
            arena.give_back(view)

    carry_out(arena, build)


def build_apart(arena: Arena, tree: Tree) -> Found:
    """Build a tree without a pointer to it, and return its place."""

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
