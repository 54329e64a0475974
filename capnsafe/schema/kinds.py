"""The kinds of fields: for each type of the schema language, how its values are laid out and read.

A kind converts in both directions, so a class has all that is special about its type.
"""

from __future__ import annotations

import operator
import struct
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast, final

from .. import wire
from .._read.objects import PointerSlotsReader, StructReader
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
from .._words.block import MOST_NUMBERS, BlockBuilder, Body, as_tree, require_words
from .._words.buffers import data_octets
from .._words.caught import Raised
from .._words.tree import Tree
from ..errors import ArgumentError, ArgumentTypeError, ArgumentValueError
from ..wire import WORD_BYTES, Element, Primitive
from .laying import block_of_value, fill, is_laid_out, lay_struct
from .layout import (
    BaseKind,
    Brand,
    Contents,
    FieldLayout,
    Layout,
    NumberKind,
    Owner,
    PointerTo,
    Unread,
    in_field,
    new_value,
)

# -- the data section ----------------------------------------------------------------------------


class ScalarKind(NumberKind):
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
        """Return the bits of a value."""
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

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of a field."""
        if self.integral:
            return low._integer(self.element, field.offset, field.default)
        if self.element is Element.BOOL:
            return low.get_bool(field.offset, default=field.default)
        return low._float(self.element, field.offset, field.default)

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Write the bits of a value, or raise an error that names the field."""
        try:
            bits = self.raw(value)
        except ArgumentError as error:
            raise in_field(error, field.name) from error.__cause__
        bits ^= field.mask
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
        #: The members that the schema knows. Their values are 0, 1, 2 and so on.
        self._known: list[Any] = []

    def raw(self, value: Any) -> int:
        """Return the bits of a member of the enum, or of a number."""
        if type(value) is not int and type(value) is self._enum():
            # An exact int, because no class of an enum has its own operators.
            return cast(int, value) & self.ones
        return super().raw(value)

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of a field."""
        return self.member(low._integer(Element.UINT16, field.offset, field.default))

    def member(self, value: int) -> Any:
        """Return the member of the enum for a value that is not negative."""
        known = self._known
        return known[value] if value < len(known) else self.made(value)

    def made(self, value: Primitive) -> Any:
        """Return the member of the enum."""
        return self.members()[value]

    def members(self) -> Any:
        """Return the members of the enum by value."""
        members = self._members
        if members is None:
            members = self._members = self._enum().BY_VALUE
            self._known = list(members.values())
        return members

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
        try:
            self.raw(value)
        except ArgumentError as error:
            raise in_field(error, field.name) from None


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

    is_group: bool = True

    def __init__(self, owner: Callable[[], Owner], brand: Brand | None = None) -> None:
        self.struct: Final = StructRef(owner, brand)

    def bound(self, brand: Brand) -> BaseKind:
        """Return the group with the types of a brand."""
        return GroupKind(self.struct.owner, brand)

    def initial(self, default: Any) -> Any:
        """Return a group whose fields have their defaults."""
        return self.struct.owner()()

    def bits_at(self, offset: int) -> int:
        """Return the mask of the fields of the group."""
        return self.struct.layout().bits

    def contents(self, value: Any) -> Contents:
        """Return the fields of the group."""
        return self.struct.layout().contents(value)

    def pointers_at(self, offset: int) -> frozenset[int]:
        """Return the pointers of the fields of the group."""
        return self.struct.layout().pointers

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> Any:
        """Return the value of the group."""
        layout = self.struct.layout()
        value = new_value(layout.owner)
        unread.append((layout, low, value))
        return value

    def put(self, field: FieldLayout, body: Body, start: int, value: Any) -> None:
        """Write the fields of the group."""
        layout = self.struct.layout()
        try:
            layout.require(value)
        except ArgumentError as error:
            raise in_field(error, field.name) from None
        fill(layout, body, start, value)


# -- pointers ------------------------------------------------------------------------------------


@final
class TextKind(PointerTo):
    """A Text: ``str``."""

    zero: Any = ""

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> str | None:
        """Return the value of a field, or its default if the pointer is null."""
        text: str | None = low.get_text(field.offset, default=field.default)
        return text

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

    def take(self, low: StructReader, field: FieldLayout, unread: Unread) -> bytes | None:
        """Return the value of a field, or its default if the pointer is null."""
        octets: bytes | None = low.get_data(field.offset, default=field.default)
        return octets

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

    def bound(self, brand: Brand) -> BaseKind:
        """Return the struct, with the types of a brand for those of the struct around the field."""
        if not self.struct.brand:
            return self
        inner: Brand = {}
        for scope, given in self.struct.brand.items():
            outer = brand.get(scope) if given is None else given
            inner[scope] = tuple(each.bound(brand) for each in outer or ())
        return StructKind(self.struct.owner, inner)

    def contents(self, value: Any) -> Contents:
        """Return the fields of the struct."""
        return self.struct.layout().contents(value)

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
        value = new_value(layout.owner)
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


def struct_kind(layout: Layout) -> StructKind:
    """Return the kind of structs with a layout, which may be that for a brand."""
    kind = StructKind(lambda: layout.owner)
    kind.struct._layout = layout
    return kind


#: Iterables whose items are no list: the keys of a dict, and items without an order.
NO_LISTS: Final = (dict, set, frozenset)


class ListKind(PointerTo):
    """A list. A null pointer is an empty one."""

    #: The kind of the items.
    of: Any

    def bound(self, brand: Brand) -> BaseKind:
        """Return the list of elements with the types of a brand."""
        return list_of(self.of.bound(brand))

    def contents(self, value: Any) -> Contents:
        """Return the items of the list."""
        items = value if issubclass(type(value), (list, tuple)) else ()
        return [("", self.of, item) for item in items]

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
        """Append the list for the items of any iterable but those that are one by mistake."""
        if issubclass(type(value), (str, *NO_LISTS)):
            raise ArgumentTypeError(f"a list takes its items, not one {type_name(value)}")
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
        #: The functions that open an item in readers and builders, once they are needed.
        self.reads: Any = None
        self.builds: Any = None

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
        for item in items:
            if type(item) is layout.reader or type(item) is layout.builder:
                out.append_copy(body, at, _with_copies(layout, items))
                return
        count = len(items)
        words = self._words(count, layout)
        out.point(body, at, wire.list_shape(wire.SIZE_COMPOSITE, words))
        structs = Body([layout.shape | count << 2], out.end)
        out.end += 1 + words
        first = len(out.open)
        blank = [0] * layout.words
        for item in items:
            if type(item) is not owner:
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
        # Before the memory is taken: that of the largest list takes seconds to zero.
        require_words(1 + words)
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


def _with_copies(layout: Layout, items: list[Any]) -> Tree:
    """Return the list of some values, and of copies of the structs of readers and builders.

    Such a struct may be larger than those of the schema. So all are as large as the largest.
    """
    trees: list[Tree] = []
    data, pointers = layout.data_words, layout.pointer_count
    for item in items:
        if type(item) is layout.reader or type(item) is layout.builder:
            tree = as_tree(item.__capnsafe_copy__())
        else:
            layout.require(item)
            tree = block_of_value(layout, item).tree()
        data = max(data, wire.struct_data_words(tree.shape))
        pointers = max(pointers, wire.struct_pointers(tree.shape))
        trees.append(tree)
    count, data, pointers = struct_list(len(trees), data, pointers)
    step = data + pointers
    words = count * step
    require_words(1 + words)
    body = bytearray((1 + words) * WORD_BYTES)
    wire.POINTER.pack_into(body, 0, wire.struct_shape(data, pointers) | count << 2)
    whole = Tree(wire.list_shape(wire.SIZE_COMPOSITE, words), body)
    for index, tree in enumerate(trees):
        start = 1 + index * step
        own = wire.struct_data_words(tree.shape)
        octets = tree.body[: own * WORD_BYTES]
        body[start * WORD_BYTES : start * WORD_BYTES + len(octets)] = octets
        whole.children += [(start + data + word - own, child) for word, child in tree.children]
    return whole


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
