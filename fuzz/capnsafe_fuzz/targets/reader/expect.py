"""The expected result of a question, from the reference."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from ...reference.canonical import canonical
from ...reference.equality import equal_copies
from ...reference.reading import (
    FORMATS,
    MOST_ITEMS,
    Copy,
    List,
    Reference,
    Refused,
    Struct,
    total_words,
)
from .scenario import Ask, Question

Held: TypeAlias = Struct | List
_BIT: Final = 1
_COMPOSITE: Final = 7
_FAR: Final = 2


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected result of a question, before the traversal limit is applied."""

    value: Any
    """In the form of ``normal``."""
    cost: int = 0
    """Words that are charged."""
    held: Held | None = None
    """The object of the handle that it makes."""
    sized: bool = False
    """Whether the value has the element size of a list: only if asking for it costs nothing."""


def normal(value: Any) -> Any:
    """Return a value that can be compared: floats by their bits."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def expect(
    reference: Reference,
    question: Question,
    held: Held | None,
    nesting: int,
    budget: int,
    other: Held | None = None,
) -> Expected:
    """Return the expected result. ``budget`` limits the work of deep copies, in words.

    ``other`` is the object of the question's second handle.

    Raises:
        Refused: The question must be refused.
    """
    ask = question.ask
    if ask is Ask.ROOT:
        found = reference.root(nesting)
        return Expected(_facts(reference, found.value), found.cost, found.value)
    assert held is not None
    if ask is Ask.EQUAL:
        return _equal(reference, held, other, budget)
    if ask in (Ask.TREE, Ask.TOTAL, Ask.COPY, Ask.CANONICAL):
        return _whole(reference, ask, held, budget)
    if isinstance(held, Struct) and ask is Ask.FIELD:
        return Expected(normal(_field(reference, held, question.place, question.element)))
    if ask in (Ask.ITEM, Ask.COUNT, Ask.EACH, Ask.ELEMENT):
        assert isinstance(held, List)
        return _of_list(reference, question, held)
    return _of_pointer(reference, question, held, budget)


def _facts(reference: Reference, held: Struct | None) -> Any:
    """Return the properties of a struct's handle, and the bytes of its data section."""
    if held is None:
        return None
    octets = reference.octets(held.segment, held.data, held.data_bytes)
    return held.data_bytes, held.pointers, octets


def _equal(reference: Reference, held: Held, other: Held | None, budget: int) -> Expected:
    """Return whether the object equals the other one; a null pointer equals no object."""
    if other is None:
        return Expected(False)
    one, cost = _copied(reference, held, budget)
    if cost > budget:
        raise Refused("over the traversal limit", cost)
    try:
        two, more = _copied(reference, other, budget - cost)
    except Refused as refusal:
        raise Refused(str(refusal), cost + refusal.cost) from None
    return Expected(equal_copies(one, two), cost + more)


def _copied(reference: Reference, held: Held, budget: int) -> tuple[Copy, int]:
    """Return a copy of an object as its handle sees it, and its cost in words."""
    if isinstance(held, Struct):
        return reference.copy_struct(held, budget)
    if held.element:
        return reference.copy_values(held)
    return reference.copy_list(held, budget)


def _whole(reference: Reference, ask: Ask, held: Held, budget: int) -> Expected:
    copy, cost = _copied(reference, held, budget)
    if ask is Ask.TOTAL:
        return Expected(total_words(copy), cost)
    if ask is Ask.CANONICAL:
        return Expected(canonical(copy), cost)
    return Expected(copy, cost)


def _field(reference: Reference, held: Struct, index: int, element: str) -> Any:
    size, form = FORMATS[element]
    width = struct.calcsize(form) if size != _BIT else 1
    last = index // 8 if size == _BIT else index
    if (last + 1) * width > held.data_bytes:
        return False if size == _BIT else 0.0 if element.startswith("FLOAT") else 0
    return reference.value(held.segment, held.data, index, width, element)


