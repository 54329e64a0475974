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
from typing import Any, Final, TypeVar

from .._words.arguments import double, integer, number_text, truth, type_name
from .._words.exhausted import exhausted
from .._words.face import place
from ..errors import ArgumentIndexError, ArgumentValueError
from ..wire import WORD_BYTES, Element, Primitive
from .lease import Lease
from .states import State

T = TypeVar("T")

# Python finds a module constant faster than a member of a class.
_BOOL: Final = Element.BOOL
_IDLE: Final = State.IDLE


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

    __slots__ = ("_data", "_data_bits", "_lease")

    def __init__(self, lease: Lease, data: int, data_bits: int) -> None:
        self._lease = lease
        #: First byte of the data section in its segment, and its size in bits.
        self._data = data
        self._data_bits = data_bits

    def _face(self, sizes: str, octet: int) -> str:
        """Return the text of ``repr`` for an object that begins at byte ``octet``."""
        return f"<{type_name(self)}: {sizes}, {place(self._lease.segment.index, octet)}>"

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
                lease.renew()
            value = body()
            arena.finish()
        except BaseException as error:
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

    def _put_integer(self, element: Element, offset: int, value: int, default: int) -> None:
        try:
            if type(offset) is not int:
                offset = integer(offset, "a field offset")
            if type(value) is not int:
                value = integer(value, "a value")
            if type(default) is not int:
                default = integer(default, "a default")
            lease = self._lease
            arena = lease.arena
            segment = lease.segment
            memory = segment.memory
            if (
                memory is not None
                and offset >= 0
                and (offset + 1) * element.bits <= self._data_bits
                and not default
                and len(memory) >= segment.used * WORD_BYTES
                # These checks come last: no foreign code can run between them and the write.
                and arena.state is _IDLE
                and lease.epoch == arena.epoch
            ):
                try:
                    element.pack_into(memory, self._data + offset * element.bytes, value)
                    return
                except struct.error:
                    # The value does not fit, or somebody resized the memory of a ``stable``
                    # allocator.
                    pass
            if arena.state is not _IDLE or lease.epoch != arena.epoch:
                lease.check()
            if offset < 0 or (offset + 1) * element.bits > self._data_bits:
                raise self._outside(element, offset)
            require_range(element, value)
            if default:
                require_range(element, default)
                value ^= default
            self._write(element.codec, self._data + offset * element.bytes, value)
        except RecursionError as error:
            raise exhausted() from error

    def _write(self, codec: struct.Struct, at: int, value: int) -> None:
        """Write at byte ``at`` of the segment, in a call of the message."""
        lease = self._lease
        arena = lease.arena
        segment = lease.segment
        try:
            arena.begin()
        except RecursionError as error:
            raise exhausted() from error
        try:
            if lease.epoch != arena.epoch:
                lease.renew()
            view = arena.borrow(segment)
            try:
                codec.pack_into(view, at, value)
                if segment.shadow is not None:
                    codec.pack_into(segment.shadow, at, value)
            finally:
                arena.give_back(view)
            arena.finish()
        except BaseException as error:
            arena.unfinished = arena.state
            arena.abandon(error)
            raise

    def _take_bits(self, element: Element, offset: int) -> bytes | bytearray:
        """Return the bytes of a field; for a bool, the byte that contains it."""
        if type(offset) is not int:
            offset = integer(offset, "a field offset")
        lease = self._lease
        arena = lease.arena
        if arena.state is not _IDLE or lease.epoch != arena.epoch:
            lease.check()
        if offset < 0 or (offset + 1) * element.bits > self._data_bits:
            raise self._outside(element, offset)
        size = element.bytes or 1
        at = self._data + (offset * size if element.bytes else offset >> 3)
        segment = lease.segment
        memory = segment.memory
        if (
            memory is not None
            and len(memory) >= segment.used * WORD_BYTES
            and arena.state is _IDLE
            and lease.epoch == arena.epoch
        ):
            return memory[at : at + size]
        return self._serve(lambda: arena.octets_at(segment, at, size))

    def _take_integer(self, element: Element, offset: int, default: int) -> int:
        try:
            if type(default) is not int:
                default = integer(default, "a default")
            value: int = element.codec.unpack(self._take_bits(element, offset))[0]
            if default:
                require_range(element, default)
                value ^= default
            return value
        except RecursionError as error:
            raise exhausted() from error

    def _put_float(
        self,
        element: Element,
        offset: int,
        value: float,
        default: float,
    ) -> None:
        try:
            value = double(value)
            default = double(default)
            if type(offset) is not int:
                offset = integer(offset, "a field offset")
            self._lease.check()
            if offset < 0 or (offset + 1) * element.bits > self._data_bits:
                raise self._outside(element, offset)
            bits = _float_bits(element, value) ^ _float_bits(element, default)
            at = self._data + offset * element.bytes
            self._write(element.raw, at, bits)
        except RecursionError as error:
            raise exhausted() from error

    def _take_float(self, element: Element, offset: int, default: float) -> float:
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

    def _put_bool(self, offset: int, value: bool, default: bool) -> None:
        try:
            bit = truth(value) is not truth(default)
            if type(offset) is not int:
                offset = integer(offset, "a field offset")
            self._lease.check()
            if not 0 <= offset < self._data_bits:
                raise self._outside(_BOOL, offset)
            at = self._data + (offset >> 3)
            mask = 1 << (offset & 7)
            self._serve(lambda: self._write_bit(at, mask, bit))
        except RecursionError as error:
            raise exhausted() from error

    def _write_bit(self, at: int, mask: int, bit: bool) -> None:
        segment = self._lease.segment
        view = self._lease.arena.borrow(segment)
        try:
            octet = view[at]
            if segment.shadow is not None:
                segment.require_unchanged(at, bytes((octet,)))
            octet = octet | mask if bit else octet & ~mask
            view[at] = octet
            if segment.shadow is not None:
                segment.shadow[at] = octet
        finally:
            self._lease.arena.give_back(view)

    def _take_bool(self, offset: int, default: bool) -> bool:
        try:
            inverted = truth(default)
            if type(offset) is not int:
                offset = integer(offset, "a field offset")
            octet = self._take_bits(_BOOL, offset)[0]
            return bool(octet >> (offset & 7) & 1) is not inverted
        except RecursionError as error:
            raise exhausted() from error

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
