"""The command ``capnsafe``: everything that people and CI do with this project.

Exit codes: 0 clean, 1 findings (outranks the rest), 2 usage, 3 the run proved nothing, 4 the
environment failed, 5 unsettled, 130 interrupted. Errors are one sentence on standard error.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .campaign.canaries import DEFAULT_RUNS, Canary, CanaryConfig, exit_code, hunt_canaries
from .campaign.config import (
    DEFAULT_FINDINGS,
    DEFAULT_MEMORY_MEGABYTES,
    DEFAULT_SECONDS,
    DEFAULT_TIMEOUT_SECONDS,
    CampaignConfig,
    CampaignResult,
    StopRequest,
    done_until,
)
from .campaign.exit_codes import CLEAN, FINDINGS, INTERRUPTED, PROVED_NOTHING, describe_exit_codes
from .campaign.failures import CampaignError, EnvironmentFailedError, UsageError, sentence
from .campaign.files import shell_word, write_whole
from .campaign.gate import GateResult, run_gate
from .campaign.gate_config import FILE, TABLE, GateConfig, describe_keys, read_gate_config
from .campaign.gate_report import GateTerminalReporter
from .campaign.judge import PROCESS, Judges
from .campaign.junit import write_junit
from .campaign.listing import LISTS
from .campaign.parent import run_campaign
from .campaign.replay import Replay, Replayable, find_scenarios, replay, settle, shrink_replayable
from .campaign.report import TerminalReporter, count, describe, plural, print_summary, printable
from .campaign.targets import UnknownNameError, find_target, targets_of
from .encoders.planted import BUGS
from .engines import engines
from .interrupts import interrupt
from .optional import missing
from .streams import hold_descriptors, lasting_streams
from .targets import Input, current_name, described, with_comment

_PATH = click.Path(path_type=Path)
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)


_INTERRUPTED = "capnsafe: interrupted"
_LONGEST_SECONDS = 366 * 24 * 3600.0


if TYPE_CHECKING:
    _FloatType = click.ParamType[float]
else:
    # Older versions of click know no type of the value.
    _FloatType = click.ParamType


class Duration(_FloatType):
    """A duration: ``10m``, ``90s``, ``1h30m``, or a number of seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(value)
        if not value or match is None:
            self.fail(f"{value!r} is not a duration; write 90s, 10m or 1h30m", param, ctx)
        hours, minutes, seconds = (float(number or 0) for number in match.groups())
        total = hours * 3600 + minutes * 60 + seconds
        if total <= 0:
            self.fail("a duration must be longer than 0", param, ctx)
        if total > _LONGEST_SECONDS:
            self.fail("a duration must be at most a year", param, ctx)
        return total


class Aliased(click.Group):
    """A group some of whose commands have a second name."""

    aliases: ClassVar = {"fmt": "show", "tmin": "shrink"}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        return super().get_command(ctx, self.aliases.get(cmd_name, cmd_name))


@click.group(
    cls=Aliased,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"\b\nExit codes:\n{describe_exit_codes()}",
)
@click.version_option(package_name="capnsafe")
def cli() -> None:
    """Fuzz Cap'n Proto builders with memory that fails, moves, shrinks and lies."""


_allow_flaky_option = click.option(
    "--allow-flaky", is_flag=True, help="Exit with 0 even if something is unsettled."
)


