"""refuse: the allocator raises an exception instead of serving a call."""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .effects import Effects, Excuse, Loss, Move
from .exceptions import EXCEPTIONS, exception_kinds
from .family import Family


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> BaseException:
    return EXCEPTIONS[fault.kind](f"refused on purpose: {kind.value}")


def _effects(exception: type[BaseException]) -> Effects:
    return Effects(
        excuses=Excuse.STEP,
        # An exception refuses a growth; an interrupt passes through.
        excuses_in_growth=(Excuse.NOTHING if issubclass(exception, Exception) else Excuse.STEP),
        loses_words=Loss.NONE,
        says_gone=issubclass(exception, LookupError),
        changes_contents=False,
        shares_memory=False,
        exchanges_segments=False,
        soils=False,
        moves=Move.NOWHERE,
        endless=False,
        calls_message=False,
        aims=False,
    )


REFUSE = Family(
    name="refuse",
    description="raises an exception instead of serving a call",
    kinds=exception_kinds(_effects),
    demand="granted",
    promises=("P1", "P2", "P5", "P8"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    before_call=_before_call,
)
