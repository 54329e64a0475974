"""P12 current: a handle whose object is gone raises StaleHandle, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ..encoders.protocol import Failure, Proof, ProofKind
from ..record import Outcome, Record
from ..scenario.model import ExpectationKind
from .oracle import Cost, Oracle, OracleFinding, exception_name, of_step, raised_sentence

_PROOF = Proof(ProofKind.REFUSAL, failure=Failure.STALE)


def _check(record: Record) -> Iterator[OracleFinding]:
    for step in record.steps:
        if step.expectation.kind is not ExpectationKind.STALE or step.tampered or step.unsupported:
            # If pointers were changed, a handle may belong to another object than in the model.
            continue
        if step.outcome is Outcome.DONE:
            yield of_step(
                step, "accepted", f"{step.verb} accepted a handle whose object is gone", _PROOF
            )
        elif step.failure not in (Failure.STALE, Failure.FOREIGN) and not step.excused:
            yield of_step(
                step,
                exception_name(step),
                f"{raised_sentence(step)} instead of reporting that the handle is stale",
                _PROOF,
            )


CURRENT = Oracle(
    "current",
    "P12",
    Cost.CHEAP,
    "a handle whose object is gone is accepted",
    _check,
)
