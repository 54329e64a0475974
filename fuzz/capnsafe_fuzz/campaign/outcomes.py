"""Every outcome of an execution, a worker, a judge, a campaign or a gate.

There is one record for each outcome. The documentation prints this table, and a test makes each
outcome happen. This module also makes the sentences about unsettled things.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .exit_codes import (
    CLEAN,
    ENVIRONMENT,
    FINDINGS,
    INTERRUPTED,
    PROVED_NOTHING,
    UNSETTLED,
    USAGE,
)


class Unsettling(StrEnum):
    """Why a run that broke no promise is not clean."""

    FLAKY = "flaky"
    DEATH = "death"
    EXECUTIONS = "executions"
    SEEDS = "seeds"
    SHARED = "shared"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One outcome."""

    name: str
    of: str
    """Where it happens: execution, worker, judge, campaign, gate, canaries."""
    happens: str
    code: int
    sentence: str
    """The constant part of its message."""
    json: str
    """Its place in ``--json``."""


_UNSETTLED_JSON = "unsettled[].kind = "

OUTCOMES: Final = (
    RunOutcome(
        "passed", "execution", "no oracle finds a breach", CLEAN,
        "no promise was broken", "executions",
    ),
    RunOutcome(
        "broken", "execution", "a promise breaks, also in a fresh process", FINDINGS,
        " broken: ", "findings[]",
    ),
    RunOutcome(
        "sequence", "execution",
        "a promise breaks only after other scenarios of the same process", FINDINGS,
        " scenarios, ", "findings[].target = TARGET-sequence",
    ),
    RunOutcome(
        "crash", "execution", "it ends its process, also a fresh one", FINDINGS,
        "P1 broken: crash ", "findings[].group = crash …",
    ),
    RunOutcome(
        "timeout", "execution", "it takes longer than --timeout, also in a fresh process",
        FINDINGS, "P1 broken: timeout", "findings[].group = timeout",
    ),
    RunOutcome(
        Unsettling.FLAKY, "execution",
        "a promise breaks once, but not again, alone or after the same scenarios", UNSETTLED,
        "was seen and not confirmed", _UNSETTLED_JSON + "flaky",
    ),
    RunOutcome(
        Unsettling.SHARED, "execution",
        "a promise breaks, also on capnsafe: so the harness or capnsafe is wrong",
        UNSETTLED, "breaks a promise where", _UNSETTLED_JSON + "shared",
    ),
    RunOutcome(
        "known", "execution", "a promise breaks, and the file of --known names the group", CLEAN,
        "not counted (known): ", "not_counted",
    ),
    RunOutcome(
        "unsupported", "execution",
        "the encoder reports that it has no such operation, and changes nothing", CLEAN,
        "does not support", "unsupported[]",
    ),
    RunOutcome(
        "harness", "execution",
        "the harness fails, or the adapter of an encoder", PROVED_NOTHING,
        "failed, so this campaign says nothing", "exit_code",
    ),
    RunOutcome(
        Unsettling.DEATH, "worker",
        "it dies, and no scenario or sequence that it ran ends a fresh process", UNSETTLED,
        "crash ", _UNSETTLED_JSON + "death",
    ),
    RunOutcome(
        Unsettling.CODE, "judge",
        "it loads other files of the encoder than the worker did", UNSETTLED,
        "changed while it was tested", _UNSETTLED_JSON + "code",
    ),
    RunOutcome(
        Unsettling.EXECUTIONS, "campaign",
        "it ends before its executions or its time are used up: too many workers died",
        UNSETTLED, "workers died", _UNSETTLED_JSON + "executions",
    ),
    RunOutcome(
        Unsettling.SEEDS, "campaign",
        "its time is over before every seed ran, or an engine left seeds out", UNSETTLED,
        "did not run", _UNSETTLED_JSON + "seeds",
    ),
    RunOutcome(
        "allowed", "campaign", "something is unsettled, and --allow-flaky is given", CLEAN,
        "unsettled, and allowed by --allow-flaky", "unsettled[]",
    ),
    RunOutcome(
        "stale", "campaign",
        "with --until-stale, an epoch reaches no new situation or coverage and finds nothing new",
        CLEAN, "reached and found nothing new", "gave_up",
    ),
    RunOutcome(
        "usage", "campaign", "the request names something that does not exist", USAGE,
        "capnsafe: ", "exit_code",
    ),
    RunOutcome(
        "nothing", "campaign", "there is no seed, or a corrupt one", PROVED_NOTHING,
        "corpus", "exit_code",
    ),
    RunOutcome(
        "unsupported", "campaign", "the encoder supports no operation", PROVED_NOTHING,
        "supports no operation", "unsupported[]",
    ),
    RunOutcome(
        "environment", "campaign", "findings cannot be written", ENVIRONMENT,
        "cannot be written", "exit_code",
    ),
    RunOutcome(
        "interrupted", "campaign", "a signal ends it", INTERRUPTED,
        "interrupted after", "interrupted",
    ),
    RunOutcome(
        "passed", "sweep", "every execution was made, and no promise was broken", CLEAN,
        "no promise was broken", "sweep.complete",
    ),
    RunOutcome(
        Unsettling.EXECUTIONS, "sweep",
        "it ends before all executions, because of --runs or of too many that end their process",
        UNSETTLED, "the sweep ended after", _UNSETTLED_JSON + "executions",
    ),
    RunOutcome(
        "open", "gate", "nothing is wrong", CLEAN, "the gate is open", "parts[].verdict = passed",
    ),
    RunOutcome(
        "shut", "gate", "the encoder breaks a promise", FINDINGS,
        "the gate is shut", "parts[].verdict = failed",
    ),
    RunOutcome(
        "blind", "gate", "the harness misses a planted bug or a floor", PROVED_NOTHING,
        "the harness is blind", "parts[].verdict = blind",
    ),
    RunOutcome(
        "unsettled", "gate", "a replay or a campaign leaves something unsettled", UNSETTLED,
        "unsettled", "parts[].verdict = unsettled",
    ),
    RunOutcome(
        "lacking", "gate", "a package is missing, so that something is not judged", CLEAN,
        "is not installed", "parts[].verdict = passed",
    ),
    RunOutcome(
        "error", "gate", "a part cannot be completed; the code is that of the failure",
        PROVED_NOTHING, "not done", "parts[].verdict = error",
    ),
    RunOutcome(
        "found", "canaries", "every planted bug is found and shown", CLEAN,
        "found and shown", "canaries[].troubles = []",
    ),
    RunOutcome(
        "missed", "canaries", "a planted bug is not found, or not shown", PROVED_NOTHING,
        "was not found", "canaries[].troubles",
    ),
)  # fmt: skip
"""All outcomes, in the order of the documentation."""
