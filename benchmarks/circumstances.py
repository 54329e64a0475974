"""The circumstances of a measurement: the machine, the versions, the day."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: Distributions whose version affects the numbers.
DISTRIBUTIONS = ("capnsafe", "pycapnp", "atheris", "hypothesis", "wasmtime")


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or "unknown processor"


def _machine() -> str:
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def _python() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}"


def _versions() -> dict[str, str]:
    found = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def load() -> float:
    """Return how many processes wanted to run, over the last minute."""
    return os.getloadavg()[0]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The machine and versions of a measurement."""

    command: str
    machine: str = field(default_factory=_machine)
    python: str = field(default_factory=_python)
    versions: dict[str, str] = field(default_factory=_versions)
    date: str = field(default_factory=_now)
    load_before: float = field(default_factory=load)
    """The load includes the measuring process: 1 is a machine that does nothing else."""
    load_after: float | None = None

    def facts(self) -> list[tuple[str, str]]:
        """Return them as pairs of a name and a text."""
        after = "" if self.load_after is None else f", {self.load_after:.1f} at the end"
        return [
            ("command", self.command),
            ("date", self.date),
            ("machine", self.machine),
            ("Python", self.python),
            *self.versions.items(),
            ("load average", f"{self.load_before:.1f} at the start{after}"),
        ]
