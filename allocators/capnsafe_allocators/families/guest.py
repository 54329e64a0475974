"""guest: the WebAssembly guest that grants the memory misbehaves.

The honest memory must have a real guest, and a method ``misbehave(kind)``, which makes the next
grant or growth go wrong, or returns False. Over any other memory these faults never fire.
"""

from __future__ import annotations

from enum import StrEnum

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind


class Misbehaviour(StrEnum):
    """A misbehaviour of a guest. Its value is the name of the kind of fault."""

    TRAP = "trap"
    FUEL = "fuel"
    OUT_OF_RANGE = "out-of-range"
    NEGATIVE = "negative"
    UNALIGNED = "unaligned"
    OVERLAPPING = "overlapping"


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    if kind is When.GROW:
        # The guest is asked only to grow its own blocks.
        if grant is None or grant.place.memory is None or not ledger.is_whole(grant):
            return None
        # A block that grows into its own old place overlaps no other block.
        if fault.kind == Misbehaviour.OVERLAPPING:
            return None
    elif kind is not When.ALLOCATE:
        return None
    misbehave = getattr(ledger.memory, "misbehave", None)
    if misbehave is None or not misbehave(Misbehaviour(fault.kind)):
        return None
    return f"the guest misbehaves from now on: {fault.kind}"


_MISBEHAVED = Effects(
    excuses=Excuse.STEP,
    excuses_in_growth=Excuse.NOTHING,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.NOWHERE,
    endless=False,
    calls_message=False,
    aims=False,
)

GUEST = Family(
    name="guest",
    description="is a WebAssembly guest, and misbehaves",
    kinds={
        misbehaviour.value: Kind(sentence, effects=_MISBEHAVED)
        for misbehaviour, sentence in {
            Misbehaviour.TRAP: "The guest traps while it grants or grows.",
            Misbehaviour.FUEL: "The guest loops until its fuel is used up.",
            Misbehaviour.OUT_OF_RANGE: "The guest returns a pointer past the end of its memory.",
            Misbehaviour.NEGATIVE: "The guest returns a pointer that is negative, or past the end.",
            Misbehaviour.UNALIGNED: "The guest returns a pointer that is not a multiple of 8.",
            Misbehaviour.OVERLAPPING: "The guest returns a pointer into an earlier grant.",
        }.items()
    },
    demand="granted",
    promises=("P1", "P3", "P7"),
    moments=(When.ALLOCATE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    before_call=_before_call,
)
