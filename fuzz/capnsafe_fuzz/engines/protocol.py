"""The interface between an engine and the rest of the harness."""

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
"""The longest input of an engine, in bytes; a scenario of the largest size fits."""


class EndOfRun(Exception):
    """Raised by ``Hunt.execute`` when enough executions were made: the hunt is over."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """The input of an engine."""

    seeds: Sequence[bytes]
    """Initial inputs. If nothing is ``kept``, they run first, in this order if the engine can."""
    seed: int
    """The random seed: with the same initial inputs, it gives the same hunt."""
    scratch: Path
    """A private folder for the engine's own files."""
    execute: Callable[[bytes], Collection[Cell]]
    """Runs one input; returns the situations that it reached; raises ``EndOfRun``."""
    note_fallback: Callable[[], None]
    """To be called when a mutator failed and a simpler one replaced it."""
    target: Target
    """Makes, changes and crosses inputs."""
    kept: Sequence[bytes] = ()
    """Inputs that reached new situations in earlier hunts, which this one continues."""
    known: frozenset[Cell] = frozenset()
    """The situations that earlier hunts reached."""
    runs: int | None = None
    """The number of executions after which ``execute`` ends the hunt; None if unknown."""
    covers_new: Callable[[], bool] = lambda: False
    """Whether the last input reached new code of an encoder that counts itself what runs."""


class Engine(Protocol):
    """One way to search."""

    @property
    def name(self) -> str:
        """Return the name under which ``--engine`` knows it."""

    @property
    def summary(self) -> str:
        """Return one line for ``capnsafe list engines``."""

    def missing(self) -> str | None:
        """Return why it cannot run here, as a sentence; None if it can."""

    def instrument(self, packages: Sequence[str]) -> AbstractContextManager[object]:
        """Instrument modules of these top-level packages that are imported in the block."""

    def hunt(self, hunt: Hunt) -> None:
        """Search until ``hunt.execute`` raises ``EndOfRun``; may then end the process."""
