"""The library under test, called one function after the other, and what came of each call.

``read``, ``frame`` and ``packed`` need more of an encoder than that it builds: the functions of
capnsafe that take what arrives from somebody else. They are found in the package that an encoder
has; one without such a package can be tested on ``build`` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..encoders.protocol import Failure
from ..execution import failure_of, innermost
from ..record.telling import chain_of, full_type_name, plain, repr_of, text_of, type_name

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder


def library_of(encoder: Encoder) -> ModuleType | None:
    """The package that an encoder has, None if it has none."""
    package = getattr(encoder, "package", None)
    return package if isinstance(package, ModuleType) else None


def refusal(encoder: Encoder, names: tuple[str, ...]) -> str | None:
    """Why a package's functions cannot be tested, as a sentence; None if they can."""
    library = library_of(encoder)
    if library is None:
        return "it has no package to take functions from, so it can only build"
    missing = [name for name in names if not hasattr(library, name)]
    return f"its package has no {', '.join(missing)}" if missing else None


@dataclass(slots=True)
class LibraryCall:
    """One call, and what came of it."""

    step: int
    """The line of the scenario that asked for it, as violations number them."""
    name: str
    """What was called, in words that groups are made of."""
    value: Any = None
    error: BaseException | None = None
    failure: Failure | None = None
    """What the exception says; None if nothing was raised."""
    raised_at: str = ""
    """Where in the library, if what was raised is no error of its own."""

    @property
    def outcome(self) -> str:
        """In a word, for situations."""
        return "done" if self.error is None else f"raised {type_name(self.error)}"

    @property
    def says(self) -> str:
        """What came of it, for people."""
        if self.error is None:
            return shown(self.value)
        return f"raised {exception_name(self.error)}: {text_of(self.error)}"


@dataclass(slots=True)
class LibraryCalls:
    """All calls of one execution."""

    encoder: Encoder
    made: list[LibraryCall] = field(default_factory=list)

    def call(self, step: int, name: str, work: Callable[[], Any]) -> LibraryCall:
        """Call, and keep what came of it."""
        call = LibraryCall(step, name)
        try:
            call.value = plain(work())
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            call.failure = failure_of(error, self.encoder)
            if call.failure is Failure.FOREIGN:
                # Nowhere, where Python itself raises for what the library returned: a length below
                # zero, say.
                call.raised_at = innermost(error, self.encoder)
            call.error = _without_frames(error)
        self.made.append(call)
        return call


def _without_frames(error: BaseException) -> BaseException:
    """The exception, with nothing that its traceback and those of its causes would keep alive."""
    for link in chain_of(error):
        link.__traceback__ = None
    return error


def exception_name(error: BaseException) -> str:
    """The type of an exception; the same for a copy of capnsafe under another name."""
    return full_type_name(error)


MOST_SHOWN = 120


def shown(value: object) -> str:
    """A value for people, not longer than can be read."""
    text = value.hex() if isinstance(value, bytes) else repr_of(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}... ({len(text)} characters)"
