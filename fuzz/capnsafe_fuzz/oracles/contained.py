"""P3 contained: not one byte is written outside the words granted to the message.

The hostile memory collects the evidence. It allocates more than it grants, on both sides, and
watches these guards and the former places of segments.
"""

from __future__ import annotations

from .oracle import Cost, Oracle, from_evidence

CONTAINED = Oracle(
    "contained",
    "P3",
    Cost.CHEAP,
    "a byte changed beside a grant, or at the former place of a segment",
    from_evidence("P3"),
)
