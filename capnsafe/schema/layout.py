"""The layout of generated structs, and the conversion of their values to blocks and back.

Generated code describes each struct and group by one ``Layout``: the sizes of its sections, and a
``FieldLayout`` for each field. A value is laid out in private bytes (``block_from``) before the
message asks for memory. So an invalid value is refused before the message changes, and the message
takes the whole value or nothing (P2). Objects behind pointers are put into a list of work instead
of being laid out recursively, so deep values need no deep stack.
"""

from __future__ import annotations

import operator
import struct
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar, cast, final

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
from .._words.block import MOST_NUMBERS, Block, BlockBuilder, Body, Copied, block_of
from .._words.buffers import data_octets
from .._words.caught import Raised
from .._words.laid_out import laid_out
from .._words.tree import Tree
from ..errors import ArgumentTypeError, ArgumentValueError
from ..wire import WORD_BYTES, Element, Primitive
from .properties import (
    COMPILED,
    FieldAccessors,
    bools,
    enums,
    floats,
    integers,
    octets,
    replace,
    texts,
)
from .unset import UNSET

T = TypeVar("T")

#: The types of the parameters of generic structs, by the id of the struct that declares them.
Brand: TypeAlias = "dict[int, tuple[BaseKind, ...] | None]"

#: Structs and lists of structs that are still to be read: (layout, reader, value or list of them).
Unread: TypeAlias = "list[tuple[Layout, Any, Any]]"


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
            return value_behind(kind, self.slots(), 0)
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
        "bit",
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
        "word",
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
        bits = kind.bits_at(offset) if isinstance(kind, ScalarKind) else 0
        lowest = max(0, (bits & -bits).bit_length() - 1)
        #: The bits of a number outside of a union, and the lowest one of them; 0 for other fields.
        self.span: Final = bits if member is None else 0
        self.shift: Final = lowest if member is None else 0
        #: The word of the struct with the number, and the lowest bit of that; or the word with the
        #: pointer, which the layout sets.
        self.word = lowest >> 6
        self.bit: Final = lowest & 63
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
        "ordered",
        "owner",
        "pointer_count",
        "shape",
        "singles",
        "tag",
        "type_id",
        "words",
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
        #: A pointer to the struct without its offset, and the words of the struct.
        self.shape: Final = wire.struct_shape(data_words, pointer_count)
        self.words: Final = data_words + pointer_count
        self.fields: Final = fields
        self.tag: Final = tag
        for field in fields:
            if isinstance(field.kind, PointerTo):
                field.word = data_words + field.offset
        #: The fields outside of the unnamed union, and the members of the union by name.
        self.singles: Final = tuple(field for field in fields if field.member is None)
        self.members: Final = {field.name: field for field in fields if field.member is not None}
        #: The members of the union by the value of the discriminant.
        self.by_tag: Final = {field.member: field for field in self.members.values()}
        self.by_name: Final = {field.name: field for field in fields}
        self.is_group: Final = is_group
        words = [field.word for field in fields if isinstance(field.kind, PointerTo)]
        #: Whether all pointers are those of fields in the order of the schema.
        self.ordered: Final = (
            tag is None
            and words == sorted(words)
            and not any(isinstance(field.kind, GroupKind) for field in fields)
        )
        #: The layout for each brand. The brand is kept with it, so that no other object gets the id
        #: of one of its kinds.
        self._bound: Final[dict[tuple[tuple[int, ...], ...], tuple[Layout, Brand]]] = {}
        if not is_bound:
            owner._layout = owner.Reader._layout = owner.Builder._layout = self
            for field in fields:
                accessors = _replaced(field)
                if accessors is not None:
                    replace(owner, field.name, accessors)

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

    def choose(self, name: str, body: Body) -> FieldLayout:
        """Return a member of the union, and write its discriminant to a zeroed struct."""
        field = self.members[name]
        self.select(field, body, 0)
        return field

    def select(self, field: FieldLayout, body: Body, start: int) -> None:
        """Write the discriminant of a member to the zeroed struct at this word of a body."""
        assert self.tag is not None
        assert field.member is not None
        body.words[start + (self.tag >> 2)] |= field.member << (self.tag & 3) * 16

    def member(self, tag: int) -> FieldLayout:
        """Return a member of the union, or raise ``ArgumentValueError`` if there is none."""
        field = self.by_tag.get(tag)
        if field is None:
            raise ArgumentValueError(
                f"the member of {self.owner.__qualname__} that is set is not known to the schema of"
                " this program"
            )
        return field

    def blank(self) -> Body:
        """Return the words of a zeroed struct."""
        return Body([0] * self.words)

    def objects(self, body: Body) -> dict[int, Block]:
        """Return the objects behind the pointers of a struct, by their indices."""
        return {at - self.data_words: block_from(kind, value) for at, kind, value in body.below}

    def require(self, value: Any) -> None:
        """Raise ``ArgumentTypeError`` if a value is not of this struct."""
        if not issubclass(type(value), self.owner):
            raise self.refusal(value)

    def refusal(self, value: Any) -> ArgumentTypeError:
        """Return the error for a value that is not of this struct."""
        return ArgumentTypeError(
            f"the value must be a {self.owner.__qualname__}, not {type_name(value)}"
        )


