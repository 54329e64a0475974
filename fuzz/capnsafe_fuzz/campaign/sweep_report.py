"""The output of a sweep for people: the plan, a live line, findings as they come, exact counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from rich.console import Console

from ..targets import Scope
from .figures import count, duration, plural
from .files import shell_word
from .report import Terminal, options_again, print_line, print_matrix, say_findings
from .sweep_config import SweepConfig, SweepProgress, SweepResult

USUAL_MILLISECONDS = 1.2
"""The rough time of an execution on an idle machine, to estimate the time of a sweep."""

_NOUNS = {Scope.SINGLES: "fault", Scope.PAIRS: "pair of faults"}


def status(progress: SweepProgress) -> str:
    """Return the state of a sweep on one line."""
    if not progress.planned:
        return progress.activity
    parts = [
        plural(progress.findings, "finding"),
        f"{100 * progress.executions / progress.planned:.1f} %",
        f"{count(progress.executions)} of {count(progress.planned)}",
        f"{count(round(progress.per_second))}/s",
        duration(progress.seconds),
    ]
    if progress.per_second:
        left = (progress.planned - progress.executions) / progress.per_second
        parts[-1] += f" ({duration(left)} left)"
    if progress.activity:
        parts.append(progress.activity)
    return "  ".join(parts)


class SweepTerminal(Terminal):
    """Reports a sweep to a person, on a terminal or in a log."""

    def __init__(self, console: Console, config: SweepConfig) -> None:
        super().__init__(console)
        self._config = config

    def planned(self, result: SweepResult) -> None:
        """Say how much there is to do, before it begins."""
        config = self._config
        seconds = (
            (result.planned - result.resumed) * USUAL_MILLISECONDS / 1000 / max(1, config.jobs)
        )
        self.note(
            f"{plural(result.programs, 'program')}, each with every {_NOUNS[config.scope]}: "
            f"{plural(result.planned, 'execution')}, about {duration(seconds)} on "
            f"{plural(config.jobs, 'idle core')}"
        )
        if result.resumed:
            self.note(f"{plural(result.resumed, 'execution')} of them were made before")

    def swept(self, progress: SweepProgress) -> None:
        """Show the state of the sweep."""
        self.show(status(progress))


def print_sweep(console: Console, config: SweepConfig, result: SweepResult, again: str) -> None:
    """Print the variations that the sweep tried and could not try, and its findings.

    ``again`` are the arguments that name the same programs.
    """
    say = partial(print_line, console)
    campaign = result.campaign
    say("")
    if campaign.situations:
        print_matrix(console, campaign.situations)
    made = campaign.executions - result.resumed
    how = "interrupted after" if campaign.interrupted else "swept"
    if not result.complete and not campaign.interrupted:
        how = "ended after"
    say(
        f"{how} {count(campaign.executions)} of {plural(result.planned, 'execution')}, of "
        f"{plural(result.programs, 'program')} on {campaign.config.encoder}, in "
        f"{duration(campaign.seconds)}"
    )
    if result.resumed:
        say(f"{count(made)} of them now, {count(result.resumed)} by the sweep that was resumed")
    say(
        f"a fault acted in {count(campaign.faults_fired)}, and found nothing to act on in "
        f"{count(result.idle)}; {plural(len(campaign.situations), 'situation')}, "
        f"{count(campaign.judged)} judged once more"
    )
    _say_counts(console, "not possible", result.impossible)
    _say_counts(console, "left out (--all tries them)", result.left_out)
    if result.breaches:
        say(f"promises were broken {plural(result.breaches, 'time')}")
    if campaign.worker_deaths:
        say(f"{plural(campaign.worker_deaths, 'execution')} ended their process")
    for one in campaign.unsettled:
        say(f"unsettled: {one}")
    for group, why in sorted(campaign.not_counted.items()):
        say(f"not counted ({why}): {group}")
    say("")
    say_findings(console, campaign)
    if result.complete:
        say(f"again: {command(config, again)}")
    else:
        # The executions of --runs count from the beginning: with them it would end at once.
        say(f"go on: {command(replace(config, runs=None), again)} --resume")


def _say_counts(console: Console, what: str, counts: Mapping[str, int]) -> None:
    for reason, number in sorted(counts.items(), key=lambda entry: -entry[1]):
        if number:
            print_line(console, f"{what}: {count(number)}, {reason}")


def command(config: SweepConfig, again: str) -> str:
    """Return the command that sweeps the same."""
    parts = ["capnsafe", "sweep"]
    if config.scope is Scope.PAIRS:
        parts.append("--pairs")
    if config.everything:
        parts.append("--all")
    if config.runs is not None:
        parts += ["--runs", str(config.runs)]
    words = [*parts, *options_again(config.campaign)]
    return " ".join(map(shell_word, words)) + again + f" --jobs {config.jobs}"
