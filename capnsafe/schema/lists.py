"""Lists in generated readers and builders.

Lists of numbers are those of the low layer. Other lists are wrapped, so that their items are texts,
enums, or generated readers and builders.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, Generic, Protocol, SupportsIndex, TypeVar, cast, final

from .. import wire
from .._build.builder import PointerListBuilder, Pointers, StructBuilder, StructListBuilder
from .._build.primitives import ListBuilder
from .._build.survey import Found
from .._read.lists import ListReader
from .._read.objects import (
    PointerListReader,
    PointerSlotsReader,
    StructListReader,
    StructReader,
)
from .._words.arguments import integer, number_text, type_name
from .._words.block import Block, Body, Copied
from .._words.exhausted import exhausted
from .._words.face import counted
from .._words.laid_out import SchemaClass
from .._words.tree import Tree
from ..errors import ArgumentIndexError
from .enums import Enumerants, Enumeration
from .kinds import struct_kind
from .laying import block_from, fill, objects_of
from .layout import Layout, PointerTo

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=Enumeration)
S = TypeVar("S")


def text_at(slots: PointerSlotsReader | Pointers, index: int) -> str:
    """Return an item of a list of texts. A null pointer is an empty text."""
    return slots.get_text(index) or ""


def data_at(slots: PointerSlotsReader | Pointers, index: int) -> bytes:
    """Return an item of a list of data. A null pointer is empty data."""
    return slots.get_data(index) or b""


class Numbers(Protocol[T_co]):
    """A list of numbers, Bools or Voids. It is a ``ListReader`` or ``ListBuilder``."""

    #: Whether negative indices count from the end. Lists of Python do not have this, so type
    #: checkers can tell them apart.
    _from_end: bool

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

    _from_end = True

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
    return cast("NumbersBuilder[Any]", low)


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


class Items(Generic[T_co]):
    """A list of structs, enums or pointers. Negative indices count from the end."""

    __slots__ = ("_low",)

    #: The list in the low layer, or ``NO_ITEMS`` for a null pointer.
    _low: Any

    @property
    def low_level(self) -> Any:
        """The list in the low layer; for a null pointer, an empty list without other methods."""
        return self._low

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._low)

    @abstractmethod
    def _open(self, at: Any) -> T_co:
        """Return the item at an index, or raise if it does not exist or is negative."""

    def __getitem__(self, index: SupportsIndex) -> T_co:
        """Return an item."""
        return self._open(index if type(index) is int and index >= 0 else self._at(index))

    def __iter__(self) -> Iterator[T_co]:
        """Iterate over the items."""
        return map(self._open, range(len(self._low)))

    def _at(self, index: SupportsIndex) -> int:
        """Return the index of an item, counted from the start. If it is too large, it stays so."""
        number = integer(index, "an index")
        if number >= 0:
            return number
        count = len(self._low)
        if number < -count:
            if self._low is not NO_ITEMS:
                with suppress(ArgumentIndexError):
                    # If the list is stale, this raises StaleHandle, which comes first.
                    self._open(number)
            raise ArgumentIndexError(
                f"item {number_text(number)} does not exist: the list has {counted(count, 'item')}"
            )
        return number + count

    def __repr__(self) -> str:
        """Return the number of items. Reads no memory."""
        return f"<{type_name(self)}: {counted(len(self._low), 'item')}>"


class ItemsBuilder(Items[T], Generic[T, S]):
    """A list of structs, enums or pointers that is being built.

    ``S`` is the type of values that can be set.
    """

    __slots__ = ()

    def __setitem__(self, index: SupportsIndex, value: S) -> None:
        """Write an item, all or nothing."""
        at = self._at(index)
        try:
            self._put(at, value)
        except RecursionError as error:
            raise exhausted() from error

    @abstractmethod
    def _put(self, at: int, value: S) -> None:
        """Write the item at an index, or raise as ``_open`` does."""


# The constructors of these classes set all attributes themselves, because every list that is opened
# calls one of them.


@final
class StructItems(Items[T]):
    """A list of structs."""

    __slots__ = ("_made", "_wrap")

    def __init__(
        self,
        low: StructListReader | None,
        wrap: Callable[[StructReader], T],
        layout: Layout | None = None,
    ) -> None:
        self._low = NO_ITEMS if low is None else low
        #: The class of the items, and what makes one of them.
        self._wrap: Any = wrap
        self._made: Any = wrap if layout is None else partial(layout.opened, wrap)

    def _open(self, at: Any) -> T:
        made: T = self._made(self._low[at])
        return made

    def __iter__(self) -> Iterator[T]:
        """Iterate over the items."""
        return map(self._made, self._low)

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the list."""
        return tree_of_structs(self._low)


@final
class StructItemsBuilder(ItemsBuilder[T, S]):
    """A list of structs that is being built."""

    __slots__ = ("_layout", "_made", "_wrap")

    def __init__(
        self,
        low: StructListBuilder | None,
        owner: SchemaClass[T, Any],
        layout: Layout | None = None,
    ) -> None:
        self._low = NO_ITEMS if low is None else low
        kind: Any = owner
        self._wrap: Any = kind.Builder
        self._made: Any = kind.Builder if layout is None else partial(layout.opened, kind.Builder)
        self._layout: Layout = kind._layout if layout is None else layout

    def _open(self, at: Any) -> T:
        made: T = self._made(self._low[at])
        return made

    def _put(self, at: int, value: S) -> None:
        overwrite_struct(self._low[at], self._layout, value)

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
        self._low = NO_ITEMS if low is None else low
        self._get: Any = get

    def _open(self, at: Any) -> T:
        low = self._low
        found: T = low[at] if low is NO_ITEMS else self._get(low, at)
        return found


@final
class PointerItemsBuilder(ItemsBuilder[T, S]):
    """A list of texts, data, lists or capabilities that is being built."""

    __slots__ = ("_get", "_kind")

    def __init__(
        self,
        low: PointerListBuilder | None,
        get: Callable[[PointerListBuilder, int], T],
        kind: PointerTo,
    ) -> None:
        self._low = NO_ITEMS if low is None else low
        self._get: Any = get
        #: The kind of an item.
        self._kind: PointerTo = kind

    def _open(self, at: Any) -> T:
        low = self._low
        found: T = low[at] if low is NO_ITEMS else self._get(low, at)
        return found

    def _put(self, at: int, value: S) -> None:
        low = self._low
        if low is NO_ITEMS:
            low[at]
        put_pointer(low, at, self._kind, value)


@final
class EnumItems(Items[E]):
    """A list of enums."""

    __slots__ = ("_table",)

    def __init__(self, low: ListReader | None, table: Enumerants[E]) -> None:
        self._low = NO_ITEMS if low is None else low
        self._table: Any = table

    def _open(self, at: Any) -> E:
        member: E = self._table[self._low[at]]
        return member


@final
class EnumItemsBuilder(ItemsBuilder[E, E]):
    """A list of enums that is being built."""

    __slots__ = ("_table",)

    def __init__(self, low: ListBuilder | None, table: Enumerants[E]) -> None:
        self._low = NO_ITEMS if low is None else low
        self._table: Any = table

    def _open(self, at: Any) -> E:
        member: E = self._table[self._low[at]]
        return member

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
        low.copy_from(Laid(block_from(struct_kind(layout), value)))
        return
    body = layout.blank()
    fill(layout, body, 0, value)
    everything = (1 << low.data_words * wire.WORD_BYTES * 8) - 1
    amend_struct(
        low,
        body,
        objects_of(layout, body, partial(layout.contents, value)),
        everything,
        range(low.pointer_count),
    )


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
