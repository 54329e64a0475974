"""Lists of which no pointer knows, made shorter or longer.

A list that is cut keeps its place. What lay behind is retired, with all below it, and zeroed; the
rest of its last word is zeroed in the moment in which the list gets its new size. (The reference
implementation once gave the tail back with its old bytes, and the next object began with them.) A
list grows where it is if the words behind it are free; else it moves, as in an upgrade: what its
pointers lead to stays. Handles on the list itself are stale afterwards, those below it are not.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import wire
from ..errors import ArgumentValueError, MessageTooLarge, PointerKindMismatch
from ..wire import WORD_BYTES
from .arena import Arena
from .draft import Draft, carry_out
from .segment import Extent, Segment
from .survey import Found, composite, require_disjoint, survey
from .upgrade import own_extents


class _Resizing:
    """A list, and what it is to become. All sizes but ``count`` and ``bits`` are words."""

    # ``bits`` are what stays of the old list, its tag included.
    __slots__ = ("bits", "count", "data_words", "head", "old", "old_words", "pointers", "shape")

    def __init__(self, arena: Arena, found: Found, count: int) -> None:
        """Plan a list of ``count`` elements of the same kind."""
        if found.shape & 3 != wire.LIST:
            raise PointerKindMismatch("only a list, a Text or a Data has a length")
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
                    f"{count} structs of {step} words: a list has at most"
                    f" {wire.MAX_LIST_COUNT} words",
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
        """Return the words that the list will have."""
        return wire.object_words(self.shape)

    def slots(self, first: int, stop: int) -> list[int]:
        """Return the words, from the start of the list, of the pointers of some elements."""
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
    """Give a list of which no pointer knows ``count`` elements.

    ``becomes`` is told where it is then, as that is published. With ``text`` the last of its bytes
    becomes the NUL, which ``count`` includes.
    """
    plan = _Resizing(arena, found, count)
    if longer != (count > plan.old) and count != plan.old:
        raise ArgumentValueError(
            f"a list of {plan.old} elements cannot be {'extended' if longer else 'cut'} to {count}"
        )
    if text and wire.list_size_code(found.shape) != wire.SIZE_BYTE:
        raise PointerKindMismatch("the orphan is no Text")
    own = own_extents(found)
    require_disjoint(own)

    def build(draft: Draft) -> None:
        words = plan.words()
        if words == 0:
            first = arena.segment_at(0)
            retired = _cut(arena, found, plan, 0)
            draft.link(first, [], moved=retired, then=lambda: becomes(Found(plan.shape, first, 0)))
            return
        if words > plan.old_words and not draft.has_behind(found, words):
            segment, start = _move(arena, draft, found, plan)
            resized = Found(plan.shape, segment, start)
            draft.link(segment, [], moved=own, then=lambda: becomes(resized))
            return
        segment, start = found.segment, found.start
        if words > plan.old_words:
            draft.take(segment, words - plan.old_words, b"")
        retired = _cut(arena, found, plan, words) if words < plan.old_words or not longer else []
        staying = min(words, plan.old_words)
        changes = _zeros_behind(arena, found, plan, staying)
        if plan.head:
            changes.append((start * WORD_BYTES, plan.head))
        if text:
            changes.append((start * WORD_BYTES + count - 1, b"\0"))
        stale: list[Extent] = [(segment, start, start + staying)]
        resized = Found(plan.shape, segment, start)
        draft.link(segment, [], changes, retired, stale, then=lambda: becomes(resized))

    carry_out(arena, build)


def _zeros_behind(
    arena: Arena, found: Found, plan: _Resizing, words: int
) -> list[tuple[int, bytes]]:
    """Return what zeroes the list behind the elements that stay, in its first ``words`` words."""
    first, kept = divmod(plan.bits, 64)
    if first == words:
        return []
    tail = bytearray((words - first) * WORD_BYTES)
    if kept:
        # A word of which a part stays.
        tail[:WORD_BYTES] = arena.copy_out(found.segment, found.start + first, WORD_BYTES)
        whole: int = wire.POINTER.unpack_from(tail)[0]
        wire.POINTER.pack_into(tail, 0, whole & (1 << kept) - 1)
    return [((found.start + first) * WORD_BYTES, bytes(tail))]


def _cut(arena: Arena, found: Found, plan: _Resizing, words: int) -> list[Extent]:
    """Return the words behind the first ``words`` of the list, and those of all below them."""
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
    if words < plan.old_words:
        extents.append((found.segment, found.start + words, found.start + plan.old_words))
    return extents


def _move(arena: Arena, draft: Draft, found: Found, plan: _Resizing) -> tuple[Segment, int]:
    """Reserve the longer list elsewhere, and let it point to what the old one pointed to."""
    body = bytearray()
    segment, start = draft.house(plan.words(), body)
    # Only now that there is memory for it: it may be large.
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
