"""The commands for single scenarios: ``repro``, ``show`` and ``shrink``."""

from __future__ import annotations

from pathlib import Path

import click

from ..campaign.config import DEFAULT_MEMORY_MEGABYTES
from ..campaign.exit_codes import CLEAN, FINDINGS
from ..campaign.failures import CampaignError, EnvironmentFailedError, UsageError, sentence
from ..campaign.figures import plural, printable
from ..campaign.files import shell_word, write_whole
from ..campaign.judge import PROCESS, Judges
from ..campaign.replay import (
    Replay,
    Replayable,
    find_scenarios,
    replay,
    settle,
    shrink_replayable,
    violation_of,
)
from ..campaign.report import describe, guilty_lines
from ..campaign.targets import UnknownNameError, find_target
from ..targets import Input, described, with_comment
from .options import PATH, allocator_option, bytes_option, encoder_option, timeout_option
from .output import complain


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH...")
@click.option("--script", is_flag=True, help="Print a program instead of running the scenario.")
@click.option("--expect", metavar="GROUP", help="Exit with 0 if this group fires, else with 1.")
@encoder_option
@allocator_option
@bytes_option
@timeout_option
def repro(
    paths: tuple[Path, ...],
    script: bool,
    expect: str | None,
    encoder: str | None,
    allocator: str | None,
    bare: str | None,
    timeout: float,
) -> int:
    """Run scenarios again and print each step.

    PATH is a scenario file, the folder of a finding, or a folder of such folders and files.
    Files that cannot be run are named and counted, and the others still run.
    """
    failures: list[CampaignError] = []
    listed: list[Replayable] = []
    for path in paths:
        try:
            listed += find_scenarios(path, bare, failures.append)
        except CampaignError as error:
            failures.append(error)
    if not listed:
        for failure in failures[1:]:
            complain(failure)
        raise failures[0]
    many = len(listed) + len(failures) > 1
    found: list[Replayable] = []
    for replayable in listed:
        try:
            found.append(settle(replayable, encoder=encoder, memory=allocator))
        except (UnknownNameError, UsageError) as error:
            if not many or encoder is not None:
                raise
            failures.append(UsageError(str(error)))
    for failure in failures:
        complain(failure)
    code = max((failure.exit_code for failure in failures), default=CLEAN)
    if script:
        with Judges(timeout=timeout, memory_limit=DEFAULT_MEMORY_MEGABYTES) as judges:
            for replayable in found:
                judge = judges.of(replayable.target)
                about = bool(judge.ask(replayable.encoder, replayable.scenario).violations)
                printed = judge.program(replayable.encoder, replayable.scenario, about=about)
                program = printed.text
                click.echo(program, nl=not program.endswith("\n"))
        return code
    replays: list[Replay] = []
    expected = False
    with Judges(timeout=timeout, memory_limit=DEFAULT_MEMORY_MEGABYTES) as judges:
        for replayable in found:
            done = replay(replayable, judges)
            replays.append(done)
            if expect is not None and not expected:
                judgement = done.judgement
                expected = violation_of(replayable, judges, judgement, expect) is not None
            if not many:
                _tell_story(done, judges)
            else:
                _tell_briefly(done)
    broken = sum(bool(done.judgement.violations) for done in replays)
    if many:
        told = f"; {len(failures)} more could not be run" if failures else ""
        click.echo(f"{plural(len(found), 'scenario')}, {broken} of them break a promise{told}")
    if expect is not None:
        if expected:
            return CLEAN
        click.echo(f"the group {expect!r} did not fire", err=True)
        return FINDINGS
    return FINDINGS if broken else code


def _tell_story(done: Replay, judges: Judges) -> None:
    encoder = done.replayable.encoder
    scenario, target = done.replayable.scenario, find_target(done.replayable.target)
    click.echo(printable(f"{done.replayable.path} on {encoder}"))
    dead = any(violation.oracle == PROCESS for violation in done.judgement.violations)
    # A scenario that ends its process cannot be described step by step.
    told = None if dead else judges.of(target.name).story(encoder, scenario)
    for line in target.print(scenario).splitlines() if told is None else told:
        click.echo(printable(line))
    click.echo("")
    if not done.judgement.violations:
        click.echo("no promise was broken")
    for violation in done.judgement.violations:
        for line in describe(violation, target, scenario):
            click.echo(printable(line))
    if done.judgement.violations:
        for line in guilty_lines(done.replayable.guilty):
            click.echo(printable(line))


def _tell_briefly(done: Replay) -> None:
    violations = done.judgement.violations
    where = printable(f"{done.replayable.path} on {done.replayable.encoder}")
    if not violations:
        click.echo(f"passes     {where}")
    for violation in violations:
        click.echo(f"{violation.promise} broken  {where}: {violation.group}")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="FILE...")
@bytes_option
def show(paths: tuple[Path, ...], bare: str | None) -> int:
    """Print scenarios of any form as text (also: fmt)."""
    for path in paths:
        for replayable in find_scenarios(path, bare):
            click.echo(replayable.text(), nl=False)
    return CLEAN


@click.command()
@click.argument("path", type=PATH, metavar="FILE")
@click.option("-o", "--output", type=PATH, help="File for the result.")
@click.option("--group", help="Keep this group; by default that of the finding, or the first.")
@encoder_option
@allocator_option
@bytes_option
@timeout_option
def shrink(
    path: Path,
    output: Path | None,
    group: str | None,
    encoder: str | None,
    allocator: str | None,
    bare: str | None,
    timeout: float,
) -> int:
    """Find a smaller scenario of the same group (also: tmin)."""
    found = find_scenarios(path, bare)
    if len(found) != 1:
        raise UsageError(f"{path} holds {len(found)} scenarios; shrink takes one")
    replayable = settle(found[0], encoder=encoder, memory=allocator)
    with Judges(timeout=timeout, memory_limit=DEFAULT_MEMORY_MEGABYTES) as judges:
        wanted, smaller = shrink_replayable(replayable, judges, group=group)
        asked = judges.asked
    smaller = with_comment(smaller, replayable.scenario.comment)
    target = replayable.target
    text = replayable.text(smaller)
    before, after = _size(target, replayable.scenario), _size(target, smaller)
    click.echo(f"{wanted}: {before} to {after}, in {asked} executions", err=True)
    if output is None:
        click.echo(text, nl=False)
        return CLEAN
    try:
        write_whole(output, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise EnvironmentFailedError(f"{output} cannot be written: {sentence(error)}") from error
    click.echo(f"written: {output}; capnsafe repro {shell_word(output)}", err=True)
    return CLEAN


def _size(target: str, scenario: Input) -> str:
    return " and ".join(described(find_target(target).sizes(scenario)))
