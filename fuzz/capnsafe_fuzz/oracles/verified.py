"""P5v verified: with verification on, a change of contents behind the encoder's back is found.

After such a change, output raises or returns the message as it was built, never contents that were
scribbled, swapped or rolled back. Each operation that reads does so, too, because it compares the
words that it reads with its private copy. The oracle judges until the next operation that changes
the message: values written through changed pointers are in other places than in the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..encoders.protocol import Proof, ProofKind
from ..record import Outcome, Record
from .oracle import Cost, Oracle, OracleFinding, of_step, wrong_value

_PROOF: Final = Proof(ProofKind.REFUSAL)


def _check(record: Record) -> Iterator[OracleFinding]:
    for step in record.steps:
        if not step.tampered or step.outcome is not Outcome.DONE:
            continue
        if step.must_match:
            wrong = wrong_value(step)
            if wrong is not None:
                sentence = f"memory was changed, and {wrong[1]}"
                yield of_step(step, f"read {wrong[0]}", sentence, _PROOF)
                return
        if step.contents is not None and step.contents.wrong:
            _, sentence = step.contents.first_problem()
            yield of_step(
                step,
                "change not found",
                f"{step.verb} succeeded although memory was changed: {sentence}",
                _PROOF,
            )
            return


VERIFIED = Oracle(
    "verified",
    "P5v",
    Cost.CHEAP,
    "with verification on, contents that were changed behind the encoder's back are output or read",
    _check,
)
