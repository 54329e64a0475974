"""The parameters of a sweep, its plan, its progress and its result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..targets import Input, Scope
from .config import CampaignConfig, CampaignResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepConfig:
    """The parameters of a sweep."""

    campaign: CampaignConfig
    """Target, encoder, findings and limits."""
    programs: tuple[Input, ...]
    """The programs to sweep. Their faults are dropped, and so are equal programs."""
    scope: Scope = Scope.SINGLES
    everything: bool = False
    """Whether to try also those faults that differ little from others."""
    runs: int | None = None
    """Executions after which to end, with a slice; None for all."""
    jobs: int = 1
    resume: bool = False
    """Whether to go on with the state of an earlier sweep of the same things."""


@dataclass(frozen=True, slots=True)
class PlannedProgram:
    """One program of the plan."""

    scenario: Input
    trace: dict[str, Any] | None
    """None if the program ends its process without a fault."""
    count: int
    """The number of its variations."""


@dataclass(slots=True)
class SweepResult:
    """The result of a sweep: that of a campaign, and exact counts."""

    campaign: CampaignResult
    programs: int = 0
    planned: int = 0
    """All executions that the sweep consists of."""
    idle: int = 0
    """Executions in which the fault found nothing to act on, those without a fault included."""
    breaches: int = 0
    """How often a promise was broken, before findings were made of it."""
    resumed: int = 0
    """Executions of the earlier sweep that this one went on with."""
    impossible: Counter[str] = field(default_factory=Counter)
    """How many faults cannot act in the programs, by the reason; they were not tried."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many possible faults were not tried, by the reason."""

    @property
    def complete(self) -> bool:
        """Return whether all executions were made."""
        return self.campaign.executions == self.planned

    @property
    def exit_code(self) -> int:
        """Return the command's exit code."""
        return self.campaign.exit_code

    def to_json(self) -> dict[str, Any]:
        """Return it as data: that of a campaign, and ``sweep``."""
        return self.campaign.to_json() | {
            "sweep": {
                "programs": self.programs,
                "planned": self.planned,
                "complete": self.complete,
                "acted": self.campaign.faults_fired,
                "idle": self.idle,
                "breaches": self.breaches,
                "resumed": self.resumed,
                "impossible": dict(sorted(self.impossible.items())),
                "left_out": dict(sorted(self.left_out.items())),
            }
        }


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """The progress of a sweep at one moment."""

    executions: int
    planned: int
    seconds: float
    per_second: float
    findings: int
    activity: str
    """The activity besides executions: ``counting 12 of 170 programs``, ``shrinking GROUP``."""
