"""What an engine is given to work with, and what it must offer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..targets import Target

Cell = tuple[str, str, str]
"""A situation: operation, fault, outcome."""

MAX_INPUT_BYTES = 4096
"""Engines make no longer inputs; a scenario of the largest size fits."""


class EndOfRun(Exception):
    """Raised by ``Hunt.execute``: there have been executions enough, the hunt is over."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """What an engine is given to work with."""

    seeds: Sequence[bytes]
    """Inputs to begin with, run first, in this order where the engine keeps one."""
    seed: int
    """Where all luck comes from: same seed, same seeds, same hunt."""
    scratch: Path
    """A private folder for the engine's own files."""
    execute: Callable[[bytes], Collection[Cell]]
    """Runs one input; answers the situations that it reached; raises ``EndOfRun``."""
    note_fallback: Callable[[], None]
    """To be called when a mutator failed and a plainer one stood in for it."""
    target: Target
    """Knows what inputs are: to make them, and to change and cross those that there are."""


class Engine(Protocol):
    """One way to search."""

    @property
    def name(self) -> str:
        """The name under which ``--engine`` knows it."""

    @property
    def summary(self) -> str:
        """One line for ``capnsafe list engines``."""

    def missing(self) -> str | None:
        """Why it cannot run here, as a sentence; None if it can."""

    def instrument(self, packages: Sequence[str]) -> AbstractContextManager[object]:
        """While this is entered, modules of these top-level packages are imported instrumented."""

    def hunt(self, hunt: Hunt) -> None:
        """Search until ``hunt.execute`` raises ``EndOfRun``; may then end the process."""
