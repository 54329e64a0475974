"""The bases of generated readers and builders, and the lists that they return.

A generated reader or builder holds one handle of the low layer, and each of its properties calls
one method of that handle. So the promises of the low layer hold for generated code.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    Protocol,
    SupportsIndex,
    TypeAlias,
    TypeVar,
    cast,
    final,
)

from .. import wire
from .._build.builder import PointerListBuilder, Pointers, StructBuilder, StructListBuilder
from .._build.primitives import ListBuilder
from .._build.survey import Found
from .._read.lists import ListReader
from .._read.objects import PointerListReader, PointerSlotsReader, StructListReader, StructReader
from .._words.arguments import integer, number_text, type_name
from .._words.block import Block, Body, Copied
from .._words.exhausted import exhausted
from .._words.face import counted
from .._words.laid_out import LaidOut, SchemaClass, struct_type
from .._words.tree import Tree
from ..errors import ArgumentIndexError, ArgumentValueError, Error
from ..wire import Element, PointerKind, Primitive
from .enums import Enumerants, Enumeration
from .kinds import TEXT, AnyKind, ListKind, ParameterKind, ScalarListKind, StructKind
from .laying import block_from, fill, objects_of
from .layout import NO_STRUCT, Layout, PointerTo
from .notebook import html_of
from .plain import DICT, JSON, DictForm, json_text, plain_struct
from .properties import BuilderHandle, ReaderHandle
from .text import TEXT_FORM, text_of
from .values import Opaque, StructValue, reader_of, without_internal

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V", bound=StructValue)
E = TypeVar("E", bound=Enumeration)
S = TypeVar("S")
B = TypeVar("B")
R = TypeVar("R")
P = TypeVar("P", bound="PointerSlotsReader | Pointers")


def or_default(found: T | None, default: T) -> T:
    """Return ``found``; if it is ``None``, because the pointer is null, return ``default``."""
    return default if found is None else found


# -- lists ---------------------------------------------------------------------------------------


class Numbers(Protocol[T_co]):
    """A list of numbers, Bools or Voids. It is a ``ListReader`` or ``ListBuilder``."""

    def __len__(self) -> int:
        """Return the number of items."""

    def __getitem__(self, index: int, /) -> T_co:
        """Return an item. Negative indices count from the end."""

    def __iter__(self) -> Iterator[T_co]:
        """Iterate over the items."""


class NumbersBuilder(Numbers[T], Protocol[T]):
    """A list of numbers, Bools or Voids that is being built."""

    def __setitem__(self, index: int, value: T, /) -> None:
        """Write an item."""


@final
class NoItems:
    """The list that a null pointer reads as. It has no items; ``init_…`` builds a real list."""

    def __len__(self) -> int:
        """Return 0."""
        return 0

    def __iter__(self) -> Iterator[Any]:
        """Iterate over nothing."""
        return iter(())

    def __getitem__(self, index: int) -> Any:
        """Raise ``ArgumentIndexError``."""
        raise ArgumentIndexError(
            f"item {number_text(integer(index, 'an index'))} does not exist: the list has no items"
        )

    def __setitem__(self, index: int, value: Any) -> None:
        """Raise ``ArgumentIndexError``."""
        self[index]


NO_ITEMS: Final = NoItems()


def numbers(low: ListReader | ListBuilder | None) -> NumbersBuilder[Any]:
    """Return a list of numbers, Bools or Voids whose negative indices count from the end."""
    if low is None:
        return NO_ITEMS
    low._from_end = True
    return cast(NumbersBuilder[Any], low)


def ints(low: ListReader | ListBuilder | None) -> NumbersBuilder[int]:
    """Return a list of integers."""
    return numbers(low)


def floats(low: ListReader | ListBuilder | None) -> NumbersBuilder[float]:
    """Return a list of floats."""
    return numbers(low)


def bools(low: ListReader | ListBuilder | None) -> NumbersBuilder[bool]:
    """Return a list of Bools."""
    return numbers(low)


def voids(low: ListReader | ListBuilder | None) -> NumbersBuilder[None]:
    """Return a list of Voids."""
    return numbers(low)


class Items(ABC, Generic[T]):
    """A list of structs, enums or pointers. Negative indices count from the end."""

    __slots__ = ("_low",)

    def __init__(self, low: Any) -> None:
        self._low: Final[Any] = NO_ITEMS if low is None else low

    @property
    def low_level(self) -> Any:
        """The list in the low layer; for a null pointer, an empty list without other methods."""
        return self._low

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._low)

    @abstractmethod
    def _open(self, at: int) -> T:
        """Return the item at an index that exists."""

    def __getitem__(self, index: SupportsIndex) -> T:
        """Return an item."""
        return self._open(self._at(index))

    def __iter__(self) -> Iterator[T]:
        """Iterate over the items."""
        return map(self._open, range(len(self._low)))

    def _at(self, index: SupportsIndex) -> int:
        """Return the index of an item, counted from the start."""
        number = index if type(index) is int else integer(index, "an index")
        count = len(self._low)
        at = number + count if number < 0 else number
        if not 0 <= at < count:
            if self._low is not NO_ITEMS:
                with suppress(ArgumentIndexError):
                    # If the list is stale, this raises StaleHandle, which comes first.
                    self._open(number)
            raise ArgumentIndexError(
                f"item {number_text(number)} does not exist: the list has {counted(count, 'item')}"
            )
        return at

    def __repr__(self) -> str:
        """Return the number of items. Reads no memory."""
        return f"<{type_name(self)}: {counted(len(self._low), 'item')}>"


class ItemsBuilder(Items[T], Generic[T, S]):
    """A list of structs, enums or pointers that is being built.

    ``S`` is the type of values that can be set.
    """

    __slots__ = ("_kind",)

    def __init__(self, low: Any, kind: Any) -> None:
        super().__init__(low)
        #: The kind of an item.
        self._kind: Final[Any] = kind

    def __setitem__(self, index: SupportsIndex, value: S) -> None:
        """Write an item, all or nothing."""
        at = self._at(index)
        try:
            self._put(at, value)
        except RecursionError as error:
            raise exhausted() from error

    @abstractmethod
    def _put(self, at: int, value: S) -> None:
        """Write the item at an index that exists."""


@final
class StructItems(Items[T]):
    """A list of structs."""

    __slots__ = ("_wrap",)

    def __init__(self, low: StructListReader | None, wrap: Callable[[StructReader], T]) -> None:
        super().__init__(low)
        self._wrap: Final = wrap

    def _open(self, at: int) -> T:
        return self._wrap(self._low[at])

    def __iter__(self) -> Iterator[T]:
        """Iterate over the items."""
        return map(self._wrap, self._low)

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the list."""
        return tree_of_structs(self._low)


