"""A scenario printed as a program, and whether the program shows the breach.

A program is proof for people without the harness. It must fail on the encoder that breaks the
promise. If it is about a planted bug, it must pass on the correct encoder. So each program is run
before it is handed out. If it does not show the breach, its first line and the finding say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PYTHON = ".py"
PROGRAM_FILE = f"program{PYTHON}"
_COMMENTS = {PYTHON: "#", ".cpp": "//", ".rs": "//"}
"""The beginning of a comment, by the suffix of the file."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A program, and the result of running it."""

    source: str
    trouble: str = ""
    """Why it does not show the breach; empty if it does, or if no promise is broken."""
    suffix: str = PYTHON
    """The suffix of the file's name, which depends on the language."""

    @classmethod
    def missing(cls, why: str) -> Printed:
        """Return the text in place of a program that could not be printed.

        It raises, so that a person who runs it does not take its silence for a pass.
        """
        return cls(f"raise NotImplementedError({why!r})\n", why)

    @property
    def text(self) -> str:
        """Return the program, with its trouble at the top."""
        if not self.trouble:
            return self.source
        comment = _COMMENTS[self.suffix]
        return f"{comment} This program does not show it: {self.trouble}.\n{self.source}"

    @property
    def file(self) -> str:
        """Return the name of its file."""
        return f"program{self.suffix}"

    def summary(self) -> dict[str, Any]:
        """Return it as data, for ``verdict.json``."""
        return {"shows": not self.trouble, "trouble": self.trouble}


def program_files(folder: Path) -> Iterator[Path]:
    """Yield the programs of a finding's folder: one, as a rule."""
    for suffix in _COMMENTS:
        file = folder / f"program{suffix}"
        if file.exists():
            yield file


def on_the_right_encoder(source: str, planted: str) -> str:
    """Return a program about a planted bug, changed to use the correct encoder."""
    for wrong, right in (
        (f"capnsafe = load_package({planted!r})", "import capnsafe"),
        (f"find_encoder({f'planted:{planted}'!r})", "find_encoder('capnsafe')"),
    ):
        source = source.replace(wrong, right)
    return source
