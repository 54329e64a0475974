"""The reports of a running campaign, and their receivers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..engines import Cell
from .finding import Finding


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a campaign at one moment."""

    executions: int
    seconds: float
    per_second: float
    coverage: int | None
    """Counters that the engine has raised; None if it has no counters."""
    corpus: int
    """Inputs that the engine keeps, or that reached new situations."""
    situations: int
    faults_fired: int
    findings: int
    activity: str
    """The present activity other than searching: ``shrinking GROUP``."""
    newest: Cell | None = None
    """The latest situation that was reached for the first time."""


class Reporter(Protocol):
    """Receives reports while a campaign runs."""

    def progress(self, progress: Progress) -> None:
        """Report the progress, some ten times a second."""

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Report a finding on disk; ``fresh`` unless an earlier one is equally simple."""

    def note(self, sentence: str) -> None:
        """Report a sentence for people."""


class Quiet:
    """Ignores all reports."""

    def progress(self, progress: Progress) -> None:
        """Say nothing."""

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        """Say nothing."""


@dataclass(slots=True)
class Speed:
    """Executions per second, over the last few seconds."""

    window: float = 5.0
    marks: list[tuple[float, int]] = field(default_factory=list)

    def at(self, now: float, executions: int) -> float:
        """Note a count; return the speed up to it."""
        self.marks.append((now, executions))
        while len(self.marks) > 2 and self.marks[1][0] < now - self.window:
            del self.marks[0]
        since, before = self.marks[0]
        return (executions - before) / (now - since) if now > since else 0.0
