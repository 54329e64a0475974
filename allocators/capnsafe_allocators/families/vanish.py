"""vanish: a segment is gone, is exchanged with another one, or has earlier contents again."""

from __future__ import annotations

from dataclasses import replace

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from ..place import WORD_BYTES
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    return _vanish(ledger, fault)


def _vanish(ledger: Ledger, fault: Fault) -> str | None:
    grant = ledger.live_grant(fault.segment)
    if grant is None:
        return None
    match fault.kind:
        case "gone" | "gone-back":
            if grant.gone:
                return None
            grant.gone = True
            grant.returns = fault.kind == "gone-back"
            return f"segment {grant.index} is gone"
        case "swap":
            other = ledger.live_grant(fault.segment + 1)
            if other is None or other is grant:
                return None
            _swap(ledger, grant, other)
            return f"segments {grant.index} and {other.index} were exchanged"
    return _roll_back(ledger, grant, max(1, fault.amount))


def _swap(ledger: Ledger, one: Grant, other: Grant) -> None:
    ledger.look_around(one)
    ledger.look_around(other)
    one.place, other.place = other.place, one.place
    one.shown_bytes, other.shown_bytes = other.shown_bytes, one.shown_bytes
    one.granted_bytes, other.granted_bytes = other.granted_bytes, one.granted_bytes
    for grant in (one, other):
        grant.tampered = True
        grant.most_words = max(grant.most_words, grant.words)
        # A cut that was to grow back now belongs to the other grant, and was not seen there.
        grant.grows_back_to = min(grant.grows_back_to, grant.granted_bytes)
        grant.seen = False


def _roll_back(ledger: Ledger, grant: Grant, operations: int) -> str | None:
    before = grant.earlier[-operations:][:1]
    whole = grant.shown_bytes // WORD_BYTES * WORD_BYTES
    earlier = (before[0] if before else grant.first)[:whole]
    if ledger.contents(grant)[: len(earlier)] == earlier:
        return None
    ledger.write(grant, 0, earlier)
    return f"segment {grant.index} has earlier contents again"


_LASTING = Effects(
    excuses=Excuse.REST,
    excuses_in_growth=Excuse.REST,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.NOWHERE,
    endless=True,
    calls_message=False,
    aims=False,
)
_GONE = replace(_LASTING, loses_words=Loss.POSSIBLE)
_OLD = replace(_LASTING, changes_contents=True)
_SWAPPED = replace(_OLD, exchanges_segments=True)

VANISH = Family(
    name="vanish",
    description="loses a segment, or returns another one or older contents for it",
    kinds={
        "gone": Kind(
            "segment() raises KeyError for one segment from now on.",
            effects=_GONE,
            takes_segment=True,
        ),
        "gone-back": Kind(
            "segment() raises KeyError for one segment, and returns it again the next time.",
            effects=_GONE,
            takes_segment=True,
        ),
        "swap": Kind(
            "One segment and the next one are exchanged.",
            effects=_SWAPPED,
            takes_segment=True,
        ),
        "old": Kind(
            "One segment has the contents of `amount` operations ago (at least one) again.",
            effects=_OLD,
            takes_segment=True,
            takes_amount=True,
            swept_amounts=(1, 2),
        ),
    },
    demand="whole",
    promises=("P5", "P5v", "P6"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=True,
    needs_earlier=True,
    before_call=_before_call,
    between_operations=_vanish,
)
