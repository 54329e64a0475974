"""The parent of a sweep, which owns its plan, its state and its findings.

The plan lists the programs, each with its trace and the number of its variations. A *slice* is some
of these, spread over the program. The slices are in an order whose every beginning is an even
sample of the whole, so a frequent breach shows early. Several threads each ask a judge process for
one slice after another; the judge forks, so an encoder that dies takes only its slice with it. The
results are merged in that order, whatever comes first, so any number of jobs gives the same result.

If a slice dies or takes too long, it is run in parts: the variations before the one during which it
ended, that one alone, and those after it. Only a variation that ends its process alone counts as
guilty.

After each slice that is merged, everything until then is in the state (``sweep_state``), so that
``resume`` goes on from there.
"""

from __future__ import annotations

import platform
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import local
from typing import Any, Protocol

from ..targets import Input, Target, Variations, measure
from . import messages
from .children import compile_packages
from .config import CampaignConfig, CampaignResult, Kept, StopRequest, Unsettled
from .failures import (
    CampaignError,
    EnvironmentFailedError,
    ProvedNothingError,
    UsageError,
    sentence,
)
from .figures import count, plural
from .finding import Finding
from .findings import FindingStore, keep_unjudged
from .judge import (
    TIMEOUT_GROUP,
    Judge,
    JudgeDiedError,
    Judges,
    JudgingCancelledError,
    TraceError,
)
from .outcomes import Unsettling
from .progress import Speed
from .sweep_config import PlannedProgram, SweepConfig, SweepProgress, SweepResult
from .sweep_state import SweepState, state_key, state_path
from .targets import UnknownNameError, check_encoder, find_memory, find_target
from .triage import Triage

SLICE = 256
"""The fewest variations of a slice, unless a program has fewer: some tenths of a second."""
TRACED_TOGETHER = 32
"""How many programs are traced in one process, unless one of them ends it."""
GOLDEN_RATIO = 0.6180339887498949
MOST_SLICES = 64
"""The most slices of one program. Each slice has to make the list of its variations again."""
AHEAD = 4
"""For each job, how many slices are asked for before the first of them is merged."""
SAVE_SECONDS = 5.0
"""How often the state is written, at most."""
MOST_DEATHS = 50
"""The sweep ends after so many variations that ended their process."""
WAIT_SECONDS = 0.1
SPEED_SECONDS = 60.0
"""The time over which the speed is measured. Executions are counted when their slice has ended."""


