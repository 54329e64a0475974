"""Errors that cross processes: what of an error is pickled, and how it is made again.

An error carries exceptions of somebody else's: the allocator's, as its cause and in ``failures``.
Their classes need not pickle, or need not exist in the other process, and an error that cannot be
unpickled makes a pool of processes wait for ever. So each is pickled by itself, beside its text,
and where it cannot be made again an ``Exception`` with that text stands in its place.
"""

from __future__ import annotations

import pickle
from typing import Any, Final, TypeAlias

#: An exception of somebody else's: pickled, unless that failed, and as text.
Carried: TypeAlias = tuple[bytes | None, str]

#: The text of an exception is cut here.
_TEXT_CHARACTERS: Final = 1000


def carry(error: BaseException) -> Carried:
    """Return an exception in a form that certainly pickles."""
    try:
        text = repr(error)[:_TEXT_CHARACTERS]
    except Exception:
        text = "an exception that cannot be printed"
    try:
        return pickle.dumps(error), text
    except Exception:
        return None, text


def arrive(carried: Carried) -> BaseException:
    """Return the exception that was carried, or an ``Exception`` with its text."""
    octets, text = carried
    if octets is not None:
        try:
            error = pickle.loads(octets)
        except Exception:
            return Exception(text)
        if isinstance(error, BaseException):
            return error
    return Exception(text)


def rebuild(
    kind: type[BaseException],
    arguments: tuple[Any, ...],
    facts: dict[str, Any],
    cause: BaseException | None,
) -> Any:
    """Return an error of this class with these facts. Its ``__init__`` does not run."""
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(facts)
    if cause is not None:
        error.__cause__ = cause
    return error


def unpickle(
    kind: type[BaseException],
    arguments: tuple[Any, ...],
    facts: dict[str, Any],
    failures: tuple[Carried, ...] | None,
    cause: Carried | None,
) -> Any:
    """Return the error that was pickled by ``Error.__reduce__``."""
    if failures is not None:
        facts["failures"] = tuple(arrive(failure) for failure in failures)
    return rebuild(kind, arguments, facts, None if cause is None else arrive(cause))
