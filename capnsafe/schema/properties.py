"""The compiled parts of generated readers and builders: their handle, and access to their fields.

Generated code is interpreted, and the frame of an interpreted property costs as much as the
compiled call that it makes. So in the compiled encoder, compiled code takes the place of generated
properties, and makes the same calls. In plain Python, generated properties stay as they are.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final, final

from .._build.builder import StructBuilder
from .._read.objects import StructReader
from .._words.arguments import COMPILED, truth
from .._words.native import mypyc_attr
from ..wire import Element
from .kinds import DataKind, EnumKind, GroupKind, ScalarKind, TextKind, VoidKind
from .layout import FieldLayout, Layout, PointerTo
from .opening import build, read

_UINT16: Final = Element.UINT16


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


class Access:
    """The access to a field. In a class of readers, it is a descriptor.

    Classes of builders have a property, which calls ``take`` and ``put``, because mypyc cannot
    compile descriptors that are set. A descriptor costs less than a property.

    Args:
        field: The field.
        tag: The offset of the discriminant of the union around it, in units of 2 bytes.
        generated: The property that the generator wrote, which is shown as that of the class.
    """

    def __init__(self, field: FieldLayout, tag: int | None, generated: Any) -> None:
        self.name: Final = field.name
        # The offset and the default are objects, as the low layer takes them: so no call converts
        # them.
        self.offset: Final[Any] = field.offset
        self.default: Final[Any] = field.default
        self.tag: Final[Any] = tag
        #: The value of the discriminant, or -1 outside of unions.
        self.member: Final[int] = -1 if field.member is None else field.member
        self.generated: Final = generated

    def __get__(self, handle: Any, owner: Any) -> Any:
        """Return the value of the field in a reader."""
        if handle is None:
            return self.generated
        reader: ReaderHandle = handle
        low = reader._low
        if self.member >= 0 and low._integer(_UINT16, self.tag, 0) != self.member:
            raise handle._unset(self.name)
        return self.read_from(low)

    def take(self, handle: Any) -> Any:
        """Return the value of the field in a builder."""
        builder: BuilderHandle = handle
        low = builder._low
        if self.member >= 0 and low._take_integer(_UINT16, self.tag, 0) != self.member:
            raise handle._unset(self.name)
        return self.take_from(low)

    @abstractmethod
    def read_from(self, low: StructReader) -> Any:
        """Return the value in a reader."""

    @abstractmethod
    def take_from(self, low: StructBuilder) -> Any:
        """Return the value in a builder."""


class Settable(Access):
    """The access to a field whose setter makes one call of the low layer."""

    @abstractmethod
    def put(self, handle: BuilderHandle, value: Any) -> None:
        """Set the value of the field in a builder."""


class IntegerAccess(Settable):
    """The access to an integer."""

    def __init__(
        self, field: FieldLayout, tag: int | None, generated: Any, element: Element
    ) -> None:
        super().__init__(field, tag, generated)
        self.element: Final = element

    def read_from(self, low: StructReader) -> Any:
        """Return the value in a reader."""
        return low._integer(self.element, self.offset, self.default)

    def take_from(self, low: StructBuilder) -> Any:
        """Return the value in a builder."""
        return low._take_integer(self.element, self.offset, self.default)

    def put(self, handle: BuilderHandle, value: Any) -> None:
        """Set the value of the field in a builder."""
        handle._low._put_integer(self.element, self.offset, value, self.default)


@final
class EnumAccess(IntegerAccess):
    """The access to a member of an enum."""

    def __init__(self, field: FieldLayout, tag: int | None, generated: Any, kind: EnumKind) -> None:
        super().__init__(field, tag, generated, _UINT16)
        self.kind: Final = kind

    def read_from(self, low: StructReader) -> Any:
        """Return the value in a reader."""
        return self.kind.member(low._integer(_UINT16, self.offset, self.default))

    def take_from(self, low: StructBuilder) -> Any:
        """Return the value in a builder."""
        return self.kind.member(low._take_integer(_UINT16, self.offset, self.default))


@final
class FloatAccess(Settable):
    """The access to a float."""

    def __init__(
        self, field: FieldLayout, tag: int | None, generated: Any, element: Element
    ) -> None:
        super().__init__(field, tag, generated)
        self.element: Final = element

    def read_from(self, low: StructReader) -> Any:
        """Return the value in a reader."""
        return low._float(self.element, self.offset, self.default)

    def take_from(self, low: StructBuilder) -> Any:
        """Return the value in a builder."""
        return low._take_float(self.element, self.offset, self.default)

    def put(self, handle: BuilderHandle, value: Any) -> None:
        """Set the value of the field in a builder."""
        handle._low._put_float(self.element, self.offset, value, self.default)


@final
class BoolAccess(Settable):
    """The access to a Bool."""

    def __init__(self, field: FieldLayout, tag: int | None, generated: Any) -> None:
        super().__init__(field, tag, generated)
        self.bit: Final[int] = field.offset
        self.inverted: Final[bool] = field.default

    def read_from(self, low: StructReader) -> Any:
        """Return the value in a reader."""
        return low._bit(self.bit, self.inverted)

    def take_from(self, low: StructBuilder) -> Any:
        """Return the value in a builder."""
        return low._take_bool(self.offset, self.default)

    def put(self, handle: BuilderHandle, value: Any) -> None:
        """Set the value of the field in a builder."""
        bit = value is True or (value is not False and truth(value))
        handle._low._put_bit(self.bit, bit is not self.inverted)


@final
class TextAccess(Settable):
    """The access to a Text."""

    def read_from(self, low: StructReader) -> Any:
        """Return the value in a reader."""
        return low.get_text(self.offset, default=self.default)

    def take_from(self, low: StructBuilder) -> Any:
        """Return the value in a builder."""
        return low.get_text(self.offset, default=self.default)

    def put(self, handle: BuilderHandle, value: Any) -> None:
        """Set the value of the field in a builder."""
        handle._low.set_text(self.offset, value)


@final
class DataAccess(Settable):
    """The access to a Data."""

    def read_from(self, low: StructReader) -> Any:
        """Return the value in a reader."""
        return low.get_data(self.offset, default=self.default)

    def take_from(self, low: StructBuilder) -> Any:
        """Return the value in a builder."""
        return low.get_data(self.offset, default=self.default)

    def put(self, handle: BuilderHandle, value: Any) -> None:
        """Set the value of the field in a builder."""
        handle._low.set_data(self.offset, value)


@final
class ObjectAccess(Access):
    """The access to a struct, a list, a capability or an object of any type."""

    def __init__(
        self, field: FieldLayout, tag: int | None, generated: Any, kind: PointerTo
    ) -> None:
        super().__init__(field, tag, generated)
        self.kind: Final = kind
        self.index: Final = field.offset

    def read_from(self, low: StructReader) -> Any:
        """Return the reader of the object."""
        return read(self.kind, low, self.index, self.default)

    def take_from(self, low: StructBuilder) -> Any:
        """Return the builder of the object, which is built if the pointer is null."""
        return build(self.kind, low, self.index, self.default)


@final
class VoidAccess(Access):
    """The access to a Void in a union."""

    def read_from(self, low: StructReader) -> Any:
        """Return the only value."""

    def take_from(self, low: StructBuilder) -> Any:
        """Return the only value."""


@final
class GroupAccess(Access):
    """The access to a group."""

    def __init__(
        self, field: FieldLayout, tag: int | None, generated: Any, kind: GroupKind
    ) -> None:
        super().__init__(field, tag, generated)
        self.kind: Final = kind

    def read_from(self, low: StructReader) -> Any:
        """Return the reader of the group."""
        layout = self.kind.struct.layout()
        return layout.opened(layout.reader, low)

    def take_from(self, low: StructBuilder) -> Any:
        """Return the builder of the group."""
        layout = self.kind.struct.layout()
        return layout.opened(layout.builder, low)


def access(layout: Layout, field: FieldLayout, generated: Any, *, generic: bool) -> Access | None:
    """Return the access to a field, or ``None`` if the generated properties stay.

    Args:
        layout: The layout of the struct.
        field: The field.
        generated: The property that the generator wrote.
        generic: Whether the struct has parameters. Then pointers and groups are opened with the
            types of the parameters, which the handle knows.
    """
    kind = field.kind
    given = field, layout.tag, generated
    if isinstance(kind, EnumKind):
        return EnumAccess(*given, kind)
    if isinstance(kind, ScalarKind):
        element = kind.element
        if element is Element.BOOL:
            return BoolAccess(*given)
        return FloatAccess(*given, element) if element.floating else IntegerAccess(*given, element)
    if isinstance(kind, TextKind):
        return None if field.is_parameter else TextAccess(*given)
    if isinstance(kind, DataKind):
        return None if field.is_parameter else DataAccess(*given)
    if isinstance(kind, VoidKind):
        return None if field.member is None else VoidAccess(*given)
    if generic:
        return None
    if isinstance(kind, GroupKind):
        return GroupAccess(*given, kind)
    return ObjectAccess(*given, kind) if isinstance(kind, PointerTo) else None


def replace(handle: Any, layout: Layout, *, generic: bool) -> None:
    """Let compiled code take the place of properties in a class of readers or builders."""
    for field in layout.fields:
        generated = vars(handle)[field.name]
        found = access(layout, field, generated, generic=generic)
        if found is None:
            continue
        if issubclass(handle, ReaderHandle):
            setattr(handle, field.name, found)
            continue
        # The setter of a member of a union clears the other members.
        put = generated.fset
        if field.member is None and isinstance(found, Settable):
            put = found.put
        setattr(handle, field.name, property(found.take, put, doc=generated.__doc__))


def kept(handle: Any, layout: Layout, *, generic: bool) -> None:
    """Leave the properties as they are."""


#: What a class of readers or builders does with its properties when its layout is known.
described: Final = replace if COMPILED else kept
