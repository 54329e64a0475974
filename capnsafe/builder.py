"""Builders: handles on objects of a message that is being built.

A handle holds numbers, never memory: the segment, the word where its object starts, the sizes of
its sections. Each call checks its arguments, then that the object still exists (P12), then borrows
the segment, writes, and gives it back.

Field offsets count in units of the field's own size, as the encoding specification and generated
code have them (``get_uint16(3)`` reads bytes 6 and 7 of the data section); pointer indices count
pointers. ``default`` is the field's default value, which the encoding stores XORed into the field
(specification, "Default Values"). The order of complaints is fixed: wrong types, then a stale
handle, then indices, then values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final, SupportsFloat, SupportsIndex, TypeAlias, TypeVar

from . import wire
from .allocator import Buffer
from .arena import Arena
from .arguments import integer, shown, told, type_name
from .draft import change, clear, copy_in, install, overwrite, point
from .errors import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    InvalidText,
    MessageTooLarge,
    PointerKindMismatch,
    StaleHandle,
)
from .orphanage import adopt, disown, retire
from .reader import ListReader, PointerListReader, StructListReader, StructReader
from .segment import Segment, give_back
from .survey import Built, Found, composite, resolve
from .tree import Tree, read_spot, read_tree
from .upgrade import enlarged, upgrade
from .wire import WORD_BYTES, Element

#: What a primitive list holds.
Primitive: TypeAlias = int | float | bool | None

T = TypeVar("T")


# Module constants are found faster than members of the class.
_BOOL: Final = Element.BOOL
_INT8: Final = Element.INT8
_INT16: Final = Element.INT16
_INT32: Final = Element.INT32
_INT64: Final = Element.INT64
_UINT8: Final = Element.UINT8
_UINT16: Final = Element.UINT16
_UINT32: Final = Element.UINT32
_UINT64: Final = Element.UINT64
_FLOAT32: Final = Element.FLOAT32
_FLOAT64: Final = Element.FLOAT64


def _double(value: SupportsFloat | SupportsIndex) -> float:
    """Answer ``value`` as a float; text is no number."""
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value]
    try:
        if not (hasattr(kind, "__float__") or hasattr(kind, "__index__")):
            raise TypeError("it is no number")
        return float(value)
    except OverflowError as error:
        raise ArgumentValueError("the number is too large for a float field") from error
    except Exception as error:
        raise ArgumentTypeError(f"a float field takes a number, not {type_name(value)}") from error


def _float_bits(element: Element, value: float) -> int:
    """Answer the bits of a float as an unsigned integer."""
    try:
        bits: int = element.raw.unpack(element.codec.pack(value))[0]
        return bits
    except OverflowError as error:
        raise ArgumentValueError(f"{value!r} is too large for {element.name}") from error


def _require_range(element: Element, value: int) -> None:
    if not element.low <= value <= element.high:
        raise ArgumentValueError(
            f"{shown(value)} does not fit {element.name}: {element.low} to {element.high}"
        )


def check_sections(data_words: SupportsIndex, pointer_count: SupportsIndex) -> tuple[int, int]:
    """Answer the sections of a struct (words, pointers), which have 16 bits each."""
    data = integer(data_words, "data_words")
    pointers = integer(pointer_count, "pointer_count")
    if not (0 <= data <= wire.MAX_SECTION and 0 <= pointers <= wire.MAX_SECTION):
        raise ArgumentValueError(
            f"a struct has 0 to {wire.MAX_SECTION} data words and pointers, not {shown(data)} and"
            f" {shown(pointers)}"
        )
    return data, pointers


def _check_count(count: SupportsIndex) -> int:
    number = integer(count, "count")
    if number < 0:
        raise ArgumentValueError(f"a list cannot have {shown(number)} elements")
    if number > wire.MAX_LIST_COUNT:
        raise MessageTooLarge(
            f"a list has at most {wire.MAX_LIST_COUNT} elements, not {shown(number)}"
        )
    return number


def _check_element(element: Element) -> Element:
    if type(element) is not Element:
        raise ArgumentTypeError(f"element must be a capnsafe.Element, not {type_name(element)}")
    return element


class PointerKind(Enum):
    """What a pointer leads to."""

    NULL = "null"
    STRUCT = "struct"
    LIST = "list"
    CAPABILITY = "capability"


_KINDS: Final = {
    wire.STRUCT: PointerKind.STRUCT,
    wire.LIST: PointerKind.LIST,
    wire.OTHER: PointerKind.CAPABILITY,
}


class Handle:
    """What all builders share: the object's place, and the data section that it has."""

    __slots__ = ("_anchor", "_arena", "_data", "_data_bits", "_segment", "_since", "_ticket")

    def __init__(
        self, arena: Arena, segment: Segment, anchor: int, since: int, data: int, data_bits: int
    ) -> None:
        self._arena = arena
        self._segment = segment
        #: The word whose retirement makes the handle stale, see ``Arena.check``.
        self._anchor = anchor
        self._since = since
        self._ticket = arena.ticket
        #: First byte of the data section in its segment, and the bits that it has.
        self._data = data
        self._data_bits = data_bits

    def _require_current(self) -> None:
        self._ticket = self._arena.check(self._segment, self._anchor, self._since)

    def _outside(self, element: Element, offset: int) -> ArgumentIndexError:
        return ArgumentIndexError(
            f"{element.name} {shown(offset)} lies outside the {self._data_bits} bits there are",
            segment=self._segment.index,
        )

    def _put_integer(self, element: Element, offset: int, value: int, default: int) -> None:
        if type(offset) is not int:
            offset = integer(offset, "a field offset")
        if type(value) is not int:
            value = integer(value, "a value")
        if type(default) is not int:
            default = integer(default, "a default")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if offset < 0 or (offset + 1) * element.bits > self._data_bits:
            raise self._outside(element, offset)
        if not element.low <= value <= element.high:
            _require_range(element, value)
        if default:
            _require_range(element, default)
            value ^= default
        segment = self._segment
        memory = segment.memory
        at = self._data + offset * element.bytes
        if memory is not None and len(memory) >= segment.used * WORD_BYTES:
            element.codec.pack_into(memory, at, value)
            return
        view = self._arena.borrow(segment)
        try:
            element.codec.pack_into(view, at, value)
        finally:
            give_back(view)

    def _take_bits(self, element: Element, offset: int) -> bytes:
        """Answer the bytes of a field (of the byte that holds it, for a bool)."""
        if type(offset) is not int:
            offset = integer(offset, "a field offset")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if offset < 0 or (offset + 1) * element.bits > self._data_bits:
            raise self._outside(element, offset)
        size = element.bytes or 1
        at = self._data + (offset * size if element.bytes else offset >> 3)
        view = self._arena.borrow(self._segment)
        try:
            return bytes(view[at : at + size])
        finally:
            give_back(view)

    def _take_integer(self, element: Element, offset: int, default: int) -> int:
        if type(default) is not int:
            default = integer(default, "a default")
        value: int = element.codec.unpack(self._take_bits(element, offset))[0]
        if default:
            _require_range(element, default)
            value ^= default
        return value

    def _put_float(
        self,
        element: Element,
        offset: int,
        value: float,
        default: float,
    ) -> None:
        value = _double(value)
        default = _double(default)
        if type(offset) is not int:
            offset = integer(offset, "a field offset")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if offset < 0 or (offset + 1) * element.bits > self._data_bits:
            raise self._outside(element, offset)
        bits = _float_bits(element, value) ^ _float_bits(element, default)
        view = self._arena.borrow(self._segment)
        try:
            element.raw.pack_into(view, self._data + offset * element.bytes, bits)
        finally:
            give_back(view)

    def _take_float(self, element: Element, offset: int, default: float) -> float:
        inverted = _float_bits(element, _double(default))
        bits = self._take_bits(element, offset)
        if inverted:
            whole: int = element.raw.unpack(bits)[0]
            bits = element.raw.pack(whole ^ inverted)
        value: float = element.codec.unpack(bits)[0]
        return value

    def _put_bool(self, offset: int, value: bool, default: bool) -> None:
        bit = _truth(value) is not _truth(default)
        if type(offset) is not int:
            offset = integer(offset, "a field offset")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if not 0 <= offset < self._data_bits:
            raise self._outside(_BOOL, offset)
        at = self._data + (offset >> 3)
        mask = 1 << (offset & 7)
        view = self._arena.borrow(self._segment)
        try:
            octet = view[at]
            view[at] = octet | mask if bit else octet & ~mask
        finally:
            give_back(view)

    def _take_bool(self, offset: int, default: bool) -> bool:
        inverted = _truth(default)
        octet = self._take_bits(_BOOL, offset)[0]
        return bool(octet >> (offset & 7) & 1) is not inverted

    def _put(self, element: Element, offset: int, value: Any) -> None:
        """Write an element of a list."""
        if element.floating:
            self._put_float(element, offset, value, 0.0)
        elif element is _BOOL:
            self._put_bool(offset, value, False)
        else:
            self._put_integer(element, offset, value, 0)

    def _take(self, element: Element, offset: int) -> Primitive:
        """Read an element of a list."""
        if element.floating:
            return self._take_float(element, offset, 0.0)
        if element is _BOOL:
            return self._take_bool(offset, False)
        return self._take_integer(element, offset, 0)


