"""The comparison of encoders: the outcomes of messages, and its pages."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from capnsafe_allocators import FAMILIES
from capnsafe_fuzz.campaign.compare import NO_FAULT, Comparison, compare
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.execution.fate import Fate, end_of
from capnsafe_fuzz.report.comparison import names_of_pages, page, picture, programs
from capnsafe_fuzz.scenario import parse_scenario

MISTAKEN = Path(__file__).parent / "encoders" / "driven" / "mistaken_driver.py"
DRIVERS_PAGE = Path(__file__).parents[1] / "docs" / "drivers.md"
TEXT = """\
capnsafe scenario 1
memory heap segment_words=37
limit max_segment_words=536870911
h0 = root
set h0.u32 8
set h0.text "old"
"""


def fate(encoder: str, rest: str = "") -> Fate:
    return end_of(parse_scenario(TEXT + rest), find_encoder(encoder)).fate


def test_each_demand_is_described() -> None:
    described = DRIVERS_PAGE.read_text(encoding="utf-8")
    for family in FAMILIES.values():
        assert f"\n| `{family.demand}` | " in described, family.name


def test_a_message_that_is_kept() -> None:
    refused = 'set h0.text "too long for the segment"\nfault refuse OSError allocate 2 once\n'
    assert fate("capnsafe") == fate("capnsafe", refused) == Fate.KEPT
    # The memory has lost words, and every output raises.
    assert fate("capnsafe", "fault shrink nothing after 1 once segment=0\n") is Fate.KEPT


def test_a_message_that_is_lost() -> None:
    rest = 'set h0.text "too long for the segment"\nfault refuse OSError allocate 2 once\n'
    assert fate("planted:zero_before_allocate", rest) is Fate.LOST


def test_a_message_that_is_wrong() -> None:
    rest = "fault scribble data after 2 once segment=0 amount=3\n"
    scenario = parse_scenario(TEXT + rest)
    assert end_of(scenario, find_encoder("capnsafe")).fate is Fate.WRONG
    # Unless it is verified.
    verified = replace(scenario, verify=True)
    assert end_of(verified, find_encoder("capnsafe")).fate is Fate.KEPT


@pytest.mark.process
@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        ("no mistake", Fate.KEPT),
        ("wrong value", Fate.WRONG),
        ("nothing", Fate.WRONG),
        ("exit", Fate.DIED),
        ("stale", Fate.OUTSIDE),
    ],
)
def test_fates_behind_a_driver(mistake: str, expected: Fate) -> None:
    encoder = DrivenEncoder("mistaken", (sys.executable, str(MISTAKEN), mistake))
    scenario = parse_scenario(TEXT + "get h0.u32\nfault move one after 0 once segment=0\n")
    ending = end_of(scenario, encoder)
    encoder.processes.close()
    assert ending.fate is expected
    assert ending.how == ("exit-3" if expected is Fate.DIED else "")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(["capnsafe", "planted:only_loads_verified"], runs=12, seed=3, budget=20)


def test_the_same_seed_gives_the_same_table(comparison: Comparison) -> None:
    again = compare(["planted:only_loads_verified"], runs=12, seed=3, budget=20)
    assert again.to_json()["encoders"] == comparison.to_json()["encoders"][1:]


def test_the_table(comparison: Comparison) -> None:
    clean, planted = comparison.rows
    for family, cell in clean.cells.items():
        assert set(cell.fates) == {Fate.KEPT}, family
    assert clean.cells[NO_FAULT].fates[Fate.KEPT] == 12
    assert planted.cells["scribble"].fates[Fate.WRONG]
    assert planted.cells["scribble"].simplest[Fate.WRONG].faults[0].family == "scribble"


def test_the_pages(comparison: Comparison) -> None:
    planted = comparison.rows[1]
    planted.demands["untouched"] = ("never write", "its manual")
    text = page(comparison, "capnsafe compare", "picture.svg", "programs", date(2026, 1, 2))
    assert "on 2026-01-02" in text
    assert f"wrong {planted.cells['scribble'].fates[Fate.WRONG]} †" in text
    assert "“never write” (its manual)" in text
    assert "## scribble: wrong" in programs(planted)
    assert "Every message was kept." in programs(comparison.rows[0])
    assert "(programs/capnsafe.md)" in text
    drawn = picture(comparison)
    assert drawn.count("<title>kept: ") >= 2 * len(comparison.families) - 1


def test_the_name_of_an_encoder_may_be_a_command(comparison: Comparison) -> None:
    commands = ["driver:node /a/b.js", "driver:node /a b.js", "../" * 200, "/"]
    rows = [replace(comparison.rows[0], encoder=name) for name in commands]
    names = names_of_pages(replace(comparison, rows=rows))
    assert names == [
        "driver-node-a-b.js.md",
        "driver-node-a-b.js-1.md",
        "encoder.md",
        "encoder-3.md",
    ]
