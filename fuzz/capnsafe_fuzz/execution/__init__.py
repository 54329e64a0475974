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

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from time import perf_counter_ns
from typing import TypeAlias

from capnsafe_allocators import When

from ..encoders.protocol import Account, Attempt, Encoder, ProofKind
from ..guilt.repair import Behaviour
from ..oracles import ORACLES, Oracle, OracleFinding, judge
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
    "behave",
    "execute",
    "explain",
    "failure_of",
    "innermost",
    "observe",
    "script",
    "scripts",
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
    violations = _judge(run, encoder, costly)
    timing = None
    if timed:
        judged = perf_counter_ns()
        oracles = run.examination_time + judged - observed
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


def behave(scenario: Scenario, encoder: Encoder) -> Behaviour:
    """Run once; return what the encoder did."""
    run = _observe(scenario, encoder, False, False)
    broken = bool(_judge(run, encoder, False))
    results = tuple(
        (step.outcome, step.output, step.canonical, repr(step.value)) for step in run.record.steps
    )
    asked = tuple(
        (call.kind, call.segment, call.asked)
        for call in run.subject.hostile.calls
        if call.kind is not When.SEGMENT
    )
    return Behaviour(broken, hash(results), hash(asked))


def script(scenario: Scenario, encoder: Encoder) -> str:
    """Return ``scenario`` as a program in the encoder's API, which shows its first breach.

    If no promise is broken, the program only runs.
    """
    return scripts(scenario, encoder)[0]


def scripts(scenario: Scenario, encoder: Encoder, group: str = "") -> list[str]:
    """Return programs that may show the first breach; the first one that does is the best.

    Most encoders print one. If the first guilty operation breaks several promises, they are about
    the breach of that ``group``.
    """
    recording = getattr(encoder, "recording", nullcontext)
    with recording():
        account = _account(scenario, encoder, group)
    print_all: Callable[..., list[str]] | None = getattr(encoder, "scripts", None)
    if print_all is not None:
        return print_all(scenario, account)
    return [encoder.script(scenario) if account is None else encoder.script(scenario, account)]


def _account(scenario: Scenario, encoder: Encoder, group: str) -> Account | None:
    """Return the attempts up to the first breach; None if no promise is broken."""
    if group and hasattr(encoder, "scripts"):
        # Libraries break several promises one after the other, and the first one may be another.
        for each_step in (True, False):
            run = _observe(scenario, encoder, each_step, False)
            found = [one for one in _found(run) if one[1].violation(one[2]).group == group]
            if found:
                return _account_of(run, found, group)
    run = _observe(scenario, encoder, True, False)
    if not _judge(run, encoder, True):
        run = _observe(scenario, encoder, False, False)
    found = _found(run)
    return _account_of(run, found, group) if found else None


_Entry: TypeAlias = tuple[int, Oracle[Record], OracleFinding]


def _found(run: Execution) -> list[_Entry]:
    """Return every breach, with its operation and its oracle."""
    return [
        (finding.operation, oracle, finding)
        for oracle in _oracles_of(run)
        for finding in oracle.found(run.record)
    ]


def _account_of(run: Execution, found: list[_Entry], group: str) -> Account:
    """Return the attempts up to the first of these breaches."""
    # From the breaches of the first guilty operation, those that a program can show.
    _, oracle, finding = min(
        found,
        key=lambda entry: (
            entry[0],
            entry[2].proof.kind is ProofKind.NONE,
            entry[1].violation(entry[2]).group != group,
        ),
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
    return Account(tuple(attempts), headline, finding.proof)


def _observe(scenario: Scenario, encoder: Encoder, each_step: bool, timed: bool) -> Execution:
    try:
        run = Execution(scenario, encoder, each_step, timed)
        run.complete()
    except Exception as error:
        raise _harness_error(scenario, encoder) from error
    return run


def _judge(run: Execution, encoder: Encoder, costly: bool) -> tuple[Violation, ...]:
    try:
        return judge(_oracles_of(run), run.record, costly)
    except Exception as error:
        raise _harness_error(run.record.scenario, encoder) from error


def _oracles_of(run: Execution) -> Iterable[Oracle[Record]]:
    judged_by = run.subject.judged_by
    every = ORACLES.values()
    return every if judged_by is None else [one for one in every if judged_by(one.promise)]


def _harness_error(scenario: Scenario, encoder: Encoder) -> HarnessError:
    return HarnessError(
        f"the harness failed while {encoder.name} ran this scenario:\n{print_scenario(scenario)}"
    )
