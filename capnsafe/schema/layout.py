"""The layout of generated structs: tables of their fields, by which values are read.

Generated code describes each struct and group by one ``Layout``: the sizes of its sections, and a
``FieldLayout`` for each field. The types of fields are *kinds*; :mod:`capnsafe.schema.kinds` has
one class for each. Structs and lists of structs that are read are put into a list of work, so deep
messages need no deep stack.
"""

from __future__ import annotations

import operator
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar, final

from .. import wire
from .._read.lists import ListReader
from .._read.objects import PointerListReader, PointerSlotsReader, StructListReader, StructReader
from .._read.reader import MessageReader
from .._words.arguments import call, type_name
from .._words.block import BlockBuilder, Body
from .._words.caught import Raised
from ..errors import ArgumentError, ArgumentTypeError, ArgumentValueError
from ..wire import WORD_BYTES, Element
from .json_ids import ANNOTATIONS, VALUE
from .unset import UNSET

T = TypeVar("T")

#: The types of the parameters of generic structs, by the id of the struct that declares them.
Brand: TypeAlias = "dict[int, tuple[BaseKind, ...] | None]"

#: Structs and lists of structs that are still to be read: (layout, reader, value or list of them).
Unread: TypeAlias = "list[tuple[Layout, Any, Any]]"


#: The parts of a value: (name of the field, or nothing for an item of a list; type; value).
Contents: TypeAlias = "list[tuple[str, BaseKind, Any]]"


#: The generated class of values of a struct or group.
Owner: TypeAlias = Any


#: More words than any number of reads charge.
_NO_LIMIT: Final = 1 << 62


class Default:
    """The default of a struct or list field, as the words of a message.

    The words are those of the schema, so nothing limits how often they are read.
    """

    __slots__ = ("_busy", "_slots", "_words")

    def __init__(self, words: bytes) -> None:
        self._words: Final = words
        self._slots: PointerListReader | None = None
        self._busy = False

    def slots(self) -> PointerListReader:
        """Return the pointer to the default, as the only pointer of a list."""
        slots = self._slots
        if slots is None:
            message = MessageReader([self._words], traversal_limit_words=_NO_LIMIT)
            slots = self._slots = message.root_pointer()
        return slots

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
        bits = kind.bits_at(offset) if isinstance(kind, NumberKind) else 0
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
        "builder",
        "by_name",
        "by_tag",
        "data_words",
        "field_count",
        "fields",
        "has_json",
        "is_bound",
        "is_group",
        "json",
        "members",
        "ordered",
        "owner",
        "pointer_count",
        "reader",
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
        #: The classes of readers and builders.
        self.reader: Final = owner.Reader
        self.builder: Final = owner.Builder
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
        self.field_count: Final = len(fields)
        self.is_group: Final = is_group
        #: Whether JSON has other keys than the names in the schema, or values of another form.
        self.has_json: Final = type_id == VALUE or not all(
            ANNOTATIONS.isdisjoint(each) for each in (self.annotations, *_annotations_of(fields))
        )
        #: The ``JsonLayout``, once it is needed.
        self.json: Any = None
        self.is_bound: Final = is_bound
        words = [field.word for field in fields if isinstance(field.kind, PointerTo)]
        #: Whether all pointers are those of fields in the order of the schema.
        self.ordered: Final = (
            tag is None
            and words == sorted(words)
            and not any(field.kind.is_group for field in fields)
        )
        #: The layout for each brand. The brand is kept with it, so that no other object gets the id
        #: of one of its kinds.
        self._bound: Final[dict[tuple[tuple[int, ...], ...], tuple[Layout, Brand]]] = {}
        if not is_bound:
            owner._layout = self
            owner.Reader._describe(self)
            owner.Builder._describe(self)

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
            assert isinstance(kind, NumberKind)
            mask |= field.span
            try:
                bits |= (kind.raw(value) ^ field.mask) << field.shift
            except ArgumentError as error:
                raise in_field(error, name) from error.__cause__
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
                field.kind.bound(brand),
                field.offset,
                default=field.default,
                member=field.member,
                is_parameter=field.kind.is_parameter,
                annotations=field.annotations,
            )
            for field in self.fields
        ]
        return Layout(
            self.owner,
            self.type_id,
            self.data_words,
            self.pointer_count,
            *fields,
            tag=self.tag,
            is_group=self.is_group,
            is_bound=True,
            annotations=self.annotations,
        )

    def opened(self, make: Callable[..., Any], low: Any) -> Any:
        """Return the reader or builder of a struct, whose class ``make`` is."""
        return make(low, self) if self.is_bound else make(low)

    def made(self, fields: dict[str, Any]) -> Any:
        """Return a value with these fields."""
        value: Any = self.owner(**fields)
        if self.is_bound:
            value._bound = self
        return value

    def __deepcopy__(self, memo: Any) -> Layout:
        """Return the layout itself, which belongs to its class. Copies of values have it, too."""
        return self

    def __reduce__(self) -> Any:
        """Let ``None`` be pickled: a value that was pickled does not know its types."""
        return _nothing, ()

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

    def contents(self, value: Any) -> Contents:
        """Return the fields of a value; nothing if it is not one of this struct."""
        if not issubclass(type(value), self.owner):
            return []
        held = value.__dict__
        return [(field.name, field.kind, held.get(field.name)) for field in self.fields]

    def blank(self) -> Body:
        """Return the words of a zeroed struct."""
        return Body([0] * self.words)

    def require(self, value: Any) -> None:
        """Raise ``ArgumentTypeError`` if a value is not of this struct."""
        if not issubclass(type(value), self.owner):
            raise self.refusal(value)

    def refusal(self, value: Any) -> ArgumentTypeError:
        """Return the error for a value that is not of this struct."""
        return ArgumentTypeError(
            f"the value must be a {self.owner.__qualname__}, not {type_name(value)}"
        )


