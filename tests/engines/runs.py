"""Hunts that run nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from capnsafe_fuzz.engines import Cell, EndOfRun, Hunt
from capnsafe_fuzz.targets import find_target


class Runs:
    """Keeps the inputs, and ends the hunt after ``count`` of them.

    ``reached`` returns the situations that an input is said to reach.
    """

    def __init__(
        self, count: int, reached: Callable[[bytes], Collection[Cell]] = lambda data: ()
    ) -> None:
        self.count = count
        self.inputs: list[bytes] = []
        #: The numbers of the inputs that reach new code.
        self.covering: Collection[int] = ()
        self.fallbacks = 0
        self._reached = reached

    def execute(self, data: bytes) -> Collection[Cell]:
        if len(self.inputs) == self.count:
            raise EndOfRun
        self.inputs.append(data)
        return self._reached(data)

    def note_fallback(self) -> None:
        self.fallbacks += 1

    def covers_new(self) -> bool:
        return len(self.inputs) in self.covering

    def hunt(self, seed: int, seeds: Collection[bytes] = (), target: str = "builder") -> Hunt:
        found = find_target(target)
        return Hunt(
            [*seeds], seed, Path(), self.execute, self.note_fallback, found,
            covers_new=self.covers_new,
        )  # fmt: skip
