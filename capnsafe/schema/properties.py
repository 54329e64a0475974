"""The compiled parts of generated readers and builders: their handle, and properties of fields.

Generated code is interpreted, and the frame of an interpreted property costs as much as the
compiled call that it makes. So in the compiled encoder, ``Layout`` puts a compiled property in the
place of each one that only makes one call of the low layer. It makes the same call. In plain
Python, generated properties stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, SupportsIndex

from .._build.builder import StructBuilder
from .._read.objects import StructReader
from .._words.native import mypyc_attr
from ..wire import Element


class FieldAccessors(NamedTuple):
    """The functions behind the properties of a field. Each takes a generated reader or builder."""

    read: Callable[[Any], Any]
    """Return the value in a reader."""
    take: Callable[[Any], Any]
    """Return the value in a builder."""
    put: Callable[[Any, Any], None]
    """Set the value in a builder."""


@mypyc_attr(allow_interpreted_subclasses=True)
class ReaderHandle:
    """A reader of the low layer, in a generated reader."""

    __slots__ = ("_low",)

    def __init__(self, low: StructReader) -> None:
        """Wrap a reader of the low layer."""
        self._low: StructReader = low


@mypyc_attr(allow_interpreted_subclasses=True)
class BuilderHandle:
    """A builder of the low layer, in a generated builder."""

    __slots__ = ("_low",)

    def __init__(self, low: StructBuilder) -> None:
        """Wrap a builder of the low layer."""
        self._low: StructBuilder = low


# The offset and the default are objects, as the low layer takes them: so no call converts them.


def integers(element: Element, offset: SupportsIndex, default: SupportsIndex) -> FieldAccessors:
    """Return the accessors of an integer."""

    def read(handle: ReaderHandle) -> int:
        return handle._low._integer(element, offset, default)

    def take(handle: BuilderHandle) -> int:
        return handle._low._take_integer(element, offset, default)

    def put(handle: BuilderHandle, value: Any) -> None:
        handle._low._put_integer(element, offset, value, default)

    return FieldAccessors(read, take, put)


def enums(
    made: Callable[[int], Any], offset: SupportsIndex, default: SupportsIndex
) -> FieldAccessors:
    """Return the accessors of an enum. ``made`` returns the member for a number."""
    numbers = integers(Element.UINT16, offset, default)

    def read(handle: ReaderHandle) -> Any:
        return made(handle._low._integer(Element.UINT16, offset, default))

    def take(handle: BuilderHandle) -> Any:
        return made(handle._low._take_integer(Element.UINT16, offset, default))

    return FieldAccessors(read, take, numbers.put)


def floats(element: Element, offset: SupportsIndex, default: float) -> FieldAccessors:
    """Return the accessors of a float."""

    def read(handle: ReaderHandle) -> float:
        return handle._low._float(element, offset, default)

    def take(handle: BuilderHandle) -> float:
        return handle._low._take_float(element, offset, default)

    def put(handle: BuilderHandle, value: Any) -> None:
        handle._low._put_float(element, offset, value, default)

    return FieldAccessors(read, take, put)


def bools(offset: SupportsIndex, default: bool) -> FieldAccessors:
    """Return the accessors of a Bool."""

    def read(handle: ReaderHandle) -> bool:
        return handle._low.get_bool(offset, default=default)

    def take(handle: BuilderHandle) -> bool:
        return handle._low._take_bool(offset, default)

    def put(handle: BuilderHandle, value: Any) -> None:
        handle._low._put_bool(offset, value, default)

    return FieldAccessors(read, take, put)


def texts(index: SupportsIndex, default: str) -> FieldAccessors:
    """Return the accessors of a Text."""

    def read(handle: ReaderHandle) -> str:
        found = handle._low.get_text(index)
        return default if found is None else found

    def take(handle: BuilderHandle) -> str:
        found = handle._low.get_text(index)
        return default if found is None else found

    def put(handle: BuilderHandle, value: Any) -> None:
        handle._low.set_text(index, value)

    return FieldAccessors(read, take, put)


def octets(index: SupportsIndex, default: bytes) -> FieldAccessors:
    """Return the accessors of a Data."""

    def read(handle: ReaderHandle) -> bytes:
        found = handle._low.get_data(index)
        return default if found is None else found

    def take(handle: BuilderHandle) -> bytes:
        found = handle._low.get_data(index)
        return default if found is None else found

    def put(handle: BuilderHandle, value: Any) -> None:
        handle._low.set_data(index, value)

    return FieldAccessors(read, take, put)


def replace(owner: Any, name: str, accessors: FieldAccessors) -> None:
    """Put accessors in the place of the properties of a field."""
    reader, builder = owner.Reader, owner.Builder
    setattr(reader, name, property(accessors.read, doc=getattr(reader, name).__doc__))
    found = property(accessors.take, accessors.put, doc=getattr(builder, name).__doc__)
    setattr(builder, name, found)
