"""Triage: turn a worker's reports into confirmed findings.

A worker runs thousands of scenarios in one process. A group that fires there becomes a
finding if the judge confirms the breach, in a fresh process and with every oracle. For any encoder
but the clean one, the clean one must also pass the scenario. Only the judge's groups count.

If the scenario alone breaks nothing, the encoder may carry state from message to message. So the
judge runs the preceding inputs too: the last one, then 16, 128, 1024, then all that are known, in
one fresh process. If the group fires there, the finding is the shortest sequence that shows it.

A report that cannot be confirmed either way is *unsettled*: it is kept on disk, counted, and fails
the campaign. It never mutes its group: the worker reports each further input, and each is judged
alone. Only the search for a sequence, which is costly, is limited to the first, second, fourth, ...
of them, and to the last one when the worker ends.

Each group is confirmed and shrunk once, and again only for a simpler scenario than the one kept.

With ``guilty``, one mistake is one finding. A worker knows only the symptom: promise, operation and
what broke. For an encoder in Python, the judge searches for the guilty line
(:mod:`..targets.guilt`), and the group of the finding is named by promise and place. A further
symptom is a *witness* of the same finding, and is not shrunk, if the change that repairs the guilty
line repairs its scenario, too, or if its guilty line is in the same place.

A scenario that needs two faults for its group may break another promise with only one of them. Then
that group is kept, and the group of two faults does not count: it probably follows from the other,
and would only puzzle the reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..encoders.driven.process import HANG
from ..guilt.guilty import Guilty
from ..scenario import Heading, with_heading
from ..targets import (
    DEFAULT_BUDGET,
    Input,
    Sequence,
    Target,
    find_target,
    measure,
    sequences_of,
    with_comment,
)
from .config import CampaignConfig, CampaignResult, Kept, Unsettled
from .finding import Finding, OtherBreach, group_of
from .findings import FindingStore
from .judge import (
    PROCESS,
    TIMEOUT_GROUP,
    Judge,
    Judgement,
    Judges,
    JudgingCancelledError,
    crash_group,
    fatal,
)
from .outcomes import Unsettling
from .printed import Printed
from .slot import RECENT
from .targets import CLEAN_ENCODER

if TYPE_CHECKING:
    from ..record import Violation

FATAL_BUDGET = 400
"""Executions to shrink a crash: each one that still crashes costs a process."""
MOST_TIMEOUTS = 6
"""Executions that may time out while a timeout is shrunk: each costs the whole timeout."""
MOST_DEATHS = 60
"""Executions that may end a driver's process while a breach is shrunk: each costs a new one."""
MOST_HUNG = 6
"""Judgements of one group that may time out before it is judged no more, but for a timeout."""
CONFIRMATIONS = 5
"""How often a scenario that has fired is tried again before it counts as flaky."""

MOST_WITNESSES = 20
"""The most witnesses that are kept with a finding."""

LADDER = (1, 16, 128, 1024, RECENT)
"""How many of the preceding inputs are run before a scenario that alone breaks nothing."""
SEQUENCE_BUDGET = 6_000
"""Executions to shrink one sequence."""
FOLLOWING_BUDGET = 1_500
"""Executions to shrink a sequence that begins like a kept one, and so is short already."""
MOST_REPLAYED = 60_000
"""Executions of a campaign to find and shrink sequences; then it searches for no more."""
INPUTS_KEPT = 128
"""How many of the inputs before an unsettled one are kept with it."""

UNSETTLED_FOLDER = "unsettled"
"""Subfolder of the findings for inputs that could not be confirmed."""
SEQUENCE_FILE = "sequence.scenario"
"""File name for an unsettled input with the inputs before it."""

Sizes = dict[str, tuple[int, ...] | None]
"""For each group that a worker reported: the sizes of the kept scenario, None if there is none."""

NEVER_AGAIN = (0,)
"""A size below all others: the worker need not report the group again."""

History = Callable[[int], list[Input]]
"""Returns at most this many inputs that ran before one, in one process, the oldest first."""


