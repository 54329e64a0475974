"""Results as tables: for a terminal, and for a marked place in a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table as RichTable

from .circumstances import Circumstances
from .results import CampaignSpeed, Crossover, Ratio, Result, Share

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"


class MarkersMissingError(Exception):
    """A document lacks the markers between which the tables go."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and columns of text; the first ``texts`` columns are words, the others numbers."""

    title: str
    headings: tuple[str, ...]
    texts: int
    rows: list[tuple[str, ...]]


def seconds(time: float) -> str:
    """Return a time as ``1.23 µs``, with three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if time >= size:
            return f"{_three_digits(time / size)} {unit}"
    return f"{_three_digits(time * 1e9)} ns"


def _three_digits(number: float) -> str:
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f}"


def _thousands(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")


def tables(results: Sequence[Result]) -> Iterator[Table]:
    """Yield one table for each kind of result."""
    speeds = [result for result in results if isinstance(result, CampaignSpeed)]
    shares = [result for result in results if isinstance(result, Share)]
    ratios = [result for result in results if isinstance(result, Ratio)]
    if speeds:
        yield Table(
            "Campaigns",
            ("engine", "seed", "executions", "time", "executions/s", "situations", "findings"),
            1,
            [_speed(result) for result in speeds],
        )
    if shares:
        whole = shares[0].whole
        total = ("all", seconds(whole * 1e-6), "100 %")
        yield Table(
            "Where the time of an execution goes",
            ("part", "mean time", "share"),
            1,
            [_share(result) for result in shares] + [total],
        )
    if ratios:
        yield Table(
            "Ratios",
            (
                *("id", "what", "build", "this", "beside"),
                *("ratio", "quartiles", "budget", "met"),
            ),
            5,
            [_ratio(result) for result in ratios],
        )
    crossovers = [result for result in results if isinstance(result, Crossover)]
    if crossovers:
        yield Table(
            "From which size on it is faster",
            ("id", "what", "size"),
            2,
            [(result.id, result.what, _crossover(result)) for result in crossovers],
        )


def _speed(result: CampaignSpeed) -> tuple[str, ...]:
    if result.missing is not None or result.per_second is None:
        return (result.engine, str(result.seed), "none", "", result.missing or "", "", "")
    return (
        result.engine,
        str(result.seed),
        _thousands(result.executions),
        seconds(result.seconds),
        _thousands(result.per_second),
        _thousands(result.situations),
        str(result.findings),
    )


def _share(result: Share) -> tuple[str, ...]:
    return (
        result.part,
        seconds(result.microseconds * 1e-6),
        f"{result.share:.0%}".replace("%", " %"),
    )


def in_bytes(size: float) -> str:
    """Return a size as ``64 KiB``."""
    for unit, octets in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= octets:
            return f"{size / octets:.3g} {unit}"
    return f"{size:.0f} bytes"


def _crossover(result: Crossover) -> str:
    if result.size is None:
        return f"none up to {in_bytes(result.largest)}"
    if result.size <= result.smallest:
        return f"any from {in_bytes(result.smallest)}"
    return in_bytes(result.size)


def _ratio(result: Ratio) -> tuple[str, ...]:
    found = result.comparison
    return (
        result.id,
        result.what,
        result.build,
        f"{result.ours}: {seconds(found.ours)}",
        f"{result.theirs}: {seconds(found.theirs)}",
        f"{found.ratio:.2f}",
        f"{found.low:.2f} to {found.high:.2f}",
        "" if result.budget is None else f"{result.budget:g}",
        {None: "", True: "yes", False: "no"}[result.met],
    )


def for_terminal(table: Table) -> RichTable:
    """Return the table for rich."""
    drawn = RichTable(title=table.title, title_justify="left")
    for at, heading in enumerate(table.headings):
        drawn.add_column(heading, justify="left" if at < table.texts else "right")
    for row in table.rows:
        drawn.add_row(*row)
    return drawn


def for_document(results: Sequence[Result], circumstances: Circumstances) -> str:
    """Return tables and circumstances as Markdown."""
    facts = Table("Circumstances", ("", ""), 2, [*circumstances.facts()])
    return "\n".join(_markdown(table) for table in (*tables(results), facts))


def _markdown(table: Table) -> str:
    rule = ["---" if at < table.texts else "---:" for at in range(len(table.headings))]
    lines = [_line(row) for row in (table.headings, rule, *table.rows)]
    return f"### {table.title}\n\n" + "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def require_markers(document: str) -> None:
    """Raise unless the document has each marker once, in order."""
    if document.count(BEGIN) != 1 or document.count(END) != 1:
        raise MarkersMissingError(f"the lines {BEGIN} and {END} must each be there once")
    if document.index(END) < document.index(BEGIN):
        raise MarkersMissingError(f"{END} comes before {BEGIN}")


def between_markers(document: str, text: str) -> str:
    """Return the document with ``text`` between its markers, otherwise unchanged."""
    require_markers(document)
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"
