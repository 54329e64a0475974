"""A fault: one thing that an allocator does to its client, and the moment it does it.

A fault is a plain value. Families and kinds are in :mod:`.families`; :mod:`.script` writes a fault
on one line, and :class:`.HostileAllocator` acts it out.

**The moment.** ``when`` and ``number`` say from which moment on a fault is *due*:

- ``ALLOCATE n``, ``SEGMENT n``, ``RELEASE n``, ``GROW n``: the n-th call of that kind, counted from
  1; where nothing grows, ``GROW`` never comes;
- ``ANY n``: the n-th call of any kind, counted from 1;
- ``AFTER n``: when operation n, counted from 0, has finished.

A fault that is due *fires* at the first event of its kind at which it has something to apply to: a
``shrink`` that finds no live grant is kept, and tried again at the next event. One that is not
``persistent`` fires once. A persistent one fires at each event from then on to which it applies.
An event is a call of the kind asked (any call, for ``ANY``) or, for ``AFTER``, the end of an
operation. A fault that can act at calls of one kind only (a dirty grant, a garbled buffer) acts,
for any other moment, at the calls of that kind from then on. A fault that can act on a grant and on
a growth acts, for these two moments, on the one that the moment names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

#: The largest number a fault may carry in any of its fields: more calls, segments or words
#: than a message can have.
LARGEST_NUMBER = 2**32 - 1


class When(Enum):
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
    """A fault that means nothing: an unknown name, or a number that cannot be."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its family and kind, its moment, and its numbers.

    ``number`` is a call counted from 1, or an operation counted from 0. ``segment`` is an index
    among the grants that live at that moment, modulo their count, and ``amount`` a number of words
    or bytes, for the kinds that take one (:class:`.families.Kind` says which); 0 for the others.
    """

    family: str
    kind: str
    when: When
    number: int
    persistent: bool = False
    segment: int = 0
    amount: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be."""
        first = 0 if self.when is When.AFTER else 1
        if not first <= self.number <= LARGEST_NUMBER:
            noun = "operations are" if self.when is When.AFTER else "calls are"
            raise FaultError(
                f"{noun} counted from {first} to {LARGEST_NUMBER}, so number cannot be "
                f"{self.number}"
            )
        if not 0 <= self.segment <= LARGEST_NUMBER:
            raise FaultError(f"segment must be 0 to {LARGEST_NUMBER}, not {self.segment}")
        if not 0 <= self.amount <= LARGEST_NUMBER:
            raise FaultError(f"amount must be 0 to {LARGEST_NUMBER}, not {self.amount}")