@final
class StructItemsBuilder(ItemsBuilder[T, S]):
    """A list of structs that is being built."""

    __slots__ = ("_wrap",)

    def __init__(self, low: StructListBuilder | None, owner: SchemaClass[T, Any]) -> None:
        super().__init__(low, owner)
        kind: Any = owner
        self._wrap: Final[Callable[[StructBuilder], T]] = kind.Builder

    def _open(self, at: int) -> T:
        return self._wrap(self._low[at])

    def _put(self, at: int, value: S) -> None:
        overwrite_struct(self._low[at], self._kind._layout, value)

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the list."""
        return tree_of_structs(self._low)


def tree_of_structs(low: Any) -> Tree:
    """Return a copy of a list of structs, or an empty one for a null pointer."""
    if low is NO_ITEMS:
        return Tree(wire.list_shape(wire.SIZE_COMPOSITE, 0), bytearray(wire.WORD_BYTES))
    tree: Tree = low._tree()
    return tree


@final
class PointerItems(Items[T]):
    """A list of texts, data, lists or capabilities."""

    __slots__ = ("_get",)

    def __init__(
        self, low: PointerListReader | None, get: Callable[[PointerListReader, int], T]
    ) -> None:
        super().__init__(low)
        self._get: Final = get

    def _open(self, at: int) -> T:
        return self._get(self._low, at)


@final
class PointerItemsBuilder(ItemsBuilder[T, S]):
    """A list of texts, data, lists or capabilities that is being built."""

    __slots__ = ("_get",)

    def __init__(
        self,
        low: PointerListBuilder | None,
        get: Callable[[PointerListBuilder, int], T],
        kind: PointerTo,
    ) -> None:
        super().__init__(low, kind)
        self._get: Final = get

    def _open(self, at: int) -> T:
        return self._get(self._low, at)

    def _put(self, at: int, value: S) -> None:
        put_pointer(self._low, at, self._kind, value)


@final
class EnumItems(Items[E]):
    """A list of enums."""

    __slots__ = ("_table",)

    def __init__(self, low: ListReader | None, table: Enumerants[E]) -> None:
        super().__init__(low)
        self._table: Final = table

    def _open(self, at: int) -> E:
        return self._table[self._low[at]]


@final
class EnumItemsBuilder(ItemsBuilder[E, E]):
    """A list of enums that is being built."""

    __slots__ = ()

    def __init__(self, low: ListBuilder | None, table: Enumerants[E]) -> None:
        super().__init__(low, table)

    def _open(self, at: int) -> E:
        table: Enumerants[E] = self._kind
        return table[self._low[at]]

    def _put(self, at: int, value: E) -> None:
        self._low[at] = value


def put_pointer(slots: Pointers, index: int, kind: PointerTo, value: Any) -> None:
    """Build an object from a value, all or nothing. ``None`` makes the pointer null."""
    slots.set(index, None if value is None else Laid(block_from(kind, value)))


def overwrite_struct(low: StructBuilder, layout: Layout, value: Any) -> None:
    """Write a value, or the struct of a reader or builder, to a struct, all or nothing."""
    fits = low.data_words >= layout.data_words and low.pointer_count >= layout.pointer_count
    if not fits or not issubclass(type(value), layout.owner):
        # Of a value that does not fit, nothing is cut off: this raises then.
        low.copy_from(Laid(block_from(StructKind(lambda: layout.owner), value)))
        return
    body = layout.blank()
    fill(layout, body, 0, value)
    everything = (1 << low.data_words * wire.WORD_BYTES * 8) - 1
    amend_struct(low, body, objects_of(layout, body), everything, range(low.pointer_count))


def amend_struct(
    low: StructBuilder,
    body: Body,
    objects: Mapping[int, Copied],
    bits: int,
    pointers: Iterable[int],
) -> tuple[list[tuple[int, Found]], int]:
    """Replace some bits and pointers of a struct, all of them in one step.

    Args:
        low: The struct.
        body: A struct with the new bits. Its pointers do not matter.
        objects: The new objects, by the indices of their pointers.
        bits: The mask of the bits to replace.
        pointers: The indices of the pointers to replace. One without an object becomes null.

    Returns:
        The new objects, each with the word of its pointer, and their epoch.
    """
    return low._amend(
        bits,
        int.from_bytes(body.octets(), "little") & bits,
        {index: objects.get(index) for index in sorted(pointers)},
    )


@final
class Laid:
    """A block made from a value, as an argument for one call of the low layer."""

    __slots__ = ("_block",)

    def __init__(self, block: Block) -> None:
        self._block: Final = block

    def __capnsafe_copy__(self) -> Copied:
        """Return the block."""
        return self._block


# -- pointers of any kind ------------------------------------------------------------------------


class AnyHandle(Generic[P]):
    """The base of the readers and builders of a pointer to an object of any kind."""

    __slots__ = ("_index", "_slots")

    def __init__(self, slots: P, index: int) -> None:
        self._slots: Final[P] = slots
        self._index: Final = index

    @property
    def kind(self) -> PointerKind:
        """The kind of the object."""
        return self._slots.kind(self._index)

    def as_text(self) -> str:
        """Return the object as a Text."""
        return self._slots.get_text(self._index) or ""

    def as_data(self) -> bytes:
        """Return the object as a Data."""
        return self._slots.get_data(self._index) or b""

    def as_capability(self) -> int | None:
        """Return the index of the capability."""
        return self._slots.get_capability(self._index)

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the object."""
        return tree_at(self._slots, self._index)

    def __repr__(self) -> str:
        """Return the place of the pointer. Reads no memory."""
        return f"<{type_name(self)}: pointer {self._index} of {self._slots!r}>"


