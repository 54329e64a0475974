"""The page about sweeps: its example is a test that passes, its numbers are those of the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.targets.builder.placements import MOST_CALLS, MOST_SEGMENTS, MOST_WORDS
from capnsafe_fuzz.targets.builder.small_scope import MOST_OPERATIONS, small_scope

from benchmarks import swept

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sweep.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.thorough
def test_the_example_passes_and_finds_a_planted_bug() -> None:
    names: dict[str, Any] = {}
    (block,) = [part.split("```")[0] for part in TEXT.split("```python\n")[1:]]
    exec(compile(block, str(PAGE), "exec"), names)
    assert names["sweep"](names["PROGRAM"], "planted:view_held_while_granting").broken
    names["test_no_fault_hurts_the_encoder"]()


def test_the_page_tells_the_numbers_of_the_code() -> None:
    assert (MOST_CALLS, MOST_SEGMENTS, MOST_WORDS, MOST_OPERATIONS) == (6, 3, 8, 3)
    assert f"{len(small_scope()):,}".replace(",", " ") in TEXT


def test_the_table_of_planted_bugs_is_made_from_a_report(tmp_path: Path) -> None:
    report, page = tmp_path / "report.json", tmp_path / "page.md"
    found = {"name": "loss_forgiven", "executions": 12345, "group": "P5 output after a loss"}
    missed = {"name": "tag_believed", "executions": 50000, "group": None}
    report.write_text(json.dumps({"canaries": [missed, found]}))
    page.write_text(f"before\n{swept.BEGIN}\nold\n{swept.END}\nbehind\n")
    swept.write(report, page)
    made = page.read_text().splitlines()
    assert (made[0], made[-1]) == ("before", "behind")
    assert "old" not in made
    assert made[-4:-2] == [
        "| `loss_forgiven` | P5 | 12 345 | P5 output after a loss |",
        "| `tag_believed` | P1 | | |",
    ]
    assert swept.BEGIN in TEXT
    assert swept.END in TEXT
