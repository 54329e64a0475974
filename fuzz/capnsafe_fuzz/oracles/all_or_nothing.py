"""P2 all or nothing: a call that raises leaves the message reading as it did before.

After each failure the memory itself is examined, not the encoder's own account of it, and must say
what the model says without the operation.  A value that is read wrong, or a call that fails without
any reason, after an earlier call failed, is the same promise broken and seen later; but only the
examination can tell that from other mistakes, so it alone judges here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..record import Outcome, Record
from ..record.telling import repr_of
from .oracle import Cost, Oracle, OracleFinding, of_step, reading


def _check(record: Record) -> Iterator[OracleFinding]:
    step = record.first_wrong
    if step is None or step.contents is None:
        return
    if step.outcome in (Outcome.RAISED, Outcome.INTERRUPTED):
        what, sentence = step.contents.what_is_wrong()
        yield of_step(
            step,
            what,
            f"{step.verb} raised {repr_of(step.error)} and changed the message: {sentence}",
            reading(step, step.contents),
        )


ALL_OR_NOTHING = Oracle(
    "all_or_nothing",
    "P2",
    Cost.CHEAP,
    "the message says something else after a call that raised",
    _check,
)
