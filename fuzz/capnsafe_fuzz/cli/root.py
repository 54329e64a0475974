"""The group of all commands, and its process: exit codes, signals, failures."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from ..campaign.exit_codes import CLEAN, INTERRUPTED, PROVED_NOTHING, describe_exit_codes
from ..campaign.failures import CampaignError, EnvironmentFailedError, UsageError, sentence
from ..campaign.figures import printable
from ..campaign.targets import UnknownNameError
from ..streams import hold_descriptors, lasting_streams
from .aliases import Aliased
from .canaries import canaries
from .compare import compare_command
from .corpus import corpus_group
from .coverage import coverage
from .fuzz import fuzz
from .gate import gate
from .listing import list_command
from .output import INTERRUPTED_SENTENCE, complain
from .report import report
from .scenarios import repro, show, shrink
from .signals import interrupted_by_signals
from .sweep import sweep


@click.group(
    cls=Aliased,
    aliases={"fmt": "show", "tmin": "shrink", "cmin": "corpus minimize"},
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"\b\nExit codes:\n{describe_exit_codes()}",
)
@click.version_option(package_name="capnsafe")
def cli() -> None:
    """Fuzz Cap'n Proto builders with memory that fails, moves, shrinks and lies."""


for _command in (
    fuzz,
    sweep,
    gate,
    canaries,
    compare_command,
    repro,
    show,
    shrink,
    corpus_group,
    coverage,
    report,
    list_command,
):
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command, and exit with its code."""
    hold_descriptors()
    with lasting_streams(), interrupted_by_signals():
        code = _run(lambda: cli.main(args=arguments, prog_name="capnsafe", standalone_mode=False))
    sys.exit(code)


def _run(command: Callable[[], Any]) -> int:
    try:
        code = command()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(INTERRUPTED_SENTENCE, err=True)
        return INTERRUPTED
    except (UnknownNameError, UsageError) as error:
        complain(error)
        return UsageError.exit_code
    except CampaignError as error:
        complain(error)
        return error.exit_code
    except OSError as error:
        return _fail(sentence(error), EnvironmentFailedError.exit_code)
    except SystemExit:
        # Loaded code of the user ended the process, so nothing was proved.
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
