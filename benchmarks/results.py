"""The results of benchmarks, before they are formatted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias

from .measure import Comparison


@dataclass(frozen=True, slots=True)
class Ratio:
    """One piece of work compared with a yardstick; with a budget, if there is one."""

    kind: ClassVar = "ratio"

    id: str
    what: str
    ours: str
    theirs: str
    comparison: Comparison
    budget: float | None = None
    build: str = "plain"
    """The build of capnsafe that was measured: ``plain`` or ``compiled``."""

    @property
    def met(self) -> bool | None:
        """Return whether the median is within the budget; None without a budget."""
        return None if self.budget is None else self.comparison.ratio <= self.budget

    def to_json(self) -> dict[str, Any]:
        """Return it as data; times in seconds."""
        return asdict(self) | {"kind": self.kind, "met": self.met}

    @classmethod
    def from_json(cls, data: dict[str, Any], build: str) -> Ratio:
        """Return the ratio from its data, as a result of the build ``build``."""
        names = ("id", "what", "ours", "theirs", "budget")
        comparison = Comparison(**data["comparison"])
        return cls(**{name: data[name] for name in names}, comparison=comparison, build=build)


@dataclass(frozen=True, slots=True)
class CampaignSpeed:
    """The speed of one campaign."""

    kind: ClassVar = "campaign"

    id: str
    engine: str
    seed: int
    executions: int = 0
    seconds: float = 0.0
    """Seconds since the worker was ready."""
    situations: int = 0
    coverage: int | None = None
    findings: int = 0
    """Judging findings takes time too, so a speed with findings is not that of the engine."""
    missing: str | None = None
    """Why the engine cannot run here, so that nothing was measured."""

    @property
    def per_second(self) -> float | None:
        """Return the executions per second."""
        return self.executions / self.seconds if self.seconds else None

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self) | {"kind": self.kind, "per_second": self.per_second}


@dataclass(frozen=True, slots=True)
class Share:
    """One part of an execution; microseconds per execution, of ``whole``."""

    kind: ClassVar = "share"

    id: str
    part: str
    microseconds: float
    whole: float

    @property
    def share(self) -> float:
        """Return its share of the whole, 0 to 1."""
        return self.microseconds / self.whole

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self) | {"kind": self.kind, "share": self.share}


@dataclass(frozen=True, slots=True)
class Crossover:
    """The size from which on one way is faster in three pairs of four, within a range in bytes."""

    kind: ClassVar = "crossover"

    id: str
    what: str
    size: float | None
    """The size in bytes; None if the other way is faster up to the largest."""
    smallest: int
    largest: int

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self) | {"kind": self.kind}


Result: TypeAlias = Ratio | CampaignSpeed | Share | Crossover
