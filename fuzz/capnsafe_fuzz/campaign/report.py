"""The output of a campaign for people: a live view, findings as they come, a summary."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..engines import Cell
from ..execution.verdict import LEFT_OUT
from ..guilt.guilty import Guilty
from ..targets import described
from .config import (
    DEFAULT_FINDINGS,
    DEFAULT_MEMORY_MEGABYTES,
    DEFAULT_TIMEOUT_SECONDS,
    CampaignConfig,
    CampaignResult,
)
from .figures import count, duration, plural, printable
from .files import shell_word
from .finding import Finding, read_program
from .live import LiveView, status_line
from .printed import PROGRAM_FILE, program_files
from .progress import Progress
from .targets import CLEAN_ENCODER, find_target

if TYPE_CHECKING:
    from ..record import Violation
    from ..targets import Input, Target

COMMANDS_SHOWN = 3
"""The number of findings for which the summary prints commands."""

PLAIN_SECONDS = 5.0
"""Seconds between lines if there is no terminal."""


def commands(finding: Finding, path: Path) -> list[str]:
    """Return the commands that show a finding again and make it smaller."""
    where = shell_word(path)
    return [f"capnsafe repro {where}", f"capnsafe shrink {where}"]


class Terminal:
    """Show a live view, with findings and sentences above it; without a terminal, print lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = time.monotonic()
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(Text(""), console=console, refresh_per_second=8, transient=True)
            self._live.start()

    def show(self, line: str, view: RenderableType | None = None) -> None:
        """Show the view, or the line if there is none; without a terminal, print lines seldom."""
        if self._live is not None:
            self._live.update(view or Text(line, no_wrap=True, overflow="ellipsis"))
        elif time.monotonic() - self._printed >= PLAIN_SECONDS:
            self._printed = time.monotonic()
            self.note(line)

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Print the breach, its folder, and the next commands."""
        print_finding(self._console, finding, path, fresh=fresh)

    def note(self, sentence: str) -> None:
        """Print a sentence."""
        print_line(self._console, sentence)

    def close(self) -> None:
        """Remove the live view."""
        if self._live is not None:
            self._live.stop()
            self._live = None


class TerminalReporter(Terminal):
    """Reports a campaign to a person, on a terminal or in a log."""

    def __init__(self, console: Console, config: CampaignConfig) -> None:
        super().__init__(console)
        self._config = config
        self._view = LiveView(config)

    def progress(self, progress: Progress) -> None:
        """Show the state of the campaign."""
        self._view.update(progress)
        self.show(status_line(self._config, progress), self._view)

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Print the breach, its folder, and the next commands."""
        super().finding(finding, path, fresh=fresh)
        self._view.found(finding.group)


def print_line(console: Console, line: str, style: str | None = None) -> None:
    """Print a line as it is, without markup, wrapping or control characters."""
    text = printable(line)
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True, emoji=False)


def print_finding(console: Console, finding: Finding, path: Path, *, fresh: bool) -> None:
    """Print the breach, its folder, and the next commands."""
    violation = finding.violation
    print_line(console, "")
    print_line(console, f"{violation.promise} broken: {violation.group}", "bold red")
    print_line(console, f"  operation {guilty(finding)}")
    print_line(console, f"  {violation.detail}")
    for line in guilty_lines(finding.guilty):
        print_line(console, f"  {line}")
    size = ", ".join(described(find_target(finding.target).sizes(finding.scenario)))
    print_line(console, f"  {'kept' if fresh else 'already kept'}: {path} ({size})")
    for command in commands(finding, path):
        print_line(console, f"  {command}")
    if trouble := read_program(path).get("trouble"):
        name = next((file.name for file in program_files(path)), PROGRAM_FILE)
        print_line(console, f"  {name} does not show it: {trouble}")


def guilty_lines(guilty: Guilty | None) -> list[str]:
    """Describe the guilty line of an encoder: its place, its text, and why it is the one."""
    if guilty is None:
        return []
    return [
        f"guilty: {guilty.file}:{guilty.line} in {guilty.function}",
        f"    {guilty.source}",
        f"    {guilty.why}",
    ]


def guilty(finding: Finding) -> str:
    """Return the operation that broke the promise, as a line of the scenario."""
    lines = find_target(finding.target).lines(finding.scenario)
    index = finding.violation.operation
    if index < len(lines):
        return f"{index}: {lines[index]}"
    return f"{index}: {_added(finding.violation)} (added to every program)"


