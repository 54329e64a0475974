"""Pickling of errors, so that they can cross processes.

An error carries the allocator's exceptions, as its cause and in ``failures``. Their classes may not
pickle, or may not exist in the other process, and an error that cannot be unpickled makes a pool of
processes wait for ever. So each exception is pickled on its own, together with its text. If it
cannot be unpickled, an ``Exception`` with that text replaces it.
"""

from __future__ import annotations

import pickle
from typing import Any, Final, TypeAlias

#: A foreign exception: its pickle (None if pickling failed) and its text.
Carried: TypeAlias = tuple[bytes | None, str]

#: The text of an exception is cut here.
_TEXT_CHARACTERS: Final = 1000


def carry(error: BaseException) -> Carried:
    """Return an exception in a form that always pickles."""
    try:
        text = repr(error)[:_TEXT_CHARACTERS]
    except Exception:  # A foreign ``__repr__`` can raise anything.
        text = "an exception that cannot be printed"
    try:
        return pickle.dumps(error), text
    except Exception:  # So can foreign ``__reduce__``.
        return None, text


def arrive(carried: Carried) -> BaseException:
    """Return the exception that ``carry`` was given, or an ``Exception`` with its text."""
    octets, text = carried
    if octets is not None:
        try:
            error = pickle.loads(octets)
        except Exception:  # Unpickling imports and calls foreign code.
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
    """Return the error that ``Error.__reduce__`` pickled."""
    if failures is not None:
        facts["failures"] = tuple(arrive(failure) for failure in failures)
    return rebuild(kind, arguments, facts, None if cause is None else arrive(cause))
