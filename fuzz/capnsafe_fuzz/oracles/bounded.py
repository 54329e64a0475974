"""P7 bounded: an operation makes a bounded number of allocator calls.

The bounds are those that ``capnsafe.allocator`` documents, with the objects that a call may have
retired bounded by those that there can be; where pointers were changed behind the encoder's back,
by the words in use.  Calls are counted, not time: a walk that goes on for ever without any call
ends by the campaign's timeout.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from capnsafe_allocators import effects_of

from capnsafe.allocator import FEW_SEGMENTS

from ..encoders.protocol import Proof, ProofKind
from ..record import Record, Step
from ..scenario.operations import Verb
from .oracle import Cost, Oracle, OracleFinding, of_step

_CALLED: Final = {"segment": "borrows", "allocate": "grants", "grow": "growths"}
_READ: Final = 1
"""Borrows of a call that reads or writes a primitive."""
_FOLLOW: Final = 5
"""Borrows of a call that follows a pointer."""
_BUILD: Final = 8
"""Borrows of a call that builds or clears, without those for objects it retires and grants."""
_RETIRE: Final = 4
"""Borrows for an object that is retired, and for a segment that a new one is compared with."""
_COMPARE: Final = 10
"""Borrows to compare a new or grown segment with the others, without one for each of them."""
_COMPARISONS: Final = 3
"""Times that it is compared, if segments move meanwhile."""
_GRANTS: Final = 3
"""Grants of a call that builds one object: for it, for its landing pad, and for the root. Before
each of them a segment may be asked to grow."""
_ATTEMPTS: Final = 3
"""Times that a call plans its object, if segments shrink again and again."""
_READING: Final = frozenset({Verb.OPEN, Verb.REOPEN, Verb.GET, Verb.OUTPUT, Verb.CLEAR})
_FOLLOWING: Final = frozenset({Verb.OPEN, Verb.REOPEN, Verb.GET})
_BUILDING: Final = frozenset({Verb.ROOT, Verb.INIT, Verb.SET, Verb.CLEAR, Verb.ADOPT, Verb.DISOWN})
#: The labels of operations on primitives.
_PRIMITIVES: Final = frozenset(
    f"{verb.value} {kind}{where}"
    for verb in (Verb.GET, Verb.SET)
    for kind in ("number", "float", "bool", "void", "enum")
    for where in ("", " element")
)


def _most_borrows(step: Step, plans: int) -> int:
    """Return the upper bound on ``segment`` calls in a step.

    Operations without a documented bound may use any number.
    """
    operation = step.operation
    if step.verb in _PRIMITIVES:
        return _READ
    if operation is None or operation.verb is Verb.OUTPUT:
        return step.segments
    # An object that is opened as a larger one may be moved to get room.
    if operation.verb in _FOLLOWING and operation.value is None:
        return _FOLLOW
    if operation.verb not in _BUILDING:
        return step.calls.segment
    new = step.calls.allocate + step.calls.grow
    compared = step.segments + new
    most = _BUILD + _RETIRE * (step.objects + new * compared)
    most += new * _COMPARISONS * (min(compared, FEW_SEGMENTS) + _COMPARE)
    return most * plans


def _most_grants(step: Step, plans: int, made: int) -> int:
    """Return the upper bound on ``allocate`` or ``grow`` calls in a step, which made ``made``."""
    operation = step.operation
    if operation is None:
        return 0
    if operation.verb not in (Verb.ROOT, Verb.INIT, Verb.SET, Verb.ADOPT):
        only_reads = operation.verb in _READING and operation.value is None
        return 0 if only_reads else made
    return _GRANTS * plans


def _check(record: Record) -> Iterator[OracleFinding]:
    cut = any(effects_of(fault).shortens for fault in record.scenario.faults)
    for step in record.steps:
        if any(effects_of(fault).calls_message for fault in step.faults):
            # The allocator calls of the call from inside are counted, too.
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
                    f"{step.verb} made {made} {what}, and {most} are the most it needs",
                    Proof(ProofKind.CALLS, expected=most, call=call),
                )


BOUNDED = Oracle(
    "bounded",
    "P7",
    Cost.CHEAP,
    "an operation calls the allocator more often than it can need to",
    _check,
)