def accessors_of(field: FieldLayout) -> FieldAccessors | None:
    """Return the functions behind the properties of a field, if each makes only one call."""
    return None if field.member is not None else field.kind.accessors(field)


def _none(field: FieldLayout) -> None:
    """Return nothing."""


#: Returns the functions that take the place of the properties of a field; ``None`` if they stay.
_replaced: Final[Callable[[FieldLayout], FieldAccessors | None]] = (
    accessors_of if COMPILED else _none
)


def _bits_of(fields: Iterable[FieldLayout]) -> int:
    bits = 0
    for field in fields:
        bits |= field.kind.bits_at(field.offset)
    return bits


def _pointers_of(fields: Iterable[FieldLayout]) -> frozenset[int]:
    return frozenset(index for field in fields for index in field.kind.pointers_at(field.offset))


class BaseKind:
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

    def accessors(self, field: FieldLayout) -> FieldAccessors | None:
        """Return the functions behind the properties of a field, if each makes only one call."""
        return None

    @abstractmethod
    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of a field. The fields of a struct in it are read later."""

    @abstractmethod
    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Write the value of a field to the zeroed struct at word ``start`` of a body.

        The object of a pointer is laid out later.
        """


# -- the data section ----------------------------------------------------------------------------


class ScalarKind(BaseKind):
    """A number or a Bool."""

    def __init__(self, element: Element) -> None:
        self.element: Final = element
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

    def accessors(self, field: FieldLayout) -> FieldAccessors:
        """Return the functions for a number or a Bool."""
        element = self.element
        if element is Element.BOOL:
            return bools(field.offset, field.default)
        if element.floating:
            return floats(element, field.offset, field.default)
        return integers(element, field.offset, field.default)

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of a field."""
        if self.integral:
            return low._integer(self.element, field.offset, field.default)
        if self.element is Element.BOOL:
            return low.get_bool(field.offset, default=field.default)
        return low._float(self.element, field.offset, field.default)

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Write the bits of a value."""
        bits = self.raw(value) ^ field.mask
        if bits:
            body.words[start + field.word] |= bits << field.bit


