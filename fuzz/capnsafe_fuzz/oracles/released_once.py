"""P8 released once: every grant is released exactly once, with the highest word ever written.

The hostile memory collects the evidence. It can check two bounds of ``words_used``: it is not above
the grant, and no word after it has changed since the grant.
"""

from __future__ import annotations

from .oracle import Cost, Oracle, from_evidence

RELEASED_ONCE = Oracle(
    "released_once",
    "P8",
    Cost.CHEAP,
    "a grant is never released, or twice, or with too few words used",
    from_evidence("P8"),
)
