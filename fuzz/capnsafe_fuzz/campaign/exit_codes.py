"""The codes that the command ends with. They are part of the interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CLEAN = 0
FINDINGS = 1
USAGE = 2
PROVED_NOTHING = 3
ENVIRONMENT = 4
UNSETTLED = 5
INTERRUPTED = 130

EXIT_CODES: Final[Mapping[int, str]] = {
    CLEAN: "clean: everything asked for was done, and everything seen was settled",
    FINDINGS: "findings: a promise was broken, and that was confirmed (outranks the rest)",
    USAGE: "usage: what was asked for does not exist or makes no sense",
    PROVED_NOTHING: "the run proved nothing, or the harness itself failed",
    ENVIRONMENT: "the environment failed: a full disk, a process that cannot be started",
    UNSETTLED: "unsettled: something was seen or left undone that nobody can call clean",
    INTERRUPTED: "interrupted by a signal",
}


def describe_exit_codes() -> str:
    """A line for each exit code, for people."""
    return "\n".join(f"  {code:>3}  {sentence}" for code, sentence in EXIT_CODES.items())