@final
class EnumKind(ScalarKind):
    """An enum. A value that the schema does not know is kept."""

    def __init__(self, owner: Callable[[], Any]) -> None:
        super().__init__(Element.UINT16)
        self.owner: Final = owner
        #: The class and its members by value, once they are needed: the enum may be described after
        #: the field.
        self._found: Any = None
        self._members: Any = None

    def accessors(self, field: FieldLayout) -> FieldAccessors:
        """Return the functions for a member of the enum."""
        return enums(self.made, field.offset, field.default)

    def raw(self, value: Any) -> int:
        """Return the bits of a member of the enum, or of a number."""
        if type(value) is not int and type(value) is self._enum():
            # An exact int, because no class of an enum has its own operators.
            return cast(int, value) & self.ones
        return super().raw(value)

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of a field."""
        return self.made(low.get_uint16(field.offset, default=field.default))

    def made(self, value: Primitive) -> Any:
        """Return the member of the enum."""
        members = self._members
        if members is None:
            members = self._members = self._enum().BY_VALUE
        return members[value]

    def _enum(self) -> Any:
        """Return the class of the members."""
        if self._found is None:
            self._found = self.owner()
        return self._found

    def initial(self, default: Any) -> Any:
        """Return the member of the enum."""
        return self.made(default)


@final
class VoidKind(BaseKind):
    """A field without bits."""

    element: Final = Element.VOID

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> None:
        """Return the only value."""
        return

    def raw(self, value: Any) -> int:
        """Return no bits; raise ``ArgumentTypeError`` unless the value is ``None``."""
        if value is not None:
            raise ArgumentTypeError(f"the only value of a Void is None, not {type_name(value)}")
        return 0

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Write nothing; raise ``ArgumentTypeError`` unless the value is ``None``."""
        self.raw(value)


@final
class StructRef:
    """A struct or group that is the type of a field.

    Args:
        owner: Returns the class of the values.
        brand: The types of the parameters of a generic struct, by the ids of the structs that
            declare parameters. ``None`` stands for the types that the struct around the field has.
    """

    def __init__(self, owner: Callable[[], Owner], brand: Brand | None) -> None:
        self.owner: Final = owner
        self.brand: Final = brand
        self._layout: Layout | None = None

    def layout(self) -> Layout:
        """Return the layout, in which parameters have the types of the brand."""
        layout = self._layout
        if layout is None:
            layout = self.owner()._layout
            if self.brand:
                layout = layout.bound(self.brand)
            self._layout = layout
        return layout


@final
class GroupKind(BaseKind):
    """A group, whose fields are in the sections of the struct around it.

    The arguments are those of ``StructRef``.
    """

    def __init__(self, owner: Callable[[], Owner], brand: Brand | None = None) -> None:
        self.struct: Final = StructRef(owner, brand)

    def initial(self, default: Any) -> Any:
        """Return a group whose fields have their defaults."""
        return self.struct.owner()()

    def bits_at(self, offset: int) -> int:
        """Return the mask of the fields of the group."""
        return self.struct.layout().bits

    def pointers_at(self, offset: int) -> frozenset[int]:
        """Return the pointers of the fields of the group."""
        return self.struct.layout().pointers

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of the group."""
        layout = self.struct.layout()
        value = _new(layout.owner)
        unread.append((layout, low, value))
        return value

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Write the fields of the group."""
        layout = self.struct.layout()
        layout.require(value)
        fill(layout, body, start, value)


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

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of a field, or its default if the pointer is null."""
        value = self.load(low, field.offset, unread)
        return field.initial() if value is None else value

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Let the object of a value be laid out. If it is the default, leave the pointer null."""
        if value is None or _equal(value, field.initial()):
            return
        body.below.append((start + field.word, self, value))

    @abstractmethod
    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> Any:
        """Return the value behind a pointer, or ``None`` if it is null."""

    @abstractmethod
    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append the object of a value to a block, and point to it from word ``at`` of ``body``."""


def _equal(value: Any, default: Any) -> bool:
    """Return whether a value equals the default. Items of a list may have their own ``__eq__``."""
    kind = type(value)
    if kind is not type(default):
        return False
    if kind is str or kind is bytes or (kind is list and len(value) != len(default)):
        return bool(value == default) and kind is not list
    try:
        return call(partial(operator.eq, value), default) is True
    except Raised:
        return False


@final
class TextKind(PointerTo):
    """A Text: ``str``."""

    zero: Any = ""

    def accessors(self, field: FieldLayout) -> FieldAccessors | None:
        """Return the functions for a text."""
        return None if field.is_parameter else texts(field.offset, field.default)

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> str | None:
        """Return the value of a field, or its default if the pointer is null."""
        return low.get_text(field.offset, default=field.default)

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> str | None:
        """Return the text."""
        return slots.get_text(index)

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Let a text be laid out. If it is the default, leave the pointer null."""
        if type(value) is str and not field.is_parameter:
            # A shortcut for most values.
            if value != field.default:
                body.below.append((start + field.word, self, value))
            return
        super().put(field, body, start, value)

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append UTF-8 with a NUL at its end."""
        octets = text_octets(value)
        out.append_bytes(body, at, octets, len(octets) + 1)


@final
class DataKind(PointerTo):
    """A Data: ``bytes``."""

    zero: Any = b""

    def accessors(self, field: FieldLayout) -> FieldAccessors | None:
        """Return the functions for bytes."""
        return None if field.is_parameter else octets(field.offset, field.default)

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> bytes | None:
        """Return the value of a field, or its default if the pointer is null."""
        return low.get_data(field.offset, default=field.default)

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> bytes | None:
        """Return the bytes."""
        return slots.get_data(index)

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append a list of bytes."""
        octets = data_octets(value)
        out.append_bytes(body, at, octets, len(octets))


