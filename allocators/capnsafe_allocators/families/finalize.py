"""finalize: the message is called when a view of its memory is given back.

The object that ``segment`` returns has a finalizer, as memory of another runtime often has. It runs
when the last view of the object is gone: in the middle of most calls of the message, while no
allocator method runs. The driver of the client makes the call, as for ``re-enter``. If memory
stays, the message keeps it, and gives nothing back.
"""

from __future__ import annotations

from typing import Any

from ..exporter import FinalizedExporter
from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .callbacks import FINALIZER, callback_kinds
from .family import Family, SegmentResult


def _on_borrow(ledger: Ledger, fault: Fault, grant: Grant, buffer: Any) -> SegmentResult | None:
    if ledger.reenter is None or not hasattr(type(buffer), "__release_buffer__"):
        return None
    value = FinalizedExporter.of(buffer, lambda: ledger.call_back(fault.kind, FINALIZER))
    change = f"segment {grant.index} calls the message when its view is given back: {fault.kind}"
    return SegmentResult(value, change, tells_length=True)


FINALIZE = Family(
    name="finalize",
    description="calls the message when a view of its memory is given back (Python 3.12 or newer)",
    kinds=callback_kinds(),
    demand="quiet",
    promises=("P10", "P2", "P5"),
    moments=(When.SEGMENT, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    needs_views_given_back=True,
    on_borrow=_on_borrow,
)
