r"""A corpus of the user: a folder of inputs (``--corpus DIR``), each a file named by its contents.

A campaign begins with its inputs, and adds the inputs that reached a new situation. One folder may
hold the inputs of all targets. Every file is the *text* of an input, which no later version of a
decoder reads differently::

    <hash of the file>.scenario

Campaigns of earlier versions kept bytes, whose meaning changes with the decoder. So such a file
begins with its target and the version of its decoder, and is read as long as that is the present
one::

    capnsafe input builder 1\n<the bytes>

``minimize`` writes them as text (``minimize.py``). Another version of the decoder reads them as
different inputs, because every byte string decodes.

A file that does not match its name is an error, because the user relies on the folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..targets import Input, inputs_of, names_of, single_target, target_of_text
from .corpus import SUFFIX, read_header, read_text
from .failures import EnvironmentFailedError, ProvedNothingError, UsageError, sentence
from .files import clear_scratch, flush_folder, scratch, write_to_disk
from .targets import find_target

_DIGITS = 24
"""The hexadecimal digits of a name."""
_NAMED_BY_CONTENTS = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class Stored:
    """An input in a corpus, and its file."""

    path: Path
    target: str
    """Its target, which may be one of sequences."""
    scenario: Input
    version: int | None
    """The version of the decoder for which it was written as bytes; None for a text."""

    @property
    def is_older(self) -> bool:
        """Return whether it was written for another version of the decoder."""
        return self.version not in (None, find_target(self.target).version)

    def text(self) -> bytes:
        """Return its text: the contents of its file, if that is a text."""
        return text_of(self.target, self.scenario)


def text_of(target: str, scenario: Input) -> bytes:
    """Return the text of an input, as a corpus holds it."""
    return find_target(target).print(scenario).encode()


def text_name(text: bytes) -> str:
    """Return the name of the file with this text."""
    return hashlib.sha256(text).hexdigest()[:_DIGITS] + SUFFIX


def is_misnamed(path: Path) -> bool:
    """Return whether a text has the name of other contents."""
    if path.suffix != SUFFIX or not _NAMED_BY_CONTENTS.fullmatch(path.stem):
        return False
    return path.name != text_name(path.read_bytes())


def read_stored(folder: Path) -> list[Stored]:
    """Return the inputs of all targets in a folder, sorted by name. Hidden files are passed over.

    Raises:
        ProvedNothingError: A file is corrupt.
        UsageError: A file is a text that is not named by its contents.
        OSError: A file cannot be read.
    """
    return list(_read(folder, None))


def _read(folder: Path, target: str | None) -> Iterator[Stored]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        data = path.read_bytes()
        named = target_of_text(data)
        if path.suffix == SUFFIX or named is not None:
            if not _NAMED_BY_CONTENTS.fullmatch(path.stem):
                raise UsageError(
                    f"{path} is not named by its contents, as inputs of --corpus are; "
                    "'capnsafe corpus add' copies it into a corpus"
                )
            if path.name != text_name(data) or named is None:
                raise _corrupt(path)
            if target in (None, single_target(named)):
                yield Stored(path, named, read_text(path, data, named)[1], None)
            continue
        named, version, payload = read_header(path, data)
        if target not in (None, named):
            continue
        if path.name not in {_bytes_name(name, payload) for name in names_of(named)}:
            raise _corrupt(path)
        yield Stored(path, named, find_target(named).decode(payload), version)


def _corrupt(path: Path) -> ProvedNothingError:
    return ProvedNothingError(f"corrupt corpus file {path}: its contents do not match its name")


def _bytes_name(target: str, payload: bytes) -> str:
    return hashlib.sha256(target.encode() + b"\n" + payload).hexdigest()[:_DIGITS]


def keep_text(folder: Path, text: bytes) -> Path | None:
    """Write a text to a folder, and wait until it is on the disk; None if it is there already.

    The file appears when it is complete. ``flush_folder`` makes its name durable.

    Raises:
        EnvironmentFailedError: If the text cannot be written; no part of it is left.
    """
    path = folder / text_name(text)
    if path.exists():
        return None
    fresh = scratch(folder, path.name)
    try:
        write_to_disk(fresh, text)
        fresh.rename(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise EnvironmentFailedError(
            f"an input could not be written to {folder}: {sentence(error)}"
        ) from error
    return path


def open_folder(folder: Path) -> None:
    """Make a folder for a corpus if needed, and find out whether files can be written to it.

    Raises:
        EnvironmentFailedError: If either is impossible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Find out now, not when the first input must be kept.
        with tempfile.TemporaryFile(dir=folder):
            pass
        clear_scratch(folder)
        flush_folder(folder.parent)
    except OSError as error:
        raise EnvironmentFailedError(
            f"the corpus {folder} cannot be used: {sentence(error)}"
        ) from error


class Cache:
    """The inputs of one target in a corpus, as a campaign uses and adds them."""

    def __init__(self, folder: Path, target: str) -> None:
        self.folder = folder
        self._target = target
        self.skipped = 0
        """Files of another decoder version that were left alone."""

    def open(self) -> list[bytes]:
        """Make the folder if needed; return its inputs as bytes, sorted by the names of the files.

        Raises:
            CampaignError: The folder cannot be used, or a file in it is corrupt.
        """
        open_folder(self.folder)
        target = find_target(self._target)
        inputs: list[bytes] = []
        try:
            for stored in _read(self.folder, self._target):
                if stored.is_older:
                    self.skipped += 1
                    continue
                inputs += map(target.encode, inputs_of(stored.scenario))
        except OSError as error:
            raise EnvironmentFailedError(
                f"the corpus {self.folder} cannot be used: {sentence(error)}"
            ) from error
        return inputs

    def add(self, payload: bytes) -> bool:
        """Keep an input; return whether it is new."""
        text = text_of(self._target, find_target(self._target).decode(payload))
        path = self.folder / text_name(text)
        if path.exists() or (self.folder / _bytes_name(self._target, payload)).exists():
            return False
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            # Unlike ``keep_text``, this does not wait for the disk: no old file is removed for it.
            fresh.write_bytes(text)
            fresh.rename(path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise EnvironmentFailedError(
                f"an input could not be written to {self.folder}: {sentence(error)}"
            ) from error
        return True
