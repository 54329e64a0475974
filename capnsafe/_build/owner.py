"""Owners of objects: the root of the message, or an orphan.

If an object below an orphan adopted the orphan, the two would form an unreachable circle. Objects
do not know their parents, so every handle knows its owner instead, and handles that it opens have
the same one. An adoption joins the owner of the orphan with that of the adopter. So a handle with
the owner of an orphan is a handle on the orphan or on an object below it. Owners never split: a
disowned object gets a new owner, and the handles on it become stale.

A resumed message (``MessageBuilder.resume``) need not be a tree. There, a second pointer can give a
new handle on a disowned object, so ``adopt`` also checks the words.
"""

from __future__ import annotations

from typing import final


@final
class Owner:
    """The owner of a set of objects: the root or an orphan, joined with others by adoption."""

    __slots__ = ("_heir", "_weight")

    def __init__(self) -> None:
        self._heir: Owner | None = None
        #: The number of owners that were joined here. The lighter of two owners gets the heavier
        #: as its heir, so a chain of heirs is at most as long as the logarithm of their number
        #: (P7).
        self._weight = 1

    def now(self) -> Owner:
        """Return the owner that this one has become."""
        owner = self
        while owner._heir is not None:
            owner = owner._heir
        return owner

    def join(self, other: Owner) -> None:
        """Join with another owner; neither may have an heir."""
        lighter, heavier = (self, other) if self._weight < other._weight else (other, self)
        lighter._heir = heavier
        heavier._weight += lighter._weight
