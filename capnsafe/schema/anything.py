"""Pointers to objects of any kind: AnyPointer, AnyStruct, AnyList and parameters without a type."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Generic, Protocol, TypeAlias, TypeVar, final

from .._build.builder import PointerListBuilder, Pointers
from .._read.objects import PointerSlotsReader
from .._read.reader import MessageReader
from .._words.arguments import type_name
from .._words.block import Copied
from .._words.exhausted import exhausted
from .._words.laid_out import SchemaClass, struct_type
from .._words.tree import Tree
from ..errors import ArgumentValueError
from ..wire import Element, PointerKind, Primitive
from .any_kinds import AnyKind, ParameterKind
from .enums import Enumeration
from .kinds import TEXT
from .laying import flat_words
from .layout import NO_STRUCT
from .lists import (
    Items,
    ItemsBuilder,
    Numbers,
    NumbersBuilder,
    PointerItems,
    PointerItemsBuilder,
    StructItems,
    StructItemsBuilder,
    numbers,
    put_pointer,
    text_at,
)
from .values import own_reader

B = TypeVar("B")
R = TypeVar("R")
P = TypeVar("P", bound="PointerSlotsReader | Pointers")


@final
class Opaque:
    """A copy of the object behind an AnyPointer, AnyStruct or AnyList. ``reader()`` opens it."""

    __slots__ = ("words",)

    def __init__(self, words: bytes) -> None:
        #: A message of one segment, without framing, that has the object as its root.
        self.words: Final = words

    @classmethod
    def of(cls, slots: PointerSlotsReader, index: int) -> Opaque:
        """Return a copy of the object behind a pointer."""
        return cls(flat_words(slots._tree_at(index)))

    def message(self) -> MessageReader:
        """Return a reader of a message whose root is the object."""
        return own_reader(self.words)

    def reader(self) -> AnyReader:
        """Return a reader of the object, as a field of a reader returns it."""
        return AnyReader(self.message().root_pointer(), 0)

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the object."""
        tree = self.message().root_pointer()._tree_at(0)
        assert tree is not None
        return tree

    def __repr__(self) -> str:
        """Return the size of the object."""
        return f"<{type_name(self)}: {len(self.words) // 8 - 1} words>"

    def __eq__(self, other: object) -> bool:
        """Return whether the objects have the same words."""
        return self.words == other.words if type(other) is Opaque else NotImplemented

    def __hash__(self) -> int:
        """Return the hash of the words."""
        return hash(self.words)

    def __reduce__(self) -> tuple[type[Opaque], tuple[bytes]]:
        """Return the constructor and the words, for copies and pickles."""
        return Opaque, (self.words,)


