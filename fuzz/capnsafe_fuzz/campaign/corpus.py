"""The corpus of this project, the initial inputs of every campaign; and files of any form.

Seeds and regressions are text, in the repository: ``corpus/<target>/seeds/*.scenario`` and
``corpus/<target>/regressions/*.scenario``. A wheel has them as data of this package. They are read,
never written.

The folders in which campaigns keep inputs are in ``cache.py``.
"""

from __future__ import annotations

import os
import re
import select
import stat
from dataclasses import dataclass
from pathlib import Path

from ..scenario import Heading, ScenarioError, ScenarioSyntaxError, read_heading, split_lines
from ..targets import (
    DEFAULT_TARGET,
    TARGETS,
    Input,
    current_name,
    names_of,
    sequences_of,
    target_of_text,
)
from .failures import EnvironmentFailedError, ProvedNothingError, UsageError, sentence
from .targets import find_target

SUFFIX = ".scenario"
BARE_SUFFIX = ".bytes"
"""Suffix of files that hold only an input of the target ``builder``."""
BYTES_MAGIC = b"capnsafe input "
KINDS = ("seeds", "regressions")
MOST_HEADER_BYTES = 80
MOST_BYTES = 256 << 20
"""The longest file that is read as a scenario, in bytes; the longest sequence is shorter."""
PIPE_SECONDS = 10.0
"""How long to wait for the writer of a pipe, in seconds."""


class OtherVersionError(Exception):
    """The bytes were written for another version of the decoder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario of the corpus, and its file."""

    path: Path
    scenario: Input
    target: str
    """The target of the scenario: that of the corpus, or that of its sequences."""


def corpus_root() -> Path:
    """Return the folder of the corpus, in the installed package or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_corpus"
    return installed if installed.is_dir() else package.parent.parent / "corpus"


def read_corpus(target: str, root: Path | None = None) -> list[Entry]:
    """Return all seeds and regressions of a target, in the order of their paths."""
    root = corpus_root() if root is None else root
    folders = [root / name / kind for name in names_of(target) for kind in KINDS]
    paths = sorted(path for folder in folders for path in folder.glob(f"*{SUFFIX}"))
    if not paths:
        raise ProvedNothingError(
            f"the corpus of target {target!r} is empty: no *{SUFFIX} in {folders[0]}"
        )
    return [_entry(path, target) for path in paths]


def _entry(path: Path, target: str) -> Entry:
    """Read a scenario of this target, or a sequence of such scenarios."""
    try:
        data = _read_bounded(path)
        if target_of_text(data) == sequences_of(target):
            target = sequences_of(target)
        return Entry(path, read_text(path, data, target)[1], target)
    except OSError as error:
        raise EnvironmentFailedError(f"a corpus file cannot be read: {sentence(error)}") from error


def read_text(path: Path, data: bytes, target: str) -> tuple[Heading, Input]:
    """Return the names in a text of this target, and its input.

    Raises:
        ProvedNothingError: If the file is corrupt; the message names the file and the line.
    """
    try:
        text = data.decode()
        heading = read_heading(text)
        for named in (target_of_text(data), heading.target and current_name(heading.target)):
            if named not in (None, target):
                raise ProvedNothingError(
                    f"corrupt scenario {path}: a scenario of {named}, not of {target}"
                )
        return heading, find_target(target).parse(text)
    except UnicodeDecodeError as error:
        line = len(split_lines(data[: error.start].decode()))
        raise ProvedNothingError(f"corrupt scenario {path}, line {line}: not UTF-8") from error
    except ScenarioSyntaxError as error:
        where = f"line {error.line}"
        what = str(error).removeprefix(f"{where}: ")
        raise ProvedNothingError(f"corrupt scenario {path}, {where}: {what}") from error
    except ScenarioError as error:
        raise ProvedNothingError(f"corrupt scenario {path}: {error}") from error


@dataclass(frozen=True, slots=True)
class StoredScenario:
    """A scenario in a file of any form."""

    target: str
    scenario: Input
    heading: Heading
    """The encoder, target and memory that the file names, as far as it does."""


def read_any(path: Path, bare: str | None = None) -> StoredScenario:
    """Read a scenario of any form: a text, an input as bytes, or, if requested, bare bytes.

    ``bare`` is the target of the bytes; a file with the suffix for it is for ``builder``. No other
    file counts as bytes, because any bytes can be decoded.
    """
    try:
        data = _read_bounded(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {sentence(error)}") from error
    if bare is not None:
        bare = current_name(bare)
        return StoredScenario(bare, find_target(bare).decode(data), Heading())
    target = target_of_text(data)
    if target is not None:
        heading, scenario = read_text(path, data, target)
        return StoredScenario(target, scenario, heading)
    if data.startswith(BYTES_MAGIC):
        target = _target_of_input(path, data)
        try:
            payload = _payload(path, data, target)
        except OtherVersionError as error:
            raise UsageError(str(error)) from error
        return StoredScenario(target, find_target(target).decode(payload), Heading())
    if path.suffix == BARE_SUFFIX:
        return StoredScenario(DEFAULT_TARGET, find_target(DEFAULT_TARGET).decode(data), Heading())
    raise UsageError(
        f"{path} is not a scenario: its first line is neither 'capnsafe scenario 1' nor that of "
        f"another target; for an engine's bytes, name the file *{BARE_SUFFIX} or use --bytes TARGET"
    )


def read_bytes_form(path: Path) -> tuple[str, Input, int] | None:
    """Read an input that is kept as bytes, of any version.

    Returns its target; the input that it is to the present decoder; and the version of the decoder
    for which it was written. Returns None if the file is anything else.
    """
    try:
        data = _read_bounded(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {sentence(error)}") from error
    if not data.startswith(BYTES_MAGIC):
        return None
    name, version, payload = read_header(path, data)
    return name, find_target(name).decode(payload), version


def _read_bounded(path: Path) -> bytes:
    """Read a file of any kind, also an endless one or a pipe without a writer.

    Raises:
        UsageError: If the data is longer than any scenario, or none came through the pipe.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        if pipe and not select.select([descriptor], [], [], PIPE_SECONDS)[0]:
            raise UsageError(f"{path} is a pipe, and no data came through it")
        os.set_blocking(descriptor, True)
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UsageError(f"{path} is not a scenario: it has more than {MOST_BYTES >> 20} MiB")
    return data


