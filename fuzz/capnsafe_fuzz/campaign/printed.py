"""A scenario printed as a program, and whether the program shows the breach.

A program is proof for people without the harness. It must fail on the encoder that breaks the
promise. If it is about a planted bug, it must pass on the correct encoder. So each program is run
before it is handed out. If it does not show the breach, its first line and the finding say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PROGRAM_FILE = "program.py"


@dataclass(frozen=True, slots=True)
class Printed:
    """A program, and the result of running it."""

    source: str
    trouble: str = ""
    """Why it does not show the breach; empty if it does, or if no promise is broken."""

    @property
    def text(self) -> str:
        """Return the program, with its trouble at the top."""
        if not self.trouble:
            return self.source
        return f"# This program does not show it: {self.trouble}.\n{self.source}"

    def summary(self) -> dict[str, Any]:
        """Return it as data, for ``verdict.json``."""
        return {"shows": not self.trouble, "trouble": self.trouble}


def on_the_right_encoder(source: str, planted: str) -> str:
    """Return a program about a planted bug, changed to use the correct encoder."""
    for wrong, right in (
        (f"capnsafe = load_package({planted!r})", "import capnsafe"),
        (f"find_encoder({f'planted:{planted}'!r})", "find_encoder('capnsafe')"),
    ):
        source = source.replace(wrong, right)
    return source
