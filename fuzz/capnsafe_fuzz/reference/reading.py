"""A reference reader: the contents of segments, and the questions that must be refused.

It follows the encoding specification. Where that leaves a choice, it follows the documentation of
the reader under test: which lists can be read as which, and the charge against the traversal limit.
It shares no code with any encoder. Objects are plain values, and only handles carry state from one
question to the next. The caller applies the limits, from the ``cost`` of a result (words).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

WORD_BYTES: Final = 8
_MAX_LIST: Final = (1 << 29) - 1

_STRUCT, _LIST, _FAR, _OTHER = range(4)
_VOID, _BIT, _BYTE, _TWO, _FOUR, _EIGHT, _POINTER, _COMPOSITE = range(8)
_BITS: Final = (0, 1, 8, 16, 32, 64, 64)

FORMATS: Final = {
    "VOID": (_VOID, ""),
    "BOOL": (_BIT, ""),
    "INT8": (_BYTE, "<b"),
    "INT16": (_TWO, "<h"),
    "INT32": (_FOUR, "<i"),
    "INT64": (_EIGHT, "<q"),
    "UINT8": (_BYTE, "<B"),
    "UINT16": (_TWO, "<H"),
    "UINT32": (_FOUR, "<I"),
    "UINT64": (_EIGHT, "<Q"),
    "FLOAT32": (_FOUR, "<f"),
    "FLOAT64": (_EIGHT, "<d"),
}
"""For each element type, the element size of its lists, and its format."""

MOST_ITEMS: Final = 32
"""Number of elements that an iteration over a list reads."""


class Refused(Exception):
    """The question must be refused. It has the reason, and the words that may have been charged."""

    def __init__(self, why: str, cost: int = 0) -> None:
        super().__init__(why)
        self.cost = cost


class Spot(NamedTuple):
    """The target of a pointer."""

    shape: int
    """The pointer without its offset; for a capability, the whole pointer."""
    segment: int
    start: int
    """The object's first word."""
    cost: int
    """Words of landing pads on the way."""


@dataclass(frozen=True, slots=True)
class Struct:
    """An opened struct. Its place is in bytes, since it may be an element of a list."""

    segment: int
    data: int
    data_bytes: int
    first_pointer: int
    pointers: int
    nesting: int
    """Levels that may be opened below it."""


@dataclass(frozen=True, slots=True)
class List:
    """An opened list, of any element type."""

    segment: int
    start: int
    count: int
    size: int
    step: int
    """Bytes from one element to the next; 0 for bits and Void."""
    data_bytes: int
    pointers: int
    nesting: int
    element: str = ""
    """The primitive type that its elements are read as, if any."""


class ExpectedValue(NamedTuple):
    """The expected result of a question."""

    value: Any
    cost: int = 0


#: A copied object: (shape, words with zeros for pointers, ((word, object below), ...)).
Copy = tuple[int, bytes, tuple[Any, ...]]


