"""P7 bounded: an operation makes a bounded number of allocator calls.

The bounds are those that ``capnsafe.allocator`` documents. The number of objects that a call may
retire is bounded by the number of objects that can exist; if pointers were changed behind the
encoder's back, by the words in use. The oracle counts calls and not time: an endless walk without
any allocator call ends by the campaign's timeout.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from capnsafe_allocators import effects_of

from capnsafe.allocator import FEW_SEGMENTS

from ..encoders.protocol import Proof, ProofKind
from ..record import Record, Step
from ..scenario.labels import PRIMITIVES
from ..scenario.operations import OPERATIONS, Borrows
from ..scenario.program import Operation
from .oracle import Cost, Oracle, OracleFinding, of_step

_CALLED: Final = {"segment": "borrows", "allocate": "grants", "grow": "growths"}
_READ: Final = 1
"""Borrows by a call that reads or writes a primitive."""
_FOLLOW: Final = 5
"""Borrows by a call that follows a pointer."""
_BUILD: Final = 8
"""Borrows by a call that builds or clears, besides those for objects that it retires and grants."""
_RETIRE: Final = 4
"""Borrows for each retired object, and for each segment that a new one is compared with."""
_COMPARE: Final = 10
"""Borrows to compare a new or grown segment with the others, besides one for each of them."""
_COMPARISONS: Final = 3
"""Number of comparisons, if segments move meanwhile."""
_GRANTS: Final = 3
"""Grants by a call that builds one object: one for the object, its landing pad, and the root.

Before each grant a segment may be asked to grow.
"""
_ATTEMPTS: Final = 3
"""Number of times that a call plans its object, if segments shrink repeatedly."""


def _most_borrows(step: Step, plans: int) -> int:
    """Return the upper bound on ``segment`` calls in a step.

    Operations without a documented bound may use any number.
    """
    operation = step.operation
    if step.verb in PRIMITIVES:
        return _READ
    borrows = Borrows.EACH if operation is None else OPERATIONS[operation.verb].borrows
    if borrows is Borrows.EACH:
        return step.segments
    if borrows is Borrows.FOLLOWS and not _may_move(operation):
        return _FOLLOW
    if borrows is not Borrows.BUILDS:
        return step.calls.segment
    new = step.calls.allocate + step.calls.grow
    compared = step.segments + new
    most = _BUILD + _RETIRE * (step.objects + new * compared)
    most += new * _COMPARISONS * (min(compared, FEW_SEGMENTS) + _COMPARE)
    return most * plans


def _most_grants(step: Step, plans: int, made: int) -> int:
    """Return the upper bound on ``allocate`` or ``grow`` calls in a step, which made ``made``."""
    operation = step.operation
    objects = 0 if operation is None else OPERATIONS[operation.verb].grants
    if objects is None or (objects == 0 and _may_move(operation)):
        return made
    return _GRANTS * objects * plans


def _may_move(operation: Operation | None) -> bool:
    """Return whether it opens an object as something, which may be moved to get room for that."""
    return operation is not None and operation.value is not None


def _check(record: Record) -> Iterator[OracleFinding]:
    cut = any(effects_of(fault).shortens for fault in record.scenario.faults)
    for step in record.steps:
        if any(effects_of(fault).calls_message for fault in step.faults):
            # The allocator calls of a re-entrant call are counted, too.
            continue
        # A call plans the object again if segments were cut meanwhile.
        plans = _ATTEMPTS if cut or step.excused else 1
        for call, made, most in (
            ("segment", step.calls.segment, _most_borrows(step, plans)),
            ("allocate", step.calls.allocate, _most_grants(step, plans, step.calls.allocate)),
            ("grow", step.calls.grow, _most_grants(step, plans, step.calls.grow)),
        ):
            if made > most:
                what = _CALLED[call]
                yield of_step(
                    step,
                    what,
                    f"{step.verb} made {made} {what}, but needs at most {most}",
                    Proof(ProofKind.CALLS, expected=most, call=call),
                )


BOUNDED = Oracle(
    "bounded",
    "P7",
    Cost.CHEAP,
    "an operation calls the allocator more often than it needs to",
    _check,
)
