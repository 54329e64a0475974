"""The output of commands besides their reports: error messages, and results as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ..campaign.exit_codes import FINDINGS
from ..campaign.failures import CampaignError, EnvironmentFailedError, sentence
from ..campaign.figures import printable
from ..campaign.files import write_whole

INTERRUPTED_SENTENCE = "capnsafe: interrupted"


def complain(error: Exception) -> None:
    """Print an error on standard error, after the name of the command."""
    # An allocator may break several rules of its contract, one per line.
    lines = map(printable, str(error).split("\n"))
    click.echo("capnsafe: " + "\n".join(lines), err=True)


def then(code: int, report: Callable[[], None]) -> int:
    """Return ``code``, after running ``report``; if the report fails, return the worse code.

    Findings outrank a report that could not be written.
    """
    try:
        report()
    except CampaignError as error:
        complain(error)
        return code if code == FINDINGS else error.exit_code
    return code


def write_data(path: Path, data: Mapping[str, Any], name: str = "--json") -> None:
    """Write data to a file, which a complaint calls ``name``."""
    try:
        write_whole(path, json.dumps(data, indent=2).encode() + b"\n")
    except OSError as error:
        raise EnvironmentFailedError(f"{name} cannot be written: {sentence(error)}") from error
