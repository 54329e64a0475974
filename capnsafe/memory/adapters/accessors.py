"""Memory that can be written and not read: the accessors proposed in capnproto-rust issue #467.

The proposal replaces segments that are lent by calls that write one value each: ``alloc`` answers
where an object may lie, and ``write_bit`` to ``write_u64`` write into it. Nothing can be read, and
nothing is given back. Over such memory one can only append: a message is built object by object,
each pointer set once. What would need reading raises :class:`capnsafe.Unreadable`: any getter,
output, and setting a pointer again, since what it led to would have to be found and retired.

No pointer is written before the object that it leads to is there and zeroed. So a call that fails
leaves the message as it was (P2); the words that it had been given are lost to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn, Protocol, TypeVar

from ... import wire
from ..._words.arguments import (
    attribute,
    check_count,
    check_element,
    check_sections,
    double,
    integer,
    shown,
    text_octets,
    told,
    truth,
    type_name,
)
from ..._words.buffers import data_octets
from ..._words.exhausted import exhausted
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
from ..single import Single

T = TypeVar("T")

#: An object that fits anywhere needs two words at most to be reached: a double-far landing pad.
_PAD_WORDS = 2


class Accessors(Protocol):
    """Write-only memory. Each call may raise. Only what ``alloc`` answered is written."""

    def alloc(self, amount: int, /) -> tuple[int, int]:
        """Return (segment, first word) of ``amount`` words that nobody else has.

        The first call must answer word 0 of segment 0, where the root pointer of a message is.
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
    """What builders over one supply share: which words are theirs, and which pointers are set."""

    __slots__ = ("_busy", "_granted", "supply", "used", "writers", "zeroed")

    def __init__(self, supply: Accessors, zeroed: bool) -> None:
        self._busy = False
        self.supply = supply
        self.zeroed = zeroed
        #: By the bytes of a value.
        self.writers: dict[int, Callable[[int, int, int], object]] = {
            size: _method(supply, f"write_u{size * 8}") for size in (1, 2, 4, 8)
        }
        self._granted: dict[int, Intervals] = {}
        #: Pointers that were set, as (segment, word).
        self.used: set[tuple[int, int]] = set()

    def serve(self, body: Callable[[], T]) -> T:
        """Run a call of the message; a call from inside it is refused (P10)."""
        if self._busy:
            raise Reentered("the message is in the middle of a call, and takes no other")
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
        """Return (segment, first word) of words that nobody else has."""
        try:
            answer = self.supply.alloc(words)
        except Exception as error:
            raise AllocationRefused(
                f"the memory refused {words} words: {told(error)}", words_asked=words
            ) from error
        segment, start = self._place(answer)
        if not (0 <= segment < wire.MAX_SEGMENTS and start >= 0):
            raise AllocatorError(f"no message has a segment {segment} with a word {start}")
        if start + words > wire.MAX_SEGMENT_WORDS:
            raise MessageTooLarge(
                f"an object would end at word {start + words} of segment {segment}",
                segment=segment,
                offset=start,
            )
        granted = self._granted.setdefault(segment, Intervals())
        if granted.meets(start, start + words):
            raise GrantOverlaps(
                f"words {start} to {start + words} of segment {segment} were given out already",
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

    def _place(self, answer: object) -> tuple[int, int]:
        if type(answer) is tuple and len(answer) == 2:
            segment, start = answer
            if type(segment) is int and type(start) is int:
                return segment, start
        raise AllocatorError(f"a segment and a word were asked, not {type_name(answer)}")

    def put(self, segment: int, at: int, size: int, value: int) -> None:
        """Write an unsigned value of ``size`` bytes at byte ``at``."""
        try:
            self.writers[size](segment, at, value)
        except Exception as error:
            raise BorrowRefused(
                f"segment {segment}: {size} bytes at {at} could not be written: {told(error)}",
                segment=segment,
            ) from error

    def put_octets(self, segment: int, start: int, octets: bytes) -> None:
        """Write octets from word ``start`` on: whole words, then the bytes that are left."""
        at = start * WORD_BYTES
        whole = len(octets) // WORD_BYTES * WORD_BYTES
        for first in range(0, whole, WORD_BYTES):
            value = int.from_bytes(octets[first : first + WORD_BYTES], "little")
            self.put(segment, at + first, 8, value)
        for first in range(whole, len(octets)):
            self.put(segment, at + first, 1, octets[first])

    def point(self, slot: int, word: int, shape: int, segment: int, start: int) -> None:
        """Set the pointer at ``word`` of ``slot`` to an object that is there."""
        if wire.object_words(shape) == 0:
            pointer = wire.EMPTY_STRUCT if shape & 3 == wire.STRUCT else shape
        elif slot == segment:
            pointer = wire.with_offset(shape, start - word - 1)
        else:
            # Where the next words will lie cannot be chosen, so the pad is one that fits anywhere.
            pad_segment, pad = self.grant(_PAD_WORDS)
            self.put(pad_segment, pad * WORD_BYTES, 8, wire.far_pointer(segment, start))
            self.put(pad_segment, (pad + 1) * WORD_BYTES, 8, shape)
            pointer = wire.far_pointer(pad_segment, pad, double=True)
        self.put(slot, word * WORD_BYTES, 8, pointer)
        self.used.add((slot, word))


def _method(supply: Accessors, name: str) -> Callable[..., object]:
    """Return a method of the supply, or raise that it has none."""
    method = attribute(supply, name)
    if not callable(method):
        raise ArgumentTypeError(f"a supply has a method {name!r}, {type_name(supply)} none")
    return method


class AppendBuilder(Single):
    """A message over write-only memory.

    ``zeroed`` says that the memory reads as zero when it is given out; otherwise it is zeroed, by
    one call a word. Nothing is released: whoever supplies the memory knows when the message is done
    with.
    """

    __slots__ = ("_memory", "_rooted")

    def __init__(self, supply: Accessors, *, zeroed: bool = False) -> None:
        """Call nothing yet."""
        for name in ("alloc", "write_bit"):
            _method(supply, name)
        self._memory = _SharedSupply(supply, truth(zeroed))
        self._rooted = False

    def init_root(self, data_words: int, pointer_count: int) -> AppendStruct:
        """Build the root struct, with sections of these sizes (words, pointers), all zero."""
        try:
            data, pointers = check_sections(data_words, pointer_count)
            return self._memory.serve(partial(self._init_root, data, pointers))
        except RecursionError as error:
            raise exhausted() from error

    def _init_root(self, data: int, pointers: int) -> AppendStruct:
        memory = self._memory
        if not self._rooted:
            place = memory.reserve(1)
            if place != (0, 0):
                raise AllocatorError(
                    f"the root pointer must lie at word 0 of segment 0, not {place}"
                )
            self._rooted = True
        if (0, 0) not in memory.used:
            # Also where an earlier call reserved it, and failed.
            memory.clear(0, 0, 1)
        return _build_struct(memory, 0, 0, data, pointers)

    def get_root(self) -> NoReturn:
        """Raise ``Unreadable``."""
        raise _unreadable("get_root")

    def to_bytes(self) -> NoReturn:
        """Raise ``Unreadable``: whoever supplies the memory has the message."""
        raise _unreadable("to_bytes")


class _Section:
    """A data section that can be written: of a struct, or a list of primitives."""

    __slots__ = ("_bits", "_data", "_memory", "_segment")

    def __init__(self, memory: _SharedSupply, segment: int, data: int, bits: int) -> None:
        self._memory = memory
        self._segment = segment
        #: First byte of the section in its segment, and its bits.
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
                        f"no value of {element.name}: {told(error)}"
                    ) from error
            elif element is Element.BOOL:
                number = int(truth(value))
            else:
                number = integer(value, "a value")
                if not element.low <= number <= element.high:
                    raise ArgumentValueError(f"{shown(number)} does not fit {element.name}")
            if at < 0 or (at + 1) * element.bits > self._bits:
                raise ArgumentIndexError(
                    f"{element.name} {shown(at)} lies outside the {self._bits} bits there are",
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
                f"segment {self._segment}: a bit could not be written: {told(error)}",
                segment=self._segment,
            ) from error


