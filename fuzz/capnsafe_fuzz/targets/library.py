"""The library under test, called one function after the other, with the result of each call.

``reader`` and ``stream`` need capnsafe's functions for data from outside. They are taken
from the package of an encoder. An encoder without such a package can be tested on ``builder``
alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..encoders.protocol import Failure
from ..execution import Situation, failure_of, innermost
from ..oracles import Cost, Oracle, OracleFinding
from ..record.telling import chain_of, full_type_name, plain, repr_of, text_of, type_name

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder


def library_of(encoder: Encoder) -> ModuleType | None:
    """Return the package of an encoder, None if it has none."""
    package = getattr(encoder, "package", None)
    return package if isinstance(package, ModuleType) else None


def refusal(encoder: Encoder, names: Sequence[str]) -> str | None:
    """Return why a package's functions cannot be tested, as a sentence; None if they can."""
    library = library_of(encoder)
    if library is None:
        return "it has no package to take functions from, so it can only build"
    missing = [name for name in names if not hasattr(library, name)]
    return f"its package has no {', '.join(missing)}" if missing else None


@dataclass(slots=True)
class LibraryCall:
    """One call, and its result."""

    step: int
    """The index of the scenario's line that asked for it, as in violations."""
    name: str
    """The function, in words that become part of groups."""
    value: Any = None
    error: BaseException | None = None
    failure: Failure | None = None
    """The encoder's classification of the exception; None if there was none."""
    raised_at: str = ""
    """The place in the library, if the exception is not one of its own."""

    @property
    def outcome(self) -> str:
        """Return the outcome in a word, for situations."""
        return "done" if self.error is None else f"raised {type_name(self.error)}"

    @property
    def result_text(self) -> str:
        """Describe the result for people."""
        if self.error is None:
            return shown(self.value)
        return f"raised {exception_name(self.error)}: {text_of(self.error)}"

    @property
    def outcome_text(self) -> str:
        """Return the outcome as a predicate: ``returned 1``, or ``raised …``."""
        return self.result_text if self.error is not None else f"returned {self.result_text}"


@dataclass(slots=True)
class LibraryCalls:
    """All calls of one execution."""

    encoder: Encoder
    made: list[LibraryCall] = field(default_factory=list)

    def call(self, step: int, name: str, work: Callable[[], Any]) -> LibraryCall:
        """Make a call, and keep its result."""
        call = LibraryCall(step, name)
        try:
            call.value = plain(work())
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            call.failure = failure_of(error, self.encoder)
            if call.failure is Failure.FOREIGN:
                # No place, if Python itself raises because of a value that the library returned,
                # such as a negative length.
                call.raised_at = innermost(error, self.encoder)
            call.error = _without_frames(error)
        self.made.append(call)
        return call


def _without_frames(error: BaseException) -> BaseException:
    """Return the exception, without the objects that tracebacks of it and its causes keep alive."""
    for link in chain_of(error):
        link.__traceback__ = None
    return error


def exception_name(error: BaseException) -> str:
    """Return the type of an exception; the same for a copy of capnsafe under another name."""
    return full_type_name(error)


MOST_SHOWN = 120


def shown(value: object) -> str:
    """Return a value for people, cut to a readable length."""
    text = value.hex() if isinstance(value, bytes) else repr_of(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}... ({len(text)} characters)"


@dataclass(slots=True)
class LibraryRun(ABC):
    """The record of one execution, as far as it is common to the targets for data from outside."""

    scenario: Any
    library: Any
    calls: list[LibraryCall]
    """The calls of the library, in order."""

    @property
    def stalls(self) -> int:
        """Return how often a source of data reported that it had none yet."""
        return 0

    @abstractmethod
    def situations(self) -> Iterator[Situation]:
        """Yield the situations that the execution reached."""


def _raised(run: LibraryRun) -> Iterator[OracleFinding]:
    for call in run.calls:
        if call.failure is Failure.FOREIGN:
            assert call.error is not None
            symptom = f"{exception_name(call.error)} {call.raised_at}"
            yield OracleFinding(call.step, call.name, symptom, f"{call.name} {call.result_text}")


RAISED: Oracle[LibraryRun] = Oracle(
    "raised",
    "P1",
    Cost.CHEAP,
    "received data makes a call raise an exception that is not the library's own",
    _raised,
)
"""The oracle that is common to the targets for data from outside."""