class Reference:
    """The message in some segments."""

    def __init__(self, segments: tuple[bytes, ...]) -> None:
        self._segments = segments
        self._sizes = [len(segment) // WORD_BYTES for segment in segments]

    def word(self, segment: int, at: int) -> int:
        """Return one word, which is in range."""
        start = at * WORD_BYTES
        return int.from_bytes(self._segments[segment][start : start + WORD_BYTES], "little")

    def _require(self, segment: int, start: int, words: int, cost: int) -> None:
        inside = segment < len(self._sizes) and 0 <= start <= self._sizes[segment] - words
        if not inside:
            raise Refused("it lies outside its segment", cost)

    def follow(self, segment: int, at: int) -> Spot | None:
        """Return the target of the pointer at a word; None for null."""
        pointer = self.word(segment, at)
        if pointer == 0:
            return None
        if pointer & 3 != _FAR:
            return _spot(pointer, segment, at + 1, 0)
        segment, pad, double = pointer >> 32, pointer >> 3 & 0x1FFFFFFF, pointer & 4
        pads = 2 if double else 1
        self._require(segment, pad, pads, 0)
        landed = self.word(segment, pad)
        if not double:
            if landed & 3 == _FAR:
                raise Refused("a far pointer leads to a far pointer", pads)
            if landed & 3 == _OTHER:
                return Spot(landed, segment, pad, pads)
            return _spot(landed, segment, pad + 1, pads)
        tag = self.word(segment, pad + 1)
        if landed & 3 != _FAR or landed & 4 or tag & 3 == _FAR or tag >> 2 & 0x3FFFFFFF:
            raise Refused("a malformed double-far landing pad", pads)
        return Spot(tag, landed >> 32, landed >> 3 & 0x1FFFFFFF, pads)

    # Opening

    def root(self, nesting: int) -> ExpectedValue:
        """Open the root struct."""
        self._require(0, 0, 1, 0)
        opened = self.struct_at(0, 0, nesting, 1)
        if opened.value is None:
            return ExpectedValue(Struct(0, 0, 0, 0, 0, 0), 1)
        return opened

    def struct_at(self, segment: int, at: int, nesting: int, before: int = 0) -> ExpectedValue:
        """Open the struct at a pointer; ``before`` is the cost of getting there (words)."""
        spot = self.follow(segment, at)
        if spot is None:
            return ExpectedValue(None, before)
        data, pointers = spot.shape >> 32 & 0xFFFF, spot.shape >> 48
        cost = before + spot.cost + data + pointers
        if nesting <= 0 or spot.shape & 3 != _STRUCT:
            raise Refused("no struct, or too deep", cost)
        self._require(spot.segment, spot.start, data + pointers, cost)
        opened = Struct(
            spot.segment,
            spot.start * WORD_BYTES,
            data * WORD_BYTES,
            spot.start + data,
            pointers,
            nesting - 1,
        )
        return ExpectedValue(opened, cost)

    def list_at(self, segment: int, at: int, nesting: int) -> tuple[List | None, int]:
        """Open the list at a pointer, and return its cost (words)."""
        spot = self.follow(segment, at)
        if spot is None:
            return None, 0
        shape, segment, start, cost = spot
        size, count = shape >> 32 & 7, shape >> 35
        words = count + 1 if size == _COMPOSITE else _words(size, count)
        if nesting <= 0 or shape & 3 != _LIST:
            raise Refused("no list, or too deep", cost + words)
        self._require(segment, start, words, cost)
        cost += words
        if size != _COMPOSITE:
            step = _BITS[size] // 8
            pointers = int(size == _POINTER)
            data = 0 if pointers else step
            cost += _free_elements(size, step, count)
            return List(segment, start, count, size, step, data, pointers, nesting - 1), cost
        tag = self.word(segment, start)
        data, pointers, elements = tag >> 32 & 0xFFFF, tag >> 48, tag >> 2 & 0x3FFFFFFF
        if tag & 3 != _STRUCT or elements * (data + pointers) > count:
            raise Refused("the tag does not fit its list", cost)
        step = (data + pointers) * WORD_BYTES
        made = List(
            segment, start + 1, elements, size, step, data * WORD_BYTES, pointers, nesting - 1
        )
        return made, cost + _free_elements(size, step, elements)

    # Deep copies

    def copy_struct(self, held: Struct, budget: int) -> tuple[Copy, int]:
        """Return a copy of a struct with all objects below it, and its cost in words.

        Raises:
            Refused: The cost exceeds the budget.
        """
        words, rest = divmod(held.data_bytes, WORD_BYTES)
        if rest:
            octets = self._segments[held.segment][held.data : held.data + held.data_bytes]
            return (_struct_shape(1, 0), octets.ljust(WORD_BYTES, b"\0"), ()), 1
        shape = _struct_shape(words, held.pointers)
        spot = Spot(shape, held.segment, held.data // WORD_BYTES, 0)
        return self._copy_object(spot, held.nesting, words + held.pointers, budget)

    def copy_list(self, held: List, budget: int) -> tuple[Copy, int]:
        """Return a copy of a list as it was written, with all objects below it."""
        count, start = held.count, held.start
        if held.size == _COMPOSITE:
            count, start = count * held.step // WORD_BYTES, start - 1
        shape = _list_shape(held.size, count)
        words = count + 1 if held.size == _COMPOSITE else _words(held.size, count)
        spot = Spot(shape, held.segment, start, 0)
        return self._copy_object(spot, held.nesting, words, budget)

    def copy_values(self, held: List) -> tuple[Copy, int]:
        """Return a copy of a list as a list of the primitive type that it is read as."""
        size, form = FORMATS[held.element]
        if held.count > _MAX_LIST:
            raise Refused("more elements than a pointer can count")
        words = cost = _words(size, held.count)
        octets = self._segments[held.segment]
        if size == _VOID:
            cost = _free_elements(held.size, held.step, held.count)
            body = b""
        elif size == _BIT:
            first = held.start * WORD_BYTES
            body = _cut_bits(octets[first : first + words * WORD_BYTES], held.count)
        else:
            width = struct.calcsize(form)
            first = held.start * WORD_BYTES
            body = b"".join(
                octets[at : at + width]
                for at in range(first, first + held.count * held.step, held.step)
            )
            if held.count:
                # The words that are read, from the first to the last; for structs, more than the
                # copied ones.
                cost = -(-((held.count - 1) * held.step + width) // WORD_BYTES)
        return (_list_shape(size, held.count), body.ljust(words * WORD_BYTES, b"\0"), ()), cost

    def copy_at(self, segment: int, at: int, nesting: int, budget: int) -> tuple[Copy | None, int]:
        """Return a copy of the target of a pointer, with all objects below it."""
        pointer = self.word(segment, at)
        if pointer == 0:
            return None, 0
        if pointer & 3 == _OTHER:
            return _capability(pointer), 0
        if nesting <= 0:
            raise Refused("too deep")
        spot = self.follow(segment, at)
        assert spot is not None
        if spot.shape & 3 == _OTHER:
            return _capability(spot.shape, spot.cost), spot.cost
        words = _object_words(spot.shape)
        self._require(spot.segment, spot.start, words, spot.cost)
        return self._copy_object(spot, nesting - 1, spot.cost + words, budget)

    def _copy_object(self, spot: Spot, nesting: int, cost: int, budget: int) -> tuple[Copy, int]:
        """Copy one object whose words are in range; the nesting limit bounds the recursion."""
        if cost > budget:
            raise Refused("over the traversal limit", cost)
        shape, segment, start, _ = spot
        words = _object_words(shape)
        first = start * WORD_BYTES
        body = self._segments[segment][first : first + words * WORD_BYTES]
        if shape & 3 == _STRUCT:
            places = list(range(shape >> 32 & 0xFFFF, words))
        else:
            shape, body, places, more = self._list_body(shape, body, cost)
            cost += more
            if cost > budget:
                raise Refused("over the traversal limit", cost)
        children: list[tuple[int, Copy]] = []
        for place in places:
            found, more = self._copy_below(segment, start + place, nesting, budget - cost, cost)
            cost += more
            if found is not None:
                children.append((place, found))
        return (shape, _without(body, places), tuple(children)), cost

    def _copy_below(
        self, segment: int, at: int, nesting: int, budget: int, before: int
    ) -> tuple[Copy | None, int]:
        try:
            return self.copy_at(segment, at, nesting, budget)
        except Refused as refusal:
            raise Refused(str(refusal), before + refusal.cost) from None

    def _list_body(self, shape: int, body: bytes, cost: int) -> tuple[int, bytes, list[int], int]:
        """Return a list's shape as it is copied, its words, and the places of its pointers.

        The last is the charge for elements without size.
        """
        size, count = shape >> 32 & 7, shape >> 35
        if size == _POINTER:
            return shape, body, list(range(count)), 0
        if size != _COMPOSITE:
            return shape, _cut_bits(body, count * _BITS[size]), [], _free_elements(size, 0, count)
        tag = int.from_bytes(body[:WORD_BYTES], "little")
        data, pointers, elements = tag >> 32 & 0xFFFF, tag >> 48, tag >> 2 & 0x3FFFFFFF
        words = elements * (data + pointers)
        if tag & 3 != _STRUCT or words > count:
            raise Refused("the tag does not fit its list", cost)
        places = [
            1 + element + data + index
            for element in range(0, words, data + pointers or 1)
            for index in range(pointers)
        ]
        copied = body[: (1 + words) * WORD_BYTES]
        charge = _free_elements(size, data + pointers, elements)
        return _list_shape(_COMPOSITE, words), copied, places, charge

    # Values

    def octets(self, segment: int, first: int, size: int) -> bytes:
        """Return bytes, which are in range."""
        return self._segments[segment][first : first + size]

    def value(self, segment: int, first: int, index: int, step: int, element: str) -> Any:
        """Return a primitive value in a list or data section that begins at byte ``first``."""
        size, form = FORMATS[element]
        if size == _VOID:
            return None
        octets = self._segments[segment]
        if size == _BIT:
            return bool(octets[first + index // 8] >> index % 8 & 1)
        return struct.unpack_from(form, octets, first + index * step)[0]

    def blob(self, segment: int, at: int) -> tuple[bytes | None, int]:
        """Return the bytes of a list of bytes."""
        spot = self.follow(segment, at)
        if spot is None:
            return None, 0
        count = spot.shape >> 35
        words = _words(_BYTE, count)
        if spot.shape & 3 != _LIST or spot.shape >> 32 & 7 != _BYTE:
            raise Refused("no list of bytes", spot.cost)
        self._require(spot.segment, spot.start, words, spot.cost)
        return self.octets(spot.segment, spot.start * WORD_BYTES, count), spot.cost + words


def _spot(pointer: int, segment: int, base: int, cost: int) -> Spot:
    """Return the target of a pointer that is not a far pointer."""
    field = pointer >> 2 & 0x3FFFFFFF
    offset = field - (1 << 30) if field >> 29 else field
    shape = pointer if pointer & 3 == _OTHER else pointer & ~0xFFFFFFFC
    return Spot(shape, segment, base + offset, cost)


def _free_elements(size: int, step: int, count: int) -> int:
    """Return the charge for the elements of a list: one word each if they have no size."""
    return count if size == _VOID or (size == _COMPOSITE and step == 0) else 0


def _words(size: int, count: int) -> int:
    return (count * _BITS[size] + 63) // 64


def _object_words(shape: int) -> int:
    if shape & 3 == _STRUCT:
        return (shape >> 32 & 0xFFFF) + (shape >> 48)
    size, count = shape >> 32 & 7, shape >> 35
    return count + 1 if size == _COMPOSITE else _words(size, count)


def _struct_shape(data: int, pointers: int) -> int:
    return data << 32 | pointers << 48


def _list_shape(size: int, count: int) -> int:
    return _LIST | size << 32 | count << 35


def _capability(pointer: int, cost: int = 0) -> Copy:
    if pointer & 0xFFFFFFFF != _OTHER:
        raise Refused("a pointer of no known kind", cost)
    return pointer, b"", ()


def _cut_bits(body: bytes, bits: int) -> bytes:
    """Return the same words with all bits after the first ``bits`` cleared."""
    number = int.from_bytes(body, "little") & (1 << bits) - 1
    return number.to_bytes(len(body), "little")


def _without(body: bytes, places: list[int]) -> bytes:
    """Return the same words with zeros at these places."""
    if not places:
        return body
    out = bytearray(body)
    for place in places:
        out[place * WORD_BYTES : (place + 1) * WORD_BYTES] = bytes(WORD_BYTES)
    return bytes(out)


def total_words(copy: Copy) -> int:
    """Return the words of an object and of all objects below it."""
    _, body, children = copy
    return len(body) // WORD_BYTES + sum(total_words(child) for _, child in children)
