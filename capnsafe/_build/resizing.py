"""Resizing of orphaned lists.

A list that is cut keeps its place. What lies below the elements that are cut off is retired. Words
of the list itself after its new end are given back if they are the last ones of their segment, and
retired otherwise; and they are zeroed in the step that changes its size, with the rest of its last
word. (The reference implementation once reused the tail with its old bytes, so that the next object
began with them.) In memory that was scribbled upon, another object may overlap words that are given
back. So its handles and orphan are stale from then on, as if it was cut, too (P1, P12).

A list is extended in place if the words after it are free. Otherwise it moves, as in an upgrade:
the objects of its pointers stay. Afterwards handles on the list are stale, and handles on objects
below it stay valid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from .. import wire
from ..errors import ArgumentValueError, MessageTooLarge, PointerKindMismatch
from ..wire import WORD_BYTES
from .arena import Arena
from .draft import Draft, carry_out
from .segment import ZEROS, Extent, Segment
from .survey import Found, composite, require_disjoint, survey
from .upgrade import own_extents


@final
class _Resizing:
    """The old and the new layout of a list. Sizes are in words, except ``count`` and ``bits``."""

    # ``bits`` is the number of bits of the old list that stay, including its tag.
    __slots__ = ("bits", "count", "data_words", "head", "old", "old_words", "pointers", "shape")

    def __init__(self, arena: Arena, found: Found, count: int) -> None:
        """Plan a list of ``count`` elements of the same kind."""
        if found.shape & 3 != wire.LIST:
            raise PointerKindMismatch("only a list, a Text or a Data can be resized")
        size_code = wire.list_size_code(found.shape)
        self.count = count
        self.old_words = wire.object_words(found.shape)
        self.data_words = 0
        self.pointers = 0
        self.head = b""
        if size_code == wire.SIZE_COMPOSITE:
            self.old, self.data_words, self.pointers = composite(arena, found)
            step = self.data_words + self.pointers
            if count * step > wire.MAX_LIST_COUNT:
                raise MessageTooLarge(
                    f"a list of structs can have at most {wire.MAX_LIST_COUNT} words, and {count}"
                    f" structs of {step} words have {count * step}",
                    words_asked=count * step,
                )
            self.shape = wire.list_shape(size_code, count * step)
            self.head = wire.POINTER.pack(wire.tag(count, self.data_words, self.pointers))
            self.bits = (1 + min(count, self.old) * step) * 64
            return
        self.old = wire.list_count(found.shape)
        self.shape = wire.list_shape(size_code, count)
        self.pointers = 1 if size_code == wire.SIZE_POINTER else 0
        self.bits = min(count, self.old) * wire.ELEMENT_BITS[size_code]

    def words(self) -> int:
        """Return the new size of the list in words."""
        return wire.object_words(self.shape)

    def slots(self, first: int, stop: int) -> list[int]:
        """Return the words of the pointers of some elements, counted from the list's start."""
        step = self.data_words + self.pointers
        begin = len(self.head) // WORD_BYTES + self.data_words
        return [
            begin + element * step + index
            for element in range(first if self.pointers else stop, stop)
            for index in range(self.pointers)
        ]


