"""The failures of a campaign, other than findings. Each has the exit code that it leads to."""

from __future__ import annotations

import shutil
import traceback
from pathlib import Path

from .exit_codes import ENVIRONMENT, PROVED_NOTHING, USAGE


class CampaignError(Exception):
    """A campaign could not do its work. The message is one sentence for people."""

    exit_code = ENVIRONMENT

    result: object | None = None
    """The result until then, if there is one; for a campaign, ``config.done_until``."""


class UsageError(CampaignError):
    """The request is wrong, or names something that does not exist."""

    exit_code = USAGE


class ProvedNothingError(CampaignError):
    """The run says nothing about the encoder: no corpus, a corrupt one, no execution."""

    exit_code = PROVED_NOTHING


class EnvironmentFailedError(CampaignError):
    """The machine failed: a full disk, a read-only folder, a process that cannot be started."""

    exit_code = ENVIRONMENT


class HarnessFailedError(CampaignError):
    """The harness itself failed on an input, so its results are not reliable."""

    exit_code = PROVED_NOTHING


def sentence(error: OSError) -> str:
    """Return the system's message without numbers: ``No space left on device: 'x'``."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        # It collects the errors of many files: (source, destination, reason).
        return str(error.args[0][0][-1])
    words = error.strerror or str(error)
    return f"{words}: {error.filename!r}" if error.filename is not None else words


MOST_TOLD = 100_000
"""The last characters of a traceback that are kept."""
MOST_IN_A_SENTENCE = 300


def error_of_the_user(error: BaseException | None) -> Exception | None:
    """Return the error about an allocator of the user, among an error and its causes."""
    from ..memories.own import OwnMemoryError

    while error is not None and not isinstance(error, OwnMemoryError):
        error = error.__cause__
    return error


def told_with_cause(error: Exception) -> str:
    """Return the text of an error with that of its cause, if it has one."""
    return f"{error}: {told_in_a_sentence(error)}" if error.__cause__ is not None else str(error)


def told_in_a_sentence(error: BaseException) -> str:
    """Return the exception and its place: ``KeyError in adapter.py:12 (classify): 'x'``."""
    from ..record.telling import cause_of, text_of, type_name

    cause = cause_of(error)
    cause = error if cause is None else cause
    said = type_name(cause)
    if isinstance(cause, SyntaxError) and cause.filename is not None:
        return f"{said} in {Path(cause.filename).name}:{cause.lineno}: {cause.msg}"
    frames = traceback.extract_tb(cause.__traceback__)
    # Frames of the import system are useless.
    for frame in [frame for frame in frames if not frame.filename.startswith("<")][-1:]:
        said += f" in {Path(frame.filename).name}:{frame.lineno} ({frame.name})"
    words = " ".join(text_of(cause).split())
    if len(words) > MOST_IN_A_SENTENCE:
        words = f"{words[:MOST_IN_A_SENTENCE]}…"
    return f"{said}: {words}" if words else said
