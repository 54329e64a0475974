"""Following pointers in a message that is being built.

capnsafe wrote the words of a segment, but trusts none that it reads back (P6), because somebody
else owns the memory. Each word is loaded once, checked as if it came from the network, and that
copy is used. Every object that is found is within the words handed out, and not among retired ones.
"""

from __future__ import annotations

from itertools import pairwise
from typing import final

from .. import wire
from .._words.tree import Spot
from ..errors import MalformedMessage, PointerOutOfBounds
from ..wire import WORD_BYTES, Element
from .arena import Arena
from .segment import Extent, Segment


@final
class Found:
    """An object that a pointer leads to, and the landing pad of the pointer."""

    __slots__ = ("pad", "pad_segment", "pad_words", "segment", "shape", "start")

    def __init__(self, shape: int, segment: Segment, start: int) -> None:
        self.shape = shape
        self.segment = segment
        self.start = start
        self.pad_segment: Segment | None = None
        self.pad = 0
        self.pad_words = 0


def resolve(arena: Arena, segment: Segment, word: int, pointer: int) -> Found:
    """Return the object of a pointer that was read at ``word`` of ``segment`` and is not null.

    Follows landing pads.

    Raises:
        MalformedMessage: If the object is not within the words handed out, or is retired.
    """
    kind = pointer & 3
    if kind == wire.OTHER:
        return Found(pointer, segment, word)
    if kind != wire.FAR:
        found = Found(wire.shape_of(pointer), segment, word + 1 + wire.offset(pointer))
        _require_within(found)
        return found
    pad_segment = _segment_at(arena, wire.far_segment(pointer))
    pad = wire.far_offset(pointer)
    pad_words = 2 if wire.far_is_double(pointer) else 1
    if pad + pad_words > pad_segment.used:
        raise PointerOutOfBounds(
            f"a landing pad at word {pad} is not within the {pad_segment.used} words in use of"
            f" segment {pad_segment.index}",
            segment=pad_segment.index,
            offset=pad,
        )
    if pad_segment.retired.meets(pad, pad + pad_words):
        raise MalformedMessage(
            f"a far pointer leads to the retired word {pad} of segment {pad_segment.index}",
            segment=pad_segment.index,
            offset=pad,
        )
    landing = arena.load(pad_segment, pad)
    if pad_words == 1:
        if landing & 3 in (wire.FAR, wire.OTHER):
            raise MalformedMessage(
                "a landing pad does not describe a struct or list",
                segment=pad_segment.index,
                offset=pad,
            )
        found = Found(wire.shape_of(landing), pad_segment, pad + 1 + wire.offset(landing))
    else:
        shape = arena.load(pad_segment, pad + 1)
        if landing & 7 != wire.FAR or shape & 2 or wire.offset(shape) != 0:
            raise MalformedMessage(
                "a double-far landing pad is malformed", segment=pad_segment.index, offset=pad
            )
        target = _segment_at(arena, wire.far_segment(landing))
        found = Found(shape, target, wire.far_offset(landing))
    found.pad_segment = pad_segment
    found.pad = pad
    found.pad_words = pad_words
    _require_within(found)
    return found


def composite(arena: Arena, found: Found) -> tuple[int, int, int]:
    """Return (elements, data words, pointers) from the tag of a composite list, checked."""
    word = arena.load(found.segment, found.start)
    elements = wire.tag_count(word)
    data_words = wire.struct_data_words(word)
    pointers = wire.struct_pointers(word)
    words = wire.list_count(found.shape)
    if word & 3 != wire.STRUCT or elements * (data_words + pointers) > words:
        raise MalformedMessage(
            f"the tag of a composite list of {words} words does not fit it: {elements} elements of"
            f" {data_words} data words and {pointers} pointers",
            segment=found.segment.index,
            offset=found.start,
        )
    return elements, data_words, pointers


def primitives_in(arena: Arena, found: Found, element: Element) -> tuple[int, int, int] | None:
    """Return where the elements of a list of primitives are, or ``None`` if it is of another kind.

    A list of structs is one of their first fields (specification, "Lists"), except of bits.

    Returns:
        (first word, number of elements, distance between two elements in units of their size).
    """
    size_code = wire.list_size_code(found.shape) if found.shape & 3 == wire.LIST else None
    if size_code == element.size_code:
        return found.start, wire.list_count(found.shape), 1
    if size_code != wire.SIZE_COMPOSITE or element.size_code == wire.SIZE_BIT:
        return None
    count, data_words, pointers = composite(arena, found)
    if element.size_code == wire.SIZE_VOID:
        return found.start + 1, count, 1
    if data_words == 0:
        return None
    return found.start + 1, count, (data_words + pointers) * WORD_BYTES // element.bytes


def pointers_in(
    arena: Arena, found: Found, sections: tuple[int, int, int] | None
) -> tuple[int, int, int] | None:
    """Return where the elements of a list of pointers are, or ``None`` if it is of another kind.

    A list of structs is one of their first pointers (specification, "Lists"). ``sections`` are the
    numbers in its tag, if they are known.

    Returns:
        (word of the first pointer, number of pointers, words of each struct or 0).
    """
    size_code = wire.list_size_code(found.shape) if found.shape & 3 == wire.LIST else None
    if size_code == wire.SIZE_POINTER:
        return found.start, wire.list_count(found.shape), 0
    if size_code != wire.SIZE_COMPOSITE:
        return None
    count, data_words, pointers = composite(arena, found) if sections is None else sections
    if pointers == 0:
        return None
    return found.start + 1 + data_words, count, data_words + pointers


