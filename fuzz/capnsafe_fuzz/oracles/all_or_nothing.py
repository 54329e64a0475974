"""P2 all or nothing: a call that raises leaves the message reading as it did before.

After each failure the strict examiner reads the memory itself and ignores the encoder's own view.
The contents must be those that the model has without the operation. A failed call can also show
later, as a wrong value or as a call that fails without a reason. Only the examination can tell that
from other mistakes, so this oracle uses nothing else.
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
        symptom, sentence = step.contents.first_problem()
        yield of_step(
            step,
            symptom,
            f"{step.verb} raised {repr_of(step.error)} and changed the message: {sentence}",
            reading(step, step.contents),
        )


ALL_OR_NOTHING = Oracle(
    "all_or_nothing",
    "P2",
    Cost.CHEAP,
    "a call that raised changed the message",
    _check,
)
