"""release: the allocator raises from release, and has taken the grant back all the same."""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .exceptions import EXCEPTION_KINDS, EXCEPTIONS
from .family import Family


def _before_call(
    ledger: Ledger, fault: Fault, kind: When, grant: Grant | None
) -> BaseException | None:
    if kind is not When.RELEASE:
        return None
    return EXCEPTIONS[fault.kind](f"released, and raised on purpose: {grant!r}")


RELEASE = Family(
    name="release",
    description="raises from release",
    kinds=EXCEPTION_KINDS,
    promises=("P1", "P8"),
    moments=(When.RELEASE, When.AFTER),
    before_call=_before_call,
)
