"""The exit codes of the command. They are part of the interface."""

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
    CLEAN: "clean: everything requested was done, and nothing is unsettled",
    FINDINGS: "findings: a broken promise was confirmed (outranks the other codes)",
    USAGE: "usage: the request is wrong, or names something that does not exist",
    PROVED_NOTHING: "the run proved nothing, or the harness itself failed",
    ENVIRONMENT: "the environment failed: a full disk, a process that cannot be started",
    UNSETTLED: "unsettled: something was seen and not confirmed, or left undone",
    INTERRUPTED: "interrupted by a signal",
}


def describe_exit_codes() -> str:
    """Return a line for each exit code, for people."""
    return "\n".join(f"  {code:>3}  {sentence}" for code, sentence in EXIT_CODES.items())
