"""P8 released once: every grant is released exactly once, with the highest word ever written.

The memory proves it.  Of ``words_used`` it can prove two bounds: not more than was granted, and no
word behind it that differs from what it held when it was granted.
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
