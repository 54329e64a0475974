"""Choose the inputs of a corpus that are enough to reach everything that all of them reach.

An input reaches *places*, the lines and branches of the encoder's code that it runs through
(``watch.py``), and *situations*: an operation, a fault that fired in it or none, and its outcome.
Places alone are not enough: "the allocator refused while a list was made" and "it refused while a
text was set" may run through the same lines, and a search that has both is nearer to a bug in
either.

All inputs run in one order: the smallest first, equal ones by the hash of their text. An input is
kept if

1. it ends its process, never ends, or breaks a promise, because nothing can replace it;
2. or it is the first to reach some place;
3. or it is needed for some situation. From the rarest situation to the most frequent one, the first
   input that reaches it is kept, unless one that is kept already reaches it, too.

Step 3 works like ``afl-cmin``: there are few inputs to choose from for a rare situation, and
those reach many frequent ones. The result depends only on the inputs, the code and Python's
version.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..engines import Cell
from ..targets import Input
from .cache import text_of
from .measure import Measure, Measured

Advance = Callable[[int, int], object]
"""Called with the number of inputs that ran, and of all that will run."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An input, and the places and situations that it reached."""

    target: str
    scenario: Input
    measured: Measured


def in_order(inputs: Iterable[tuple[str, Input]]) -> list[tuple[str, Input]]:
    """Return inputs, each with the name of its target, in the order in which they run."""

    def key(one: tuple[str, Input]) -> tuple[int, str]:
        text = text_of(*one)
        return len(text), hashlib.sha256(text).hexdigest()

    return sorted(inputs, key=key)


def measure_all(
    inputs: Sequence[tuple[str, Input]], measure: Measure, advance: Advance
) -> list[Reached]:
    """Run inputs in this order; ``advance`` is called after each."""
    reached: list[Reached] = []
    for number, (target, scenario) in enumerate(inputs, 1):
        reached.append(Reached(target, scenario, measure.run(target, scenario)))
        advance(number, len(inputs))
    return reached


def choose(reached: Sequence[Reached], covered: Iterable[tuple[str, Cell]] = ()) -> list[int]:
    """Return the numbers of the inputs to keep, in order.

    ``covered`` are situations, each with its target, that other inputs reach already.
    """
    keep = {
        number
        for number, one in enumerate(reached)
        if one.measured.died or one.measured.groups or one.measured.places
    }
    done = set(covered)
    for number in keep:
        done.update(cells_of(reached[number]))
    frequency = Counter(cell for one in reached for cell in cells_of(one))
    first: dict[tuple[str, Cell], int] = {}
    for number, one in enumerate(reached):
        for cell in cells_of(one):
            first.setdefault(cell, number)
    for cell in sorted(frequency, key=lambda cell: (frequency[cell], first[cell], cell)):
        if cell not in done:
            keep.add(first[cell])
            done.update(cells_of(reached[first[cell]]))
    return sorted(keep)


def cells_of(one: Reached) -> Iterable[tuple[str, Cell]]:
    """Return the situations that an input reached, each with its target."""
    return ((one.target, cell) for cell in one.measured.situations)