@cli.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--time", "seconds", type=Duration(), help="Time for each target: 90s, 10m.")
@click.option("--runs", type=click.IntRange(1), help="Executions on each target, including seeds.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the search; random if not given.")
@click.option("--engine", help="Generator of inputs; atheris if it is installed, else random.")
@click.option("--encoder", default="capnsafe", show_default=True, help="NAME or MODULE:ATTRIBUTE.")
@click.option("--allocator", help="Use this memory only: a name, or MODULE:CLASS.")
@click.option("--corpus", type=_PATH, help="Folder for new inputs.")
@click.option("--seeds", type=_PATH, help="Folder to replace this project's seeds and regressions.")
@click.option(
    "--findings", type=_PATH, default=DEFAULT_FINDINGS, show_default=True,
    help="Folder for findings.",
)  # fmt: skip
@click.option("--max-findings", type=click.IntRange(1), help="End after this many findings.")
@click.option("-x", "first", is_flag=True, help="End after the first finding.")
@click.option("--known", type=_PATH, help="File of groups of findings to ignore.")
@_allow_flaky_option
@click.option(
    "--timeout", type=Duration(), default=DEFAULT_TIMEOUT_SECONDS, show_default=True,
    help="Limit for one execution.",
)  # fmt: skip
@click.option(
    "--memory-limit", type=click.IntRange(256, 1 << 20), default=DEFAULT_MEMORY_MEGABYTES,
    show_default=True, metavar="MB", help="Memory limit of a process that runs the encoder.",
)  # fmt: skip
@click.option("--json", "json_file", type=_PATH, help="Write the result as JSON.")
def fuzz(
    targets: tuple[str, ...],
    seconds: float | None,
    runs: int | None,
    seed: int | None,
    engine: str | None,
    encoder: str,
    allocator: str | None,
    corpus: Path | None,
    seeds: Path | None,
    findings: Path,
    max_findings: int | None,
    first: bool,
    known: Path | None,
    allow_flaky: bool,
    timeout: float,
    memory_limit: int,
    json_file: Path | None,
) -> int:
    """Run a campaign on each target, one after the other.

    Without a TARGET, every target that the encoder supports is used; with --allocator, those that
    take memory; with a planted bug, the one that shows it. A campaign takes one minute, unless
    --time or --runs is given.

    Findings with the same promise, operation and symptom form a group. Only the simplest one of a
    group is kept.
    """
    config = CampaignConfig(
        encoder=encoder,
        engine=engine or _default_engine(),
        memory=allocator,
        seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        runs=runs,
        seconds=DEFAULT_SECONDS if runs is None and seconds is None else seconds,
        cache=corpus,
        corpus=seeds,
        findings=findings,
        max_findings=1 if first else max_findings,
        known=_read_known(known),
        known_file=known,
        allow_flaky=allow_flaky,
        timeout=timeout,
        memory_limit=memory_limit,
    )
    for package in missing():
        click.echo(package.sentence, err=True)
    results: list[CampaignResult] = []
    failure: CampaignError | None = None
    stop = StopRequest()
    with _ending_on_signals(stop):
        if json_file is not None:
            _write_json(json_file, results, None)
        for target in dict.fromkeys(map(current_name, targets)) or targets_of(
            encoder, seeds, lambda: stop.times > 0, memory=allocator
        ):
            try:
                results.append(_one_campaign(replace(config, target=target), stop))
            except CampaignError as error:
                failure = error
                done = done_until(error)
                if done is not None:
                    results.append(done)
                break
            if stop.times:
                break
    code = _exit_code(results, failure)
    if failure is not None:
        _complain(failure)
    if json_file is not None:
        code = _then(code, partial(_write_json, json_file, results, code))
    return code


def _then(code: int, report: Callable[[], None]) -> int:
    """Return ``code``, after running ``report``; if the report fails, return the worse code.

    Findings outrank a report that could not be written.
    """
    try:
        report()
    except CampaignError as error:
        _complain(error)
        return code if code == FINDINGS else error.exit_code
    return code


def _one_campaign(config: CampaignConfig, stop: StopRequest) -> CampaignResult:
    console = Console()
    reporter = TerminalReporter(console, config)
    result: CampaignResult | None = None
    try:
        result = run_campaign(config, reporter=reporter, stop=stop)
    except CampaignError as error:
        result = done_until(error)
        raise
    finally:
        try:
            reporter.close()
            if result is not None and (result.executions or result.findings):
                print_summary(console, result)
            elif result is not None and result.interrupted:
                click.echo(f"{_INTERRUPTED} before the first execution", err=True)
        except CampaignError as error:
            error.result = result
            raise
    return result


def _exit_code(results: list[CampaignResult], failure: CampaignError | None) -> int:
    codes = [result.exit_code for result in results]
    if FINDINGS in codes:
        return FINDINGS
    if failure is not None:
        return failure.exit_code
    return max(codes, default=CLEAN)


def _default_engine() -> str:
    for name, engine in engines().items():
        missing = engine.missing()
        if missing is None:
            return name
        click.echo(f"{missing}; going on without {name}", err=True)
    raise UsageError("no engine can run here")


def _read_known(path: Path | None) -> frozenset[str]:
    if path is None:
        return frozenset()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"the known groups {path} cannot be read: {sentence(error)}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the known groups {path} cannot be read: {error}") from error
    told = [line.strip() for line in lines]
    return frozenset(line for line in told if line and not line.startswith("#"))


def _write_json(path: Path, results: list[CampaignResult], code: int | None) -> None:
    data = {
        "format": 1,
        "exit_code": code,
        "campaigns": [result.to_json() for result in results],
    }
    _write_data(path, data)


