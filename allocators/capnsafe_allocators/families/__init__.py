"""The families of faults: one file each, and the one registry of them.

A *family* is one way in which an allocator hurts its client. :mod:`.family` describes the parts
of a family and how to add one.
"""

from __future__ import annotations

from ..fault import Fault, FaultError
from .alias import ALIAS
from .callbacks import FINALIZER, Callback
from .collect import COLLECT
from .dirty import DIRTY
from .effects import Effects, Excuse, Loss, Move
from .exceptions import CustomRefusal
from .family import Family, Kind, SegmentResult
from .finalize import FINALIZE
from .garble import GARBLE
from .guest import GUEST, Misbehaviour
from .move import MOVE
from .reenter import REENTER
from .refuse import REFUSE
from .release import RELEASE
from .scribble import SCRIBBLE
from .short import SHORT
from .shrink import SHRINK
from .vanish import VANISH

#: Every family, by name, in the order in which lists show them.
FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        REFUSE,
        GARBLE,
        SHORT,
        MOVE,
        SHRINK,
        VANISH,
        ALIAS,
        DIRTY,
        SCRIBBLE,
        REENTER,
        RELEASE,
        GUEST,
        FINALIZE,
        COLLECT,
    )
}


def check_fault(fault: Fault) -> Family:
    """Return the family of the fault, or raise :class:`FaultError` if the fault is not valid."""
    family = FAMILIES.get(fault.family)
    if family is None:
        raise FaultError(
            f"there is no family of faults {fault.family!r}; the families are {', '.join(FAMILIES)}"
        )
    kind = family.kinds.get(fault.kind)
    if kind is None:
        raise FaultError(
            f"{family.name} has no kind {fault.kind!r}; its kinds are {', '.join(family.kinds)}"
        )
    if fault.when not in family.moments:
        moments = ", ".join(when.value for when in family.moments)
        raise FaultError(
            f"{family.name} cannot be laid at {fault.when.value!r}; its moments are {moments}"
        )
    if fault.segment and not kind.takes_segment:
        raise FaultError(f"{family.name} {fault.kind} takes no segment")
    if fault.amount and not kind.takes_amount:
        raise FaultError(f"{family.name} {fault.kind} takes no amount")
    return family


def effects_of(fault: Fault) -> Effects:
    """Return the effects of a fault that :func:`check_fault` accepts."""
    return FAMILIES[fault.family].kinds[fault.kind].effects


__all__ = [
    "FAMILIES",
    "FINALIZER",
    "Callback",
    "CustomRefusal",
    "Effects",
    "Excuse",
    "Family",
    "Kind",
    "Loss",
    "Misbehaviour",
    "Move",
    "SegmentResult",
    "check_fault",
    "effects_of",
]
