"""The parent of a campaign, which owns corpus, findings, deadlines and signals.

It starts a worker, reads its reports, replies, and starts another worker when one dies. Everything
that must survive a crash is here, and nothing here runs the encoder under test.

With a number of executions and no time limit, the same configuration gives the same executions and
findings, if addresses are the same. Three rules ensure this: the worker waits at every report until
it is judged; judging is bounded by executions; and a worker that replaces another begins where that
one died, with all that was known by then.
"""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines import Cell, engines
from ..ownership import OwnedFolder
from ..targets import Input, inputs_of
from . import messages
from .children import compile_packages
from .config import CampaignConfig, CampaignResult, Kept, StopRequest, Unsettled
from .corpus import Cache, read_corpus, write_input
from .ending import place_in, timed_out
from .failures import (
    CampaignError,
    EnvironmentFailedError,
    HarnessFailedError,
    ProvedNothingError,
    UsageError,
    sentence,
)
from .findings import FindingStore
from .judge import Judges, JudgingCancelledError
from .outcomes import Unsettling
from .progress import Progress, Quiet, Reporter, Speed
from .report import count, plural
from .targets import (
    CLEAN_ENCODER,
    LOAD_SECONDS,
    UnknownNameError,
    check_encoder,
    encoder_packages,
    find_memory,
    find_target,
    is_of_the_user,
)
from .triage import Triage
from .worker import Job
from .workers import Death, WorkerProcess

POLL_SECONDS = 0.1
LATE_SHARE = 0.1
"""The share of its time that a campaign may add to shrink findings and to search for sequences."""
LEAST_LATE_SECONDS = 2.0
MOST_LATE_SECONDS = 60.0
STARTUP_SECONDS = 120.0
"""How long a worker may take for its imports."""
SUSPECTS = 128
"""How many of a dead worker's last inputs are run alone, to find the one that killed it."""
MOST_DEATHS = 50
"""The campaign ends after this many dead workers: by then, the inputs that kill them are known."""


