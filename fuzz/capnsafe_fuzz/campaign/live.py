"""The state of a running campaign: one line for a log, and a view for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from .config import CampaignConfig
from .figures import count, duration, plural, printable
from .progress import Progress

MOST_SAMPLES: Final = 512
"""The most moments that the view remembers. When there are more, it forgets every other one."""
WIDEST: Final = 40
"""The most columns of a curve."""
LEVELS: Final = "▁▂▃▄▅▆▇█"


def status_line(config: CampaignConfig, progress: Progress) -> str:
    """Return the state of the campaign on one line, the most important facts first."""
    parts = [
        plural(progress.findings, "finding"),
        f"{count(progress.executions)} executions",
        f"{count(round(progress.per_second))}/s",
    ]
    if progress.coverage is not None:
        parts.append(f"coverage {count(progress.coverage)}")
    parts += [
        f"corpus {count(progress.corpus)}",
        plural(progress.situations, "situation"),
        f"{count(progress.faults_fired)} faults",
        duration(progress.seconds) + _left(config, progress),
    ]
    if progress.activity:
        parts.append(progress.activity)
    return "  ".join(parts)


def _left(config: CampaignConfig, progress: Progress) -> str:
    """Return the time that is left, as `` (1:02 left)``; an empty string if it is unknown."""
    lefts: list[float] = []
    if config.seconds is not None:
        lefts.append(config.seconds - progress.seconds)
    if config.runs is not None and progress.per_second:
        lefts.append((config.runs - progress.executions) / progress.per_second)
    return f" ({duration(max(0.0, min(lefts)))} left)" if lefts else ""


def sparkline(samples: Sequence[tuple[float, float]], width: int) -> str:
    """Return a curve of one line, of at most ``width`` columns.

    ``samples`` are (seconds, value) in the order of time. The time is divided into ``width`` equal
    stretches, and the curve shows the last value in each. Its lowest level stands for 0, its
    highest for the greatest value.
    """
    if not samples or width < 1:
        return ""
    end = samples[-1][0] or 1.0
    values: list[float] = []
    for seconds, value in samples:
        column = min(int(seconds / end * width), width - 1)
        # A stretch without a sample repeats the value of the stretch before.
        values += [values[-1] if values else 0.0] * (column - len(values))
        values[column:] = [value]
    most = max(values) or 1.0
    return "".join(LEVELS[round(value / most * (len(LEVELS) - 1))] for value in values)


class LiveView:
    """The view of a running campaign: its present state, and curves of its course."""

    def __init__(self, config: CampaignConfig) -> None:
        self._config = config
        self._samples: list[Progress] = []
        self._every = 1
        self._seen = 0
        self._now: Progress | None = None
        self._new_since = 0.0
        self._finding: tuple[str, float] | None = None
        """The group of the latest finding, and the second of the campaign at which it came."""

    def update(self, progress: Progress) -> None:
        """Take in a newer state of the campaign."""
        if self._now is None or progress.newest != self._now.newest:
            self._new_since = progress.seconds
        self._now = progress
        if self._seen % self._every == 0:
            self._samples.append(progress)
        self._seen += 1
        if len(self._samples) > MOST_SAMPLES:
            del self._samples[1::2]
            self._every *= 2

    def found(self, group: str) -> None:
        """Take in a finding, by its group."""
        self._finding = group, self._now.seconds if self._now else 0.0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the view: one line for each fact, none wider than the terminal."""
        now = self._now
        if now is None:
            return
        config = self._config
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, min_width=len("situations"))
        table.add_column(justify="right", no_wrap=True, min_width=len(count(now.executions)))
        table.add_column(no_wrap=True, overflow="ellipsis")
        width = 0 if options.ascii_only else min(WIDEST, options.max_width - 40)
        rate = f"{count(round(now.per_second))}/s"
        samples = [*self._samples, now]
        speed = sparkline([(one.seconds, one.per_second) for one in samples], width)
        situations = sparkline([(one.seconds, one.situations) for one in samples], width)
        table.add_row("executions", count(now.executions), f"{speed} {rate}".strip())
        if now.coverage is not None:
            coverage = sparkline([(one.seconds, one.coverage or 0) for one in samples], width)
            table.add_row("coverage", count(now.coverage), coverage)
        table.add_row("situations", count(now.situations), situations)
        faults = f"{plural(now.faults_fired, 'fault')} fired"
        table.add_row("corpus", count(now.corpus), faults)
        table.add_row("findings", count(now.findings), self._last_finding(now))
        jobs = plural(config.jobs, "job")
        time = duration(now.seconds) + _left(config, now)
        heading = f"{config.target} by {config.engine} on {config.encoder}, {jobs}, {time}"
        yield _one_line(heading, "bold")
        yield table
        if now.newest is not None:
            ago = duration(now.seconds - self._new_since)
            yield _one_line(f"new {ago} ago: {' × '.join(now.newest)}")
        if now.activity:
            yield _one_line(now.activity)

    def _last_finding(self, now: Progress) -> str:
        if self._finding is None:
            return ""
        group, seconds = self._finding
        return printable(f"{duration(now.seconds - seconds)} ago: {group}")


def _one_line(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style, no_wrap=True, overflow="ellipsis")