def _of_list(reference: Reference, question: Question, held: List) -> Expected:
    ask, index = question.ask, question.place
    if ask is Ask.COUNT:
        return Expected(held.count)
    first = held.start * 8
    if ask is Ask.EACH:
        items = range(min(held.count, MOST_ITEMS))
        if held.element:
            values = [
                normal(reference.value(held.segment, first, item, held.step, held.element))
                for item in items
            ]
            return Expected(_with_view(reference, held, values))
        elements = [_element(held, item) for item in items]
        values = [_field(reference, element, 0, "UINT8") for element in elements]
        return Expected(values)
    if index >= held.count:
        raise Refused("there is no such element")
    if ask is Ask.ELEMENT:
        made = _element(held, index)
        return Expected(_facts(reference, made), held=made)
    value = reference.value(held.segment, first, index, held.step, held.element)
    return Expected(normal(value))


def has_view(held: Held | None) -> bool:
    """Return whether a handle has a view: a list whose elements are whole bytes."""
    return isinstance(held, List) and FORMATS.get(held.element, (0,))[0] > _BIT


def _with_view(reference: Reference, held: List, values: list[Any]) -> Any:
    """Return the first elements and, if the list has a view, what the view must show of them."""
    if not has_view(held):
        return values
    form = FORMATS[held.element][1]
    width = struct.calcsize(form)
    first = held.start * 8
    octets = b"".join(
        reference.octets(held.segment, first + item * held.step, width)
        for item in range(len(values))
    )
    return values, form[1:], held.count, octets


def _element(held: List, index: int) -> Struct:
    """Return an element of a list, read as a struct."""
    if held.nesting <= 0:
        raise Refused("too deep")
    data = held.start * 8 + index * held.step
    return Struct(
        held.segment,
        data,
        held.data_bytes,
        (data + held.data_bytes) // 8,
        held.pointers,
        held.nesting - 1,
    )


def _of_pointer(reference: Reference, question: Question, held: Held, budget: int) -> Expected:
    ask, index = question.ask, question.place
    at = slot_of(held, index)
    if at is None:
        return Expected(ask is Ask.NULL or None)
    segment, nesting = held.segment, held.nesting
    if ask is Ask.NULL:
        return Expected(reference.word(segment, at) == 0)
    if ask is Ask.CAPABILITY:
        pointer = reference.word(segment, at)
        if pointer and pointer & 0xFFFFFFFF != 3:
            raise Refused("no capability")
        return Expected(pointer >> 32 if pointer else None)
    if ask is Ask.COPIED:
        copy, cost = reference.copy_at(segment, at, nesting, budget)
        return Expected(copy, cost)
    if ask is Ask.STRUCT:
        found = reference.struct_at(segment, at, nesting)
        return Expected(_facts(reference, found.value), found.cost, found.value)
    if ask in (Ask.TEXT, Ask.DATA):
        blob, cost = reference.blob(segment, at)
        return Expected(_text(blob, cost) if ask is Ask.TEXT else blob, cost)
    opened, cost = reference.list_at(segment, at, nesting)
    if opened is None:
        return Expected(None)
    if ask is Ask.LIST:
        opened = replace(opened, element=question.element)
    if not _can_be_read(opened, ask):
        raise Refused("a list of something else", cost)
    sized = reference.word(segment, at) & 3 != _FAR
    return Expected((opened.count, opened.size) if sized else opened.count, cost, opened, sized)


def slot_of(held: Held, index: int) -> int | None:
    """Return the word of a pointer; None if a struct has none there.

    Raises:
        Refused: The index is past a list's end.
    """
    if isinstance(held, Struct):
        return held.first_pointer + index if index < held.pointers else None
    if index >= held.count:
        raise Refused("there is no such element")
    return held.start + held.data_bytes // 8 + index * held.step // 8


def _can_be_read(opened: List, ask: Ask) -> bool:
    """Return whether this list can be read as that one (encoding specification, "Lists")."""
    if ask is Ask.POINTERS:
        return opened.pointers > 0
    if ask is Ask.STRUCTS:
        return opened.size != _BIT
    size, form = FORMATS[opened.element]
    if opened.size == size:
        return True
    width = struct.calcsize(form) if size != _BIT else 0
    return opened.size == _COMPOSITE and size != _BIT and opened.data_bytes >= width


def _text(blob: bytes | None, cost: int) -> str | None:
    if blob is None:
        return None
    if not blob.endswith(b"\0"):
        raise Refused("a text without its NUL", cost)
    try:
        return blob[:-1].decode()
    except UnicodeDecodeError:
        raise Refused("a text that is not UTF-8", cost) from None