#: Format characters of buffers whose items an element can be made of.
_SIGNED: Final = "bhilqn"
_UNSIGNED: Final = "BHILQN"
_FLOATS: Final = "fd"


def _items(element: Element, values: Buffer) -> bytes:
    """Answer the octets of a buffer of such elements, or of bytes."""
    size = element.bytes
    if size == 0:
        raise ArgumentTypeError(f"a list of {element.name} cannot be made from a buffer")
    try:
        with memoryview(values) as view:
            if not view.c_contiguous:
                raise ValueError("it is not contiguous")
            code = view.format.lstrip("<=@")
            octets = view.tobytes()
            width = view.itemsize
    except Exception as error:
        raise ArgumentTypeError(
            f"a {type_name(values)} that is no buffer of numbers: {told(error)}"
        ) from error
    codes = _FLOATS if element.floating else _SIGNED if element.low < 0 else _UNSIGNED
    if code not in ("B", "c") and not (len(code) == 1 and code in codes and width == size):
        raise ArgumentTypeError(
            f"items of format {code!r} and {width} bytes are not of type {element.name}"
        )
    return octets


def _listed(values: Iterable[T], what: str) -> list[T]:
    """Answer what a caller's iterable yields; all of it, before memory is touched (P10)."""
    try:
        return list(values)
    except Exception as error:
        raise ArgumentTypeError(f"{what} cannot be iterated over: {told(error)}") from error


