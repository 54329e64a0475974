"""Who owns an object: the message, by its root, or an orphan.

An orphan that is adopted by what lies below it would be in a circle, and nobody's. Objects do not
know what points to them, so every handle knows its owner instead, and handles on handles have the
same one. When an orphan is adopted its owner and the adopter's become one; so that a handle whose
owner is the orphan's is a handle on the orphan, or on what lies below it. (Nothing ever divides:
what is disowned gets a new owner, and the handles on it are stale. In a message that was taken over
two pointers may lead to one object, so that a new handle on what was disowned can be had by the
other; there ``adopt`` looks at the words, too.)
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
        """Return the owner that this one has become."""
        owner = self
        while owner._heir is not None:
            owner = owner._heir
        return owner

    def join(self, other: Owner) -> None:
        """Become one with another owner; neither has an heir."""
        lighter, heavier = (self, other) if self._weight < other._weight else (other, self)
        lighter._heir = heavier
        heavier._weight += lighter._weight
