"""The parent of a campaign, which owns corpus, findings, deadlines and signals.

It divides the campaign into epochs and shards (``shards``), lets a pool run them, and reads their
reports in the order of the shards. Everything that must survive a crash is here, and nothing here
runs the encoder under test.

With a number of executions and no time limit, the same configuration gives the same executions
and findings with any number of jobs, if addresses are the same. Three rules ensure this: A shard
depends only on the state at the begin of its epoch. Reports count in the order of the shards; a
campaign that ends early has done some shards and a part of the next one, and whatever later
shards did does not count. Judging is bounded by executions, not by time. If a worker dies, the
rest of its shard begins without the input that killed it.
"""

from __future__ import annotations

import os
import platform
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..engines import Cell, engines
from ..optional import RAY
from ..ownership import OwnedFolder
from ..targets import Input, inputs_of
from . import messages
from .cache import Cache
from .children import compile_packages
from .config import CampaignConfig, CampaignResult, Epoch, Kept, StopRequest, Unsettled
from .corpus import read_corpus, write_input
from .failures import (
    CampaignError,
    EnvironmentFailedError,
    HarnessFailedError,
    ProvedNothingError,
    UsageError,
    sentence,
)
from .features import counters_of
from .figures import count, plural
from .findings import FindingStore, keep_unjudged
from .judge import JudgeDiedError, Judges, JudgingCancelledError
from .knowledge import Knowledge, PresentEpoch
from .local import LocalPool
from .on_ray import RayPool
from .outcomes import Unsettling
from .pool import Ended, Pool, Run
from .progress import Progress, Quiet, Reporter, Speed
from .shards import Job, Shard, epoch_sizes, shard_seed
from .state import (
    load_state,
    restore_result,
    result_to_json,
    save_state,
    state_path,
    with_unsettled,
)
from .targets import (
    CLEAN_ENCODER,
    LOAD_SECONDS,
    UnknownNameError,
    check_encoder,
    encoder_packages,
    find_memory,
    find_target,
    seconds_of_one,
)
from .triage import Triage
from .worker import worth_judging

ON_RAY = "ray"
PLACES = ("local", ON_RAY)
"""Where the shards of a campaign can run."""
POLL_SECONDS = 0.1
SAVE_SECONDS = 5.0
"""How often the state is written, at most."""
LATE_SHARE = 0.1
"""The share of its time that a campaign may add to shrink findings and to search for sequences."""
LEAST_LATE_SECONDS = 2.0
MOST_LATE_SECONDS = 60.0
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
    if config.runs is None and config.seconds is None and not config.until_stale:
        raise UsageError(
            "a campaign needs a number of executions, a time, or an end if it is stale"
        )
    known = engines()
    if config.engine not in known:
        raise UsageError(f"no engine named {config.engine!r}; there is {', '.join(known)}")
    if config.on not in PLACES:
        raise UsageError(f"no place named {config.on!r}; there is {', '.join(PLACES)}")
    if config.on == ON_RAY and not RAY.is_installed:
        raise UsageError(RAY.sentence)
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


def _pool(config: CampaignConfig, scratch: Path) -> Pool:
    """Return the places for the shards of a campaign."""
    job = Job(
        target=config.target,
        encoder=config.encoder,
        engine=config.engine,
        packages=encoder_packages(config.encoder),
        memory=config.memory,
        memory_limit=config.memory_limit,
        timeout=seconds_of_one(config.encoder, config.timeout),
        load_seconds=LOAD_SECONDS,
    )
    if config.on == ON_RAY:
        return RayPool(job, config.jobs, config.address)
    return LocalPool(job, config.jobs, scratch)


def _is_stale(epochs: Sequence[Epoch]) -> bool:
    """Return whether the last epoch reached and found nothing new."""
    if len(epochs) < 2:
        return False
    before, last = epochs[-2:]
    return (before.coverage, before.situations, before.findings) == (
        last.coverage,
        last.situations,
        last.findings,
    )


