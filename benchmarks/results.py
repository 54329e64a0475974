"""What benchmarks yield: facts, before anybody formats them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias

from .measure import Comparison


@dataclass(frozen=True, slots=True)
class Ratio:
    """One piece of work beside another that is its yardstick; a budget, where it has one."""

    kind: ClassVar = "ratio"

    id: str
    what: str
    ours: str
    theirs: str
    comparison: Comparison
    budget: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the median is within the budget; None where there is none."""
        return None if self.budget is None else self.comparison.ratio <= self.budget

    def to_json(self) -> dict[str, Any]:
        """As data; times in seconds."""
        return asdict(self) | {"kind": self.kind, "met": self.met}


@dataclass(frozen=True, slots=True)
class CampaignSpeed:
    """How fast one campaign went."""

    kind: ClassVar = "campaign"

    id: str
    engine: str
    seed: int
    executions: int = 0
    seconds: float = 0.0
    """From when the worker was ready."""
    situations: int = 0
    coverage: int | None = None
    findings: int = 0
    """Judging them takes time too, so a speed with findings is none of the engine's."""
    missing: str | None = None
    """Why the engine cannot run here; nothing was measured then."""

    @property
    def per_second(self) -> float | None:
        """Executions a second."""
        return self.executions / self.seconds if self.seconds else None

    def to_json(self) -> dict[str, Any]:
        """As data."""
        return asdict(self) | {"kind": self.kind, "per_second": self.per_second}


@dataclass(frozen=True, slots=True)
class Share:
    """One part of what an execution does; microseconds an execution, of ``whole``."""

    kind: ClassVar = "share"

    id: str
    part: str
    microseconds: float
    whole: float

    @property
    def share(self) -> float:
        """Of the whole, 0 to 1."""
        return self.microseconds / self.whole

    def to_json(self) -> dict[str, Any]:
        """As data."""
        return asdict(self) | {"kind": self.kind, "share": self.share}


@dataclass(frozen=True, slots=True)
class Crossover:
    """From which size on one way is faster in three pairs of four, between two sizes in bytes."""

    kind: ClassVar = "crossover"

    id: str
    what: str
    size: float | None
    """In bytes; None where the other way is faster up to the largest."""
    smallest: int
    largest: int

    def to_json(self) -> dict[str, Any]:
        """As data."""
        return asdict(self) | {"kind": self.kind}


Result: TypeAlias = Ratio | CampaignSpeed | Share | Crossover
