"""finalize: the message is called when a view of its memory is given back.

The object that ``segment`` returns has a finalizer, as memory of another runtime often has. It runs
when the last view of the object is gone: in the middle of most calls of the message, while no
allocator method runs. How the message is called is the affair of whoever drives it, as for
``re-enter``. Where memory stays, the message keeps the memory itself, and nothing is given back.
"""

from __future__ import annotations

from typing import Any, Final

from ..exporter import FinalizedExporter
from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .family import Answer, Family, Kind

#: Where the client is called from.
FINALIZER: Final = "a finalizer"


def _on_borrow(ledger: Ledger, fault: Fault, grant: Grant, answer: Any) -> Answer | None:
    if ledger.reenter is None or not hasattr(type(answer), "__release_buffer__"):
        return None
    value = FinalizedExporter.of(answer, lambda: ledger.call_back(fault.kind, FINALIZER))
    what = f"segment {grant.index} calls the message when its view is given back: {fault.kind}"
    return Answer(value, what, tells_length=True)


FINALIZE = Family(
    name="finalize",
    description="calls the message when a view of its memory is given back (Python 3.12 or newer)",
    kinds={
        "read": Kind("It reads a field of the root."),
        "write": Kind("It writes a field of the root, what it holds already."),
        "build": Kind("It builds a text in the root, the one that is there already, if any."),
        "clear": Kind("It clears a pointer of the root that is null."),
        "output": Kind("It asks for the finished message."),
    },
    promises=("P10", "P2", "P5"),
    moments=(When.SEGMENT, When.ANY, When.AFTER),
    on_borrow=_on_borrow,
)
