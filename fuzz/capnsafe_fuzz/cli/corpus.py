"""The commands ``capnsafe corpus``, which manage a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ..campaign.corpus import corpus_root
from ..campaign.exit_codes import CLEAN
from ..campaign.failures import UsageError
from ..campaign.figures import count, plural, printable
from ..campaign.stats import CorpusStats, TargetStats, corpus_stats
from ..campaign.upkeep import add_inputs, merge_folders, minimize_folder
from ..optional import COVERAGE
from .aliases import Aliased
from .options import (
    PATH,
    bytes_option,
    json_option,
    memory_limit_option,
    tested_encoder_option,
    timeout_option,
)
from .output import write_data
from .running import note_broken, running


@click.group("corpus", cls=Aliased, aliases={"cmin": "minimize"})
def corpus_group() -> None:
    """Manage a corpus: add, merge and minimize inputs."""


@corpus_group.command()
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="FILE... FOLDER")
@bytes_option
def add(paths: tuple[Path, ...], bare: str | None) -> int:
    """Copy inputs into FOLDER, as text.

    FILE is an input of any form, the folder of a finding, or a folder of both. Each becomes a file
    that is named by its contents. Inputs that are in FOLDER already are passed over.
    """
    *files, folder = _sources(paths)
    done = add_inputs(files, folder, bare=bare)
    _note_older(done.older)
    for path in done.added:
        click.echo(printable(str(path)))
    click.echo(
        f"{plural(len(done.added), 'input')} added to {printable(str(folder))}; "
        f"{count(done.known)} already there"
    )
    return CLEAN


@corpus_group.command()
@click.argument("folder", type=PATH, metavar="FOLDER")
@tested_encoder_option
@click.option("-n", "--dry-run", is_flag=True, help="Change nothing; print what would be done.")
@timeout_option
@memory_limit_option
@json_option
def minimize(
    folder: Path,
    encoder: str,
    dry_run: bool,
    timeout: float,
    memory_limit: int,
    json_file: Path | None,
) -> int:
    """Remove inputs that are not needed (also: cmin).

    Together, the remaining inputs reach the same code of the encoder and the same situations
    (operation, fault, outcome). Inputs that end their process or break a promise always stay.

    Remaining inputs are written as text, so that they outlive their decoder. Bytes of another
    decoder version are inputs like others: the present decoder reads them.

    The folder changes only after everything ran, and nothing is removed before everything that
    stays is on the disk.
    """
    with running() as advance:
        done = minimize_folder(
            folder,
            encoder,
            timeout=timeout,
            memory_limit=memory_limit,
            advance=advance,
            dry_run=dry_run,
        )
    if json_file is not None:
        write_data(json_file, {"format": 1} | done.to_json())
    _note_older(done.older)
    note_broken(done.broken)
    verb = "would stay" if dry_run else "stay"
    share = round(100 * done.kept / done.inputs)
    click.echo(
        f"{count(done.kept)} of {plural(done.inputs, 'input')} {verb} ({share} %): "
        f"{_kilobytes(done.bytes_after)} of {_kilobytes(done.bytes_before)}"
    )
    click.echo(
        f"they reach the same {count(done.places)} places of the code "
        f"and {plural(done.situations, 'situation')}"
    )
    if done.converted:
        click.echo(f"{plural(done.converted, 'input')} {verb} as text instead of bytes")
    if done.left:
        click.echo(
            f"{plural(done.left, 'file')} left alone: {encoder} cannot be tested on their target"
        )
    return CLEAN


@corpus_group.command()
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="SOURCE... FOLDER")
@tested_encoder_option
@timeout_option
@memory_limit_option
@json_option
def merge(
    paths: tuple[Path, ...],
    encoder: str,
    timeout: float,
    memory_limit: int,
    json_file: Path | None,
) -> int:
    """Add inputs of other corpora that reach more.

    SOURCE is a corpus, or any folder or file of inputs. The sources stay as they are, and so do the
    inputs in FOLDER. Only inputs are added that reach code or situations that those in FOLDER do
    not reach.
    """
    *sources, folder = _sources(paths)
    with running() as advance:
        done = merge_folders(
            sources, folder, encoder, timeout=timeout, memory_limit=memory_limit, advance=advance
        )
    if json_file is not None:
        write_data(json_file, {"format": 1} | done.to_json())
    _note_older(done.older)
    note_broken(done.broken)
    click.echo(
        f"{count(done.added)} of {plural(done.inputs, 'new input')} added to "
        f"{printable(str(folder))}: {count(done.places)} more places of the code, "
        f"{plural(done.situations, 'more situation')}"
    )
    return CLEAN


@corpus_group.command()
@click.argument("paths", nargs=-1, type=PATH, metavar="[PATH]...")
@tested_encoder_option
@click.option("--no-run", is_flag=True, help="Run no input: no situations and no coverage.")
@timeout_option
@memory_limit_option
@json_option
def stats(
    paths: tuple[Path, ...],
    encoder: str,
    no_run: bool,
    timeout: float,
    memory_limit: int,
    json_file: Path | None,
) -> int:
    """Print facts about a corpus, and its coverage.

    PATH is a file or folder of inputs of any form; by default the seeds and regressions of this
    project. Duplicates are files with the same input; their comments may differ.
    """
    if not no_run and not COVERAGE.is_installed:
        raise UsageError(f"{COVERAGE.sentence}; --no-run does without")
    with running() as advance:
        done = corpus_stats(
            paths or (corpus_root(),),
            encoder,
            run=not no_run,
            timeout=timeout,
            memory_limit=memory_limit,
            advance=advance,
        )
    if json_file is not None:
        write_data(json_file, {"format": 1} | done.to_json())
    for path in done.misnamed:
        click.echo(f"corrupt: {printable(path)} does not match its name", err=True)
    note_broken(done.broken)
    Console(highlight=False).print(_facts(done))
    if done.coverage is not None:
        lines = done.coverage.statements - done.coverage.missed
        branches = done.coverage.branches - done.coverage.missed_branches
        click.echo(
            f"they reach {done.coverage.percent:.2f} % of the code: {count(lines)} of "
            f"{plural(done.coverage.statements, 'line')}, {count(branches)} of "
            f"{count(done.coverage.branches)} branches"
        )
    return CLEAN


def _facts(done: CorpusStats) -> Table:
    """Return a column for each target."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for target in done.targets:
        table.add_column(target, justify="right", no_wrap=True)
    columns = [_of_target(one) for one in done.targets.values()]
    for row in zip(*columns, strict=True):
        table.add_row(row[0][0], *(value for _, value in row))
    return table


