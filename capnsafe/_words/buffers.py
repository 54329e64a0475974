"""Buffers of callers and allocators: what their items are, and their bytes (PEP 3118).

The format of a buffer says what its items are, in the codes of the ``struct`` module and some more.
Names of fields stand between colons in it, and are no codes: ``T{<Q:Offset:}`` is a record of one
number. Items that hold addresses (Python objects, pointers) are refused everywhere: their bytes
mean nothing in a message, and writing over them would end the process.
"""

from __future__ import annotations

import ctypes
import re
from typing import Any, Final

from ..allocator import Buffer
from ..errors import ArgumentTypeError, ArgumentValueError, BadBuffer
from ..wire import Element
from .arguments import Raised, call, exported, told, type_name

#: Names, the codes of complex numbers, and strings with a length.
_HARMLESS: Final = re.compile(r":[^:]*:|Z[fdg]")

#: An object, a ``void *``, strings by pointer, any pointer, a function.
_ADDRESSES: Final = re.compile(r"[OPzZ&X]")

#: Format characters of buffers whose items an element can be made of.
_SIGNED: Final = "bhilqn"
_UNSIGNED: Final = "BHILQN"
_FLOATS: Final = "fd"


#: Raised by the code of a buffer's exporter, or by us and ``memoryview`` about the buffer. Others
#: come from the handler of a signal.
_WRONG: Final = (Raised, TypeError, ValueError)


def holds_addresses(code: str) -> bool:
    """Return whether items of the format ``code`` hold addresses.

    A format whose names cannot be told from its codes is judged by all of its characters.
    """
    if not _ADDRESSES.search(code):
        return False
    rest = _HARMLESS.sub(" ", code)
    return _ADDRESSES.search(code if ":" in rest else rest) is not None


def require_numbers(view: memoryview) -> None:
    """Raise ``TypeError`` if the items of a buffer hold addresses."""
    if holds_addresses(view.format) or hides_addresses(type(view.obj)):
        raise TypeError(
            f"its items hold addresses of objects (format {view.format[:80]!r}); make an array of"
            " numbers or bytes of it"
        )


def hides_addresses(kind: type) -> bool:
    """Return whether a union of ctypes, or what has one, holds addresses: its format is bytes."""
    if not issubclass(kind, (ctypes.Array, ctypes.Structure, ctypes.Union)):
        return False
    kinds: list[Any] = [kind]
    seen: set[Any] = set()
    while kinds:
        kind = kinds.pop()
        if kind in seen:
            continue
        seen.add(kind)
        if issubclass(kind, ctypes.Array):
            kinds.append(kind._type_)
        elif issubclass(kind, (ctypes.Structure, ctypes.Union)):
            for base in kind.__mro__:
                kinds += [field[1] for field in vars(base).get("_fields_", ())]
        else:
            # That of a pointer is a class; functions have none.
            code = getattr(kind, "_type_", None)
            if type(code) is not str or _ADDRESSES.fullmatch(code):
                return True
    return False


def view_of(buffer: Buffer, what: str) -> memoryview:
    """Return the bytes of a caller's buffer, whatever its items are, as a read-only view.

    Raises ``ArgumentTypeError`` where ``what`` has no C-contiguous buffer.
    """
    try:
        view = call(exported, buffer)
        require_numbers(view)
        # ``cast`` refuses a shape with a zero in it.
        return view.cast("B").toreadonly() if view.nbytes else memoryview(b"")
    except _WRONG as error:
        cause = error.__cause__ or error
        raise ArgumentTypeError(
            f"{what} must be a contiguous buffer, not {type_name(buffer)}: {told(cause)}"
        ) from cause


def writable_bytes(buffer: Buffer) -> int:
    """Return the length (bytes) of a buffer that a message can be built in, or raise."""
    try:
        with call(exported, buffer) as view:
            require_numbers(view)
            usable = not view.readonly and view.c_contiguous
            octets = view.nbytes
    except _WRONG as error:
        cause = error.__cause__ or error
        raise ArgumentTypeError(
            f"the buffer must be writable bytes; a {type_name(buffer)} has none: {told(cause)}"
        ) from cause
    if not usable:
        raise ArgumentValueError("the buffer must be writable, contiguous, and made of bytes")
    return octets


def data_octets(value: bytes | bytearray | memoryview) -> bytes:
    """Return a copy of a caller's buffer: its items in C order."""
    if type(value) is bytes:
        return value
    try:
        if issubclass(type(value), str):
            # Texts of numpy have a buffer.
            raise TypeError("a text must be encoded first")
        with call(exported, value) as view:
            require_numbers(view)
            return view.tobytes()
    except _WRONG as error:
        cause = error.__cause__ or error
        raise ArgumentTypeError(
            f"a Data takes a buffer of bytes, not {type_name(value)}: {told(cause)}"
        ) from cause


def octets_of(element: Element, values: Buffer) -> memoryview:
    """Return the octets of a buffer of such elements, or of bytes; the caller releases them.

    They are the buffer itself where its items are native ones, and a copy elsewhere.
    """
    size = element.bytes
    if size == 0:
        raise ArgumentTypeError(f"a list of {element.name} cannot be made from a buffer")
    try:
        with call(exported, values) as view:
            if not view.c_contiguous:
                raise ValueError("it is not contiguous")
            require_numbers(view)
            code = view.format.lstrip("<=@")
            width = view.itemsize
            if len(view.format) == 1 and view.nbytes:
                octets = view.cast("B")
            else:
                octets = memoryview(view.tobytes())
    except _WRONG as error:
        cause = error.__cause__ or error
        raise ArgumentTypeError(
            f"a {type_name(values)} that is no buffer of numbers: {told(cause)}"
        ) from cause
    codes = _FLOATS if element.floating else _SIGNED if element.low < 0 else _UNSIGNED
    if code not in ("B", "c") and not (len(code) == 1 and code in codes and width == size):
        octets.release()
        raise ArgumentTypeError(
            f"items of format {code!r} and {width} bytes are not of type {element.name}"
        )
    return octets


def octets_of_segment(buffer: Any, segment: int, *, writable: bool = True) -> memoryview:
    """Return the bytes of an allocator's buffer, or raise ``BadBuffer``.

    They can be written to, unless ``writable`` is false.
    """
    try:
        try:
            view = memoryview(buffer)
        except Exception as error:
            raise BadBuffer(
                f"segment {segment}: a {type_name(buffer)} has no buffer of bytes",
                segment=segment,
            ) from error
    finally:
        del buffer
    refused = writable and view.readonly
    plain = view.ndim == 1 and view.format == "B" and view.c_contiguous
    # Unions have that format, too, whatever their size is.
    if not refused and plain and view.itemsize == 1:
        return view
    with view:
        if refused:
            raise BadBuffer(f"segment {segment}: the buffer is read-only", segment=segment)
        if not view.c_contiguous:
            raise BadBuffer(f"segment {segment}: the buffer is not contiguous", segment=segment)
        if holds_addresses(view.format) or hides_addresses(type(view.obj)):
            raise BadBuffer(f"segment {segment}: the buffer holds Python objects", segment=segment)
        if view.nbytes == 0:
            return memoryview(bytearray())
        return view.cast("B")