def _write_data(path: Path, data: Mapping[str, Any]) -> None:
    try:
        write_whole(path, json.dumps(data, indent=2).encode() + b"\n")
    except OSError as error:
        raise EnvironmentFailedError(f"--json cannot be written: {sentence(error)}") from error


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP end a command in order, and with its code."""
    with _handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), interrupt):
        yield


@contextmanager
def _handling(
    signals: Sequence[signal.Signals], handler: Callable[[int, Any], None]
) -> Iterator[None]:
    """Handle signals, except those that the parent process has set to be ignored (``nohup``)."""
    before = {number: signal.getsignal(number) for number in signals}
    if threading.current_thread() is not threading.main_thread():
        before = {}
    heard = [number for number, old in before.items() if old is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


@contextmanager
def _ending_on_signals(stop: StopRequest) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP end a campaign in its own order."""

    def ask(number: int, frame: object) -> None:
        stop()

    with _handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), ask):
        yield


_encoder_option = click.option("--encoder", help="Encoder, instead of the one that the file names.")
_timeout_option = click.option(
    "--timeout", type=Duration(), default=DEFAULT_TIMEOUT_SECONDS, show_default=True,
    help="Limit for one execution.",
)  # fmt: skip


_allocator_option = click.option(
    "--allocator", help="Memory, instead of the one that the file names."
)
_bytes_option = click.option(
    "--bytes", "bare", metavar="TARGET", help="The files hold an engine's bytes for this target."
)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=_PATH, metavar="PATH...")
@click.option("--script", is_flag=True, help="Print a program instead of running the scenario.")
@click.option("--expect", metavar="GROUP", help="Exit with 0 if this group fires, else with 1.")
@_encoder_option
@_allocator_option
@_bytes_option
@_timeout_option
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
            _complain(failure)
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
        _complain(failure)
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
    with Judges(timeout=timeout, memory_limit=DEFAULT_MEMORY_MEGABYTES) as judges:
        for replayable in found:
            done = replay(replayable, judges)
            replays.append(done)
            if not many:
                _tell_story(done, judges)
            else:
                _tell_briefly(done)
    broken = sum(bool(done.judgement.violations) for done in replays)
    if many:
        told = f"; {len(failures)} more could not be run" if failures else ""
        click.echo(f"{plural(len(found), 'scenario')}, {broken} of them break a promise{told}")
    if expect is not None:
        if any(expect in done.judgement.groups for done in replays):
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


def _tell_briefly(done: Replay) -> None:
    violations = done.judgement.violations
    where = printable(f"{done.replayable.path} on {done.replayable.encoder}")
    if not violations:
        click.echo(f"passes     {where}")
    for violation in violations:
        click.echo(f"{violation.promise} broken  {where}: {violation.group}")


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@_bytes_option
def show(paths: tuple[Path, ...], bare: str | None) -> int:
    """Print scenarios of any form as text (also: fmt)."""
    for path in paths:
        for replayable in find_scenarios(path, bare):
            click.echo(replayable.text(), nl=False)
    return CLEAN


@cli.command()
@click.argument("path", type=_PATH, metavar="FILE")
@click.option("-o", "--output", type=_PATH, help="File for the result.")
@click.option("--group", help="Keep this group; by default that of the finding, or the first.")
@_encoder_option
@_allocator_option
@_bytes_option
@_timeout_option
def shrink(
    path: Path,
    output: Path | None,
    group: str | None,
    encoder: str | None,
    allocator: str | None,
    bare: str | None,
    timeout: float,
) -> int:
    """Find a smaller scenario that breaks the same promise in the same place (also: tmin)."""
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


@cli.command(epilog=f"\b\nKeys of [{TABLE}] in the current folder's {FILE}:\n{describe_keys()}")
@click.option("--seed", type=click.IntRange(0), help="Seed, instead of the configured one.")
@click.option("--findings", type=_PATH, help="Folder for findings.")
@click.option("--junit", "junit_file", type=_PATH, metavar="FILE", help="The result as JUnit XML.")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True,
    help="Number of parallel searches; the result is the same.",
)  # fmt: skip
@click.option("--json", "json_file", type=_PATH, help="Write the result as JSON.")
@_allow_flaky_option
def gate(
    seed: int | None,
    findings: Path | None,
    junit_file: Path | None,
    jobs: int,
    json_file: Path | None,
    allow_flaky: bool,
) -> int:
    """Check a change: corpus, planted bugs, a short campaign.

    Seeds and numbers of executions are fixed, so that each run does the same. A situation is an
    operation, a fault that fired in it or none, and its outcome.
    """
    stop = StopRequest()
    with _ending_on_signals(stop):
        if junit_file is not None:
            write_junit(junit_file, None)
        if json_file is not None:
            _write_data(json_file, _gate_without_result(None, None))
        try:
            config, configured = read_gate_config(Path())
            config = replace(
                config,
                seed=config.seed if seed is None else seed,
                findings=findings or config.findings,
                allow_flaky=allow_flaky,
                jobs=jobs,
            )
            code, result = _one_gate(config, stop, configured=configured)
        except CampaignError as error:
            if json_file is not None:
                data = _gate_without_result(error.exit_code, str(error))
                _then(error.exit_code, partial(_write_data, json_file, data))
            raise
    if junit_file is not None:
        code = _then(code, partial(write_junit, junit_file, result))
    if json_file is not None:
        code = _then(code, partial(_write_data, json_file, result.to_json() | {"exit_code": code}))
    return code


