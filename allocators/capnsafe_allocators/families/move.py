"""move: segments change place, so that pointers to their old places are wrong.

The contents are copied to memory of the hostile allocator. The old place is painted over and
watched, so that a later write to it is detected.
"""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind

#: The largest number of segments that one fault moves. Without it, a fault that fires at every call
#: of a large message would take longer than an execution may.
MOST_AT_ONCE = 8

#: No segment moves any more when so many bytes were left. The places stay watched, so a fault that
#: fires at every call of an endless walk would take all memory of the machine.
MOST_LEFT_BYTES = 1 << 26


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    return _move(ledger, fault)


def _move(ledger: Ledger, fault: Fault) -> str | None:
    if fault.kind == "all":
        # The bytes of an empty grant have no address that a client could hold.
        moving = [grant for grant in ledger.live if grant.shown_bytes]
        if len(moving) > MOST_AT_ONCE:
            first = ledger.witness.operation * MOST_AT_ONCE % len(moving)
            moving = (moving + moving)[first : first + MOST_AT_ONCE]
    else:
        chosen = ledger.live_grant(fault.segment)
        moving = [chosen] if chosen is not None and chosen.shown_bytes else []
    if not moving:
        return None
    if fault.kind == "resize":
        return ledger.resize_in_place(moving[0])
    if ledger.witness.left_bytes > MOST_LEFT_BYTES:
        return None
    for grant in moving:
        ledger.relocate(grant)
    names = ", ".join(str(grant.index) for grant in moving)
    return f"segment {names} moved" if len(moving) == 1 else f"segments {names} moved"


_MOVED = Effects(
    excuses=Excuse.NOTHING,
    excuses_in_growth=Excuse.NOTHING,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.ELSEWHERE,
    endless=False,
    calls_message=False,
    aims=False,
)
_RESIZED = Effects(
    excuses=Excuse.NOTHING,
    excuses_in_growth=Excuse.NOTHING,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.WITH_ITS_MEMORY,
    endless=False,
    calls_message=False,
    aims=False,
)

MOVE = Family(
    name="move",
    description="moves segments",
    kinds={
        "one": Kind("One segment changes place.", effects=_MOVED, takes_segment=True),
        "all": Kind(
            f"All segments change place; if there are more than {MOST_AT_ONCE}, only "
            f"{MOST_AT_ONCE} do, and others in each operation.",
            effects=_MOVED,
        ),
        "resize": Kind(
            "The bytearray below one segment is resized and restored, so that it moves. "
            "While a view of it is held, resizing fails, and that is evidence.",
            effects=_RESIZED,
            takes_segment=True,
        ),
    },
    demand="fixed",
    promises=("P4", "P11"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=True,
    needs_earlier=False,
    before_call=_before_call,
    between_operations=_move,
)
