"""What callers and allocators hand in, looked at without trusting it.

Objects of the caller's can run code of the caller's when they are converted, compared or printed.
So they are converted first, before anything else of a call happens (P10), and nothing that they
raise escapes as it is (P1): not from ``__index__``, and not from the ``__repr__`` of an exception
while an error is being worded.
"""

from __future__ import annotations

from contextlib import suppress
from operator import index as _as_index
from typing import Any, Final, SupportsIndex

from .errors import ArgumentTypeError

#: Numbers beyond this are named by their size: Python refuses to print very long ones.
_PRINTED_BITS: Final = 128

#: What an exception says is cut here: it may quote another one, which quotes another one.
_TOLD_CHARACTERS: Final = 200

_NAME: Final = type.__dict__["__name__"]


def integer(value: SupportsIndex, what: str) -> int:
    """Answer ``value`` as an int, or raise ``ArgumentTypeError`` about ``what``."""
    try:
        return _as_index(value)
    except Exception as error:
        raise ArgumentTypeError(f"{what} must be an integer, not {type_name(value)}") from error


def shown(number: int) -> str:
    """Answer a number as a sentence can hold it."""
    bits = number.bit_length()
    return str(number) if bits <= _PRINTED_BITS else f"a number of {bits} bits"


def told(error: BaseException) -> str:
    """Answer what an exception of somebody else's says, whatever its ``__repr__`` does."""
    try:
        text = f"{error!r}"
    except Exception:
        text = type_name(error)
    return text if len(text) <= _TOLD_CHARACTERS else text[:_TOLD_CHARACTERS] + "…"


def type_name(value: Any) -> str:
    """Answer the name of a value's class, past any property of its metaclass."""
    return str(_NAME.__get__(type(value)))


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an exception, unless it refuses."""
    with suppress(Exception):
        BaseException.add_note(error, note)
