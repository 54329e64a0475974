"""How to run a benchmark on the compiled encoder, in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from capnsafe_fuzz.campaign.failures import EnvironmentFailedError

#: The sources, and the file that `make compile` writes last.
SOURCES: Final = Path(__file__).resolve().parents[1] / "capnsafe"
STAMP: Final = SOURCES.parent / "build" / "compiled" / ".compiled"


def compiled_python() -> tuple[list[str], dict[str, str]] | None:
    """Return the command and environment of a Python that imports the compiled encoder.

    ``None`` if there is none.

    Raises:
        EnvironmentFailedError: If it is older than the sources.
    """
    if not STAMP.is_file():
        return None
    made = STAMP.stat().st_mtime
    if any(path.stat().st_mtime > made for path in SOURCES.rglob("*.py")):
        raise EnvironmentFailedError(
            f"{STAMP.parent} is older than the sources: run `make compile` again, or remove it"
        )
    path = os.pathsep.join([str(STAMP.parent), str(SOURCES.parent)])
    return [sys.executable, "-P"], {**os.environ, "CAPNSAFE_PLAIN": "0", "PYTHONPATH": path}
