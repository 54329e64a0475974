"""The gate: the checks of a change in CI, in a few minutes and in the same way each time.

Five parts, in this order:

1. *corpus*: replay every seed and regression of every target on the encoder under test, and ask
   every oracle
2. *witnesses*: for every planted bug, run the scenario that shows it: the bug must break its
   promise, and the clean encoder must pass
3. *canaries*: find a sample of the planted bugs by search alone
4. *campaign*: run a bounded campaign on the encoder under test, on each target
5. *matrix*: compare the number of situations that those campaigns reached with floors

The first and the fourth part judge the encoder. The others judge the harness: a blind harness finds
nothing, and a gate that passes for that reason is worse than none. So a miss in these parts ends
the gate with ``PROVED_NOTHING``. A finding outranks that.

The search for canaries uses the random engine, this project's seeds, and its own random seed. So it
is the same on every Python, whatever the gate itself is asked to do. It does not use regressions,
which may show a planted bug without any search.

Witnesses, canaries and campaigns are independent. With ``jobs`` several run at once, and are
reported in the same order.
"""

from __future__ import annotations

import platform
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from capnsafe_allocators.families import FAMILIES
from capnsafe_allocators.families.guest import GUEST

from ..encoders.planted import BUGS, PlantingError, read_bug, witness_text
from ..engines import Cell, engines
from ..memories import memory_kind
from ..optional import missing
from ..ownership import OwnedFolder
from ..scenario import Scenario
from ..targets import DEFAULT_TARGET, TARGETS
from .config import (
    DEFAULT_MEMORY_MEGABYTES,
    DEFAULT_TIMEOUT_SECONDS,
    CampaignConfig,
    CampaignResult,
    Kept,
    StopRequest,
    Unsettled,
    done_until,
)
from .corpus import KINDS, Entry, corpus_root, read_corpus
from .exit_codes import CLEAN, FINDINGS, INTERRUPTED, PROVED_NOTHING, UNSETTLED
from .failures import (
    CampaignError,
    EnvironmentFailedError,
    HarnessFailedError,
    UsageError,
    sentence,
)
from .figures import count, plural
from .finding import Finding
from .findings import FindingStore
from .gate_config import GateConfig
from .judge import Judges, JudgingCancelledError
from .parent import run_campaign
from .progress import Progress, Quiet
from .report import again, commands
from .targets import (
    CLEAN_ENCODER,
    PLANTED,
    UnknownNameError,
    check_encoder,
    find_encoder,
    find_memory,
    find_target,
    is_of_the_user,
    targets_of,
)
from .triage import Triage

_Answer = TypeVar("_Answer")

CANARY_ENGINE = "random"
CANARY_SEED = 1
CANARY_EXECUTIONS = 10_000
"""Executions of the search for a canary.

The sample has bugs that take some hundreds, so that an unlucky change of the generator does not
look like blindness.
"""


class CaseOutcome(StrEnum):
    """The result of a case."""

    PASSED = "passed"
    FAILED = "failed"
    """The encoder under test breaks a promise."""
    BLIND = "blind"
    """The harness missed something that it must find."""
    UNSETTLED = "unsettled"
    """Something was seen and not confirmed, or left undone."""
    SKIPPED = "skipped"
    """A package is missing, or Python is too old, so this cannot be judged."""


@dataclass(frozen=True, slots=True)
class Case:
    """One check of a part."""

    name: str
    outcome: CaseOutcome
    detail: str
    """Details; for a case that did not pass, also the next command to run."""
    seconds: float


