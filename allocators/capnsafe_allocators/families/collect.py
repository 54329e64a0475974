"""collect: the message is called in the middle of its own code, by a finalizer.

Python may run the garbage collector wherever a function is called. An object that it finds may have
a finalizer, which calls the message between any two steps of a call of the message, while no
allocator method runs and no view is given back. ``Fault.amount`` is the number of such moments that
pass after the fault is due. A fault that is laid ``always`` acts again after the same number of
moments, 16 times in all. The driver of the client makes the call, as for ``re-enter``, and tells
which code belongs to the client (``HostileAllocator.owns``).
"""

from __future__ import annotations

from ..fault import Fault, When
from ..ledger import Ledger
from .callbacks import FINALIZER, callback_kinds
from .family import Family

#: Most moments are at most this far from the last call of the allocator.
_USUAL_AMOUNT = 16
#: At the call, soon after it, and further and further from it.
_SWEPT_AMOUNTS = (0, 1, 2, 4, 8, 16)


def _in_code(ledger: Ledger, fault: Fault) -> str | None:
    if not ledger.call_back(fault.kind, FINALIZER):
        return None
    return f"an object was finalized in the middle of the client's code: {fault.kind}"


COLLECT = Family(
    name="collect",
    description="calls the message when the garbage collector runs in the middle of its code",
    kinds=callback_kinds(_USUAL_AMOUNT, _SWEPT_AMOUNTS),
    demand="quiet",
    promises=("P10", "P2", "P3", "P5"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    in_code=_in_code,
)