class _Campaign:
    def __init__(
        self, config: CampaignConfig, reporter: Reporter, stop: StopRequest, scratch: Path
    ) -> None:
        self._config = config
        self._target = find_target(config.target)
        self._reporter = reporter
        self._stop = stop
        self.result = CampaignResult(config)
        self._store = FindingStore(config.findings, config.target, config.encoder)
        self._cache = Cache(config.cache, config.target) if config.cache is not None else None
        self._corpus: list[bytes] = []
        """The seeds without those of the cache."""
        self._known = Knowledge()
        self._pool = _pool(config, scratch)
        self._runs: deque[Run] = deque()
        """The shards of the present epoch that are not settled; the first one is being read."""
        self._state: dict[str, Any] | None = None
        """The state after the last complete shard, or at the beginning, as data."""
        self._complete_shards = 0
        self._unsettled_on_disk = 0
        self._saved = time.monotonic()
        self._judged_before = 0
        self._began = False
        """Whether the clock of the campaign runs: the time for the first start does not count."""
        self._before = 0.0
        """Seconds of the campaign before it was resumed."""
        self._stopped = False
        """Whether the shards were asked to end, so that they may be incomplete."""
        self._newest: Cell | None = None
        self._activity = ""
        self._speed = Speed()
        self._started = time.monotonic()
        self._shown = 0.0

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
            waiting=self._while_judging,
        )
        with judges:
            triage = Triage(
                config,
                result,
                judges,
                announce=self._announce,
                shrinking=self._shrinking,
                note=self._reporter.note,
                late=self._late,
            )
            state = self._resumed()
            if state is not None:
                self._restore(state, triage)
            self._note_state(triage, judges, complete=0)
            try:
                while not self._enough():
                    self._run_epoch(triage, judges)
                self._check_code(judges)
            except JudgingCancelledError:
                pass
            except JudgeDiedError as error:
                path = keep_unjudged(config.findings, config.encoder, error.target, error.scenario)
                raise EnvironmentFailedError(f"{error} (input: {path})") from error
            finally:
                self._pool.close()
                self._count_unread()
                result.interrupted = self._stop.times > 0
                result.judged = self._judged_before + judges.asked
                result.executions = self._known.totals.executions
                result.faults_fired = self._known.totals.fired
                result.fallbacks = self._known.totals.fallbacks
                result.corpus = self._corpus_size
                result.seeds_left = len(self._known.unrun)
                result.seconds = self._elapsed()
                self._note_undone()
                self._save()
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
        self._corpus = list(seeds)
        if self._cache is not None:
            seeds += self._cache.open()
            if self._cache.skipped:
                self._reporter.note(
                    f"inputs in {self._cache.folder} written for another version of the decoder, "
                    f"left alone and not used: {self._cache.skipped}; "
                    f"'capnsafe corpus minimize' converts them"
                )
        self._known.seeds = list(dict.fromkeys(seeds))
        self.result.seeds = len(self._known.seeds)
        self._known.unrun = set(self._known.seeds)

    def _note_undone(self) -> None:
        """Note undone work as unsettled, unless the campaign was interrupted."""
        config, result = self._config, self.result
        for one in result.unsettled:
            # What an interrupted shard saw may not have happened again.
            one.times = max(1, one.times)
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
        unrun, seeds = len(self._known.unrun), len(self._known.seeds)
        if unrun and not by_number and not result.findings:
            self._unsettle(
                Unsettling.SEEDS, f"{count(unrun)} of {plural(seeds, 'seed')} did not run"
            )

    def _unsettle(self, kind: Unsettling, sentence: str) -> None:
        self.result.unsettled.append(Unsettled(kind, sentence))

    def _check_code(self, judges: Judges) -> None:
        """Note as unsettled if the judge loaded other code of the encoder than the workers did."""
        if judges.asked and not self._stop.times:
            self._compare_code(judges.of(self._config.target).code(self._config.encoder))

    def _compare_code(self, code: dict[str, str]) -> None:
        changed = sorted(
            name for name in code if code[name] != self._known.code.get(name, code[name])
        )
        if changed and all(one.kind is not Unsettling.CODE for one in self.result.unsettled):
            self._unsettle(
                Unsettling.CODE, f"{', '.join(changed)}: the code changed while it was tested"
            )
        self._known.code = code | self._known.code

    # State on disk

    def _resumed(self) -> dict[str, Any] | None:
        """Return the state to resume; None to start from the beginning."""
        if not self._config.resumable:
            return None
        path = self.result.state_file = state_path(self._config, self._corpus)
        state = load_state(path) if self._config.resume else None
        if self._config.resume and state is None:
            self._reporter.note(
                "there is no state of this campaign to continue, so it starts from the beginning"
            )
        return state

    def _note_state(self, triage: Triage, judges: Judges, *, complete: int = 1) -> None:
        """Note the state after a complete shard; write it, unless that was done just now."""
        if self.result.state_file is None:
            return
        self._complete_shards += complete
        self._state = {
            **self._known.to_json(),
            "seconds": self._elapsed(),
            "judged": self._judged_before + judges.asked,
            "triage": triage.to_json(),
            "result": result_to_json(self.result),
        }
        if complete and time.monotonic() - self._saved > SAVE_SECONDS:
            self._save()

    def _save_unsettled(self) -> None:
        """Write the state if something unsettled is new, because it may not happen again."""
        if len(self.result.unsettled) != self._unsettled_on_disk:
            self._save()

    def _save(self) -> None:
        if self._state is None or self.result.state_file is None:
            return
        self._unsettled_on_disk = len(self.result.unsettled)
        result = with_unsettled(self._state["result"], self.result)
        if not self._complete_shards and not result["unsettled"]:
            return
        # The second is for people: the page of a campaign that was killed is made from it.
        told = {"result": result, "campaign": self.result.to_json()}
        save_state(self.result.state_file, self._state | told)
        self._saved = time.monotonic()

    def _restore(self, state: dict[str, Any], triage: Triage) -> None:
        self._known = Knowledge.from_json(state)
        self._before = state["seconds"]
        self._judged_before = state["judged"]
        triage.restore(state["triage"])
        restore_result(self.result, state["result"])
        self.result.seeds = len(self._known.seeds)
        self._complete_shards = 1
        self._unsettled_on_disk = len(self.result.unsettled)

    # Epochs and shards

    def _enough(self) -> bool:
        """Return whether nothing more is to be run."""
        config, result = self._config, self.result
        if self._stop.times or result.gave_up is not None:
            return True
        if config.max_findings is not None and len(result.findings) >= config.max_findings:
            result.gave_up = f"the requested number of findings was reached: {len(result.findings)}"
            return True
        if config.runs is not None and self._known.totals.executions >= config.runs:
            return True
        return self._out_of_time()

    def _out_of_time(self) -> bool:
        """Return whether the time of the campaign is over."""
        seconds = self._config.seconds
        return seconds is not None and self._began and self._elapsed() >= seconds

    def _run_epoch(self, triage: Triage, judges: Judges) -> None:
        """Run the shards of an epoch, or the rest of one, and read their reports in order."""
        config, result = self._config, self.result
        epoch = self._known.epoch or self._next_epoch(triage)
        self._known.epoch = epoch
        left = None if config.runs is None else config.runs - epoch.done
        sizes = epoch_sizes(epoch.done, left, len(self._known.seeds))
        seeds = tuple(data for data in self._known.seeds if data not in epoch.killers)
        kept = [data for data in islice(self._known.kept, epoch.kept) if data not in epoch.killers]
        known = (cell for cell, first in result.situations.items() if first <= epoch.done)
        covered = (one for one, first in self._known.covered.items() if first <= epoch.done)
        every = Shard(0, 0, seeds, tuple(kept), frozenset(known), frozenset(covered), epoch.sizes)
        for index in range(epoch.settled, len(sizes)):
            seed = shard_seed(config.seed, epoch.number, index, 0)
            self._runs.append(self._pool.submit(replace(every, seed=seed, runs=sizes[index])))
        whole = True
        while whole and epoch.settled < len(sizes):
            whole = self._settle_shard(epoch, triage) and not self._stopped
            epoch.settled += 1
            if whole and epoch.settled < len(sizes):
                self._note_state(triage, judges)
        result.epochs.append(
            Epoch(
                shards=len(sizes),
                executions=self._known.totals.executions,
                coverage=result.coverage,
                situations=len(result.situations),
                corpus=self._corpus_size,
                findings=len(result.findings),
                seconds=self._elapsed(),
            )
        )
        if whole:
            self._known.epoch = None
            self._note_state(triage, judges)
            if config.until_stale and _is_stale(result.epochs):
                result.gave_up = (
                    f"the last {plural(self._known.totals.executions - epoch.done, 'execution')} "
                    "reached and found nothing new"
                )
                self._reporter.note(f"{result.gave_up}: the campaign ends here")

    def _next_epoch(self, triage: Triage) -> PresentEpoch:
        return PresentEpoch(
            number=len(self.result.epochs),
            done=self._known.totals.executions,
            kept=len(self._known.kept),
            killers=frozenset(self._known.killers),
            sizes=tuple(sorted(triage.sizes.items())),
        )

    def _settle_shard(self, epoch: PresentEpoch, triage: Triage) -> bool:
        """Read the reports of a shard and of the attempts after it died.

        Returns whether the next shard counts, too.
        """
        attempt = 0
        while True:
            run = self._runs[0]
            ended = self._read(run, triage)
            if ended is None:
                return False
            died = not ended.done
            if not self._stop.times:
                triage.reconsider()
                if not died:
                    self._note_end(ended)
            self._runs.popleft()
            self._count(run, ended)
            if self._stop.times > 1:
                return False
            if not died:
                return True
            if not self._stop.times:
                self._mourn(ended, triage)
                self._save_unsettled()
            left = run.shard.runs - ended.state.executions
            if self.result.gave_up is not None:
                self._runs.clear()
                return False
            if self._enough() or left <= 0:
                return True
            attempt += 1
            seed = shard_seed(self._config.seed, epoch.number, epoch.settled, attempt)
            rest = run.shard.after_death(
                seed, ended.state.executions, frozenset(self._known.killers)
            )
            self._runs.appendleft(self._pool.submit(rest, first=True))

    def _read(self, run: Run, triage: Triage) -> Ended | None:
        """Read the reports of a shard until it ends; None if the campaign ends before that."""
        while True:
            while run.messages:
                message = run.take()
                self._hear(message, run, triage)
                self._save_unsettled()
                if self._full:
                    # Executions of the shards after this report do not count.
                    self._known.totals.add(
                        message["execution"], message["fired"], message["fallbacks"]
                    )
                    self._runs.clear()
                    return None
            if run.ended is not None:
                return run.ended
            if self._enough():
                self._end_shards()
            if self._stop.times > 1:
                return None
            self._pump(POLL_SECONDS)
            self._show()

    @property
    def _full(self) -> bool:
        """Return whether there are as many findings as were requested."""
        most = self._config.max_findings
        return most is not None and len(self.result.findings) >= most

    def _pump(self, seconds: float) -> None:
        self._pool.pump(seconds)
        if self._pool.began and not self._began:
            self._began = True
            # The time for the start does not count.
            self._started = time.monotonic()
        for code in self._pool.codes():
            self._compare_code(dict(code))

    def _while_judging(self) -> None:
        self._pump(0)
        if self._out_of_time():
            # The workers must not go on until every finding is shrunk.
            self._end_shards()
        self._show()

    def _end_shards(self) -> None:
        """Let each worker end after its present execution."""
        self._stopped = True
        self._pool.stop()

    def _count(self, run: Run, ended: Ended) -> None:
        """Add the counts of a shard that has ended."""
        state = ended.state
        self._known.totals.add(state.executions, state.faults_fired, state.fallbacks)
        if self._known.unrun:
            all_ran = state.executions and not state.seeds_left and not run.shard.kept
            self._known.unrun -= set(run.shard.seeds if all_ran else run.recent())
        self._note_coverage(run)

    def _count_unread(self) -> None:
        """Count the executions of shards whose reports are not read, because a signal came."""
        for run in self._runs:
            if run.ended is not None:
                self._count(run, run.ended)
        self._runs.clear()

    def _note_end(self, ended: Ended) -> None:
        """Note as unsettled that a worker failed after its last execution, outside any scenario."""
        if ended.how is not None:
            self.result.worker_deaths += 1
            self._unsettle(
                Unsettling.DEATH,
                f"a worker ended by {ended.how} after its last execution: "
                "finalizers, exit handlers or threads of the encoder did that",
            )

    def _note_coverage(self, run: Run) -> None:
        if run.coverage is not None:
            self.result.coverage = max(run.coverage, self.result.coverage or 0)

    @property
    def _corpus_size(self) -> int:
        return len(self._known.kept.keys() | set(self._known.seeds))

    def _mourn(self, death: Ended, triage: Triage) -> None:
        """Judge the input of a worker that died, so that the next one goes on without it.

        If that input is harmless, an earlier one may be guilty: a worker notices damage to its
        pipes only when it uses them.
        """
        if not death.state.executions:
            last = death.stderr.strip().rpartition("\n")[2]
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
        self._known.killers |= {death.recent[ago], self._target.encode(suspects[ago])}
        found = self._found(self._known.totals.executions - ago) | {"stderr": death.stderr}
        before = death.recent[ago + 1 :]

        def history(most: int) -> list[Input]:
            return [self._scenario(data) for data in reversed(before[:most])]

        triage.death(str(death.how), death.timed_out, suspects[ago], found, history)
        if result.worker_deaths >= MOST_DEATHS:
            result.gave_up = f"{result.worker_deaths} workers died"
            self._reporter.note(f"{result.worker_deaths} workers died: the campaign ends here")

    # Reports of workers

    def _hear(self, message: messages.Message, run: Run, triage: Triage) -> None:
        kind = message["kind"]
        if kind == "news":
            self._hear_news(message)
        elif kind == "violation":
            self._hear_violations(message, run, triage)
        elif kind == "broken":
            if message.get("of_the_user"):
                raise UsageError(message["error"])
            raise HarnessFailedError(self._broken(message))

    def _hear_violations(self, message: messages.Message, run: Run, triage: Triage) -> None:
        size, tries = tuple(message["size"]), message["tries"]
        violations = [
            violation
            for violation in map(messages.violation_from_json, message["violations"])
            if worth_judging(triage.sizes, violation.group, size, tries)
        ]
        if not violations:
            return
        number = message["execution"]

        def history(most: int) -> list[Input]:
            recent = run.recent(most, until=number - 1)
            return [self._scenario(data) for data in reversed(recent)]

        scenario = self._scenario(bytes.fromhex(message["data"]))
        found = self._found(self._known.totals.executions + number)
        triage.violations(violations, scenario, found, history)

    def _hear_news(self, message: messages.Message) -> None:
        execution = self._known.totals.executions + message["execution"]
        new = False
        for operation, fault, outcome in message["cells"]:
            cell: Cell = (operation, fault, outcome)
            if cell not in self.result.situations:
                self.result.situations[cell] = execution
                self._newest = cell
                new = True
        features = [one for one in message["features"] if one not in self._known.covered]
        if features:
            self._known.covered.update(dict.fromkeys(features, execution))
            self.result.coverage = len(counters_of(self._known.covered))
            new = True
        data = bytes.fromhex(message["data"])
        if not new or data in self._known.kept:
            return
        self._known.kept[data] = None
        if self._cache is not None and data not in self._known.seeds:
            # A campaign that was resumed may have added it before.
            self._cache.add(data)
            self.result.kept_inputs += 1

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

    # Output for people

    def _late(self) -> bool:
        """Return whether the time for searching, and that for shrinking, is up."""
        seconds = self._config.seconds
        if seconds is None:
            return False
        more = min(max(seconds * LATE_SHARE, LEAST_LATE_SECONDS), MOST_LATE_SECONDS)
        return self._elapsed() > seconds + more

    def _elapsed(self) -> float:
        return time.monotonic() - self._started + self._before

    def _announce(self, kept: Kept) -> None:
        self._reporter.finding(kept.finding, kept.path, fresh=kept.fresh)

    def _shrinking(self, group: str | None) -> None:
        self._activity = f"shrinking {group}" if group is not None else ""

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < POLL_SECONDS:
            return
        self._shown = now
        executions, fired = self._known.totals.executions, self._known.totals.fired
        for run in self._runs:
            state = run.state()
            executions, fired = executions + state.executions, fired + state.faults_fired
        if self._runs:
            self._note_coverage(self._runs[0])
        result = self.result
        self._reporter.progress(
            Progress(
                executions=executions,
                seconds=self._elapsed(),
                per_second=self._speed.at(now, executions),
                coverage=result.coverage,
                corpus=self._corpus_size,
                situations=len(result.situations),
                faults_fired=fired,
                findings=len(result.findings),
                activity=self._activity,
                newest=self._newest,
            )
        )
