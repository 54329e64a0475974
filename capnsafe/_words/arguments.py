"""Conversion of untrusted objects: arguments of callers, and results of allocators.

The caller's objects can run the caller's code when they are converted, compared or printed. So a
call converts its arguments before it does anything else (P10), and wraps every exception that they
raise (P1). That includes one from ``__index__``, and one from the ``__repr__`` of an exception that
is quoted in a message.
"""

from __future__ import annotations

import builtins
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import repeat
from math import isinf
from operator import eq
from operator import index as _as_index
from typing import Any, Final, SupportsFloat, SupportsIndex, TypeVar

from .. import wire
from .._sources import is_extension
from ..errors import AllocatorError, ArgumentTypeError, ArgumentValueError, MessageTooLarge
from ..wire import ELEMENTS, Element
from .caught import Raised
from .given import Given

T = TypeVar("T")
A = TypeVar("A")

#: Longer numbers are described by their size, because Python refuses to print very long ones.
_PRINTED_BITS: Final = 128

#: The text of an exception is cut at this length: it may quote a chain of other exceptions.
_ERROR_CHARACTERS: Final = 200

_NAME: Final = type.__dict__["__name__"]
_MODULE: Final = type.__dict__["__module__"]

_BUILTIN: Final = vars(builtins)


#: Whether the compiled encoder runs.
COMPILED: Final = is_extension(wire.__file__)

#: Returns a view of a caller's buffer. Exporting it may run the caller's code.
exported: Final[Callable[[Any], memoryview]] = memoryview


def call(function: Callable[[A], T], argument: A) -> T:
    """Call the caller's code. Raise ``Raised`` if it raises an ``Exception``.

    An exception that a signal handler raises in the library passes unchanged.
    """
    return _called(function, argument) if COMPILED else _called_from_c(function, argument)


def _called(function: Callable[[A], T], argument: A) -> T:
    """Call a function from compiled code, in which no signal handler runs."""
    try:
        return function(argument)
    except Exception as error:
        raise Raised() from error


def _called_from_c(function: Callable[[A], T], argument: A) -> T:
    """Call a function where a signal handler can raise at any bytecode of the library.

    The exception of a handler must be told apart from one that the function raised. Therefore the
    function is called from C, between two bytecodes. The iterator of its argument is used up when
    the call begins, and the list has the result when the call has returned one.
    """
    argued: Any = iter((argument,))
    results: list[T] = []
    try:
        next(map(results.append, map(function, argued)))
    except Exception as error:
        if results or argued.__length_hint__():
            raise
        raise Raised() from error
    return results[0]


def call_into(results: list[T], function: Callable[[A], T], argued: Iterator[A]) -> object:
    """Call a function with the only item of ``argued``, and append its result to ``results``.

    After an interrupt, ``argued`` is empty if the call began, and ``results`` has an item if it
    returned. This is for compiled code. Where a signal handler can raise, that takes a call from
    C, as in ``_called_from_c``.
    """
    results.append(function(next(argued)))
    return None


def integer(value: SupportsIndex, what: str) -> int:
    """Return ``value`` as an int, or raise ``ArgumentTypeError`` that names ``what``."""
    if type(value) is int:
        return value
    if issubclass(type(value), int):
        # A member of an IntEnum, or a bool. No code of its class runs.
        return _as_index(value)
    _require_shown(value, what)
    try:
        return call(_as_index, value)
    except Raised as raised:
        raise ArgumentTypeError(
            f"{what} must be an integer, not {type_name(value)}"
        ) from raised.__cause__


def from_start(index: SupportsIndex, count: int) -> int:
    """Return an index into ``count`` items. One from -``count`` to -1 is counted from the end."""
    number = integer(index, "an index")
    return number + count if -count <= number < 0 else number


def at_least_one(value: SupportsIndex, what: str) -> int:
    """Return ``value`` as an int of at least 1, or raise an error that names ``what``."""
    number = integer(value, what)
    if number < 1:
        raise ArgumentValueError(f"{what} must be at least 1, not {number_text(number)}")
    return number


def number_text(number: int) -> str:
    """Return the text of a number for a message, or the number of its bits if it is very long."""
    bits = number.bit_length()
    return str(number) if bits <= _PRINTED_BITS else f"a number of {bits} bits"


def error_text(error: BaseException) -> str:
    """Return the ``repr`` of a foreign exception, or its class if its ``__repr__`` fails."""
    try:
        # ``__repr__`` may return an instance of a subclass of str, whose methods are foreign, too.
        text = str.__str__(repr(error))
    except Exception:  # A foreign ``__repr__`` can raise anything.
        text = type_name(error)
    return text if len(text) <= _ERROR_CHARACTERS else text[:_ERROR_CHARACTERS] + "…"


