"""The drivers of this repository: their names as encoders, and their commands.

A worker imports this module before it instruments the encoder, so the module imports no encoder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

DRIVERS: Final = Path(__file__).parents[1] / "drivers"
"""The folder of the drivers. It is in the repository, and not in the package."""


def _python(name: str) -> Sequence[str]:
    return (sys.executable, str(DRIVERS / "python" / name))


COMMANDS: Final[Mapping[str, Callable[[], Sequence[str]]]] = {
    "cpp": lambda: (str(DRIVERS / "cpp" / "build" / "driver"),),
    "cpp-sanitized": lambda: (str(DRIVERS / "cpp" / "build" / "driver-sanitized"),),
    "rust": lambda: (str(DRIVERS / "rust" / "build" / "driver"),),
    "rust-sanitized": lambda: (str(DRIVERS / "rust" / "build" / "driver-sanitized"),),
    "pycapnp": lambda: _python("pycapnp_driver.py"),
    "javascript": lambda: (
        "node",
        str(DRIVERS / "javascript" / "driver.mjs"),
        str(DRIVERS / "javascript" / "node_modules" / ".installed"),
    ),
    "capnsafe-driven": lambda: _python("capnsafe_driver.py"),
}
"""The command of each driver, by the name of its encoder."""

DOUBLES: Final = frozenset(("cpp-sanitized", "rust-sanitized", "capnsafe-driven"))
"""Encoders of a library that another encoder tests, too. Comparisons include them only if named."""

SUMMARIES: Final[Mapping[str, str]] = {
    "cpp": "the reference implementation in C++ (make drivers)",
    "cpp-sanitized": "the same with the address sanitizer (make drivers ARGS=--sanitize)",
    "rust": "capnproto-rust, by the layer below its generated code (make drivers)",
    "rust-sanitized": "the same with the address sanitizer (make drivers ARGS=--sanitize)",
    "pycapnp": "pycapnp, by its hook for custom allocators",
    "javascript": "capnp-es on Node.js, which takes no memory from outside (make drivers)",
    "capnsafe-driven": "the encoder of this project, behind a driver",
}


def missing(command: Sequence[str]) -> str:
    """Return why a command of this repository cannot be started; an empty string if it can."""
    files = [Path(part) for part in command if Path(part).is_relative_to(DRIVERS)]
    if all(file.exists() for file in files):
        return ""
    if not DRIVERS.is_dir():
        return "the drivers are in the repository of capnsafe, and not in its package"
    return "it is not built: run 'make drivers'"
