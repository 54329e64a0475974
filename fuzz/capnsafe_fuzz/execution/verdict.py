"""The values in which an execution is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..record import Violation

Situation = tuple[str, str, str]
"""(kind of operation, ``family kind`` of the fault or ``-``, outcome), as in the matrix."""

NO_FAULT: Final = "-"
CLOSE: Final = "close"
"""The label of the step that ends every execution."""


class HarnessError(Exception):
    """The harness itself failed; says nothing about the encoder.  Its cause is the exception."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time of one execution went, in nanoseconds."""

    encoder: int
    """Inside the session's methods, the memory's calls included."""
    oracles: int
    """Judging the record, and the looks into memory that judging needs."""
    rest: int
    """The model, the memory's set-up and the record itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one execution came to."""

    violations: tuple[Violation, ...]
    situations: frozenset[Situation]
    operations: int
    """Attempts at operations that were really made."""
    allocator_calls: int
    faults_fired: int
    timing: Timing | None = None
