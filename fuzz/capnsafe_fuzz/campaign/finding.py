"""One finding, as a value, and the files of its folder that are read again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..scenario import Heading, with_heading
from ..targets import Input
from .targets import find_target

if TYPE_CHECKING:
    from ..record import Violation

SCENARIO_FILE = "finding.scenario"
VERDICT_FILE = "verdict.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """One group of violations, and the simplest scenario that shows it."""

    target: str
    encoder: str
    violation: Violation
    scenario: Input
    found: dict[str, Any]
    """How it was found: engine, seed, execution, and versions; for ``verdict.json``."""

    @property
    def group(self) -> str:
        """Return the group: what broke and where."""
        return self.violation.group

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
            "group": violation.group,
            "promise": violation.promise,
            "oracle": violation.oracle,
            "operation": violation.operation,
            "verb": violation.verb,
            "detail": violation.detail,
            "found": self.found,
        } | dict(find_target(self.target).sizes(self.scenario))


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
