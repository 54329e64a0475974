"""One scenario, one encoder, once: what happened, and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .oracles.record import Outcome, Record, Step, Violation

if TYPE_CHECKING:
    from .encoders.protocol import Encoder
    from .scenario import Scenario

__all__ = [
    "HarnessError",
    "Outcome",
    "Record",
    "Situation",
    "Step",
    "Timing",
    "Verdict",
    "Violation",
    "execute",
    "explain",
]

Situation = tuple[str, str, str]
"""(kind of operation, ``family kind`` of the fault or ``-``, outcome), as in the matrix."""


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


def execute(
    scenario: Scenario,
    encoder: Encoder,
    *,
    each_step: bool = False,
    costly: bool = False,
    timed: bool = False,
) -> Verdict:
    """Run ``scenario`` once and judge it.

    ``each_step`` looks into the memory after every operation, not only after those that failed,
    and so can name the operation that broke a promise.  ``costly`` asks the costly oracles too.
    ``timed`` fills ``Verdict.timing``.
    """
    raise HarnessError("the executor is not written yet")


def explain(scenario: Scenario, encoder: Encoder, *, costly: bool = False) -> Verdict:
    """Run ``scenario`` with checks after each operation: findings are grouped by what this says."""
    return execute(scenario, encoder, each_step=True, costly=costly)
