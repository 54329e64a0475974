"""A scenario printed as a program, and whether the program shows what it is about.

A program is proof for somebody who has no harness: it must fail on the encoder that breaks the
promise, and, where it is about a planted bug, pass on the right encoder. So each is run before it
is handed out. One that does not show it says so in its first line, and the finding says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PROGRAM_FILE = "program.py"


@dataclass(frozen=True, slots=True)
class Printed:
    """A program, and what came of running it."""

    source: str
    trouble: str = ""
    """Why it does not show what it is about; empty if it does, or if nothing is broken."""

    @property
    def text(self) -> str:
        """The program, with its trouble at the top."""
        if not self.trouble:
            return self.source
        return f"# This program does not show it: {self.trouble}.\n{self.source}"

    def summary(self) -> dict[str, Any]:
        """As data, for ``verdict.json``."""
        return {"shows": not self.trouble, "trouble": self.trouble}


def on_the_right_encoder(source: str, planted: str) -> str:
    """Return a program about a planted bug with the right encoder in place of the wrong one."""
    for wrong, right in (
        (f"capnsafe = load_package({planted!r})", "import capnsafe"),
        (f"find_encoder({f'planted:{planted}'!r})", "find_encoder('capnsafe')"),
    ):
        source = source.replace(wrong, right)
    return source
