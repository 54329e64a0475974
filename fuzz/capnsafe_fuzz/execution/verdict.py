"""The results of an execution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..record import Violation

Situation = tuple[str, str, str]
"""(kind of operation, ``family kind`` of the fault or ``-``, outcome), as in the matrix."""

NO_FAULT: Final = "-"
LEFT_OUT: Final = "fault "
"""The prefix of a label for a family of faults that the encoder does not support. The label stands
in the place of an operation."""
CLOSE: Final = "close"
"""The label of the step that ends every execution."""


class HarnessError(Exception):
    """The harness itself failed, which says nothing about the encoder. It has a cause."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The time of one execution, divided, in nanoseconds."""

    encoder: int
    """Calls of the session's methods; they include the calls of the memory."""
    oracles: int
    """Judging the record, and the examinations that judging needs."""
    rest: int
    """The model, the memory's set-up and the record itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one execution."""

    violations: tuple[Violation, ...]
    situations: frozenset[Situation]
    operations: int
    """Number of attempts at operations."""
    allocator_calls: int
    faults_fired: int
    timing: Timing | None = None
