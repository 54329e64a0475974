"""The comparison of encoders as a page of Markdown, a page for each encoder, and a picture."""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Final

from ..campaign.compare import NO_FAULT, Cell, Comparison, Row
from ..execution.fate import Fate
from ..scenario import print_scenario

COLOURS: Final = {
    Fate.KEPT: "#4c9f70",
    Fate.LOST: "#e9c46a",
    Fate.WRONG: "#f4a261",
    Fate.OUTSIDE: "#e76f51",
    Fate.DIED: "#9b2226",
    Fate.HUNG: "#5f0f40",
}
MEANINGS: Final = {
    Fate.KEPT: "the message is right; or there was an error, and the message is unchanged",
    Fate.LOST: "there was an error, and the message has changed or can no longer be output",
    Fate.WRONG: "there was no error, and the message is not the one that the program builds",
    Fate.OUTSIDE: "bytes were written outside the memory of the message",
    Fate.DIED: "the process ended",
    Fate.HUNG: "the process did not answer, or called its memory without end, and was killed",
}
EXCLUDED: Final = "†"
#: The longest name of an encoder in the name of a file.
_MOST_NAME: Final = 80


def names_of_pages(comparison: Comparison) -> list[str]:
    """Return a file name for the page of each encoder. The name of an encoder may be a command."""
    names: list[str] = []
    for row in comparison.rows:
        name = re.sub(r"[^\w.-]+", "-", row.encoder).strip("-.")[-_MOST_NAME:] or "encoder"
        names.append(f"{name}-{len(names)}.md" if f"{name}.md" in names else f"{name}.md")
    return names


def page(
    comparison: Comparison, command: str, picture: str, folder: str, today: date | None = None
) -> str:
    """Return the page with the table.

    ``picture`` is the path of the picture, ``folder`` that of the pages of the encoders.
    """
    rows = comparison.rows
    lines = [
        "# Encoders under the same faults",
        "",
        f"Made by `{command}` on {(today or date.today()).isoformat()} with Python "
        f"{platform.python_version()}. The same {comparison.runs} programs ran on every encoder, "
        "each without a fault and with one fault of each family. Counted are the faults that "
        "fired, in programs which the encoder built right without a fault.",
        "",
        f"![What became of the messages]({picture})",
        "",
        *(f"- **{fate}**: {meaning}" for fate, meaning in MEANINGS.items()),
        "",
        f"{EXCLUDED} marks families of faults that the documentation of the library excludes. The "
        "result describes the library, and is no broken promise.",
        "",
        "| fault | " + " | ".join(f"{row.encoder}" for row in rows) + " |",
        "| --- |" + " --- |" * len(rows),
    ]
    for family in comparison.families:
        told = [_told(row, family) for row in rows]
        lines.append(f"| {family} | " + " | ".join(told) + " |")
    lines += ["", "## The encoders", ""]
    for row, name in zip(rows, names_of_pages(comparison), strict=True):
        lines += _about(row, f"{folder}/{name}")
    return "\n".join([*lines, ""])


def _told(row: Row, family: str) -> str:
    cell = row.cells.get(family)
    if cell is None or not cell.fates:
        return "not tried" if row.takes_memory else "takes no memory"
    counts = ", ".join(f"{fate} {cell.fates[fate]}" for fate in Fate if cell.fates[fate])
    return counts + (f" {EXCLUDED}" if row.excludes(family) else "")


def _about(row: Row, programs_page: str) -> Iterator[str]:
    yield f"### {row.encoder}"
    yield ""
    yield f"{row.library} {row.version} ({row.language}). [The programs]({programs_page})."
    if row.demands:
        yield "Its documentation makes demands on the memory:"
        yield ""
        for name, (text, place) in row.demands.items():
            yield f"- **{name}**: “{text}” ({place})"
    yield ""
    if row.unsupported:
        left = ", ".join(f"{name} {count}" for name, count in sorted(row.unsupported.items()))
        yield f"Operations and faults that were left out, with the number of programs: {left}."
        yield ""


def programs(row: Row) -> str:
    """Return the page with the simplest program of each cell of one encoder."""
    command = f"capnsafe repro --encoder {shlex.quote(row.encoder)} FILE"
    lines = [f"# {row.encoder}: the simplest programs", ""]
    lines += [f"{row.library} {row.version}. To run one: `{command}`.", ""]
    for family, cell in row.cells.items():
        for fate, scenario in sorted(cell.simplest.items()):
            endings = ", ".join(sorted(cell.endings)) if fate in (Fate.DIED, Fate.HUNG) else ""
            lines += [f"## {family}: {fate}" + (f" ({endings})" if endings else ""), ""]
            lines += ["```text", print_scenario(scenario).rstrip(), "```", ""]
    if len(lines) == 4:
        lines += ["Every message was kept.", ""]
    return "\n".join(lines)


_LEFT, _TOP, _WIDTH, _HEIGHT, _GAP = 110, 40, 150, 22, 8


def picture(comparison: Comparison) -> str:
    """Return the table as a picture (SVG): a bar for each cell, divided by fate."""
    families, rows = comparison.families, comparison.rows
    width = _LEFT + len(rows) * (_WIDTH + _GAP)
    height = _TOP + len(families) * (_HEIGHT + 4) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for column, row in enumerate(rows):
        x = _LEFT + column * (_WIDTH + _GAP)
        label = f"{row.encoder} {row.version}"
        lines.append(f'<text x="{x}" y="24" font-weight="bold">{escape(label)}</text>')
    for line, family in enumerate(families):
        y = _TOP + line * (_HEIGHT + 4)
        lines.append(f'<text x="8" y="{y + 15}">{escape(family)}</text>')
        for column, row in enumerate(rows):
            x = _LEFT + column * (_WIDTH + _GAP)
            lines += _bar(row.cells.get(family), x, y)
    x, y = 8, height - 20
    for fate, colour in COLOURS.items():
        lines.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        lines.append(f'<text x="{x + 16}" y="{y + 10}">{fate}</text>')
        x += 34 + 7 * len(fate)
    return "\n".join([*lines, "</svg>", ""])


def _bar(cell: Cell | None, x: float, y: float) -> Iterator[str]:
    total = 0 if cell is None else sum(cell.fates.values())
    if cell is None or not total:
        yield f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" fill="#eeeeee"/>'
        return
    for fate in Fate:
        share = cell.fates[fate] / total * _WIDTH
        if share:
            yield (
                f'<rect x="{x:.1f}" y="{y}" width="{share:.1f}" height="{_HEIGHT}" '
                f'fill="{COLOURS[fate]}">'
                f"<title>{fate}: {cell.fates[fate]} of {total}</title></rect>"
            )
        x += share


__all__ = ["COLOURS", "EXCLUDED", "MEANINGS", "NO_FAULT", "page", "picture", "programs"]