def looks_like_scenario(path: Path) -> bool:
    """Return whether a file is a scenario by its name or its beginning."""
    if path.suffix in (SUFFIX, BARE_SUFFIX):
        return True
    with path.open("rb") as file:
        start = file.readline(MOST_HEADER_BYTES)
    return start.startswith(BYTES_MAGIC) or target_of_text(start) is not None


def read_header(path: Path, data: bytes) -> tuple[str, int, bytes]:
    """Return the target, the decoder's version, and the payload of an input as bytes."""
    header, newline, payload = data.partition(b"\n")
    words = header.removeprefix(BYTES_MAGIC).decode(errors="replace").split(" ")
    if (
        not header.startswith(BYTES_MAGIC)
        or not newline
        or len(words) != 2
        or current_name(words[0]) not in TARGETS
        or not re.fullmatch(r"[0-9]{1,9}", words[1])
    ):
        raise ProvedNothingError(
            f"corrupt corpus file {path}: it does not begin with "
            f"'{BYTES_MAGIC.decode()}', a target and its decoder's version"
        )
    return current_name(words[0]), int(words[1]), payload


def _target_of_input(path: Path, data: bytes) -> str:
    return read_header(path, data)[0]


def _payload(path: Path, data: bytes, target: str) -> bytes:
    _, version, payload = read_header(path, data)
    expected = find_target(target).version
    if version != expected:
        raise OtherVersionError(
            f"{path} was written for version {version} of the decoder; "
            f"this is version {expected}, which decodes them differently"
        )
    return payload


def write_input(path: Path, target: str, payload: bytes) -> None:
    """Write one input as bytes, with its target and the version of its decoder."""
    version = find_target(target).version
    path.write_bytes(BYTES_MAGIC + f"{target} {version}\n".encode() + payload)