def _segment_at(arena: Arena, index: int) -> Segment:
    if index >= len(arena.segments):
        raise PointerOutOfBounds(f"a far pointer leads to segment {index}, which does not exist")
    return arena.segments[index]


def _require_within(found: Found) -> None:
    words = wire.object_words(found.shape)
    if found.start < 0 or found.start + words > found.segment.used:
        raise PointerOutOfBounds(
            f"an object of {words} words at word {found.start} is not within the"
            f" {found.segment.used} words in use of segment {found.segment.index}",
            segment=found.segment.index,
            offset=found.start,
        )
    if words and found.segment.retired.meets(found.start, found.start + words):
        raise MalformedMessage(
            f"a pointer leads to word {found.start} of segment {found.segment.index}, whose object"
            " was overwritten or cleared",
            segment=found.segment.index,
            offset=found.start,
        )


def survey(arena: Arena, slots: list[tuple[Segment, int, int]]) -> list[Extent]:
    """Return the extents of the objects of some pointers, and of everything below them.

    ``slots`` are (segment, word, the pointer read there). The walk only reads, is iterative, and
    its work is bounded by the words of the message.

    Raises:
        MalformedMessage: If a pointer is wrong, or a word is reached twice.
    """
    own = {(segment, word, word + 1) for segment, word, _ in slots}
    extents = list(own)
    todo = [resolve(arena, segment, word, pointer) for segment, word, pointer in slots]
    _walk(arena, todo, extents)
    return [extent for extent in extents if extent not in own]


def survey_object(arena: Arena, found: Found) -> list[Extent]:
    """Return the extents of an object and everything below it, as ``survey`` does."""
    extents: list[Extent] = []
    _walk(arena, [found], extents)
    return extents


def _walk(arena: Arena, todo: list[Found], extents: list[Extent]) -> None:
    """Add the extents of some objects and everything below them to ``extents``."""
    budget = arena.handed_out
    while todo:
        found = todo.pop()
        if found.shape & 3 == wire.OTHER:
            continue
        if found.pad_segment is not None:
            extents.append((found.pad_segment, found.pad, found.pad + found.pad_words))
            budget -= found.pad_words
        words = wire.object_words(found.shape)
        if words == 0:
            continue
        extents.append((found.segment, found.start, found.start + words))
        budget -= words
        if budget < 0:
            raise MalformedMessage(
                "pointers lead to the same words twice", segment=found.segment.index
            )
        todo.extend(
            resolve(arena, segment, at, pointer)
            for segment, at, pointer in _pointers_in(arena, found)
        )
    require_disjoint(extents)


def require_disjoint(extents: list[Extent]) -> None:
    """Sort the extents, and raise ``MalformedMessage`` if two of them share a word."""
    extents.sort(key=_by_place)
    for (left, _, stop), (right, start, _) in pairwise(extents):
        if left is right and start < stop:
            raise MalformedMessage(
                f"objects overlap at word {start} of segment {left.index}",
                segment=left.index,
                offset=start,
            )


def _pointers_in(arena: Arena, found: Found) -> list[tuple[Segment, int, int]]:
    """Return the non-null pointers of an object: (segment, word, pointer)."""
    shape = found.shape
    start = found.start
    groups = range(0)  # first words of the pointer sections
    if shape & 3 == wire.STRUCT:
        count = wire.struct_pointers(shape)
        first = start + wire.struct_data_words(shape)
        groups = range(first, first + 1)
    elif wire.list_size_code(shape) == wire.SIZE_POINTER:
        count = wire.list_count(shape)
        groups = range(start, start + 1)
    elif wire.list_size_code(shape) == wire.SIZE_COMPOSITE:
        elements, data_words, count = composite(arena, found)
        step = data_words + count
        first = start + 1 + data_words
        if step:
            groups = range(first, first + elements * step, step)
    else:
        count = 0
    if count == 0:
        return []
    body = arena.copy_out(found.segment, start, wire.object_words(shape) * WORD_BYTES)
    load = wire.POINTER.unpack_from
    return [
        (found.segment, at, pointer)
        for group in groups
        for at in range(group, group + count)
        if (pointer := load(body, (at - start) * WORD_BYTES)[0])
    ]


def _by_place(extent: Extent) -> tuple[int, int, int]:
    segment, start, end = extent
    return segment.index, start, end


@final
class BuilderSource:
    """A source of copies for ``read_tree`` from the message that is being built.

    It reads no more words than are handed out, because pointers in overwritten memory may form a
    circle.
    """

    __slots__ = ("_arena", "_budget")

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._budget = arena.handed_out

    def spot(self, segment: int, word: int, pointer: int, depth: int) -> Spot:
        """Return the place of the object of a pointer that is not null."""
        found = resolve(self._arena, self._arena.segment_at(segment), word, pointer)
        if found.shape & 3 == wire.OTHER:
            return pointer, segment, word
        return found.shape, found.segment.index, found.start

    def octets(self, segment: int, start: int, words: int) -> bytes:
        """Return a copy of handed-out words."""
        self._budget -= words
        if self._budget < 0:
            raise MalformedMessage("pointers lead to the same object twice", segment=segment)
        return self._arena.copy_out(self._arena.segment_at(segment), start, words * WORD_BYTES)

    def charge_elements(self, count: int) -> None:
        """Charge nothing: a message that is built has no traversal limit."""