def _added(violation: Violation) -> str:
    """Name an operation that the scenario does not list; a dead process names none."""
    return violation.verb or "start, output or close"


def describe(violation: Violation, target: Target, scenario: Input) -> list[str]:
    """Describe which promise broke, where and how."""
    lines = target.lines(scenario)
    at = violation.operation
    where = lines[at] if 0 <= at < len(lines) else _added(violation)
    return [
        f"{violation.promise} broken in operation {at} ({where})",
        f"  {violation.detail}",
        f"  group: {violation.group}",
    ]


def print_summary(console: Console, result: CampaignResult) -> None:
    """Print the counts, the coverage and the findings of a campaign, and the next commands."""
    say = partial(print_line, console)

    config = result.config
    say("")
    if result.situations:
        print_matrix(console, result.situations)
    speed = result.executions / result.seconds if result.seconds else 0.0
    how = "interrupted after" if result.interrupted else "ran"
    say(
        f"{config.engine} {how} {plural(result.executions, 'execution')} of {config.encoder} in "
        f"{duration(result.seconds)} ({count(round(speed))}/s), from {plural(result.seeds, 'seed')}"
    )
    coverage = "" if result.coverage is None else f"coverage {count(result.coverage)}, "
    say(
        f"{coverage}corpus {count(result.corpus)}, {plural(len(result.situations), 'situation')}, "
        f"{plural(result.faults_fired, 'fault')} fired, {count(result.judged)} judged once more"
    )
    if config.cache is not None:
        say(f"{plural(result.kept_inputs, 'input')} added to {config.cache}")
    if result.fallbacks:
        say(f"{plural(result.fallbacks, 'mutation')} failed, and were replaced by simpler ones")
    if result.worker_deaths:
        say(f"{plural(result.worker_deaths, 'worker')} died")
    if names := result.unsupported:
        what = plural(len(names), "kind")
        say(f"{config.encoder} does not support {what} of operations at all, or not everywhere:")
        say(f"  {', '.join(names)}")
    for one in result.unsettled:
        say(f"unsettled: {one}")
    for group, why in sorted(result.not_counted.items()):
        say(f"not counted ({why}): {group}")
    say("")
    say_findings(console, result)
    reason = None if result.failed else result.not_reproducible
    say(f"again: {again(config)}" + (f"   (not reproducible: {reason})" if reason else ""))
    if result.interrupted and result.state_file is not None and result.state_file.exists():
        say(f"to go on: {again(config)} --resume")


def say_findings(console: Console, result: CampaignResult) -> None:
    """Print the findings and the next commands, or that there are none."""
    if not result.findings:
        if not result.failed:
            print_line(console, *_verdict(result))
        return
    table = Table(title=plural(len(result.findings), "finding"), title_justify="left", box=None)
    sizes = {
        group: find_target(kept.finding.target).sizes(kept.finding.scenario)
        for group, kept in sorted(result.findings.items())
    }
    nouns = list(dict.fromkeys(noun for size in sizes.values() for noun in size))
    for heading in ("promise", "group", *nouns):
        table.add_column(heading, overflow="fold")
    for group, size in sizes.items():
        promise = result.findings[group].finding.violation.promise
        # A finding that is not a sequence is one scenario.
        numbers = [str(size.get(noun, 1)) for noun in nouns]
        table.add_row(promise, Text(printable(group)), *numbers)
    console.print(table)
    for _, kept in sorted(result.findings.items())[:COMMANDS_SHOWN]:
        line = commands(kept.finding, kept.path)[0]
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(result.findings) > COMMANDS_SHOWN:
        folder = shell_word(result.config.findings / result.config.target)
        console.print(f"all of them: capnsafe repro {folder}", markup=False, highlight=False)


def _verdict(result: CampaignResult) -> tuple[str, str]:
    """Return the result of a campaign without findings, as a sentence, and its style."""
    unsettled = len(result.unsettled)
    if result.did_nothing:
        return "the encoder supports no operation: this campaign proved nothing", "bold yellow"
    if result.interrupted:
        return "no promise was broken so far", "bold green"
    if not unsettled:
        return "no promise was broken", "bold green"
    what = "thing is" if unsettled == 1 else "things are"
    if result.config.allow_flaky:
        return f"{unsettled} {what} unsettled, and allowed by --allow-flaky", "bold yellow"
    return f"not clean: {unsettled} {what} unsettled", "bold yellow"