@dataclass(slots=True)
class Part:
    """One part of the gate."""

    name: str
    summary: str = ""
    """The work done, in numbers."""
    cases: list[Case] = field(default_factory=list)
    seconds: float = 0.0
    error: CampaignError | None = None
    """Why it could not be completed."""

    @property
    def verdict(self) -> str:
        """Return the verdict in one word."""
        if any(case.outcome is CaseOutcome.FAILED for case in self.cases):
            return CaseOutcome.FAILED
        if self.error is not None:
            return "error"
        if any(case.outcome is CaseOutcome.BLIND for case in self.cases):
            return CaseOutcome.BLIND
        if any(case.outcome is CaseOutcome.UNSETTLED for case in self.cases):
            return CaseOutcome.UNSETTLED
        return CaseOutcome.PASSED

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "name": self.name,
            "verdict": str(self.verdict),
            "summary": self.summary,
            "seconds": round(self.seconds, 3),
            "error": None if self.error is None else str(self.error),
            "troubles": [
                {"name": case.name, "outcome": case.outcome.value, "detail": case.detail}
                for case in self.troubles
            ],
        }

    @property
    def troubles(self) -> list[Case]:
        """Return the cases that did not pass."""
        return [
            case
            for case in self.cases
            if case.outcome not in (CaseOutcome.PASSED, CaseOutcome.SKIPPED)
        ]

    @property
    def skipped(self) -> str:
        """Return how many cases were not judged, and why, as a clause for the summary."""
        reasons = Counter(case.detail for case in self.cases if case.outcome is CaseOutcome.SKIPPED)
        return "".join(f"; {number} not judged: {why}" for why, number in reasons.items())


@dataclass(slots=True)
class GateResult:
    """The result of a gate."""

    config: GateConfig
    engine: str
    parts: list[Part] = field(default_factory=list)
    campaigns: list[CampaignResult] = field(default_factory=list)
    """The findings on the encoder under test: from the replay of the corpus, then from the search.
    """
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """Return the command's exit code: findings outrank errors."""
        verdicts = {part.verdict for part in self.parts}
        if CaseOutcome.FAILED in verdicts:
            return FINDINGS
        if self.interrupted:
            return INTERRUPTED
        for part in self.parts:
            if part.error is not None:
                return part.error.exit_code
        if CaseOutcome.BLIND in verdicts:
            return PROVED_NOTHING
        return UNSETTLED if CaseOutcome.UNSETTLED in verdicts else CLEAN

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "format": 1,
            "encoder": self.config.encoder,
            "engine": self.engine,
            "seed": self.config.seed,
            "exit_code": self.exit_code,
            "interrupted": self.interrupted,
            "parts": [part.to_json() for part in self.parts],
            "campaigns": [campaign.to_json() for campaign in self.campaigns],
        }


