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

import struct
from collections.abc import Iterator
from typing import Any, Final, SupportsFloat, SupportsIndex, TypeAlias

from . import wire
from .arena import Arena
from .arguments import integer, shown, type_name
from .draft import clear, install
from .errors import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    InvalidText,
    MessageTooLarge,
    PointerKindMismatch,
)
from .segment import Segment, give_back
from .survey import Found, composite, resolve
from .wire import WORD_BYTES, Element

#: What a primitive list holds.
Primitive: TypeAlias = int | float | bool | None

_DOUBLE: Final = struct.Struct("<d")

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

#: ``since`` of a handle whose object has words of its own.
_HAS_WORDS: Final = -1


def _double(value: SupportsFloat | SupportsIndex) -> float:
    """Answer ``value`` as a float; text is no number."""
    try:
        number: float = _DOUBLE.unpack(_DOUBLE.pack(value))[0]
        return number
    except struct.error as error:
        raise ArgumentTypeError(f"a float field takes a number, not {type_name(value)}") from error
    except OverflowError as error:
        raise ArgumentValueError("the number is too large for a float field") from error
    except Exception as error:
        raise ArgumentTypeError(
            f"a {type_name(value)} that cannot be made a float: {error!r}"
        ) from error


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

    def _anchor_of(self, found: Found, word: int) -> tuple[Segment, int, int]:
        """Answer (segment, anchor, since) for a handle on what was found."""
        if wire.object_words(found.shape):
            return found.segment, found.start, _HAS_WORDS
        return self._segment, word, self._arena.epoch

    # -- structs ---------------------------------------------------------------------------------

    def init_struct(self, index: int, data_words: int, pointer_count: int) -> StructBuilder:
        """Build a struct of ``data_words`` words and ``pointer_count`` pointers, all zero."""
        data, pointers = check_sections(data_words, pointer_count)
        word = self._slot(index)
        words = data + pointers
        segment, start = install(
            self._arena, self._segment, word, wire.struct_shape(data, pointers), words, b""
        )
        since = _HAS_WORDS if words else self._arena.epoch
        return StructBuilder(self._arena, segment, start, since, start, data, pointers)

    def get_struct(self, index: int) -> StructBuilder | None:
        """Open the struct that is there, at the sizes that it has; ``None`` where it is null."""
        word = self._slot(index)
        found = self._find(word)
        if found is None:
            return None
        if found.shape & 3 != wire.STRUCT:
            raise PointerKindMismatch(
                f"pointer {word - self._first} does not lead to a struct",
                segment=self._segment.index,
            )
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

    def get_struct_list(self, index: int) -> StructListBuilder | None:
        """Open the list of structs that is there; ``None`` where the pointer is null."""
        word = self._slot(index)
        found = self._find_list(word, wire.SIZE_COMPOSITE, "structs")
        if found is None:
            return None
        count, data, pointers = composite(self._arena, found)
        return StructListBuilder(self._arena, found.segment, found.start, count, data, pointers)

    def _install_list(
        self, index: SupportsIndex, shape: int, head: bytes
    ) -> tuple[Segment, int, int]:
        """Build a list; answer (segment, word, since)."""
        word = self._slot(index)
        words = wire.object_words(shape)
        segment, start = install(self._arena, self._segment, word, shape, words, head)
        return segment, start, _HAS_WORDS if words else self._arena.epoch

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

    # -- any pointer -----------------------------------------------------------------------------

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
            arena, segment, start, _HAS_WORDS, (start + 1) * WORD_BYTES, data_words * 64
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
        return StructBuilder(
            self._arena, self._segment, anchor, _HAS_WORDS, start, data_words, self._pointer_count
        )
