"""The parameters of a campaign, and its result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..encoders.protocol import Failure
from ..engines import Cell
from ..execution.verdict import CLOSE
from ..record import Outcome
from .exit_codes import CLEAN, FINDINGS, INTERRUPTED, PROVED_NOTHING, UNSETTLED
from .failures import CampaignError
from .finding import Finding, read_program
from .outcomes import Unsettling
from .targets import CLEAN_ENCODER

DEFAULT_SECONDS = 60.0
DEFAULT_TIMEOUT_SECONDS = 10.0
DEFAULT_MEMORY_MEGABYTES = 2048
DEFAULT_FINDINGS = Path("findings")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignConfig:
    """The parameters of a campaign."""

    target: str = "builder"
    encoder: str = CLEAN_ENCODER
    engine: str = "atheris"
    memory: str | None = None
    """The only honest memory for scenarios; None for all."""
    seed: int = 1
    runs: int | None = None
    """Executions of the encoder under test in the worker, including the corpus."""
    seconds: float | None = None
    """Seconds to search; with ``runs``, whichever comes first."""
    cache: Path | None = None
    findings: Path = DEFAULT_FINDINGS
    max_findings: int | None = None
    known: frozenset[str] = frozenset()
    """Groups that do not count."""
    known_file: Path | None = None
    """The file that lists them."""
    allow_flaky: bool = False
    """Whether a run may be clean although something is unsettled."""
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    """Seconds that one execution may take."""
    memory_limit: int | None = DEFAULT_MEMORY_MEGABYTES
    """Megabytes of memory that each process with the encoder may write to."""
    corpus: Path | None = None
    """The folder of seeds and regressions; None for those of this project."""
    shrinking: bool = True
    """Whether findings are shrunk, which takes most of the time of a short campaign."""
    jobs: int = 1
    """How many shards run at once; with ``runs``, the result does not depend on it."""
    on: str = "local"
    """Where shards run: ``local`` or ``ray``."""
    address: str | None = None
    """The address of a Ray cluster; None starts one on this machine."""
    until_stale: bool = False
    """Whether to end after an epoch that reached and found nothing new."""
    resumable: bool = False
    """Whether the state is kept on disk, so that another campaign can go on."""
    resume: bool = False
    """Whether to go on with the same campaign, if it was interrupted."""
    guilty: bool = False
    """Whether the guilty line is searched for, and findings with the same one are one."""


@dataclass(slots=True)
class StopRequest:
    """A request to end a campaign, from a signal's handler or a caller."""

    times: int = 0

    def __call__(self) -> None:
        """Request the end; the first time, the present execution is finished."""
        self.times += 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding, and its folder."""

    finding: Finding
    path: Path
    fresh: bool
    """Whether this campaign put it there."""


@dataclass(slots=True)
class Unsettled:
    """Something that a campaign saw or should have done, and that keeps it from being clean."""

    kind: Unsettling
    sentence: str
    group: str | None = None
    path: Path | None = None
    """The folder in which it is kept."""
    times: int = 1

    def __str__(self) -> str:
        """Return one sentence for people."""
        times = f" ({self.times} times)" if self.times > 1 else ""
        where = f"; kept: {self.path}" if self.path is not None else ""
        return f"{self.sentence}{times}{where}"

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "kind": self.kind.value,
            "sentence": self.sentence,
            "group": self.group,
            "path": None if self.path is None else str(self.path),
            "times": self.times,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """The state of a campaign at the end of one of its epochs."""

    shards: int
    """The shards of this epoch."""
    executions: int
    """Executions so far, as all that follows."""
    coverage: int | None
    situations: int
    corpus: int
    findings: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self) | {"seconds": round(self.seconds, 3)}


NOT_TWICE = frozenset({Unsettling.FLAKY, Unsettling.DEATH, Unsettling.CODE})
"""Kinds of unsettled things that another run may not see."""


@dataclass(slots=True)
class CampaignResult:
    """The result of a campaign."""

    config: CampaignConfig
    executions: int = 0
    seconds: float = 0.0
    coverage: int | None = None
    corpus: int = 0
    seeds: int = 0
    kept_inputs: int = 0
    """Inputs added to the cache."""
    faults_fired: int = 0
    fallbacks: int = 0
    """Times that a mutator failed and a simpler one replaced it."""
    worker_deaths: int = 0
    situations: dict[Cell, int] = field(default_factory=dict)
    """Every situation that was reached, and the first execution that reached it."""
    findings: dict[str, Kept] = field(default_factory=dict)
    unconfirmed: dict[str, int] = field(default_factory=dict)
    """How often a group fired in the worker and was not confirmed at once."""
    unsettled: list[Unsettled] = field(default_factory=list)
    """Unsettled things, which keep a run without findings from being clean."""
    seeds_left: int = 0
    """Seeds that did not run."""
    timed_out: bool = False
    """Whether an execution was ended because it took too long."""
    not_counted: dict[str, str] = field(default_factory=dict)
    """Groups that were confirmed and do not count, with the reason."""
    epochs: list[Epoch] = field(default_factory=list)
    """The course of the campaign."""
    judged: int = 0
    """Executions in the judge, to confirm and to shrink."""
    interrupted: bool = False
    failed: bool = False
    """Whether it ended by a ``CampaignError``."""
    state_file: Path | None = None
    """The file with which ``resume`` goes on, once there is one."""
    gave_up: str | None = None
    """Why it ended early, if it did."""

    @property
    def not_reproducible(self) -> str | None:
        """Return why the same command may give another result; None if it gives the same."""
        config = self.config
        if self.interrupted:
            return "it was interrupted"
        if config.seconds is not None or (config.runs is None and not config.until_stale):
            return "its time is limited"
        if self.timed_out:
            return "an execution was ended by time"
        if self.gave_up is None and self.executions != config.runs:
            return "it did not come to its end"
        if self.kept_inputs:
            return f"it added inputs to {config.cache}, and began without them"
        if any(one.kind in NOT_TWICE for one in self.unsettled):
            return "something did not happen twice"
        return None

    @property
    def reproducible(self) -> bool:
        """Return whether the same command gives the same executions and findings again."""
        return self.not_reproducible is None

    @property
    def unsupported(self) -> list[str]:
        """Return the operations that the encoder does not support, with the kind of target."""
        return sorted(
            {name for name, _, outcome in self.situations if outcome == Failure.UNSUPPORTED}
        )

    @property
    def did_nothing(self) -> bool:
        """Return whether the encoder supports none of the operations that it was asked for."""
        done = {name for name, _, outcome in self.situations if outcome == Outcome.DONE}
        return bool(self.unsupported) and done <= {"output", CLOSE}

    @property
    def exit_code(self) -> int:
        """Return the command's exit code."""
        if self.findings:
            return FINDINGS
        if self.interrupted:
            return INTERRUPTED
        if not self.executions or self.did_nothing:
            return PROVED_NOTHING
        return UNSETTLED if self.unsettled and not self.config.allow_flaky else CLEAN

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        config = self.config
        return {
            "format": 1,
            "target": config.target,
            "encoder": config.encoder,
            "engine": config.engine,
            "allocator": config.memory,
            "seed": config.seed,
            "runs": config.runs,
            "time": config.seconds,
            "until_stale": config.until_stale,
            "reproducible": self.reproducible,
            "not_reproducible": self.not_reproducible,
            "interrupted": self.interrupted,
            "gave_up": self.gave_up,
            "exit_code": self.exit_code,
            "executions": self.executions,
            "seconds": round(self.seconds, 3),
            "coverage": self.coverage,
            "corpus": self.corpus,
            "seeds": self.seeds,
            "seeds_left": self.seeds_left,
            "kept_inputs": self.kept_inputs,
            "faults_fired": self.faults_fired,
            "mutator_fallbacks": self.fallbacks,
            "worker_deaths": self.worker_deaths,
            "judged": self.judged,
            "jobs": config.jobs,
            "on": config.on,
            "epochs": [epoch.to_json() for epoch in self.epochs],
            "situations": [
                {"operation": o, "fault": f, "outcome": r, "execution": execution}
                for (o, f, r), execution in sorted(self.situations.items())
            ],
            "unsupported": self.unsupported,
            "findings": [
                kept.finding.summary()
                | {"path": str(kept.path), "fresh": kept.fresh, "program": read_program(kept.path)}
                for _, kept in sorted(self.findings.items())
            ],
            "unsettled": [one.to_json() for one in self.unsettled],
            "allow_flaky": config.allow_flaky,
            "unconfirmed": dict(sorted(self.unconfirmed.items())),
            "not_counted": dict(sorted(self.not_counted.items())),
        }


def done_until(error: CampaignError) -> CampaignResult | None:
    """Return the campaign's result until it failed; None if it had not begun."""
    return error.result if isinstance(error.result, CampaignResult) else None