class GateReporter(Protocol):
    """Receives reports while a gate runs, also from several campaigns at once."""

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Report a finding on disk; ``fresh`` unless an earlier one is equally simple."""

    def note(self, sentence: str) -> None:
        """Report a sentence for people."""

    def activity(self, what: str) -> None:
        """Report the present activity."""

    def part(self, part: Part) -> None:
        """Report the end of a part."""


def run_gate(
    config: GateConfig,
    *,
    engine: str,
    known: frozenset[str],
    reporter: GateReporter,
    stop: StopRequest,
) -> GateResult:
    """Run all parts.

    ``engine`` is the engine of the campaign, and ``known`` are the groups that do not count.

    Raises:
        UsageError: The configuration names something that does not exist.
    """
    targets = _check(config, engine)
    return _Gate(config, targets, engine, known, reporter, stop).run()


def _check(config: GateConfig, engine: str) -> tuple[str, ...]:
    """Return the targets of the gate.

    Raises:
        UsageError: The configuration names something that does not exist.
    """
    try:
        targets = config.targets or tuple(targets_of(config.encoder, config.corpus))
        for name in targets:
            check_encoder(config.encoder, find_target(name))
        if config.memory is not None:
            find_memory(config.memory, find_target(DEFAULT_TARGET))
    except UnknownNameError as error:
        raise UsageError(str(error)) from error
    there = engines()
    for floor in (engine, *config.situations):
        target, dot, name = floor.rpartition(".")
        if dot and target not in TARGETS:
            raise UsageError(f"no target named {target!r}; there is {', '.join(TARGETS)}")
        if name not in there:
            raise UsageError(f"no engine named {name!r}; there is {', '.join(there)}")
    for name in config.canaries:
        if name not in BUGS:
            raise UsageError(f"no planted bug named {name!r}; there is {', '.join(BUGS)}")
    return targets


class _Gate:
    def __init__(
        self,
        config: GateConfig,
        targets: tuple[str, ...],
        engine: str,
        known: frozenset[str],
        reporter: GateReporter,
        stop: StopRequest,
    ) -> None:
        self._config = config
        self._targets = targets
        self._reporter = reporter
        self._stop = stop
        self._result = GateResult(config, engine)
        self._campaign_configs = [
            CampaignConfig(
                target=target,
                encoder=config.encoder,
                engine=engine,
                memory=config.memory if find_target(target).memories else None,
                seed=config.seed,
                runs=config.executions,
                findings=config.findings,
                corpus=config.corpus,
                known=known,
                known_file=config.known,
                allow_flaky=config.allow_flaky,
            )
            for target in targets
        ]
        self._situations: dict[str, dict[Cell, int]] = {}
        self._judges = [
            Judges(
                timeout=DEFAULT_TIMEOUT_SECONDS,
                memory_limit=DEFAULT_MEMORY_MEGABYTES,
                cancelled=lambda: self._stop.times > 0,
            )
            for _ in range(config.jobs)
        ]

    def run(self) -> GateResult:
        try:
            return self._run()
        finally:
            self._close_judges()

    def _close_judges(self) -> None:
        for judges in self._judges:
            judges.close()

    def _run(self) -> GateResult:
        result = self._result
        for package in missing():
            self._reporter.note(package.sentence)
        steps: dict[str, Callable[[Part], None]] = {
            "corpus": self._corpus,
            "witnesses": self._witnesses,
            "canaries": self._canaries,
            "campaign": self._campaign,
            "matrix": self._matrix,
        }
        for name, do in steps.items():
            part = Part(name)
            result.parts.append(part)
            self._reporter.activity(name)
            started = time.monotonic()
            try:
                do(part)
            except JudgingCancelledError:
                pass
            except CampaignError as error:
                part.error = error
            except OSError as error:
                part.error = EnvironmentFailedError(f"the gate cannot go on: {sentence(error)}")
            part.seconds = time.monotonic() - started
            result.interrupted = self._stop.times > 0
            if result.interrupted:
                break
            self._reporter.part(part)
            if part.error is not None:
                break
        return result

    # The encoder under test

    def _corpus(self, part: Part) -> None:
        kinds: list[str] = []
        judges = self._judges[0]
        for config in self._campaign_configs:
            entries = read_corpus(config.target, config.corpus)
            campaign = CampaignResult(config)
            self._result.campaigns.append(campaign)
            FindingStore(config.findings, config.target, config.encoder).check_writable()
            triage = Triage(
                config,
                campaign,
                judges,
                announce=self._announce,
                shrinking=lambda group: self._reporter.activity(f"shrinking {group or ''}"),
                note=self._reporter.note,
            )
            for entry in entries:
                self._replay(entry, part, judges, triage, campaign)
            campaign.executions = campaign.seeds = len(entries)
            kinds += [entry.path.parent.name for entry in entries]
        if is_of_the_user(self._config.encoder):
            # Its code may have changed the processes that loaded it.
            judges.close()
        seeds, regressions = kinds.count("seeds"), kinds.count("regressions")
        part.summary = (
            f"{plural(seeds, 'seed')} and {plural(regressions, 'regression')} replayed on "
            f"{self._config.encoder}, every oracle asked"
        )

    def _replay(
        self, entry: Entry, part: Part, judges: Judges, triage: Triage, campaign: CampaignResult
    ) -> None:
        config = campaign.config
        name = f"{config.target}/{entry.path.parent.name}/{entry.path.stem}"
        self._reporter.activity(f"replaying {name}")
        started = time.monotonic()
        scenario = find_target(entry.target).over_memory(entry.scenario, config.memory)
        violations = judges.of(entry.target).ask(config.encoder, scenario).violations
        groups = sorted({violation.group for violation in violations})
        counted: list[Kept] = []
        before = len(campaign.unsettled)
        if groups:
            found = {
                "corpus": str(entry.path),
                "python": platform.python_version(),
                "timeout": DEFAULT_TIMEOUT_SECONDS,
            }
            if entry.target != config.target:
                triage.sequence(violations, scenario, found)
            else:
                triage.violations(violations, scenario, found)
            found_for = {kept.path: kept for group in groups if (kept := triage.finding_of(group))}
            counted = list(found_for.values())
        detail = "; ".join(
            f"{group} ({campaign.not_counted[group]})"
            for group in groups
            if group in campaign.not_counted
        )
        outcome = CaseOutcome.PASSED
        unsettled = campaign.unsettled[before:]
        if counted:
            outcome, detail = CaseOutcome.FAILED, _tell(counted)
        elif unsettled:
            outcome, detail = self._unsettled(unsettled)
        part.cases.append(Case(name, outcome, detail, time.monotonic() - started))

    def _campaign(self, part: Part) -> None:
        done: list[CampaignResult] = []
        try:
            ended = self._beside([partial(self._search, one) for one in self._campaign_configs])
            for campaign, error, seconds in ended:
                if campaign is not None:
                    done.append(campaign)
                    self._result.campaigns.append(campaign)
                    self._judge_campaign(part, campaign, seconds)
                if error is not None:
                    raise error
                if self._stop.times:
                    return
        finally:
            self._sum_up(part, done)

    def _search(
        self, config: CampaignConfig
    ) -> tuple[CampaignResult | None, CampaignError | None, float]:
        """Run a campaign; return its result, why it could not go on, and its time."""
        started = time.monotonic()
        self._reporter.activity(f"campaign on {config.target}")
        reporter = _OnTarget(config.target, self._reporter)
        try:
            campaign = run_campaign(config, reporter=reporter, stop=self._stop)
        except CampaignError as error:
            return done_until(error), error, time.monotonic() - started
        return campaign, None, time.monotonic() - started

    def _beside(self, tasks: Sequence[Callable[[], _Answer]]) -> Iterator[_Answer]:
        """Yield the results of these tasks, in their order, with as many at once as jobs.

        No further task begins once the gate must end, or the caller wants no more results.
        """
        over = threading.Event()

        def begin(task: Callable[[], _Answer]) -> _Answer:
            if over.is_set() or self._stop.times:
                raise JudgingCancelledError
            return task()

        with ThreadPoolExecutor(self._config.jobs) as threads:
            begun = [threads.submit(begin, task) for task in tasks]
            try:
                for one in begun:
                    yield one.result()
            finally:
                over.set()

    def _judge_campaign(self, part: Part, campaign: CampaignResult, seconds: float) -> None:
        config = campaign.config
        self._situations[config.target] = campaign.situations
        outcome, detail = CaseOutcome.PASSED, ""
        if campaign.findings:
            outcome = CaseOutcome.FAILED
            detail = _tell([kept for _, kept in sorted(campaign.findings.items())])
            detail += f"\nthe whole campaign: {again(config)}"
        elif campaign.unsettled:
            outcome, detail = self._unsettled(campaign.unsettled)
            detail += f"\nthe whole campaign: {again(config)}"
        elif campaign.executions < self._config.executions:
            outcome = CaseOutcome.BLIND
            detail = (
                f"the campaign on {config.target} ended after {count(campaign.executions)} of "
                f"{count(self._config.executions)} executions"
            )
        name = f"{config.encoder} by {config.engine} on {config.target}"
        part.cases.append(Case(name, outcome, detail, seconds))

    def _unsettled(self, unsettled: Sequence[Unsettled]) -> tuple[CaseOutcome, str]:
        """Return the outcome of a case that leaves something unsettled, and its details."""
        outcome = CaseOutcome.PASSED if self._config.allow_flaky else CaseOutcome.UNSETTLED
        return outcome, "\n".join(f"unsettled: {one}" for one in unsettled)

    def _sum_up(self, part: Part, done: list[CampaignResult]) -> None:
        """Summarize the campaigns in a line."""
        config = self._config
        fired = sum(campaign.faults_fired for campaign in done)
        notes = [f"seed {config.seed}", f"{count(fired)} faults fired"]
        coverage = [campaign.coverage for campaign in done if campaign.coverage is not None]
        if coverage:
            notes.append(f"coverage {count(sum(coverage))}")
        for what, groups in (
            ("unsettled", {str(one.kind) for campaign in done for one in campaign.unsettled}),
            ("not counted", {group for campaign in done for group in campaign.not_counted}),
        ):
            if groups:
                notes.append(f"{what}: {', '.join(sorted(groups))}")
        executions = sum(campaign.executions for campaign in done)
        findings = sum(len(campaign.findings) for campaign in done)
        targets = ", ".join(campaign.config.target for campaign in done)
        part.summary = (
            f"{count(executions)} executions of {config.encoder} by {self._result.engine}, "
            f"{plural(findings, 'finding')} ({', '.join(notes)}) on {targets}"
        )

    def _announce(self, kept: Kept) -> None:
        self._reporter.finding(kept.finding, kept.path, fresh=kept.fresh)

    # The harness

    def _witnesses(self, part: Part) -> None:
        names = list(BUGS)
        jobs = len(self._judges)
        try:
            tasks = [
                partial(self._run_witnesses, names[first::jobs], judges, part)
                for first, judges in enumerate(self._judges)
            ]
            for _ in self._beside(tasks):
                pass
        finally:
            part.cases.sort(key=lambda case: names.index(case.name))
        # No later part needs their processes.
        self._close_judges()
        fired = [case.outcome for case in part.cases].count(CaseOutcome.PASSED)
        part.summary = (
            f"{fired} of {plural(len(BUGS), 'planted bug')} shown by their witnesses, which "
            f"{CLEAN_ENCODER} passes{part.skipped}"
        )

    def _run_witnesses(self, names: Sequence[str], judges: Judges, part: Part) -> None:
        for name in names:
            self._reporter.activity(f"the witness of {PLANTED}:{name}")
            started = time.monotonic()
            trouble = _trouble_with_witness(name, judges)
            outcome = CaseOutcome.BLIND if trouble else CaseOutcome.PASSED
            lacking = _lacking(name) if trouble else None
            if lacking is not None:
                outcome, trouble = CaseOutcome.SKIPPED, lacking
            part.cases.append(Case(name, outcome, trouble, time.monotonic() - started))

    def _canaries(self, part: Part) -> None:
        executions: list[int] = []
        names = self._config.canaries
        hunts = self._beside([partial(self._hunt, name) for name in names])
        for name, (found, seconds) in zip(names, hunts, strict=True):
            if self._stop.times:
                return
            lacking = _lacking(name) if found is None else None
            if lacking is not None:
                outcome, detail = CaseOutcome.SKIPPED, lacking
            elif found is None:
                outcome = CaseOutcome.BLIND
                detail = (
                    f"the harness is blind to {PLANTED}:{name}: not found in "
                    f"{count(CANARY_EXECUTIONS)} executions, by {CANARY_ENGINE} with seed "
                    f"{CANARY_SEED}; to search on: {again(_canary(name, self._config.findings))}"
                )
            else:
                outcome, detail = CaseOutcome.PASSED, f"found after {count(found)} executions"
                executions.append(found)
            part.cases.append(Case(name, outcome, detail, seconds))
        part.summary = (
            f"{len(executions)} of {plural(len(part.cases), 'planted bug')} found by search, the "
            f"slowest after {count(max(executions, default=0))} of {count(CANARY_EXECUTIONS)} "
            f"executions{part.skipped}"
        )

    def _hunt(self, name: str) -> tuple[int | None, float]:
        """Search for a planted bug; return the executions until it was found, or None."""
        started = time.monotonic()
        self._reporter.activity(f"searching for {PLANTED}:{name}")
        with OwnedFolder() as folder:
            config = _canary(name, folder.path / "findings")
            seeds = folder.path / config.target / KINDS[0]
            seeds.parent.mkdir()
            seeds.symlink_to(corpus_root() / config.target / KINDS[0])
            config = replace(config, corpus=folder.path)
            found = run_campaign(config, reporter=Quiet(), stop=self._stop)
        return found.executions if found.findings else None, time.monotonic() - started

    def _matrix(self, part: Part) -> None:
        engine = self._result.engine
        for target, situations in self._situations.items():
            floor = self._floor(target)
            outcome, detail = CaseOutcome.PASSED, ""
            counted = _counted(situations)
            if floor is not None and counted < floor:
                outcome = CaseOutcome.BLIND
                detail = (
                    f"the campaign on {target} reached {count(counted)} situations, and "
                    f"the floor for {engine} is {count(floor)}: generator, faults or oracles "
                    "reach less than before"
                )
            part.cases.append(Case(f"situations of {target}", outcome, detail, 0.0))
        reached = [cell for situations in self._situations.values() for cell in situations]
        operations, faults, outcomes = (len({cell[axis] for cell in reached}) for axis in range(3))
        told = "; ".join(
            f"{target} {count(len(situations))}, {self._floor_note(target)}"
            for target, situations in self._situations.items()
        )
        part.summary = (
            f"{plural(len(reached), 'situation')} reached ({told}), among "
            f"{operations} operations, {faults} faults and {outcomes} outcomes"
        )

    def _floor(self, target: str) -> int | None:
        floors, engine = self._config.situations, self._result.engine
        if target == DEFAULT_TARGET and engine in floors:
            return floors[engine]
        return floors.get(f"{target}.{engine}")

    def _floor_note(self, target: str) -> str:
        floor = self._floor(target)
        return "no floor set" if floor is None else f"floor {count(floor)}"


class _OnTarget:
    """Reports the progress of the campaign on one target to a gate's reporter."""

    def __init__(self, target: str, reporter: GateReporter) -> None:
        self._target = target
        self._reporter = reporter

    def progress(self, progress: Progress) -> None:
        """Report the progress with the name of the target: there may be others."""
        done = f"campaign on {self._target}: {count(progress.executions)} executions"
        self._reporter.activity(f"{done}, {progress.activity}" if progress.activity else done)

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Pass it on."""
        self._reporter.finding(finding, path, fresh=fresh)

    def note(self, sentence: str) -> None:
        """Pass it on."""
        self._reporter.note(sentence)


def _canary(name: str, findings: Path) -> CampaignConfig:
    return CampaignConfig(
        target=read_bug(BUGS[name]).target,
        encoder=f"{PLANTED}:{name}",
        engine=CANARY_ENGINE,
        seed=CANARY_SEED,
        runs=CANARY_EXECUTIONS,
        max_findings=1,
        findings=findings,
        shrinking=False,
    )


def _lacking(name: str) -> str | None:
    """Return, as a clause, which package the memory or a fault of a bug's witness lacks here.

    Other packages excuse nothing: some oracle that needs none sees each bug.
    """
    target = find_target(read_bug(BUGS[name]).target)
    scenario = target.parse(witness_text(name))
    memory = target.memory(scenario)
    kind = None if memory is None else memory_kind(memory)
    if kind is not None and kind.lacking is not None:
        return f"{kind.lacking.name} is not installed"
    if isinstance(scenario, Scenario):
        missing = (FAMILIES[fault.family].missing for fault in scenario.faults)
        return next((clause for clause in missing if clause is not None), None)
    return None


def _counted(situations: Iterable[Cell]) -> int:
    """Return how many situations count for a floor: those of every environment.

    The faults of guests do not count, because they need an optional package.
    """
    return sum(fault.partition(" ")[0] != GUEST.name for _, fault, _ in situations)


def _trouble_with_witness(name: str, judges: Judges) -> str:
    """Return why the witness of a planted bug proves nothing; empty if it does its work."""
    encoder = f"{PLANTED}:{name}"
    try:
        bug = read_bug(BUGS[name])
        scenario = find_target(bug.target).parse(witness_text(name))
        judge = judges.of(bug.target)
        try:
            fired = judge.ask(encoder, scenario)
        except HarnessFailedError:
            # If the bug cannot be planted, the error says so.
            find_encoder(encoder)
            raise
    except PlantingError as error:
        raise HarnessFailedError(f"a planted bug is not in place: {error}") from error
    promises = {violation.promise for violation in fired.violations}
    if bug.promise not in promises:
        seen = f", only {', '.join(sorted(fired.groups))}" if promises else ""
        return (
            f"the harness is blind to {encoder}: {bug.promise} is not seen broken by its witness"
            f"{seen}"
        )
    clean = judge.ask(CLEAN_ENCODER, scenario)
    if clean.violations:
        return (
            f"the harness cannot tell {encoder} from {CLEAN_ENCODER}: on the witness that one "
            f"breaks {', '.join(sorted(clean.groups))}"
        )
    return ""


def _tell(findings: list[Kept]) -> str:
    """Describe the findings, and the commands to run, a line for each."""
    lines: list[str] = []
    for kept in findings:
        lines.append(f"{kept.finding.group}: {kept.finding.violation.detail}")
        lines += [f"  {command}" for command in commands(kept.finding, kept.path)]
    return "\n".join(lines)