def in_field(error: ArgumentError, name: str) -> ArgumentError:
    """Return the error of a field: it begins with the name of the innermost field that is wrong."""
    if error.field is not None:
        return error
    named = type(error)(f"{name}: {error}")
    named.field = name
    return named


def _nothing() -> None:
    """Return ``None``, instead of a layout that was pickled."""


def _annotations_of(fields: Iterable[FieldLayout]) -> list[dict[int, Any]]:
    return [field.annotations for field in fields if field.annotations]


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
    #: Whether a field is a group.
    is_group: bool = False
    #: Whether the type is a parameter of a generic struct.
    is_parameter: bool = False

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

    def bound(self, brand: Brand) -> BaseKind:
        """Return the kind in which parameters have the types of a brand."""
        return self

    def contents(self, value: Any) -> Contents:
        """Return the items of a list or the fields of a struct; nothing for other values."""
        return []

    @abstractmethod
    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of a field. The fields of a struct in it are read later."""

    @abstractmethod
    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Write the value of a field to the zeroed struct at word ``start`` of a body.

        The object of a pointer is laid out later.
        """


class NumberKind(BaseKind):
    """A number or a Bool, whose bits are in the data section."""

    @abstractmethod
    def raw(self, value: Any) -> int:
        """Return the bits of a value.

        Raises:
            ArgumentTypeError: If the value is no Bool or number, as the type requires.
            ArgumentValueError: If the number is out of range.
        """


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


# -- values --------------------------------------------------------------------------------------

#: Makes a value without fields.
new_value: Final[Callable[[Any], Any]] = object.__new__


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
            if layout.is_bound:
                value._bound = layout
            _take(layout, low, value.__dict__, unread)
            continue
        structs: StructListReader = low
        values: list[Any] = value
        owner = layout.owner
        for index in range(len(structs)):
            value = new_value(owner)
            values.append(value)
            if layout.is_bound:
                value._bound = layout
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
