"""P4 no stale borrow: no view is held while the allocator runs, nor after the call that took it.

The hostile memory collects the evidence. From Python 3.12 on it counts views; elsewhere it resizes
a bytearray, which fails while a view is held.
"""

from __future__ import annotations

from .oracle import Cost, Oracle, from_evidence

NO_STALE_BORROW = Oracle(
    "no_stale_borrow",
    "P4",
    Cost.CHEAP,
    "a view of a segment is held during an allocator call, or outlives its own call",
    from_evidence("P4"),
)
