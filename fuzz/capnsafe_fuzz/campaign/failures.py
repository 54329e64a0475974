"""How a campaign can fail, other than by finding something; each has the exit code it ends with.

Exit codes are part of the interface: 0 nothing found, 1 findings (outranks the rest), and those
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import CampaignResult

CLEAN = 0
FINDINGS = 1
USAGE = 2
PROVED_NOTHING = 3
ENVIRONMENT = 4
INTERRUPTED = 130


class CampaignError(Exception):
    """A campaign could not do its work; the message is one sentence for a person."""

    exit_code = ENVIRONMENT

    result: CampaignResult | None = None
    """What the campaign had done and found until then, if it had begun."""


class UsageError(CampaignError):
    """What was asked for does not exist or makes no sense."""

    exit_code = USAGE


class ProvedNothingError(CampaignError):
    """The run says nothing about the encoder: no corpus, a corrupt one, no execution."""

    exit_code = PROVED_NOTHING


class EnvironmentFailedError(CampaignError):
    """The machine failed: a disk is full, a folder is not writable, a process cannot be started."""

    exit_code = ENVIRONMENT


class HarnessFailedError(CampaignError):
    """The harness itself failed on an input, so nothing it says can be relied on."""

    exit_code = PROVED_NOTHING


def sentence(error: OSError) -> str:
    """What the operating system says, without numbers: ``No space left on device: 'x'``."""
    words = error.strerror or str(error)
    return f"{words}: {error.filename!r}" if error.filename is not None else words
