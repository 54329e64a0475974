"""Upgrades: objects of an older schema, opened with the sizes of a newer one.

The object moves to a place with room for it (encoding specification, "Structs" and "Lists" on
evolution). The objects of its pointers stay in their places, and handles on them stay valid. If the
object moves to another segment, each of its pointers needs a landing pad: one word in the segment
of its object, or two words elsewhere if that segment is full. Everything is reserved before
anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from .. import wire
from ..errors import MessageTooLarge
from ..wire import WORD_BYTES
from .arena import Arena
from .draft import Draft, carry_out
from .segment import Extent, Segment
from .survey import Found, composite, require_disjoint


@final
class Enlargement:
    """The old layout of an object, and the new one with larger sections.

    ``old_first`` and ``old_step`` (bytes) are the place of the first element and the distance
    between elements, ``old_data`` (bytes) and ``old_pointers`` the sections of each. A struct
    counts as one element.
    """

    __slots__ = (
        "carries",
        "count",
        "data_words",
        "first",
        "head",
        "old_data",
        "old_first",
        "old_pointers",
        "old_step",
        "pointers",
        "shape",
        "step",
        "words",
    )

    def __init__(
        self,
        *,
        count: int,
        old_first: int,
        old_step: int,
        old_data: int,
        old_pointers: int,
        data_words: int,
        pointers: int,
        is_list: bool,
    ) -> None:
        self.count = count
        self.old_first = old_first
        self.old_step = old_step
        self.old_data = old_data
        self.old_pointers = old_pointers
        self.data_words = max(data_words, (old_data + WORD_BYTES - 1) // WORD_BYTES)
        self.pointers = max(pointers, old_pointers)
        self.step = self.data_words + self.pointers
        #: Whether there are contents to copy; a list of a million voids has none.
        self.carries = old_data + old_pointers > 0
        self.first = 1 if is_list else 0
        self.words = self.first + count * self.step
        if count * self.step > wire.MAX_LIST_COUNT:
            raise MessageTooLarge(
                f"a list of structs can have at most {wire.MAX_LIST_COUNT} words, and {count}"
                f" structs of {self.step} words have {count * self.step}",
                words_asked=self.words,
            )
        if is_list:
            self.shape = wire.list_shape(wire.SIZE_COMPOSITE, count * self.step)
            self.head = wire.POINTER.pack(wire.tag(count, self.data_words, self.pointers))
        else:
            self.shape = wire.struct_shape(self.data_words, self.pointers)
            self.head = b""


def enlarged(arena: Arena, found: Found, data_words: int, pointers: int) -> Enlargement | None:
    """Return the enlargement of an object to these sections, or ``None`` if it has them."""
    return enlargement(found.shape, lambda: composite(arena, found), data_words, pointers)


def enlargement(
    shape: int, elements: Callable[[], tuple[int, int, int]], data_words: int, pointers: int
) -> Enlargement | None:
    """Return the enlargement of a struct or list to these sections, or ``None`` if it has them.

    A list of primitives or of pointers becomes a list of structs with that one field
    (specification, "Lists"); the caller has refused lists of bits. ``elements`` returns (elements,
    data words, pointers) from the tag of a composite list.
    """
    if shape & 3 == wire.STRUCT:
        old_data, old_pointers = wire.struct_data_words(shape), wire.struct_pointers(shape)
        if data_words <= old_data and pointers <= old_pointers:
            return None
        return Enlargement(
            count=1,
            old_first=0,
            old_step=0,
            old_data=old_data * WORD_BYTES,
            old_pointers=old_pointers,
            data_words=data_words,
            pointers=pointers,
            is_list=False,
        )
    size_code = wire.list_size_code(shape)
    if size_code == wire.SIZE_COMPOSITE:
        count, old_data, old_pointers = elements()
        if data_words <= old_data and pointers <= old_pointers:
            return None
        return Enlargement(
            count=count,
            old_first=WORD_BYTES,
            old_step=(old_data + old_pointers) * WORD_BYTES,
            old_data=old_data * WORD_BYTES,
            old_pointers=old_pointers,
            data_words=data_words,
            pointers=pointers,
            is_list=True,
        )
    width = wire.ELEMENT_BITS[size_code] // 8
    is_pointer = size_code == wire.SIZE_POINTER
    return Enlargement(
        count=wire.list_count(shape),
        old_first=0,
        old_step=width,
        old_data=0 if is_pointer else width,
        old_pointers=1 if is_pointer else 0,
        data_words=data_words,
        pointers=pointers,
        is_list=True,
    )


def can_be_structs(shape: int, words: int) -> bool:
    """Return whether an object can be opened as a list of structs of ``words`` words.

    A list of primitives or pointers only becomes one if its elements have words.
    """
    if shape & 3 != wire.LIST:
        return False
    size_code = wire.list_size_code(shape)
    return size_code == wire.SIZE_COMPOSITE or (size_code != wire.SIZE_BIT and words > 0)


def upgrade(arena: Arena, slot: Segment, word: int, found: Found, plan: Enlargement) -> Found:
    """Move an object to a place with room for larger sections, and return that place.

    The objects below it stay. The old words of the object and its landing pad are retired, and
    handles on it become stale.
    """
    extents = own_extents(found)
    require_disjoint([*extents, (slot, word, word + 1)])

    def build(draft: Draft) -> Found:
        body = bytearray(plan.head)
        pointer, segment, start = draft.place(slot, word, plan.shape, plan.words, body)
        larger = Found(plan.shape, segment, start)
        _carry(arena, draft, found, larger, plan, body)
        draft.link(slot, [(word, pointer)], moved=extents)
        return larger

    return carry_out(arena, build)


def upgrade_apart(
    arena: Arena, found: Found, plan: Enlargement, becomes: Callable[[Found], None]
) -> Found:
    """Move an orphan as ``upgrade`` does, and tell ``becomes`` its new place in that step."""
    extents = own_extents(found)
    require_disjoint(extents)

    def build(draft: Draft) -> Found:
        body = bytearray(plan.head)
        segment, start = draft.house(plan.words, body)
        larger = Found(plan.shape, segment, start)
        _carry(arena, draft, found, larger, plan, body)
        draft.link(segment, [], moved=extents, then=lambda: becomes(larger))
        return larger

    return carry_out(arena, build)


def _carry(
    arena: Arena, draft: Draft, found: Found, larger: Found, plan: Enlargement, body: bytearray
) -> None:
    """Add the contents of an object to the body of the larger one that replaces it."""
    if not plan.carries:
        return
    # Copied only now that memory was granted, because it may be large.
    body += bytes(plan.words * WORD_BYTES - len(body))
    old = arena.copy_out(found.segment, found.start, wire.object_words(found.shape) * WORD_BYTES)
    for element in range(plan.count):
        source = plan.old_first + element * plan.old_step
        target = (plan.first + element * plan.step) * WORD_BYTES
        body[target : target + plan.old_data] = old[source : source + plan.old_data]
        target += plan.data_words * WORD_BYTES
        source += plan.old_data
        for at in range(source, source + plan.old_pointers * WORD_BYTES, WORD_BYTES):
            value = draft.carry_over(
                wire.POINTER.unpack_from(old, at)[0],
                found.segment,
                found.start + at // WORD_BYTES,
                larger.segment,
                larger.start + target // WORD_BYTES,
            )
            wire.POINTER.pack_into(body, target, value)
            target += WORD_BYTES


def own_extents(found: Found) -> list[Extent]:
    """Return the extents of an object and of its landing pad, without the objects below it."""
    extents = []
    words = wire.object_words(found.shape)
    if words:
        extents.append((found.segment, found.start, found.start + words))
    if found.pad_segment is not None:
        extents.append((found.pad_segment, found.pad, found.pad + found.pad_words))
    return extents
