"""P5 no loss in silence: once words in use are gone, there is no more output.

A loss counts if a borrow showed it: the segment had fewer words than were in use at the end of the
operation before, or was missing. It counts even if the segment grew back since. If a segment is
short as output begins, output must notice, since it borrows every segment. A message that was
closed from inside one of its calls has lost all its words.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..encoders.protocol import Proof, ProofKind
from ..record import Outcome, Record
from .oracle import Cost, Oracle, OracleFinding, of_step

_PROOF = Proof(ProofKind.REFUSAL)


def _check(record: Record) -> Iterator[OracleFinding]:
    for step in record.steps:
        if step.output is None or step.outcome is not Outcome.DONE:
            continue
        if step.seen_lost:
            yield of_step(
                step, "after a loss", f"there was output although {step.seen_lost}", _PROOF
            )
        elif step.closed:
            sentence = "there was output after the message was closed from inside a call"
            yield of_step(step, "closed", sentence, _PROOF)
        elif step.closed_inside and step.contents is not None and step.contents.wrong:
            symptom, sentence = step.contents.first_problem()
            sentence = f"there was output although a call inside closed the message: {sentence}"
            yield of_step(step, f"closed inside {symptom}", sentence, _PROOF)
        elif step.short:
            yield of_step(
                step, "without looking", f"there was output although {step.short}", _PROOF
            )


NO_LOSS_IN_SILENCE = Oracle(
    "no_loss_in_silence",
    "P5",
    Cost.CHEAP,
    "there is output although words in use were lost",
    _check,
)
