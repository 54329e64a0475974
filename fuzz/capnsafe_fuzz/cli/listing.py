"""The command ``capnsafe list``."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..campaign.exit_codes import CLEAN
from ..campaign.listing import LISTS


@click.command("list", epilog=f"KIND is one of: {', '.join(LISTS)}.")
@click.argument("kind", type=click.Choice(list(LISTS)), metavar="KIND")
def list_command(kind: str) -> int:
    """List targets, encoders, allocators, faults and more."""
    headings, rows = LISTS[kind]()
    table = Table(box=None, pad_edge=False)
    for column, heading in enumerate(headings):
        table.add_column(heading, no_wrap=column == 0)
    for row in rows:
        # As text: an extra in brackets is no markup.
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
    return CLEAN
