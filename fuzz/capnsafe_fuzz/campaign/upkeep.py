"""Manage a corpus: add inputs to it, minimize it, merge others into it.

No failure loses an input. Everything is read and run before anything is changed. Then texts are
written, each beside its place and renamed, and are on the disk before the first file is removed.
Only files are removed whose inputs are not needed, or are in the folder as text. Files that appear
meanwhile, for example those of a campaign, stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..targets import Input, single_target, with_comment
from .cache import Stored, keep_text, open_folder, read_stored, text_of
from .corpus import read_any, read_bytes_form
from .failures import EnvironmentFailedError, ProvedNothingError, UsageError, sentence
from .files import flush_folder
from .measure import Measure
from .minimize import Advance, Reached, cells_of, choose, in_order, measure_all
from .replay import scenario_files
from .targets import targets_of


@dataclass(frozen=True, slots=True)
class Added:
    """The result of adding inputs."""

    added: tuple[Path, ...]
    known: int
    """Inputs that were in the folder already."""
    older: int
    """Inputs whose bytes were written for another version of the decoder."""


def add_inputs(paths: Sequence[Path], folder: Path, *, bare: str | None = None) -> Added:
    """Copy inputs of any form into a corpus, as text; ``bare`` is the target of bare bytes.

    A path is a file, the folder of a finding, or a folder of both.

    Raises:
        CampaignError: One of them cannot be read; then nothing is added. Or the folder cannot be
            used.
    """
    read = [one for path in paths for one in read_inputs(path, bare)]
    open_folder(folder)
    known = {meaning(one.target, one.scenario) for one in _read_folder(folder)}
    added: list[Path] = []
    for one in read:
        same = meaning(one.target, one.scenario)
        if same not in known:
            known.add(same)
            path = keep_text(folder, text_of(one.target, one.scenario))
            added += [path] if path is not None else []
    flush_folder(folder)
    older = sum(one.is_older for one in read)
    return Added(tuple(added), len(read) - len(added), older)


@dataclass(frozen=True, slots=True)
class Minimized:
    """The result of minimizing a corpus."""

    inputs: int
    """Different inputs before."""
    kept: int
    files: int
    """Files before."""
    bytes_before: int
    bytes_after: int
    converted: int
    """Kept inputs that were written as text now, and were bytes before."""
    older: int
    """Files written for another version of the decoder, which were read with the present one."""
    left: int
    """Inputs of targets on which the encoder cannot be tested; they stay as they are."""
    places: int
    situations: int
    broken: tuple[str, ...]
    """The inputs that ended their process or broke a promise: the file, and a description."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def minimize_folder(
    folder: Path,
    encoder: str,
    *,
    timeout: float,
    memory_limit: int | None,
    advance: Advance,
    dry_run: bool = False,
) -> Minimized:
    """Remove the inputs of a corpus without which the others still reach everything.

    ``minimize.py`` says which inputs are kept, and why. With ``dry_run`` nothing is changed.

    Raises:
        CampaignError: A file is corrupt, the encoder or the disk failed. Then no input is lost.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    stored, left = testable(_read_folder(folder), encoder)
    if not stored:
        raise ProvedNothingError(f"{folder} holds no input that {encoder} can run")
    if not dry_run:
        open_folder(folder)
    holders: dict[tuple[str, str], list[Stored]] = {}
    for one in stored:
        holders.setdefault(meaning(one.target, one.scenario), []).append(one)
    for files in holders.values():
        # Read texts first: a text may have a comment, and it stays if bytes have the same input.
        files.sort(key=lambda one: (one.version is not None, one.is_older, one.path.name))
    inputs = in_order((files[0].target, files[0].scenario) for files in holders.values())
    reached = _run(inputs, encoder, timeout, memory_limit, advance)
    kept = choose(reached)
    wanted = [holders[meaning(*inputs[number])] for number in kept]
    staying = [files[0] for files in wanted]
    before = sum(_size(one.path) for one in stored)
    converted = [one for one in staying if one.version is not None]
    if not dry_run:
        for one in converted:
            keep_text(folder, one.text())
        flush_folder(folder)
        texts = {one.path for one in staying if one.version is None}
        _remove([one.path for one in stored if one.path not in texts])
    return Minimized(
        inputs=len(inputs),
        kept=len(kept),
        files=len(stored),
        bytes_before=before,
        bytes_after=sum(len(one.text()) for one in staying),
        converted=len(converted),
        older=sum(one.is_older for one in stored),
        left=left,
        places=sum(len(one.measured.places) for one in reached),
        situations=len({cell for one in reached for cell in cells_of(one)}),
        broken=tuple(_broken(reached, lambda *key: str(holders[meaning(*key)][0].path))),
    )


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of merging corpora."""

    inputs: int
    """Different inputs of the sources that were not in the folder."""
    added: int
    older: int
    places: int
    """Places that only added inputs reach."""
    situations: int
    broken: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def merge_folders(
    sources: Sequence[Path],
    folder: Path,
    encoder: str,
    *,
    timeout: float,
    memory_limit: int | None,
    advance: Advance,
) -> Merged:
    """Add the inputs of other corpora to one, as far as they reach something more.

    The inputs of ``folder`` stay, and so do all files of the sources.

    Raises:
        CampaignError: A file cannot be read, the encoder or the disk failed.
    """
    read = [one for path in sources for one in read_inputs(path)]
    candidates, _ = testable(read, encoder)
    if not candidates:
        raise ProvedNothingError(f"the sources hold no input that {encoder} can run")
    open_folder(folder)
    there, _ = testable(_read_folder(folder), encoder)
    known = {meaning(one.target, one.scenario): one for one in there}
    fresh = {meaning(one.target, one.scenario): one for one in reversed(candidates)}
    base = in_order((one.target, one.scenario) for one in known.values())
    inputs = in_order(
        (one.target, one.scenario) for same, one in fresh.items() if same not in known
    )
    every = _run([*base, *inputs], encoder, timeout, memory_limit, advance)
    reached = every[len(base) :]
    covered = {cell for one in every[: len(base)] for cell in cells_of(one)}
    kept = choose(reached, covered)
    for number in kept:
        keep_text(folder, text_of(*inputs[number]))
    flush_folder(folder)
    return Merged(
        inputs=len(inputs),
        added=len(kept),
        older=sum(one.is_older for one in candidates),
        places=sum(len(one.measured.places) for one in reached),
        situations=len({cell for one in reached for cell in cells_of(one)} - covered),
        broken=tuple(_broken(reached, lambda *key: str(fresh[meaning(*key)].path))),
    )


