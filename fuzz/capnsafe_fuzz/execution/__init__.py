"""Run one scenario on one encoder, record what happens, and judge it.

The executor leads three things along one program: the encoder's session, the hostile memory below
it, and the model that knows the expected contents of the message. It fills a ``Record``, and the
oracles judge that.

Retries. P2 says that a call that raised may be tried again. If the memory gave a reason to fail, an
operation that makes a handle, and output, is tried once more at once. Otherwise the rest of the
program, which needs the handle, would be skipped, and a program cannot retry for the same handle.
Any other operation stays failed, so the program continues on a message in which something just
failed; a program can repeat such an operation itself.

``excuse`` decides which failures the memory excuses, and what is judged after words were lost.

Examination. Every output is examined. After a failure the memory itself is examined: its contents
must be unchanged. With ``each_step`` the memory is examined after every operation. If contents can
no longer be judged, a call that raises must at least not have changed any (P6).
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter_ns

from ..encoders.protocol import Account, Attempt, Encoder, ProofKind
from ..oracles import ORACLES, judge
from ..record import Outcome, Record, Step, Violation
from ..scenario import Scenario, print_scenario
from .run import Execution
from .subject import failure_of, innermost
from .verdict import HarnessError, Situation, Timing, Verdict

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
    "failure_of",
    "innermost",
    "observe",
    "script",
]


def execute(
    scenario: Scenario,
    encoder: Encoder,
    *,
    each_step: bool = False,
    costly: bool = False,
    timed: bool = False,
) -> Verdict:
    """Run ``scenario`` once and judge it.

    Args:
        scenario: The program and its faults.
        encoder: The encoder under test.
        each_step: Examine the memory after every operation, not only outputs and failures.
        costly: Ask the costly oracles, too.
        timed: Fill ``Verdict.timing``.

    Raises:
        HarnessError: The harness itself fails.
    """
    started = perf_counter_ns()
    run = _observe(scenario, encoder, each_step, timed)
    observed = perf_counter_ns()
    violations = _judge(run.record, encoder, costly)
    timing = None
    if timed:
        judged = perf_counter_ns()
        oracles = run.look_time + judged - observed
        timing = Timing(run.encoder_time, oracles, judged - started - run.encoder_time - oracles)
    return Verdict(
        violations,
        frozenset(run.situations),
        run.attempts,
        len(run.subject.hostile.calls),
        len(run.subject.hostile.fired),
        timing,
    )


def explain(scenario: Scenario, encoder: Encoder, *, costly: bool = False) -> Verdict:
    """Run with checks after every operation; return the breaches of the first guilty operation.

    Later breaches may be consequences. Findings are kept by these groups: the quick run sees some
    mistakes only at the output, and so cannot name the operation.
    """
    verdict = execute(scenario, encoder, each_step=True, costly=costly)
    if not verdict.violations:
        return execute(scenario, encoder, costly=costly)
    first = min(violation.operation for violation in verdict.violations)
    guilty = tuple(found for found in verdict.violations if found.operation == first)
    return replace(verdict, violations=guilty)


def observe(scenario: Scenario, encoder: Encoder, *, each_step: bool = True) -> Record:
    """Return the record of a run, unjudged, for descriptions and programs."""
    return _observe(scenario, encoder, each_step, False).record


def script(scenario: Scenario, encoder: Encoder) -> str:
    """Return ``scenario`` as a program in the encoder's API, which shows its first breach.

    If no promise is broken, the program only runs.
    """
    run = _observe(scenario, encoder, True, False)
    if not _judge(run.record, encoder, True):
        run = _observe(scenario, encoder, False, False)
    found = [
        (finding.operation, oracle, finding)
        for oracle in ORACLES.values()
        for finding in oracle.found(run.record)
    ]
    if not found:
        return encoder.script(scenario)
    # From the breaches of the first guilty operation, those that a program can show.
    _, oracle, finding = min(
        found, key=lambda entry: (entry[0], entry[2].proof.kind is ProofKind.NONE)
    )
    attempts = []
    for step in run.record.steps:
        if step.index > finding.operation:
            break
        skipped = step.outcome is Outcome.SKIPPED
        interrupted = step.outcome is Outcome.INTERRUPTED
        # A correct encoder builds nothing that exceeds the message's limit.
        limited = finding.proof.kind is ProofKind.WITHIN_LIMIT
        may_fail = step.excused or step.lost or limited
        done = step.outcome is Outcome.DONE
        attempts.append(Attempt(step.index, done, skipped, interrupted, may_fail))
        if step is finding.step:
            break
    headline = f"{oracle.promise}: {finding.detail}"
    return encoder.script(scenario, Account(tuple(attempts), headline, finding.proof))


def _observe(scenario: Scenario, encoder: Encoder, each_step: bool, timed: bool) -> Execution:
    try:
        run = Execution(scenario, encoder, each_step, timed)
        try:
            run.all_operations()
            run.end()
        finally:
            run.close()
    except Exception as error:
        raise _harness_error(scenario, encoder) from error
    return run


def _judge(record: Record, encoder: Encoder, costly: bool) -> tuple[Violation, ...]:
    try:
        return judge(ORACLES.values(), record, costly)
    except Exception as error:
        raise _harness_error(record.scenario, encoder) from error


def _harness_error(scenario: Scenario, encoder: Encoder) -> HarnessError:
    return HarnessError(
        f"the harness failed while {encoder.name} ran this scenario:\n{print_scenario(scenario)}"
    )