def _pairs(values: Iterable[tuple[Element, int]]) -> list[tuple[Element, int]]:
    """Answer the (type, offset) pairs that a caller's iterable yields."""
    pairs = []
    for value in _listed(values, "fields"):
        pair: Any = value if type(value) is tuple else _listed(value, "a field")
        if len(pair) != 2:
            raise ArgumentTypeError(f"a field is a type and an offset, not {len(pair)} values")
        pairs.append((pair[0], pair[1]))
    return pairs


def _truth(value: bool) -> bool:
    """Answer a bool; 0 and 1 are taken as well, other objects are a mistake."""
    if value is True or value is False:
        return value
    number = integer(value, "a bool")
    if number not in (0, 1):
        raise ArgumentValueError(f"a bool is True or False, not {shown(number)}")
    return number == 1


class Pointers(Handle):
    """A row of pointers: the pointer section of a struct, or a list of pointers.

    Every call that builds something retires what the pointer led to before: handles on it, and on
    all below it, raise ``StaleHandle`` from then on. Where memory cannot be had the call raises and
    the old value stays.
    """

    __slots__ = ("_count", "_first")

    def __init__(
        self,
        arena: Arena,
        segment: Segment,
        anchor: int,
        since: int,
        data: int,
        data_bits: int,
        first: int,
        count: int,
    ) -> None:
        super().__init__(arena, segment, anchor, since, data, data_bits)
        #: Word of the first pointer, and how many there are.
        self._first = first
        self._count = count

    def _slot(self, index: SupportsIndex) -> int:
        """Answer the word of a pointer."""
        at = index if type(index) is int else integer(index, "a pointer index")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if not 0 <= at < self._count:
            raise ArgumentIndexError(
                f"pointer {shown(at)} of {self._count}", segment=self._segment.index
            )
        return self._first + at

    def _find(self, word: int) -> Found | None:
        """Follow the pointer at ``word``; ``None`` where it is null."""
        pointer = self._arena.load(self._segment, word)
        if pointer == 0:
            return None
        return resolve(self._arena, self._segment, word, pointer)

    def _find_list(self, word: int, size_code: int, what: str) -> Found | None:
        """Follow a pointer that must lead to a list of this element size."""
        found = self._find(word)
        if found is None:
            return None
        if found.shape & 3 != wire.LIST or wire.list_size_code(found.shape) != size_code:
            raise PointerKindMismatch(
                f"pointer {word - self._first} does not lead to a list of {what}",
                segment=self._segment.index,
            )
        return found

    def _enlarge(self, word: int, found: Found, data_words: int, pointers: int) -> Found:
        """Move what was found to where it has these sections, unless it has them already."""
        larger = enlarged(self._arena, found, data_words, pointers)
        if larger is None:
            return found
        return upgrade(self._arena, self._segment, word, found, larger)

    def _anchor_of(self, found: Found, word: int) -> tuple[Segment, int, int]:
        """Answer (segment, anchor, since) for a handle on what was found."""
        if wire.object_words(found.shape):
            return found.segment, found.start, self._arena.epoch
        return self._segment, word, ~self._arena.epoch

    # -- structs ---------------------------------------------------------------------------------

    def init_struct(self, index: int, data_words: int, pointer_count: int) -> StructBuilder:
        """Build a struct of ``data_words`` words and ``pointer_count`` pointers, all zero."""
        data, pointers = check_sections(data_words, pointer_count)
        word = self._slot(index)
        words = data + pointers
        segment, start = install(
            self._arena, self._segment, word, wire.struct_shape(data, pointers), words, b""
        )
        since = self._arena.epoch if words else ~self._arena.epoch
        return StructBuilder(self._arena, segment, start, since, start, data, pointers)

    def get_struct(
        self, index: int, data_words: int = 0, pointer_count: int = 0
    ) -> StructBuilder | None:
        """Open the struct that is there; ``None`` where the pointer is null.

        It has at least the sections that are asked for: a smaller struct, of an older schema, is
        moved, and handles on it are stale.
        """
        data, pointers = check_sections(data_words, pointer_count)
        word = self._slot(index)
        found = self._find(word)
        if found is None:
            return None
        if found.shape & 3 != wire.STRUCT:
            raise PointerKindMismatch(
                f"pointer {word - self._first} does not lead to a struct",
                segment=self._segment.index,
            )
        found = self._enlarge(word, found, data, pointers)
        segment, anchor, since = self._anchor_of(found, word)
        return StructBuilder(
            self._arena,
            segment,
            anchor,
            since,
            found.start,
            wire.struct_data_words(found.shape),
            wire.struct_pointers(found.shape),
        )

    # -- lists -----------------------------------------------------------------------------------

    def init_list(self, index: int, element: Element, count: int) -> ListBuilder:
        """Build a list of ``count`` primitives, all zero."""
        _check_element(element)
        number = _check_count(count)
        segment, start, since = self._install_list(
            index, wire.list_shape(element.size_code, number), b""
        )
        return ListBuilder(self._arena, segment, start, since, start, element, number)

    def get_list(self, index: int, element: Element) -> ListBuilder | None:
        """Open the list of primitives that is there; ``None`` where the pointer is null.

        The element's width must be the one that was built; whether it is signed or a float, the
        encoding does not say.
        """
        _check_element(element)
        word = self._slot(index)
        found = self._find_list(word, element.size_code, element.name)
        if found is None:
            return None
        segment, anchor, since = self._anchor_of(found, word)
        count = wire.list_count(found.shape)
        return ListBuilder(self._arena, segment, anchor, since, found.start, element, count)

    def init_pointer_list(self, index: int, count: int) -> PointerListBuilder:
        """Build a list of ``count`` null pointers: of Text, Data, or lists."""
        number = _check_count(count)
        segment, start, since = self._install_list(
            index, wire.list_shape(wire.SIZE_POINTER, number), b""
        )
        return PointerListBuilder(self._arena, segment, start, since, start, number)

    def get_pointer_list(self, index: int) -> PointerListBuilder | None:
        """Open the list of pointers that is there; ``None`` where the pointer is null."""
        word = self._slot(index)
        found = self._find_list(word, wire.SIZE_POINTER, "pointers")
        if found is None:
            return None
        segment, anchor, since = self._anchor_of(found, word)
        count = wire.list_count(found.shape)
        return PointerListBuilder(self._arena, segment, anchor, since, found.start, count)

    def init_struct_list(
        self, index: int, count: int, data_words: int, pointer_count: int
    ) -> StructListBuilder:
        """Build a list of ``count`` structs, all zero, each with these sections."""
        number = _check_count(count)
        data, pointers = check_sections(data_words, pointer_count)
        words = number * (data + pointers)
        if words > wire.MAX_LIST_COUNT:
            raise MessageTooLarge(
                f"{number} structs of {data + pointers} words: a list has at most"
                f" {wire.MAX_LIST_COUNT} words",
                words_asked=words,
            )
        tag = wire.POINTER.pack(wire.tag(number, data, pointers))
        segment, start, _ = self._install_list(
            index, wire.list_shape(wire.SIZE_COMPOSITE, words), tag
        )
        return StructListBuilder(self._arena, segment, start, number, data, pointers)

    def get_struct_list(
        self, index: int, data_words: int = 0, pointer_count: int = 0
    ) -> StructListBuilder | None:
        """Open the list of structs that is there; ``None`` where the pointer is null.

        Its elements have at least the sections that are asked for. A list of smaller structs is
        moved, and so is a list of primitives or pointers, which becomes one of structs with that
        field (specification, "Lists"; bits cannot). Handles on it are stale then.
        """
        data, pointers = check_sections(data_words, pointer_count)
        word = self._slot(index)
        found = self._find(word)
        if found is None:
            return None
        size_code = wire.list_size_code(found.shape) if found.shape & 3 == wire.LIST else None
        if size_code != wire.SIZE_COMPOSITE and (
            size_code is None or size_code == wire.SIZE_BIT or data + pointers == 0
        ):
            raise PointerKindMismatch(
                f"pointer {word - self._first} does not lead to a list of structs",
                segment=self._segment.index,
            )
        larger = enlarged(self._arena, found, data, pointers)
        if larger is None:
            count, data, pointers = composite(self._arena, found)
        else:
            found = upgrade(self._arena, self._segment, word, found, larger)
            count, data, pointers = larger.count, larger.data_words, larger.pointers
        return StructListBuilder(self._arena, found.segment, found.start, count, data, pointers)

    def _install_list(
        self, index: SupportsIndex, shape: int, head: bytes
    ) -> tuple[Segment, int, int]:
        """Build a list; answer (segment, word, since)."""
        word = self._slot(index)
        words = wire.object_words(shape)
        segment, start = install(self._arena, self._segment, word, shape, words, head)
        return segment, start, self._arena.epoch if words else ~self._arena.epoch

    def set_list(self, index: int, element: Element, values: Buffer) -> ListBuilder:
        """Build a list of primitives from a buffer that holds them as memory has them.

        ``bytes``, ``array.array``, a numpy array: any contiguous buffer of little-endian items of
        the element's width, or of bytes. It is copied once.
        """
        _check_element(element)
        octets = _items(element, values)
        word = self._slot(index)
        count, rest = divmod(len(octets), element.bytes)
        if rest:
            raise ArgumentValueError(
                f"{len(octets)} bytes are not a whole number of {element.name}"
            )
        if count > wire.MAX_LIST_COUNT:
            raise MessageTooLarge(f"a list has at most {wire.MAX_LIST_COUNT} elements, not {count}")
        shape = wire.list_shape(element.size_code, count)
        words = wire.object_words(shape)
        rest = words * WORD_BYTES - len(octets)
        head = octets + bytes(rest) if rest else octets
        arena = self._arena
        segment, start = install(arena, self._segment, word, shape, words, head)
        since = arena.epoch if words else ~arena.epoch
        return ListBuilder(arena, segment, start, since, start, element, count)

    # -- text and data ---------------------------------------------------------------------------

    def set_text(self, index: int, value: str) -> None:
        """Build a Text: UTF-8 and a NUL behind it."""
        if not issubclass(type(value), str):
            raise ArgumentTypeError(f"a Text takes a str, not {type_name(value)}")
        try:
            octets = str.encode(value)
        except UnicodeEncodeError as error:
            raise ArgumentValueError(f"text that UTF-8 cannot hold: {error}") from error
        self._set_octets(index, octets, len(octets) + 1)

    def get_text(self, index: int) -> str | None:
        """Answer a copy of the Text; ``None`` where the pointer is null."""
        octets = self._get_octets(index, "Text")
        if octets is None:
            return None
        if not octets or octets[-1] != 0:
            raise InvalidText("a Text without a NUL at its end", segment=self._segment.index)
        try:
            return octets[:-1].decode()
        except UnicodeDecodeError as error:
            raise InvalidText(f"a Text that is not UTF-8: {error}") from error

    def set_data(self, index: int, value: bytes | bytearray | memoryview) -> None:
        """Build a Data from any contiguous buffer, which is copied before memory is asked for."""
        if type(value) is bytes:
            octets = value
        else:
            try:
                with memoryview(value) as view:
                    octets = view.tobytes()
            except Exception as error:
                raise ArgumentTypeError(
                    f"a Data takes a buffer of bytes, not {type_name(value)}"
                ) from error
        self._set_octets(index, octets, len(octets))

    def get_data(self, index: int) -> bytes | None:
        """Answer a copy of the Data; ``None`` where the pointer is null."""
        return self._get_octets(index, "Data")

    def _set_octets(self, index: SupportsIndex, octets: bytes, count: int) -> None:
        """Build a list of ``count`` bytes: ``octets``, and zeros behind them."""
        word = self._slot(index)
        if count > wire.MAX_LIST_COUNT:
            raise MessageTooLarge(f"a list has at most {wire.MAX_LIST_COUNT} bytes, not {count}")
        words = (count + 7) >> 3
        head = octets.ljust(words * WORD_BYTES, b"\0")
        shape = wire.list_shape(wire.SIZE_BYTE, count)
        install(self._arena, self._segment, word, shape, words, head)

    def _get_octets(self, index: SupportsIndex, what: str) -> bytes | None:
        word = self._slot(index)
        found = self._find_list(word, wire.SIZE_BYTE, what)
        if found is None:
            return None
        count = wire.list_count(found.shape)
        if count == 0:
            return b""
        return self._arena.copy_out(found.segment, found.start, count)

    # -- capabilities ----------------------------------------------------------------------------

    def set_capability(self, index: int, capability: int) -> None:
        """Point to entry ``capability`` of the message's capability table, which is the caller's.

        (Specification, "Capabilities (Interfaces)".)
        """
        entry = integer(capability, "a capability")
        word = self._slot(index)
        if not 0 <= entry < 1 << 32:
            raise ArgumentValueError(f"a capability is 0 to 2**32 - 1, not {shown(entry)}")
        point(self._arena, self._segment, word, wire.capability_pointer(entry))

    def get_capability(self, index: int) -> int | None:
        """Answer the entry of the capability table; ``None`` where the pointer is null."""
        word = self._slot(index)
        pointer = self._arena.load(self._segment, word)
        if pointer == 0:
            return None
        if not wire.is_capability(pointer):
            raise PointerKindMismatch(
                f"pointer {word - self._first} does not lead to a capability",
                segment=self._segment.index,
            )
        return wire.capability_index(pointer)

    # -- any pointer -----------------------------------------------------------------------------

    def set(self, index: int, value: Copyable | None) -> None:
        """Build a deep copy of a struct or list, of this message, another one, or a reader's.

        What is copied is read in full before anything is written, so it may be what the pointer
        leads to, or a part of it. ``None`` clears the pointer.
        """
        tree = None if value is None else tree_of(value)
        word = self._slot(index)
        if tree is None:
            clear(self._arena, self._segment, word)
        else:
            copy_in(self._arena, self._segment, word, tree)

    def copied(self, index: int) -> Tree | None:
        """Copy out what the pointer leads to, whatever it is; ``None`` where it is null."""
        word = self._slot(index)
        pointer = self._arena.load(self._segment, word)
        if pointer == 0:
            return None
        return read_tree(Built(self._arena), self._segment.index, word, pointer)

    def disown(self, index: int) -> Orphan | None:
        """Take what the pointer leads to out of the message; ``None`` where it is null.

        It stays where it is, without a pointer to it. Handles on it, and on what lies below it, are
        stale: the orphan opens it anew.
        """
        word = self._slot(index)
        found = self._find(word)
        if found is None:
            return None
        disown(self._arena, self._segment, word, found)
        return Orphan(self._arena, found)

    def adopt(self, index: int, orphan: Orphan) -> None:
        """Let the pointer lead to an orphan of this message, which is used up.

        If it raises, the orphan is still the caller's.
        """
        if type(orphan) is not Orphan:
            raise ArgumentTypeError(f"an Orphan is adopted, not {type_name(orphan)}")
        word = self._slot(index)
        orphan._give_to(self._arena, self._segment, word)

    def kind(self, index: int) -> PointerKind:
        """Answer what the pointer leads to."""
        word = self._slot(index)
        found = self._find(word)
        if found is None:
            return PointerKind.NULL
        return _KINDS[found.shape & 3]

    def is_null(self, index: int) -> bool:
        """Answer whether the pointer is null."""
        word = self._slot(index)
        return self._arena.load(self._segment, word) == 0

    def clear(self, index: int) -> None:
        """Make the pointer null. What it led to is retired."""
        clear(self._arena, self._segment, self._slot(index))


