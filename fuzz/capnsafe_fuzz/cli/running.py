"""The output of commands that run a corpus: a progress bar, and inputs that broke promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..campaign.figures import count, printable
from ..campaign.minimize import Advance

_SHOWN = 10
"""How many inputs that ended their process or broke a promise are named."""


@contextmanager
def running() -> Iterator[Advance]:
    """Show a bar on standard error if that is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("running"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
    )
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task("", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def note_broken(broken: Sequence[str]) -> None:
    """Name inputs that ended their process or broke a promise, on standard error."""
    for one in broken[:_SHOWN]:
        click.echo(f"broken: {printable(one)}", err=True)
    if len(broken) > _SHOWN:
        click.echo(f"broken: {count(len(broken) - _SHOWN)} more", err=True)
