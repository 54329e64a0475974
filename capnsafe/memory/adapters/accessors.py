"""A builder over write-only memory: the accessors proposed in capnproto-rust issue #467.

The proposal replaces borrowed segments by calls that write one value each: ``alloc`` returns the
place of an object, and ``write_bit`` to ``write_u64`` write to it. Nothing can be read, and nothing
is released. So a message can only be appended to, object by object, and each pointer is set once.
Calls that need to read raise :class:`capnsafe.Unreadable`: getters, output, and setting a pointer
again, because its old object would have to be found and retired.

A pointer is written after its object was zeroed. So a call that fails leaves the message as it was
(P2), but the words that were allocated for it stay unused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NoReturn, Protocol, TypeVar

from ... import wire
from ..._words.arguments import (
    attribute,
    check_count,
    check_element,
    check_sections,
    double,
    error_text,
    integer,
    number_text,
    text_octets,
    truth,
    type_name,
)
from ..._words.buffers import data_octets
from ..._words.exhausted import exhausted, stack_check
from ..._words.ranges import Intervals
from ...errors import (
    AllocationRefused,
    AllocatorError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    BorrowRefused,
    GrantOverlaps,
    MessageTooLarge,
    Reentered,
    Unreadable,
)
from ...wire import WORD_BYTES, Element, Primitive
from ..uncopyable import Uncopyable

T = TypeVar("T")

#: Words of a double-far landing pad, by which an object can be reached from anywhere.
_PAD_WORDS = 2

#: Checks the depth of calls in which the supply returns words and they are checked.
_require_stack_to_reserve: Final = stack_check(16)


class Accessors(Protocol):
    """Write-only memory. Any call may raise. Only words that ``alloc`` returned are written."""

    def alloc(self, amount: int, /) -> tuple[int, int]:
        """Return (segment, first word) of ``amount`` unused words.

        The first call must return word 0 of segment 0, the place of the root pointer.
        """

    def write_bit(self, segment: int, offset: int, bit: int, value: bool, /) -> object:
        """Write bit ``bit`` (0 to 7, the lowest first) of the byte at ``offset`` (bytes)."""

    def write_u8(self, segment: int, offset: int, value: int, /) -> object:
        """Write the byte at ``offset`` (bytes)."""

    def write_u16(self, segment: int, offset: int, value: int, /) -> object:
        """Write two bytes at ``offset`` (bytes), little-endian."""

    def write_u32(self, segment: int, offset: int, value: int, /) -> object:
        """Write four bytes at ``offset`` (bytes), little-endian."""

    def write_u64(self, segment: int, offset: int, value: int, /) -> object:
        """Write eight bytes at ``offset`` (bytes), little-endian."""


class _SharedSupply:
    """The state shared by the builders of one message: its words, and the pointers that are set."""

    __slots__ = ("_busy", "_granted", "supply", "used", "writers", "zeroed")

    def __init__(self, supply: Accessors, zeroed: bool) -> None:
        self._busy = False
        self.supply = supply
        self.zeroed = zeroed
        #: The write methods, by the size of a value in bytes.
        self.writers: dict[int, Callable[[int, int, int], object]] = {
            size: _method(supply, f"write_u{size * 8}") for size in (1, 2, 4, 8)
        }
        self._granted: dict[int, Intervals] = {}
        #: The pointers that are set: (segment, word).
        self.used: set[tuple[int, int]] = set()

    def serve(self, body: Callable[[], T]) -> T:
        """Run a call of the message; a call from inside it is refused (P10)."""
        if self._busy:
            raise Reentered(
                "the message is in the middle of another call; call it again after that has"
                " returned"
            )
        try:
            self._busy = True
            return body()
        finally:
            self._busy = False

    def grant(self, words: int) -> tuple[int, int]:
        """Return (segment, first word) of zeroed words."""
        segment, start = self.reserve(words)
        self.clear(segment, start, words)
        return segment, start

    def reserve(self, words: int) -> tuple[int, int]:
        """Return (segment, first word) of unused words."""
        try:
            result = self.supply.alloc(words)
        except Exception as error:
            raise AllocationRefused(
                f"the memory refused {words} words: {error_text(error)}", words_asked=words
            ) from error
        segment, start = self._place(result)
        if not (0 <= segment < wire.MAX_SEGMENTS and start >= 0):
            raise AllocatorError(
                f"alloc must return a valid segment and word, not segment {segment}, word {start}"
            )
        if start + words > wire.MAX_SEGMENT_WORDS:
            raise MessageTooLarge(
                f"the object would end at word {start + words} of segment {segment}, and segments"
                f" have at most {wire.MAX_SEGMENT_WORDS} words",
                segment=segment,
                offset=start,
            )
        granted = self._granted.setdefault(segment, Intervals())
        if granted.meets(start, start + words):
            raise GrantOverlaps(
                f"alloc returned words {start} to {start + words} of segment {segment}, some of"
                " which are in use already",
                segment=segment,
                offset=start,
            )
        granted.add(start, start + words)
        return segment, start

    def clear(self, segment: int, start: int, words: int) -> None:
        """Zero words that were reserved."""
        if not self.zeroed:
            for word in range(start, start + words):
                self.put(segment, word * WORD_BYTES, 8, 0)

    def _place(self, result: object) -> tuple[int, int]:
        if type(result) is tuple and len(result) == 2:
            segment, start = result
            if type(segment) is int and type(start) is int:
                return segment, start
        raise AllocatorError(
            f"alloc must return a tuple of a segment and a word, not {type_name(result)}"
        )

    def put(self, segment: int, at: int, size: int, value: int) -> None:
        """Write an unsigned value of ``size`` bytes at byte ``at``."""
        try:
            self.writers[size](segment, at, value)
        except Exception as error:
            raise BorrowRefused(
                f"segment {segment}: writing {size} bytes at byte {at} raised {error_text(error)}",
                segment=segment,
            ) from error

    def put_octets(self, segment: int, start: int, octets: bytes) -> None:
        """Write octets from word ``start`` on: whole words, then the remaining bytes."""
        at = start * WORD_BYTES
        whole = len(octets) // WORD_BYTES * WORD_BYTES
        for first in range(0, whole, WORD_BYTES):
            value = int.from_bytes(octets[first : first + WORD_BYTES], "little")
            self.put(segment, at + first, 8, value)
        for first in range(whole, len(octets)):
            self.put(segment, at + first, 1, octets[first])

    def point(self, slot: int, word: int, shape: int, segment: int, start: int) -> None:
        """Set the pointer at ``word`` of segment ``slot`` to an existing object."""
        if wire.object_words(shape) == 0:
            pointer = wire.EMPTY_STRUCT if shape & 3 == wire.STRUCT else shape
        elif slot == segment:
            pointer = wire.with_offset(shape, start - word - 1)
        else:
            # The place of the landing pad cannot be chosen, so it is double-far.
            pad_segment, pad = self.grant(_PAD_WORDS)
            self.put(pad_segment, pad * WORD_BYTES, 8, wire.far_pointer(segment, start))
            self.put(pad_segment, (pad + 1) * WORD_BYTES, 8, shape)
            pointer = wire.far_pointer(pad_segment, pad, double=True)
        self.put(slot, word * WORD_BYTES, 8, pointer)
        self.used.add((slot, word))


def _method(supply: Accessors, name: str) -> Callable[..., object]:
    """Return a method of the supply, or raise ``ArgumentTypeError`` if it has none."""
    method = attribute(supply, name)
    if not callable(method):
        raise ArgumentTypeError(
            f"supply must have a method {name!r}, and {type_name(supply)} has none"
        )
    return method


class AppendBuilder(Uncopyable):
    """A message over write-only memory.

    Nothing is released: the owner of the memory knows when the message is no longer needed.

    Args:
        supply: The write-only memory.
        zeroed: Whether the memory is zero when it is allocated. Otherwise it is zeroed, by one call
            for each word.
    """

    __slots__ = ("_memory", "_rooted")

    def __init__(self, supply: Accessors, *, zeroed: bool = False) -> None:
        """Make an empty message without calling the supply."""
        for name in ("alloc", "write_bit"):
            _method(supply, name)
        self._memory = _SharedSupply(supply, truth(zeroed))
        self._rooted = False

    def init_root(self, data_words: int, pointer_count: int) -> AppendStruct:
        """Build a zeroed root struct, with sections of these sizes (words, pointers)."""
        try:
            data, pointers = check_sections(data_words, pointer_count)
            return self._memory.serve(partial(self._init_root, data, pointers))
        except RecursionError as error:
            raise exhausted() from error

    def _init_root(self, data: int, pointers: int) -> AppendStruct:
        memory = self._memory
        if not self._rooted:
            # A second call of alloc could not return the place of the root.
            _require_stack_to_reserve()
            place = memory.reserve(1)
            if place != (0, 0):
                raise AllocatorError(
                    f"the first call of alloc must return word 0 of segment 0, not {place}"
                )
            self._rooted = True
        if (0, 0) not in memory.used:
            # Even if an earlier call reserved it and then failed.
            memory.clear(0, 0, 1)
        return _build_struct(memory, 0, 0, data, pointers)

    def get_root(self) -> NoReturn:
        """Raise ``Unreadable``."""
        raise _unreadable("get_root")

    def to_bytes(self) -> NoReturn:
        """Raise ``Unreadable``: only the owner of the memory can read the message."""
        raise _unreadable("to_bytes")


class _Section:
    """A writable data section: that of a struct, or a list of primitives."""

    __slots__ = ("_bits", "_data", "_memory", "_segment")

    def __init__(self, memory: _SharedSupply, segment: int, data: int, bits: int) -> None:
        self._memory = memory
        self._segment = segment
        #: First byte of the section in its segment, and its size in bits.
        self._data = data
        self._bits = bits

    def _put(self, element: Element, offset: int, value: Any) -> None:
        try:
            at = integer(offset, "a field offset")
            if element.floating:
                decimal = double(value)
                try:
                    number = element.raw.unpack(element.codec.pack(decimal))[0]
                except OverflowError as error:
                    raise ArgumentValueError(
                        f"{decimal!r} is too large for {element.name}: {error_text(error)}"
                    ) from error
            elif element is Element.BOOL:
                number = int(truth(value))
            else:
                number = integer(value, "a value")
                if not element.low <= number <= element.high:
                    raise ArgumentValueError(
                        f"a value of {element.name} must be {element.low} to {element.high}, not"
                        f" {number_text(number)}"
                    )
            if at < 0 or (at + 1) * element.bits > self._bits:
                raise ArgumentIndexError(
                    f"{element.name} at offset {number_text(at)} is outside the data, which has"
                    f" {self._bits} bits",
                    segment=self._segment,
                )
            memory = self._memory
            if element.bits == 1:
                memory.serve(partial(self._put_bit, at, number != 0))
            else:
                size = element.bytes
                number &= (1 << element.bits) - 1
                memory.serve(
                    partial(memory.put, self._segment, self._data + at * size, size, number)
                )
        except RecursionError as error:
            raise exhausted() from error

    def _put_bit(self, offset: int, value: bool) -> None:
        try:
            self._memory.supply.write_bit(
                self._segment, self._data + (offset >> 3), offset & 7, value
            )
        except Exception as error:
            raise BorrowRefused(
                f"segment {self._segment}: write_bit raised {error_text(error)}",
                segment=self._segment,
            ) from error


class AppendStruct(_Section):
    """A struct in write-only memory. Offsets and indices are the same as in ``StructBuilder``."""

    __slots__ = ("_first", "_pointers")

    def __init__(
        self, memory: _SharedSupply, segment: int, start: int, data_words: int, pointers: int
    ) -> None:
        super().__init__(memory, segment, start * WORD_BYTES, data_words * 64)
        self._first = start + data_words
        self._pointers = pointers

    def set_bool(self, offset: int, value: bool) -> None:
        """Write the bit at ``offset`` (bits)."""
        self._put(Element.BOOL, offset, value)

    def set_int8(self, offset: int, value: int) -> None:
        """Write the Int8 at ``offset`` (bytes)."""
        self._put(Element.INT8, offset, value)

    def set_int16(self, offset: int, value: int) -> None:
        """Write the Int16 at ``offset`` (units of 2 bytes)."""
        self._put(Element.INT16, offset, value)

    def set_int32(self, offset: int, value: int) -> None:
        """Write the Int32 at ``offset`` (units of 4 bytes)."""
        self._put(Element.INT32, offset, value)

    def set_int64(self, offset: int, value: int) -> None:
        """Write the Int64 at ``offset`` (words)."""
        self._put(Element.INT64, offset, value)

    def set_uint8(self, offset: int, value: int) -> None:
        """Write the UInt8 at ``offset`` (bytes)."""
        self._put(Element.UINT8, offset, value)

    def set_uint16(self, offset: int, value: int) -> None:
        """Write the UInt16 at ``offset`` (units of 2 bytes)."""
        self._put(Element.UINT16, offset, value)

    def set_uint32(self, offset: int, value: int) -> None:
        """Write the UInt32 at ``offset`` (units of 4 bytes)."""
        self._put(Element.UINT32, offset, value)

    def set_uint64(self, offset: int, value: int) -> None:
        """Write the UInt64 at ``offset`` (words)."""
        self._put(Element.UINT64, offset, value)

    def set_float32(self, offset: int, value: float) -> None:
        """Write the Float32 at ``offset`` (units of 4 bytes)."""
        self._put(Element.FLOAT32, offset, value)

    def set_float64(self, offset: int, value: float) -> None:
        """Write the Float64 at ``offset`` (words)."""
        self._put(Element.FLOAT64, offset, value)

    def set_text(self, index: int, value: str) -> None:
        """Build a Text: UTF-8 with a NUL at its end."""
        self._set_octets(index, text_octets(value) + b"\0")

    def set_data(self, index: int, value: bytes | bytearray | memoryview) -> None:
        """Build a Data from any contiguous buffer."""
        self._set_octets(index, data_octets(value))

    def init_struct(self, index: int, data_words: int, pointer_count: int) -> AppendStruct:
        """Build a zeroed struct."""
        try:
            data, pointers = check_sections(data_words, pointer_count)
            word = self._slot(index)
            memory = self._memory
            return memory.serve(partial(_build_struct, memory, self._segment, word, data, pointers))
        except RecursionError as error:
            raise exhausted() from error

    def init_list(self, index: int, element: Element, count: int) -> AppendList:
        """Build a zeroed list of ``count`` primitives."""
        try:
            check_element(element)
            number = check_count(count)
            shape = wire.list_shape(element.size_code, number)
            segment, start = self._build(index, shape, wire.object_words(shape))
            return AppendList(self._memory, segment, start, element, number)
        except RecursionError as error:
            raise exhausted() from error

    def init_struct_list(
        self, index: int, count: int, data_words: int, pointer_count: int
    ) -> AppendStructs:
        """Build a zeroed list of ``count`` structs."""
        try:
            number = check_count(count)
            data, pointers = check_sections(data_words, pointer_count)
            step = data + pointers
            words = check_count(number * step)
            shape = wire.list_shape(wire.SIZE_COMPOSITE, words)
            tag = wire.POINTER.pack(wire.tag(number, data, pointers))
            segment, start = self._build(index, shape, words + 1, tag)
            return AppendStructs(self._memory, segment, start + 1, number, data, pointers)
        except RecursionError as error:
            raise exhausted() from error

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        """Return a function that raises ``Unreadable``, for methods that would have to read."""
        if not name.startswith("get_") and name not in _NEED_READING:
            raise AttributeError(name)

        def refuse(*_: object) -> NoReturn:
            raise _unreadable(name)

        return refuse

    def _slot(self, index: int) -> int:
        """Return the word of a pointer that is not set yet."""
        number = integer(index, "a pointer index")
        if not 0 <= number < self._pointers:
            raise ArgumentIndexError(
                f"pointer {number_text(number)} does not exist: there are {self._pointers}"
                " pointers",
                segment=self._segment,
            )
        word = self._first + number
        if (self._segment, word) in self._memory.used:
            raise Unreadable(
                f"pointer {number} is set already; its old object would have to be read to be"
                " retired",
                segment=self._segment,
                offset=word,
            )
        return word

    def _build(self, index: int, shape: int, words: int, head: bytes = b"") -> tuple[int, int]:
        word = self._slot(index)
        memory = self._memory
        return memory.serve(partial(_build, memory, self._segment, word, shape, words, head))

    def _set_octets(self, index: int, octets: bytes) -> None:
        try:
            shape = wire.list_shape(wire.SIZE_BYTE, check_count(len(octets)))
            self._build(index, shape, wire.object_words(shape), octets)
        except RecursionError as error:
            raise exhausted() from error


class AppendList(_Section):
    """A list of primitives in write-only memory."""

    __slots__ = ("_count", "_element")

    def __init__(
        self, memory: _SharedSupply, segment: int, start: int, element: Element, count: int
    ) -> None:
        super().__init__(memory, segment, start * WORD_BYTES, count * element.bits)
        self._element = element
        self._count = count

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._count

    def __setitem__(self, index: int, value: Primitive) -> None:
        """Write an element. An element of a list of voids is ``None``."""
        try:
            at = integer(index, "an index")
            if not 0 <= at < self._count:
                raise ArgumentIndexError(
                    f"element {number_text(at)} does not exist: the list has {self._count} elements"
                )
            if self._element is not Element.VOID:
                self._put(self._element, at, value)
            elif value is not None:
                raise ArgumentTypeError("the only value of a Void is None")
        except RecursionError as error:
            raise exhausted() from error

    def __getitem__(self, index: int) -> NoReturn:
        """Raise ``Unreadable``."""
        raise _unreadable("reading an element")


class AppendStructs:
    """A list of structs in write-only memory. Handles on its elements are made on demand.

    A list of zero-sized structs takes no words, however long it is.
    """

    __slots__ = ("_count", "_data_words", "_first", "_memory", "_pointers", "_segment")

    def __init__(
        self,
        memory: _SharedSupply,
        segment: int,
        first: int,
        count: int,
        data_words: int,
        pointers: int,
    ) -> None:
        self._memory = memory
        self._segment = segment
        self._first = first
        self._count = count
        self._data_words = data_words
        self._pointers = pointers

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._count

    def __iter__(self) -> Iterator[AppendStruct]:
        """Return an iterator over the elements."""
        try:
            return map(self.__getitem__, range(self._count))
        except RecursionError as error:
            raise exhausted() from error

    def __getitem__(self, index: int) -> AppendStruct:
        """Return an element. Negative indices and slices are refused."""
        try:
            at = integer(index, "an index")
            if not 0 <= at < self._count:
                raise ArgumentIndexError(
                    f"element {number_text(at)} does not exist: the list has {self._count} elements"
                )
            words = self._data_words + self._pointers
            return AppendStruct(
                self._memory,
                self._segment,
                self._first + at * words,
                self._data_words,
                self._pointers,
            )
        except RecursionError as error:
            raise exhausted() from error


#: Methods of StructBuilder, other than its getters, that would have to read.
_NEED_READING = frozenset(
    {
        "adopt",
        "clear",
        "copy_from",
        "copy_pointer",
        "disown",
        "is_null",
        "kind",
        "lend_data",
        "select",
        "set",
        "total_size",
        "total_words",
    }
)


def _unreadable(what: str) -> Unreadable:
    return Unreadable(f"{what}: this memory can only be written")


def _build_struct(
    memory: _SharedSupply, slot: int, word: int, data: int, pointers: int
) -> AppendStruct:
    shape = wire.struct_shape(data, pointers)
    segment, start = _build(memory, slot, word, shape, data + pointers, b"")
    return AppendStruct(memory, segment, start, data, pointers)


def _build(
    memory: _SharedSupply, slot: int, word: int, shape: int, words: int, head: bytes
) -> tuple[int, int]:
    """Build an object, set the pointer to it, and return its place."""
    if (slot, word) in memory.used:
        raise Unreadable(
            "the pointer is set already; its old object would have to be read to be retired"
        )
    segment, start = memory.grant(words) if words else (slot, word)
    memory.put_octets(segment, start, head)
    memory.point(slot, word, shape, segment, start)
    return segment, start
