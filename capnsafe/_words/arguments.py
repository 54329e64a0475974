"""What callers and allocators hand in, looked at without trusting it.

Objects of the caller's can run code of the caller's when they are converted, compared or printed.
So they are converted first, before anything else of a call happens (P10), and nothing that they
raise escapes as it is (P1): not from ``__index__``, and not from the ``__repr__`` of an exception
while an error is being worded.
"""

from __future__ import annotations

import builtins
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial, reduce
from math import isinf
from operator import eq
from operator import index as _as_index
from typing import Any, Final, SupportsFloat, SupportsIndex, TypeVar

from .. import wire
from ..errors import AllocatorError, ArgumentTypeError, ArgumentValueError, MessageTooLarge
from ..wire import ELEMENTS, Element

T = TypeVar("T")
A = TypeVar("A")

#: Numbers beyond this are named by their size: Python refuses to print very long ones.
_PRINTED_BITS: Final = 128

#: What an exception says is cut here: it may quote another one, which quotes another one.
_TOLD_CHARACTERS: Final = 200

_NAME: Final = type.__dict__["__name__"]
_MODULE: Final = type.__dict__["__module__"]

_BUILTIN: Final = vars(builtins)


#: Returns a view of a caller's buffer. A buffer may be exported by code of the caller's.
exported: Final[Callable[[Any], memoryview]] = memoryview


class Raised(Exception):
    """Code of the caller's raised; its exception is the ``__cause__``."""


def call_once(function: Callable[[A], T], argued: Iterator[A]) -> defaultdict[int, T]:
    """Return a dict that calls ``function`` when first asked for 0, and keeps the result.

    A signal handler can raise at any bytecode of the library, and its exception must be told from
    one of the function. So the function is called from C: ``argued``, an iterator of one argument,
    is used up as the call begins, and the dict is filled as it ends, with no bytecode in between.
    """
    return defaultdict(partial(reduce, operator.call, argued, function))


def call(function: Callable[[A], T], argument: A) -> T:
    """Call code of the caller's. Raise ``Raised`` if it raises an ``Exception``.

    The exception of a signal handler passes unchanged (see ``call_once``).
    """
    argued: Any = iter((argument,))
    returned = call_once(function, argued)
    try:
        return returned[0]
    except Exception as error:
        if returned or argued.__length_hint__():
            raise
        raise Raised from error


def integer(value: SupportsIndex, what: str) -> int:
    """Return ``value`` as an int, or raise ``ArgumentTypeError`` about ``what``."""
    if type(value) is int:
        return value
    try:
        return call(_as_index, value)
    except Raised as raised:
        raise ArgumentTypeError(
            f"{what} must be an integer, not {type_name(value)}"
        ) from raised.__cause__


def at_least_one(value: SupportsIndex, what: str) -> int:
    """Return ``value`` as an int of at least 1, or raise about ``what``."""
    number = integer(value, what)
    if number < 1:
        raise ArgumentValueError(f"{what} must be at least 1, not {shown(number)}")
    return number


def shown(number: int) -> str:
    """Return a number as a sentence can hold it."""
    bits = number.bit_length()
    return str(number) if bits <= _PRINTED_BITS else f"a number of {bits} bits"


def told(error: BaseException) -> str:
    """Return what an exception of somebody else's says, whatever its ``__repr__`` does."""
    try:
        # It may be of a class of its own, whose methods are not to be trusted either.
        text = str.__str__(repr(error))
    except Exception:
        text = type_name(error)
    return text if len(text) <= _TOLD_CHARACTERS else text[:_TOLD_CHARACTERS] + "…"


def type_name(value: Any) -> str:
    """Return the name of a value's class, past any property of its metaclass.

    A class that has the name of another one that Python itself has is named with its module.
    """
    kind = type(value)
    name = str.__str__(_NAME.__get__(kind))
    if name in _BUILTIN and kind is not _BUILTIN[name]:
        module = _MODULE.__get__(kind)
        return f"{module}.{name}" if type(module) is str else name
    return name


def attribute(owner: Any, name: str) -> object:
    """Return an attribute of an allocator, ``None`` where it has none; its failure is one."""
    try:
        return call(partial(getattr, owner), name)
    except Raised as raised:
        error = raised.__cause__ or raised
    if issubclass(type(error), AttributeError):
        return None
    raise AllocatorError(f"reading the allocator's {name!r} raised {told(error)}") from error