@final
class AnyReader(AnyHandle[PointerSlotsReader]):
    """A pointer to an object of any kind."""

    __slots__ = ()

    def as_struct(self, kind: SchemaClass[B, R]) -> R:
        """Open the object as a struct. A null pointer reads as a struct of defaults."""
        _, _, _, wrap = struct_type(kind)
        return wrap(self._slots.get_struct(self._index) or NO_STRUCT)

    def as_structs(self, kind: SchemaClass[B, R]) -> Items[R]:
        """Open the object as a list of structs."""
        _, _, _, wrap = struct_type(kind)
        return StructItems(self._slots.get_struct_list(self._index), wrap)

    def as_numbers(self, element: Element) -> Numbers[Primitive]:
        """Open the object as a list of primitives."""
        return numbers(self._slots.get_list(self._index, element))

    def as_texts(self) -> Items[str]:
        """Open the object as a list of texts."""
        return PointerItems(
            self._slots.get_pointer_list(self._index), lambda low, at: low.get_text(at) or ""
        )

    def copy(self) -> Opaque | None:
        """Return a copy of the object, or ``None`` if the pointer is null."""
        return None if self._slots.is_null(self._index) else Opaque.of(self._slots, self._index)


@final
class AnyBuilder(AnyHandle[Pointers]):
    """A pointer to an object of any kind, in a message that is being built."""

    __slots__ = ()

    def init_struct(self, kind: SchemaClass[B, R]) -> B:
        """Build a struct."""
        data_words, pointers, wrap, _ = struct_type(kind)
        return wrap(self._slots.init_struct(self._index, data_words, pointers))

    def as_struct(self, kind: SchemaClass[B, R]) -> B:
        """Open the object as a struct. If the pointer is null, build the struct first."""
        data_words, pointers, wrap, _ = struct_type(kind)
        low = self._slots.get_struct(self._index, data_words, pointers)
        return wrap(low or self._slots.init_struct(self._index, data_words, pointers))

    def init_structs(self, kind: SchemaClass[B, R], count: int) -> ItemsBuilder[B, Any]:
        """Build a list of ``count`` structs."""
        data_words, pointers, _, _ = struct_type(kind)
        low = self._slots.init_struct_list(self._index, count, data_words, pointers)
        return StructItemsBuilder(low, kind)

    def as_structs(self, kind: SchemaClass[B, R]) -> ItemsBuilder[B, Any]:
        """Open the object as a list of structs. A null pointer is an empty list."""
        data_words, pointers, _, _ = struct_type(kind)
        return StructItemsBuilder(
            self._slots.get_struct_list(self._index, data_words, pointers), kind
        )

    def init_numbers(self, element: Element, count: int) -> NumbersBuilder[Any]:
        """Build a list of ``count`` primitives."""
        return numbers(self._slots.init_list(self._index, element, count))

    def as_numbers(self, element: Element) -> NumbersBuilder[Any]:
        """Open the object as a list of primitives. A null pointer is an empty list."""
        return numbers(self._slots.get_list(self._index, element))

    def init_texts(self, count: int) -> ItemsBuilder[str, str]:
        """Build a list of ``count`` texts."""
        return _texts_of(self._slots.init_pointer_list(self._index, count))

    def as_texts(self) -> ItemsBuilder[str, str]:
        """Open the object as a list of texts. A null pointer is an empty list."""
        return _texts_of(self._slots.get_pointer_list(self._index))

    def set_capability(self, capability: int) -> None:
        """Set the pointer to a capability, by its index in the table that the caller keeps."""
        self._slots.set_capability(self._index, capability)

    def set(self, value: Anything | None) -> None:
        """Build an object from ``value``: a value of any struct, a ``str``, ``bytes``, or a handle.

        ``None`` makes the pointer null.
        """
        put_pointer(self._slots, self._index, ANY_POINTER, value)


