"""Following pointers in a message that is being built.

Nothing that is read back from a segment is trusted, though capnsafe wrote it (P6): the memory is
somebody else's. Each word is loaded once, checked as if it had come from the network, and that copy
is used. What is found lies within words handed out, and not in words retired.
"""

from __future__ import annotations

from itertools import pairwise

from .. import wire
from .._words.tree import Spot
from ..errors import MalformedMessage, PointerOutOfBounds
from ..wire import WORD_BYTES
from .arena import Arena
from .segment import Extent, Segment


class Found:
    """An object that a pointer leads to, and the landing pad on the way."""

    __slots__ = ("pad", "pad_segment", "pad_words", "segment", "shape", "start")

    def __init__(self, shape: int, segment: Segment, start: int) -> None:
        self.shape = shape
        self.segment = segment
        self.start = start
        self.pad_segment: Segment | None = None
        self.pad = 0
        self.pad_words = 0


def resolve(arena: Arena, segment: Segment, word: int, pointer: int) -> Found:
    """Follow the pointer that was read at ``word`` of ``segment``; it must not be null.

    Landing pads are followed, and what is found lies within words handed out.
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
            "a landing pad outside its segment", segment=pad_segment.index, offset=pad
        )
    if pad_segment.retired.meets(pad, pad + pad_words):
        raise MalformedMessage(
            "a landing pad that was retired", segment=pad_segment.index, offset=pad
        )
    landing = arena.load(pad_segment, pad)
    if pad_words == 1:
        if landing & 3 in (wire.FAR, wire.OTHER):
            raise MalformedMessage(
                "a landing pad that holds no object", segment=pad_segment.index, offset=pad
            )
        found = Found(wire.shape_of(landing), pad_segment, pad + 1 + wire.offset(landing))
    else:
        shape = arena.load(pad_segment, pad + 1)
        if landing & 7 != wire.FAR or shape & 2 or wire.offset(shape) != 0:
            raise MalformedMessage(
                "a double-far landing pad that is none", segment=pad_segment.index, offset=pad
            )
        target = _segment_at(arena, wire.far_segment(landing))
        found = Found(shape, target, wire.far_offset(landing))
    found.pad_segment = pad_segment
    found.pad = pad
    found.pad_words = pad_words
    _require_within(found)
    return found


def composite(arena: Arena, found: Found) -> tuple[int, int, int]:
    """Return (elements, data words, pointers) of a composite list, from its tag, checked."""
    word = arena.load(found.segment, found.start)
    elements = wire.tag_count(word)
    data_words = wire.struct_data_words(word)
    pointers = wire.struct_pointers(word)
    words = wire.list_count(found.shape)
    if word & 3 != wire.STRUCT or elements * (data_words + pointers) > words:
        raise MalformedMessage(
            f"a composite list of {words} words whose tag says {elements} elements of"
            f" {data_words} + {pointers} words",
            segment=found.segment.index,
            offset=found.start,
        )
    return elements, data_words, pointers


def _segment_at(arena: Arena, index: int) -> Segment:
    if index >= len(arena.segments):
        raise PointerOutOfBounds(f"a far pointer to segment {index}, which is not there")
    return arena.segments[index]


def _require_within(found: Found) -> None:
    words = wire.object_words(found.shape)
    if found.start < 0 or found.start + words > found.segment.used:
        raise PointerOutOfBounds(
            f"an object of {words} words at word {found.start} of a segment in which"
            f" {found.segment.used} are handed out",
            segment=found.segment.index,
            offset=found.start,
        )
    if words and found.segment.retired.meets(found.start, found.start + words):
        raise MalformedMessage(
            f"a pointer to word {found.start}, whose object was overwritten or cleared",
            segment=found.segment.index,
            offset=found.start,
        )


def survey(arena: Arena, slots: list[tuple[Segment, int, int]]) -> list[Extent]:
    """Walk the values of some slots, read-only, and answer the words that they occupy.

    A slot is (segment, word, the pointer read there). The walk visits no word twice, or raises
    ``MalformedMessage``; it is iterative, and its work is bounded by the words of the message.
    """
    own = {(segment, word, word + 1) for segment, word, _ in slots}
    extents = list(own)
    todo = [resolve(arena, segment, word, pointer) for segment, word, pointer in slots]
    _walk(arena, todo, extents)
    return [extent for extent in extents if extent not in own]


def survey_object(arena: Arena, found: Found) -> list[Extent]:
    """Walk an object whose place is known, as ``survey`` does."""
    extents: list[Extent] = []
    _walk(arena, [found], extents)
    return extents


def _walk(arena: Arena, todo: list[Found], extents: list[Extent]) -> None:
    """Add the words of some objects, and of all below them, to ``extents``; none is met twice."""
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
            raise MalformedMessage("a value visits words twice", segment=found.segment.index)
        todo.extend(
            resolve(arena, segment, at, pointer)
            for segment, at, pointer in _pointers_in(arena, found)
        )
    require_disjoint(extents)


def require_disjoint(extents: list[Extent]) -> None:
    """Raise ``MalformedMessage`` where two of the extents share a word; they get sorted."""
    extents.sort(key=_by_place)
    for (left, _, stop), (right, start, _) in pairwise(extents):
        if left is right and start < stop:
            raise MalformedMessage(
                "a value has objects that overlap", segment=left.index, offset=start
            )


def _pointers_in(arena: Arena, found: Found) -> list[tuple[Segment, int, int]]:
    """Return the pointers that are not null in an object: (segment, word, pointer)."""
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


class Built:
    """Lets ``tree`` read from the message that is being built.

    What is read is bounded by the words handed out: a message that was scribbled upon may have
    pointers in a circle.
    """

    __slots__ = ("_arena", "_budget")

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._budget = arena.handed_out

    def spot(self, segment: int, word: int, pointer: int, depth: int) -> Spot:
        """Follow a pointer that is not null."""
        found = resolve(self._arena, self._arena.segment_at(segment), word, pointer)
        if found.shape & 3 == wire.OTHER:
            return pointer, segment, word
        return found.shape, found.segment.index, found.start

    def octets(self, segment: int, start: int, words: int) -> bytes:
        """Return a copy of words handed out."""
        self._budget -= words
        if self._budget < 0:
            raise MalformedMessage("an object is reached in two ways", segment=segment)
        return self._arena.copy_out(self._arena.segment_at(segment), start, words * WORD_BYTES)
