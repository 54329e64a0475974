"""Who owns an object: the message, by its root, or an orphan.

An orphan that is adopted by what lies below it would be in a circle, and nobody's. Objects do not
know what points to them, so every handle knows its owner instead, and handles on handles have the
same one. When an orphan is adopted its owner and the adopter's become one; so that a handle whose
owner is the orphan's is a handle on the orphan, or on what lies below it. (Nothing ever divides:
what is disowned gets a new owner, and the handles on it are stale.)
"""

from __future__ import annotations


class Owner:
    """The message, or an orphan, and all that were adopted by it or that adopted it."""

    __slots__ = ("_heir", "_weight")

    def __init__(self) -> None:
        self._heir: Owner | None = None
        #: How many owners became this one. The lighter of two gets the heavier as its heir, so
        #: that no line of heirs is longer than the logarithm of their number (P7).
        self._weight = 1

    def now(self) -> Owner:
        """Answer the owner that this one has become."""
        owner = self
        while owner._heir is not None:
            owner = owner._heir
        return owner


class Merger:
    """Two owners that become one, which is done, or undone, without asking for memory."""

    __slots__ = ("_heavier", "_lighter", "_weight")

    def __init__(self, one: Owner, other: Owner) -> None:
        """Prepare that of two owners, neither of which has an heir."""
        if one._weight < other._weight:
            one, other = other, one
        self._heavier = one
        self._lighter = other
        self._weight = one._weight

    def make(self) -> None:
        """Make the two one."""
        self._lighter._heir = self._heavier
        self._heavier._weight = self._weight + self._lighter._weight

    def unmake(self) -> None:
        """Make them two again; nothing else was made one with them meanwhile."""
        self._lighter._heir = None
        self._heavier._weight = self._weight
