"""The command ``capnsafe coverage``."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..campaign.code_coverage import CodeCoverage
from ..campaign.corpus import corpus_root
from ..campaign.corpus_coverage import measure_coverage
from ..campaign.exit_codes import CLEAN, UNSETTLED
from ..campaign.failures import ProvedNothingError, UsageError
from ..campaign.figures import count, plural, printable
from ..campaign.upkeep import read_inputs
from ..optional import COVERAGE
from .options import (
    PATH,
    json_option,
    memory_limit_option,
    tested_encoder_option,
    timeout_option,
)
from .output import write_data
from .running import note_broken, running

_LEAST_WIDTH = 40


@click.command()
@click.argument("paths", nargs=-1, type=PATH, metavar="[PATH]...")
@tested_encoder_option
@click.option(
    "--source", "sources", multiple=True, metavar="PACKAGE",
    help="Package or module to measure, instead of the encoder's own; may be repeated.",
)  # fmt: skip
@click.option("--html", type=PATH, metavar="FOLDER", help="Write pages with the source code.")
@click.option("--lcov", type=PATH, metavar="FILE", help="Write LCOV, which editors and CI read.")
@json_option
@click.option("--summary", is_flag=True, help="Do not list the code that no input reaches.")
@timeout_option
@memory_limit_option
def coverage(
    paths: tuple[Path, ...],
    encoder: str,
    sources: tuple[str, ...],
    html: Path | None,
    lcov: Path | None,
    json_file: Path | None,
    summary: bool,
    timeout: float,
    memory_limit: int,
) -> int:
    """Show which code a corpus reaches, and which it does not.

    PATH is a file or folder of inputs of any form; by default the seeds and regressions of this
    project. Each input runs once, without any search, while coverage.py records lines and branches.
    The configuration of coverage.py in the current folder says which code does not count.
    """
    if not COVERAGE.is_installed:
        raise UsageError(COVERAGE.sentence)
    with running() as advance:
        done = measure_coverage(
            [one for path in paths or (corpus_root(),) for one in read_inputs(path)],
            encoder,
            sources=sources,
            timeout=timeout,
            memory_limit=memory_limit,
            advance=advance,
            html=html,
            lcov=lcov,
        )
    packages = ", ".join(done.packages)
    note_broken(done.broken)
    if done.code is None:
        raise ProvedNothingError(
            f"no Python code of {packages} ran; --source names the package to measure"
        )
    if json_file is not None:
        write_data(json_file, {"format": 1, "inputs": done.inputs} | done.code.to_json())
    console = Console(highlight=False)
    console.print(_table(done.code))
    if not summary:
        _list_missing(console, done.code)
    click.echo(
        f"{plural(done.inputs, 'input')} for {', '.join(done.situations)} "
        f"reach {done.code.percent:.2f} % of {packages}"
    )
    if html is not None:
        click.echo(printable(f"written: {html / 'index.html'}"))
    if lcov is not None:
        click.echo(printable(f"written: {lcov}"))
    if done.died:
        click.echo(
            f"{plural(done.died, 'input')} ended the process or took too long, "
            "so the code that they reach is missing",
            err=True,
        )
    return UNSETTLED if done.died else CLEAN


def _table(coverage: CodeCoverage) -> Table:
    """Return a row for each file, as coverage.py prints it."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_footer=True)
    totals = (
        coverage.statements,
        coverage.missed,
        coverage.branches,
        coverage.missed_branches,
    )
    table.add_column("file", "total", overflow="fold")
    for heading, total in zip(("lines", "missed", "branches", "missed"), totals, strict=True):
        table.add_column(heading, count(total), justify="right", no_wrap=True)
    table.add_column("reached", f"{coverage.percent:.2f} %", justify="right", no_wrap=True)
    for file in coverage.files:
        numbers = (file.statements, file.missed, file.branches, file.missed_branches)
        percent = f"{file.percent:.2f} %"
        table.add_row(Text(printable(file.path)), *map(count, numbers), percent)
    return table


def _list_missing(console: Console, coverage: CodeCoverage) -> None:
    missing = [file for file in coverage.files if file.missing]
    if not missing:
        click.echo("\nevery line and branch is reached\n")
        return
    click.echo("\nno input reaches:")
    for file in missing:
        click.echo(printable(f"  {file.path}"))
        for one in file.missing:
            lines = textwrap.wrap(
                printable(one),
                max(_LEAST_WIDTH, console.width),
                initial_indent=" " * 4,
                subsequent_indent=" " * 8,
                break_on_hyphens=False,
            )
            click.echo("\n".join(lines))
    click.echo("")