def type_name(value: Any) -> str:
    """Return the name of a value's class. No property of its metaclass runs.

    A foreign class with the name of a builtin is named with its module.
    """
    kind = type(value)
    name = str.__str__(_NAME.__get__(kind))
    if name in _BUILTIN and kind is not _BUILTIN[name]:
        module = _MODULE.__get__(kind)
        return f"{module}.{name}" if type(module) is str else name
    return name


def attribute(owner: Any, name: str) -> object:
    """Return an attribute of an allocator, or ``None`` if there is none.

    Raises:
        AllocatorError: If reading the attribute raised anything but an ``AttributeError``.
    """
    try:
        return call(partial(getattr, owner), name)
    except Raised as raised:
        error = raised.__cause__ or raised
    if issubclass(type(error), AttributeError):
        return None
    raise AllocatorError(f"reading the allocator's {name!r} raised {error_text(error)}") from error


#: The default of each attribute.
_NOTHING: Final = repeat(None)


def attributes(owner: Any, names: tuple[str, ...]) -> tuple[object, ...]:
    """Return some attributes of an allocator, each ``None`` if the allocator lacks it.

    Raises:
        AllocatorError: If reading one of them raised anything but an ``AttributeError``.
    """
    values: list[object] = []
    asked: Any = iter(names)
    # One call for all of them, because each costs as much as to set a field. As in ``call``, the
    # iterators show whether an exception came from an attribute or from a signal handler.
    reading = map(getattr, repeat(owner), asked, _NOTHING)
    try:
        values.extend(reading)
    except Exception:
        if asked.__length_hint__() == len(names) or len(values) == len(names):
            raise
    if len(values) == len(names):
        return tuple(values)
    return tuple(attribute(owner, name) for name in names)


def method_of(owner: Any, name: str) -> object:
    """Return an attribute of an argument, or ``None`` if reading it raised an exception."""
    try:
        return call(partial(getattr, owner), name)
    except Raised:
        return None


def require_method(file: Any, names: tuple[str, ...], purpose: str) -> Any:
    """Return the first of these methods that a file or socket has."""
    for name in names:
        method = method_of(file, name)
        if callable(method):
            return method
    raise ArgumentTypeError(
        f"cannot {purpose} {type_name(file)}, which has no method {' or '.join(map(repr, names))}"
    )


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an exception, if it accepts notes."""
    with suppress(Exception):
        BaseException.add_note(error, note)


def double(value: SupportsFloat | SupportsIndex) -> float:
    """Return ``value`` as a float. Text is refused, although ``float`` would parse it."""
    if type(value) is float:
        return value
    _require_shown(value, "a number")
    has = partial(hasattr, type(value))
    cause: BaseException | None = None
    too_large = False
    try:
        if not _is_text(value) and (call(has, "__float__") or call(has, "__index__")):
            number = _as_double(value, call(has, "__complex__"))
            if number is not None:
                # Converting another library's finite number can give infinity.
                too_large = isinf(number) and not call(bool, call(partial(eq, number), value))
                if not too_large:
                    return number
    except Raised as raised:
        cause = raised.__cause__
    if too_large or issubclass(type(cause), OverflowError):
        raise ArgumentValueError("the number is too large for a float field") from cause
    raise ArgumentTypeError(f"a float field takes a number, not {type_name(value)}") from cause


def _is_text(value: object) -> bool:
    return issubclass(type(value), (str, bytes))


def _as_double(value: Any, has_complex: bool) -> float | None:
    """Return another library's number as a float, or ``None`` if it is not a real number."""
    # Arrays and records of numpy have the methods of numbers, and may hold text.
    item = method_of(value, "item")
    content = call(operator.call, item) if callable(item) else value
    if _is_text(content):
        return None
    if has_complex and type(content) is not int and type(content) is not float:
        # Complex numbers of other libraries have a ``__float__`` that drops the imaginary part.
        number = call(complex, value)
        return number.real if number.imag == 0 else None
    return call(float, value)


def truth(value: Given[bool]) -> bool:
    """Return ``value`` as a bool.

    Accepted are a bool, the integers 0 and 1, and the bool of another library that exports it as a
    buffer (``numpy.bool``, ``ctypes.c_bool``).
    """
    if value is True or value is False:
        return value
    _require_shown(value, "a bool")
    flag = _flag_in(value)
    if flag is not None:
        return flag
    try:
        number = call(_as_index, value)
    except Raised as raised:
        raise ArgumentTypeError(
            f"a bool must be True or False, not {type_name(value)}"
        ) from raised.__cause__
    if number not in (0, 1):
        raise ArgumentValueError(f"a bool must be True or False, not {number_text(number)}")
    return number == 1


