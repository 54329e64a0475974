"""P10 no re-entry: a call from inside an allocator call gets a clear error, or is finished.

The memory makes the call, and the executor tells it what came of that.  That the message is
unharmed, other oracles see.
"""

from __future__ import annotations

from .oracle import Cost, Oracle, from_evidence

NO_REENTRY = Oracle(
    "no_reentry",
    "P10",
    Cost.CHEAP,
    "a call from inside an allocator call fails, and is not told why",
    from_evidence("P10"),
)
