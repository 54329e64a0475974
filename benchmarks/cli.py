"""The command: choose benchmarks, run them, and print the results."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from capnsafe_fuzz.campaign.failures import CampaignError, EnvironmentFailedError, sentence
from rich.console import Console

from .builds import compiled_python
from .circumstances import Circumstances, load
from .measure import Effort
from .present import (
    MarkersMissingError,
    between_markers,
    for_document,
    for_terminal,
    require_markers,
    tables,
)
from .registry import BENCHMARKS, Benchmark
from .results import Ratio, Result

#: Width of the tables if they are not printed on a terminal.
FILE_COLUMNS = 120

_FILE = click.Path(path_type=Path, dir_okay=False)


class Ids(click.ParamType[tuple[Benchmark, ...]]):
    """Benchmarks by their ids, separated by commas."""

    name = "ids"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Benchmark, ...]:
        """Return the benchmarks, in the order in which they always run."""
        if isinstance(value, tuple):
            return value
        known = {key.lower(): benchmark for key, benchmark in BENCHMARKS.items()}
        wanted = {name.strip().lower() for name in value.split(",")}
        for name in sorted(wanted - known.keys()):
            self.fail(f"no benchmark {name!r}; there is {', '.join(BENCHMARKS)}", param, ctx)
        return tuple(known[name] for name in known if name in wanted)


def _document(context: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a document without a place for the tables, before anything is measured."""
    if path is not None:
        try:
            require_markers(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, MarkersMissingError) as error:
            raise click.BadParameter(f"{path}: {error}") from error
    return path


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--only", "chosen", type=Ids(), default=tuple(BENCHMARKS.values()), metavar="ID,ID",
    show_default="all", help=f"Only these: {', '.join(BENCHMARKS)}.",
)  # fmt: skip
@click.option("--json", "json_file", type=_FILE, help="Write the results as data.")
@click.option(
    "--markdown", "document", type=_FILE, callback=_document,
    help="Write the tables between the markers in a document.",
)  # fmt: skip
@click.option("--one-build", is_flag=True, help="Do not measure the compiled encoder.")
@click.option(
    "--even-if-busy", is_flag=True,
    help="Write the document even if the machine does other work.",
)  # fmt: skip
def main(
    chosen: tuple[Benchmark, ...],
    json_file: Path | None,
    document: Path | None,
    one_build: bool,
    even_if_busy: bool,
) -> None:
    """Measure the budgets, each as a ratio in one run, uninstrumented.

    If `make compile` has built a compiled encoder, it is measured, too. A missed budget is
    printed; the exit code is still 0.
    """
    try:
        if document is not None and not even_if_busy:
            require_quiet()
        run(chosen, Effort(), json_file, document, one_build)
    except CampaignError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


def require_quiet() -> None:
    """Raise EnvironmentFailedError if the load of the machine is above the number of its cores."""
    cores = os.cpu_count() or 1
    if load() > cores:
        raise EnvironmentFailedError(
            f"the load is {load():.1f} on {cores} cores, so the numbers would be wrong; wait, or"
            " write them with --even-if-busy"
        )


def compiled_results(chosen: tuple[Benchmark, ...]) -> Iterator[Ratio]:
    """Measure the same with the compiled encoder, if there is one, in another process."""
    ids = [benchmark.id for benchmark in chosen if benchmark.builds]
    compiled = compiled_python()
    if not ids or compiled is None:
        return
    python, environment = compiled
    with TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        command = [*python, "-m", "benchmarks", "--one-build"]
        done = subprocess.run(
            [*command, "--only", ",".join(ids), "--json", str(file)],
            env=environment,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise EnvironmentFailedError("the compiled encoder could not be measured")
        data = json.loads(file.read_text(encoding="utf-8"))
    for row in data["results"]:
        if row["kind"] == Ratio.kind:
            yield Ratio.from_json(row, "compiled")


def run(
    chosen: tuple[Benchmark, ...],
    effort: Effort,
    json_file: Path | None,
    document: Path | None,
    one_build: bool = False,
) -> None:
    """Measure the chosen benchmarks, and write the results to the chosen places."""
    console = Console()
    if not console.is_terminal:
        console.width = FILE_COLUMNS
    waiting = Console(stderr=True)
    circumstances = Circumstances(shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]))
    results: list[Result] = []
    for benchmark in chosen:
        with waiting.status(f"{benchmark.id}: {benchmark.summary} ..."):
            results += benchmark.measure(effort)
    if not one_build and any(benchmark.builds for benchmark in chosen):
        with waiting.status("the same, compiled ..."):
            results += compiled_results(chosen)
    # Each row of the compiled encoder follows that of the sources.
    results.sort(key=_order(results).__getitem__)
    circumstances = replace(circumstances, load_after=load())
    for table in tables(results):
        console.print(for_terminal(table))
    for name, fact in circumstances.facts():
        console.print(f"{name}: {fact}", markup=False, highlight=False, soft_wrap=True)
    if json_file is not None:
        data = asdict(circumstances) | {
            "format": 1,
            "results": [result.to_json() for result in results],
        }
        _write(json_file, json.dumps(data, indent=2) + "\n")
    if document is not None:
        text = document.read_text(encoding="utf-8")
        _write(document, between_markers(text, for_document(results, circumstances)))


def _order(results: Sequence[Result]) -> dict[Result, int]:
    places: dict[tuple[str, ...], int] = {}
    order = {}
    for place, result in enumerate(results):
        key: tuple[str, ...] = (result.id, str(place))
        if isinstance(result, Ratio):
            key = (result.id, result.what, result.theirs)
        order[result] = places.setdefault(key, place)
    return order


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFailedError(f"{path} cannot be written: {sentence(error)}") from error
