"""The page of campaigns: its contents, and that hostile texts stay texts."""

from __future__ import annotations

import json
import os
import shutil
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pytest
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult, Epoch
from capnsafe_fuzz.campaign.failures import UsageError
from capnsafe_fuzz.campaign.state import save_state
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.memories import STAYING
from capnsafe_fuzz.report.curves import HEIGHT, WIDTH, Clock, curves_of
from capnsafe_fuzz.report.kept import CAMPAIGNS_FILE, collect, read_campaigns
from capnsafe_fuzz.report.matrix import matrix_of
from capnsafe_fuzz.report.page import campaigns_in, render
from capnsafe_fuzz.targets import find_target

BUILDER = find_target("builder")
HOSTILE = "</pre><script>alert(1)</script><img src=//a.example onerror=x>\u202e\x1b[31m\ud800"


class Read(HTMLParser):
    """The elements of a page, its ids, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.attributes if known == name]


def campaign(**more: Any) -> dict[str, Any]:
    """A campaign of two epochs, as data."""
    result = CampaignResult(CampaignConfig(runs=3000), executions=3000, seconds=6.0, coverage=90)
    result.situations.update(
        {("root", "-", "done"): 1, ("get number", "refuse memory-error", "done"): 900,
         ("get text", "refuse interrupt", "interrupted"): 2500}
    )  # fmt: skip
    for executions, coverage, situations, seconds in ((1000, 60, 2, 4.0), (3000, 90, 3, 6.0)):
        result.epochs.append(
            Epoch(
                shards=1, executions=executions, coverage=coverage, situations=situations,
                corpus=4, findings=0, seconds=seconds,
            )
        )  # fmt: skip
    return result.to_json() | more


def finding(folder: Path, **more: Any) -> Path:
    """A finding's folder."""
    place = folder / "builder" / "one"
    place.mkdir(parents=True)
    verdict = {
        "group": "P2 x", "promise": "P2", "detail": "d", "target": "builder",
        "encoder": "capnsafe", "found": {"execution": 500}, "program": {"trouble": ""},
    } | more  # fmt: skip
    (place / "verdict.json").write_text(json.dumps(verdict))
    (place / "program.py").write_text("the_program()\n")
    (place / "finding.scenario").write_text("the scenario\n")
    return place


def page_of(folder: Path, *campaigns: dict[str, Any], story: str = "") -> Read:
    told = story.split("\n") if story else None
    return Read(render(collect(folder, lambda place: told, campaigns), folder))


def test_a_hostile_text_stays_a_text(tmp_path: Path) -> None:
    guilty = {
        "file": HOSTILE, "function": HOSTILE, "line": 2, "source": HOSTILE, "why": HOSTILE,
        "callers": [], "around": [[1, HOSTILE], [2, HOSTILE]],
    }  # fmt: skip
    witness = {"symptom": HOSTILE, "promise": HOSTILE, "detail": HOSTILE, "scenario": HOSTILE}
    place = finding(
        tmp_path, group=HOSTILE, promise=HOSTILE, detail=HOSTILE, encoder=HOSTILE, target=HOSTILE,
        guilty=guilty, witnesses=[witness], program={"trouble": HOSTILE},
    )  # fmt: skip
    (place / "program.py").write_bytes(HOSTILE.encode(errors="surrogatepass"))
    (place / "finding.scenario").write_bytes(HOSTILE.encode(errors="surrogatepass"))
    cell = {"operation": HOSTILE, "fault": HOSTILE, "outcome": HOSTILE, "execution": 1}
    page = page_of(
        tmp_path,
        campaign(
            encoder=HOSTILE, engine=HOSTILE, seed=HOSTILE, gave_up=HOSTILE, command=HOSTILE,
            situations=[cell], findings=[{"path": str(place), "group": HOSTILE}],
            unsettled=[{"kind": HOSTILE, "sentence": HOSTILE, "path": HOSTILE}],
        ),
        story=HOSTILE,
    )  # fmt: skip
    assert not {"script", "img", "iframe", "link", "object"} & set(page.tags)
    assert not page.all("onerror")
    assert not page.all("src")
    assert page.text.count("<script>alert(1)</script>") > 20
    assert not {"\u202e", "\x1b", "\ud800"} & set(page.text)


def test_a_finding_shows_all_that_is_known(tmp_path: Path) -> None:
    guilty = {
        "file": "a.py", "function": "f", "line": 2, "source": "y = 2", "why": "wrote last",
        "callers": [], "around": [[1, "x = 1"], [2, "y = 2"]],
    }  # fmt: skip
    place = finding(tmp_path, guilty=guilty)
    told = {"path": str(place), "group": "P2 x", "fresh": True}
    page = page_of(tmp_path, campaign(findings=[told]), story="the story")
    wanted = ("the story", "the_program()", "the scenario", "a.py:2", "x = 1", "y = 2")
    assert [text for text in (*wanted, f"capnsafe repro {place}") if text not in page.text] == []
    targets = {link[1:] for link in page.all("href")}
    assert {link[:1] for link in page.all("href")} == {"#"}
    assert targets <= set(page.all("id"))
    assert len(page.all("id")) == len(set(page.all("id")))
    assert "findings1" in targets
    assert "others" not in page.all("id")


def test_findings_of_no_campaign_are_shown_too(tmp_path: Path) -> None:
    finding(tmp_path)
    page = page_of(tmp_path, campaign())
    assert "others" in page.all("id")
    assert "the_program()" in page.text


