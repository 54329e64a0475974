"""One scenario, one encoder, once: what happened, and the verdict on it.

The executor leads three things along one program: the encoder's session, the hostile memory below
it, and the model that knows what the message must say.  It writes down what happened (``Record``)
and lets the oracles judge.

Trying again.  P2 says that a call that raised may be tried again.  So where the memory gave a
reason to fail, an operation that makes a handle, and output, is tried once more at once.  Without
the handle, the rest of the program would be skipped, and a program cannot give the same handle two
tries.  Any other operation stays failed: what a program does next is then done to a message in
which something just failed, and a program can repeat such an operation by itself.

When to believe a failure, and what is judged after words were lost, is in ``excuse``.

What is looked at.  Every output is examined.  After a failure the memory itself is examined: it
must say what it said before.  With ``each_step`` that is done after every operation.  Where
contents cannot be judged any more, a call that raises must at least not have changed any (P6).
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter_ns

from ..encoders.protocol import Account, Attempt, Encoder, ProofKind
from ..oracles import ORACLES, Cost
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

    ``each_step`` looks into the memory after every operation, not only at outputs and after
    failures.  ``costly`` asks the costly oracles too.  ``timed`` fills ``Verdict.timing``.

    Raises HarnessError if the harness itself fails.
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
        tuple(violations),
        frozenset(run.situations),
        run.attempts,
        len(run.subject.hostile.calls),
        len(run.subject.hostile.fired),
        timing,
    )


def explain(scenario: Scenario, encoder: Encoder, *, costly: bool = False) -> Verdict:
    """Run with checks after every operation, and tell what the first guilty operation broke.

    What is wrong later may follow from it.  These are the groups by which findings are kept: the
    quick run sees some things only at the output, and so cannot say what did them.
    """
    verdict = execute(scenario, encoder, each_step=True, costly=costly)
    if not verdict.violations:
        return execute(scenario, encoder, costly=costly)
    first = min(violation.operation for violation in verdict.violations)
    guilty = tuple(found for found in verdict.violations if found.operation == first)
    return replace(verdict, violations=guilty)


def observe(scenario: Scenario, encoder: Encoder, *, each_step: bool = True) -> Record:
    """What happened, step by step, unjudged: to tell people, and to print programs."""
    return _observe(scenario, encoder, each_step, False).record


def script(scenario: Scenario, encoder: Encoder) -> str:
    """``scenario`` as a program in the encoder's API, which shows what it breaks first.

    If nothing is broken, the program only runs.
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
    # Of what the first guilty operation broke, what a program can show.
    _, oracle, finding = min(
        found, key=lambda entry: (entry[0], entry[2].proof.kind is ProofKind.NONE)
    )
    attempts = []
    for step in run.record.steps:
        if step.index > finding.operation:
            break
        skipped = step.outcome is Outcome.SKIPPED
        interrupted = step.outcome is Outcome.INTERRUPTED
        # Of what goes beyond the message's limit, a right encoder makes nothing at all.
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


def _judge(record: Record, encoder: Encoder, costly: bool) -> list[Violation]:
    violations: list[Violation] = []
    try:
        for oracle in ORACLES.values():
            if costly or oracle.cost is Cost.CHEAP:
                violations.extend(oracle.judge(record))
    except Exception as error:
        raise _harness_error(record.scenario, encoder) from error
    if len(violations) > 1:
        violations.sort(key=lambda violation: violation.operation)
        # What one mistake does again and again is told once.
        first: dict[str, Violation] = {}
        for found in violations:
            first.setdefault(found.group, found)
        violations = list(first.values())
    return violations


def _harness_error(scenario: Scenario, encoder: Encoder) -> HarnessError:
    return HarnessError(
        f"the harness failed while {encoder.name} ran this scenario:\n{print_scenario(scenario)}"
    )