def _run(
    inputs: Sequence[tuple[str, Input]],
    encoder: str,
    timeout: float,
    memory_limit: int | None,
    advance: Advance,
) -> list[Reached]:
    with Measure(encoder, timeout=timeout, memory_limit=memory_limit) as measure:
        return measure_all(inputs, measure, advance)


def _broken(reached: Iterable[Reached], path: Callable[[str, Input], str]) -> Iterable[str]:
    for one in reached:
        what = one.measured.died or ", ".join(one.measured.groups)
        if what:
            yield f"{path(one.target, one.scenario)}: {what}"


def testable(stored: Iterable[Stored], encoder: str) -> tuple[list[Stored], int]:
    """Return the inputs of targets on which the encoder can be tested, and how many others."""
    able = targets_of(encoder, None)
    listed = list(stored)
    found = [one for one in listed if single_target(one.target) in able]
    return found, len(listed) - len(found)


def meaning(target: str, scenario: Input) -> tuple[str, str]:
    """Return a key that is the same for inputs that differ in their comments only."""
    return target, text_of(target, with_comment(scenario, "")).decode()


def _read_folder(folder: Path) -> list[Stored]:
    try:
        return read_stored(folder)
    except OSError as error:
        raise EnvironmentFailedError(
            f"the corpus {folder} cannot be read: {sentence(error)}"
        ) from error


def read_inputs(path: Path, bare: str | None = None) -> list[Stored]:
    """Return the inputs of a file or a folder, of any form and version."""
    if not path.exists():
        raise UsageError(f"there is no file or folder {path}")
    files = list(scenario_files(path)) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"there is no scenario in {path}")
    found: list[Stored] = []
    for file in files:
        written = None if bare is not None else read_bytes_form(file)
        if written is None:
            read = read_any(file, bare)
            found.append(Stored(file, read.target, read.scenario, None))
        else:
            found.append(Stored(file, *written))
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _remove(paths: Iterable[Path]) -> None:
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentFailedError(
            f"an input that is not needed cannot be removed: {sentence(error)}"
        ) from error
