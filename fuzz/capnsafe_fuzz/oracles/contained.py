"""P3 contained: not one byte is written outside the words granted to the message.

The memory proves it: it grants more than it shows, on both sides, and watches what it does not
show, and the places that segments have left.
"""

from __future__ import annotations

from .oracle import Cost, Oracle, from_evidence

CONTAINED = Oracle(
    "contained",
    "P3",
    Cost.CHEAP,
    "a byte changed around a grant, or where a segment used to be",
    from_evidence("P3"),
)