def _texts_of(low: PointerListBuilder | None) -> ItemsBuilder[str, str]:
    """Return a list of texts that is being built."""
    return PointerItemsBuilder(low, lambda low, at: low.get_text(at) or "", TEXT)


def tree_at(slots: PointerSlotsReader | Pointers, index: int) -> Tree:
    """Return a copy of an object, or raise ``ArgumentValueError`` if the pointer is null."""
    tree = slots._tree_at(index)
    if tree is None:
        raise ArgumentValueError("the pointer is null, so there is no object to copy")
    return tree


ANY_POINTER: Final = AnyKind(Opaque.of)

#: Values of a pointer to an object of any kind. Lists and capabilities are accepted only if the
#: pointer is a parameter to which the schema gives a type.
Anything: TypeAlias = "StructValue | Opaque | str | bytes | int | Sequence[object] | LaidOut"


def parameter(scope: int, index: int) -> ParameterKind:
    """Return the kind of a parameter of the generic struct or interface with the id ``scope``."""
    return ParameterKind(Opaque.of, scope, index)


# -- structs -------------------------------------------------------------------------------------


class StructHandle(ABC, Generic[V]):
    """The base of generated readers and builders. ``V`` is the class of values."""

    __slots__ = ()

    _layout: ClassVar[Layout]
    _low: Any

    @abstractmethod
    def _reader(self) -> StructReader:
        """Return a reader of the struct, or of a copy of it."""

    def to_value(self) -> V:
        """Return a copy of the struct as a value."""
        try:
            value: V = self._layout.owner._from_low(self._reader(), self._layout)
            return value
        except RecursionError as error:
            raise exhausted() from error

    def to_dict(self) -> dict[str, Any]:
        """Return the struct as a dict, with the names of the schema as keys."""
        return self._plain(DICT)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the struct as JSON, as the reference implementation writes it."""
        return json_text(self._plain(JSON), indent)

    def to_text(self) -> str:
        """Return the struct in the schema language, as ``capnp convert --short`` prints it."""
        return text_of(self._plain(TEXT_FORM))

    def _plain(self, form: DictForm) -> dict[str, Any]:
        try:
            return plain_struct(self._layout, self._reader(), form)
        except RecursionError as error:
            raise exhausted() from error

    def _unset(self, name: str) -> ArgumentValueError:
        """Return the error for a member of the union that is not set."""
        tag = self._layout.tag
        assert tag is not None
        owner: Any = self._layout.owner
        which = owner.MEMBERS.get(self._low.get_uint16(tag))
        return ArgumentValueError(
            f"{name} is not set: the union of {self._layout.owner.__qualname__} has"
            f" {which or 'a member of a newer schema'} set"
        )

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the struct."""
        tree: Tree = self._low._tree()
        return tree

    def __repr__(self) -> str:
        """Return the class and the place of the struct. Reads no memory."""
        return f"<{type(self).__qualname__}: {self._low!r}>"

    def __dir__(self) -> list[str]:
        """Return the names of the class without those that are internal."""
        return without_internal(super().__dir__())


