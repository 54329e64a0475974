"""P6 its own memory is not trusted: the encoder checks words that were changed behind its back.

The contents of such a message cannot be judged. But a call that raises because of the words that it
read must not have changed anything: it checks all words that it needs before it writes. P1 covers
foreign exceptions, and P7 endless walks.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..encoders.protocol import Proof, ProofKind
from ..record import Record
from ..record.telling import repr_of
from .oracle import Cost, Oracle, OracleFinding, of_step


def _check(record: Record) -> Iterator[OracleFinding]:
    for step in record.steps:
        if step.damage is not None:
            segment, word = step.damage
            yield of_step(
                step,
                "half done",
                f"{step.verb} raised {repr_of(step.error)} on memory that was changed behind its "
                f"back, and had changed word {word} of segment {segment}",
                Proof(ProofKind.WORD_KEPT, segment=segment, word=word),
            )


DISTRUSTFUL = Oracle(
    "distrustful",
    "P6",
    Cost.CHEAP,
    "a call raises because of words that it read, after it changed words in use",
    _check,
)