class AppendStruct(_Section):
    """A struct over write-only memory. Offsets and indices are those of ``StructBuilder``."""

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
        """Build a struct, all zero."""
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
        """Build a list of ``count`` structs, all zero, and return them."""
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
        """Raise ``Unreadable`` for what other builders answer from memory, when it is called."""
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
                f"pointer {shown(number)} of {self._pointers}", segment=self._segment
            )
        word = self._first + number
        if (self._segment, word) in self._memory.used:
            raise Unreadable(
                f"pointer {number} is set, and what it leads to cannot be found to be retired",
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
    """A list of primitives over write-only memory."""

    __slots__ = ("_count", "_element")

    def __init__(
        self, memory: _SharedSupply, segment: int, start: int, element: Element, count: int
    ) -> None:
        super().__init__(memory, segment, start * WORD_BYTES, count * element.bits)
        self._element = element
        self._count = count

    def __len__(self) -> int:
        """Return how many elements there are."""
        return self._count

    def __setitem__(self, index: int, value: Primitive) -> None:
        """Write element ``index``, counted from 0; that of a list of voids is ``None``."""
        try:
            at = integer(index, "an index")
            if not 0 <= at < self._count:
                raise ArgumentIndexError(f"element {shown(at)} of {self._count}")
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
    """A list of structs over write-only memory: a handle is made when it is asked for.

    A list of structs without words costs nothing, however long it is.
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
        """Return the elements in order."""
        try:
            return map(self.__getitem__, range(self._count))
        except RecursionError as error:
            raise exhausted() from error

    def __getitem__(self, index: int) -> AppendStruct:
        """Return an element; negative indices and slices are refused."""
        try:
            at = integer(index, "an index")
            if not 0 <= at < self._count:
                raise ArgumentIndexError(f"element {shown(at)} of {self._count}")
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


#: Methods of a StructBuilder that would have to read, besides its getters.
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
        "tree",
    }
)


def _unreadable(what: str) -> Unreadable:
    return Unreadable(f"{what}: this memory can be written and not read")


def _build_struct(
    memory: _SharedSupply, slot: int, word: int, data: int, pointers: int
) -> AppendStruct:
    shape = wire.struct_shape(data, pointers)
    segment, start = _build(memory, slot, word, shape, data + pointers, b"")
    return AppendStruct(memory, segment, start, data, pointers)


def _build(
    memory: _SharedSupply, slot: int, word: int, shape: int, words: int, head: bytes
) -> tuple[int, int]:
    """Build an object, then set the pointer to it; answer where it is."""
    if (slot, word) in memory.used:
        raise Unreadable("the pointer is set, and what it leads to cannot be found to be retired")
    segment, start = memory.grant(words) if words else (slot, word)
    memory.put_octets(segment, start, head)
    memory.point(slot, word, shape, segment, start)
    return segment, start
