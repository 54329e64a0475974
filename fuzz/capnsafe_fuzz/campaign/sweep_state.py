"""The state of a sweep on disk, with which ``--resume`` goes on.

It is a hidden file in the folder of the findings. Its name is a digest of everything that the sweep
consists of: programs, scope, encoder with its code, and the decoder's version. So a state is never
continued by another sweep, or with other code. It is replaced as a whole, and removed when the
sweep is complete.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines import Cell
from ..record import Violation
from ..scenario import ScenarioError
from .config import Kept, Unsettled
from .failures import EnvironmentFailedError, sentence
from .files import write_whole
from .finding import SCENARIO_FILE, Finding, read_symptom, read_verdict
from .outcomes import Unsettling
from .sweep_config import PlannedProgram, SweepConfig, SweepResult
from .targets import find_target

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Progressed:
    """The progress of an earlier sweep."""

    slices: int
    executions: int
    acted: int
    idle: int
    breaches: int
    deaths: int
    seconds: float
    situations: dict[Cell, int]
    findings: dict[str, Kept]
    unsettled: list[Unsettled]
    not_counted: dict[str, str]


def state_key(config: SweepConfig, code: Mapping[str, str], plan: Sequence[PlannedProgram]) -> str:
    """Return a digest of everything that a sweep consists of."""
    target = find_target(config.campaign.target)
    parts = [
        target.name, str(target.version), config.campaign.encoder, json.dumps(sorted(code.items())),
        config.scope.value, str(config.everything), str(config.campaign.timeout),
        *(f"{program.count} {target.print(program.scenario)}" for program in plan),
    ]  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()


def state_path(findings: Path, key: str) -> Path:
    """Return the path of the state of the sweep with this key."""
    return findings / f".sweep-{key[:16]}.json"


class SweepState:
    """The file with the state of one sweep."""

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self._key = key
        self._noted: dict[str, Any] = {}
        self.slices = 0
        """The number of finished slices that was noted last."""

    def note(self, slices: int, result: SweepResult, seconds: float) -> None:
        """Note the progress after some slices, for the next time that the state is saved."""
        campaign = result.campaign
        self.slices = slices
        self._noted = _seen(result) | {
            "format": FORMAT,
            "key": self._key,
            "slices": slices,
            "executions": campaign.executions,
            "acted": campaign.faults_fired,
            "idle": result.idle,
            "breaches": result.breaches,
            "deaths": campaign.worker_deaths,
            "seconds": seconds,
            "situations": [(*cell, first) for cell, first in campaign.situations.items()],
        }

    def note_seen(self, result: SweepResult) -> None:
        """Note what was seen in a slice that is not complete.

        The slice is done again as a whole, but what it shows may not happen again.
        """
        self._noted |= _seen(result)

    def save(self) -> None:
        """Write the progress that was noted last.

        Raises:
            EnvironmentFailedError: If the state cannot be written.
        """
        try:
            write_whole(self.path, json.dumps(self._noted).encode())
        except OSError as error:
            raise EnvironmentFailedError(
                f"the state of the sweep cannot be written: {sentence(error)}"
            ) from error

    def load(self) -> Progressed | None:
        """Return the progress of an earlier sweep; None if there is no readable state."""
        try:
            data = json.loads(self.path.read_bytes())
            if data["format"] != FORMAT or data["key"] != self._key:
                return None
            found = {group: _kept(Path(path)) for group, path in data["findings"].items()}
            return Progressed(
                data["slices"],
                data["executions"],
                data["acted"],
                data["idle"],
                data["breaches"],
                data["deaths"],
                data["seconds"],
                {(o, f, r): first for o, f, r, first in data["situations"]},
                {group: kept for group, kept in found.items() if kept is not None},
                [_unsettled(one) for one in data["unsettled"]],
                data["not_counted"],
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def remove(self) -> None:
        """Remove the file: there is nothing to resume."""
        self.path.unlink(missing_ok=True)


def _seen(result: SweepResult) -> dict[str, Any]:
    campaign = result.campaign
    return {
        "findings": {group: str(kept.path) for group, kept in campaign.findings.items()},
        "unsettled": [one.to_json() for one in campaign.unsettled],
        "not_counted": dict(campaign.not_counted),
    }


def _kept(path: Path) -> Kept | None:
    """Return a finding from its folder; None if the folder was removed."""
    verdict = read_verdict(path)
    if verdict is None:
        return None
    try:
        text = (path / SCENARIO_FILE).read_text(encoding="utf-8")
        scenario = find_target(verdict["target"]).parse(text)
    except (OSError, ScenarioError):
        return None
    names = ("promise", "oracle", "operation", "verb", "detail", "group")
    symptom = {"group": read_symptom(verdict)}
    violation = Violation(**{name: verdict[name] for name in names} | symptom)
    target, encoder = verdict["target"], verdict["encoder"]
    return Kept(Finding(target, encoder, violation, scenario, verdict["found"]), path, fresh=True)


def _unsettled(data: Mapping[str, Any]) -> Unsettled:
    path = None if data["path"] is None else Path(data["path"])
    kind = Unsettling(data["kind"])
    return Unsettled(kind, data["sentence"], data["group"], path, data["times"])