class GeneratedReader(ReaderHandle, StructHandle[V]):
    """The base of generated readers."""

    __slots__ = ()

    _low: StructReader

    @property
    def low_level(self) -> StructReader:
        """The reader of the low layer."""
        return self._low

    def _reader(self) -> StructReader:
        return self._low

    def _repr_html_(self) -> str | None:
        """Return a table of the fields for a notebook, or ``None`` if they cannot be read.

        As with any reading, the words that are shown are charged to the traversal limit.
        """
        try:
            return html_of(self._layout, self._low)
        except (Error, RecursionError):
            return None


class GeneratedBuilder(BuilderHandle, StructHandle[V]):
    """The base of generated builders."""

    __slots__ = ()

    _low: StructBuilder

    @property
    def low_level(self) -> StructBuilder:
        """The builder of the low layer."""
        return self._low

    def _reader(self) -> StructReader:
        return reader_of(self._low._tree()).get_root()

    def set(self, value: V) -> None:
        """Write a value to the struct, all or nothing."""
        layout = self._layout
        try:
            if layout.is_group:
                layout.require(value)
                body = layout.blank()
                fill(layout, body, 0, value)
                self._amend(body, layout.bits, layout.pointers)
            else:
                overwrite_struct(self._low, layout, value)
        except RecursionError as error:
            raise exhausted() from error

    def _assign(self, name: str, value: Any) -> None:
        """Build the object of a pointer field from a value."""
        field = self._layout.by_name[name]
        assert isinstance(field.kind, PointerTo)
        try:
            put_pointer(self._low, field.offset, field.kind, value)
        except RecursionError as error:
            raise exhausted() from error

    def _update(self, values: Mapping[str, Any]) -> None:
        """Write several fields in one step, all or nothing."""
        layout = self._layout
        try:
            numbers = layout.numbers(values)
            if numbers is not None:
                self._low._put_bits(*numbers)
                return
            bits, pointers = layout.extent(values)
            body = layout.blank()
            for name, value in values.items():
                field = layout.by_name[name]
                if field.member is not None:
                    layout.choose(name, body)
                field.kind.put(field, body, 0, value)
            self._amend(body, bits, pointers)
        except RecursionError as error:
            raise exhausted() from error

    def _select(self, name: str, value: Any) -> None:
        """Set a member of the union, and clear the others, in one step."""
        layout = self._layout
        try:
            body = layout.blank()
            field = layout.choose(name, body)
            field.kind.put(field, body, 0, value)
            self._amend(body, layout.union_bits, layout.union_pointers)
        except RecursionError as error:
            raise exhausted() from error

    def _select_blank(self, name: str, count: int | None = None) -> Any:
        """Set a member of the union to a zeroed object, and clear the others, in one step.

        Return the builder of the object in the low layer, or ``None`` for a group.
        """
        layout = self._layout
        body = layout.blank()
        field = layout.choose(name, body)
        kind = field.kind
        if not isinstance(kind, (StructKind, ListKind)):
            self._amend(body, layout.union_bits, layout.union_pointers)
            return None
        child = kind.blank(0 if count is None else count)
        [(word, found)], epoch = amend_struct(
            self._low,
            body,
            {field.offset: child},
            layout.union_bits,
            layout.union_pointers,
        )
        element = kind.of.element if isinstance(kind, ScalarListKind) else None
        # The handle is made here, because opening the object could fail after the message changed.
        return self._low._handle_on_new(word, found, child, element, epoch)

    def _amend(self, body: Body, bits: int, pointers: frozenset[int]) -> None:
        """Replace the given bits and pointers of this struct, in one step."""
        amend_struct(self._low, body, objects_of(self._layout, body), bits, pointers)
