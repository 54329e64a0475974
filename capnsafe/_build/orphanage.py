"""Operations on orphans: disown, adopt, retire, and build without a pointer."""

from __future__ import annotations

from collections.abc import Callable

from .. import wire
from .._words.block import Copied
from ..errors import ArgumentValueError
from ..wire import WORD_BYTES
from .arena import Arena
from .draft import Draft, carry_out
from .segment import Extent, Segment
from .survey import Found, require_disjoint, survey, survey_object
from .upgrade import own_extents


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


def adopt_contents(
    arena: Arena,
    slot: Segment,
    start: int,
    data_words: int,
    pointers: int,
    found: Found,
    then: Callable[[], None],
) -> None:
    """Move the contents of an orphaned struct to the struct at word ``start`` of ``slot``.

    The objects below the orphan stay in their places. Its own words, and the old contents of the
    struct, are retired.

    Raises:
        ArgumentValueError: If the orphan has a nonzero field that does not fit.
    """
    first = start + data_words
    own = own_extents(found)

    def build(draft: Draft) -> None:
        for segment, begin, end in survey_object(arena, found) if arena.resumed else ():
            if segment is slot and begin <= start < end:
                raise own_part()
        source_data = wire.struct_data_words(found.shape)
        words = wire.object_words(found.shape)
        body = arena.copy_out(found.segment, found.start, words * WORD_BYTES) if words else b""
        values: list[int] = [
            wire.POINTER.unpack_from(body, at * WORD_BYTES)[0] for at in range(source_data, words)
        ]
        size = data_words * WORD_BYTES
        data = body[: source_data * WORD_BYTES]
        if any(data[size:]) or any(values[pointers:]):
            raise ArgumentValueError(
                f"an orphan of {source_data} data words and {len(values)} pointers has fields that"
                f" do not fit in a struct of {data_words} data words and {pointers} pointers"
            )
        writes: list[tuple[int, int]] = []
        for index in range(pointers):
            moved = 0
            if index < len(values):
                source = found.start + source_data + index
                moved = draft.carry_over(values[index], found.segment, source, slot, first + index)
            writes.append((first + index, moved))
        # Read only now, because asking for words may run the allocator's code.
        old = arena.copy_out(slot, first, pointers * WORD_BYTES) if pointers else b""
        replaced: list[tuple[Segment, int, int]] = []
        for index in range(pointers):
            pointer: int = wire.POINTER.unpack_from(old, index * WORD_BYTES)[0]
            if pointer:
                replaced.append((slot, first + index, pointer))
        extents = survey(arena, replaced)
        require_disjoint([*extents, *own, (slot, start, first + pointers)])
        contents = [(start * WORD_BYTES, data[:size].ljust(size, b"\0"))] if size else []
        draft.link(slot, writes, contents, [*extents, *own], then=then)

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


def build_apart(arena: Arena, copied: Copied) -> Found:
    """Build a copy without a pointer to it, and return its place."""

    def build(draft: Draft) -> Found:
        if copied.words == 0:
            if not arena.segments:
                draft.first_segment(1)
            draft.settle()
            return Found(copied.shape, arena.segment_at(0), 0)
        segment, start = draft.house_copy(copied)
        draft.settle()
        return Found(copied.shape, segment, start)

    return carry_out(arena, build)