@final
class CapabilityKind(PointerTo):
    """An interface: the index of a capability in the table that the caller keeps."""

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> int | None:
        """Return the index of the capability."""
        return slots.get_capability(index)

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Write the pointer of a capability."""
        entry = integer(value, "a capability")
        if not 0 <= entry < 1 << 32:
            raise ArgumentValueError(
                f"a capability must be 0 to 2**32 - 1, not {number_text(entry)}"
            )
        out.append(body, at, wire.capability_pointer(entry), b"")


@final
class StructKind(PointerTo):
    """A struct. The arguments are those of ``StructRef``."""

    def __init__(self, owner: Callable[[], Owner], brand: Brand | None = None) -> None:
        self.struct: Final = StructRef(owner, brand)

    def blank(self, count: int) -> Tree:
        """Return a zeroed struct."""
        layout = self.struct.layout()
        return Tree(layout.shape, bytearray(layout.words * WORD_BYTES))

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> Any:
        """Return the value of the struct."""
        low = slots.get_struct(index)
        if low is None:
            return None
        layout = self.struct.layout()
        value = _new(layout.owner)
        unread.append((layout, low, value))
        return value

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append the struct for a value, or a copy of the struct of a reader or builder."""
        layout = self.struct.layout()
        if type(value) is layout.owner or issubclass(type(value), layout.owner):
            lay_struct(layout, out, body, at, value)
            return
        if type(value) not in (layout.owner.Reader, layout.owner.Builder):
            raise layout.refusal(value)
        out.append_copy(body, at, value.__capnsafe_copy__())


class ListKind(PointerTo):
    """A list. A null pointer is an empty one."""

    #: The kind of the items.
    of: Any

    def empty(self) -> list[Any]:
        """Return a list without items."""
        return []

    @abstractmethod
    def blank(self, count: int) -> Tree:
        """Return a list of zeros."""

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Let a list be laid out. If it is the default, leave the pointer null."""
        if type(value) is list and value and field.default is None:
            # A shortcut for most values: the default is the empty list.
            body.below.append((start + field.word, self, value))
            return
        super().put(field, body, start, value)

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append the list for the items of any iterable."""
        self.lay_items(out, body, at, listed(value, "a list"))

    @abstractmethod
    def lay_items(self, out: BlockBuilder, body: Body, at: int, items: list[Any]) -> None:
        """Append the list for these items."""


