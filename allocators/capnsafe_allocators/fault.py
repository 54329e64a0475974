"""A fault: one thing that an allocator does to its client, and the moment it does it.

A fault is a plain value. Families and kinds are in :mod:`.families`; :mod:`.script` writes a fault
on one line, and :class:`.HostileAllocator` acts it out.

**The moment.** ``when`` and ``number`` say from which moment on a fault is *due*:

- ``ALLOCATE n``, ``SEGMENT n``, ``RELEASE n``, ``GROW n``: the n-th call of that kind, counted from
  1; over memory that does not grow, ``GROW`` never occurs;
- ``ANY n``: the n-th call of any kind, counted from 1;
- ``AFTER n``: when operation n, counted from 0, has finished.

A fault that is due *fires* at the first event to which it can apply: a ``shrink`` that finds no
live grant is kept, and tried again at the next event. A fault that is not ``persistent`` fires
once. A persistent one fires at each later event to which it applies.

An event is a call of the named kind (any call, for ``ANY``) or, for ``AFTER``, the end of an
operation. A fault that can act only at calls of one kind (a dirty grant, a garbled buffer) acts at
these calls once it is due, whatever its moment names. A fault that can act on a grant and on a
growth acts on the one that its moment names, if it names either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: The largest number in any field of a fault: more calls, segments or words than a message can
#: have.
LARGEST_NUMBER = 2**32 - 1


class When(StrEnum):
    """The kind of moment of a fault; the first four are also the kinds of allocator calls."""

    ALLOCATE = "allocate"
    SEGMENT = "segment"
    RELEASE = "release"
    GROW = "grow"
    ANY = "any"
    AFTER = "after"


#: The four kinds of allocator calls.
CALLS = (When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW)


class FaultError(ValueError):
    """A fault is not valid: a name is unknown, or a number is out of range."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its family and kind, its moment, and its numbers.

    ``number`` is a call counted from 1, or an operation counted from 0. ``segment`` is an index
    among the grants that are live at that moment, modulo their count, and ``amount`` a number of
    words or bytes. Both are 0 for kinds that do not take them (see :class:`.families.Kind`).
    """

    family: str
    kind: str
    when: When
    number: int
    persistent: bool = False
    segment: int = 0
    amount: int = 0

    def __post_init__(self) -> None:
        """Raise FaultError for numbers out of range."""
        first = 0 if self.when is When.AFTER else 1
        if not first <= self.number <= LARGEST_NUMBER:
            noun = "an operation" if self.when is When.AFTER else "a call"
            raise FaultError(
                f"the number of {noun} must be {first} to {LARGEST_NUMBER}, not {self.number}"
            )
        if not 0 <= self.segment <= LARGEST_NUMBER:
            raise FaultError(f"segment must be 0 to {LARGEST_NUMBER}, not {self.segment}")
        if not 0 <= self.amount <= LARGEST_NUMBER:
            raise FaultError(f"amount must be 0 to {LARGEST_NUMBER}, not {self.amount}")
