"""Builders of lists of primitives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from sys import byteorder
from typing import Any, SupportsIndex, final

from .. import wire
from .._words.arguments import from_start, integer, number_text
from .._words.exhausted import exhausted
from .._words.given import Given
from .._words.tree import ObjectSize, Tree, read_spot
from ..errors import ArgumentIndexError, ArgumentTypeError, MessageTooLarge
from ..wire import WORD_BYTES, Element, Primitive
from .fields import Handle
from .lease import Lease
from .lending import Lent
from .loan import Stretch
from .survey import BuilderSource


@final
class ListBuilder(Handle):
    """A list of primitives."""

    __slots__ = ("_element", "_factor", "_from_end", "_length")

    def __init__(
        self, lease: Lease, word: int, start: int, element: Element, count: int, factor: int = 1
    ) -> None:
        """Make a handle on ``count`` elements from word ``start`` on.

        ``factor`` is the distance between two elements in units of their size: more than 1 if they
        are the first fields of a list of structs.
        """
        units = (count - 1) * factor + 1 if count else 0
        super().__init__(lease, word, start * WORD_BYTES, units * element.bits)
        self._element = element
        self._factor = factor
        self._length = count
        #: Whether negative indices count from the end, as in the lists of generated code.
        self._from_end = False

    def __copy__(self) -> ListBuilder:
        """Return another handle on the same list."""
        start = self._data // WORD_BYTES
        other = ListBuilder(
            self._lease, self._word, start, self._element, self._length, self._factor
        )
        other._from_end = self._from_end
        return other

    def __repr__(self) -> str:
        """Return the type and number of the elements, and their place. Reads no memory."""
        return self._face(f"{self._length} of {self._element.name}", self._data)

    @property
    def element(self) -> Element:
        """The type of the elements."""
        return self._element

    def total_size(self) -> ObjectSize:
        """Return the size of a copy of the list."""
        try:
            return self._tree().total_size()
        except RecursionError as error:
            raise exhausted() from error

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._length

    def __iter__(self) -> Iterator[Primitive]:
        """Iterate over the elements; each is read by a separate call of the message."""
        try:
            for index in range(self._length):
                yield self[index]
        except RecursionError as error:
            raise exhausted() from error

    def lend(self) -> AbstractContextManager[memoryview[Any]]:
        """Lend the elements as a writable view of the memory, inside a ``with`` block (P4).

        Its items have the type of the elements (on a big-endian machine they are bytes, because
        elements are little-endian). Inside the block the message takes no calls, except to lend
        more of the same segment, or of memory that stays (``stable``).

        Raises:
            ArgumentTypeError: For a list of voids or bits, which has no items, and for one whose
                elements are fields of structs.
            Borrowed: At the end of the block, if a part of the view is still held.
        """
        element = self._element
        if element.bytes == 0:
            raise ArgumentTypeError(
                f"a list of {element.name} cannot be lent, because its elements are not whole bytes"
            )
        if self._factor > 1:
            raise ArgumentTypeError(
                "a list whose elements are the first fields of structs cannot be lent, because"
                " other fields lie between them"
            )
        code = element.codec.format[1:] if byteorder == "little" else "B"
        return Lent(self._lease.arena, self._stretch, writable=True, code=code)

    def _stretch(self) -> Stretch:
        self._renew()
        return self._lease.segment, self._data, self._length * self._element.bytes

    def _tree(self) -> Tree:
        """Return a copy of the list, as a list of these primitives."""
        try:
            if self._length > wire.MAX_LIST_COUNT:
                # The count in a tag has one bit more than the count in a list pointer.
                raise MessageTooLarge(
                    f"a list can have at most {wire.MAX_LIST_COUNT} elements, not {self._length}"
                )
            shape = wire.list_shape(self._element.size_code, self._length)
            if self._factor > 1:
                return Tree(shape, self._gathered())
            spot = (shape, self._lease.segment.index, self._data // WORD_BYTES)
            return self._serve(lambda: read_spot(BuilderSource(self._lease.arena), spot, 0))
        except RecursionError as error:
            raise exhausted() from error

    def _gathered(self) -> bytearray:
        """Return the elements of a list of structs side by side, in whole words."""
        arena = self._lease.arena
        size = self._data_bits // 8
        octets = self._serve(lambda: arena.octets_at(self._lease.segment, self._data, size))
        width = self._element.bytes
        body = bytearray()
        for at in range(0, size, width * self._factor):
            body += octets[at : at + width]
        body += bytes(-len(body) % WORD_BYTES)
        return body

    def _outside(self, element: Element, offset: int) -> ArgumentIndexError:
        if self._factor == 1:
            return Handle._outside(self, element, offset)
        return ArgumentIndexError(
            f"element {number_text(offset // self._factor)} does not exist: the list has"
            f" {self._length} elements",
            segment=self._lease.segment.index,
        )

    def _offset(self, index: SupportsIndex) -> SupportsIndex:
        """Return the offset of an element, in units of its size."""
        if type(index) is int and index >= 0:
            return index * self._factor
        if self._from_end:
            index = from_start(index, self._length)
        if self._factor == 1:
            return index
        return integer(index, "an index") * self._factor

    def __getitem__(self, index: SupportsIndex) -> Primitive:
        """Return an element. Slices are refused, and negative indices outside generated code."""
        try:
            if self._element is Element.VOID:
                self._void(index)
                return None
            return self._take(self._element, self._offset(index))
        except RecursionError as error:
            raise exhausted() from error

    def __setitem__(self, index: SupportsIndex, value: Given[Primitive]) -> None:
        """Write an element."""
        try:
            if self._element is Element.VOID:
                if value is not None:
                    raise ArgumentTypeError("the only value of a Void is None")
                self._void(index)
            else:
                self._put(self._element, self._offset(index), value)
        except RecursionError as error:
            raise exhausted() from error

    def _void(self, index: SupportsIndex) -> None:
        at = integer(index, "an index")
        if self._from_end:
            at = from_start(at, self._length)
        self._check()
        if not 0 <= at < self._length:
            raise ArgumentIndexError(
                f"element {number_text(at)} does not exist: the list has {self._length} elements"
            )
