"""refuse: the allocator raises instead of doing what it was asked."""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .exceptions import EXCEPTION_KINDS, EXCEPTIONS
from .family import Family


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> BaseException:
    return EXCEPTIONS[fault.kind](f"refused on purpose: {kind.value}")


REFUSE = Family(
    name="refuse",
    description="raises instead of doing what it was asked",
    kinds=EXCEPTION_KINDS,
    promises=("P1", "P2", "P5", "P8"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    before_call=_before_call,
)