def test_findings_that_were_moved_are_found(tmp_path: Path) -> None:
    place = finding(tmp_path / "old")
    told = {"path": str(place), "group": "P2 x"}
    shutil.move(tmp_path / "old", tmp_path / "new")
    collected = collect(tmp_path / "new", lambda _: None, [campaign(findings=[told])])
    assert [one.program for one in collected.findings[0]] == ["the_program()\n"]
    assert not collected.others


def test_curves_are_true_to_time() -> None:
    data = campaign()
    clock = Clock.of(data)
    assert [clock.at(execution) for execution in (0, 500, 1000, 2000, 3000)] == [0, 2, 4, 5, 6]
    situations, coverage, executions = curves_of(data)
    assert (situations.last, coverage.last, executions.last) == (3, 90, 3000)
    assert executions.path == (
        f"M0.0 {HEIGHT:.1f}L{WIDTH * 4 / 6:.1f} {HEIGHT * 2 / 3:.1f}L{WIDTH:.1f} 0.0"
    )
    assert situations.path.count("L") == 4
    assert curves_of(campaign(executions=0)) == []
    assert [one.name for one in curves_of(campaign(coverage=None))] == ["situations", "executions"]


def test_the_matrix_has_every_cell_and_says_why_not() -> None:
    matrix = matrix_of(campaign(), BUILDER)
    assert [row.verb for row in matrix.rows] == list(BUILDER.verbs)
    assert matrix.families == ["no fault", *BUILDER.faults]
    rows = {row.verb: {cell.family: cell for cell in row.cells} for row in matrix.rows}
    told = [matrix.outcomes[number] for number in rows["get"]["refuse"].outcomes]
    assert (told, rows["get"]["refuse"].situations) == (["done", "interrupted"], 2)
    assert rows["get"]["short"].cannot is not None
    assert rows["set"]["short"].cannot is None
    assert matrix.reached == 2
    unsupported = matrix_of(
        campaign(
            unsupported=["new struct"],
            situations=[
                {"operation": "new struct", "fault": "-", "outcome": "unsupported", "execution": 1}
            ],
        ),
        BUILDER,
    )
    row = next(row for row in unsupported.rows if row.verb == "new")
    assert [cell.cannot is None for cell in row.cells].count(True) == 1


def test_features_of_received_data_are_put_together_by_their_first_word() -> None:
    faults = ("-", "a text", "a list", "no capability")
    situations = [
        {"operation": "read", "fault": fault, "outcome": "done", "execution": 1} for fault in faults
    ]
    matrix = matrix_of(campaign(target="reader", situations=situations), find_target("reader"))
    assert matrix.families == ["no fault", "a …", "no capability"]


@pytest.mark.thorough
def test_what_cannot_be_reached_is_not_reached_by_a_search() -> None:
    encoder, rng = find_encoder("capnsafe"), Random(1)
    reached = set()
    for scenario in (BUILDER.generate(rng) for _ in range(500)):
        for verb, fault, _ in execute(scenario, encoder).situations:
            reached.add((verb.split()[0], fault.split()[0]))
    assert len(reached) > 100
    cannot = {
        (verb, family)
        for verb in BUILDER.verbs
        for family in BUILDER.faults
        if BUILDER.unreachable(verb, family, None) is not None
    }
    assert len(cannot) >= 14
    assert cannot & reached == set()


def test_memory_that_stays_cannot_be_moved() -> None:
    assert BUILDER.unreachable("set", "shrink", STAYING.name) is not None
    assert BUILDER.unreachable("set", "shrink", None) is None
    assert BUILDER.unreachable("set", "refuse", STAYING.name) is None


def write_campaigns(folder: Path, *campaigns: dict[str, Any]) -> Path:
    path = folder / CAMPAIGNS_FILE
    path.write_text(json.dumps({"format": 1, "campaigns": campaigns}))
    return path


def test_a_campaign_that_was_killed_is_told_by_its_state(tmp_path: Path) -> None:
    old = write_campaigns(tmp_path, campaign())
    state = {"campaign": campaign(executions=0), "totals": {"executions": 7}, "seconds": 2.5}
    save_state(tmp_path / ".campaign-1.json", state)
    os.utime(old, (1, 1))
    killed = read_campaigns(tmp_path)[-1]
    assert (killed["executions"], killed["seconds"], killed["unfinished"]) == (7, 2.5, True)
    assert "--resume" in page_of(tmp_path, dict(killed)).text
    os.utime(tmp_path / ".campaign-1.json", (0, 0))
    assert [one.get("unfinished") for one in read_campaigns(tmp_path)] == [None]


@pytest.mark.parametrize(
    "damage",
    [{"epochs": 1}, {"situations": [{}]}, {"findings": ["x"]}, {"executions": "many"}],
)
def test_a_campaign_that_is_not_understood_is_left_out(
    tmp_path: Path, damage: dict[str, Any]
) -> None:
    write_campaigns(tmp_path, campaign(**damage), campaign())
    assert len(read_campaigns(tmp_path)) == 1


def test_a_folder_without_a_campaign_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError):
            campaigns_in(folder)
        with pytest.raises(SystemExit) as ended:
            main(["report", str(folder), "-o", str(tmp_path / "page.html")])
        assert ended.value.code == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
