"""Buffers of callers and allocators: the types of their items, and their bytes (PEP 3118).

The format of a buffer gives the types of its items, in the codes of the ``struct`` module and some
more. Text between colons is the name of a field, not a code: ``T{<Q:Offset:}`` is a record of one
number. Items that hold addresses (Python objects, pointers) are refused everywhere: their bytes
mean nothing in a message, and overwriting them would crash the process.
"""

from __future__ import annotations

import ctypes
import re
from array import array
from typing import Any, Final

from ..allocator import Buffer
from ..errors import ArgumentTypeError, ArgumentValueError, BadBuffer
from ..wire import Element
from .arguments import call, error_text, exported, is_masked, method_of, type_name
from .caught import Raised
from .given import Given

#: Parts of a format that cannot be addresses: names of fields, and the codes of complex numbers.
_HARMLESS: Final = re.compile(r":[^:]*:|Z[fdg]")

#: Codes of addresses: a Python object, ``void *``, pointers to strings, other pointers, a function.
_ADDRESSES: Final = re.compile(r"[OPzZ&X]")

#: Format codes of items from which list elements can be made.
_SIGNED: Final = "bhilqn"
_UNSIGNED: Final = "BHILQN"
_FLOATS: Final = "fd"


#: Types of objects whose bytes are not addresses.
_PLAIN: Final = frozenset({bytes, bytearray, array})

#: Length of a chain of arrays, each a view of the next, that is checked. Numpy makes chains of one.
_MOST_BASES: Final = 4

#: Exceptions about the buffer, raised by its exporter, by ``memoryview``, or in this module. Any
#: other exception comes from a signal handler.
_WRONG: Final = (Raised, TypeError, ValueError)


def holds_addresses(code: str) -> bool:
    """Return whether items of the format ``code`` hold addresses.

    If names cannot be told apart from codes, every character counts as a code.
    """
    if not _ADDRESSES.search(code):
        return False
    rest = _HARMLESS.sub(" ", code)
    return _ADDRESSES.search(code if ":" in rest else rest) is not None


def require_numbers(view: memoryview) -> None:
    """Raise ``TypeError`` if the items of a buffer hold addresses, or are masked."""
    owner = view.obj
    if type(owner) in _PLAIN:
        return
    if shows_addresses(view):
        raise TypeError(
            f"its items hold addresses of objects (format {view.format[:80]!r}); convert it to"
            " bytes or to an array of numbers first"
        )
    if is_masked(owner):
        raise TypeError("some of its items are masked; replace them by values: array.filled()")


def shows_addresses(view: memoryview) -> bool:
    """Return whether the bytes of a buffer hold addresses.

    The format of the items may show that, or the type of the object, or the base array of which it
    is a view: of some fields of its records, with other fields in between, or of all its bytes.
    """
    if holds_addresses(view.format) or hides_addresses(type(view.obj)):
        return True
    base: Any = view.obj
    for _ in range(_MOST_BASES):
        base = method_of(base, "base")
        if base is None:
            break
        try:
            with call(exported, base) as whole:
                covers = view.c_contiguous and view.nbytes >= whole.itemsize
                if holds_addresses(whole.format) and (covers or "{" in view.format):
                    return True
        except Raised:
            break
    return False


def hides_addresses(kind: type) -> bool:
    """Return whether a type of ctypes holds addresses.

    The format of a union is bytes, so it does not show them.
    """
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
            # A simple type has a code here, a pointer a class, and a function type nothing.
            code = getattr(kind, "_type_", None)
            if type(code) is not str or _ADDRESSES.fullmatch(code):
                return True
    return False


def view_of(buffer: Buffer, what: str) -> memoryview:
    """Return a read-only view of the bytes of a caller's buffer.

    ``what`` names the buffer in the message.

    Raises:
        ArgumentTypeError: If there is no C-contiguous buffer, or its items hold addresses.
    """
    if type(buffer) is bytes:
        return memoryview(buffer)
    try:
        # A view of a view runs none of the caller's code.
        view = memoryview(buffer) if type(buffer) is memoryview else call(exported, buffer)
        require_numbers(view)
        # ``cast`` refuses a shape with a zero in it.
        return view.cast("B").toreadonly() if view.nbytes else memoryview(b"")
    except _WRONG as error:
        cause = error.__cause__ or error
        raise ArgumentTypeError(
            f"{what} must be a contiguous buffer, not {type_name(buffer)}: {error_text(cause)}"
        ) from cause


def writable_bytes(buffer: Buffer) -> int:
    """Return the length (bytes) of a writable, C-contiguous buffer, or raise ``ArgumentError``."""
    try:
        with call(exported, buffer) as view:
            require_numbers(view)
            usable = not view.readonly and view.c_contiguous
            octets = view.nbytes
    except _WRONG as error:
        cause = error.__cause__ or error
        raise ArgumentTypeError(
            f"memory must be an object with a writable buffer, not {type_name(buffer)}:"
            f" {error_text(cause)}"
        ) from cause
    if not usable:
        raise ArgumentValueError("the buffer must be writable and C-contiguous")
    return octets


def data_octets(value: Given[bytes | bytearray | memoryview]) -> bytes:
    """Return a copy of a caller's buffer: its items in C order."""
    if type(value) is bytes:
        return value
    try:
        if issubclass(type(value), str):
            # numpy.str_ is a str with a buffer.
            raise TypeError("a text must be encoded first")
        with call(exported, value) as view:
            require_numbers(view)
            return view.tobytes()
    except _WRONG as error:
        cause = error.__cause__ or error
        raise ArgumentTypeError(
            f"a Data must be a buffer of bytes, not {type_name(value)}: {error_text(cause)}"
        ) from cause


def octets_of(element: Given[Element], values: Buffer) -> memoryview:
    """Return a view of the bytes of a buffer of ``element`` values, or of bytes.

    It shows the buffer itself if the items have the machine's byte order, and else a copy. The
    caller releases it.
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
            f"values must be a contiguous buffer of numbers, not {type_name(values)}:"
            f" {error_text(cause)}"
        ) from cause
    codes = _FLOATS if element.floating else _SIGNED if element.low < 0 else _UNSIGNED
    if code not in ("B", "c") and not (len(code) == 1 and code in codes and width == size):
        octets.release()
        raise ArgumentTypeError(
            f"the buffer's items must be of type {element.name}, not of format {code!r} and"
            f" {width} bytes"
        )
    return octets


def octets_of_segment(buffer: Any, segment: int, *, writable: bool = True) -> memoryview:
    """Return a view of the bytes of an allocator's buffer, or raise ``BadBuffer``.

    If ``writable``, a read-only buffer is refused.
    """
    try:
        try:
            view = memoryview(buffer)
        except Exception as error:
            raise BadBuffer(
                f"segment {segment}: a {type_name(buffer)} has no buffer of bytes",
                segment=segment,
            ) from error
        if type(buffer) is bytearray:
            return view
    finally:
        del buffer
    refused = writable and view.readonly
    # Unions of ctypes of any size have the format "B", too.
    if view.format == "B" and view.itemsize == 1 and view.strides == (1,) and not refused:
        return view
    with view:
        if refused:
            raise BadBuffer(f"segment {segment}: the buffer is read-only", segment=segment)
        if not view.c_contiguous:
            raise BadBuffer(f"segment {segment}: the buffer is not contiguous", segment=segment)
        if shows_addresses(view):
            raise BadBuffer(f"segment {segment}: the buffer holds Python objects", segment=segment)
        if view.nbytes == 0:
            return memoryview(bytearray())
        return view.cast("B")