def _one_gate(config: GateConfig, stop: StopRequest, *, configured: bool) -> tuple[int, GateResult]:
    engine = config.engine or _default_engine()
    known = _read_known(config.known)
    reporter = GateTerminalReporter(Console())
    reporter.begin(config, configured=configured)
    try:
        result = run_gate(config, engine=engine, known=known, reporter=reporter, stop=stop)
    finally:
        reporter.close()
    return _then(result.exit_code, partial(reporter.end, result)), result


def _gate_without_result(code: int | None, error: str | None) -> Mapping[str, Any]:
    """Return the JSON of a gate that has not ended, or that could not begin."""
    return {"format": 1, "exit_code": code, "error": error, "parts": []}


@cli.command()
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
@click.option("--engine", help="Generator of inputs; atheris if it is installed, else random.")
@click.option(
    "--findings", type=_PATH, default=DEFAULT_FINDINGS, show_default=True,
    help="Folder for findings.",
)  # fmt: skip
@click.option("--json", "json_file", type=_PATH, help="Write the result as JSON.")
@_allow_flaky_option
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

    Each must be found, stay small when it is kept, and be shown by its program. A gate searches
    only for a sample.
    """
    engine = engine or _default_engine()
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
    with _ending_on_signals(stop):
        if json_file is not None:
            _write_data(json_file, {"format": 1, "exit_code": None, "canaries": []})
        done = hunt_canaries(config, told=told, stop=stop)
    if stop.times:
        asked = len(names or BUGS)
        click.echo(f"interrupted after {len(done)} of {plural(asked, 'planted bug')}")
    code = exit_code(done, stop, allow_flaky=allow_flaky)
    if json_file is not None:
        every = [canary.to_json() for canary in done]
        data = {"format": 1, "exit_code": code, "canaries": every}
        code = _then(code, partial(_write_data, json_file, data))
    if not done:
        return code
    found = [canary.executions for canary in done if not canary.troubles]
    click.echo(
        f"{len(found)} of {plural(len(done), 'planted bug')} found and shown by {engine} with seed "
        f"{seed}, the slowest after {count(max(found, default=0))} of {count(runs)} executions"
    )
    return code


@cli.command("list")
@click.argument("what", type=click.Choice(list(LISTS)))
def list_command(what: str) -> int:
    """List targets, encoders, allocators, faults and more."""
    headings, rows = LISTS[what]()
    table = Table(box=None, pad_edge=False)
    for column, heading in enumerate(headings):
        table.add_column(heading, no_wrap=column == 0)
    for row in rows:
        # As text: an extra in brackets is no markup.
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
    return CLEAN


def _complain(error: Exception) -> None:
    # An allocator may break several rules of its contract, one per line.
    lines = map(printable, str(error).split("\n"))
    click.echo("capnsafe: " + "\n".join(lines), err=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command, and exit with its code."""
    hold_descriptors()
    with lasting_streams(), _interrupted_by_signals():
        code = _run(lambda: cli.main(args=arguments, prog_name="capnsafe", standalone_mode=False))
    sys.exit(code)


def _run(command: Callable[[], Any]) -> int:
    try:
        code = command()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(_INTERRUPTED, err=True)
        return INTERRUPTED
    except (UnknownNameError, UsageError) as error:
        _complain(error)
        return UsageError.exit_code
    except CampaignError as error:
        _complain(error)
        return error.exit_code
    except OSError as error:
        return _fail(sentence(error), EnvironmentFailedError.exit_code)
    except SystemExit:
        # Not ours: loaded code ended the process, and nothing was proved.
        return _fail("code that was loaded called sys.exit()", PROVED_NOTHING)
    except Exception as error:
        # Python would end with 1 here, which would mean findings.
        return _fail(f"{type(error).__name__}: {error}", PROVED_NOTHING)
    return code if isinstance(code, int) else CLEAN


def _fail(what: str, code: int) -> int:
    """Report that the tool itself failed with the present exception; return ``code``."""
    if os.environ.get("CAPNSAFE_TRACEBACK") == "1":
        traceback.print_exc()
    click.echo(f"capnsafe failed: {printable(what)}", err=True)
    return code
