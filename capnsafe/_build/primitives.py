"""Builders of lists of primitives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from sys import byteorder
from typing import Any, final

from .. import wire
from .._words.arguments import integer, number_text
from .._words.exhausted import exhausted
from .._words.tree import ObjectSize, Tree, read_spot
from ..errors import ArgumentIndexError, ArgumentTypeError
from ..wire import WORD_BYTES, Element, Primitive
from .fields import Handle
from .lease import Lease
from .lending import Lent
from .loan import Stretch
from .survey import BuilderSource


@final
class ListBuilder(Handle):
    """A list of primitives."""

    __slots__ = ("_element", "_length")

    def __init__(self, lease: Lease, start: int, element: Element, count: int) -> None:
        super().__init__(lease, start * WORD_BYTES, count * element.bits)
        self._element = element
        self._length = count

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
            ArgumentTypeError: For a list of voids or bits, which has no items.
            Borrowed: At the end of the block, if a part of the view is still held.
        """
        element = self._element
        if element.bytes == 0:
            raise ArgumentTypeError(
                f"a list of {element.name} cannot be lent, because its elements are not whole bytes"
            )
        code = element.codec.format[1:] if byteorder == "little" else "B"
        return Lent(self._lease.arena, self._stretch, writable=True, code=code)

    def _stretch(self) -> Stretch:
        self._lease.renew()
        return self._lease.segment, self._data, self._length * self._element.bytes

    def _tree(self) -> Tree:
        """Return a copy of the list."""
        try:
            shape = wire.list_shape(self._element.size_code, self._length)
            spot = (shape, self._lease.segment.index, self._data // WORD_BYTES)
            return self._serve(lambda: read_spot(BuilderSource(self._lease.arena), spot, 0))
        except RecursionError as error:
            raise exhausted() from error

    def __getitem__(self, index: int) -> Primitive:
        """Return an element. Negative indices and slices are refused."""
        try:
            if self._element is Element.VOID:
                self._void(index)
                return None
            return self._take(self._element, index)
        except RecursionError as error:
            raise exhausted() from error

    def __setitem__(self, index: int, value: Primitive) -> None:
        """Write an element."""
        try:
            if self._element is Element.VOID:
                if value is not None:
                    raise ArgumentTypeError("the only value of a Void is None")
                self._void(index)
            else:
                self._put(self._element, index, value)
        except RecursionError as error:
            raise exhausted() from error

    def _void(self, index: int) -> None:
        at = integer(index, "an index")
        self._lease.check()
        if not 0 <= at < self._length:
            raise ArgumentIndexError(
                f"element {number_text(at)} does not exist: the list has {self._length} elements"
            )
