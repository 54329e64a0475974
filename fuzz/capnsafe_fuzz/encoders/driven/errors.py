"""The exceptions of a driven encoder.

An exception in another language becomes a class with the name that the driver gives it. The module
of the class is the library, so that a finding names both.

``raise_from_driver`` raises all of them. Only this file counts as code of the library, so that the
harness can tell exceptions of the library from its own.
"""

from __future__ import annotations

from functools import cache
from typing import NoReturn

from ..protocol import Failure
from .process import EndedError


class UnsupportedError(Exception):
    """The driver does not have the operation, and did nothing."""


class ReportedError(Exception):
    """An exception that a driver reported."""

    def __init__(self, text: str, *, failure: Failure = Failure.FOREIGN) -> None:
        """Keep the text of the exception, and its meaning."""
        super().__init__(text)
        self.failure = failure
        #: The place in the library, or the library.
        self.raised_at = ""


class UnbuiltinError(Exception):
    """Mark an error in arguments that callers cannot catch as an exception of their language."""


class DriverDied(ReportedError):
    """The driver's process ended, hung, or sent garbage."""


@cache
def reported_class(library: str, name: str, unbuiltin: bool) -> type[ReportedError]:
    """Return the class for exceptions of this name."""
    bases = (ReportedError, UnbuiltinError) if unbuiltin else (ReportedError,)
    return type(name, bases, {"__module__": library})


@cache
def _death_class(library: str, how: str) -> type[DriverDied]:
    return type(how, (DriverDied,), {"__module__": library})


def died(library: str, error: EndedError, last_call: str) -> DriverDied:
    """Return the exception for a process that ended after the allocator call ``last_call``."""
    after = f"after {last_call}" if last_call else "before any call of the allocator"
    made = _death_class(library, error.how)(f"{error}, {after}")
    made.raised_at = after
    return made


def raise_from_driver(error: BaseException, cause: BaseException | None) -> NoReturn:
    """Raise an exception of the library."""
    raise error from cause
