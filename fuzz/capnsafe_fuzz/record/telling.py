"""Describe objects that an encoder made, whatever their own methods do.

An exception may be unable to print itself, a value may equal everything, a class may hide its name.
None of that may stop or mislead the harness. So it uses Python's own types and not the methods of
the objects. If a description fails, the text says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

MOST_CHARACTERS: Final = 2000
"""The most characters of one text that are printed."""
_MOST_BITS: Final = 4096
"""The most bits of an integer that is printed in digits; Python refuses a few more."""
_MOST_DEPTH: Final = 300
"""The most levels of a value that are examined; one level of a message takes up to three."""

_qualname: Final = type.__dict__["__qualname__"].__get__
_module: Final = type.__dict__["__module__"].__get__
_cause: Final = BaseException.__dict__["__cause__"].__get__
_context: Final = BaseException.__dict__["__context__"].__get__


def type_name(value: object) -> str:
    """Return the name of a value's type, without its module."""
    return exact_text(_qualname(type(value)))


def full_type_name(value: object) -> str:
    """Return the name of a value's type with its module, except for builtins and capnsafe.

    The package of a planted bug is called differently; its names are printed without it.
    """
    try:
        module = _module(type(value))
    except AttributeError:
        module = "?"
    module = exact_text(module) if isinstance(module, str) else "?"
    name = type_name(value)
    top = module.partition(".")[0]
    return name if top == "builtins" or top.startswith("capnsafe") else f"{module}.{name}"


def cause_of(error: BaseException) -> BaseException | None:
    """Return the cause of an exception."""
    found: BaseException | None = _cause(error)
    return found


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and the chain of exceptions that led to it, each once."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        cause = _cause(link)
        link = cause if cause is not None else _context(link)


def text_of(error: BaseException | None) -> str:
    """Return the text of an exception."""
    return _described(lambda: str(error), "the text", "__str__")


def repr_of(value: object) -> str:
    """Return the ``repr`` of a value."""
    if type(value) is int and value.bit_length() > _MOST_BITS:
        return f"an int of {value.bit_length()} bits"
    if type(value) is str or type(value) is bytes or type(value) is bytearray:
        return _shortened(repr(value[: MOST_CHARACTERS + 1]))
    return _described(lambda: repr(value), f"its {type_name(value)}", "__repr__")


def exact_text(text: str) -> str:
    """Return a text as a plain ``str``, even if its class has other methods."""
    return text if type(text) is str else str.__getitem__(text, slice(None))


def _described(describe: Callable[[], str], subject: str, method: str) -> str:
    try:
        return _shortened(exact_text(describe()))
    except KeyboardInterrupt:
        raise
    except BaseException as failure:
        # Any exception here is the encoder's, and no reason to stop.
        return f"({subject} is unknown: its {method} raises {type_name(failure)})"


def _shortened(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}… ({len(text)} characters)"


@dataclass(frozen=True, slots=True, eq=False)
class Strange:
    """Placeholder for a value that no call is expected to return; equal only to itself."""

    description: str

    def __repr__(self) -> str:
        return self.description


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value of Python's own types, which can be compared and printed.

    Subclasses become their base types, buffers become bytes. Objects of this package are left as
    they are. Any other object becomes ``Strange``.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str, bytes, float):
        return value
    if depth > _MOST_DEPTH:
        return Strange("something that is nested too deep")
    below = depth + 1
    if kind is tuple:
        return tuple([plain(part, below) for part in value])
    if kind is list:
        return [plain(part, below) for part in value]
    if kind is dict:
        return {plain(key, below): plain(part, below) for key, part in value.items()}
    if _module_of(kind).startswith(f"{__name__.partition('.')[0]}."):
        return value
    return _plain_subclass(kind, value)


def _plain_subclass(kind: type, value: Any) -> Any:
    if issubclass(kind, bytes):
        return bytes.__getitem__(value, slice(None))
    if issubclass(kind, bytearray):
        return bytes(bytearray.copy(value))
    if kind is memoryview:
        try:
            return value.tobytes()
        except ValueError:
            return Strange("a memoryview that was released")
    if issubclass(kind, str):
        return exact_text(value)
    if issubclass(kind, int):
        return int.__add__(value, 0)
    if issubclass(kind, float):
        return float.__add__(value, 0.0)
    return Strange(repr_of(value))


def _module_of(kind: type) -> str:
    try:
        module = _module(kind)
    except AttributeError:
        return ""
    return module if type(module) is str else ""
