"""The command ``capnsafe report``."""

from __future__ import annotations

from pathlib import Path

import click

from ..campaign.exit_codes import CLEAN
from ..campaign.figures import plural, printable
from ..report.page import campaigns_in, check_possible, write_page
from .options import PATH

PAGE_FILE = Path("report.html")


@click.command()
@click.argument("folder", type=PATH, metavar="FOLDER")
@click.option(
    "-o", "--output", type=PATH, default=PAGE_FILE, show_default=True, help="File for the page."
)
def report(folder: Path, output: Path) -> int:
    """Write one HTML page about the campaigns of a folder of findings.

    FOLDER is the folder that --findings named. The page shows each finding in it, and the campaigns
    of the last command, even if that was killed. It is a single file and loads nothing.
    """
    check_possible()
    number = write_page(output, folder, campaigns_in(folder))
    click.echo(printable(f"written: {output} ({plural(number, 'finding')})"))
    return CLEAN
