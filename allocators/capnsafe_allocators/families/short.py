"""short: the allocator grants another length than was asked."""

from __future__ import annotations

from ..fault import Fault, When
from ..place import WORD_BYTES
from .family import Family, Kind


def _grant_bytes(fault: Fault, minimum_words: int) -> int | None:
    if fault.kind == "odd":
        return minimum_words * WORD_BYTES + (fault.amount % WORD_BYTES or WORD_BYTES - 1)
    if minimum_words < 1:
        return None
    if fault.kind == "zero":
        return 0
    return max(0, minimum_words - max(1, fault.amount)) * WORD_BYTES


SHORT = Family(
    name="short",
    description="grants another length than was asked",
    kinds={
        "zero": Kind("It grants no words at all."),
        "less": Kind(
            "It grants `amount` words (at least one) less than the minimum.", takes_amount=True
        ),
        "odd": Kind(
            "It grants the minimum and `amount` modulo 8 bytes more (7 if that is 0), "
            "so that the length is not a whole number of words; a client may use all but these.",
            takes_amount=True,
        ),
    },
    promises=("P1", "P3", "P7"),
    moments=(When.ALLOCATE, When.ANY, When.AFTER),
    grant_bytes=_grant_bytes,
)
