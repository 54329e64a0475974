"""Triage: from what a worker saw to findings that stand.

What fires in a worker fires in a process that has run a hundred thousand scenarios before. It
becomes a finding when the judge, which runs it in a fresh process and asks every oracle, says that
a promise broke; and, for any encoder but the clean one, when the clean one passes the same
scenario: otherwise the harness is wrong, or the clean encoder is, and both are other news. The
judge's groups are the ones that count.

Each group is confirmed and shrunk once, and again only for a scenario simpler than what is kept.

A scenario that needs two faults for its group may break another promise with one of them already.
Then it is that one which is kept, and the group of two faults does not count: to whoever reads the
findings it is a puzzle that solves itself once the other is understood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..targets import DEFAULT_BUDGET, Input, measure, with_comment
from .config import CampaignConfig, CampaignResult, Kept
from .failures import HarnessFailedError
from .findings import Finding, FindingStore
from .judge import PROCESS, TIMEOUT_GROUP, Judge, Judgement, crash_group, fatal
from .targets import CLEAN_ENCODER, find_target

if TYPE_CHECKING:
    from ..oracles.record import Violation

FATAL_BUDGET = 400
"""Executions to shrink a crash: each that still crashes costs a process."""
MOST_TIMEOUTS = 6
"""Executions that may time out while a timeout is shrunk: each costs the whole timeout."""

Sizes = dict[str, tuple[int, ...] | None]
"""For each group that a worker reported: the sizes of what is kept, None if nothing."""

NEVER_AGAIN = (0,)
"""No scenario is smaller: the worker need not report the group again."""


class Triage:
    """Confirms, groups, shrinks, keeps."""

    def __init__(
        self,
        config: CampaignConfig,
        result: CampaignResult,
        judge: Judge,
        store: FindingStore,
        *,
        announce: Callable[[Kept], None],
        shrinking: Callable[[str | None], None],
        note: Callable[[str], None],
    ) -> None:
        """``shrinking`` is told the group in hand, and None when there is none any more."""
        self._config = config
        self._target = find_target(config.target)
        self._result = result
        self._judge = judge
        self._store = store
        self._announce = announce
        self._shrinking = shrinking
        self._note = note
        self.sizes: Sizes = {}

    def violations(self, groups: Sequence[str], scenario: Input, found: dict[str, Any]) -> Sizes:
        """A worker saw ``groups`` fire; answers what it is to know about them."""
        judged = self._judge.ask(self._config.encoder, scenario)
        kept = [self._consider(group, scenario, found) for group in sorted(judged.groups)]
        for group in groups:
            if not kept:
                counts = self._result.unconfirmed
                counts[group] = counts.get(group, 0) + 1
            self.sizes[group] = min(kept, default=None)
        return {group: self.sizes[group] for group in groups}

    def first_fatal(self, scenarios: Sequence[Input]) -> int | None:
        """The first of some scenarios that takes a process down; None if none of them does.

        Not always in the way in which it took down a worker: what a process may still say depends
        on which one it is.
        """
        asked = (self._judge.ask(self._config.encoder, scenario) for scenario in scenarios)
        return next((at for at, judged in enumerate(asked) if _is_fatal(judged)), None)

    def death(self, how: str, timed_out: bool, scenario: Input, found: dict[str, Any]) -> None:
        """A worker died over ``scenario``."""
        group = TIMEOUT_GROUP if timed_out else crash_group(how)
        judged = self._judge.ask(self._config.encoder, scenario)
        if not _is_fatal(judged):
            counts = self._result.unconfirmed
            counts[group] = counts.get(group, 0) + 1
            if counts[group] == 1:
                self._keep_unconfirmed(group, scenario, found)
        for confirmed in sorted(judged.groups):
            self._consider(confirmed, scenario, found)

    def _consider(self, group: str, scenario: Input, found: dict[str, Any]) -> tuple[int, ...]:
        """Keep a confirmed group's scenario if there is reason to; the size of what is kept."""
        config, result = self._config, self._result
        if group in config.known:
            result.not_counted[group] = "known"
            return NEVER_AGAIN
        if group in result.not_counted:
            return NEVER_AGAIN
        before = result.findings.get(group)
        if before is not None and self._target.simplicity(
            before.finding.scenario
        ) <= self._target.simplicity(scenario):
            return measure(self._target, before.finding.scenario)
        if not self._clean_passes(scenario):
            if before is None:
                result.not_counted[group] = f"{CLEAN_ENCODER} breaks a promise there too"
                self._keep_uncounted(group, scenario, found)
            return NEVER_AGAIN if before is None else measure(self._target, before.finding.scenario)
        shrunk = self._shrink(group, scenario)
        plainer = None if before is not None else self._with_fewer_faults(group, shrunk)
        if plainer is not None:
            other, scenario = plainer
            result.not_counted[group] = f"with fewer faults it is {other}"
            return self._consider(other, scenario, found)
        kept = self._keep(group, shrunk, found)
        result.findings[group] = kept
        self._announce(kept)
        return measure(self._target, kept.finding.scenario)

    def _with_fewer_faults(self, group: str, scenario: Input) -> tuple[str, Input] | None:
        """Another group that counts and fires with one fault less already, and the scenario.

        Not where the group itself does: that was only not shrunk so far.
        """
        for candidate in self._target.with_fewer_faults(scenario):
            groups = self._judge.ask(self._config.encoder, candidate).groups
            if group in groups:
                continue
            counted = groups - self._config.known - set(self._result.not_counted)
            if counted and self._clean_passes(candidate):
                return min(counted), candidate
        return None

    def _clean_passes(self, scenario: Input) -> bool:
        if self._config.encoder == CLEAN_ENCODER:
            return True
        return not self._judge.ask(CLEAN_ENCODER, scenario).violations

    def _fires(self, group: str, scenario: Input) -> bool:
        judged = self._judge.ask(self._config.encoder, scenario)
        return judged.of_group(group) is not None and self._clean_passes(scenario)

    def _shrink(self, group: str, scenario: Input) -> Input:
        if not self._config.shrinking:
            return scenario
        budget, timeouts = DEFAULT_BUDGET, 0
        if group == TIMEOUT_GROUP or group.startswith(crash_group("")):
            budget = FATAL_BUDGET

        def fires(candidate: Input) -> bool:
            nonlocal timeouts
            if timeouts >= MOST_TIMEOUTS:
                return False
            fired = self._fires(group, candidate)
            timeouts += fired and group == TIMEOUT_GROUP
            return fired

        self._shrinking(group)
        try:
            return self._target.shrink(scenario, fires, budget=budget)
        finally:
            self._shrinking(None)

    def _keep(self, group: str, scenario: Input, found: dict[str, Any]) -> Kept:
        """Put the finding on disk, unless what an earlier campaign kept is as simple and fires."""
        earlier = self._store.kept(group)
        fresh = (
            earlier is None
            or self._target.simplicity(scenario)
            < self._target.simplicity(with_comment(earlier, ""))
            or not self._fires(group, earlier)
        )
        if not fresh:
            assert earlier is not None
            scenario = earlier
        violation = self._judge.ask(self._config.encoder, scenario).of_group(group)
        if violation is None:
            raise HarnessFailedError(
                f"the group {group!r} fired while it was shrunk and does not fire any more; "
                "the encoder, or the harness, does not do the same thing twice"
            )
        violation = self._judge.locate(self._config.encoder, scenario, violation)
        comment = f"{violation.promise}: {violation.detail}\nEncoder {self._config.encoder}."
        finding = Finding(
            self._config.target,
            self._config.encoder,
            violation,
            with_comment(scenario, comment) if fresh else scenario,
            found,
        )
        path = self._store.path(group)
        if fresh:
            path = self._store.keep(finding, self._program(finding.scenario))
        return Kept(finding, path, fresh)

    def _keep_uncounted(self, group: str, scenario: Input, found: dict[str, Any]) -> None:
        """The harness is wrong, or the clean encoder is: keep it, for whoever will look into it."""
        for violation in self._judge.ask(CLEAN_ENCODER, scenario).violations[:1]:
            path = self._keep_aside(CLEAN_ENCODER, violation, scenario, found)
            self._note(f"{CLEAN_ENCODER} breaks a promise where {group} does; kept: {path}")

    def _keep_unconfirmed(self, group: str, scenario: Input, found: dict[str, Any]) -> None:
        """A worker died and the judge does not: keep the input, for whoever will look into it."""
        steps = len(self._target.lines(scenario))
        violation = fatal(group, steps, "the worker ended; the same scenario alone does not")
        path = self._keep_aside(self._config.encoder, violation, scenario, found)
        self._note(f"the worker died ({group}), but the same scenario alone does not; kept: {path}")

    def _keep_aside(
        self, encoder: str, violation: Violation, scenario: Input, found: dict[str, Any]
    ) -> Path:
        finding = Finding(self._config.target, encoder, violation, scenario, found)
        folder = Path(self._config.findings) / "unconfirmed"
        store = FindingStore(folder, self._config.target, encoder)
        return store.keep(finding, self._judge.program(encoder, scenario))

    def _program(self, scenario: Input) -> str:
        return self._judge.program(self._config.encoder, scenario)


def _is_fatal(judged: Judgement) -> bool:
    return any(violation.oracle == PROCESS for violation in judged.violations)