@final
class ScalarListKind(ListKind):
    """A list of numbers, Bools, enums or Voids."""

    def __init__(self, of: ScalarKind | VoidKind) -> None:
        self.of = of

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> list[Any] | None:
        """Return the items."""
        low = slots.get_list(index, self.of.element)
        if low is None:
            return None
        return [self.of.made(item) for item in low] if isinstance(self.of, EnumKind) else list(low)

    def lay_items(self, out: BlockBuilder, body: Body, at: int, items: list[Any]) -> None:
        """Append the list."""
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
        shape = wire.list_shape(element.size_code, count)
        out.append(body, at, shape, octets.ljust(words * WORD_BYTES, b"\0"))

    def blank(self, count: int) -> Tree:
        """Return a list of zeros."""
        code = self.of.element.size_code
        number = check_count(count)
        octets = wire.list_body_words(code, number) * WORD_BYTES
        return Tree(wire.list_shape(code, number), bytearray(octets))

    def _packed(self, items: list[Any]) -> bytes | None:
        """Return the octets of Python's own numbers, or ``None``: raw() converts others."""
        code = f"<{len(items)}{self.of.element.codec.format[1:]}"
        try:
            kinds = call(set, map(type, items))
            if not all(issubclass(kind, (int, float)) for kind in kinds):
                return None
            # A subclass of int may have its own ``__float__``.
            return call(operator.call, partial(struct.pack, code, *items))
        except Raised:
            return None


@final
class PointerListKind(ListKind):
    """A list of texts, data, lists or capabilities."""

    def __init__(self, of: PointerTo) -> None:
        self.of = of

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> list[Any] | None:
        """Return the items."""
        low = slots.get_pointer_list(index)
        return None if low is None else [self._item(low, at, unread) for at in range(len(low))]

    def _item(self, slots: PointerSlotsReader, index: int, unread: Unread) -> Any:
        """Return an item; a null pointer is an empty one."""
        value = self.of.load(slots, index, unread)
        return self.of.empty() if value is None else value

    def blank(self, count: int) -> Tree:
        """Return a list of null pointers."""
        number = check_count(count)
        return Tree(wire.list_shape(wire.SIZE_POINTER, number), bytearray(number * WORD_BYTES))

    def lay_items(self, out: BlockBuilder, body: Body, at: int, items: list[Any]) -> None:
        """Append the list, and let the objects of its items be laid out."""
        count = check_count(len(items))
        out.point(body, at, wire.list_shape(wire.SIZE_POINTER, count))
        pointers = Body([0] * count, out.end)
        pointers.below.extend(
            (i, self.of, item) for i, item in enumerate(items) if item is not None
        )
        out.end += count
        out.add(pointers, ordered=True)


