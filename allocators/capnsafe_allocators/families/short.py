"""short: the allocator grants another length than was asked for, or claims a wrong length.

It also grows a segment to another length, but never cuts it; ``shrink`` does that.
"""

from __future__ import annotations

from dataclasses import replace

from ..exporter import COUNTS_VIEWS
from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from ..place import WORD_BYTES
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind


def _grant_bytes(fault: Fault, minimum_words: int) -> int | None:
    amount = max(1, fault.amount)
    match fault.kind:
        case "odd":
            return minimum_words * WORD_BYTES + (fault.amount % WORD_BYTES or WORD_BYTES - 1)
        case "excess":
            return (minimum_words + amount) * WORD_BYTES
        case "zero" if minimum_words:
            return 0
        case "less" if minimum_words:
            return max(0, minimum_words - amount) * WORD_BYTES
    return None


def _on_grant(ledger: Ledger, fault: Fault, grant: Grant) -> str | None:
    # Before Python 3.12 a class cannot define both a buffer and a len.
    if fault.kind != "claim" or not COUNTS_VIEWS or ledger.stays:
        return None
    grant.claimed_words = grant.words + max(1, fault.amount)
    return f"segment {grant.index} claims {grant.claimed_words} words and has {grant.words}"


def _on_growth(ledger: Ledger, fault: Fault, grant: Grant, first: int) -> str | None:
    return _on_grant(ledger, fault, grant)


_LESS = Effects(
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

_HARMLESS = replace(_LESS, excuses=Excuse.NOTHING)

SHORT = Family(
    name="short",
    description="grants or grows to another length than was asked for",
    kinds={
        "zero": Kind("It grants no words at all, or does not grow.", effects=_LESS),
        "less": Kind(
            "It grants, or grows to, `amount` words (at least one) less than the minimum.",
            effects=_LESS,
            takes_amount=True,
            swept_amounts=(1, 2),
        ),
        "odd": Kind(
            "It grants the minimum and `amount` modulo 8 bytes more (7 if that is 0), "
            "so that the length is not a whole number of words. A client may use the whole words.",
            effects=_HARMLESS,
            takes_amount=True,
            swept_amounts=(1, 7),
        ),
        "excess": Kind(
            "It grants `amount` words (at least one) more than the minimum, "
            "which may be more than the limit of a segment: harmless.",
            effects=_HARMLESS,
            takes_amount=True,
            swept_amounts=(1, 512),
        ),
        "claim": Kind(
            "The len() of the result of segment() is `amount` words (at least one) more than "
            "its buffer has: harmless, because only the buffer counts.",
            effects=_HARMLESS,
            takes_amount=True,
            swept_amounts=(1,),
        ),
    },
    demand="enough",
    promises=("P1", "P3", "P7"),
    moments=(When.ALLOCATE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    grant_bytes=_grant_bytes,
    on_grant=_on_grant,
    on_growth=_on_growth,
)
