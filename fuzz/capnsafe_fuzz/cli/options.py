"""Options that several commands take, and the types of their values."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..campaign.config import DEFAULT_FINDINGS, DEFAULT_MEMORY_MEGABYTES, DEFAULT_TIMEOUT_SECONDS
from ..campaign.failures import UsageError, sentence
from ..campaign.targets import CLEAN_ENCODER, DRIVER, is_driven
from ..engines import engines
from ..plugins import PluginError, allocator_of, encoder_of

PATH = click.Path(path_type=Path)
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)
_LONGEST_SECONDS = 366 * 24 * 3600.0


if TYPE_CHECKING:
    _FloatType = click.ParamType[float]
    _IntType = click.ParamType[int]
else:
    # Older versions of click know no type of the value.
    _FloatType = _IntType = click.ParamType


class Duration(_FloatType):
    """A duration: ``10m``, ``90s``, ``1h30m``, or a number of seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(value)
        if not value or match is None:
            self.fail(f"{value!r} is not a duration; write 90s, 10m or 1h30m", param, ctx)
        hours, minutes, seconds = (float(number or 0) for number in match.groups())
        total = hours * 3600 + minutes * 60 + seconds
        if total <= 0:
            self.fail("a duration must be longer than 0", param, ctx)
        if total > _LONGEST_SECONDS:
            self.fail("a duration must be at most a year", param, ctx)
        return total


AUTO = "auto"
WITHOUT_COVERAGE = "random"
"""The engine for encoders that cannot be instrumented."""


class Jobs(_IntType):
    """A number of jobs: 1 or more, or ``auto`` for that of the cores."""

    name = "jobs"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        if value == AUTO:
            return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        if not re.fullmatch(r"[1-9][0-9]{0,3}", value):
            self.fail(f"{value!r} is neither {AUTO} nor a number from 1 to 9999", param, ctx)
        return int(value)


allow_flaky_option = click.option(
    "--allow-flaky", is_flag=True, help="Exit with 0 even if something is unsettled."
)


def _encoder_named(context: object, option: object, value: str | None) -> str | None:
    """Return the full name of the encoder that an option names."""
    return None if value is None else full_name(value)


def full_name(encoder: str) -> str:
    """Return the full name of an encoder: MODULE:ATTRIBUTE if another package declares it.

    Raises:
        UsageError: If the declaration of the other package cannot be used.
    """
    try:
        return encoder_of(encoder)
    except PluginError as error:
        raise UsageError(str(error)) from error


def _allocator_named(context: object, option: object, value: str | None) -> str | None:
    """Return the full name of the allocator that an option names."""
    return allocator_of(value)


encoder_option = click.option(
    "--encoder", callback=_encoder_named, help="Encoder, instead of the one that the file names."
)

timeout_option = click.option(
    "--timeout", type=Duration(), default=DEFAULT_TIMEOUT_SECONDS, show_default=True,
    help="Limit for one execution.",
)  # fmt: skip

allocator_option = click.option(
    "--allocator", callback=_allocator_named,
    help="Memory, instead of the one that the file names.",
)  # fmt: skip

bytes_option = click.option(
    "--bytes", "bare", metavar="TARGET", help="The files hold an engine's bytes for this target."
)

tested_encoder_option = click.option(
    "--encoder", default=CLEAN_ENCODER, show_default=True, callback=_encoder_named,
    help="NAME or MODULE:ATTRIBUTE.",
)  # fmt: skip


def _driver_command(context: object, option: object, value: str | None) -> str | None:
    """Return the command of a driver, which a shell could split into at least one word."""
    if value is not None:
        try:
            words = shlex.split(value)
        except ValueError as error:
            told = str(error)
            raise click.BadParameter(f"{told[:1].lower()}{told[1:]} in {value!r}") from None
        if not words:
            raise click.BadParameter("the command is empty")
    return value


driver_option = click.option(
    "--driver", metavar="COMMAND", callback=_driver_command,
    help="Test the library behind this driver (docs/drivers.md).",
)  # fmt: skip

memory_limit_option = click.option(
    "--memory-limit", type=click.IntRange(256, 1 << 20), default=DEFAULT_MEMORY_MEGABYTES,
    show_default=True, metavar="MB", help="Memory limit of a process that runs the encoder.",
)  # fmt: skip

only_allocator_option = click.option(
    "--allocator", callback=_allocator_named,
    help="Use this memory only: a name, or MODULE:CLASS.",
)  # fmt: skip

seeds_option = click.option(
    "--seeds", type=PATH, help="Folder to replace this project's seeds and regressions."
)

findings_option = click.option(
    "--findings", type=PATH, default=DEFAULT_FINDINGS, show_default=True,
    help="Folder for findings.",
)  # fmt: skip

max_findings_option = click.option(
    "--max-findings", type=click.IntRange(1), help="End after this many findings."
)

first_option = click.option("-x", "first", is_flag=True, help="End after the first finding.")

known_option = click.option("--known", type=PATH, help="File of groups of findings to ignore.")

json_option = click.option("--json", "json_file", type=PATH, help="Write the result as JSON.")


def encoder_or_driver(encoder: str, driver: str | None) -> str:
    """Return the name of the encoder under test, from the options --encoder and --driver."""
    if driver is None:
        return encoder
    if encoder != CLEAN_ENCODER:
        raise UsageError(
            "--encoder and --driver both name the encoder under test: give only one of them"
        )
    return f"{DRIVER}:{driver}"


def default_engine(encoder: str = CLEAN_ENCODER) -> str:
    """Return the first engine that can run here, and print the reason why earlier ones cannot.

    An encoder behind a driver runs in another process, which no engine can instrument. For it, the
    engine is ``random``, which uses the counters of a driver that reports its coverage.
    """
    if is_driven(encoder):
        return WITHOUT_COVERAGE
    for name, engine in engines().items():
        missing = engine.missing()
        if missing is None:
            return name
        click.echo(f"{missing}; going on without {name}", err=True)
    raise UsageError("no engine can run here")


def read_known(path: Path | None) -> frozenset[str]:
    """Return the groups of findings that a file names, one a line; ``#`` begins a comment."""
    if path is None:
        return frozenset()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"the known groups {path} cannot be read: {sentence(error)}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the known groups {path} cannot be read: {error}") from error
    told = [line.strip() for line in lines]
    return frozenset(line for line in told if line and not line.startswith("#"))
