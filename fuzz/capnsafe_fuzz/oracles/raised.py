"""P1 raised: whatever the memory does, a call succeeds or raises the library's own error.

The error's cause is the exception that the memory raised. An error in arguments is also the builtin
class that callers catch. An interrupt passes through unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..encoders.protocol import Failure, Proof, ProofKind
from ..record import Outcome, Record, Step
from ..record.telling import cause_of, repr_of
from ..scenario.model import ExpectationKind
from .oracle import Cost, Oracle, OracleFinding, exception_name, of_step, raised_sentence

_INDEX = ExpectationKind.INDEX


def _check(record: Record) -> Iterator[OracleFinding]:
    for operation, sentence in record.strange:
        yield OracleFinding(operation, record.verb_at(operation), "segment words", sentence)
    for step in record.steps:
        if step.swallowed:
            yield of_step(
                step,
                "interrupt kept",
                f"{step.verb} did not let the memory's interrupt through",
                Proof(ProofKind.INTERRUPT),
            )
        if step.outcome is Outcome.RAISED:
            yield from _judge_error(step)
        elif step.outcome is Outcome.DONE and step.expectation.kind is _INDEX and not step.tampered:
            yield of_step(
                step,
                "index accepted",
                f"{step.verb} accepted an index outside the list",
                Proof(ProofKind.REFUSAL, failure=Failure.INDEX),
            )


def _judge_error(step: Step) -> Iterator[OracleFinding]:
    error = step.error
    assert error is not None
    if step.failure is Failure.FOREIGN:
        proof = Proof(ProofKind.OWN_ERROR)
        yield of_step(step, exception_name(step), raised_sentence(step), proof)
    elif not step.cause_kept:
        yield of_step(
            step,
            f"cause of {exception_name(step)}",
            f"{raised_sentence(step)}; its cause is {repr_of(cause_of(error))} and not the "
            "exception of the memory",
            Proof(ProofKind.CAUSE),
        )
    elif not step.builtin:
        yield of_step(
            step,
            f"class of {exception_name(step)}",
            f"{raised_sentence(step)}; callers cannot catch it as a builtin error",
        )
    elif (
        step.expectation.kind is _INDEX
        and step.failure is not Failure.INDEX
        and not step.excused
        and not step.unsupported
    ):
        yield of_step(
            step,
            f"{exception_name(step)} for an index",
            f"{raised_sentence(step)} instead of reporting an index outside the list",
            Proof(ProofKind.REFUSAL, failure=Failure.INDEX),
        )


RAISED = Oracle(
    "raised",
    "P1",
    Cost.CHEAP,
    "an exception escapes that is not the library's own, or its cause is wrong",
    _check,
)