def no_history(most: int) -> list[Input]:
    """Return no inputs: the process had run none."""
    return []


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to confirm: a scenario alone, or a sequence."""

    target: Target
    judge: Judge
    store: FindingStore


@dataclass(frozen=True, slots=True)
class _Pending:
    """A report without a search for its sequence so far."""

    violation: Violation
    scenario: Input
    found: dict[str, Any]
    history: History
    alone: frozenset[str] = frozenset()
    """The groups that the scenario fires in by itself."""


class Triage:
    """Confirms, groups, shrinks and keeps."""

    def __init__(
        self,
        config: CampaignConfig,
        result: CampaignResult,
        judges: Judges,
        *,
        announce: Callable[[Kept], None],
        shrinking: Callable[[str | None], None],
        note: Callable[[str], None],
        late: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin without findings.

        ``shrinking`` is called with the present group, and with None afterwards. Once ``late``
        returns True, nothing is shrunk, and no sequence is searched for.
        """
        self._config = config
        self._target = find_target(config.target)
        self._result = result
        self._judges = judges
        self._announce = announce
        self._shrinking = shrinking
        self._note = note
        self._late = late
        self._single = self._way(config.target)
        self._pending: dict[str, _Pending] = {}
        self._fatal: tuple[Input, Judgement | None] = (None, None)
        """The last scenario that took a process down: to judge it may take the whole timeout."""
        self._hung: Counter[str] = Counter()
        """For each reported group, how many judgements of it timed out."""
        self._replayed = 0
        self._names: dict[str, str] = {}
        """For each group that a worker can report, the group of its finding."""
        self._puzzles: set[str] = set()
        """Groups that another one explains, which are not counted because of an unneeded fault."""
        self.sizes: Sizes = {}

    def _way(self, target: str) -> _Way:
        config = self._config
        store = FindingStore(config.findings, target, config.encoder)
        return _Way(find_target(target), self._judges.of(target), store)

    @property
    def _sequences(self) -> _Way:
        return self._way(sequences_of(self._config.target))

    def to_json(self) -> dict[str, Any]:
        """Return the state between two shards, in which no report is pending."""
        return {
            "sizes": dict(self.sizes),
            "hung": dict(self._hung),
            "replayed": self._replayed,
            "puzzles": sorted(self._puzzles),
        }

    def restore(self, data: dict[str, Any]) -> None:
        """Restore the state from the data of ``to_json``."""
        self.sizes.update({group: size and tuple(size) for group, size in data["sizes"].items()})
        self._hung.update(data["hung"])
        self._replayed = data["replayed"]
        self._puzzles.update(data["puzzles"])

    # Reports

    def violations(
        self,
        violations: Many[Violation],
        scenario: Input,
        found: dict[str, Any],
        history: History = no_history,
    ) -> Sizes:
        """Judge a scenario in which a worker saw ``violations``; return the sizes kept."""
        groups = [violation.group for violation in violations]
        if all(self._hung[group] >= MOST_HUNG for group in groups):
            for violation in violations:
                self._not_judged(_Pending(violation, scenario, found, history))
            return {group: self.sizes[group] for group in groups}
        judged = self._single.judge.ask(self._config.encoder, scenario)
        if TIMEOUT_GROUP in judged.groups:
            self._hung.update(groups)
        kept = self._consider_all(judged, scenario, found)
        quick: frozenset[str] | None = None
        for violation in violations:
            group = violation.group
            if group in kept:
                self.sizes[group] = kept[group]
                continue
            if kept and quick is None:
                # With all oracles, the same breach may have another group.
                quick = self._single.judge.ask(self._config.encoder, scenario, costly=False).groups
            if quick is not None and group in quick:
                sizes = [size for size in kept.values() if size is not None]
                self.sizes[group] = min(sizes, default=None)
            else:
                one = _Pending(violation, scenario, found, history, judged.groups)
                self.sizes[group] = self._unconfirmed(one)
        return {group: self.sizes[group] for group in groups}

    def sequence(
        self, violations: Many[Violation], sequence: Sequence, found: dict[str, Any]
    ) -> None:
        """Judge a sequence in which ``violations`` were seen."""
        before = list(sequence.inputs[:-1])

        def history(most: int) -> list[Input]:
            return before[-most:]

        for violation in violations:
            one = _Pending(violation, sequence.last, found, history)
            if not self._keep_sequence(violation.group, sequence, one):
                self._unsettle(Unsettling.FLAKY, one, _not_confirmed(violation.group))

    def first_fatal(self, scenarios: Many[Input]) -> int | None:
        """Return the first of some scenarios that ends a process; None if none of them does.

        It may end the process in another way than the worker's.
        """
        ask = self._single.judge.ask
        for at, scenario in enumerate(scenarios):
            if at and self._late():
                break
            judged = ask(self._config.encoder, scenario)
            if _fatal_group(judged):
                self._fatal = scenario, judged
                return at
        return None

    def death(
        self,
        how: str,
        timed_out: bool,
        scenario: Input,
        found: dict[str, Any],
        history: History = no_history,
    ) -> None:
        """Judge the scenario over which a worker died."""
        group = TIMEOUT_GROUP if timed_out else crash_group(how)
        fatal_one, judged = self._fatal
        if judged is None or fatal_one != scenario:
            judged = self._single.judge.ask(self._config.encoder, scenario)
        self._consider_all(judged, scenario, found)
        if _fatal_group(judged) is None:
            steps = len(self._target.lines(scenario))
            violation = fatal(group, steps, "the worker ended; the same scenario alone does not")
            self._unconfirmed(_Pending(violation, scenario, found, history, judged.groups))

    def reconsider(self) -> None:
        """Judge the last report of each unsettled group once more, because its worker ends."""
        pending, self._pending = self._pending, {}
        for group, one in pending.items():
            if self.finding_of(group) is not None or self._hung[group] >= MOST_HUNG:
                continue
            judged = self._single.judge.ask(self._config.encoder, one.scenario)
            self._consider_all(judged, one.scenario, one.found)
            if self.finding_of(group) is None:
                self._as_sequence(one)

    # Groups that the scenario alone does not confirm

    def _unconfirmed(self, one: _Pending) -> tuple[int, ...] | None:
        """Settle a breach that a scenario alone does not show, or keep it; return the size kept."""
        group, result = one.violation.group, self._result
        if group in self._config.known:
            result.not_counted[group] = "known"
            return NEVER_AGAIN
        if self.finding_of(group) is not None:
            return self._size_kept(group)
        times = result.unconfirmed[group] = result.unconfirmed.get(group, 0) + 1
        if times.bit_count() == 1:
            self._pending.pop(group, None)
            if self._as_sequence(one):
                return self._size_kept(group)
        else:
            self._pending[group] = one
        kind = Unsettling.DEATH if one.violation.oracle == PROCESS else Unsettling.FLAKY
        why = ": the time was up" if self._late() else ""
        self._unsettle(kind, one, _not_confirmed(group) + why)
        return None

    def _not_judged(self, one: _Pending) -> None:
        """Keep a report of a group whose judgements timed out too often, and hear no more of it."""
        group = one.violation.group
        self.sizes[group] = NEVER_AGAIN
        if self.finding_of(group) is not None or group in self._config.known:
            return
        self._result.unconfirmed[group] = self._result.unconfirmed.get(group, 0) + 1
        sentence = f"{_not_confirmed(group)}: {MOST_HUNG} judgements of it were not done in time"
        self._unsettle(Unsettling.FLAKY, one, sentence)

    def _as_sequence(self, one: _Pending) -> bool:
        """Search for preceding inputs that make a scenario fire; return whether that settles it."""
        ask, encoder, wanted = self._sequences.judge.ask, self._config.encoder, one.violation.group
        deadly = one.violation.oracle == PROCESS
        # If the process died, the symptom to look for may be a timeout.
        hung = Counter[str]() if deadly else self._hung

        def fired(before: Many[Input]) -> str | None:
            if self._replayed + len(before) > MOST_REPLAYED or hung[wanted] >= MOST_HUNG:
                return None
            if self._late():
                return None
            self._replayed += len(before) + 1
            sequence = Sequence((*before, one.scenario))
            judged = ask(encoder, sequence)
            hung[wanted] += TIMEOUT_GROUP in judged.groups
            if deadly:
                return _fatal_group(judged)
            if wanted in judged.groups:
                return wanted
            # With all oracles, the same breach may have another group, but none that fires alone.
            others = judged.groups - one.alone
            if others and wanted in ask(encoder, sequence, costly=False).groups:
                return min(others)
            return None

        group, before = self._search(one.history, fired)
        if group is None:
            return False
        if not self._keep_sequence(group, Sequence((*before, one.scenario)), one):
            return False
        if self.finding_of(group) is not None or group in self._config.known:
            self._settle(wanted)
        return True

    def _search(
        self, history: History, fired: Callable[[Many[Input]], str | None]
    ) -> tuple[str | None, Many[Input]]:
        """Return the group that fires after the fewest inputs, with those; "" if there is none."""
        for kept in self._result.findings.values():
            if isinstance(kept.finding.scenario, Sequence):
                before = list(kept.finding.scenario.inputs[:-1])
                group = fired(before)
                if group is not None:
                    return group, before
        missed = 0
        for most in LADDER:
            before = history(most)
            if len(before) <= missed:
                break
            group = fired(before)
            if group is None:
                missed = len(before)
                continue
            enough = len(before)
            while enough - missed > 1:
                middle = (missed + enough) // 2
                shorter = fired(before[-middle:])
                if shorter is None:
                    missed = middle
                else:
                    group, enough = shorter, middle
            return group, before[-enough:]
        return None, []

    def _keep_sequence(self, group: str, sequence: Sequence, one: _Pending) -> bool:
        """Shrink and keep a sequence that fires; return whether that settles its group."""
        way, result = self._sequences, self._result
        if group in self._config.known:
            result.not_counted[group] = "known"
            return True
        if self.finding_of(group) is not None:
            return True
        if not self._clean_passes(way, sequence):
            self._shared(group, one)
            return True
        try:
            shrunk, whole = self._shrink(way, group, sequence, self._budget(sequence))
        except JudgingCancelledError:
            self._keep_as_it_is(way, replace(one.violation, group=group), sequence, one.found)
            raise
        kept = self._keep(way, group, shrunk, sequence, one.found | whole)
        if kept is None:
            return False
        self._count(group, kept)
        return True

    def _budget(self, sequence: Sequence) -> int:
        """Return how many executions may be spent on shrinking a sequence."""
        before = sequence.inputs[:-1]
        kept = (kept.finding.scenario for kept in self._result.findings.values())
        follows = any(isinstance(one, Sequence) and one.inputs[:-1] == before for one in kept)
        budget = FOLLOWING_BUDGET if follows else SEQUENCE_BUDGET
        budget = min(budget, MOST_REPLAYED - self._replayed)
        self._replayed += budget
        return budget

    # Confirmed groups

    def _consider_all(self, judged: Judgement, scenario: Input, found: dict[str, Any]) -> Sizes:
        """Consider each group that the judge has confirmed; return the sizes kept."""
        confirmed = {violation.group: violation for violation in reversed(judged.violations)}
        entries = sorted(confirmed.items())
        if self._config.guilty:
            # A later breach may follow from the first one.
            entries = list(reversed(confirmed.items()))
        return {group: self._consider(violation, scenario, found) for group, violation in entries}

    def _consider(
        self, violation: Violation, scenario: Input, found: dict[str, Any]
    ) -> tuple[int, ...] | None:
        """Keep a confirmed group's scenario if it is better; return the size kept."""
        config, result, way = self._config, self._result, self._single
        group = violation.group
        if group in config.known:
            result.not_counted[group] = "known"
            return NEVER_AGAIN
        if group in self._puzzles and any(self._target.with_fewer_faults(scenario)):
            return NEVER_AGAIN
        before = self.finding_of(group)
        if before is not None and isinstance(before.finding.scenario, Sequence):
            # A scenario that fires alone is a better finding.
            before = None
        if before is not None:
            finding = before.finding
            simplicity = self._target.simplicity
            is_simpler = simplicity(scenario) < simplicity(finding.scenario)
            is_own = finding.violation.group == group
            if not (is_own and is_simpler) and not self._is_another(finding, scenario):
                return measure(self._target, finding.scenario)
        if not self._clean_passes(way, scenario):
            if before is None:
                self._shared(group, _Pending(violation, scenario, found, no_history))
                return None
            return measure(self._target, before.finding.scenario)
        same = self._repaired(scenario)
        if same is not None and same is not before:
            return self._add_witness(same, violation, scenario)
        try:
            shrunk, whole = self._shrink(way, group, scenario, DEFAULT_BUDGET)
            plainer = None if before is not None else self._with_fewer_faults(group, shrunk)
        except JudgingCancelledError:
            self._keep_as_it_is(way, violation, scenario, found)
            raise
        if plainer is not None:
            other, scenario = plainer
            result.not_counted[group] = f"with fewer faults it is {other.group}"
            self._puzzles.add(group)
            size = self._consider(other, scenario, found)
            if (explanation := self.finding_of(other.group)) is not None:
                name = explanation.finding.group
                result.not_counted[group] = f"with fewer faults it is {name}"
            return size
        if before is not None and same is before:
            guilty = before.finding.guilty
        else:
            guilty = self._guilty(way, violation, shrunk)
        if (why := self._uncounted(violation, guilty)) is not None:
            result.not_counted[group_of(violation, guilty)] = why
            return NEVER_AGAIN
        neighbour = self._at(guilty) or self._also_repaired(guilty)
        if neighbour is not None and neighbour is not before:
            return self._add_witness(neighbour, violation, shrunk)
        witnesses = before.finding.witnesses if before is not None and same is before else ()
        kept = self._keep(way, group, shrunk, scenario, found | whole, guilty, witnesses)
        if kept is None:
            result.unconfirmed[group] = result.unconfirmed.get(group, 0) + 1
            one = _Pending(violation, scenario, found, no_history)
            self._unsettle(Unsettling.FLAKY, one, f"{group} fires in some runs of a scenario only")
            return None
        self._count(group, kept)
        return measure(self._target, kept.finding.scenario)

    # One mistake, one finding

    def finding_of(self, group: str) -> Kept | None:
        """Return the finding of a group that a worker reported, or None."""
        findings = self._result.findings
        found = findings.get(self._names.get(group, group))
        if found is not None:
            return found
        # An earlier campaign, with which this one goes on, may have named it.
        for kept in findings.values():
            if group in kept.finding.symptoms:
                return kept
        return None

    def _guilty(self, way: _Way, violation: Violation, scenario: Input) -> Guilty | None:
        if not self._config.guilty:
            return None
        repair = not self._late()
        return way.judge.guilty(self._config.encoder, scenario, violation, repair=repair)

    def _repaired(self, scenario: Input) -> Kept | None:
        """Return the finding whose repair lets a scenario pass; None if there is none."""
        ask, encoder = self._single.judge.is_same, self._config.encoder
        for kept in self._result.findings.values():
            guilty = kept.finding.guilty
            if guilty is not None and ask(encoder, scenario, guilty):
                return kept
        return None

    def _is_another(self, finding: Finding, scenario: Input) -> bool:
        """Return whether a scenario shows a mistake that no finding has, as far as can be known."""
        guilty = finding.guilty
        known = guilty is not None and guilty.change
        return bool(known) and self._repaired(scenario) is None

    def _at(self, guilty: Guilty | None) -> Kept | None:
        """Return the finding whose guilty place is alike, or None."""
        if guilty is None:
            return None
        for kept in self._result.findings.values():
            other = kept.finding.guilty
            if other is not None and other.is_like(guilty):
                return kept
        return None

    def _also_repaired(self, guilty: Guilty | None) -> Kept | None:
        """Return the finding that the repair of another one's guilty line repairs, or None."""
        if guilty is None:
            return None
        ask, encoder = self._single.judge.is_same, self._config.encoder
        for kept in self._result.findings.values():
            if ask(encoder, kept.finding.scenario, guilty):
                return kept
        return None

    def _uncounted(self, violation: Violation, guilty: Guilty | None) -> str | None:
        """Return why a finding does not count: a known group names its place."""
        known = self._config.known
        if guilty is None:
            return None
        is_known = any(one.endswith(f" {guilty.place}") for one in known)
        return "known" if is_known or group_of(violation, guilty) in known else None

    def _add_witness(
        self, kept: Kept, violation: Violation, scenario: Input
    ) -> tuple[int, ...] | None:
        """Add a breach to the finding of the same mistake; return the size of its scenario."""
        group, finding = violation.group, kept.finding
        self._names[group] = finding.group
        self._result.not_counted.pop(group, None)
        self._settle(group)
        if group not in finding.symptoms and len(finding.witnesses) < MOST_WITNESSES:
            finding = finding.with_witness(violation, scenario)
            self._result.findings[finding.group] = replace(kept, finding=finding)
            self._single.store.renew(finding)
            self._note(f"the same mistake as {finding.group}: {group}")
        return measure(self._target, finding.scenario)

    def _count(self, group: str, kept: Kept) -> None:
        self._names[group] = kept.finding.group
        self._result.findings[kept.finding.group] = kept
        self._result.not_counted.pop(group, None)
        self._settle(group)
        self._announce(kept)

    def _size_kept(self, group: str) -> tuple[int, ...] | None:
        """Return the size of the scenario kept for a group; None for a sequence, or for nothing."""
        kept = self.finding_of(group)
        if kept is None or isinstance(kept.finding.scenario, Sequence):
            return None
        return measure(self._target, kept.finding.scenario)

    def _with_fewer_faults(self, group: str, scenario: Input) -> tuple[Violation, Input] | None:
        """Return another violation that counts, with one fault less, and its scenario.

        It returns None if the group itself fires with one fault less: then it was only not shrunk
        yet.
        """
        for candidate in self._target.with_fewer_faults(scenario):
            judged = self._single.judge.ask(self._config.encoder, candidate)
            if group in judged.groups:
                continue
            uncounted = self._config.known | self._result.not_counted.keys()
            counted = judged.groups - uncounted
            if counted and self._clean_passes(self._single, candidate):
                violation = judged.of_group(min(counted))
                assert violation is not None
                return violation, candidate
        return None

    def _clean_passes(self, way: _Way, scenario: Input) -> bool:
        if self._config.encoder == CLEAN_ENCODER:
            return True
        return not way.judge.ask(CLEAN_ENCODER, scenario).violations

    def _fires(self, way: _Way, group: str, scenario: Input) -> bool:
        judged = way.judge.ask(self._config.encoder, scenario)
        return judged.of_group(group) is not None and self._clean_passes(way, scenario)

    def _shrink(
        self, way: _Way, group: str, scenario: Input, budget: int
    ) -> tuple[Input, dict[str, Any]]:
        """Shrink a scenario; also return a note for its verdict if the time was up."""
        if not self._config.shrinking:
            return scenario, {}
        timeouts = deaths = 0
        cut = False
        if way is self._single and (group == TIMEOUT_GROUP or group.startswith(crash_group(""))):
            budget = FATAL_BUDGET

        def fires(candidate: Input) -> bool:
            nonlocal timeouts, deaths, cut
            cut = cut or self._late()
            if cut or timeouts >= MOST_TIMEOUTS or deaths >= MOST_DEATHS:
                return False
            judged = way.judge.ask(self._config.encoder, candidate, quick=True)
            deaths += bool(judged.ended)
            timeouts += judged.ended == HANG
            fired = judged.of_group(group) is not None and self._clean_passes(way, candidate)
            timeouts += fired and group == TIMEOUT_GROUP
            return fired

        self._shrinking(group)
        try:
            shrunk = way.target.shrink(scenario, fires, budget=budget)
        finally:
            self._shrinking(None)
        if not cut:
            return shrunk, {}
        self._note(f"the time was up while {group} was shrunk: `capnsafe shrink` makes it smaller")
        return shrunk, {"shrinking": "ended early: the time was up"}

    def _keep(
        self,
        way: _Way,
        group: str,
        shrunk: Input,
        scenario: Input,
        found: dict[str, Any],
        guilty: Guilty | None = None,
        witnesses: tuple[OtherBreach, ...] = (),
    ) -> Kept | None:
        """Write the finding to disk, unless an earlier one is as simple and still fires.

        Returns None if neither the shrunk scenario nor the reported ``scenario`` fires any more.
        """
        encoder, store = self._config.encoder, way.store
        fired = self._violation(way, group, shrunk)
        name = group if fired is None else group_of(fired, guilty)
        earlier = store.kept(name)
        candidates = [(shrunk, group), (scenario, group)]
        if earlier is not None:
            symptom = store.symptom(name) or group
            is_as_simple = way.target.simplicity(shrunk) >= way.target.simplicity(
                with_comment(earlier, "")
            )
            if is_as_simple and self._fires(way, symptom, earlier):
                candidates.insert(0, (earlier, symptom))
        for kept, symptom in candidates:
            violation = self._violation(way, symptom, kept)
            if violation is not None:
                break
        else:
            return None
        fresh = kept is not earlier
        violation = way.judge.locate(encoder, kept, violation)
        if fresh:
            comment = f"{violation.promise}: {violation.detail}\nEncoder {encoder}."
            kept = with_comment(kept, comment)
        finding = Finding(way.target.name, encoder, violation, kept, found, guilty, witnesses)
        path = store.path(finding.group)
        if fresh:
            program = way.judge.program(encoder, kept, group=violation.group)
            path = store.keep(finding, program)
        return Kept(finding, path, fresh)

    def _keep_as_it_is(
        self, way: _Way, violation: Violation, scenario: Input, found: dict[str, Any]
    ) -> None:
        """Keep a confirmed scenario of an interrupted campaign, without judging anything more."""
        group, encoder = violation.group, self._config.encoder
        if self.finding_of(group) is not None:
            return
        earlier = way.store.kept(group)
        path = way.store.path(group)
        whole = {"shrinking": "ended early: interrupted"}
        finding = Finding(way.target.name, encoder, violation, earlier or scenario, found | whole)
        if earlier is None:
            why = "it was not printed, since the campaign was interrupted"
            path = way.store.keep(finding, Printed.missing(why))
        self._count(group, Kept(finding, path, fresh=earlier is None))

    def _violation(self, way: _Way, group: str, scenario: Input) -> Violation | None:
        """Return the violation of a scenario that fired before; None if it never fires again."""
        for _ in range(CONFIRMATIONS):
            violation = way.judge.ask(self._config.encoder, scenario).of_group(group)
            if violation is not None:
                return violation
        return None

    # Unsettled groups

    def _shared(self, group: str, one: _Pending) -> None:
        """Keep a scenario on which the clean encoder breaks a promise as well.

        Either the harness is wrong, or the clean encoder is.
        """
        if self.finding_of(group) is not None:
            return
        first = group not in self._result.not_counted
        self._result.not_counted[group] = f"{CLEAN_ENCODER} breaks a promise there too"
        if first:
            violations = self._single.judge.ask(CLEAN_ENCODER, one.scenario).violations
            violation = next(iter(violations), one.violation)
            one = _Pending(violation, one.scenario, one.found, one.history)
        sentence = f"{CLEAN_ENCODER} breaks a promise where {group} fires"
        self._unsettle(Unsettling.SHARED, one, sentence, group=group, encoder=CLEAN_ENCODER)

    def _unsettle(
        self,
        kind: Unsettling,
        one: _Pending,
        sentence: str,
        *,
        group: str | None = None,
        encoder: str | None = None,
    ) -> None:
        """Count an input that could not be confirmed, and keep the first one of its group."""
        config, unsettled = self._config, self._result.unsettled
        group = group or one.violation.group
        for other in unsettled:
            if (other.kind, other.group) == (kind, group):
                other.times += 1
                other.sentence = sentence
                return
        encoder = encoder or config.encoder
        before = one.history(INPUTS_KEPT)
        files: dict[str, str] = {}
        if before:
            way = self._sequences
            text = way.target.print(Sequence((*before, one.scenario)))
            files[SEQUENCE_FILE] = with_heading(text, Heading(encoder, way.target.name))
        found = one.found | {"unsettled": kind.value, "why": sentence}
        finding = Finding(config.target, encoder, one.violation, one.scenario, found)
        store = FindingStore(Path(config.findings) / UNSETTLED_FOLDER, config.target, encoder)
        program = self._single.judge.program(encoder, one.scenario, group=one.violation.group)
        path = store.keep(finding, program, also=files)
        unsettled.append(Unsettled(kind, sentence, group, path))
        self._note(f"unsettled: {sentence}; kept: {path}")

    def _settle(self, group: str) -> None:
        """Drop the unsettled reports of a group, which is now confirmed."""
        unsettled = self._result.unsettled
        unsettled[:] = [one for one in unsettled if one.group != group]
        self._pending.pop(group, None)


def _not_confirmed(group: str) -> str:
    return f"{group} was seen and not confirmed"


def _fatal_group(judged: Judgement) -> str | None:
    """Return the group of an execution that ended its process, or never ended; None otherwise."""
    return next((v.group for v in judged.violations if v.oracle == PROCESS), None)