def method_of(owner: Any, name: str) -> object:
    """Return an attribute of an argument, ``None`` where it has none, or cannot say."""
    try:
        return call(partial(getattr, owner), name)
    except Raised:
        return None


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an exception, unless it refuses."""
    with suppress(Exception):
        BaseException.add_note(error, note)


def double(value: SupportsFloat | SupportsIndex) -> float:
    """Return ``value`` as a float; text is no number."""
    if type(value) is float:
        return value
    has = partial(hasattr, type(value))
    cause: BaseException | None = None
    too_large = False
    try:
        if not _is_text(value) and (call(has, "__float__") or call(has, "__index__")):
            number = _as_double(value, call(has, "__complex__"))
            if number is not None:
                # A finite number of another library can become an infinite one.
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
    """Return a number of somebody else's as a float, or ``None`` if it is none."""
    # Arrays and records of numpy have the methods of numbers, and may hold text.
    item = method_of(value, "item")
    content = call(operator.call, item) if callable(item) else value
    if _is_text(content):
        return None
    if has_complex and type(content) is not int and type(content) is not float:
        # Complex numbers of other libraries have a ``__float__`` that drops a part of them.
        number = call(complex, value)
        return number.real if number.imag == 0 else None
    return call(float, value)


def truth(value: bool) -> bool:
    """Return a bool; 0 and 1 are taken as well, other objects are a mistake.

    So is the bool of another library that shares its memory (``numpy.bool``, ``ctypes.c_bool``).
    """
    if value is True or value is False:
        return value
    flag = _flag_in(value)
    if flag is not None:
        return flag
    try:
        number = call(_as_index, value)
    except Raised as raised:
        raise ArgumentTypeError(
            f"a bool is True or False, not {type_name(value)}"
        ) from raised.__cause__
    if number not in (0, 1):
        raise ArgumentValueError(f"a bool is True or False, not {shown(number)}")
    return number == 1


def _flag_in(value: Any) -> bool | None:
    """Return the one bool that a buffer holds, ``None`` if it holds anything else."""
    try:
        with call(exported, value) as view:
            if view.ndim == 0 and view.format.lstrip("<=@") == "?":
                return view.tobytes() != b"\0"
    except Raised:
        return None
    return None


def check_sections(data_words: SupportsIndex, pointer_count: SupportsIndex) -> tuple[int, int]:
    """Return the sections of a struct (words, pointers), which have 16 bits each."""
    data = data_words if type(data_words) is int else integer(data_words, "data_words")
    pointers = pointer_count
    if type(pointers) is not int:
        pointers = integer(pointers, "pointer_count")
    if not (0 <= data <= wire.MAX_SECTION and 0 <= pointers <= wire.MAX_SECTION):
        raise ArgumentValueError(
            f"a struct has 0 to {wire.MAX_SECTION} data words and pointers, not {shown(data)} and"
            f" {shown(pointers)}"
        )
    return data, pointers


def check_count(count: SupportsIndex) -> int:
    """Return the number of elements of a list, which has 29 bits."""
    number = count if type(count) is int else integer(count, "count")
    if number < 0:
        raise ArgumentValueError(f"a list cannot have {shown(number)} elements")
    if number > wire.MAX_LIST_COUNT:
        raise MessageTooLarge(
            f"a list has at most {wire.MAX_LIST_COUNT} elements, not {shown(number)}"
        )
    return number


def check_element(element: Element) -> Element:
    """Return the type of an element or field."""
    # Not one that a caller made, either: its width could be any.
    if type(element) is not Element or element not in ELEMENTS:
        raise ArgumentTypeError(
            f"a type of elements is an attribute of capnsafe.Element, not {type_name(element)}"
        )
    return element


def text_octets(value: str) -> bytes:
    """Return a text in UTF-8, without a NUL behind it."""
    if type(value) is not str and not issubclass(type(value), str):
        raise ArgumentTypeError(f"a Text takes a str, not {type_name(value)}")
    try:
        return str.encode(value)
    except UnicodeEncodeError as error:
        raise ArgumentValueError(f"text that UTF-8 cannot hold: {error}") from error


def struct_list(count: SupportsIndex, data_words: int, pointer_count: int) -> tuple[int, int, int]:
    """Return (elements, data words, pointers) of a list of structs, whose words have 29 bits."""
    number = check_count(count)
    data, pointers = check_sections(data_words, pointer_count)
    words = number * (data + pointers)
    if words > wire.MAX_LIST_COUNT:
        raise MessageTooLarge(
            f"{number} structs of {data + pointers} words: a list has at most"
            f" {wire.MAX_LIST_COUNT} words",
            words_asked=words,
        )
    return number, data, pointers


def listed(values: Iterable[T], what: str) -> list[T]:
    """Return what a caller's iterable yields; all of it, before memory is touched (P10)."""
    try:
        return call(list, values)
    except Raised as raised:
        error = raised.__cause__ or raised
        raise ArgumentTypeError(f"{what} cannot be iterated over: {told(error)}") from error


def pairs_of(values: Iterable[tuple[Element, int]]) -> list[tuple[Element, int]]:
    """Return the (type, offset) pairs that a caller's iterable yields."""
    pairs = []
    for value in listed(values, "fields"):
        pair: Any = value if type(value) is tuple else listed(value, "a field")
        if len(pair) != 2:
            raise ArgumentTypeError(f"a field is a type and an offset, not {len(pair)} values")
        pairs.append((pair[0], pair[1]))
    return pairs
