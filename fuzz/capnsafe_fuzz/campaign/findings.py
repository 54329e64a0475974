"""Findings on disk: one folder a group, complete before anybody hears of it.

``FINDINGS/<target>/<slug>/`` holds

``finding.scenario``  the smallest scenario known, as text; its heading names encoder and target
``verdict.json``      what broke, in which encoder, and how it was found
``program.py``        the same as a program in the encoder's own API; the verdict says whether
                      it was seen to show what broke

A folder is written under a name that starts with a dot, and renamed: a campaign that is killed at
any moment leaves whole findings or none. When a simpler scenario turns up for a folder that exists,
its files are replaced one by one, each in one step: at any moment each of them is whole, and all
tell of the same group.

Encoders share nothing: a finding about a planted bug does not stand in the way of one about the
real encoder. So the name of any other encoder than capnsafe is part of the slug.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from ..scenario import ScenarioError
from ..targets import Input, single_target
from .failures import EnvironmentFailedError, sentence
from .files import clear_scratch, flush_folder, scratch, write_to_disk
from .finding import SCENARIO_FILE, VERDICT_FILE, Finding
from .printed import PROGRAM_FILE, Printed
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
        """Write something there, really, before hours of work depend on it."""
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
        """Where the finding of a group is, or will be."""
        name = f"{group} sequence" if self._of_sequences else group
        return self._folder / slug(name, self._encoder)

    def kept(self, group: str) -> Input | None:
        """What is kept for a group from now or earlier; None if nothing readable is."""
        try:
            text = (self.path(group) / SCENARIO_FILE).read_text(encoding="utf-8")
            return self._target.parse(text)
        except (OSError, ScenarioError, UnicodeDecodeError):
            return None

    def keep(
        self, finding: Finding, program: Printed, also: Mapping[str, str] | None = None
    ) -> Path:
        """Put a finding on disk, in place of what was kept for its group.

        ``also`` are the texts of further files, by their names.
        """
        final = self.path(finding.group)
        verdict = finding.summary() | {"program": program.summary()}
        files = {
            PROGRAM_FILE: program.text,
            VERDICT_FILE: json.dumps(verdict, indent=2, sort_keys=True) + "\n",
            SCENARIO_FILE: finding.text(),
        } | dict(also or {})
        clear_scratch(final.parent)
        fresh = scratch(final.parent, final.name)
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            for name, text in files.items():
                # An encoder may say anything, half a surrogate pair included.
                write_to_disk(fresh / name, text.encode(errors="backslashreplace"))
            if final.exists():
                for name in files:
                    os.replace(fresh / name, final / name)
                fresh.rmdir()
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


def slug(group: str, encoder: str) -> str:
    """A folder's name that says what the group is, with a few digits that make it the only one."""
    words = group if encoder == CLEAN_ENCODER else f"{encoder} {group}"
    digits = hashlib.sha256(f"{encoder}\0{group}".encode()).hexdigest()[:6]
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", words).strip("-.")
    return f"{plain[:SLUG_LENGTH].rstrip('-.')}-{digits}"
