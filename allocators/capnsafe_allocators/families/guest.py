"""guest: the WebAssembly guest that grants the memory misbehaves.

It is a real guest that does so, where the honest memory has one: memory with a method
``misbehave(kind)``, which lets the next grant or growth go wrong, or answers that it cannot. Over
any other memory these faults never fire.
"""

from __future__ import annotations

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .family import Family, Kind


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    if kind is When.GROW:
        # What it does not grow itself, it is not asked for.
        if grant is None or grant.place.memory is None or not ledger.is_whole(grant):
            return None
        # Where a block was before it grew, nobody is: there it would be lost, and overlap nothing.
        if fault.kind == "overlapping":
            return None
    elif kind is not When.ALLOCATE:
        return None
    misbehave = getattr(ledger.memory, "misbehave", None)
    if misbehave is None or not misbehave(fault.kind):
        return None
    return f"the guest was told to misbehave: {fault.kind}"


GUEST = Family(
    name="guest",
    description="is a WebAssembly guest, and misbehaves",
    kinds={
        "trap": Kind("The guest traps while it grants or grows."),
        "fuel": Kind("The guest loops until its fuel is used up."),
        "out-of-range": Kind("The guest answers with a pointer past the end of its memory."),
        "negative": Kind("The guest answers with a pointer that is negative, or past the end."),
        "unaligned": Kind("The guest answers with a pointer that is no multiple of 8."),
        "overlapping": Kind("The guest answers with a pointer into what it granted before."),
    },
    promises=("P1", "P3", "P7"),
    moments=(When.ALLOCATE, When.GROW, When.ANY, When.AFTER),
    before_call=_before_call,
)
