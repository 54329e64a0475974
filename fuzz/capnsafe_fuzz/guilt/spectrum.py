"""How much the lines of an encoder are to blame, by the executions that run them.

A line that runs in the executions that break a promise, and in few of the others, is suspicious.
The measure is Ochiai's, which names faults better than others in most comparisons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from types import FrameType
from typing import TypeAlias

from .lines import Lines

Covered: TypeAlias = frozenset[tuple[str, int]]
"""The lines that an execution ran, as source file and number."""


class Coverage:
    """Collects the lines of the encoder's own code that run in its block."""

    def __init__(self, owns: Callable[[str], bool]) -> None:
        """Begin without lines."""
        self._seen: set[tuple[str, int]] = set()
        self._lines = Lines(owns, self)

    def line(self, frame: FrameType) -> None:
        """Note a line."""
        self._seen.add((frame.f_code.co_filename, frame.f_lineno))

    def exception(self, frame: FrameType, error: BaseException) -> None:
        """Exceptions do not count."""

    def __enter__(self) -> None:
        """Start to watch."""
        self._lines.__enter__()

    def __exit__(self, *raised: object) -> None:
        """Stop watching."""
        self._lines.__exit__(*raised)

    @property
    def covered(self) -> Covered:
        """Return the lines."""
        return frozenset(self._seen)


def suspicion(
    failing: Sequence[Covered], passing: Sequence[Covered]
) -> Mapping[tuple[str, int], float]:
    """Return the suspicion of each line that runs in failing executions, from 0 to 1."""
    bad = Counter(line for one in failing for line in one)
    good = Counter(line for one in passing for line in one)
    return {line: times / sqrt(len(failing) * (times + good[line])) for line, times in bad.items()}
