"""The command ``capnsafe sweep``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
from rich.console import Console

from ..campaign.config import CampaignConfig, StopRequest
from ..campaign.corpus import read_corpus
from ..campaign.exit_codes import FINDINGS
from ..campaign.failures import CampaignError, UsageError
from ..campaign.files import shell_word
from ..campaign.replay import find_scenarios
from ..campaign.sweep import run_sweep
from ..campaign.sweep_config import SweepConfig, SweepResult
from ..campaign.sweep_report import SweepTerminal, print_sweep
from ..campaign.targets import find_target
from ..targets import DEFAULT_TARGET, Input, Scope, inputs_of, measure
from ..targets.builder.small_scope import small_scope as every_small_program
from .options import (
    AUTO,
    PATH,
    Jobs,
    allow_flaky_option,
    findings_option,
    first_option,
    json_option,
    known_option,
    max_findings_option,
    memory_limit_option,
    only_allocator_option,
    read_known,
    seeds_option,
    tested_encoder_option,
    timeout_option,
)
from .output import INTERRUPTED_SENTENCE, complain, then, write_data
from .signals import ending_on_signals

MOST_IN_PAIRS = 6
"""The longest program of the corpus that is swept with pairs, in operations."""


@click.command()
@click.argument("paths", nargs=-1, type=PATH, metavar="[SCENARIO]...")
@click.option("--pairs", is_flag=True, help="Lay every pair of faults, over programs of up to six"
              " operations.")  # fmt: skip
@click.option("--small-scope", is_flag=True, help="Sweep every program of up to three operations"
              " over a reduced alphabet.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Also try faults that differ little from"
              " others.")  # fmt: skip
@click.option(
    "--jobs", type=Jobs(), default=AUTO, show_default=True, metavar="N|auto",
    help="Processes at a time, or auto for one per core. The result is the same.",
)  # fmt: skip
@click.option("--runs", type=click.IntRange(1), help="End after this many executions.")
@click.option("--resume", is_flag=True, help="Continue the same sweep after it was interrupted.")
@tested_encoder_option
@only_allocator_option
@seeds_option
@findings_option
@max_findings_option
@first_option
@known_option
@allow_flaky_option
@timeout_option
@memory_limit_option
@json_option
def sweep(
    paths: tuple[Path, ...],
    pairs: bool,
    small_scope: bool,
    everything: bool,
    jobs: int,
    runs: int | None,
    resume: bool,
    encoder: str,
    allocator: str | None,
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
    """Lay every fault at every moment of a program.

    SCENARIO is a scenario file, the folder of a finding, or a folder of such folders and files;
    without one, the whole corpus is swept. Each program is run once without faults. Then each fault
    that can act is laid at each allocator call and after each operation: once, and in another
    execution always from there on.

    A sweep prints first how many executions it needs, and at the end how many faults were tried,
    impossible, or left out.
    """
    target, programs, again = _programs(paths, seeds, small=small_scope, pairs=pairs)
    config = SweepConfig(
        campaign=CampaignConfig(
            target=target,
            encoder=encoder,
            engine="sweep",
            memory=allocator,
            corpus=seeds,
            findings=findings,
            max_findings=1 if first else max_findings,
            known=read_known(known),
            known_file=known,
            allow_flaky=allow_flaky,
            timeout=timeout,
            memory_limit=memory_limit,
        ),
        programs=programs,
        scope=Scope.PAIRS if pairs else Scope.SINGLES,
        everything=everything,
        runs=runs,
        jobs=jobs,
        resume=resume,
    )
    result: SweepResult | None = None
    failure: CampaignError | None = None
    stop = StopRequest()
    with ending_on_signals(stop):
        if json_file is not None:
            _write(json_file, None, None)
        try:
            result = _one_sweep(config, stop, again)
        except CampaignError as error:
            failure = error
            result = error.result if isinstance(error.result, SweepResult) else None
    code = _exit_code(result, failure)
    if failure is not None:
        complain(failure)
    if json_file is not None:
        code = then(code, partial(_write, json_file, result, code))
    return code


def _programs(
    paths: tuple[Path, ...], seeds: Path | None, *, small: bool, pairs: bool
) -> tuple[str, tuple[Input, ...], str]:
    """Return the target, the programs, and the words that name them again."""
    if small and paths:
        raise UsageError("--small-scope makes its own programs; name no SCENARIO")
    if small:
        return DEFAULT_TARGET, tuple(every_small_program()), " --small-scope"
    if paths:
        found = [one for path in paths for one in find_scenarios(path)]
        names = {one.target for one in found}
        if len(names) > 1:
            raise UsageError(f"one sweep is of one target, not of {' and '.join(sorted(names))}")
        words = "".join(f" {shell_word(path)}" for path in paths)
        return names.pop(), tuple(one.scenario for one in found), words
    target = find_target(DEFAULT_TARGET)
    programs = [
        scenario
        for entry in read_corpus(DEFAULT_TARGET, seeds)
        for scenario in inputs_of(entry.scenario)
        if not pairs or measure(target, scenario)[0] <= MOST_IN_PAIRS
    ]
    return DEFAULT_TARGET, tuple(programs), ""


def _one_sweep(config: SweepConfig, stop: StopRequest, again: str) -> SweepResult:
    console = Console()
    reporter = SweepTerminal(console, config)
    result: SweepResult | None = None
    try:
        result = run_sweep(config, reporter, stop)
    except CampaignError as error:
        result = error.result if isinstance(error.result, SweepResult) else None
        raise
    finally:
        reporter.close()
        if result is not None and result.campaign.executions:
            print_sweep(console, config, result, again)
        elif result is not None and result.campaign.interrupted:
            click.echo(f"{INTERRUPTED_SENTENCE} before the first execution", err=True)
    return result


def _exit_code(result: SweepResult | None, failure: CampaignError | None) -> int:
    if result is not None and result.campaign.findings:
        return FINDINGS
    if failure is not None:
        return failure.exit_code
    assert result is not None
    return result.exit_code


def _write(path: Path, result: SweepResult | None, code: int | None) -> None:
    sweeps = [] if result is None else [result.to_json()]
    write_data(path, {"format": 1, "exit_code": code, "campaigns": sweeps})
