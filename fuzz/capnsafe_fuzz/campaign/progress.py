"""What a campaign says while it runs, and to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .finding import Finding


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is, at one moment."""

    executions: int
    seconds: float
    per_second: float
    coverage: int | None
    """Counters raised, as the engine counts them; None for an engine that counts none."""
    corpus: int
    """Inputs that the engine keeps, or that reached new situations."""
    situations: int
    faults_fired: int
    findings: int
    activity: str
    """What is being done, if not searching: ``shrinking GROUP``."""


class Reporter(Protocol):
    """Who is told, while a campaign runs."""

    def progress(self, progress: Progress) -> None:
        """Some ten times a second."""

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """A finding is on disk; ``fresh`` unless an earlier campaign had kept as good a one."""

    def note(self, sentence: str) -> None:
        """Something that a person should know."""


class Quiet:
    """Tells nobody."""

    def progress(self, progress: Progress) -> None:
        """Say nothing."""

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        """Say nothing."""


@dataclass(slots=True)
class Speed:
    """Executions a second, over the last few seconds."""

    window: float = 5.0
    marks: list[tuple[float, int]] = field(default_factory=list)

    def at(self, now: float, executions: int) -> float:
        """Note a count; the speed up to it."""
        self.marks.append((now, executions))
        while len(self.marks) > 2 and self.marks[1][0] < now - self.window:
            del self.marks[0]
        since, before = self.marks[0]
        return (executions - before) / (now - since) if now > since else 0.0
