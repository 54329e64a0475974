"""The command ``capnsafe fuzz``."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ..campaign.config import (
    DEFAULT_SECONDS,
    CampaignConfig,
    CampaignResult,
    StopRequest,
    done_until,
)
from ..campaign.exit_codes import CLEAN, FINDINGS
from ..campaign.failures import CampaignError, UsageError
from ..campaign.figures import printable
from ..campaign.parent import ON_RAY, PLACES, run_campaign
from ..campaign.report import TerminalReporter, again, print_summary
from ..campaign.targets import targets_of
from ..optional import missing
from ..report.kept import CAMPAIGNS_FILE
from ..report.page import check_possible, write_page
from ..targets import current_name
from .options import (
    PATH,
    Duration,
    Jobs,
    allow_flaky_option,
    default_engine,
    driver_option,
    encoder_or_driver,
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


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--time", "seconds", type=Duration(), help="Time for each target: 90s, 10m.")
@click.option("--runs", type=click.IntRange(1), help="Executions on each target, including seeds.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the search; random if not given.")
@click.option(
    "--jobs", type=Jobs(), default=1, show_default=True, metavar="N|auto",
    help="Worker processes, or auto for one per core. The result of --runs is the same.",
)  # fmt: skip
@click.option(
    "--on", type=click.Choice(PLACES), default=PLACES[0], show_default=True,
    help="Where the workers run: on this machine, or on a Ray cluster.",
)  # fmt: skip
@click.option("--address", help="Address of the Ray cluster; without it, one is started here.")
@click.option("--engine", help="Generator of inputs; atheris if it is installed, else random.")
@tested_encoder_option
@driver_option
@only_allocator_option
@click.option("--corpus", type=PATH, help="Folder for new inputs.")
@seeds_option
@findings_option
@click.option("--until-stale", is_flag=True, help="End after an epoch that showed nothing new.")
@click.option("--resume", is_flag=True, help="Continue the same campaign after an interruption.")
@max_findings_option
@first_option
@click.option(
    "--guilty", is_flag=True,
    help="Find the guilty line of an encoder in Python, and group findings by its function.",
)  # fmt: skip
@known_option
@allow_flaky_option
@timeout_option
@memory_limit_option
@json_option
@click.option("--html", type=PATH, metavar="FILE", help="Write one HTML page about the campaigns.")
def fuzz(
    targets: tuple[str, ...],
    seconds: float | None,
    runs: int | None,
    seed: int | None,
    jobs: int,
    on: str,
    address: str | None,
    engine: str | None,
    encoder: str,
    driver: str | None,
    allocator: str | None,
    corpus: Path | None,
    seeds: Path | None,
    findings: Path,
    until_stale: bool,
    resume: bool,
    max_findings: int | None,
    first: bool,
    guilty: bool,
    known: Path | None,
    allow_flaky: bool,
    timeout: float,
    memory_limit: int,
    json_file: Path | None,
    html: Path | None,
) -> int:
    """Run a campaign on each target, one after the other.

    Without a TARGET, every target that the encoder supports is used; with --allocator, those that
    take memory; with a planted bug, the one that shows it. A campaign takes one minute, unless
    --time, --runs or --until-stale is given. With --resume, repeat the other options, which are
    printed when a campaign is interrupted.

    Breaches with the same promise, operation and symptom form a group; with --guilty, those with
    the same guilty place. Only the simplest scenario of a group is kept.
    """
    if address is not None and on != ON_RAY:
        raise UsageError(f"--address is the address of a Ray cluster: add --on {ON_RAY}")
    if html is not None:
        check_possible()
    encoder = encoder_or_driver(encoder, driver)
    endless = runs is None and seconds is None and not until_stale
    config = CampaignConfig(
        encoder=encoder,
        engine=engine or default_engine(encoder),
        memory=allocator,
        seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        runs=runs,
        seconds=DEFAULT_SECONDS if endless else seconds,
        cache=corpus,
        corpus=seeds,
        findings=findings,
        max_findings=1 if first else max_findings,
        guilty=guilty,
        known=read_known(known),
        known_file=known,
        allow_flaky=allow_flaky,
        timeout=timeout,
        memory_limit=memory_limit,
        jobs=jobs,
        on=on,
        address=address,
        until_stale=until_stale,
        resumable=True,
        resume=resume,
    )
    for package in missing():
        click.echo(package.sentence, err=True)
    results: list[CampaignResult] = []
    failure: CampaignError | None = None
    stop = StopRequest()
    with ending_on_signals(stop):
        if json_file is not None:
            write_campaigns(json_file, results, None)
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
    if failure is None and not stop.times:
        # The whole command is complete: there is nothing to resume.
        for result in results:
            if result.state_file is not None:
                result.state_file.unlink(missing_ok=True)
    code = _exit_code(results, failure)
    if failure is not None:
        complain(failure)
    if json_file is not None:
        code = then(code, partial(write_campaigns, json_file, results, code))
    if results:
        kept = findings / CAMPAIGNS_FILE
        code = then(code, partial(write_campaigns, kept, results, code, str(kept)))
    if html is not None:
        told = [campaign_to_json(result) for result in results]
        code = then(code, partial(_write_page, html, findings, told))
    return code


def _write_page(path: Path, findings: Path, campaigns: list[dict[str, Any]]) -> None:
    write_page(path, findings, campaigns)
    click.echo(printable(f"written: {path}"))


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
                click.echo(f"{INTERRUPTED_SENTENCE} before the first execution", err=True)
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


def write_campaigns(
    path: Path, results: list[CampaignResult], code: int | None, name: str = "--json"
) -> None:
    """Write the results of campaigns as JSON; ``code`` is None before the end.

    A complaint calls the file ``name``.
    """
    data = {
        "format": 1,
        "exit_code": code,
        "campaigns": [campaign_to_json(result) for result in results],
    }
    write_data(path, data, name)


def campaign_to_json(result: CampaignResult) -> dict[str, Any]:
    """Return a campaign as data, with the command that runs it again."""
    return result.to_json() | {"command": again(result.config)}
