"""The command ``capnsafe gate``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ..campaign.config import StopRequest
from ..campaign.failures import CampaignError
from ..campaign.gate import GateResult, run_gate
from ..campaign.gate_config import FILE, TABLE, GateConfig, describe_keys, read_gate_config
from ..campaign.gate_report import GateTerminalReporter
from ..campaign.junit import write_junit
from .options import PATH, allow_flaky_option, default_engine, json_option, read_known
from .output import then, write_data
from .signals import ending_on_signals


@click.command(epilog=f"\b\nKeys of [{TABLE}] in the current folder's {FILE}:\n{describe_keys()}")
@click.option("--seed", type=click.IntRange(0), help="Seed, instead of the configured one.")
@click.option("--findings", type=PATH, help="Folder for findings.")
@click.option(
    "--junit", "junit_file", type=PATH, metavar="FILE", help="Write the result as JUnit XML."
)
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True,
    help="Number of parallel searches; the result is the same.",
)  # fmt: skip
@json_option
@allow_flaky_option
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
    with ending_on_signals(stop):
        if junit_file is not None:
            write_junit(junit_file, None)
        if json_file is not None:
            write_data(json_file, _gate_without_result(None, None))
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
                then(error.exit_code, partial(write_data, json_file, data))
            raise
    if junit_file is not None:
        code = then(code, partial(write_junit, junit_file, result))
    if json_file is not None:
        code = then(code, partial(write_data, json_file, result.to_json() | {"exit_code": code}))
    return code


def _one_gate(config: GateConfig, stop: StopRequest, *, configured: bool) -> tuple[int, GateResult]:
    engine = config.engine or default_engine()
    known = read_known(config.known)
    reporter = GateTerminalReporter(Console())
    reporter.begin(config, configured=configured)
    try:
        result = run_gate(config, engine=engine, known=known, reporter=reporter, stop=stop)
    finally:
        reporter.close()
    return then(result.exit_code, partial(reporter.end, result)), result


def _gate_without_result(code: int | None, error: str | None) -> Mapping[str, Any]:
    """Return the JSON of a gate that has not ended, or that could not begin."""
    return {"format": 1, "exit_code": code, "error": error, "parts": []}
