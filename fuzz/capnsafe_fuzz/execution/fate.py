"""The fate of a message: a coarse judgement that is fair to any library.

The oracles judge an encoder by the promises of capnsafe. Other libraries promise less, so a
comparison of libraries only tells whether the message was kept, lost or wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from ..encoders.protocol import Encoder, Failure
from ..oracles import ORACLES
from ..record import Outcome
from ..scenario import Scenario
from .run import Execution
from .verdict import HarnessError


class Fate(StrEnum):
    """The fate of a message, from the best to the worst."""

    KEPT = "kept"
    """The message is right; or there was an error, and the message is unchanged."""
    LOST = "lost"
    """There was an error, and the message has changed or can no longer be output."""
    WRONG = "wrong"
    """There was no error, and the message is not the one that the program builds."""
    OUTSIDE = "wrote outside"
    """Bytes were written outside the memory of the message."""
    DIED = "died"
    """The process ended, or sent garbage."""
    HUNG = "hung"
    """The process did not answer, or called its memory without end, and was killed."""


_HANGS: Final = ("hang", "endless")
"""The endings of a process that would not have ended by itself."""


class Ending(NamedTuple):
    """The end of one execution."""

    fate: Fate
    fired: bool
    """Whether a fault fired."""
    unsupported: frozenset[str]
    """The operations and faults that the encoder does not support."""
    how: str = ""
    """The signal or the exit code with which the process ended; empty if it did not end."""


def end_of(scenario: Scenario, encoder: Encoder) -> Ending:
    """Run a scenario; return the fate of its message.

    Raises:
        HarnessError: If the harness itself fails.
    """
    try:
        # Checks after each operation show whether the one that went wrong raised an error.
        run = Execution(scenario, encoder, each_step=True, timed=False)
        run.complete()
        fate = _fate(run)
    except Exception as error:
        raise HarnessError(f"the harness failed while {encoder.name} ran a scenario") from error
    unsupported = frozenset(
        name for name, _, outcome in run.situations if outcome == Failure.UNSUPPORTED
    )
    return Ending(fate, bool(run.subject.hostile.fired), unsupported, run.subject.ending)


def _fate(run: Execution) -> Fate:
    ending = run.subject.ending
    if ending:
        return Fate.HUNG if ending in _HANGS else Fate.DIED
    record = run.record
    if any(evidence.promise == "P3" for evidence in record.evidence):
        return Fate.OUTSIDE
    first = record.first_wrong
    if first is not None:
        return Fate.LOST if first.outcome is Outcome.RAISED else Fate.WRONG
    if any(ORACLES["all_or_nothing"].check(record)) or any(_unexcused_outputs(run)):
        return Fate.LOST
    contents = run.final_contents()
    silent = any(
        found.step is not None and found.step.outcome is Outcome.DONE
        for found in ORACLES["faithful"].check(record)
    )
    return Fate.WRONG if silent or (contents is not None and contents.wrong) else Fate.KEPT


def _unexcused_outputs(run: Execution) -> Iterator[bool]:
    """Yield True for each output that failed although no fault explains it."""
    for step in run.record.steps:
        if step.verb == "output" and step.outcome is Outcome.RAISED and not step.excused:
            yield True
