"""The data section of an object that is being built: the numbers and bits of a handle.

A handle holds numbers, never memory: the segment, the first word of its object, and the sizes of
its sections. Each call checks its arguments, then that the object still exists (P12), then borrows
the segment, writes, and gives the segment back.

Field offsets are in units of the field's own size, as in the encoding specification and generated
code (``get_uint16(3)`` reads bytes 6 and 7 of the data section). ``default`` is the field's default
value, which the encoding XORs into the field (specification, "Default Values"). If several things
are wrong, errors come in this order: types, a stale handle, indices, values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, SupportsIndex, TypeVar

from .._words.arguments import double, integer, number_text, truth, type_name
from .._words.exhausted import exhausted
from .._words.face import place
from .._words.given import Given
from ..errors import ArgumentIndexError, ArgumentTypeError, ArgumentValueError
from ..wire import WORD_BYTES, Element, Primitive
from .lease import Lease
from .states import State

T = TypeVar("T")

# Python finds a module constant faster than a member of a class.
_BOOL: Final = Element.BOOL
_IDLE: Final = State.IDLE
_WORKING: Final = State.WORKING

#: The default of most fields. It is compared by identity, which runs no code of another class.
_NO_DEFAULT: Final = 0


def _float_bits(element: Element, value: float) -> int:
    """Return the bits of a float as an unsigned integer."""
    try:
        bits: int = element.raw.unpack(element.codec.pack(value))[0]
        return bits
    except OverflowError as error:
        raise ArgumentValueError(f"{value!r} is too large for {element.name}") from error


def require_range(element: Element, value: int) -> None:
    """Raise ``ArgumentValueError`` if an integer does not fit its field."""
    if not element.low <= value <= element.high:
        raise ArgumentValueError(
            f"a value of {element.name} must be {element.low} to {element.high}, not"
            f" {number_text(value)}"
        )


class Handle:
    """The base of all builders: a lease on the object, and its data section."""

    __slots__ = ("_data", "_data_bits", "_lease", "_word")

    def __init__(self, lease: Lease, word: int, data: int, data_bits: int) -> None:
        self._lease = lease
        #: The word that identifies the object: its first or, if it has none, that of its pointer.
        self._word = word
        #: First byte of the data section in its segment, and its size in bits.
        self._data = data
        self._data_bits = data_bits

    def __reduce__(self) -> str:
        """Refuse pickling and deep copies. ``copy.copy`` returns another handle on the object."""
        raise ArgumentTypeError("a builder cannot be copied without its message")

    def _face(self, sizes: str, octet: int) -> str:
        """Return the text of ``repr`` for an object that begins at byte ``octet``."""
        return f"<{type_name(self)}: {sizes}, {place(self._lease.segment.index, octet)}>"

    def _end(self) -> int:
        """Return the word after the last one that the handle can use."""
        # An object without words is identified by its pointer, and uses nothing else.
        bits = self._data_bits
        return (self._data * 8 + bits + 63) // 64 if bits else self._word + 1

    def _renew(self) -> None:
        """Raise ``StaleHandle`` if the object is gone; otherwise renew the lease."""
        self._lease = self._lease.renewed(self._word, self._end())

    def _check(self) -> None:
        """Raise ``StaleHandle`` or ``MessageStateError`` if a call cannot use the object.

        Use it only between calls of the message.
        """
        try:
            lease = self._lease
            arena = lease.arena
            if arena.state is not _IDLE:
                arena.require_idle()
            if lease.epoch != arena.epoch:
                self._renew()
        except RecursionError as error:
            raise exhausted() from error

    def _serve(self, body: Callable[[], T]) -> T:
        """Run a call of the message that needs the object."""
        lease = self._lease
        arena = lease.arena
        try:
            arena.begin()
        except RecursionError as error:
            raise exhausted() from error
        try:
            if lease.epoch != arena.epoch:
                self._renew()
            value = body()
            arena.finish()
        except BaseException as error:
            # Whatever ends the call, an interrupt included, it is undone.
            arena.unfinished = arena.state
            arena.abandon(error)
            raise
        return value

    def _outside(self, element: Element, offset: int) -> ArgumentIndexError:
        return ArgumentIndexError(
            f"{element.name} at offset {number_text(offset)} is outside the data, which has"
            f" {self._data_bits} bits",
            segment=self._lease.segment.index,
        )

    def _put_integer(
        self,
        element: Element,
        offset: SupportsIndex,
        value: SupportsIndex,
        default: SupportsIndex,
    ) -> None:
        try:
            number = value if type(value) is int else integer(value, "a value")
            lease = self._lease
            arena = lease.arena
            segment = lease.segment
            memory = segment.memory
            # The usual case.
            if (
                memory is not None
                and type(offset) is int
                and default is _NO_DEFAULT
                and offset >= 0
                and (offset + 1) * element.bits <= self._data_bits
                and len(memory) >= segment.used * WORD_BYTES
                # These checks come last: no foreign code can run between them and the write.
                and arena.state is _IDLE
                and lease.epoch == arena.epoch
            ):
                try:
                    element.pack_into(memory, self._data + offset * element.bytes, number)
                    return
                except struct.error:
                    # The value does not fit, or somebody resized the memory of a ``stable``
                    # allocator.
                    pass
            at = offset if type(offset) is int else integer(offset, "a field offset")
            inverted = default if type(default) is int else integer(default, "a default")
            if arena.state is not _IDLE or lease.epoch != arena.epoch:
                self._check()
            if at < 0 or (at + 1) * element.bits > self._data_bits:
                raise self._outside(element, at)
            if not element.low <= number <= element.high:
                require_range(element, number)
            if inverted:
                require_range(element, inverted)
                number ^= inverted
            self._write(element.codec, self._data + at * element.bytes, number)
        except RecursionError as error:
            raise exhausted() from error

    def _kept_memory(self) -> bytearray | None:
        """Return the memory if it stays and the message can serve a call now, or ``None``."""
        lease = self._lease
        segment = lease.segment
        memory = segment.memory
        if (
            memory is not None
            and len(memory) >= segment.used * WORD_BYTES
            # These checks come last: no foreign code can run between them and the caller's access.
            and lease.arena.state is _IDLE
            and lease.epoch == lease.arena.epoch
        ):
            return memory
        return None

    def _write(self, codec: struct.Struct, at: int, value: int) -> None:
        """Write at byte ``at`` of the segment, in a call of the message."""
        lease = self._lease
        arena = lease.arena
        segment = lease.segment
        if arena.state is not _IDLE:
            arena.require_idle()
        # As in Arena.begin and Arena.finish, without the calls.
        arena.state = _WORKING
        try:
            if lease.epoch != arena.epoch:
                self._renew()
            view = arena.borrow(segment)
            try:
                codec.pack_into(view, at, value)
                if segment.shadow is not None:
                    codec.pack_into(segment.shadow, at, value)
            finally:
                arena.give_back(view)
            if arena.state is not _WORKING:
                raise arena.unavailable()
            arena.state = _IDLE
        except BaseException as error:
            # Whatever ends the call, an interrupt included, it is undone.
            arena.unfinished = arena.state
            arena.abandon(error)
            raise

    def _take_bits(self, element: Element, offset: SupportsIndex) -> bytes | bytearray:
        """Return the bytes of a field; for a bool, the byte that contains it."""
        index = offset if type(offset) is int else integer(offset, "a field offset")
        lease = self._lease
        arena = lease.arena
        if arena.state is not _IDLE or lease.epoch != arena.epoch:
            self._check()
        if index < 0 or (index + 1) * element.bits > self._data_bits:
            raise self._outside(element, index)
        size = element.bytes or 1
        at = self._data + (index * size if element.bytes else index >> 3)
        memory = self._kept_memory()
        if memory is not None:
            return memory[at : at + size]
        return self._borrowed_octets(at, size)

    # The closures of this method and of _change_bits would make their callers slow.

    def _borrowed_octets(self, at: int, size: int) -> bytes:
        """Return a copy of bytes of the segment, in a call of the message."""
        lease = self._lease
        return self._serve(lambda: lease.arena.octets_at(lease.segment, at, size))

    def _change_bits(self, at: int, size: int, mask: int, bits: int) -> None:
        """Write the bits that ``mask`` has into ``size`` bytes, in a call of the message."""
        self._serve(lambda: self._write_bits(at, size, mask, bits))

    def _take_integer(self, element: Element, offset: SupportsIndex, default: SupportsIndex) -> int:
        try:
            inverted = default if type(default) is int else integer(default, "a default")
            value: int = element.codec.unpack(self._take_bits(element, offset))[0]
            if inverted:
                require_range(element, inverted)
                value ^= inverted
            return value
        except RecursionError as error:
            raise exhausted() from error

    def _put_float(
        self,
        element: Element,
        offset: SupportsIndex,
        value: Given[float],
        default: Given[float],
    ) -> None:
        try:
            number = double(value)
            inverted = double(default)
            index = offset if type(offset) is int else integer(offset, "a field offset")
            self._check()
            if index < 0 or (index + 1) * element.bits > self._data_bits:
                raise self._outside(element, index)
            bits = _float_bits(element, number) ^ _float_bits(element, inverted)
            at = self._data + index * element.bytes
            memory = self._kept_memory()
            if memory is not None:
                # As in _put_integer, no foreign code can run between the check and the write.
                element.raw.pack_into(memory, at, bits)
                return
            self._write(element.raw, at, bits)
        except RecursionError as error:
            raise exhausted() from error

    def _take_float(self, element: Element, offset: SupportsIndex, default: Given[float]) -> float:
        try:
            inverted = _float_bits(element, double(default))
            bits = self._take_bits(element, offset)
            if inverted:
                whole: int = element.raw.unpack(bits)[0]
                bits = element.raw.pack(whole ^ inverted)
            value: float = element.codec.unpack(bits)[0]
            return value
        except RecursionError as error:
            raise exhausted() from error

    def _put_bool(self, offset: SupportsIndex, value: Given[bool], default: Given[bool]) -> None:
        try:
            bit = truth(value) is not truth(default)
            self._put_bit(offset if type(offset) is int else integer(offset, "a field offset"), bit)
        except RecursionError as error:
            raise exhausted() from error

    def _put_bit(self, index: int, bit: bool) -> None:
        """Write a bit of the data section."""
        try:
            self._check()
            if not 0 <= index < self._data_bits:
                raise self._outside(_BOOL, index)
            at = self._data + (index >> 3)
            mask = 1 << (index & 7)
            memory = self._kept_memory()
            if memory is not None:
                memory[at] = memory[at] | mask if bit else memory[at] & ~mask
                return
            self._change_bits(at, 1, mask, mask if bit else 0)
        except RecursionError as error:
            raise exhausted() from error

    def _write_bits(self, at: int, size: int, mask: int, bits: int) -> None:
        segment = self._lease.segment
        end = at + size
        view = self._lease.arena.borrow(segment)
        try:
            octets = bytes(view[at:end])
            if segment.shadow is not None:
                segment.require_unchanged(at, octets)
            octets = (int.from_bytes(octets, "little") & ~mask | bits).to_bytes(size, "little")
            view[at:end] = octets
            if segment.shadow is not None:
                segment.shadow[at:end] = octets
        finally:
            self._lease.arena.give_back(view)

    def _put_bits(self, mask: int, bits: int) -> None:
        """Write the bits of the data section that ``mask`` has, in one step.

        Bit 0 is the lowest of the first byte. ``mask`` has one at least.
        """
        if mask.bit_length() > self._data_bits:
            self._check()
            raise self._outside(_BOOL, mask.bit_length() - 1)
        first = (mask & -mask).bit_length() - 1 >> 3
        size = (mask.bit_length() + 7 >> 3) - first
        self._change_bits(self._data + first, size, mask >> first * 8, bits >> first * 8)

    def _take_bool(self, offset: SupportsIndex, default: Given[bool]) -> bool:
        try:
            inverted = truth(default)
            index = offset if type(offset) is int else integer(offset, "a field offset")
            octet = self._take_bits(_BOOL, index)[0]
            return bool(octet >> (index & 7) & 1) is not inverted
        except RecursionError as error:
            raise exhausted() from error

    def _put(self, element: Element, offset: SupportsIndex, value: Any) -> None:
        """Write an element of a list."""
        if element.floating:
            self._put_float(element, offset, value, 0.0)
        elif element is _BOOL:
            self._put_bool(offset, value, False)
        else:
            self._put_integer(element, offset, value, 0)

    def _take(self, element: Element, offset: SupportsIndex) -> Primitive:
        """Read an element of a list."""
        if element.floating:
            return self._take_float(element, offset, 0.0)
        if element is _BOOL:
            return self._take_bool(offset, False)
        return self._take_integer(element, offset, 0)
