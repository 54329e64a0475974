"""P6 its own memory is not trusted: what was changed behind the encoder's back is met with care.

What the message says then cannot be judged.  But a call that raises because of what it met must
have changed nothing yet: it looks at all that it needs before it writes.  That no foreign exception
escapes is P1, that no walk goes on for ever P7.
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
    "a call raises because of what it read, and has changed words in use before",
    _check,
)
