"""P10 no re-entry: a call from inside another call gets a clear error, or is finished.

The memory makes the inner call, and the executor tells it the result. If the call was finished, the
message must be unharmed; such a call writes only values that were there before. After a call that
closed the message, no other call succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..encoders.protocol import Proof, ProofKind
from ..record import Outcome, Record
from .oracle import Cost, Oracle, OracleFinding, from_evidence, of_step, reading

_from_memory: Final = from_evidence("P10")


def _check(record: Record) -> Iterator[OracleFinding]:
    yield from _from_memory(record)
    for step in record.steps:
        if step.closed and step.output is None and step.outcome is Outcome.DONE:
            if step.verb != "close":
                sentence = f"{step.verb} succeeded after the message was closed from inside a call"
                yield of_step(step, "closed", sentence, Proof(ProofKind.REFUSAL))
            break
    first = record.first_wrong
    if first is None or first.contents is None:
        return
    before = record.steps[: record.steps.index(first) + 1]
    if any(step.reentered for step in before):
        symptom, sentence = first.contents.first_problem()
        yield of_step(
            first,
            f"harmed {symptom}",
            f"a call from inside was finished, and then: {sentence}",
            reading(first, first.contents),
        )


NO_REENTRY = Oracle(
    "no_reentry",
    "P10",
    Cost.CHEAP,
    "a call from inside an allocator call fails without a clear error, or harms the message",
    _check,
)