def again(config: CampaignConfig) -> str:
    """Return the command that runs the same campaign."""
    parts = ["capnsafe", "fuzz", config.target, "--engine", config.engine]
    parts += ["--seed", str(config.seed)]
    if config.runs is not None:
        parts += ["--runs", str(config.runs)]
    if config.seconds is not None:
        parts += ["--time", f"{config.seconds:g}s"]
    if config.until_stale:
        parts.append("--until-stale")
    if config.jobs != 1:
        parts += ["--jobs", str(config.jobs)]
    if config.on != "local":
        parts += ["--on", config.on]
    if config.address is not None:
        parts += ["--address", config.address]
    if config.cache is not None:
        parts += ["--corpus", str(config.cache)]
    parts += options_again(config)
    return " ".join(map(shell_word, parts))


def options_again(config: CampaignConfig) -> list[str]:
    """Return the options that a campaign and a sweep share, unless they have their defaults."""
    parts: list[str] = []
    if config.encoder != CLEAN_ENCODER:
        parts += ["--encoder", config.encoder]
    if config.memory is not None:
        parts += ["--allocator", config.memory]
    if config.max_findings is not None:
        parts += ["--max-findings", str(config.max_findings)]
    if config.timeout != DEFAULT_TIMEOUT_SECONDS:
        parts += ["--timeout", f"{config.timeout:g}s"]
    if config.memory_limit != DEFAULT_MEMORY_MEGABYTES:
        parts += ["--memory-limit", str(config.memory_limit)]
    if config.corpus is not None:
        parts += ["--seeds", str(config.corpus)]
    if config.findings != DEFAULT_FINDINGS:
        parts += ["--findings", str(config.findings)]
    if config.guilty:
        parts.append("--guilty")
    if config.known_file is not None:
        parts += ["--known", str(config.known_file)]
    if config.allow_flaky:
        parts.append("--allow-flaky")
    return parts


def print_matrix(console: Console, situations: Iterable[Cell]) -> None:
    """Print verb × family of faults: the outcomes reached, and how many situations.

    If that is too wide for the terminal, it is printed without the outcomes, in as many tables as
    needed. The complete matrix has a row for each verb and kind of target, and a column for each
    kind of fault: too wide for any terminal. ``--json`` has every cell.
    """
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for operation, fault, outcome in situations:
        if operation.startswith(LEFT_OUT):
            continue
        cells[_first(operation), _first(fault)].append(outcome)
    verbs = sorted({verb for verb, _ in cells})
    families = sorted({family for _, family in cells})
    letters = _letters(sorted({outcome for hit in cells.values() for outcome in hit}))

    def columns(told: bool) -> Iterator[list[str]]:
        for family in families:
            column = ["no fault" if family == "-" else family]
            for hit in (cells.get((verb, family), []) for verb in verbs):
                outcomes = f" {''.join(sorted({letters[one] for one in hit}))}" if told else ""
                column.append(f"{len(hit)}{outcomes}" if hit else "-")
            yield column

    names = ["operation", *verbs]
    whole = list(columns(told=True))
    if sum(map(_wide, (names, *whole))) <= console.width:
        legend = ", ".join(f"{letter} {outcome}" for outcome, letter in letters.items())
        print_line(console, f"situations reached, by outcome: {legend}")
        console.print(_table([names, *whole]))
        return
    print_line(console, "situations reached (in a wider terminal: by outcome)")
    row, taken = [names], _wide(names)
    for column in columns(told=False):
        if len(row) > 1 and taken + _wide(column) > console.width:
            console.print(_table(row))
            row, taken = [names], _wide(names)
        row.append(column)
        taken += _wide(column)
    console.print(_table(row))


def _wide(column: Sequence[str]) -> int:
    """Return the width of a table's column on a terminal, with its margins."""
    return max(map(len, column)) + 2


def _table(columns: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None)
    for heading, *_ in columns:
        table.add_column(heading, no_wrap=True)
    for row in zip(*(cells for _, *cells in columns), strict=True):
        table.add_row(*row)
    return table


def _first(words: str) -> str:
    return words.partition(" ")[0]


def _letters(outcomes: list[str]) -> dict[str, str]:
    """Return one letter for each outcome: the first of its letters that is free."""
    letters: dict[str, str] = {}
    for outcome in outcomes:
        free = (c for c in outcome + outcome.upper() + "0123456789" if c.isalnum())
        letters[outcome] = next((c for c in free if c not in letters.values()), "?")
    return letters
