"""The command ``capnsafe canaries``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from ..campaign.canaries import (
    DEFAULT_RUNS,
    Canary,
    CanaryConfig,
    bugs_for,
    exit_code,
    hunt_canaries,
)
from ..campaign.config import StopRequest
from ..campaign.figures import count, plural, printable
from .options import allow_flaky_option, default_engine, findings_option, json_option
from .output import then, write_data
from .signals import ending_on_signals


@click.command()
@click.argument("names", nargs=-1, metavar="[BUG]...")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of each search."
)
@click.option(
    "--runs", type=click.IntRange(1), default=DEFAULT_RUNS, show_default=True,
    help="Limit for the executions of a search.",
)  # fmt: skip
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Number of parallel searches.",
)
@click.option(
    "--engine", help="Generator of inputs, or sweep; atheris if it is installed, else random."
)
@findings_option
@json_option
@allow_flaky_option
def canaries(
    names: tuple[str, ...],
    seed: int,
    runs: int,
    jobs: int,
    engine: str | None,
    findings: Path,
    json_file: Path | None,
    allow_flaky: bool,
) -> int:
    """Search for every planted bug, or for the named ones.

    The search must find each bug, shrink it to a small scenario, and show it by a program. A gate
    searches only for a sample.
    """
    engine = engine or default_engine()
    names = tuple(dict.fromkeys(names))
    config = CanaryConfig(
        engine=engine, names=names, seed=seed, runs=runs, jobs=jobs, findings=findings
    )

    def told(canary: Canary) -> None:
        click.echo(printable(str(canary)))
        for trouble in canary.troubles:
            click.echo(f"         {printable(trouble)}")
        for one in canary.unsettled:
            click.echo(f"         unsettled: {printable(one)}")

    stop = StopRequest()
    with ending_on_signals(stop):
        if json_file is not None:
            write_data(json_file, {"format": 1, "exit_code": None, "canaries": []})
        done = hunt_canaries(config, told=told, stop=stop)
    if stop.times:
        asked = len(names or bugs_for(engine))
        click.echo(f"interrupted after {len(done)} of {plural(asked, 'planted bug')}")
    code = exit_code(done, stop, allow_flaky=allow_flaky)
    if json_file is not None:
        every = [canary.to_json() for canary in done]
        data = {"format": 1, "exit_code": code, "canaries": every}
        code = then(code, partial(write_data, json_file, data))
    if not done:
        return code
    found = [canary.executions for canary in done if not canary.troubles]
    click.echo(
        f"{len(found)} of {plural(len(done), 'planted bug')} found and shown by {engine} with seed "
        f"{seed}, the slowest after {count(max(found, default=0))} of {count(runs)} executions"
    )
    return code
