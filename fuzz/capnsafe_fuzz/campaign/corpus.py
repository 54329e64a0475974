r"""The corpus: what every campaign begins with, and a cache of what campaigns found worth it.

Seeds and regressions are text, in the repository: ``corpus/<target>/seeds/*.scenario`` and
``corpus/<target>/regressions/*.scenario``. Installed from a wheel they are data of this package.
They are read, never written.

A *cache* is a folder of one's own (``--corpus DIR``). A campaign begins with what is in it, and
adds the inputs that reached a situation nothing had reached before. Its files are bytes, and what
bytes mean changes with the decoder; so each says which decoder it was written for::

    capnsafe input 1\n<the bytes>

and is named by the hash of what it holds. One of another version is left alone and not used. One
that does not hold what its name says is an error: somebody relies on that folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..scenario import (
    DECODER_VERSION,
    Scenario,
    ScenarioError,
    ScenarioSyntaxError,
    decode,
    parse_scenario,
)
from .failures import EnvironmentFailedError, ProvedNothingError, UsageError, sentence

SUFFIX = ".scenario"
TEXT_MAGIC = b"capnsafe scenario "
BYTES_MAGIC = b"capnsafe input "
KINDS = ("seeds", "regressions")


class OtherVersionError(Exception):
    """The bytes were written for another decoder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario of the corpus, and the file that it is in."""

    path: Path
    scenario: Scenario


def corpus_root() -> Path:
    """Where the corpus is: in the installed package, or at the top of the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_corpus"
    return installed if installed.is_dir() else package.parent.parent / "corpus"


def read_corpus(target: str, root: Path | None = None) -> list[Entry]:
    """All seeds and regressions of a target, in the order of their paths."""
    folder = (corpus_root() if root is None else root) / target
    paths = sorted(path for kind in KINDS for path in (folder / kind).glob(f"*{SUFFIX}"))
    if not paths:
        raise ProvedNothingError(
            f"the corpus of target {target!r} is empty: no *{SUFFIX} in {folder}/seeds"
        )
    return [Entry(path, read_text(path)) for path in paths]


def read_text(path: Path) -> Scenario:
    """The scenario of one text file."""
    try:
        return parse_scenario(path.read_bytes().decode())
    except OSError as error:
        raise EnvironmentFailedError(f"a corpus file cannot be read: {sentence(error)}") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ProvedNothingError(f"corrupt scenario {path}, line {line}: not UTF-8") from error
    except ScenarioSyntaxError as error:
        where = f"line {error.line}"
        what = str(error).removeprefix(f"{where}: ")
        raise ProvedNothingError(f"corrupt scenario {path}, {where}: {what}") from error
    except ScenarioError as error:
        raise ProvedNothingError(f"corrupt scenario {path}: {error}") from error


def read_any(path: Path) -> Scenario:
    """A scenario of any form: text, a cached input, or any bytes, which decode too."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {sentence(error)}") from error
    if data.startswith(TEXT_MAGIC) or path.suffix == SUFFIX:
        return read_text(path)
    if data.startswith(BYTES_MAGIC):
        try:
            return decode(_payload(path, data))
        except OtherVersionError as error:
            raise UsageError(str(error)) from error
    return decode(data)


class Cache:
    """A folder of inputs as bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.skipped = 0
        """Files of another decoder version that were left alone."""

    def open(self) -> list[bytes]:
        """Make the folder if need be; answers what is in it, sorted by name."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return list(self._read())
        except OSError as error:
            raise EnvironmentFailedError(
                f"the corpus {self.folder} cannot be used: {sentence(error)}"
            ) from error

    def _read(self) -> Iterator[bytes]:
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith(".") or not path.is_file():
                continue
            data = path.read_bytes()
            if data.startswith(TEXT_MAGIC) or path.suffix == SUFFIX:
                raise UsageError(
                    f"{path} is a text; --corpus is for the inputs that campaigns keep as bytes"
                )
            try:
                payload = _payload(path, data)
            except OtherVersionError:
                self.skipped += 1
                continue
            if path.name != _name(payload):
                raise ProvedNothingError(
                    f"corrupt corpus file {path}: its bytes are not those it was named for"
                )
            yield payload

    def add(self, payload: bytes) -> bool:
        """Keep an input; answers whether it is new."""
        path = self.folder / _name(payload)
        if path.exists():
            return False
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            write_input(fresh, payload)
            fresh.rename(path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise EnvironmentFailedError(
                f"an input could not be written to {self.folder}: {sentence(error)}"
            ) from error
        return True


def _name(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()[:24]


def _payload(path: Path, data: bytes) -> bytes:
    header, newline, payload = data.partition(b"\n")
    version = header[len(BYTES_MAGIC) :]
    if not header.startswith(BYTES_MAGIC) or not newline or not version.isdigit():
        raise ProvedNothingError(
            f"corrupt corpus file {path}: it does not begin with "
            f"'{BYTES_MAGIC.decode()}' and the decoder's version"
        )
    if int(version) != DECODER_VERSION:
        raise OtherVersionError(
            f"{path} was written for version {int(version)} of the decoder; "
            f"this is version {DECODER_VERSION}, to which those bytes say something else"
        )
    return payload


def write_input(path: Path, payload: bytes) -> None:
    """Write one input in the form that a cache keeps."""
    path.write_bytes(BYTES_MAGIC + b"%d\n" % DECODER_VERSION + payload)
