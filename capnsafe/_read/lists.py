"""Readers of lists of primitives."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from sys import byteorder
from typing import Any, SupportsIndex, final

from .._words.arguments import from_start, type_name
from .._words.exhausted import exhausted
from .._words.face import place
from .._words.tree import ObjectSize, Tree
from ..errors import ArgumentTypeError, MessageTooLarge
from ..wire import MAX_LIST_COUNT, WORD_BYTES, Element, Primitive, list_body_words, list_shape
from .reading import Elements, ReaderBase, Segments, element_index


@final
class ListReader(ReaderBase):
    """A list of primitive values: ``len()``, ``[index]`` and iteration."""

    __slots__ = (
        "_count",
        "_element",
        "_from_end",
        "_segment",
        "_segments",
        "_start",
        "_step",
        "_view",
        "_zero_sized",
    )

    def __init__(self, segments: Segments, found: Elements, element: Element) -> None:
        """Make a reader of the elements that were found. Users call ``get_list`` instead."""
        self._segments = segments
        self._segment = found.segment
        #: None if each read borrows the memory.
        self._view = segments.view(found.segment)
        self._start = found.start * WORD_BYTES
        self._step = found.step_bytes
        self._count = found.count
        self._element = element
        self._zero_sized = found.zero_sized
        #: Whether negative indices count from the end, as in the lists of generated code.
        self._from_end = False

    def __repr__(self) -> str:
        """Return the type and number of the elements, and their place. Reads no memory."""
        where = place(self._segment, self._start)
        return f"<{type_name(self)}: {self._count} of {self._element.name}, {where}>"

    def total_size(self) -> ObjectSize:
        """Return the size of a copy of the list."""
        try:
            return self._tree().total_size()
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def __len__(self) -> int:
        """Return the number of elements. A list of voids was charged for all when it was opened."""
        return self._count

    def __getitem__(self, index: SupportsIndex) -> Primitive:
        """Return an element; an element of a list of voids is ``None``."""
        try:
            if type(index) is int and 0 <= index < self._count:
                return self._value(index)
            if self._from_end:
                index = from_start(index, self._count)
            return self._value(element_index(index, self._count))
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def __iter__(self) -> Iterator[Primitive]:
        """Return an iterator over the elements."""
        try:
            return self._values()
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def view(self) -> memoryview[Any]:
        """Return a read-only view of the elements, with items of their type.

        Nothing is copied, so ``get_list(i, Element.UINT8).view()`` is a view of the bytes of a
        Data. The view keeps the memory of the message. In a reader made by ``from_allocator``,
        whose memory may move, it is a view of a copy.

        Raises:
            ArgumentTypeError: For a list of voids or bits, which has no items, and on a big-endian
                machine, because elements are little-endian.
        """
        try:
            element = self._element
            width = element.bytes
            if width == 0 or byteorder != "little":
                raise ArgumentTypeError(
                    f"a list of {element.name} has no view on this machine, because its elements"
                    " are not whole bytes in the machine's order"
                )
            code = element.codec.format[1:]
            if self._count == 0:
                # An empty view cannot be cast.
                return memoryview(array(code)).toreadonly()
            size = (self._count - 1) * self._step + width
            memory = self._view
            if memory is None:
                octets = memoryview(self._segments.octets(self._segment, self._start, size))
            else:
                octets = memory[self._start : self._start + size]
            # mypy accepts only literal formats; these come from Element.
            items: memoryview[Any] = octets.cast(code)  # type: ignore[call-overload]
            return items[:: self._step // width]
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _tree(self) -> Tree:
        """Return a copy of the list, as a list of these primitives."""
        try:
            element = self._element
            if self._count > MAX_LIST_COUNT:
                # The count in a tag has one bit more than the count in a list pointer.
                raise MessageTooLarge(
                    f"a list can have at most {MAX_LIST_COUNT} elements, not {self._count}"
                )
            if self._zero_sized:
                self._segments.charge(self._count)
            shape = list_shape(element.size_code, self._count)
            words = list_body_words(element.size_code, self._count)
            if element.bytes == 0 or self._step == element.bytes:
                self._segments.charge(words)
                octets = (self._count * element.bits + 7) // 8
                body = bytearray(self._segments.octets(self._segment, self._start, octets))
                if element is Element.BOOL and self._count % 8:
                    body[-1] &= (1 << self._count % 8) - 1
            else:
                # Behind the start of each element but the last there is a whole step.
                size = (self._count - 1) * self._step + element.bytes if self._count else 0
                self._segments.charge(-(-size // WORD_BYTES))
                whole = self._segments.octets(self._segment, self._start, size)
                body = bytearray()
                for at in range(0, size, self._step):
                    body += whole[at : at + element.bytes]
            body += bytes(words * WORD_BYTES - len(body))
            return Tree(shape, body)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _values(self) -> Iterator[Primitive]:
        try:
            view = self._view
            if view is None or self._element.bytes == 0:
                for index in range(self._count):
                    yield self._value(index)
                return
            unpack = self._element.codec.unpack_from
            step = self._step
            for at in range(self._start, self._start + self._count * step, step):
                yield unpack(view, at)[0]
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _value(self, index: int) -> Primitive:
        element = self._element
        if element is Element.VOID:
            return None
        view = self._view
        if view is None:
            return self._borrowed(index)
        if element is Element.BOOL:
            return bool(view[self._start + (index >> 3)] >> (index & 7) & 1)
        value: int | float = element.codec.unpack_from(view, self._start + index * self._step)[0]
        return value

    def _borrowed(self, index: int) -> Primitive:
        """Return an element, from memory that is borrowed for this read."""
        element = self._element
        if element is Element.BOOL:
            octet = self._segments.octets(self._segment, self._start + (index >> 3), 1)[0]
            return bool(octet >> (index & 7) & 1)
        at = self._start + index * self._step
        octets = self._segments.octets(self._segment, at, element.bytes)
        value: int | float = element.codec.unpack(octets)[0]
        return value
