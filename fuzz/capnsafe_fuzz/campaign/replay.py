"""Run kept scenarios again, from files, folders or findings; and shrink one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..guilt.guilty import Guilty
from ..scenario import Heading, with_heading
from ..targets import DEFAULT_BUDGET, Input
from .corpus import looks_like_scenario, read_any
from .failures import CampaignError, UsageError
from .finding import SCENARIO_FILE, group_of, read_guilty, read_symptom, read_verdict
from .judge import TIMEOUT_GROUP, Judgement, Judges, crash_group
from .targets import CLEAN_ENCODER, UnknownNameError, check_encoder, find_memory, find_target
from .triage import FATAL_BUDGET

if TYPE_CHECKING:
    from ..record import Violation


@dataclass(frozen=True, slots=True)
class Replayable:
    """A scenario to run again, with its source and the names in its file."""

    path: Path
    target: str
    scenario: Input
    heading: Heading
    """The names in its file; a text can be printed with them again."""
    encoder: str
    """The encoder that the file or the verdict beside it names; else capnsafe."""
    group: str | None
    """The group that the verdict beside it names."""
    symptom: str | None = None
    """The group of the breach itself, if the verdict's group names the guilty place."""
    guilty: Guilty | None = None
    """The guilty line that the verdict names."""

    def text(self, scenario: Input | None = None) -> str:
        """Return it as text, or ``scenario`` instead of it, with the same names."""
        text: str = find_target(self.target).print(self.scenario if scenario is None else scenario)
        return with_heading(text, self.heading)


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of running a scenario again."""

    replayable: Replayable
    judgement: Judgement


def find_scenarios(
    path: Path, bare: str | None = None, failed: Callable[[CampaignError], object] | None = None
) -> list[Replayable]:
    """Return the scenarios of a file, a finding's folder, or a folder of them, sorted by path.

    ``bare`` is the target of files that hold only an engine's bytes. ``failed`` is called for each
    file of a folder that cannot be read; without it the first error is raised.
    """
    if not path.exists():
        raise UsageError(f"there is no file or folder {path}")
    if not path.is_dir():
        return [_replayable(path, bare)]
    files = list(scenario_files(path))
    found: list[Replayable] = []
    for file in files:
        try:
            found.append(_replayable(file, bare))
        except CampaignError as error:
            if failed is None:
                raise
            failed(error)
    if not files:
        raise UsageError(f"there is no scenario in {path}")
    return found


def settle(
    replayable: Replayable, *, encoder: str | None = None, memory: str | None = None
) -> Replayable:
    """Return the scenario with the encoder and memory of its file, or the given ones instead.

    Raises:
        UsageError: The encoder or the memory does not exist here; the message names the file and
            the option that chooses another.
    """
    target = find_target(replayable.target)
    name = encoder or replayable.encoder
    try:
        check_encoder(name, target)
    except UnknownNameError as error:
        if encoder is not None:
            raise
        raise UsageError(
            f"{replayable.path} was found on the encoder {name}; --encoder chooses one: {error}"
        ) from error
    scenario = replayable.scenario
    wanted = memory or target.memory(scenario)
    if wanted is not None:
        try:
            find_memory(wanted, target)
        except UnknownNameError as error:
            if memory is not None:
                raise
            raise UsageError(
                f"{replayable.path} was found over the memory {wanted}; --allocator chooses one:"
                f" {error}"
            ) from error
        scenario = target.over_memory(scenario, memory)
    heading = Heading(name, replayable.target) if encoder else replayable.heading
    return replace(replayable, scenario=scenario, encoder=name, heading=heading)


def replay(replayable: Replayable, judges: Judges) -> Replay:
    """Run a scenario again, on the encoder and over the memory that it names."""
    name, scenario = replayable.encoder, replayable.scenario
    judge = judges.of(replayable.target)
    violations = judge.ask(name, scenario).violations
    return Replay(replayable, Judgement(tuple(judge.locate(name, scenario, v) for v in violations)))


def violation_of(
    replayable: Replayable, judges: Judges, judgement: Judgement, group: str
) -> Violation | None:
    """Return the violation that a group names, by its symptom or by its guilty place."""
    if group == replayable.group and replayable.symptom is not None:
        group = replayable.symptom
    found = judgement.of_group(group)
    if found is not None:
        return found
    judge, name = judges.of(replayable.target), replayable.encoder
    for violation in judgement.violations:
        guilty = judge.guilty(name, replayable.scenario, violation)
        if group_of(violation, guilty) == group:
            return violation
    return None


def shrink_replayable(
    replayable: Replayable, judges: Judges, *, group: str | None = None
) -> tuple[str, Input]:
    """Return the group that fires, and the simplest scenario found that fires in it."""
    name = replayable.encoder
    target, judge = find_target(replayable.target), judges.of(replayable.target)
    judgement = judge.ask(name, replayable.scenario)
    wanted = group or replayable.group
    if wanted is None:
        if not judgement.violations:
            raise UsageError(
                f"{replayable.path} breaks no promise of {name}, so it cannot be shrunk"
            )
        wanted = judgement.violations[0].group
    violation = violation_of(replayable, judges, judgement, wanted)
    if violation is None:
        raise UsageError(f"{replayable.path} does not break {wanted!r} of {name}")
    wanted = violation.group
    deadly = wanted == TIMEOUT_GROUP or wanted.startswith(crash_group(""))
    smaller = target.shrink(
        replayable.scenario,
        lambda candidate: judge.ask(name, candidate).of_group(wanted) is not None,
        budget=FATAL_BUDGET if deadly else DEFAULT_BUDGET,
    )
    return wanted, smaller


def scenario_files(folder: Path) -> Iterator[Path]:
    """Yield the files of scenarios in a folder and below it, sorted; hidden ones are left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file():
            continue
        if looks_like_scenario(path):
            yield path


def _replayable(path: Path, bare: str | None) -> Replayable:
    verdict = (read_verdict(path.parent) if path.name == SCENARIO_FILE else None) or {}
    found = read_any(path, bare)
    told = verdict.get("encoder")
    encoder = found.heading.encoder or (told if isinstance(told, str) else CLEAN_ENCODER)
    if told not in (None, encoder):
        verdict = {}
    group = verdict.get("group")
    return Replayable(
        path,
        found.target,
        found.scenario,
        found.heading,
        encoder,
        group if isinstance(group, str) else None,
        read_symptom(verdict),
        read_guilty(verdict),
    )