def _of_target(one: TargetStats) -> list[tuple[str, str]]:
    older = {v: files for v, files in one.versions.items() if v != one.present_version}
    return [
        ("inputs", count(one.inputs)),
        ("  of them sequences", count(one.sequences)),
        ("files", count(one.files)),
        ("  duplicates", count(one.duplicates)),
        ("  text", count(one.texts)),
        ("  bytes of this decoder", count(one.versions.get(one.present_version, 0))),
        ("  bytes of other decoders", count(sum(older.values()))),
        ("    their versions", ", ".join(map(str, older)) or "-"),
        ("size", f"{count(one.total_bytes)} B"),
        ("  median of a file", f"{count(one.median_bytes)} B"),
        ("  largest file", f"{count(one.largest_bytes)} B"),
        ("oldest file", _day(one.oldest)),
        ("newest file", _day(one.newest)),
        ("situations", "-" if one.situations is None else count(one.situations)),
    ]


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _sources(paths: Sequence[Path]) -> Sequence[Path]:
    """Check that there is a source, and that the last path can be a folder."""
    if len(paths) < 2:
        raise UsageError(f"{paths[0]} alone: name the inputs first, and the folder last")
    if paths[-1].exists() and not paths[-1].is_dir():
        raise UsageError(f"{paths[-1]} is not a folder: the last path is the corpus to write to")
    return paths


def _note_older(older: int) -> None:
    if older:
        click.echo(
            f"{plural(older, 'input')} written for another version of the decoder: "
            "read with the present one, so their meaning may be another",
            err=True,
        )


def _kilobytes(size: int) -> str:
    return f"{count(-(-size // 1000))} kB"