class AnyHandle(Generic[P]):
    """The base of the readers and builders of a pointer whose object the schema leaves open."""

    __slots__ = ("_index", "_slots")

    #: The kind of the field.
    _kind: ClassVar[AnyKind]

    def __init__(self, slots: P, index: int) -> None:
        self._slots: Final[P] = slots
        self._index: Final = index

    @property
    def kind(self) -> PointerKind:
        """The kind of the object."""
        return self._slots.kind(self._index)

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the object."""
        return tree_at(self._slots, self._index)

    def __repr__(self) -> str:
        """Return the place of the pointer. Reads no memory."""
        return f"<{type_name(self)}: pointer {self._index} of {self._slots!r}>"


class AnyTextHandle(AnyHandle[P]):
    """The base of the readers and builders of a pointer that may lead to a list."""

    __slots__ = ()

    def as_text(self) -> str:
        """Return the object as a Text."""
        return self._slots.get_text(self._index) or ""

    def as_data(self) -> bytes:
        """Return the object as a Data."""
        return self._slots.get_data(self._index) or b""


class CopyingReader(AnyHandle[PointerSlotsReader]):
    """The base of the readers of a pointer whose object the schema leaves open."""

    __slots__ = ()

    def copy(self) -> Opaque | None:
        """Return a copy of the object, or ``None`` if the pointer is null.

        Raises:
            PointerKindMismatch: If the schema does not allow an object of this kind.
        """
        copied: Opaque | None = self._kind.load(self._slots, self._index, [])
        return copied


class AnyStructReader(CopyingReader):
    """A pointer to a struct of any type."""

    __slots__ = ()

    def as_struct(self, kind: SchemaClass[B, R]) -> R:
        """Open the object as a struct. A null pointer reads as a struct of defaults."""
        _, _, _, wrap = struct_type(kind)
        return wrap(self._slots.get_struct(self._index) or NO_STRUCT)


class AnyListReader(AnyTextHandle[PointerSlotsReader], CopyingReader):
    """A pointer to a list of any type. A Text and a Data are lists, too."""

    __slots__ = ()

    def as_structs(self, kind: SchemaClass[B, R]) -> Items[R]:
        """Open the object as a list of structs."""
        _, _, _, wrap = struct_type(kind)
        return StructItems(self._slots.get_struct_list(self._index), wrap)

    def as_numbers(self, element: Element) -> Numbers[Primitive]:
        """Open the object as a list of primitives."""
        return numbers(self._slots.get_list(self._index, element))

    def as_texts(self) -> Items[str]:
        """Open the object as a list of texts."""
        return PointerItems(self._slots.get_pointer_list(self._index), text_at)

    def as_lists(self) -> Items[AnyListReader]:
        """Open the object as a list of lists, or of Data."""
        return PointerItems(self._slots.get_pointer_list(self._index), AnyListReader)


@final
class AnyReader(AnyStructReader, AnyListReader):
    """A pointer to an object of any kind."""

    __slots__ = ()

    def as_capability(self) -> int | None:
        """Return the index of the capability."""
        return self._slots.get_capability(self._index)


class SettingBuilder(AnyHandle[Pointers]):
    """The base of the builders of a pointer whose object the schema leaves open."""

    __slots__ = ()

    def _put(self, value: Any) -> None:
        try:
            put_pointer(self._slots, self._index, self._kind, value)
        except RecursionError as error:
            raise exhausted() from error


class AnyStructBuilder(SettingBuilder):
    """A pointer to a struct of any type, in a message that is being built."""

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

    def set(self, value: AnyStruct | None) -> None:
        """Build a copy of a struct: a value of any struct, or a handle on one.

        ``None`` makes the pointer null.
        """
        self._put(value)


class AnyListBuilder(AnyTextHandle[Pointers], SettingBuilder):
    """A pointer to a list of any type, in a message that is being built."""

    __slots__ = ()

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

    def init_lists(self, count: int) -> ItemsBuilder[AnyListBuilder, AnyList]:
        """Build a list of ``count`` lists or Data."""
        return _lists_of(self._slots.init_pointer_list(self._index, count))

    def as_lists(self) -> ItemsBuilder[AnyListBuilder, AnyList]:
        """Open the object as a list of lists, or of Data. A null pointer is an empty list."""
        return _lists_of(self._slots.get_pointer_list(self._index))

    def set(self, value: AnyList | None) -> None:
        """Build a list: a ``str``, ``bytes``, an ``array.array``, a list of Python, or a handle.

        The first item of a list tells the type of the elements. ``None`` makes the pointer null.
        """
        self._put(value)


@final
class AnyBuilder(AnyStructBuilder, AnyListBuilder):
    """A pointer to an object of any kind, in a message that is being built."""

    __slots__ = ()

    def as_capability(self) -> int | None:
        """Return the index of the capability."""
        return self._slots.get_capability(self._index)

    def set_capability(self, capability: int) -> None:
        """Set the pointer to a capability, by its index in the table that the caller keeps."""
        self._slots.set_capability(self._index, capability)

    def set(self, value: Anything | None) -> None:
        """Build an object: a value of any struct, anything that is a list, or a handle.

        ``None`` makes the pointer null.
        """
        self._put(value)


def _texts_of(low: PointerListBuilder | None) -> ItemsBuilder[str, str]:
    """Return a list of texts that is being built."""
    return PointerItemsBuilder(low, text_at, TEXT)


def _lists_of(low: PointerListBuilder | None) -> ItemsBuilder[AnyListBuilder, AnyList]:
    """Return a list of lists that is being built."""
    return PointerItemsBuilder(low, AnyListBuilder, ANY_LIST)


def tree_at(slots: PointerSlotsReader | Pointers, index: int) -> Tree:
    """Return a copy of an object, or raise ``ArgumentValueError`` if the pointer is null."""
    tree = slots._tree_at(index)
    if tree is None:
        raise ArgumentValueError("the pointer is null, so there is no object to copy")
    return tree


ANY_POINTER: Final = AnyKind(Opaque.of)
ANY_STRUCT: Final = AnyKind(Opaque.of, PointerKind.STRUCT)
ANY_LIST: Final = AnyKind(Opaque.of, PointerKind.LIST)

AnyStructReader._kind = AnyStructBuilder._kind = ANY_STRUCT
AnyListReader._kind = AnyListBuilder._kind = ANY_LIST
AnyReader._kind = AnyBuilder._kind = ANY_POINTER


class StructLike(Protocol):
    """A value, a reader or a builder of any struct."""

    def to_dict(self) -> dict[str, Any]:
        """Return the struct as a dict."""

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the struct."""


#: Values of an AnyStruct.
AnyStruct: TypeAlias = "StructLike | Opaque | AnyStructReader | AnyStructBuilder"

#: Lists of a message.
ListHandle: TypeAlias = "Items[Any] | Numbers[Any] | AnyListReader | AnyListBuilder | Opaque"

#: Objects that are Texts or Data.
Octets: TypeAlias = "str | bytes | bytearray | memoryview"

#: Values of an AnyList. Numbers of Python have no width, so a list of numbers needs a type with
#: one: an ``array.array``, or a list of a message.
AnyList: TypeAlias = "Octets | array[int] | array[float] | Sequence[ListItem] | ListHandle"

#: Items of a list that is the value of an AnyList. They are of one type, except ``None``.
ListItem: TypeAlias = "StructLike | bool | Enumeration | AnyList | None"

#: Values of an AnyPointer.
Anything: TypeAlias = "AnyStruct | AnyList"


def parameter(scope: int, index: int) -> ParameterKind:
    """Return the kind of a parameter of the generic struct or interface with the id ``scope``."""
    return ParameterKind(Opaque.of, scope, index)
