"""P7 bounded: an operation makes a bounded number of allocator calls, and takes few words.

The bounds are those that ``capnsafe.allocator`` documents. The number of objects that a call may
retire is bounded by the number of objects that can exist; if pointers were changed behind the
encoder's back, by the words in use. The oracle counts calls and not time: an endless walk without
any allocator call ends by the campaign's timeout.

An operation hands out the words of the objects that it makes. In a message of several segments, it
may also need landing pads, of up to two words for each object. If a message has one segment, with
room for the objects, the operation must not request another segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from capnsafe_allocators import effects_of

from capnsafe.allocator import FEW_SEGMENTS

from ..encoders.protocol import Proof, ProofKind
from ..record import Outcome, Record, Step
from ..scenario.labels import PRIMITIVES
from ..scenario.operations import OPERATIONS, Bound
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


def _most_borrows(step: Step, bound: Bound, plans: int) -> int:
    """Return the upper bound on ``segment`` calls in a step.

    Operations without a documented bound may use any number.
    """
    if step.verb in PRIMITIVES:
        return _READ
    if bound is Bound.GIVES_OUT:
        return step.segments
    if bound is Bound.FOLLOWS:
        return _FOLLOW
    if bound is Bound.NONE:
        return step.calls.segment
    new = step.calls.allocate + step.calls.grow
    compared = step.segments + new
    most = _BUILD + _RETIRE * (step.objects + new * compared)
    most += new * _COMPARISONS * (min(compared, FEW_SEGMENTS) + _COMPARE)
    return most * plans


def _most_grants(bound: Bound, plans: int, made: int, alone: bool) -> int:
    """Return the upper bound on ``allocate`` or ``grow`` calls in a step.

    Args:
        bound: The documented bound of the operation.
        plans: How often the call may plan its objects.
        made: The calls that the step made.
        alone: Whether the objects that the step builds fit into the only segment.
    """
    if alone:
        return 0
    if bound is Bound.NONE or bound is Bound.DISOWNS:
        return made
    return _GRANTS * plans if bound is Bound.BUILDS else 0


def _bound_of(step: Step) -> Bound:
    operation = step.operation
    if operation is None:
        return Bound.GIVES_OUT
    bound = OPERATIONS[operation.verb].bound
    # An object that is opened with a larger size may be moved to get room.
    moves = bound is Bound.FOLLOWS and operation.value is not None
    return Bound.NONE if moves else bound


def _check(record: Record) -> Iterator[OracleFinding]:
    cut = any(effects_of(fault).shortens for fault in record.scenario.faults)
    for step in record.steps:
        calls = step.calls
        if not (any(calls) or step.taken_words):
            continue
        if step.faults and any(effects_of(fault).calls_message for fault in step.faults):
            # The allocator calls of a re-entrant call are counted, too.
            continue
        # A call plans the object again if segments were cut meanwhile.
        plans = _ATTEMPTS if cut or step.excused else 1
        bound = _bound_of(step)
        # Objects that fit after the words in use of the only segment need no other segment.
        alone = step.has_room and not step.faults and step.outcome is Outcome.DONE
        for call, made in (
            ("segment", calls.segment),
            ("allocate", calls.allocate),
            ("grow", calls.grow),
        ):
            if not made:
                continue
            if call == "segment":
                most = _most_borrows(step, bound, plans)
            else:
                most = _most_grants(bound, plans, made, alone)
            if made > most:
                counted = _CALLED[call]
                yield of_step(
                    step,
                    counted,
                    f"{step.verb} made {made} {counted}, but needs at most {most}",
                    Proof(ProofKind.CALLS, expected=most, call=call),
                )
        needed = step.needed_words
        if step.outcome is Outcome.DONE and needed is not None and step.taken_words > needed:
            yield of_step(
                step,
                "words",
                f"{step.verb} took {step.taken_words} words, but needs at most {needed}",
                Proof(ProofKind.TAKES, expected=needed),
            )


BOUNDED = Oracle(
    "bounded",
    "P7",
    Cost.CHEAP,
    "an operation calls the allocator more often, or takes more words, than it needs to",
    _check,
)
