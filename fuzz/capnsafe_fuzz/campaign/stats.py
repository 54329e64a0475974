"""Facts about a corpus: counts, sizes, forms, duplicates, coverage and situations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..targets import single_target
from .cache import Stored, is_misnamed
from .code_coverage import CodeCoverage
from .corpus_coverage import CorpusCoverage, measure_coverage
from .minimize import Advance
from .targets import find_target
from .upkeep import meaning, read_inputs


@dataclass(frozen=True, slots=True)
class TargetStats:
    """The facts about the inputs of one target."""

    files: int
    inputs: int
    """Different inputs."""
    duplicates: int
    """Files whose input is in another file, too."""
    sequences: int
    """Inputs that are sequences."""
    texts: int
    """Files that are text."""
    versions: Mapping[int, int]
    """For each version of the decoder, the files with bytes for it."""
    present_version: int
    total_bytes: int
    median_bytes: int
    largest_bytes: int
    oldest: float
    """When the oldest file was written, in seconds since the epoch."""
    newest: float
    situations: int | None
    """Situations reached; None if nothing was run."""


@dataclass(frozen=True, slots=True)
class CorpusStats:
    """The facts about a corpus."""

    targets: Mapping[str, TargetStats]
    misnamed: tuple[str, ...]
    """Files that are named by their contents, and do not match their names."""
    broken: tuple[str, ...]
    """Inputs that ended their process or broke a promise: the file, and a description."""
    coverage: CodeCoverage | None
    """None if nothing was run, or no Python code of the encoder ran."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        data = asdict(self)
        data["coverage"] = None if self.coverage is None else self.coverage.to_json()
        return data


def corpus_stats(
    paths: Sequence[Path],
    encoder: str,
    *,
    run: bool,
    timeout: float,
    memory_limit: int | None,
    advance: Advance,
) -> CorpusStats:
    """Return the facts about the inputs in files and folders.

    With ``run``, the inputs run, and the facts include their coverage and situations.

    Raises:
        CampaignError: A file cannot be read, or the encoder failed.
    """
    stored = [one for path in paths for one in read_inputs(path)]
    reached: CorpusCoverage | None = None
    if run:
        reached = measure_coverage(
            stored, encoder, timeout=timeout, memory_limit=memory_limit, advance=advance
        )
    by_target: dict[str, list[Stored]] = {}
    for one in stored:
        by_target.setdefault(single_target(one.target), []).append(one)
    return CorpusStats(
        targets={
            target: _of_target(
                target, found, None if reached is None else len(reached.situations.get(target, ()))
            )
            for target, found in sorted(by_target.items())
        },
        misnamed=tuple(str(one.path) for one in stored if is_misnamed(one.path)),
        broken=() if reached is None else reached.broken,
        coverage=None if reached is None else reached.code,
    )


def _of_target(target: str, stored: Sequence[Stored], situations: int | None) -> TargetStats:
    states = [one.path.stat() for one in stored]
    sizes = [state.st_size for state in states]
    inputs = {meaning(one.target, one.scenario) for one in stored}
    versions = Counter(one.version for one in stored if one.version is not None)
    return TargetStats(
        files=len(stored),
        inputs=len(inputs),
        duplicates=len(stored) - len(inputs),
        sequences=sum(name != target for name, _ in inputs),
        texts=sum(one.version is None for one in stored),
        versions=dict(sorted(versions.items())),
        present_version=find_target(target).version,
        total_bytes=sum(sizes),
        median_bytes=round(median(sizes)),
        largest_bytes=max(sizes),
        oldest=min(state.st_mtime for state in states),
        newest=max(state.st_mtime for state in states),
        situations=situations,
    )
