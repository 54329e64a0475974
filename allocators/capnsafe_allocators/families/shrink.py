"""shrink: a segment becomes shorter than it was granted, and may grow back without its contents.

The words that are cut are really lost: they become guard, and are zero if they come back. They come
back at the first allocator call after ``segment`` has returned the short segment, when the client
could see the loss. A cut that the client has not seen stays.

``HostileAllocator.used`` returns the number of words of each segment that the client has handed
out. If it is not set, all granted words count as used.
"""

from __future__ import annotations

from dataclasses import replace

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from ..place import WORD_BYTES
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind

_REGROW = "-regrow"


def _remaining_words(ledger: Ledger, fault: Fault, grant: Grant) -> int:
    """Return the number of words after the cut; the present length if there is nothing to cut."""
    shown = grant.shown_bytes // WORD_BYTES
    size = fault.kind.removesuffix(_REGROW)
    if size == "nothing":
        return 0
    used = ledger.used_words(grant)
    amount = max(1, fault.amount)
    if size == "below-granted":
        return max(shown - amount, min(used, shown))
    # If nothing was handed out, no cut can be below it.
    return max(0, used - amount) if used else shown


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    return _shrink(ledger, fault)


def _shrink(ledger: Ledger, fault: Fault) -> str | None:
    grant = ledger.live_grant(fault.segment)
    if grant is None:
        return None
    before = grant.shown_bytes
    remaining = _remaining_words(ledger, fault, grant)
    if remaining >= before // WORD_BYTES:
        return None
    ledger.cut(grant, remaining * WORD_BYTES)
    # Otherwise an earlier cut that was seen could bring back words whose loss was not seen.
    grant.seen = False
    if fault.kind.endswith(_REGROW):
        _let_grow_back(ledger, fault, grant, before)
    return f"segment {grant.index} shrank from {before // WORD_BYTES} to {remaining} words"


def _let_grow_back(ledger: Ledger, fault: Fault, grant: Grant, shown_bytes: int) -> None:
    is_waiting = grant.grows_back_to > 0
    grant.grows_back_to = max(grant.grows_back_to, shown_bytes)
    if is_waiting:
        # It was cut twice before it grew back. It grows back once, to the greater length.
        return

    def grow_back() -> str | None:
        if not grant.seen:
            return None
        shown_bytes, grant.grows_back_to = grant.grows_back_to, 0
        ledger.grow_back(grant, shown_bytes)
        return f"segment {grant.index} grew back to {shown_bytes // WORD_BYTES} words"

    ledger.follow_up(fault, grant, grow_back)


_CUT = Effects(
    excuses=Excuse.REST,
    excuses_in_growth=Excuse.REST,
    loses_words=Loss.CERTAIN,
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
#: Words that the current call is handing out do not count as used yet, so they may be removed.
_CUT_UNUSED = replace(_CUT, loses_words=Loss.POSSIBLE)

_KINDS = {
    "below-granted": Kind(
        "It loses `amount` words (at least one) that were not handed out yet: harmless.",
        effects=_CUT_UNUSED,
        takes_segment=True,
        takes_amount=True,
        swept_amounts=(1, 4095),
    ),
    "below-used": Kind(
        "It loses the last `amount` words (at least one) of those handed out, and all after them.",
        effects=_CUT,
        takes_segment=True,
        takes_amount=True,
        swept_amounts=(1, 2),
    ),
    "nothing": Kind("It loses all its words.", effects=_CUT, takes_segment=True),
}

SHRINK = Family(
    name="shrink",
    description="cuts a segment, and may let it grow back",
    kinds=_KINDS
    | {
        name + _REGROW: Kind(
            kind.sentence
            + " After the client has seen the short segment, it grows back with zeros.",
            effects=kind.effects,
            takes_segment=kind.takes_segment,
            takes_amount=kind.takes_amount,
            swept_amounts=kind.swept_amounts,
        )
        for name, kind in _KINDS.items()
    },
    demand="whole",
    promises=("P3", "P5", "P5v"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=True,
    needs_earlier=False,
    before_call=_before_call,
    between_operations=_shrink,
)
