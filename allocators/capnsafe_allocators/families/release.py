"""release: the allocator takes the grant back, and then raises from release."""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .effects import Effects, Excuse, Loss, Move
from .exceptions import EXCEPTIONS, exception_kinds
from .family import Family


def _before_call(
    ledger: Ledger, fault: Fault, kind: When, grant: Grant | None
) -> BaseException | None:
    if kind is not When.RELEASE:
        return None
    return EXCEPTIONS[fault.kind](f"released, and raised on purpose: {grant!r}")


_RAISED = Effects(
    excuses=Excuse.STEP,
    excuses_in_growth=Excuse.STEP,
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

RELEASE = Family(
    name="release",
    description="raises from release",
    kinds=exception_kinds(lambda exception: _RAISED),
    demand="released",
    promises=("P1", "P8"),
    moments=(When.RELEASE, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    before_call=_before_call,
)
