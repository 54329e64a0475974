"""The command ``capnsafe compare``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ..campaign.compare import DEFAULT_BUDGET, DEFAULT_RUNS, Comparison, compare
from ..campaign.exit_codes import CLEAN
from ..campaign.targets import find_encoder
from ..encoders.driven.encoder import DrivenEncoder
from ..execution.fate import Fate
from ..known_drivers import COMMANDS, DOUBLES, missing
from ..report import comparison as pages
from .options import PATH, full_name, json_option
from .output import write_data


@click.command("compare")
@click.argument("encoders", nargs=-1, metavar="[ENCODER]...")
@click.option(
    "--runs", type=click.IntRange(1), default=DEFAULT_RUNS, show_default=True,
    help="Number of programs.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True,
    help="Seed of programs and faults.",
)  # fmt: skip
@click.option(
    "--shrink", "budget", type=click.IntRange(0), default=DEFAULT_BUDGET, show_default=True,
    help="Executions to shrink the program of each cell.",
)  # fmt: skip
@click.option(
    "--output", type=PATH, metavar="FILE.md", help="Write the page, and its programs beside it."
)
@json_option
def compare_command(
    encoders: tuple[str, ...],
    runs: int,
    seed: int,
    budget: int,
    output: Path | None,
    json_file: Path | None,
) -> int:
    """Run the same programs and faults on several encoders.

    Without an ENCODER: capnsafe, and all drivers that are built. The table counts how many messages
    were kept, lost or wrong. A bad result is no failure: the exit code is 0.
    """
    names = list(dict.fromkeys(map(full_name, encoders))) or list(_built())
    found = compare(names, runs=runs, seed=seed, budget=budget, say=_say)
    _print(found)
    if json_file is not None:
        write_data(json_file, found.to_json())
    if output is not None:
        command = f"capnsafe compare --runs {runs} --seed {seed} {shlex.join(names)}"
        _write(found, output, command)
    return CLEAN


def _built() -> list[str]:
    names = ["capnsafe"]
    for name in COMMANDS:
        encoder = find_encoder(name)
        assert isinstance(encoder, DrivenEncoder)
        reason = missing(encoder.command)
        if reason:
            _say(f"{name} is left out: {reason}")
        elif name not in DOUBLES:
            names.append(name)
    return names


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _print(comparison: Comparison) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("fault", no_wrap=True)
    for row in comparison.rows:
        table.add_column(f"{row.encoder}\n{row.library} {row.version}")
    for family in comparison.families:
        cells = []
        for row in comparison.rows:
            cell = row.cells.get(family)
            fates = {} if cell is None else cell.fates
            told = ", ".join(f"{fate} {fates[fate]}" for fate in Fate if fates.get(fate))
            cells.append((told or "-") + (" " + pages.EXCLUDED if row.excludes(family) else ""))
        table.add_row(family, *cells)
    Console(highlight=False).print(table)
    click.echo(f"{pages.EXCLUDED} excluded by the library's documentation")


def _write(comparison: Comparison, output: Path, command: str) -> None:
    folder = output.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    picture = output.with_suffix(".svg")
    picture.write_text(pages.picture(comparison), encoding="utf-8")
    page = pages.page(comparison, command, picture.name, folder.name)
    output.write_text(page, encoding="utf-8")
    for row, name in zip(comparison.rows, pages.names_of_pages(comparison), strict=True):
        (folder / name).write_text(pages.programs(row), encoding="utf-8")
    click.echo(f"written: {output}, {picture}, {folder}/")