class StructBuilder(Pointers):
    """A struct: a data section of words, and a pointer section."""

    __slots__ = ()

    def __init__(
        self,
        arena: Arena,
        segment: Segment,
        anchor: int,
        since: int,
        start: int,
        data_words: int,
        pointer_count: int,
    ) -> None:
        super().__init__(
            arena,
            segment,
            anchor,
            since,
            start * WORD_BYTES,
            data_words * 64,
            start + data_words,
            pointer_count,
        )

    @property
    def data_words(self) -> int:
        """Words of the data section."""
        return self._data_bits // 64

    @property
    def pointer_count(self) -> int:
        """Pointers of the pointer section."""
        return self._count

    def tree(self) -> Tree:
        """Copy out the struct, and all below it."""
        if self._ticket != self._arena.ticket:
            self._require_current()
        shape = wire.struct_shape(self.data_words, self._count)
        spot = (shape, self._segment.index, self._data // WORD_BYTES)
        return read_spot(Built(self._arena), spot, 0)

    def total_words(self) -> int:
        """Answer the words of the struct and of all below it, landing pads left out."""
        return self.tree().total_words()

    def copy_from(self, value: StructBuilder | StructReader) -> None:
        """Make this struct, where it is, a deep copy of another one.

        Raises ``ArgumentValueError`` where the other one says more than this one can hold: nothing
        is cut. Fields that it does not have become zero.
        """
        if type(value) is not StructBuilder and type(value) is not StructReader:
            raise ArgumentTypeError(f"a struct is copied from a struct, not {type_name(value)}")
        tree = value.tree()
        if self._ticket != self._arena.ticket:
            self._require_current()
        data = wire.struct_data_words(tree.shape)
        room = self.data_words
        if any(tree.body[room * WORD_BYTES : data * WORD_BYTES]) or any(
            at - data >= self._count for at, _ in tree.children
        ):
            raise ArgumentValueError(
                f"a struct of {room} + {self._count} words would lose a part of one of {data} +"
                f" {wire.struct_pointers(tree.shape)}"
            )
        start = self._data // WORD_BYTES
        overwrite(self._arena, self._segment, start, room, self._count, tree)

    def select(
        self,
        offset: int,
        member: int,
        *,
        fields: Iterable[tuple[Element, int]] = (),
        pointers: Iterable[int] = (),
    ) -> None:
        """Switch a union: set its discriminant, and clear the slots of its members, in one step.

        ``offset`` is the discriminant's, in units of 2 bytes, ``member`` its value; ``fields`` are
        (type, offset) of the data slots that the members share, ``pointers`` their pointer indices.
        The new member begins as zero, as in generated code (specification, "Unions").
        """
        tag = integer(member, "a member")
        slots = [(_UINT16, integer(offset, "a field offset"))]
        for element, at in _pairs(fields):
            slots.append((_check_element(element), integer(at, "a field offset")))
        rows = [integer(index, "a pointer index") for index in _listed(pointers, "pointers")]
        words = sorted({self._slot(index) for index in rows})
        if self._ticket != self._arena.ticket:
            self._require_current()
        _require_range(_UINT16, tag)
        for element, at in slots:
            if at < 0 or (at + 1) * element.bits > self._data_bits:
                raise self._outside(element, at)
        first = self._data
        size = self._data_bits // 8
        view = self._arena.borrow(self._segment)
        try:
            data = bytearray(view[first : first + size])
        finally:
            give_back(view)
        for element, at in slots:
            if element is _BOOL:
                data[at >> 3] &= ~(1 << (at & 7)) & 0xFF
            else:
                data[at * element.bytes : (at + 1) * element.bytes] = bytes(element.bytes)
        _UINT16.codec.pack_into(data, slots[0][1] * 2, tag)
        change(self._arena, self._segment, [(word, 0) for word in words], [(first, bytes(data))])

    def get_bool(self, offset: int, default: bool = False) -> bool:
        """Read the Bool at bit ``offset``."""
        return self._take_bool(offset, default)

    def set_bool(self, offset: int, value: bool, default: bool = False) -> None:
        """Write the Bool at bit ``offset``."""
        self._put_bool(offset, value, default)

    def get_int8(self, offset: int, default: int = 0) -> int:
        """Read the Int8 at ``offset`` (bytes)."""
        return self._take_integer(_INT8, offset, default)

    def set_int8(self, offset: int, value: int, default: int = 0) -> None:
        """Write the Int8 at ``offset`` (bytes)."""
        self._put_integer(_INT8, offset, value, default)

    def get_int16(self, offset: int, default: int = 0) -> int:
        """Read the Int16 at ``offset`` (units of 2 bytes)."""
        return self._take_integer(_INT16, offset, default)

    def set_int16(self, offset: int, value: int, default: int = 0) -> None:
        """Write the Int16 at ``offset`` (units of 2 bytes)."""
        self._put_integer(_INT16, offset, value, default)

    def get_int32(self, offset: int, default: int = 0) -> int:
        """Read the Int32 at ``offset`` (units of 4 bytes)."""
        return self._take_integer(_INT32, offset, default)

    def set_int32(self, offset: int, value: int, default: int = 0) -> None:
        """Write the Int32 at ``offset`` (units of 4 bytes)."""
        self._put_integer(_INT32, offset, value, default)

    def get_int64(self, offset: int, default: int = 0) -> int:
        """Read the Int64 at ``offset`` (words)."""
        return self._take_integer(_INT64, offset, default)

    def set_int64(self, offset: int, value: int, default: int = 0) -> None:
        """Write the Int64 at ``offset`` (words)."""
        self._put_integer(_INT64, offset, value, default)

    def get_uint8(self, offset: int, default: int = 0) -> int:
        """Read the UInt8 at ``offset`` (bytes)."""
        return self._take_integer(_UINT8, offset, default)

    def set_uint8(self, offset: int, value: int, default: int = 0) -> None:
        """Write the UInt8 at ``offset`` (bytes)."""
        self._put_integer(_UINT8, offset, value, default)

    def get_uint16(self, offset: int, default: int = 0) -> int:
        """Read the UInt16 or an enum at ``offset`` (units of 2 bytes)."""
        return self._take_integer(_UINT16, offset, default)

    def set_uint16(self, offset: int, value: int, default: int = 0) -> None:
        """Write the UInt16 or an enum at ``offset`` (units of 2 bytes)."""
        self._put_integer(_UINT16, offset, value, default)

    def get_uint32(self, offset: int, default: int = 0) -> int:
        """Read the UInt32 at ``offset`` (units of 4 bytes)."""
        return self._take_integer(_UINT32, offset, default)

    def set_uint32(self, offset: int, value: int, default: int = 0) -> None:
        """Write the UInt32 at ``offset`` (units of 4 bytes)."""
        self._put_integer(_UINT32, offset, value, default)

    def get_uint64(self, offset: int, default: int = 0) -> int:
        """Read the UInt64 at ``offset`` (words)."""
        return self._take_integer(_UINT64, offset, default)

    def set_uint64(self, offset: int, value: int, default: int = 0) -> None:
        """Write the UInt64 at ``offset`` (words)."""
        self._put_integer(_UINT64, offset, value, default)

    def get_float32(self, offset: int, default: float = 0.0) -> float:
        """Read the Float32 at ``offset`` (units of 4 bytes)."""
        return self._take_float(_FLOAT32, offset, default)

    def set_float32(self, offset: int, value: float, default: float = 0.0) -> None:
        """Write the Float32 at ``offset`` (units of 4 bytes)."""
        self._put_float(_FLOAT32, offset, value, default)

    def get_float64(self, offset: int, default: float = 0.0) -> float:
        """Read the Float64 at ``offset`` (words)."""
        return self._take_float(_FLOAT64, offset, default)

    def set_float64(self, offset: int, value: float, default: float = 0.0) -> None:
        """Write the Float64 at ``offset`` (words)."""
        self._put_float(_FLOAT64, offset, value, default)


class ListBuilder(Handle):
    """A list of primitives."""

    __slots__ = ("_element", "_length")

    def __init__(
        self,
        arena: Arena,
        segment: Segment,
        anchor: int,
        since: int,
        start: int,
        element: Element,
        count: int,
    ) -> None:
        super().__init__(arena, segment, anchor, since, start * WORD_BYTES, count * element.bits)
        self._element = element
        self._length = count

    @property
    def element(self) -> Element:
        """The type of the elements."""
        return self._element

    def __len__(self) -> int:
        """Answer the number of elements."""
        return self._length

    def __iter__(self) -> Iterator[Primitive]:
        """Read one element after the other; each read is a call of its own."""
        for index in range(self._length):
            yield self[index]

    def tree(self) -> Tree:
        """Copy out the list."""
        if self._ticket != self._arena.ticket:
            self._require_current()
        shape = wire.list_shape(self._element.size_code, self._length)
        spot = (shape, self._segment.index, self._data // WORD_BYTES)
        return read_spot(Built(self._arena), spot, 0)

    def __getitem__(self, index: int) -> Primitive:
        """Read one element; negative indices and slices are refused."""
        if self._element is Element.VOID:
            self._void(index)
            return None
        return self._take(self._element, index)

    def __setitem__(self, index: int, value: Primitive) -> None:
        """Write one element."""
        if self._element is Element.VOID:
            if value is not None:
                raise ArgumentTypeError("the only value of a Void is None")
            self._void(index)
        else:
            self._put(self._element, index, value)

    def _void(self, index: int) -> None:
        at = integer(index, "an index")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if not 0 <= at < self._length:
            raise ArgumentIndexError(f"element {shown(at)} of {self._length}")


class PointerListBuilder(Pointers):
    """A list of pointers: of Text, of Data, of lists."""

    __slots__ = ()

    def __init__(
        self, arena: Arena, segment: Segment, anchor: int, since: int, start: int, count: int
    ) -> None:
        super().__init__(arena, segment, anchor, since, 0, 0, start, count)

    def tree(self) -> Tree:
        """Copy out the list, and all below it."""
        if self._ticket != self._arena.ticket:
            self._require_current()
        shape = wire.list_shape(wire.SIZE_POINTER, self._count)
        return read_spot(Built(self._arena), (shape, self._segment.index, self._first), 0)

    def __len__(self) -> int:
        """Answer the number of elements."""
        return self._count


class StructListBuilder(Handle):
    """A list of structs that lie one behind the other, after a tag word."""

    __slots__ = ("_length", "_pointer_count")

    def __init__(
        self,
        arena: Arena,
        segment: Segment,
        start: int,
        count: int,
        data_words: int,
        pointer_count: int,
    ) -> None:
        super().__init__(
            arena, segment, start, arena.epoch, (start + 1) * WORD_BYTES, data_words * 64
        )
        self._length = count
        self._pointer_count = pointer_count

    @property
    def data_words(self) -> int:
        """Words of the data section of each element."""
        return self._data_bits // 64

    @property
    def pointer_count(self) -> int:
        """Pointers of each element."""
        return self._pointer_count

    def __len__(self) -> int:
        """Answer the number of elements."""
        return self._length

    def __iter__(self) -> Iterator[StructBuilder]:
        """Open one element after the other."""
        for index in range(self._length):
            yield self[index]

    def __setitem__(self, index: int, value: StructBuilder | StructReader) -> None:
        """Make one element a deep copy of a struct; raises rather than cut."""
        self[index].copy_from(value)

    def tree(self) -> Tree:
        """Copy out the list, and all below it."""
        if self._ticket != self._arena.ticket:
            self._require_current()
        words = self._length * (self.data_words + self._pointer_count)
        shape = wire.list_shape(wire.SIZE_COMPOSITE, words)
        return read_spot(Built(self._arena), (shape, self._segment.index, self._anchor), 0)

    def __getitem__(self, index: int) -> StructBuilder:
        """Open one element; negative indices and slices are refused."""
        at = index if type(index) is int else integer(index, "an index")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if not 0 <= at < self._length:
            raise ArgumentIndexError(
                f"element {shown(at)} of {self._length}", segment=self._segment.index
            )
        data_words = self._data_bits // 64
        step = data_words + self._pointer_count
        start = self._anchor + 1 + at * step
        # An element without words lives as long as the tag.
        anchor = start if step else self._anchor
        arena = self._arena
        return StructBuilder(
            arena, self._segment, anchor, arena.epoch, start, data_words, self._pointer_count
        )


class Orphan:
    """An object of a message that no pointer leads to, until it is adopted.

    It is the caller's to adopt or to drop. What is neither stays in the message's memory, and in
    its output, unreachable.
    """

    __slots__ = ("_arena", "_found")

    def __init__(self, arena: Arena, found: Found) -> None:
        self._arena = arena
        self._found: Found | None = found

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled: both could be adopted."""
        raise ArgumentTypeError("an orphan cannot be copied: it would have two owners")

    def _current(self) -> Found:
        self._arena.require_idle()
        if self._found is None:
            raise StaleHandle("the orphan was adopted or dropped")
        return self._found

    @property
    def kind(self) -> PointerKind:
        """What the orphan is."""
        return _KINDS[self._current().shape & 3]

    def _anchor(self, found: Found) -> tuple[Segment, int, int]:
        epoch = self._arena.epoch
        if wire.object_words(found.shape):
            return found.segment, found.start, epoch
        return self._arena.segments[0], 0, ~epoch

    def get_struct(self) -> StructBuilder:
        """Open it as a struct."""
        found = self._current()
        if found.shape & 3 != wire.STRUCT:
            raise PointerKindMismatch("the orphan is no struct")
        segment, anchor, since = self._anchor(found)
        return StructBuilder(
            self._arena,
            segment,
            anchor,
            since,
            found.start,
            wire.struct_data_words(found.shape),
            wire.struct_pointers(found.shape),
        )

    def _list(self, size_code: int, what: str) -> Found:
        found = self._current()
        if found.shape & 3 != wire.LIST or wire.list_size_code(found.shape) != size_code:
            raise PointerKindMismatch(f"the orphan is no list of {what}")
        return found

    def get_list(self, element: Element) -> ListBuilder:
        """Open it as a list of primitives."""
        _check_element(element)
        found = self._list(element.size_code, element.name)
        segment, anchor, since = self._anchor(found)
        count = wire.list_count(found.shape)
        return ListBuilder(self._arena, segment, anchor, since, found.start, element, count)

    def get_pointer_list(self) -> PointerListBuilder:
        """Open it as a list of pointers."""
        found = self._list(wire.SIZE_POINTER, "pointers")
        segment, anchor, since = self._anchor(found)
        count = wire.list_count(found.shape)
        return PointerListBuilder(self._arena, segment, anchor, since, found.start, count)

    def get_struct_list(self) -> StructListBuilder:
        """Open it as a list of structs."""
        found = self._list(wire.SIZE_COMPOSITE, "structs")
        count, data, pointers = composite(self._arena, found)
        return StructListBuilder(self._arena, found.segment, found.start, count, data, pointers)

    def drop(self) -> None:
        """Retire it, and all below it."""
        found = self._current()
        retire(self._arena, found)
        self._found = None

    def _give_to(self, arena: Arena, slot: Segment, word: int) -> None:
        found = self._current()
        if arena is not self._arena:
            raise ArgumentValueError("the orphan is of another message")
        adopt(arena, slot, word, found)
        self._found = None


#: What can be copied into a message: any struct or list, being built or read.
Copyable: TypeAlias = (
    "StructBuilder | ListBuilder | PointerListBuilder | StructListBuilder"
    " | StructReader | ListReader | PointerListReader | StructListReader"
)

_COPYABLE: Final = (
    StructBuilder,
    ListBuilder,
    PointerListBuilder,
    StructListBuilder,
    StructReader,
    ListReader,
    PointerListReader,
    StructListReader,
)


def tree_of(value: Copyable) -> Tree:
    """Copy out a struct or list, and all below it."""
    if type(value) not in _COPYABLE:
        raise ArgumentTypeError(f"a struct or list can be copied, not {type_name(value)}")
    return value.tree()
