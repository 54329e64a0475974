"""How a campaign can fail, other than by finding something; each has the exit code it ends with."""

from __future__ import annotations

import shutil
import traceback
from pathlib import Path

from .exit_codes import ENVIRONMENT, PROVED_NOTHING, USAGE


class CampaignError(Exception):
    """A campaign could not do its work; the message is one sentence for a person."""

    exit_code = ENVIRONMENT

    result: object | None = None
    """What was done and found until then, if that began; of a campaign, ``config.done_until``."""


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
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        # It has collected what went wrong with many files: (source, destination, why).
        return str(error.args[0][0][-1])
    words = error.strerror or str(error)
    return f"{words}: {error.filename!r}" if error.filename is not None else words


MOST_TOLD = 100_000
"""Characters of a traceback that are kept: of its end."""
MOST_IN_A_SENTENCE = 300


def error_of_the_user(error: BaseException | None) -> Exception | None:
    """The error that is about an allocator of the user, among an error and its causes."""
    from ..memories.own import OwnMemoryError

    while error is not None and not isinstance(error, OwnMemoryError):
        error = error.__cause__
    return error


def told_with_cause(error: Exception) -> str:
    """The words of an error, and what its cause was, if it has one."""
    return f"{error}: {told_in_a_sentence(error)}" if error.__cause__ is not None else str(error)


def told_in_a_sentence(error: BaseException) -> str:
    """What failed and where: ``KeyError in adapter.py:12 (classify): 'x'``."""
    from ..record.telling import cause_of, text_of, type_name

    cause = cause_of(error)
    cause = error if cause is None else cause
    said = type_name(cause)
    if isinstance(cause, SyntaxError) and cause.filename is not None:
        return f"{said} in {Path(cause.filename).name}:{cause.lineno}: {cause.msg}"
    frames = traceback.extract_tb(cause.__traceback__)
    # Those of the import system say nothing.
    for frame in [frame for frame in frames if not frame.filename.startswith("<")][-1:]:
        said += f" in {Path(frame.filename).name}:{frame.lineno} ({frame.name})"
    words = " ".join(text_of(cause).split())
    if len(words) > MOST_IN_A_SENTENCE:
        words = f"{words[:MOST_IN_A_SENTENCE]}…"
    return f"{said}: {words}" if words else said
