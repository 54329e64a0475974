"""``python -m benchmarks.swept REPORT.json``: the table of planted bugs that a sweep finds.

The report is that of ``capnsafe canaries --engine sweep --runs N --json REPORT.json``. The table
goes into ``docs/sweep.md``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from capnsafe_fuzz.campaign.figures import count
from capnsafe_fuzz.encoders.planted import BUGS, read_bug

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sweep.md"
BEGIN, END = "<!-- swept: made by `python -m benchmarks.swept` -->", "<!-- /swept -->"


def table(canaries: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence about all canaries, and a row for each."""
    found = [canary for canary in canaries if canary["group"]]
    rows = [
        f"| `{canary['name']}` | {read_bug(BUGS[canary['name']]).promise} | "
        + (f"{count(canary['executions'])} | {canary['group']} |" if canary["group"] else "| |")
        for canary in sorted(canaries, key=lambda canary: str(canary["name"]))
    ]
    return "\n".join(
        [
            f"Of {len(canaries)} planted bugs it found {len(found)}.",
            "",
            "| planted bug | breaks | found after executions | as |",
            "| --- | --- | --- | --- |",
            *rows,
        ]
    )


def write(report: Path, page: Path = PAGE) -> None:
    """Put the table of a report into the page."""
    made = table(json.loads(report.read_text())["canaries"])
    text = page.read_text(encoding="utf-8")
    marked = f"{BEGIN}\n{made}\n{END}"
    changed = re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: marked, text, flags=re.S)
    page.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
