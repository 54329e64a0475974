"""The faults that no execution can meet in an operation, by the declarations of both.

A fault fires in a call of the allocator, or between operations. So where an operation makes no call
at which a family acts, no scenario reaches the two together, unless the encoder breaks P7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capnsafe_allocators import FAMILIES, Family, When

from ...execution.verdict import CLOSE
from ...memories import memory_kind
from ...scenario import Verb
from ...scenario.operations import OPERATIONS, Bound, OperationKind, ValueForm
from .placements import STAYS, needs_to_move

VERBS: Final[Sequence[str]] = (*(verb.value for verb in Verb), CLOSE)
"""The words with which labels of operations begin."""

NO_GRANT: Final = "the operation asks for no memory, or breaks P7"


def unreachable(verb: str, family: str, memory: str | None) -> str | None:
    """Return why no fault of a family fires in operations with this verb; None if one may fire.

    ``memory`` is the only honest memory of the campaign; None if it has all.
    """
    declared = FAMILIES.get(family)
    if declared is None or verb not in VERBS:
        return None
    if declared.missing is not None:
        return declared.missing
    kind = None if memory is None else memory_kind(memory)
    stays = kind is not None and kind.stays
    moments = [call for call in When if _acts_at(declared, call)]
    able = [call for call in moments if not (stays and needs_to_move(declared, call))]
    between = declared.between_operations is not None
    if between and not (stays and needs_to_move(declared, None)):
        return None
    if not able:
        return STAYS
    return None if set(able) & _calls(verb) else NO_GRANT


def _acts_at(family: Family, call: When) -> bool:
    return call in _CALLS and call in family.moments and family.acts_at(call)


_CALLS: Final = frozenset((When.ALLOCATE, When.GROW, When.SEGMENT, When.RELEASE))
_WITHOUT_GRANT: Final = _CALLS - {When.ALLOCATE, When.GROW}


def _calls(verb: str) -> frozenset[When]:
    """Return the calls that operations may make, by the bounds of P7."""
    if verb == CLOSE:
        return _WITHOUT_GRANT
    return _CALLS if _may_grant(OPERATIONS[Verb(verb)]) else _WITHOUT_GRANT


def _may_grant(kind: OperationKind) -> bool:
    # An object that is opened with a larger size may be moved to get room.
    moves = kind.value is ValueForm.TYPE
    return moves or kind.bound in (Bound.NONE, Bound.DISOWNS, Bound.BUILDS)