class SweepReporter(Protocol):
    """Receives reports while a sweep runs."""

    def planned(self, result: SweepResult) -> None:
        """Report the plan, before the first execution."""

    def swept(self, progress: SweepProgress) -> None:
        """Report the progress, some ten times a second."""

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Report a finding on disk."""

    def note(self, sentence: str) -> None:
        """Report a sentence for people."""


def run_sweep(
    config: SweepConfig, reporter: SweepReporter, stop: StopRequest | None = None
) -> SweepResult:
    """Run a sweep to its end; ``stop`` ends it earlier, and ``resume`` goes on with it.

    Raises:
        CampaignError: If the sweep could not do its work.
    """
    stop = stop or StopRequest()
    _check(config.campaign, stop)
    sweep = _Sweep(config, reporter, stop)
    try:
        return sweep.run()
    except CampaignError as error:
        sweep.result.campaign.failed = True
        error.result = sweep.result
        raise
    except OSError as error:
        failure = EnvironmentFailedError(f"the sweep cannot go on: {sentence(error)}")
        sweep.result.campaign.failed = True
        failure.result = sweep.result
        raise failure from error


def _check(config: CampaignConfig, stop: StopRequest) -> None:
    try:
        target = find_target(config.target)
        check_encoder(config.encoder, target, lambda: stop.times > 0)
        if config.memory is not None:
            find_memory(config.memory, target, lambda: stop.times > 0)
    except UnknownNameError as error:
        raise UsageError(str(error)) from error


class _Sweep:
    def __init__(self, config: SweepConfig, reporter: SweepReporter, stop: StopRequest) -> None:
        self._config = config
        self._target: Target = find_target(config.campaign.target)
        self._reporter = reporter
        self._stop = stop
        self._ending = False
        self.result = SweepResult(CampaignResult(config.campaign))
        self._tries: Counter[str] = Counter()
        self._activity = ""
        self._speed = Speed(SPEED_SECONDS)
        self._started = time.monotonic()
        self._before = 0.0
        """Seconds that the earlier sweep took."""
        self._shown = 0.0
        self._last: tuple[PlannedProgram, Variations] | None = None
        self._untraced: list[tuple[TraceError, list[Input]]] = []
        """Programs that ended their process, together or alone, while they were counted."""

    def run(self) -> SweepResult:
        config, result = self._config, self.result
        FindingStore(
            config.campaign.findings, config.campaign.target, config.campaign.encoder
        ).check_writable()
        compile_packages()
        with Judges(
            timeout=config.campaign.timeout,
            memory_limit=config.campaign.memory_limit,
            cancelled=lambda: self._stop.times > 0,
            waiting=self._show,
        ) as judges:
            triage = Triage(
                config.campaign,
                result.campaign,
                judges,
                announce=self._announce,
                shrinking=self._shrinking,
                note=self._reporter.note,
            )
            try:
                self._sweep(judges.of(config.campaign.target), triage)
            except JudgingCancelledError:
                pass
            except JudgeDiedError as error:
                path = keep_unjudged(
                    config.campaign.findings, config.campaign.encoder, error.target, error.scenario
                )
                raise EnvironmentFailedError(f"{error} (input: {path})") from error
            finally:
                self._ending = True
                result.campaign.interrupted = self._stop.times > 0
                result.campaign.judged = judges.asked
                result.campaign.seconds = self._elapsed()
        self._note_undone()
        return result

    def _sweep(self, judge: Judge, triage: Triage) -> None:
        findings, encoder = self._config.campaign.findings, self._config.campaign.encoder
        plan = self._plan(judge)
        slices = _slices(plan)
        key = state_key(self._config, judge.code(encoder), plan)
        state = SweepState(state_path(findings, key), key)
        done = self._resume(state) if self._config.resume else 0
        self._reporter.planned(self.result)
        state.note(done, self.result, self._elapsed())
        try:
            self._judge_untraced(triage)
            if not self._enough():
                self._run_slices(plan, slices, done, state, triage)
        finally:
            if self.result.complete:
                state.remove()
            elif state.slices or self.result.campaign.unsettled:
                state.note_seen(self.result)
                state.save()

    def _run_slices(
        self,
        plan: list[PlannedProgram],
        slices: list[_Slice],
        done: int,
        state: SweepState,
        triage: Triage,
    ) -> None:
        """Run the slices that are not done, and note the progress after each."""
        saved = time.monotonic()
        with _Pool(self._config, plan, lambda: self._ending or self._stop.times > 0) as pool:
            try:
                for one, parts in pool.run(slices[done:], self._wait):
                    for part in parts:
                        self._merge(plan[one.program], part, triage)
                        if self._enough():
                            # Perhaps in the middle of a slice: it is done again as a whole.
                            return
                    done += 1
                    state.note(done, self.result, self._elapsed())
                    if self._has_run_enough():
                        break
                    if time.monotonic() - saved > SAVE_SECONDS:
                        state.save()
                        saved = time.monotonic()
                triage.reconsider()
            finally:
                self._ending = True

    # The plan

    def _plan(self, judge: Judge) -> list[PlannedProgram]:
        """Trace each program, and count its variations."""
        config, result, target = self._config, self.result, self._target
        memory = config.campaign.memory
        programs = [
            target.over_memory(target.without_faults(one), memory) for one in config.programs
        ]
        programs = list(dict.fromkeys(programs))
        plan: list[PlannedProgram] = []
        for start in range(0, len(programs), TRACED_TOGETHER):
            self._activity = f"counting: {start + 1} of {plural(len(programs), 'program')}"
            self._show()
            batch = programs[start : start + TRACED_TOGETHER]
            for scenario, trace in zip(batch, self._traces(judge, batch), strict=True):
                if trace is None:
                    plan.append(PlannedProgram(scenario, None, 1))
                    continue
                variations = _variations(target, scenario, trace, config)
                result.impossible.update(variations.impossible)
                result.left_out.update(variations.left_out)
                plan.append(PlannedProgram(scenario, trace, variations.count))
        self._activity = ""
        if not plan:
            raise ProvedNothingError("there is no program to sweep")
        result.programs = len(plan)
        result.planned = sum(program.count for program in plan)
        # The campaign is reproducible if it makes all of these executions.
        result.campaign.config = replace(config.campaign, runs=result.planned)
        result.campaign.seeds = result.campaign.corpus = len(plan)
        return plan

    def _traces(self, judge: Judge, programs: list[Input]) -> list[messages.Message | None]:
        """Return the trace of each program; None for one that ends its process or never ends."""
        try:
            traces = judge.traces(self._config.campaign.encoder, programs)
        except TraceError as error:
            if len(programs) == 1:
                self._untraced.append((error, programs))
                return [None]
            each = [trace for one in programs for trace in self._traces(judge, [one])]
            if None not in each and not error.hung:
                # Only one after the other they end their process, or they do not do it again. All
                # together they may take too long although each is quick enough.
                self._untraced.append((error, programs))
            return each
        if None in traces:
            raise UsageError(f"the inputs of {self._target.name} have no faults to sweep")
        return traces

    def _resume(self, state: SweepState) -> int:
        """Continue with the state of an earlier sweep; return the number of its finished slices."""
        found = state.load()
        if found is None:
            self._reporter.note(
                "there is no earlier sweep to continue, so this one starts from the beginning"
            )
            return 0
        result, campaign = self.result, self.result.campaign
        campaign.executions = result.resumed = found.executions
        campaign.faults_fired, result.idle = found.acted, found.idle
        result.breaches, campaign.worker_deaths = found.breaches, found.deaths
        campaign.situations.update(found.situations)
        campaign.findings.update(found.findings)
        campaign.unsettled += found.unsettled
        campaign.not_counted.update(found.not_counted)
        self._before = found.seconds
        return found.slices

    def _judge_untraced(self, triage: Triage) -> None:
        """Let the deaths of processes that counted moments be confirmed."""
        for error, programs in self._untraced:
            before = programs[:-1]

            def history(most: int, before: list[Input] = before) -> list[Input]:
                return before[max(0, len(before) - most) :]

            triage.death(error.how, error.hung, programs[-1], self._found(0), history)

    # Results

    def _merge(self, program: PlannedProgram, part: messages.Message, triage: Triage) -> None:
        """Count a part of a slice, and let its breaches be confirmed."""
        result, campaign = self.result, self.result.campaign
        if program.trace is None:
            # It ended its process without a fault, and was judged for that.
            campaign.executions += 1
            return
        variations = self._made(program)

        def history(at: int) -> Callable[[int], list[Input]]:
            before = range(*part["indices"])
            before = before[: before.index(at)]
            return lambda most: [variations.make(n) for n in before[max(0, len(before) - most) :]]

        if "how" in part:
            at = int(part["at"])
            campaign.executions += bool(part["counts"])
            campaign.worker_deaths += 1
            campaign.timed_out |= bool(part["hung"])
            found = self._found(at) | {"stderr": part["stderr"]}
            triage.death(part["how"], part["hung"], variations.make(at), found, history(at))
            if campaign.worker_deaths >= MOST_DEATHS:
                campaign.gave_up = f"{campaign.worker_deaths} executions ended their process"
                self._reporter.note(f"{campaign.gave_up}: the sweep ends here")
            return
        broken = [(at, messages.violation_from_json(told)) for at, told in part["broken"]]
        campaign.executions += part["tried"]
        campaign.faults_fired += part["acted"]
        result.idle += part["tried"] - part["acted"]
        result.breaches += len(broken) + sum(part["alike"].values())
        for operation, fault, outcome in part["situations"]:
            campaign.situations.setdefault((operation, fault, outcome), campaign.executions)
        for at, violation in broken:
            scenario = variations.make(at)
            if self._worth_judging(violation.group, scenario):
                triage.violations([violation], scenario, self._found(at), history(at))
                if self._enough():
                    return

    def _made(self, program: PlannedProgram) -> Variations:
        """Return the variations of a program; those of the last one are kept."""
        if self._last is None or self._last[0] is not program:
            assert program.trace is not None
            made = _variations(self._target, program.scenario, program.trace, self._config)
            self._last = program, made
        return self._last[1]

    def _worth_judging(self, group: str, scenario: Input) -> bool:
        """Return whether a breach may make a new or simpler finding; an old one is tried seldom."""
        self._tries[group] += 1
        if group in self.result.campaign.not_counted:
            return self._tries[group].bit_count() == 1
        kept = self.result.campaign.findings.get(group)
        if kept is None:
            # As in a campaign, unconfirmed groups are not muted; but there may be thousands.
            return self._tries[group] <= 64 or self._tries[group].bit_count() == 1
        if kept.finding.target != self._target.name:
            return self._tries[group].bit_count() == 1
        return measure(self._target, scenario) < measure(self._target, kept.finding.scenario)

    def _enough(self) -> bool:
        campaign, most = self.result.campaign, self._config.campaign.max_findings
        if most is not None and len(campaign.findings) >= most and campaign.gave_up is None:
            campaign.gave_up = f"the requested number of findings was reached: {most}"
        return campaign.gave_up is not None or self._stop.times > 0

    def _has_run_enough(self) -> bool:
        campaign, runs = self.result.campaign, self._config.runs
        if runs is None or self.result.complete or campaign.executions < runs:
            return False
        campaign.gave_up = f"the requested number of executions was reached: {runs}"
        return True

    def _note_undone(self) -> None:
        """Note executions that were not made as unsettled, unless the sweep was interrupted."""
        result, campaign = self.result, self.result.campaign
        if campaign.interrupted or campaign.findings or result.complete:
            return
        asked = f"{count(campaign.executions)} of {plural(result.planned, 'execution')}"
        what = f"the sweep ended after {asked}: {campaign.gave_up}"
        campaign.unsettled.append(Unsettled(Unsettling.EXECUTIONS, what))

    def _found(self, at: int) -> dict[str, Any]:
        return {
            "engine": "sweep",
            "variation": at,
            "execution": self.result.campaign.executions,
            "python": platform.python_version(),
            "timeout": self._config.campaign.timeout,
        }

    # Output for people

    def _elapsed(self) -> float:
        return self._before + time.monotonic() - self._started

    def _announce(self, kept: Kept) -> None:
        self._reporter.finding(kept.finding, kept.path, fresh=kept.fresh)

    def _shrinking(self, group: str | None) -> None:
        self._activity = f"shrinking {group}" if group is not None else ""

    def _wait(self) -> None:
        """Report the progress; called while slices are awaited."""
        if self._stop.times:
            raise JudgingCancelledError
        self._show()

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < WAIT_SECONDS:
            return
        self._shown = now
        campaign = self.result.campaign
        progress = SweepProgress(
            executions=campaign.executions,
            planned=self.result.planned,
            seconds=self._elapsed(),
            per_second=self._speed.at(now, campaign.executions),
            findings=len(campaign.findings),
            activity=self._activity,
        )
        self._reporter.swept(progress)


def _variations(
    target: Target, scenario: Input, trace: dict[str, Any], config: SweepConfig
) -> Variations:
    return target.variations(scenario, trace, config.scope, everything=config.everything)


@dataclass(frozen=True, slots=True)
class _Slice:
    """Some variations of one program, evenly spread."""

    program: int
    indices: range


def _slices(plan: Sequence[PlannedProgram]) -> list[_Slice]:
    """Return all slices, in an order of which each beginning is an even sample of the sweep."""
    placed: list[tuple[float, _Slice]] = []
    for number, program in enumerate(plan):
        size = max(SLICE, -(-program.count // MOST_SLICES))
        count = -(-program.count // size)
        # Multiples of the golden ratio lie evenly between 0 and 1, however many programs there are.
        start = number * GOLDEN_RATIO % 1
        placed += [
            ((part + start) / count, _Slice(number, range(part, program.count, count)))
            for part in range(count)
        ]
    placed.sort(key=lambda entry: entry[0])
    return [one for _, one in placed]


class _Pool:
    """Threads that ask a judge each, in the order of the slices."""

    def __init__(
        self, config: SweepConfig, plan: Sequence[PlannedProgram], cancelled: Callable[[], bool]
    ) -> None:
        self._config = config
        self._plan = plan
        self._cancelled = cancelled
        self._threads = ThreadPoolExecutor(config.jobs)
        self._own = local()
        self._judges: list[Judge] = []

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *raised: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for judge in self._judges:
            judge.close()

    def run(
        self, slices: Sequence[_Slice], waiting: Callable[[], None]
    ) -> Iterator[tuple[_Slice, list[messages.Message]]]:
        """Yield each slice with its parts, in order; ``waiting`` is called meanwhile."""
        asked: deque[tuple[_Slice, Future[list[messages.Message]]]] = deque()
        left = iter(slices)
        while True:
            while len(asked) < AHEAD * self._config.jobs:
                one = next(left, None)
                if one is None:
                    break
                asked.append((one, self._threads.submit(self._swept, one)))
            if not asked:
                return
            one, future = asked.popleft()
            while not future.done():
                waiting()
                _settle(future)
            yield one, future.result()

    def _judge(self) -> Judge:
        judge: Judge | None = getattr(self._own, "judge", None)
        if judge is None:
            campaign = self._config.campaign
            judge = self._own.judge = Judge(
                campaign.target,
                timeout=campaign.timeout,
                memory_limit=campaign.memory_limit,
                cancelled=self._cancelled,
            )
            self._judges.append(judge)
        return judge

    def _swept(self, whole: _Slice) -> list[messages.Message]:
        """Return the parts of a slice: one, unless its process died or hung."""
        program, encoder = self._plan[whole.program], self._config.campaign.encoder
        if program.trace is None:
            return [{}]
        parts: list[messages.Message] = []
        every = (whole.indices.start, whole.indices.stop, whole.indices.step)
        waiting = [(whole.indices, "")]
        deaths = 0
        while waiting and deaths < MOST_DEATHS:
            indices, died = waiting.pop()
            request = {
                "trace": program.trace,
                "scope": self._config.scope.value,
                "everything": self._config.everything,
                "indices": (indices.start, indices.stop, indices.step),
            }
            reply = self._judge().sweep(encoder, program.scenario, request, len(indices))
            if "swept" in reply:
                parts.append(reply["swept"] | {"indices": every})
                if died:
                    # The variation is harmless alone: those before it have a share in its end.
                    parts.append(_death(died, reply, indices[0], every, counts=False))
                    deaths += 1
                continue
            how = TIMEOUT_GROUP if "hung" in reply else str(reply["died"])
            at = int(reply["at"])
            if len(indices) == 1:
                parts.append(_death(how, reply, at, every, counts=True))
                deaths += 1
                continue
            # A slice may take too long although each of its variations is quick enough.
            is_slow = "hung" in reply and reply["seconds"] < self._config.campaign.timeout
            blamed = "" if is_slow else how
            place = indices.index(at)
            rest = [
                (indices[:place], ""),
                (indices[place : place + 1], blamed),
                (indices[place + 1 :], ""),
            ]
            waiting += [one for one in reversed(rest) if one[0]]
        return parts


def _death(
    how: str, reply: messages.Message, at: int, indices: tuple[int, int, int], *, counts: bool
) -> messages.Message:
    return {
        "how": how,
        "hung": how == TIMEOUT_GROUP,
        "stderr": reply.get("stderr", ""),
        "at": at,
        "indices": indices,
        "counts": counts,
    }


def _settle(future: Future[list[messages.Message]]) -> None:
    """Wait a little for a result."""
    try:
        future.exception(WAIT_SECONDS)
    except TimeoutError:
        return