@final
class StructListKind(ListKind):
    """A list of structs."""

    def __init__(self, of: StructKind) -> None:
        self.of = of
        self.struct: Final = of.struct

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> list[Any] | None:
        """Return the values of the structs."""
        low = slots.get_struct_list(index)
        if low is None:
            return None
        values: list[Any] = []
        unread.append((self.struct.layout(), low, values))
        return values

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append the list for some values, or a copy of the list of a reader or builder."""
        if type(value) is list:
            self.lay_items(out, body, at, value.copy())
            return
        owner = self.struct.layout().owner
        wrap = method_of(value, "_wrap") if is_laid_out(value) else None
        if wrap is not None and (wrap is owner.Reader or wrap is owner.Builder):
            out.append_copy(body, at, value.__capnsafe_copy__())
            return
        super().lay(out, body, at, value)

    def lay_items(self, out: BlockBuilder, body: Body, at: int, items: list[Any]) -> None:
        """Append the list."""
        layout = self.struct.layout()
        owner = layout.owner
        count = len(items)
        words = self._words(count, layout)
        out.point(body, at, wire.list_shape(wire.SIZE_COMPOSITE, words))
        structs = Body([layout.shape | count << 2], out.end)
        out.end += 1 + words
        first = len(out.open)
        blank = [0] * layout.words
        for item in items:
            if type(item) is not owner:
                if type(item) in (owner.Reader, owner.Builder):
                    item = item.to_value()
                layout.require(item)
            start = len(structs.words)
            if start >= MOST_NUMBERS:
                out.add(structs, ordered=layout.ordered)
                structs = Body([], structs.start + start)
                start = 0
            structs.words.extend(blank)
            fill(layout, structs, start, item)
        out.add(structs, ordered=layout.ordered)
        if len(out.open) - first > 1:
            # The last is continued first.
            out.open[first:] = reversed(out.open[first:])

    def blank(self, count: int) -> Tree:
        """Return a list of zeroed structs."""
        layout = self.struct.layout()
        words = self._words(count, layout)
        body = bytearray((1 + words) * WORD_BYTES)
        wire.POINTER.pack_into(body, 0, layout.shape | count << 2)
        return Tree(wire.list_shape(wire.SIZE_COMPOSITE, words), body)

    def _words(self, count: int, layout: Layout) -> int:
        """Return the words of a list of structs without the tag, or raise if they are too many."""
        words = count * layout.words
        if not 0 <= count <= wire.MAX_LIST_COUNT or words > wire.MAX_LIST_COUNT:
            # This raises the error.
            struct_list(count, layout.data_words, layout.pointer_count)
        return words


class AnyKind(PointerTo):
    """An AnyPointer, AnyStruct or AnyList, or a parameter of a generic struct without a type."""

    def __init__(self, wrap: Callable[[PointerSlotsReader, int], Any]) -> None:
        #: Returns a copy of the object behind a pointer that is not null.
        self.wrap: Final = wrap

    def load(self, slots: PointerSlotsReader, index: int, unread: Unread) -> Any:
        """Return a copy of the object."""
        return None if slots.is_null(index) else self.wrap(slots, index)

    def lay(self, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
        """Append the object for a ``str``, ``bytes``, a value of any struct, or a handle."""
        if issubclass(type(value), str):
            text = text_octets(value)
            out.append_bytes(body, at, text, len(text) + 1)
            return
        if issubclass(type(value), (bytes, bytearray, memoryview)):
            octets = data_octets(value)
            out.append_bytes(body, at, octets, len(octets))
            return
        copied = laid_out(value)
        if copied is None:
            raise ArgumentTypeError(
                "an AnyPointer takes a value, reader or builder of a struct, a str or bytes, not"
                f" {type_name(value)}"
            )
        out.append_copy(body, at, copied)


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
        return GroupKind(kind.struct.owner, brand)
    if isinstance(kind, StructKind) and kind.struct.brand:
        inner: Brand = {}
        for scope, given in kind.struct.brand.items():
            outer = brand.get(scope) if given is None else given
            inner[scope] = tuple(bound(each, brand) for each in outer or ())
        return StructKind(kind.struct.owner, inner)
    return kind


# -- values --------------------------------------------------------------------------------------

#: Makes a value without fields.
_new: Final[Callable[[Any], Any]] = object.__new__


def value_behind(kind: PointerTo, slots: PointerSlotsReader, index: int) -> Any:
    """Return the value behind a pointer, or ``None`` if it is null."""
    unread: Unread = []
    value = kind.load(slots, index, unread)
    _read(unread)
    return value


def read_value(layout: Layout, low: StructReader, value: Any) -> None:
    """Set the fields of a new value to those of a struct, with everything below it."""
    _read([(layout, low, value)])


def _read(unread: Unread) -> None:
    """Read structs, and those below them, until none is left."""
    while unread:
        layout, low, value = unread.pop()
        if type(low) is StructReader:
            _take(layout, low, value.__dict__, unread)
            continue
        structs: StructListReader = low
        values: list[Any] = value
        owner = layout.owner
        for index in range(len(structs)):
            value = _new(owner)
            values.append(value)
            _take(layout, structs._struct(index), value.__dict__, unread)


def _take(layout: Layout, low: StructReader, fields: dict[str, Any], unread: Unread) -> None:
    """Set the fields of a value to those of a struct."""
    for field in layout.singles:
        fields[field.name] = field.kind.take(low, field, unread)
    if layout.tag is not None:
        which = layout.by_tag.get(low.get_uint16(layout.tag))
        for field in layout.members.values():
            taken = field.kind.take(low, field, unread) if field is which else UNSET
            fields[field.name] = taken


# -- blocks --------------------------------------------------------------------------------------


def fill(layout: Layout, body: Body, start: int, value: Any) -> None:
    """Write the fields of a value to the zeroed struct at word ``start`` of a body."""
    fields: dict[str, Any] = value.__dict__
    try:
        for field in layout.singles:
            field.kind.put(field, body, start, fields[field.name])
        if layout.tag is not None:
            field = layout.member(value._member())
            layout.select(field, body, start)
            field.kind.put(field, body, start, fields[field.name])
    except KeyError as error:
        raise ArgumentValueError(
            f"the field {error} of a {type_name(value)} was deleted"
        ) from error


def lay_struct(layout: Layout, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
    """Append the struct for a value, and point to it from word ``at`` of ``body``."""
    if layout.words:
        out.point(body, at, layout.shape)
    else:
        body.words[at] = wire.EMPTY_STRUCT
    struct = Body([0] * layout.words, out.end)
    out.end += layout.words
    fill(layout, struct, 0, value)
    out.add(struct, ordered=layout.ordered)


#: Values that are nested more deeply are searched for one that contains itself.
_DEEP: Final = 1000


def _finished(out: BlockBuilder) -> Block:
    """Lay out the objects behind all pointers, and those below them, until none is left."""
    path: list[tuple[int, Any]] = []
    while out.open:
        body = out.open[-1]
        if not body.below:
            out.parts[body.part] = body.octets()
            out.open.pop()
            continue
        at, kind, value = body.below.pop()
        if len(out.open) > _DEEP:
            _enter(path, len(out.open), value)
        elif path:
            path.clear()
        to: PointerTo = kind
        to.lay(out, body, at, value)
    return out.block()


def _enter(path: list[tuple[int, Any]], depth: int, value: Any) -> None:
    """Add a value to the path of those around it, each with its depth.

    Raises:
        ArgumentValueError: If a value contains itself. It is searched for only when the path has
            doubled, so that the search takes a constant time for each value.
    """
    while path and path[-1][0] >= depth:
        path.pop()
    path.append((depth, value))
    if len(path).bit_count() == 1 and len({id(one) for _, one in path}) < len(path):
        raise ArgumentValueError("the value contains itself")


def block_from(kind: PointerTo, value: Any) -> Block:
    """Return the object of a value, with everything below it."""
    out = BlockBuilder()
    out.root.below.append((0, kind, value))
    return _finished(out)


def block_of_value(layout: Layout, value: Any) -> Block:
    """Return the struct of a value, with everything below it."""
    out = BlockBuilder()
    lay_struct(layout, out, out.root, 0, value)
    return _finished(out)


def is_laid_out(value: Any) -> bool:
    """Return whether ``value`` can be laid out."""
    return callable(method_of(type(value), "__capnsafe_copy__"))


def flat_words(copied: Copied | None) -> bytes:
    """Return a message of one segment, without framing, whose root is ``copied``."""
    return bytes(WORD_BYTES) if copied is None else block_of(copied).octets


VOID: Final = VoidKind()
BOOL: Final = ScalarKind(Element.BOOL)
INT8: Final = ScalarKind(Element.INT8)
INT16: Final = ScalarKind(Element.INT16)
INT32: Final = ScalarKind(Element.INT32)
INT64: Final = ScalarKind(Element.INT64)
UINT8: Final = ScalarKind(Element.UINT8)
UINT16: Final = ScalarKind(Element.UINT16)
UINT32: Final = ScalarKind(Element.UINT32)
UINT64: Final = ScalarKind(Element.UINT64)
FLOAT32: Final = ScalarKind(Element.FLOAT32)
FLOAT64: Final = ScalarKind(Element.FLOAT64)
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
