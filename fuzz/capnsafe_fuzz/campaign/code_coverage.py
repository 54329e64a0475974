"""Code coverage as coverage.py measures it: lines and branches, and those that nothing reaches.

The measuring process records (``measurer.py``), from the import of the tested packages on. Its
parent reports. The configuration of coverage.py in the current folder (``.coveragerc``,
``pyproject.toml``) says which code does not count, as it does for ``coverage run``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .failures import EnvironmentFailedError, sentence
from .files import write_whole

if TYPE_CHECKING:
    from coverage import Coverage


def record_coverage(packages: Iterable[str], data: Path) -> Callable[[], None]:
    """Record the code of packages from now on; return a function that writes it to a file.

    They must not be imported yet.
    """
    coverage = _coverage(packages, data)
    coverage.start()
    return coverage.save


def _coverage(packages: Iterable[str], data: Path) -> Coverage:
    from coverage import Coverage

    # No suffix: a configuration for parallel processes would add one.
    return Coverage(
        data_file=str(data),
        data_suffix=False,
        branch=True,
        source=[],
        source_pkgs=list(packages),
        messages=False,
    )


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """The coverage of one file."""

    path: str
    """As coverage.py shows it: relative to the current folder if it lies there."""
    statements: int
    missed: int
    branches: int
    missed_branches: int
    percent: float
    missing: tuple[str, ...]
    """The code that no input reaches, for people: functions, lines, and branches ``from->to``."""


@dataclass(frozen=True, slots=True)
class CodeCoverage:
    """The coverage of all files of the measured packages."""

    files: tuple[FileCoverage, ...]
    statements: int
    missed: int
    branches: int
    missed_branches: int
    percent: float

    def to_json(self) -> dict[str, Any]:
        """Return the totals as plain data."""
        return {
            "percent": self.percent,
            "statements": self.statements,
            "missed_statements": self.missed,
            "branches": self.branches,
            "missed_branches": self.missed_branches,
        }


def report_coverage(
    packages: Sequence[str],
    files: Sequence[Path],
    *,
    html: Path | None = None,
    lcov: Path | None = None,
) -> CodeCoverage | None:
    """Combine the data of several processes, write the reports, and return their contents.

    Returns None, and writes nothing, if no Python code of the packages ran.

    Raises:
        EnvironmentFailedError: A report cannot be written.
    """
    from coverage.exceptions import CoverageException, NoDataError

    written = [path for path in files if path.exists()]
    if not written:
        return None
    # Beside the data, so that it ends with it.
    combined = written[0].with_name("combined")
    report = combined.with_suffix(".json")
    coverage = _coverage(packages, combined)
    try:
        coverage.combine([str(path) for path in written], keep=True)
        coverage.save()
        coverage.json_report(outfile=str(report))
        if html is not None:
            coverage.html_report(directory=str(html))
        if lcov is not None:
            fresh = combined.with_suffix(".lcov")
            coverage.lcov_report(outfile=str(fresh))
            write_whole(lcov, fresh.read_bytes())
    except NoDataError:
        return None
    except CoverageException as error:
        raise EnvironmentFailedError(f"coverage.py failed: {error}") from error
    except OSError as error:
        raise EnvironmentFailedError(f"a report cannot be written: {sentence(error)}") from error
    return read_report(json.loads(report.read_text(encoding="utf-8")))


def read_report(report: Mapping[str, Any]) -> CodeCoverage:
    """Return the facts of a report of coverage.py as JSON."""
    files = [
        FileCoverage(
            path=path,
            statements=file["summary"]["num_statements"],
            missed=file["summary"]["missing_lines"],
            branches=file["summary"]["num_branches"],
            missed_branches=file["summary"]["missing_branches"],
            percent=file["summary"]["percent_covered"],
            missing=tuple(_missing(file)),
        )
        for path, file in sorted(report["files"].items())
    ]
    totals = report["totals"]
    return CodeCoverage(
        files=tuple(files),
        statements=totals["num_statements"],
        missed=totals["missing_lines"],
        branches=totals["num_branches"],
        missed_branches=totals["missing_branches"],
        percent=totals["percent_covered"],
    )


def _missing(file: Mapping[str, Any]) -> Iterable[str]:
    """Yield the code that was not reached: whole functions first, then parts of functions."""
    functions: Mapping[str, Any] = file["functions"]
    if not file["executed_lines"]:
        if file["missing_lines"]:
            yield "the whole file"
        return
    whole = [
        name
        for name, function in functions.items()
        if name and function["missing_lines"] and not function["executed_lines"]
    ]
    if whole:
        yield f"all of {', '.join(whole)}"
    for name, function in functions.items():
        if name in whole:
            continue
        missed = set(function["missing_lines"])
        places = _ranges(function["missing_lines"], function["executed_lines"])
        places += [
            f"{line}->{to if to > 0 else 'exit'}"
            for line, to in function["missing_branches"]
            # If no input reaches the line, its branches say nothing more.
            if line not in missed and to not in missed
        ]
        if places:
            yield f"{name or 'outside of functions'}: {', '.join(places)}"


def _ranges(missing: Sequence[int], executed: Sequence[int]) -> list[str]:
    """Return lines as ``3`` or ``5-9``; a range goes on over lines that hold no statement."""
    lines = sorted([*((line, True) for line in missing), *((line, False) for line in executed)])
    ranges: list[list[int]] = []
    after_missing = False
    for line, is_missing in lines:
        if is_missing and after_missing:
            ranges[-1][1] = line
        elif is_missing:
            ranges.append([line, line])
        after_missing = is_missing
    return [f"{first}-{last}" if first != last else f"{first}" for first, last in ranges]
