"""One finding, as a value, and the files of its folder that are read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..guilt.guilty import Guilty
from ..scenario import Heading, with_heading
from ..targets import Input
from .targets import find_target

if TYPE_CHECKING:
    from ..record import Violation

SCENARIO_FILE = "finding.scenario"
VERDICT_FILE = "verdict.json"


@dataclass(frozen=True, slots=True)
class OtherBreach:
    """Another breach that comes from the mistake of a finding."""

    violation: Violation
    scenario: Input
    """Its scenario as reported, which was not shrunk."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, and the simplest scenario that shows it."""

    target: str
    encoder: str
    violation: Violation
    scenario: Input
    found: dict[str, Any]
    """How it was found: engine, seed, execution, and versions; for ``verdict.json``."""
    guilty: Guilty | None = None
    """The line of the encoder that broke the promise, if it is known."""
    witnesses: tuple[OtherBreach, ...] = ()

    @property
    def group(self) -> str:
        """Return the group: the promise and the guilty place, or the symptom if that is unknown.

        It does not depend on line numbers.
        """
        return group_of(self.violation, self.guilty)

    @property
    def symptoms(self) -> tuple[str, ...]:
        """Return the groups of its breaches, by operation and symptom."""
        others = (one.violation.group for one in self.witnesses)
        return (self.violation.group, *others)

    def with_witness(self, violation: Violation, scenario: Input) -> Finding:
        """Return the finding with another breach that comes from the same mistake."""
        return replace(self, witnesses=(*self.witnesses, OtherBreach(violation, scenario)))

    def text(self) -> str:
        """Return the scenario as text, with the names of its encoder, target and memory."""
        text: str = find_target(self.target).print(self.scenario)
        return with_heading(text, Heading(self.encoder, self.target))

    def summary(self) -> dict[str, Any]:
        """Return it as data, for ``verdict.json`` and ``--json``."""
        violation = self.violation
        return {
            "format": 1,
            "target": self.target,
            "encoder": self.encoder,
            "group": self.group,
            "symptom": violation.group,
            "guilty": None if self.guilty is None else self.guilty.to_json(),
            "witnesses": [
                {
                    "symptom": witness.violation.group,
                    "promise": witness.violation.promise,
                    "detail": witness.violation.detail,
                    "scenario": find_target(self.target).print(witness.scenario),
                }
                for witness in self.witnesses
            ],
            "promise": violation.promise,
            "oracle": violation.oracle,
            "operation": violation.operation,
            "verb": violation.verb,
            "detail": violation.detail,
            "found": self.found,
        } | dict(find_target(self.target).sizes(self.scenario))


def group_of(violation: Violation, guilty: Guilty | None) -> str:
    """Return the group of a finding: it ends with the guilty place, if that is known."""
    return violation.group if guilty is None else f"{violation.promise} {guilty.place}"


def read_guilty(verdict: Mapping[str, Any]) -> Guilty | None:
    """Return the guilty line that a ``verdict.json`` names; None if it names none."""
    told = verdict.get("guilty")
    try:
        return Guilty.from_json(told) if isinstance(told, dict) else None
    except (TypeError, KeyError, ValueError):
        return None


def read_symptom(verdict: Mapping[str, Any]) -> str | None:
    """Return the group of the breach in a ``verdict.json``; older ones have no other group."""
    told = verdict.get("symptom", verdict.get("group"))
    return told if isinstance(told, str) else None


def read_verdict(folder: Path) -> dict[str, Any] | None:
    """Return the ``verdict.json`` of a finding's folder; None if it cannot be read."""
    try:
        data = json.loads((folder / VERDICT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def read_program(folder: Path) -> dict[str, Any]:
    """Return the entry of ``verdict.json`` about the program; empty if there is none."""
    told = (read_verdict(folder) or {}).get("program")
    return told if isinstance(told, dict) else {}
