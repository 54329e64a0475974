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
        """What broke and where."""
        return self.violation.group

    def text(self) -> str:
        """Return the scenario as text, which says what it was found on."""
        text: str = find_target(self.target).print(self.scenario)
        return with_heading(text, Heading(self.encoder, self.target))

    def summary(self) -> dict[str, Any]:
        """As data, for ``verdict.json`` and ``--json``."""
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
    """The ``verdict.json`` of a finding's folder; None if there is none that can be read."""
    try:
        data = json.loads((folder / VERDICT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def read_program(folder: Path) -> dict[str, Any]:
    """Return what ``verdict.json`` says of the program beside it; nothing if it says nothing."""
    told = (read_verdict(folder) or {}).get("program")
    return told if isinstance(told, dict) else {}
