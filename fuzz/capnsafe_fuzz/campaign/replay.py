"""Running kept scenarios again: files, folders, findings; and making one of them smaller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..targets import DEFAULT_BUDGET, Input
from .corpus import looks_like_scenario, read_any
from .failures import UsageError
from .findings import SCENARIO_FILE, read_verdict
from .judge import TIMEOUT_GROUP, Judgement, Judges, crash_group
from .targets import CLEAN_ENCODER, check_encoder, find_target
from .triage import FATAL_BUDGET


@dataclass(frozen=True, slots=True)
class Replayable:
    """A scenario to run again, where it is from, and what is known of it."""

    path: Path
    target: str
    scenario: Input
    encoder: str
    """The encoder that it is about: the verdict beside it says, or else it is capnsafe."""
    group: str | None
    """The group that the verdict beside it names."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of one."""

    replayable: Replayable
    judgement: Judgement


def find_scenarios(path: Path) -> list[Replayable]:
    """A file of any form, a finding's folder, or a folder of them, in the order of their paths."""
    if not path.exists():
        raise UsageError(f"there is no file or folder {path}")
    if not path.is_dir():
        return [_replayable(path)]
    found = [_replayable(file) for file in _scenario_files(path)]
    if not found:
        raise UsageError(f"there is no scenario in {path}")
    return found


def replay(replayable: Replayable, judges: Judges, *, encoder: str | None = None) -> Replay:
    """Run one again, on the encoder that it is about or on another."""
    name, scenario = encoder or replayable.encoder, replayable.scenario
    check_encoder(name, find_target(replayable.target))
    judge = judges.of(replayable.target)
    violations = judge.ask(name, scenario).violations
    return Replay(replayable, Judgement(tuple(judge.locate(name, scenario, v) for v in violations)))


def shrink_replayable(
    replayable: Replayable, judges: Judges, *, encoder: str | None = None, group: str | None = None
) -> tuple[str, Input]:
    """The group that fires, and the simplest scenario found that fires in it."""
    name = encoder or replayable.encoder
    target, judge = find_target(replayable.target), judges.of(replayable.target)
    check_encoder(name, target)
    judgement = judge.ask(name, replayable.scenario)
    wanted = group or replayable.group
    if wanted is None:
        if not judgement.violations:
            raise UsageError(f"{replayable.path} breaks no promise of {name}: nothing to keep")
        wanted = judgement.violations[0].group
    if judgement.of_group(wanted) is None:
        raise UsageError(f"{replayable.path} does not fire in group {wanted!r} of {name}")
    deadly = wanted == TIMEOUT_GROUP or wanted.startswith(crash_group(""))
    smaller = target.shrink(
        replayable.scenario,
        lambda candidate: judge.ask(name, candidate).of_group(wanted) is not None,
        budget=FATAL_BUDGET if deadly else DEFAULT_BUDGET,
    )
    return wanted, smaller


def _scenario_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file():
            continue
        if looks_like_scenario(path):
            yield path


def _replayable(path: Path) -> Replayable:
    verdict = read_verdict(path.parent) if path.name == SCENARIO_FILE else None
    target, scenario = read_any(path)
    if verdict is None:
        return Replayable(path, target, scenario, CLEAN_ENCODER, None)
    return Replayable(
        path,
        target,
        scenario,
        str(verdict.get("encoder", CLEAN_ENCODER)),
        str(verdict["group"]) if "group" in verdict else None,
    )
