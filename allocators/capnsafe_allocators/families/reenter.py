"""re-enter: the allocator calls the message that is calling it.

How a message is called is the affair of whoever drives it: ``HostileAllocator.reenter`` is told the
kind, calls, and answers what was wrong with what came of it, if anything was. A call that is made
from inside a call is not made again from inside that.
"""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .family import Family, Kind


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    if not ledger.call_back(fault.kind, kind.value):
        return None
    return f"{kind.value} called the message: {fault.kind}"


REENTER = Family(
    name="re-enter",
    description="calls the message that is calling it",
    kinds={
        "read": Kind("It reads a field of the root."),
        "write": Kind("It writes a field of the root, what it holds already."),
        "build": Kind("It builds a text in the root, the one that is there already, if any."),
        "clear": Kind("It clears a pointer of the root that is null."),
        "output": Kind("It asks for the finished message."),
        "close": Kind("It closes the message."),
    },
    promises=("P10", "P4", "P12"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    before_call=_before_call,
)
