"""The layout of generated structs, and the conversion of their values to trees and back.

Generated code describes each struct and group by one ``Layout``: the sizes of its sections, and a
``FieldLayout`` for each field. A value is laid out in private bytes (``tree_from``) before the
message asks for memory. So an invalid value is refused before the message changes, and the message
takes the whole value or nothing (P2). Structs within structs are put into a list of work instead of
being filled recursively, so deep values need no deep stack.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import eq
from typing import Any, Final, TypeAlias, TypeVar, final

from .. import wire
from .._read.lists import ListReader
from .._read.objects import PointerListReader, PointerSlotsReader, StructListReader, StructReader
from .._read.reader import MessageReader
from .._words.arguments import (
    call,
    check_count,
    double,
    integer,
    listed,
    method_of,
    number_text,
    struct_list,
    text_octets,
    truth,
    type_name,
)
from .._words.buffers import data_octets
from .._words.caught import Raised
from .._words.laid_out import laid_out
from .._words.tree import Tree
from ..errors import ArgumentTypeError, ArgumentValueError
from ..wire import WORD_BYTES, Element, Primitive

T = TypeVar("T")

_UINT16: Final = Element.UINT16.codec

#: The types of the parameters of generic structs, by the id of the struct that declares them.
Brand: TypeAlias = "dict[int, tuple[BaseKind, ...] | None]"

#: Structs that are still to be filled: (layout, tree, word of the struct in the body, value).
Pending: TypeAlias = "list[tuple[Layout, Tree, int, Any]]"


#: The generated class of values of a struct or group.
Owner: TypeAlias = Any


class Default:
    """The default of a struct or list field, as the words of a message.

    Each call of a method opens the message again, with new limits.
    """

    __slots__ = ("_busy", "_words")

    def __init__(self, words: bytes) -> None:
        self._words: Final = words
        self._busy = False

    def slots(self) -> PointerListReader:
        """Return the pointer to the default, as the only pointer of a list."""
        return MessageReader([self._words]).root_pointer()

    def struct(self) -> StructReader:
        """Return the struct."""
        return _present(self.slots().get_struct(0))

    def structs(self) -> StructListReader:
        """Return the list of structs."""
        return _present(self.slots().get_struct_list(0))

    def pointers(self) -> PointerListReader:
        """Return the list of pointers."""
        return _present(self.slots().get_pointer_list(0))

    def numbers(self, element: Element) -> ListReader:
        """Return the list of primitives."""
        return _present(self.slots().get_list(0, element))

    def value(self, kind: PointerTo) -> Any:
        """Return the default as a value.

        A struct may be the default of one of its own fields. In the default, that field is null.
        """
        if self._busy:
            return kind.empty()
        self._busy = True
        try:
            return kind.load(self.slots(), 0)
        finally:
            self._busy = False


def _present(found: T | None) -> T:
    """Return an object that the schema guarantees to be there."""
    assert found is not None
    return found


#: A struct whose fields all read as their defaults.
NO_STRUCT: Final = MessageReader([bytes(WORD_BYTES)]).get_root()


@final
class FieldLayout:
    """A field of a struct or group.

    Args:
        name: The name in Python.
        label: The name in the schema.
        kind: The type.
        offset: The place: in units of the field's own size, or the index of the pointer.
        default: The default of the schema; for a struct or list, a ``Default``.
        member: The value of the discriminant, if the field is a member of a union.
        is_parameter: Whether the type is a parameter of the struct. Then a null pointer reads as
            ``None``.
        annotations: The values of annotations, by the ids of their declarations.
    """

    __slots__ = (
        "annotations",
        "default",
        "is_parameter",
        "kind",
        "label",
        "mask",
        "member",
        "name",
        "offset",
        "shift",
        "span",
    )

    def __init__(
        self,
        name: str,
        label: str,
        kind: BaseKind,
        offset: int = 0,
        *,
        default: Any = None,
        member: int | None = None,
        is_parameter: bool = False,
        annotations: dict[int, Any] | None = None,
    ) -> None:
        self.annotations: Final = annotations or {}
        self.name: Final = name
        self.label: Final = label
        self.kind: Final = kind
        self.offset: Final = offset
        self.member: Final = member
        self.is_parameter: Final = is_parameter
        self.default: Final = kind.zero if default is None and not is_parameter else default
        #: The bits of a number outside of a union, and the lowest one of them; 0 for other fields.
        self.span: Final = (
            kind.bits_at(offset) if isinstance(kind, ScalarKind) and member is None else 0
        )
        self.shift: Final = max(0, (self.span & -self.span).bit_length() - 1)
        #: The bits of the default, with which the encoding XORs the value.
        self.mask: Final = kind.bits_of(self.default)

    def initial(self) -> Any:
        """Return the value of the field in a new struct."""
        return None if self.is_parameter else self.kind.initial(self.default)


@final
class Layout:
    """The sections and fields of a struct, or the fields of a group.

    Args:
        owner: The class of the values. Its attribute ``_layout`` is set to this layout.
        type_id: The id of the struct in the schema.
        data_words: The size of the data section, in words.
        pointer_count: The size of the pointer section.
        fields: The fields, in the order of the schema.
        tag: The offset of the discriminant of the unnamed union, in units of 2 bytes.
        is_group: Whether the fields are a group, in the sections of the struct around it.
        annotations: The values of annotations, by the ids of their declarations.
        is_bound: Whether a brand gives types to the parameters of the struct. Then ``_layout`` of
            the class is not set.
    """

    __slots__ = (
        "_bound",
        "annotations",
        "by_name",
        "by_tag",
        "data_words",
        "fields",
        "is_group",
        "members",
        "owner",
        "pointer_count",
        "sections",
        "singles",
        "tag",
        "type_id",
    )

    def __init__(
        self,
        owner: Owner,
        type_id: int,
        data_words: int,
        pointer_count: int,
        *fields: FieldLayout,
        tag: int | None = None,
        is_group: bool = False,
        is_bound: bool = False,
        annotations: dict[int, Any] | None = None,
    ) -> None:
        self.annotations: Final = annotations or {}
        self.owner: Final = owner
        self.type_id: Final = type_id
        self.data_words: Final = data_words
        self.pointer_count: Final = pointer_count
        self.sections: Final = (data_words, pointer_count)
        self.fields: Final = fields
        self.tag: Final = tag
        #: The fields outside of the unnamed union, and the members of the union by name.
        self.singles: Final = tuple(field for field in fields if field.member is None)
        self.members: Final = {field.name: field for field in fields if field.member is not None}
        #: The members of the union by the value of the discriminant.
        self.by_tag: Final = {field.member: field for field in self.members.values()}
        self.by_name: Final = {field.name: field for field in fields}
        self.is_group: Final = is_group
        #: The layout for each brand. The brand is kept with it, so that no other object gets the id
        #: of one of its kinds.
        self._bound: Final[dict[tuple[tuple[int, ...], ...], tuple[Layout, Brand]]] = {}
        if not is_bound:
            owner._layout = owner.Reader._layout = owner.Builder._layout = self

    # These are properties, because a group may be described after the struct around it.

    @property
    def bits(self) -> int:
        """The bits of the data section that belong to these fields."""
        return _bits_of(self.fields) | self._tag_bits

    @property
    def pointers(self) -> frozenset[int]:
        """The pointers that belong to these fields."""
        return _pointers_of(self.fields)

    @property
    def union_bits(self) -> int:
        """The bits of the discriminant and of the members of the union."""
        return _bits_of(self.members.values()) | self._tag_bits

    @property
    def union_pointers(self) -> frozenset[int]:
        """The pointers of the members of the union."""
        return _pointers_of(self.members.values())

    @property
    def _tag_bits(self) -> int:
        return 0 if self.tag is None else 0xFFFF << self.tag * 16

    def numbers(self, values: Mapping[str, Any]) -> tuple[int, int] | None:
        """Return the mask and the bits of fields in the data section.

        ``None`` means that there is another field, or none at all.
        """
        mask = bits = 0
        for name, value in values.items():
            field = self.by_name.get(name)
            if field is None or not field.span:
                return None
            kind = field.kind
            assert isinstance(kind, ScalarKind)
            mask |= field.span
            bits |= (kind.raw(value) ^ field.mask) << field.shift
        return (mask, bits) if mask else None

    def extent(self, names: Iterable[str]) -> tuple[int, frozenset[int]]:
        """Return the bits and the pointers of some fields.

        A member of the union has those of all members, and the discriminant's bits.

        Raises:
            ArgumentTypeError: A name is no field's.
            ArgumentValueError: Two names are members of the union.
        """
        fields = []
        chosen = ""
        for name in names:
            field = self.by_name.get(name)
            if field is None:
                raise ArgumentTypeError(f"{self.owner.__qualname__} has no field {name!r}")
            fields.append(field)
            if field.member is not None:
                if chosen:
                    raise ArgumentValueError(
                        f"{chosen} and {name} are members of one union; only one can be set"
                    )
                chosen = name
        bits, pointers = _bits_of(fields), _pointers_of(fields)
        if chosen:
            return bits | self.union_bits, pointers | self.union_pointers
        return bits, pointers

    def bound(self, brand: Brand) -> Layout:
        """Return the layout in which parameters have the types of a brand. It is made only once."""
        # A generic struct may contain itself, with the same types.
        key = tuple((scope, *map(id, types or ())) for scope, types in brand.items())
        layout, _ = self._bound.get(key, (None, brand))
        if layout is None:
            layout = self._layout_for(brand)
            self._bound[key] = layout, brand
        return layout

    def _layout_for(self, brand: Brand) -> Layout:
        """Make the layout in which parameters have the types of a brand."""
        fields = [
            FieldLayout(
                field.name,
                field.label,
                bound(field.kind, brand),
                field.offset,
                default=field.default,
                member=field.member,
                is_parameter=isinstance(field.kind, ParameterKind),
            )
            for field in self.fields
        ]
        whole = (self.owner, self.type_id, self.data_words, self.pointer_count)
        return Layout(*whole, *fields, tag=self.tag, is_group=self.is_group, is_bound=True)

    def initial(self, name: str) -> Any:
        """Return the default of a field."""
        return self.by_name[name].initial()

    def choose(self, name: str, tree: Tree) -> FieldLayout:
        """Return a member of the union, and write its discriminant to a zeroed struct."""
        assert self.tag is not None
        field = self.members[name]
        _UINT16.pack_into(tree.body, self.tag * 2, field.member)
        return field

    def member(self, tag: int) -> FieldLayout:
        """Return a member of the union, or raise ``ArgumentValueError`` if there is none."""
        field = self.by_tag.get(tag)
        if field is None:
            raise ArgumentValueError(
                f"the member of {self.owner.__qualname__} that is set is not known to the schema of"
                " this program"
            )
        return field

    def blank(self) -> Tree:
        """Return a zeroed struct."""
        words = self.data_words + self.pointer_count
        return Tree(
            wire.struct_shape(self.data_words, self.pointer_count), bytearray(words * WORD_BYTES)
        )

    def require(self, value: Any) -> None:
        """Raise ``ArgumentTypeError`` if a value is not of this struct."""
        if not issubclass(type(value), self.owner):
            raise self.refusal(value)

    def refusal(self, value: Any) -> ArgumentTypeError:
        """Return the error for a value that is not of this struct."""
        return ArgumentTypeError(
            f"the value must be a {self.owner.__qualname__}, not {type_name(value)}"
        )


def _bits_of(fields: Iterable[FieldLayout]) -> int:
    bits = 0
    for field in fields:
        bits |= field.kind.bits_at(field.offset)
    return bits


def _pointers_of(fields: Iterable[FieldLayout]) -> frozenset[int]:
    return frozenset(index for field in fields for index in field.kind.pointers_at(field.offset))


class BaseKind(ABC):
    """The base of the types of fields."""

    #: The value of a field whose bits are all zero.
    zero: Any = None

    def initial(self, default: Any) -> Any:
        """Return the value of a field that has its default."""
        return default

    def bits_of(self, default: Any) -> int:
        """Return the bits of a default in the data section."""
        return 0

    def bits_at(self, offset: int) -> int:
        """Return the mask of the bits that a field at ``offset`` has in the data section."""
        return 0

    def pointers_at(self, offset: int) -> frozenset[int]:
        """Return the indices of the pointers that a field at ``offset`` has."""
        return frozenset()

    @abstractmethod
    def take(self, low: StructReader, field: FieldLayout) -> Any:
        """Return the value of a field."""

    @abstractmethod
    def put(
        self, field: FieldLayout, tree: Tree, start: int, first: int, value: Any, to: Pending
    ) -> None:
        """Write the value of a field to a zeroed struct.

        Args:
            field: The field.
            tree: The tree in which the struct is.
            start: The word of the struct in the body of the tree.
            first: The word of its first pointer.
            value: The value.
            to: Gets the structs below, which are filled later.
        """


# -- the data section ----------------------------------------------------------------------------


class ScalarKind(BaseKind):
    """A number or a Bool."""

    def __init__(self, element: Element, get: Callable[..., Primitive]) -> None:
        self.element: Final = element
        self.get: Final = get
        self.zero = False if element is Element.BOOL else 0.0 if element.floating else 0
        #: Whether the value is an int.
        self.integral: Final = element is not Element.BOOL and not element.floating
        #: A mask with as many ones as the value has bits.
        self.ones: Final = (1 << element.bits) - 1
        #: Converts a value to bytes.
        self.pack: Final = element.codec.pack

    def raw(self, value: Any) -> int:
        """Return the bits of a value.

        Raises:
            ArgumentTypeError: If the value is no Bool or number, as the type requires.
            ArgumentValueError: If the number is out of range.
        """
        element = self.element
        if type(value) is int and element.low <= value <= element.high and self.integral:
            return value & self.ones
        if element is Element.BOOL:
            return int(truth(value))
        if element.floating:
            try:
                octets = self.pack(double(value))
            except OverflowError as error:
                raise ArgumentValueError(f"{value!r} is too large for {element.name}") from error
            return int.from_bytes(octets, "little")
        number = integer(value, "a value")
        if not element.low <= number <= element.high:
            raise ArgumentValueError(
                f"a value of {element.name} must be {element.low} to {element.high}, not"
                f" {number_text(number)}"
            )
        return number & self.ones

    def bits_of(self, default: Any) -> int:
        """Return the bits of a default."""
        return self.raw(default)

    def bits_at(self, offset: int) -> int:
        """Return the mask of the field."""
        return self.ones << offset * self.element.bits

    def take(self, low: StructReader, field: FieldLayout) -> Any:
        """Return the value of a field."""
        return self.get(low, field.offset, default=field.default)

    def put(
        self, field: FieldLayout, tree: Tree, start: int, first: int, value: Any, to: Pending
    ) -> None:
        """Write the bits of a value."""
        if type(value) is int and self.integral and not field.mask:
            try:
                # A shortcut for the most frequent values.
                element = self.element
                at = start * WORD_BYTES + field.offset * element.bytes
                element.pack_into(tree.body, at, value)
                return
            except struct.error:
                pass  # The value is out of range, and raw() raises the exception.
        bits = self.raw(value) ^ field.mask
        if not bits:
            return
        at = start * WORD_BYTES
        if self.element is Element.BOOL:
            tree.body[at + (field.offset >> 3)] |= 1 << (field.offset & 7)
        else:
            size = self.element.bytes
            self.element.raw.pack_into(tree.body, at + field.offset * size, bits)


@final
class EnumKind(ScalarKind):
    """An enum. A value that the schema does not know is kept."""

    def __init__(self, owner: Callable[[], Any]) -> None:
        super().__init__(Element.UINT16, StructReader.get_uint16)
        self.owner: Final = owner

    def take(self, low: StructReader, field: FieldLayout) -> Any:
        """Return the value of a field."""
        return self.owner().BY_VALUE[low.get_uint16(field.offset, default=field.default)]

    def made(self, value: Primitive) -> Any:
        """Return the member of the enum."""
        return self.owner().BY_VALUE[value]

    def initial(self, default: Any) -> Any:
        """Return the member of the enum."""
        return self.made(default)


@final
class VoidKind(BaseKind):
    """A field without bits."""

    element: Final = Element.VOID

    def take(self, low: StructReader, field: FieldLayout) -> None:
        """Return the only value."""
        return

    def raw(self, value: Any) -> int:
        """Return no bits; raise ``ArgumentTypeError`` unless the value is ``None``."""
        if value is not None:
            raise ArgumentTypeError(f"the only value of a Void is None, not {type_name(value)}")
        return 0

    def put(
        self, field: FieldLayout, tree: Tree, start: int, first: int, value: Any, to: Pending
    ) -> None:
        """Write nothing; raise ``ArgumentTypeError`` unless the value is ``None``."""
        self.raw(value)


class Structured:
    """The base of types whose values have fields: structs and groups.

    Args:
        owner: Returns the class of the values.
        brand: The types of the parameters of a generic struct, by the ids of the structs that
            declare parameters. ``None`` stands for the types that the struct around the field has.
    """

    def __init__(self, owner: Callable[[], Owner], brand: Brand | None = None) -> None:
        self.owner: Final = owner
        self.brand: Final = brand
        self._layout: Layout | None = None

    def layout(self) -> Layout:
        """Return the layout, in which parameters have the types of the brand."""
        if self._layout is None:
            layout: Layout = self.owner()._layout
            self._layout = layout.bound(self.brand) if self.brand else layout
        return self._layout


@final
class GroupKind(Structured, BaseKind):
    """A group, whose fields are in the sections of the struct around it."""

    def initial(self, default: Any) -> Any:
        """Return a group whose fields have their defaults."""
        return self.owner()()

    def bits_at(self, offset: int) -> int:
        """Return the mask of the fields of the group."""
        return self.layout().bits

    def pointers_at(self, offset: int) -> frozenset[int]:
        """Return the pointers of the fields of the group."""
        return self.layout().pointers

    def take(self, low: StructReader, field: FieldLayout) -> Any:
        """Return the value of the group."""
        return self.owner()._from_low(low, self.layout())

    def put(
        self, field: FieldLayout, tree: Tree, start: int, first: int, value: Any, to: Pending
    ) -> None:
        """Write the fields of the group."""
        layout = self.layout()
        layout.require(value)
        fill(layout, tree, start, first, value, to)


# -- pointers ------------------------------------------------------------------------------------


class PointerTo(BaseKind):
    """A type whose values are behind a pointer."""

    def initial(self, default: Any) -> Any:
        """Return the default, or the value of an empty object if the schema has none."""
        if type(default) is Default:
            return default.value(self)
        return self.empty() if default is None else default

    def empty(self) -> Any:
        """Return the value that stands for a null pointer without a default."""
        return self.zero

    def pointers_at(self, offset: int) -> frozenset[int]:
        """Return the pointer of the field."""
        return frozenset((offset,))

    def take(self, low: StructReader, field: FieldLayout) -> Any:
        """Return the value of a field, or its default if the pointer is null."""
        value = self.load(low, field.offset)
        return field.initial() if value is None else value

    def put(
        self, field: FieldLayout, tree: Tree, start: int, first: int, value: Any, to: Pending
    ) -> None:
        """Build the object of a value. If the value is the default, leave the pointer null."""
        if value is None or _equal(value, field.initial()):
            return
        tree.children.append((first + field.offset, self.grow(value, to)))

    @abstractmethod
    def load(self, slots: PointerSlotsReader, index: int) -> Any:
        """Return the value behind a pointer, or ``None`` if it is null."""

    @abstractmethod
    def grow(self, value: Any, to: Pending) -> Tree:
        """Return the object of a value; add its structs to ``to``, to be filled later."""


def _equal(value: Any, default: Any) -> bool:
    """Return whether a value equals the default. Items of a list may have their own ``__eq__``."""
    kind = type(value)
    if kind is not type(default):
        return False
    if kind is str or kind is bytes or (kind is list and len(value) != len(default)):
        return bool(value == default) and kind is not list
    try:
        return call(partial(eq, value), default) is True
    except Raised:
        return False


@final
class TextKind(PointerTo):
    """A Text: ``str``."""

    zero = ""

    def take(self, low: StructReader, field: FieldLayout) -> str | None:
        """Return the value of a field, or its default if the pointer is null."""
        return low.get_text(field.offset, default=field.default)

    def load(self, slots: PointerSlotsReader, index: int) -> str | None:
        """Return the text."""
        return slots.get_text(index)

    def put(
        self, field: FieldLayout, tree: Tree, start: int, first: int, value: Any, to: Pending
    ) -> None:
        """Build the object of a text. If it is the default, leave the pointer null."""
        if type(value) is str and not field.is_parameter:
            # A shortcut for most values.
            if value != field.default:
                tree.children.append((first + field.offset, _blob(text_octets(value) + b"\0")))
            return
        super().put(field, tree, start, first, value, to)

    def grow(self, value: Any, to: Pending) -> Tree:
        """Return UTF-8 with a NUL at its end."""
        return _blob(text_octets(value) + b"\0")


@final
class DataKind(PointerTo):
    """A Data: ``bytes``."""

    zero = b""

    def take(self, low: StructReader, field: FieldLayout) -> bytes | None:
        """Return the value of a field, or its default if the pointer is null."""
        return low.get_data(field.offset, default=field.default)

    def load(self, slots: PointerSlotsReader, index: int) -> bytes | None:
        """Return the bytes."""
        return slots.get_data(index)

    def grow(self, value: Any, to: Pending) -> Tree:
        """Return a list of bytes."""
        return _blob(data_octets(value))


def _blob(octets: bytes) -> Tree:
    count = check_count(len(octets))
    body = bytearray(octets + bytes(-count % WORD_BYTES))
    return Tree(wire.list_shape(wire.SIZE_BYTE, count), body)


@final
class CapabilityKind(PointerTo):
    """An interface: the index of a capability in the table that the caller keeps."""

    def load(self, slots: PointerSlotsReader, index: int) -> int | None:
        """Return the index of the capability."""
        return slots.get_capability(index)

    def grow(self, value: Any, to: Pending) -> Tree:
        """Return a capability."""
        entry = integer(value, "a capability")
        if not 0 <= entry < 1 << 32:
            raise ArgumentValueError(
                f"a capability must be 0 to 2**32 - 1, not {number_text(entry)}"
            )
        return Tree(wire.capability_pointer(entry), bytearray())


@final
class StructKind(Structured, PointerTo):
    """A struct."""

    def blank(self, count: int) -> Tree:
        """Return a zeroed struct."""
        layout = self.layout()
        return layout.blank()

    def load(self, slots: PointerSlotsReader, index: int) -> Any:
        """Return the value of the struct."""
        low = slots.get_struct(index)
        return None if low is None else self.owner()._from_low(low, self.layout())

    def grow(self, value: Any, to: Pending) -> Tree:
        """Return the struct for a value, or a copy of the struct of a reader or builder."""
        layout = self.layout()
        if issubclass(type(value), layout.owner):
            tree = layout.blank()
            to.append((layout, tree, 0, value))
            return tree
        if type(value) not in (layout.owner.Reader, layout.owner.Builder):
            raise layout.refusal(value)
        copied: Tree = value.__capnsafe_tree__()
        return copied


class ListKind(PointerTo):
    """A list. A null pointer is an empty one."""

    of: Any

    def empty(self) -> list[Any]:
        """Return a list without items."""
        return []

    @abstractmethod
    def blank(self, count: int) -> Tree:
        """Return a list of zeros."""

    def grow(self, value: Any, to: Pending) -> Tree:
        """Return the list for the items of any iterable."""
        return self.grow_items(listed(value, "a list"), to)

    @abstractmethod
    def grow_items(self, items: list[Any], to: Pending) -> Tree:
        """Return the list for these items."""


@final
class ScalarListKind(ListKind):
    """A list of numbers, Bools, enums or Voids."""

    def __init__(self, of: ScalarKind | VoidKind) -> None:
        self.of = of

    def load(self, slots: PointerSlotsReader, index: int) -> list[Any] | None:
        """Return the items."""
        low = slots.get_list(index, self.of.element)
        if low is None:
            return None
        return [self.of.made(item) for item in low] if isinstance(self.of, EnumKind) else list(low)

    def grow_items(self, items: list[Any], to: Pending) -> Tree:
        """Return the list."""
        element = self.of.element
        count = check_count(len(items))
        words = wire.list_body_words(element.size_code, count)
        octets = self._packed(items) if element.bytes else None
        if octets is None:
            raw = [self.of.raw(item) for item in items]
            if element is Element.BOOL:
                bits = int("".join(map(str, reversed(raw))) or "0", 2)
                octets = bits.to_bytes((count + 7) // 8, "little")
            else:
                octets = b"".join(map(element.raw.pack, raw)) if element.bytes else b""
        body = bytearray(octets)
        body += bytes(words * WORD_BYTES - len(body))
        return Tree(wire.list_shape(element.size_code, count), body)

    def blank(self, count: int) -> Tree:
        """Return a list of zeros."""
        code = self.of.element.size_code
        number = check_count(count)
        octets = wire.list_body_words(code, number) * WORD_BYTES
        return Tree(wire.list_shape(code, number), bytearray(octets))

    def _packed(self, items: list[Any]) -> bytes | None:
        """Return the octets of numbers that need no conversion, or ``None``."""
        try:
            return struct.pack(f"<{len(items)}{self.of.element.codec.format[1:]}", *items)
        except (struct.error, OverflowError, TypeError):
            return None


@final
class PointerListKind(ListKind):
    """A list of texts, data, lists or capabilities."""

    def __init__(self, of: PointerTo) -> None:
        self.of = of

    def load(self, slots: PointerSlotsReader, index: int) -> list[Any] | None:
        """Return the items."""
        low = slots.get_pointer_list(index)
        return None if low is None else [self.item(low, at) for at in range(len(low))]

    def item(self, slots: PointerSlotsReader, index: int) -> Any:
        """Return an item; a null pointer is an empty one."""
        value = self.of.load(slots, index)
        return self.of.empty() if value is None else value

    def blank(self, count: int) -> Tree:
        """Return a list of null pointers."""
        number = check_count(count)
        return Tree(wire.list_shape(wire.SIZE_POINTER, number), bytearray(number * WORD_BYTES))

    def grow_items(self, items: list[Any], to: Pending) -> Tree:
        """Return the list, and the objects of its items."""
        tree = self.blank(len(items))
        for at, item in enumerate(items):
            if item is not None:
                tree.children.append((at, self.of.grow(item, to)))
        return tree


@final
class StructListKind(ListKind):
    """A list of structs."""

    def __init__(self, of: StructKind) -> None:
        self.of = of

    def load(self, slots: PointerSlotsReader, index: int) -> list[Any] | None:
        """Return the values of the structs."""
        low = slots.get_struct_list(index)
        if low is None:
            return None
        take = self.of.owner()._from_low
        layout = self.of.layout()
        return [take(item, layout) for item in low]

    def grow(self, value: Any, to: Pending) -> Tree:
        """Return the list for some values, or a copy of the list of a reader or builder."""
        if type(value) is list:
            return self.grow_items(value.copy(), to)
        owner = self.of.owner()
        wrap = method_of(value, "_wrap") if is_laid_out(value) else None
        if wrap is not None and (wrap is owner.Reader or wrap is owner.Builder):
            copied: Tree = value.__capnsafe_tree__()
            return copied
        return super().grow(value, to)

    def grow_items(self, items: list[Any], to: Pending) -> Tree:
        """Return the list."""
        layout = self.of.layout()
        tree = self.blank(len(items))
        step = layout.data_words + layout.pointer_count
        owner = layout.owner
        for at in range(len(items) - 1, -1, -1):
            item = items[at]
            if type(item) is not owner:
                if type(item) in (owner.Reader, owner.Builder):
                    item = item.to_value()
                layout.require(item)
            to.append((layout, tree, 1 + at * step, item))
        return tree

    def blank(self, count: int) -> Tree:
        """Return a list of zeroed structs."""
        layout = self.of.layout()
        count, data_words, pointers = struct_list(count, *layout.sections)
        words = count * (data_words + pointers)
        body = bytearray((1 + words) * WORD_BYTES)
        wire.POINTER.pack_into(body, 0, wire.tag(count, data_words, pointers))
        return Tree(wire.list_shape(wire.SIZE_COMPOSITE, words), body)


class AnyKind(PointerTo):
    """An AnyPointer, AnyStruct or AnyList, or a parameter of a generic struct without a type."""

    def __init__(self, wrap: Callable[[PointerSlotsReader, int], Any]) -> None:
        #: Returns a copy of the object behind a pointer that is not null.
        self.wrap: Final = wrap

    def load(self, slots: PointerSlotsReader, index: int) -> Any:
        """Return a copy of the object."""
        return None if slots.is_null(index) else self.wrap(slots, index)

    def grow(self, value: Any, to: Pending) -> Tree:
        """Return the object for a ``str``, ``bytes``, a value of any struct, or a handle."""
        if issubclass(type(value), str):
            return _blob(text_octets(value) + b"\0")
        if issubclass(type(value), (bytes, bytearray, memoryview)):
            return _blob(data_octets(value))
        copied = laid_out(value)
        if copied is None:
            raise ArgumentTypeError(
                "an AnyPointer takes a value, reader or builder of a struct, a str or bytes, not"
                f" {type_name(value)}"
            )
        return copied


@final
class ParameterKind(AnyKind):
    """A parameter of a generic struct, which is of any kind until a brand gives it a type."""

    def __init__(
        self, wrap: Callable[[PointerSlotsReader, int], Any], scope: int, index: int
    ) -> None:
        super().__init__(wrap)
        self.scope: Final = scope
        self.index: Final = index


def bound(kind: BaseKind, brand: Brand) -> BaseKind:
    """Return a kind with its parameters replaced by the types of a brand."""
    if isinstance(kind, ParameterKind):
        types = brand.get(kind.scope) or ()
        return types[kind.index] if kind.index < len(types) else kind
    if isinstance(kind, (PointerListKind, StructListKind)):
        return list_of(bound(kind.of, brand))
    if isinstance(kind, GroupKind):
        return GroupKind(kind.owner, brand)
    if isinstance(kind, StructKind) and kind.brand:
        inner: Brand = {}
        for scope, given in kind.brand.items():
            outer = brand.get(scope) if given is None else given
            inner[scope] = tuple(bound(each, brand) for each in outer or ())
        return StructKind(kind.owner, inner)
    return kind


# -- trees ---------------------------------------------------------------------------------------


def fill(layout: Layout, tree: Tree, start: int, first: int, value: Any, to: Pending) -> None:
    """Write the fields of a value to the struct at word ``start`` of the body of a tree.

    ``first`` is the word of its first pointer.
    """
    fields = value.__dict__
    for field in layout.singles:
        field.kind.put(field, tree, start, first, fields[field.name], to)
    if layout.tag is not None:
        field = layout.member(value._member())
        at = start * WORD_BYTES + layout.tag * 2
        _UINT16.pack_into(tree.body, at, field.member)
        field.kind.put(field, tree, start, first, fields[field.name], to)


def _first_word(child: tuple[int, Tree]) -> int:
    return child[0]


def fill_all(pending: Pending) -> None:
    """Fill structs, and those below them, until none is left."""
    while pending:
        layout, tree, start, value = pending.pop()
        before = len(tree.children)
        try:
            fill(layout, tree, start, start + layout.data_words, value, pending)
        except KeyError as error:
            raise ArgumentValueError(
                f"the field {error} of a {type_name(value)} was deleted"
            ) from error
        if len(tree.children) > before + 1:
            # Fields are not in the order of their pointers, but children must be. Those of the
            # structs before this one in a list are sorted already.
            tree.children[before:] = sorted(tree.children[before:], key=_first_word)


def tree_from(kind: PointerTo, value: Any) -> Tree:
    """Return the object of a value, with everything below it."""
    pending: Pending = []
    tree = kind.grow(value, pending)
    fill_all(pending)
    return tree


def tree_of_value(layout: Layout, value: Any) -> Tree:
    """Return the struct of a value, with everything below it."""
    tree = layout.blank()
    fill_all([(layout, tree, 0, value)])
    return tree


def is_laid_out(value: Any) -> bool:
    """Return whether ``value`` can be laid out as a tree."""
    return callable(method_of(type(value), "__capnsafe_tree__"))


def flat_words(tree: Tree | None) -> bytes:
    """Return a message of one segment, without framing, whose root is ``tree``."""
    out = bytearray(WORD_BYTES)
    todo = [] if tree is None else [(0, tree)]
    while todo:
        at, node = todo.pop()
        pointer = node.shape
        if node.shape & 3 != wire.OTHER:
            start = len(out) // WORD_BYTES
            pointer = wire.with_offset(node.shape, start - at - 1)
            if node.words == 0 and node.shape & 3 == wire.STRUCT:
                pointer = wire.EMPTY_STRUCT
            out += node.body
            todo.extend((start + word, child) for word, child in reversed(node.children))
        wire.POINTER.pack_into(out, at * WORD_BYTES, pointer)
    return bytes(out)


VOID: Final = VoidKind()
BOOL: Final = ScalarKind(Element.BOOL, StructReader.get_bool)
INT8: Final = ScalarKind(Element.INT8, StructReader.get_int8)
INT16: Final = ScalarKind(Element.INT16, StructReader.get_int16)
INT32: Final = ScalarKind(Element.INT32, StructReader.get_int32)
INT64: Final = ScalarKind(Element.INT64, StructReader.get_int64)
UINT8: Final = ScalarKind(Element.UINT8, StructReader.get_uint8)
UINT16: Final = ScalarKind(Element.UINT16, StructReader.get_uint16)
UINT32: Final = ScalarKind(Element.UINT32, StructReader.get_uint32)
UINT64: Final = ScalarKind(Element.UINT64, StructReader.get_uint64)
FLOAT32: Final = ScalarKind(Element.FLOAT32, StructReader.get_float32)
FLOAT64: Final = ScalarKind(Element.FLOAT64, StructReader.get_float64)
TEXT: Final = TextKind()
DATA: Final = DataKind()
CAPABILITY: Final = CapabilityKind()


def list_of(of: BaseKind) -> ListKind:
    """Return the kind of lists with these elements."""
    if isinstance(of, (ScalarKind, VoidKind)):
        return ScalarListKind(of)
    if isinstance(of, StructKind):
        return StructListKind(of)
    assert isinstance(of, PointerTo)
    return PointerListKind(of)
