"""Run the inputs of a corpus once, and report which code and which situations they reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..encoders.planted import BUGS
from ..engines import Cell
from ..targets import single_target
from .cache import Stored
from .code_coverage import CodeCoverage, report_coverage
from .failures import ProvedNothingError, UsageError
from .measure import Measure
from .minimize import Advance, in_order, measure_all
from .targets import PLANTED, encoder_packages
from .upkeep import meaning, testable


@dataclass(frozen=True, slots=True)
class CorpusCoverage:
    """The places and situations that the inputs of a corpus reach."""

    inputs: int
    """Different inputs that ran."""
    situations: Mapping[str, frozenset[Cell]]
    """The situations, by target."""
    died: int
    """Inputs that ended their process or took too long. It is unknown which places they reach."""
    broken: tuple[str, ...]
    """Inputs that did that, or broke a promise: the file, and a description."""
    packages: tuple[str, ...]
    """The measured packages."""
    code: CodeCoverage | None
    """None if the packages have no Python code that ran."""


def measure_coverage(
    stored: Sequence[Stored],
    encoder: str,
    *,
    timeout: float,
    memory_limit: int | None,
    advance: Advance,
    sources: tuple[str, ...] = (),
    html: Path | None = None,
    lcov: Path | None = None,
) -> CorpusCoverage:
    """Run each input once, and write the reports of coverage.py.

    Inputs of targets on which the encoder cannot be tested are left out. ``sources`` are packages
    to measure instead of the encoder's own.

    Raises:
        CampaignError: There is no input to run, the encoder failed, or a report cannot be written.
    """
    if encoder.partition(":")[0] == PLANTED and encoder.partition(":")[2] in BUGS:
        raise UsageError(f"{encoder} is a temporary copy of capnsafe: measure capnsafe instead")
    able, _ = testable(stored, encoder)
    if not able:
        raise ProvedNothingError(f"there is no input that {encoder} can run")
    files = {meaning(one.target, one.scenario): one.path for one in reversed(able)}
    different = {meaning(one.target, one.scenario): (one.target, one.scenario) for one in able}
    inputs = in_order(different.values())
    packages = sources or encoder_packages(encoder)
    situations: dict[str, set[Cell]] = {}
    broken: list[str] = []
    died = 0
    with Measure(
        encoder, timeout=timeout, memory_limit=memory_limit, packages=packages, coverage=True
    ) as measure:
        for one in measure_all(inputs, measure, advance):
            cells = situations.setdefault(single_target(one.target), set())
            cells.update(one.measured.situations)
            what = one.measured.died or ", ".join(one.measured.groups)
            if what:
                broken.append(f"{files[meaning(one.target, one.scenario)]}: {what}")
            died += one.measured.died is not None
        measure.save()
        code = report_coverage(packages, measure.coverage_files, html=html, lcov=lcov)
    return CorpusCoverage(
        inputs=len(inputs),
        situations={target: frozenset(cells) for target, cells in situations.items()},
        died=died,
        broken=tuple(broken),
        packages=packages,
        code=code,
    )
