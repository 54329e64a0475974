"""re-enter: the allocator calls the message that is calling it.

The driver of the client makes the call: ``HostileAllocator.reenter`` takes the kind, calls the
message, and returns a description of a wrong result, or "". Such calls are never nested.
"""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .callbacks import callback_kinds
from .family import Family


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    if not ledger.call_back(fault.kind, kind.value):
        return None
    return f"{kind.value} called the message: {fault.kind}"


REENTER = Family(
    name="re-enter",
    description="calls the message that is calling it",
    kinds=callback_kinds(),
    demand="quiet",
    promises=("P10", "P4", "P12"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    before_call=_before_call,
)
