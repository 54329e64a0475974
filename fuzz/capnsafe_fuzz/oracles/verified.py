"""P5v verified: with verification on, a change of contents behind the encoder's back is found.

Output then raises, or returns the message as it was built; never contents that were scribbled,
swapped or rolled back. The oracle judges until the next operation that changes the message: values
written through changed pointers do not lie where the model has them.
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
                f"{step.verb} succeeded although memory was changed: {sentence}",
                _PROOF,
            )
            return


VERIFIED = Oracle(
    "verified",
    "P5v",
    Cost.CHEAP,
    "with verification on, output has contents that were changed behind the encoder's back",
    _check,
)
