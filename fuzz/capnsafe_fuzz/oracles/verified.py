"""P5v verified: with verification on, a change of contents behind the encoder's back is found.

Output then raises, or gives the message as it was built; never what was scribbled, swapped or
rolled back.  Judged until the next operation that changes something: what is written through
pointers that were changed is not where the model has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..encoders.protocol import Proof, ProofKind
from ..record import Outcome, Record
from .oracle import Cost, Oracle, OracleFinding, of_step

_PROOF: Final = Proof(ProofKind.REFUSAL)


def _check(record: Record) -> Iterator[OracleFinding]:
    for step in record.steps:
        if not step.tampered or step.contents is None or step.outcome is not Outcome.DONE:
            continue
        if step.contents.wrong:
            _, sentence = step.contents.what_is_wrong()
            yield of_step(
                step,
                "change not found",
                f"{step.verb} was given though memory was changed: {sentence}",
                _PROOF,
            )
            return


VERIFIED = Oracle(
    "verified",
    "P5v",
    Cost.CHEAP,
    "output is given that was changed behind the encoder's back, with verification on",
    _check,
)