def resize(
    arena: Arena,
    found: Found,
    count: int,
    becomes: Callable[[Found], None],
    *,
    longer: bool,
    text: bool,
) -> None:
    """Resize an orphaned list to ``count`` elements.

    ``becomes`` is called with its new place during the publication. If ``text``, ``count`` includes
    the NUL, and the last byte becomes that NUL.
    """
    plan = _Resizing(arena, found, count)
    if longer != (count > plan.old) and count != plan.old:
        raise ArgumentValueError(
            f"a list of {plan.old} elements cannot be {'extended' if longer else 'cut'} to {count};"
            f" use {'truncate' if longer else 'extend'} instead"
        )
    if text and wire.list_size_code(found.shape) != wire.SIZE_BYTE:
        raise PointerKindMismatch("the orphan is not a Text")
    own = own_extents(found)
    require_disjoint(own)

    def build(draft: Draft) -> None:
        words = plan.words()
        if words > plan.old_words and not draft.has_behind(found, words):
            segment, start = _move(arena, draft, found, plan)
            resized = Found(plan.shape, segment, start)
            draft.link(segment, [], moved=own, then=lambda: becomes(resized))
            return
        segment, start = found.segment, found.start
        retired = [] if longer else _below(arena, found, plan)
        staying = zeroed = min(words, plan.old_words)
        if words > plan.old_words:
            draft.take(segment, words - plan.old_words, b"")
        elif words < plan.old_words:
            tail = (segment, start + words, start + plan.old_words)
            if draft.give_back(*tail):
                zeroed = plan.old_words
            else:
                retired.append(tail)
        changes = _zeros_behind(arena, found, plan, zeroed)
        if plan.head:
            changes.append((start * WORD_BYTES, plan.head))
        if text:
            changes.append((start * WORD_BYTES + count - 1, b"\0"))
        stale: list[Extent] = [(segment, start, start + staying)] if staying else []
        resized = Found(plan.shape, segment, start)
        draft.link(segment, [], changes, retired, stale, then=lambda: becomes(resized))

    carry_out(arena, build)


def _zeros_behind(
    arena: Arena, found: Found, plan: _Resizing, words: int
) -> list[tuple[int, bytes]]:
    """Return the writes that zero the first ``words`` words after the elements that stay."""
    first, kept = divmod(plan.bits, 64)
    at = (found.start + first) * WORD_BYTES
    end = (found.start + words) * WORD_BYTES
    writes: list[tuple[int, bytes]] = []
    if kept and at < end:
        # A part of this word stays.
        whole: int = wire.POINTER.unpack(arena.octets_at(found.segment, at, WORD_BYTES))[0]
        writes.append((at, wire.POINTER.pack(whole & (1 << kept) - 1)))
        at += WORD_BYTES
    while at < end:
        zeros = ZEROS[: end - at]
        writes.append((at, zeros))
        at += len(zeros)
    return writes


def _below(arena: Arena, found: Found, plan: _Resizing) -> list[Extent]:
    """Return the extents of everything below the elements that are cut off."""
    body = b""
    slots = plan.slots(plan.count, plan.old)
    first = slots[0] if slots else 0
    if slots:
        size = (plan.old_words - first) * WORD_BYTES
        body = arena.copy_out(found.segment, found.start + first, size)
    below: list[tuple[Segment, int, int]] = []
    for at in slots:
        pointer = wire.POINTER.unpack_from(body, (at - first) * WORD_BYTES)[0]
        if pointer:
            below.append((found.segment, found.start + at, pointer))
    extents = survey(arena, below)
    require_disjoint([*extents, *own_extents(found)])
    return extents


def _move(arena: Arena, draft: Draft, found: Found, plan: _Resizing) -> tuple[Segment, int]:
    """Reserve the longer list elsewhere, with pointers to the objects of the old one."""
    body = bytearray()
    segment, start = draft.house(plan.words(), body)
    # Copied only now that memory was granted, because it may be large.
    kept, rest = divmod(plan.bits, 8)
    old = arena.copy_out(found.segment, found.start, plan.old_words * WORD_BYTES)
    body += old[: kept + (rest > 0)]
    if rest:
        body[-1] &= (1 << rest) - 1
    body += bytes(-len(body) % WORD_BYTES)
    body[: len(plan.head)] = plan.head
    for at in plan.slots(0, plan.old):
        value = draft.carry_over(
            wire.POINTER.unpack_from(old, at * WORD_BYTES)[0],
            found.segment,
            found.start + at,
            segment,
            start + at,
        )
        wire.POINTER.pack_into(body, at * WORD_BYTES, value)
    return segment, start
