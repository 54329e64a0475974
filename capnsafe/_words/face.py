"""The parts of a ``repr``: the object of a handle, and its place.

These functions take only numbers that handles hold. They read no memory and call no allocator.
"""

from __future__ import annotations

from .. import wire
from ..wire import WORD_BYTES


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as in ``1 pointer`` and ``2 pointers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sections(data_words: int, pointers: int) -> str:
    """Return the sizes of the two sections of a struct."""
    return f"{counted(data_words, 'data word')} and {counted(pointers, 'pointer')}"


def place(segment: int, octet: int) -> str:
    """Return the text of a place: in words, or in bytes if it is in the middle of a word."""
    word, rest = divmod(octet, WORD_BYTES)
    return f"segment {segment}, byte {octet}" if rest else f"segment {segment}, word {word}"


def shape_text(shape: int) -> str:
    """Return a description of the object that a pointer with this shape leads to."""
    if shape & 3 == wire.OTHER:
        return f"capability {wire.capability_index(shape)}"
    if shape & 3 == wire.STRUCT:
        return f"struct of {sections(wire.struct_data_words(shape), wire.struct_pointers(shape))}"
    count = wire.list_count(shape)
    code = wire.list_size_code(shape)
    if code == wire.SIZE_COMPOSITE:
        return f"list of structs, {counted(count, 'word')}"
    if code == wire.SIZE_POINTER:
        return f"list of {counted(count, 'pointer')}"
    bits = counted(wire.ELEMENT_BITS[code], "bit")
    return f"list of {counted(count, 'element')} of {bits}"
