"""Findings on disk: one folder per mistake, complete before it is reported.

``FINDINGS/<target>/<slug>/`` holds

- ``finding.scenario``: the smallest known scenario, as text; its heading names encoder and target
- ``verdict.json``: the breach, its encoder, the guilty line, other breaches that come from the same
  mistake, and how it was found
- ``program.py`` (or ``.cpp``, ``.rs``): the scenario as a program in the encoder's own API; the
  verdict says whether the program shows the breach

A folder is written under a name that begins with a dot, and renamed. So a campaign that is killed
leaves complete findings or none. A simpler scenario for an existing folder replaces its files one
by one, each in one step. At any moment each file is complete, and all are about the same group.

Encoders share nothing: a finding about a planted bug must not hide one about the real encoder. So
the slug includes the name of any encoder but capnsafe.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from ..scenario import Heading, ScenarioError, with_heading
from ..targets import Input, single_target
from .failures import EnvironmentFailedError, sentence
from .files import clear_scratch, flush_folder, scratch, write_to_disk, write_whole
from .finding import SCENARIO_FILE, VERDICT_FILE, Finding, read_symptom, read_verdict
from .printed import Printed, program_files
from .targets import CLEAN_ENCODER, find_target

SLUG_LENGTH = 72
PROBE_BYTES = 64 * 1024


class FindingStore:
    """The findings folder of one target and one encoder."""

    def __init__(self, folder: Path, target: str, encoder: str) -> None:
        self._root = folder
        self._folder = folder / single_target(target)
        self._of_sequences = target != single_target(target)
        self._encoder = encoder
        self._target = find_target(target)

    def check_writable(self) -> None:
        """Write a file there, before hours of work depend on it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            clear_scratch(self._folder)
            probe = scratch(self._folder)
            try:
                write_to_disk(probe, b"\0" * PROBE_BYTES)
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentFailedError(
                f"findings cannot be written to {self._root}: {sentence(error)}"
            ) from error

    def path(self, group: str) -> Path:
        """Return the path of a group's finding, whether it exists or not."""
        name = f"{group} sequence" if self._of_sequences else group
        return self._folder / slug(name, self._encoder)

    def kept(self, group: str) -> Input | None:
        """Return the scenario kept for a group, now or earlier; None if it cannot be read."""
        try:
            text = (self.path(group) / SCENARIO_FILE).read_text(encoding="utf-8")
            return self._target.parse(text)
        except (OSError, ScenarioError, UnicodeDecodeError):
            return None

    def symptom(self, group: str) -> str | None:
        """Return the group of the breach that the kept scenario of a group shows."""
        return read_symptom(read_verdict(self.path(group)) or {})

    def keep(
        self, finding: Finding, program: Printed, also: Mapping[str, str] | None = None
    ) -> Path:
        """Write a finding to disk, replacing the one kept for its group.

        ``also`` are the texts of further files, by their names.
        """
        final = self.path(finding.group)
        verdict = finding.summary() | {"program": program.summary()}
        files = {
            program.file: program.text,
            VERDICT_FILE: json.dumps(verdict, indent=2, sort_keys=True) + "\n",
            SCENARIO_FILE: finding.text(),
        } | dict(also or {})
        clear_scratch(final.parent)
        fresh = scratch(final.parent, final.name)
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            for name, text in files.items():
                # An encoder may return any text, also half a surrogate pair.
                write_to_disk(fresh / name, text.encode(errors="backslashreplace"))
            if final.exists():
                for name in files:
                    os.replace(fresh / name, final / name)
                fresh.rmdir()
                for other in program_files(final):
                    if other.name != program.file:
                        other.unlink()
                flush_folder(final)
            else:
                fresh.rename(final)
                flush_folder(final.parent)
        except OSError as error:
            shutil.rmtree(fresh, ignore_errors=True)
            raise EnvironmentFailedError(
                f"the finding {finding.group!r} could not be written to {final}: {sentence(error)}"
            ) from error
        return final

    def renew(self, finding: Finding) -> None:
        """Write a finding's verdict again, which has a further witness."""
        path = self.path(finding.group)
        verdict = (read_verdict(path) or {}) | finding.summary()
        text = json.dumps(verdict, indent=2, sort_keys=True) + "\n"
        try:
            write_whole(path / VERDICT_FILE, text.encode(errors="backslashreplace"))
        except OSError as error:
            raise EnvironmentFailedError(
                f"the finding {finding.group!r} could not be written to {path}: {sentence(error)}"
            ) from error


def keep_unjudged(folder: Path, encoder: str, target: str, scenario: Input) -> Path:
    """Write a scenario over which the judge dies to a folder of findings; return its path.

    Raises:
        OSError: If the scenario cannot be written.
    """
    text = with_heading(find_target(target).print(scenario), Heading(encoder, target))
    path = folder / f"judge-died-{os.getpid()}.scenario"
    write_whole(path, text.encode(errors="backslashreplace"))
    return path


def slug(group: str, encoder: str) -> str:
    """Return a folder's name that shows the group, with a few digits that make it unique."""
    words = group if encoder == CLEAN_ENCODER else f"{encoder} {group}"
    digits = hashlib.sha256(f"{encoder}\0{group}".encode()).hexdigest()[:6]
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", words).strip("-.")
    return f"{plain[:SLUG_LENGTH].rstrip('-.')}-{digits}"