def _flag_in(value: Any) -> bool | None:
    """Return the bool in a buffer of one bool, or ``None`` for any other object."""
    try:
        with call(exported, value) as view:
            if view.ndim == 0 and view.format.lstrip("<=@") == "?":
                return view.tobytes() != b"\0"
    except Raised:
        return None
    return None


def is_masked(value: Any) -> bool:
    """Return whether a numpy array has masked elements. Its buffer contains them nevertheless."""
    # If the module is not imported, there are no such arrays.
    kind = getattr(sys.modules.get("numpy.ma"), "MaskedArray", None)
    if not isinstance(kind, type) or not issubclass(type(value), kind):
        return False
    try:
        with call(exported, method_of(value, "mask")) as view:
            return any(view.tobytes())
    except Raised:
        return True


def _require_shown(value: Any, what: str) -> None:
    """Raise ``ArgumentTypeError`` for a masked element."""
    if is_masked(value):
        raise ArgumentTypeError(f"{what} must have a value, and this element is masked")


def check_sections(data_words: SupportsIndex, pointer_count: SupportsIndex) -> tuple[int, int]:
    """Return the sizes of a struct's sections (words, pointers); each must fit in 16 bits."""
    data = data_words if type(data_words) is int else integer(data_words, "data_words")
    pointers = pointer_count
    if type(pointers) is not int:
        pointers = integer(pointers, "pointer_count")
    if not (0 <= data <= wire.MAX_SECTION and 0 <= pointers <= wire.MAX_SECTION):
        raise ArgumentValueError(
            f"a struct can have 0 to {wire.MAX_SECTION} data words and as many pointers, not"
            f" {number_text(data)} data words and {number_text(pointers)} pointers"
        )
    return data, pointers


def check_count(count: SupportsIndex) -> int:
    """Return the number of elements of a list, which must fit in 29 bits."""
    number = count if type(count) is int else integer(count, "count")
    if number < 0:
        raise ArgumentValueError(f"the count of a list must not be negative: {number_text(number)}")
    if number > wire.MAX_LIST_COUNT:
        raise MessageTooLarge(
            f"a list can have at most {wire.MAX_LIST_COUNT} elements, not {number_text(number)}"
        )
    return number


def check_element(element: Given[Element]) -> Element:
    """Return ``element``, or raise ``ArgumentTypeError`` if it is not an ``Element``."""
    # An Element that the caller made is refused, too: it could have any width.
    if type(element) is not Element or element not in ELEMENTS:
        raise ArgumentTypeError(
            "element must be an attribute of capnsafe.Element, such as Element.INT32, not"
            f" {type_name(element)}"
        )
    return element


def text_octets(value: Given[str]) -> bytes:
    """Return a text in UTF-8, without a NUL at its end."""
    try:
        if type(value) is str:
            return value.encode()
        if issubclass(type(value), str):
            return str.encode(value)
    except UnicodeEncodeError as error:
        raise ArgumentValueError(f"the text cannot be encoded in UTF-8: {error}") from error
    raise ArgumentTypeError(f"a Text must be a str, not {type_name(value)}")


def struct_list(
    count: SupportsIndex, data_words: SupportsIndex, pointer_count: SupportsIndex
) -> tuple[int, int, int]:
    """Return (elements, data words, pointers) of a list of structs.

    Their words together must fit in 29 bits.
    """
    number = check_count(count)
    data, pointers = check_sections(data_words, pointer_count)
    words = number * (data + pointers)
    if words > wire.MAX_LIST_COUNT:
        raise MessageTooLarge(
            f"a list of structs can have at most {wire.MAX_LIST_COUNT} words, and {number} structs"
            f" of {data + pointers} words have {words}",
            words_asked=words,
        )
    return number, data, pointers


def listed(values: Iterable[T], what: str) -> list[T]:
    """Return all items of a caller's iterable. Its code has run before memory is used (P10)."""
    try:
        return call(list, values)
    except Raised as raised:
        error = raised.__cause__ or raised
        raise ArgumentTypeError(f"{what} cannot be iterated over: {error_text(error)}") from error


def pairs_of(
    values: Iterable[Given[tuple[Element, int]]],
) -> list[tuple[Given[Element], SupportsIndex]]:
    """Return the (type, offset) pairs that a caller's iterable yields."""
    pairs: list[tuple[Given[Element], SupportsIndex]] = []
    for value in listed(values, "fields"):
        pair: Any = value if type(value) is tuple else listed(value, "a field")
        if len(pair) != 2:
            raise ArgumentTypeError(
                f"a field must be a pair of an Element and an offset, not {len(pair)} values"
            )
        pairs.append((pair[0], pair[1]))
    return pairs