def run_campaign(
    config: CampaignConfig,
    *,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> CampaignResult:
    """Run a campaign to its end; ``stop`` ends it earlier, for example from a signal handler.

    Raises:
        CampaignError: If the campaign could not do its work.
    """
    stop = stop or StopRequest()
    _check(config, stop)
    folder = _owned_folder()
    campaign = _Campaign(config, reporter or Quiet(), stop, folder.path)
    try:
        return campaign.run()
    except CampaignError as error:
        campaign.result.failed = True
        error.result = campaign.result
        raise
    except OSError as error:
        failure = EnvironmentFailedError(f"the campaign cannot go on: {sentence(error)}")
        campaign.result.failed = True
        failure.result = campaign.result
        raise failure from error
    finally:
        folder.close()


def _check(config: CampaignConfig, stop: StopRequest) -> None:
    if config.runs is None and config.seconds is None:
        raise UsageError("a campaign needs a number of executions, or a time")
    known = engines()
    if config.engine not in known:
        raise UsageError(f"no engine named {config.engine!r}; there is {', '.join(known)}")
    missing = known[config.engine].missing()
    if missing is not None:
        raise UsageError(missing)
    try:
        target = find_target(config.target)
        check_encoder(config.encoder, target, lambda: stop.times > 0)
        if config.memory is not None:
            find_memory(config.memory, target, lambda: stop.times > 0)
    except UnknownNameError as error:
        raise UsageError(str(error)) from error


def _owned_folder() -> OwnedFolder:
    try:
        return OwnedFolder()
    except OSError as error:
        raise EnvironmentFailedError(
            f"no temporary folder can be made: {sentence(error)}"
        ) from error


@dataclass(slots=True)
class _Totals:
    """The counts of all workers before the present one, added up."""

    executions: int = 0
    fired: int = 0
    fallbacks: int = 0


class _Campaign:
    def __init__(
        self, config: CampaignConfig, reporter: Reporter, stop: StopRequest, scratch: Path
    ) -> None:
        self._config = config
        self._target = find_target(config.target)
        self._reporter = reporter
        self._stop = stop
        self._scratch = scratch
        self.result = CampaignResult(config)
        self._store = FindingStore(config.findings, config.target, config.encoder)
        self._cache = Cache(config.cache, config.target) if config.cache is not None else None
        self._seeds: list[bytes] = []
        self._interesting: list[bytes] = []
        self._unrun: set[bytes] = set()
        self._code: dict[str, str] = {}
        self._killers: set[bytes] = set()
        self._totals = _Totals()
        self._worker: WorkerProcess | None = None
        self._activity = ""
        self._speed = Speed()
        self._started = time.monotonic()
        self._shown = 0.0
        self._triage: Triage | None = None

    def run(self) -> CampaignResult:
        config, result = self._config, self.result
        self._store.check_writable()
        self._read_seeds()
        compile_packages()
        self._started = time.monotonic()
        judges = Judges(
            timeout=config.timeout,
            memory_limit=config.memory_limit,
            cancelled=lambda: self._stop.times > 0,
            waiting=self._show,
        )
        with judges:
            triage = self._triage = Triage(
                config,
                result,
                judges,
                announce=self._announce,
                shrinking=self._shrinking,
                note=self._reporter.note,
                late=self._late,
            )
            try:
                while not self._enough():
                    self._run_worker(triage)
                self._check_code(judges)
            except JudgingCancelledError:
                pass
            finally:
                self._end_worker()
                result.interrupted = self._stop.times > 0
                result.judged = judges.asked
                result.executions = self._totals.executions
                result.faults_fired = self._totals.fired
                result.fallbacks = self._totals.fallbacks
                result.corpus = result.corpus or len(self._seeds) + len(self._interesting)
                result.seeds_left = len(self._unrun)
                result.seconds = time.monotonic() - self._started
                self._note_undone()
        if not result.executions and not result.interrupted:
            raise ProvedNothingError("the campaign ended without a single execution")
        return result

    def _read_seeds(self) -> None:
        config = self._config
        seeds = [
            self._target.encode(self._target.over_memory(scenario, config.memory))
            for entry in read_corpus(config.target, config.corpus)
            for scenario in inputs_of(entry.scenario)
        ]
        if self._cache is not None:
            seeds += self._cache.open()
            if self._cache.skipped:
                self._reporter.note(
                    f"inputs in {self._cache.folder} written for another version of the decoder, "
                    f"left alone and not used: {self._cache.skipped}"
                )
        self._seeds = list(dict.fromkeys(seeds))
        self.result.seeds = len(self._seeds)
        self._unrun = set(self._seeds)

    def _note_undone(self) -> None:
        """Note undone work as unsettled, unless the campaign was interrupted."""
        config, result = self._config, self.result
        if result.interrupted or not result.executions:
            return
        if result.worker_deaths >= MOST_DEATHS:
            asked = f"{result.seconds:.0f} of {config.seconds or 0:.0f} seconds"
            if config.runs is not None:
                asked = f"{count(result.executions)} of {plural(config.runs, 'execution')}"
            self._unsettle(
                Unsettling.EXECUTIONS,
                f"the campaign ended after {asked}: {result.worker_deaths} workers died",
            )
        by_number = config.runs is not None and result.executions >= config.runs
        if self._unrun and not by_number and not result.findings:
            self._unsettle(
                Unsettling.SEEDS,
                f"{count(len(self._unrun))} of {plural(len(self._seeds), 'seed')} did not run",
            )

    def _unsettle(self, kind: Unsettling, sentence: str) -> None:
        self.result.unsettled.append(Unsettled(kind, sentence))

    def _check_code(self, judges: Judges) -> None:
        """Note as unsettled if the judge loaded other code of the encoder than the workers did."""
        if judges.asked and not self._stop.times:
            self._compare_code(judges.of(self._config.target).code(self._config.encoder))

    def _compare_code(self, code: dict[str, str]) -> None:
        changed = sorted(name for name in code if code[name] != self._code.get(name, code[name]))
        if changed and all(one.kind is not Unsettling.CODE for one in self.result.unsettled):
            self._unsettle(
                Unsettling.CODE, f"{', '.join(changed)}: the code changed while it was tested"
            )
        self._code = code | self._code

    # Workers

    def _enough(self) -> bool:
        """Return whether there is nothing left to do for another worker."""
        config, result = self._config, self.result
        if self._stop.times or result.gave_up is not None:
            return True
        if config.max_findings is not None and len(result.findings) >= config.max_findings:
            result.gave_up = f"the requested number of findings was reached: {len(result.findings)}"
            return True
        if config.runs is not None and self._totals.executions >= config.runs:
            return True
        if config.seconds is None or (self._worker is not None and not self._worker.ready):
            return False
        return self._elapsed() >= config.seconds

    def _run_worker(self, triage: Triage) -> None:
        """Start a worker and read its messages until it has ended."""
        worker = self._worker = self._start_worker(triage)
        while not worker.gone:
            if self._enough():
                worker.slot.stop()
            if self._stop.times > 1:
                return
            for message in worker.pump(POLL_SECONDS):
                self._hear(message, worker, triage)
            self._show()
            if worker.lingers:
                break
            if not worker.ready and worker.age > STARTUP_SECONDS:
                raise EnvironmentFailedError(
                    f"a worker was not ready after {STARTUP_SECONDS:g} seconds"
                )
            if not worker.gone and worker.overdue:
                self._mourn(worker.death(timed_out=True), triage)
                return
        if not worker.done:
            self._mourn(worker.death(), triage)
            return
        if not self._stop.times:
            triage.reconsider()
            self._note_end(worker)
        self._end_worker()

    def _note_end(self, worker: WorkerProcess) -> None:
        """Note as unsettled that a worker failed after its last execution, outside any scenario."""
        how = None if worker.lingers else worker.failure_at_the_end()
        if how is not None:
            self.result.worker_deaths += 1
            self._unsettle(
                Unsettling.DEATH,
                f"a worker ended by {how} after its last execution: "
                "finalizers, exit handlers or threads of the encoder did that",
            )

    def _start_worker(self, triage: Triage) -> WorkerProcess:
        config, totals = self._config, self._totals
        folder = self._scratch / f"worker-{self.result.worker_deaths}"
        folder.mkdir()
        left = None if config.runs is None else config.runs - totals.executions
        inputs = dict.fromkeys([*self._seeds, *self._interesting])
        seeds = [data for data in inputs if data not in self._killers]
        job = Job(
            parent=os.getpid(),
            target=config.target,
            encoder=config.encoder,
            engine=config.engine,
            packages=encoder_packages(config.encoder),
            memory=config.memory,
            # With the same seed, the next worker would make the input that killed this one.
            seed=config.seed + self.result.worker_deaths,
            runs=left,
            memory_limit=config.memory_limit,
            load_seconds=LOAD_SECONDS,
            scratch=str(folder),
            seeds=tuple(data.hex() for data in seeds),
            sizes=dict(triage.sizes),
        )
        try:
            return WorkerProcess(job, folder, config.timeout, seeds)
        except OSError as error:
            raise EnvironmentFailedError(
                f"a worker cannot be started: {sentence(error)}"
            ) from error

    def _end_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        state = worker.slot.read()
        self._totals.executions += state.executions
        self._totals.fired += state.faults_fired
        self._totals.fallbacks += state.fallbacks
        if self._unrun:
            self._unrun -= set(worker.seeds if not state.seeds_left else worker.slot.recent())
        self._note_coverage(worker)
        worker.close()

    def _note_coverage(self, worker: WorkerProcess) -> None:
        if worker.coverage is not None:
            self.result.coverage = max(worker.coverage, self.result.coverage or 0)
        if worker.corpus is not None:
            self.result.corpus = worker.corpus

    def _mourn(self, death: Death, triage: Triage) -> None:
        """Judge the input of a worker that died, and let the next worker go on without it.

        If that input is harmless, an earlier one may be guilty: a worker notices damage to its
        pipes only when it uses them.
        """
        execution = self._totals.executions + death.state.executions
        if not self._stop.times:
            triage.reconsider()
        self._end_worker()
        if self._stop.times:
            return
        last = death.stderr.strip().rpartition("\n")[2]
        if not death.ready and is_of_the_user(self._config.encoder):
            how = f"it ended a worker ({death.how})"
            if any(map(timed_out, death.stderr.splitlines())):
                how = f"a worker took longer than {LOAD_SECONDS:g} seconds"
            raise UsageError(
                f"the encoder {self._config.encoder!r} cannot be loaded: "
                f"{how}{place_in(death.stderr)}"
            )
        if not death.state.executions:
            raise EnvironmentFailedError(
                f"a worker ended outside any execution ({death.how})"
                + (f": {last}" if last else "")
            )
        result = self.result
        result.worker_deaths += 1
        result.timed_out |= death.timed_out
        suspects = [self._scenario(data) for data in death.recent[:SUSPECTS]]
        guilty = triage.first_fatal(suspects[:1] if death.timed_out else suspects)
        ago = 0 if guilty is None else guilty
        self._killers |= {death.recent[ago], self._target.encode(suspects[ago])}
        found = self._found(execution - ago) | {"stderr": death.stderr}
        before = death.recent[ago + 1 :]

        def history(most: int) -> list[Input]:
            return [self._scenario(data) for data in reversed(before[:most])]

        triage.death(death.how, death.timed_out, suspects[ago], found, history)
        if result.worker_deaths >= MOST_DEATHS:
            result.gave_up = f"{result.worker_deaths} workers died"
            self._reporter.note(f"{result.worker_deaths} workers died: the campaign ends here")

    # What workers say

    def _hear(self, message: messages.Message, worker: WorkerProcess, triage: Triage) -> None:
        kind = message["kind"]
        if kind == "ready":
            if not self._totals.executions:
                # The time for the start does not count.
                self._started = time.monotonic()
            self._compare_code(dict(message.get("code", {})))
        elif kind == "situations":
            self._hear_situations(message)
        elif kind == "violation":
            scenario = self._scenario(bytes.fromhex(message["data"]))
            violations = [messages.violation_from_json(v) for v in message["violations"]]
            number = message["execution"]

            def history(most: int) -> list[Input]:
                recent = worker.slot.recent(most, until=number - 1)
                return [self._scenario(data) for data in reversed(recent)]

            found = self._found(self._totals.executions + number)
            sizes = triage.violations(violations, scenario, found, history)
            if self._enough():
                worker.slot.stop()
            worker.answer({"kind": "judged", "sizes": sizes})
        elif kind == "broken":
            if message.get("of_the_user"):
                raise UsageError(message["error"])
            raise HarnessFailedError(self._broken(message))

    def _hear_situations(self, message: messages.Message) -> None:
        execution = self._totals.executions + message["execution"]
        new = False
        for operation, fault, outcome in message["cells"]:
            cell: Cell = (operation, fault, outcome)
            if cell not in self.result.situations:
                self.result.situations[cell] = execution
                new = True
        data = bytes.fromhex(message["data"])
        if not new or data in self._seeds:
            return
        self._interesting.append(data)
        if self._cache is not None:
            self.result.kept_inputs += self._cache.add(data)

    def _broken(self, message: messages.Message) -> str:
        """Keep the input on which the harness failed; return a sentence about it."""
        path = self._config.findings / f"harness-failed-{os.getpid()}.input"
        write_input(path, self._config.target, bytes.fromhex(message["data"]))
        trace = self._config.findings / f"harness-failed-{os.getpid()}.txt"
        trace.write_text(message["traceback"], encoding="utf-8", errors="backslashreplace")
        encoder = self._config.encoder
        who = "the harness itself"
        if not encoder_packages(encoder)[0].startswith(CLEAN_ENCODER):
            who = f"the harness, or the adapter of {encoder},"
        return (
            f"{who} failed, so this campaign says nothing: {message['error']} "
            f"(input: {path}, traceback: {trace})"
        )

    def _scenario(self, data: bytes) -> Input:
        return self._target.over_memory(self._target.decode(data), self._config.memory)

    def _found(self, execution: int) -> dict[str, Any]:
        config = self._config
        return {
            "engine": config.engine,
            "seed": config.seed,
            "execution": execution,
            "python": platform.python_version(),
            "timeout": config.timeout,
        }

    # What people see

    def _late(self) -> bool:
        """Return whether the time for searching, and that for shrinking, is up."""
        seconds = self._config.seconds
        if seconds is None:
            return False
        more = min(max(seconds * LATE_SHARE, LEAST_LATE_SECONDS), MOST_LATE_SECONDS)
        return self._elapsed() > seconds + more

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _announce(self, kept: Kept) -> None:
        self._reporter.finding(kept.finding, kept.path, fresh=kept.fresh)

    def _shrinking(self, group: str | None) -> None:
        self._activity = f"shrinking {group}" if group is not None else ""

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < POLL_SECONDS:
            return
        self._shown = now
        executions, fired = self._totals.executions, self._totals.fired
        if self._worker is not None:
            state = self._worker.slot.read()
            executions, fired = executions + state.executions, fired + state.faults_fired
            self._note_coverage(self._worker)
        result = self.result
        self._reporter.progress(
            Progress(
                executions=executions,
                seconds=self._elapsed(),
                per_second=self._speed.at(now, executions),
                coverage=result.coverage,
                corpus=result.corpus or len(self._seeds) + len(self._interesting),
                situations=len(result.situations),
                faults_fired=fired,
                findings=len(result.findings),
                activity=self._activity,
            )
        )
