"""What people read: numbers that can be read, lines that terminals cannot take for orders."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from capnsafe_allocators import FAMILIES
from capnsafe_fuzz.campaign import report
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult, Kept, Unsettled
from capnsafe_fuzz.campaign.figures import count, duration, plural, printable
from capnsafe_fuzz.campaign.finding import Finding
from capnsafe_fuzz.campaign.findings import slug
from capnsafe_fuzz.campaign.live import LiveView, sparkline, status_line
from capnsafe_fuzz.campaign.outcomes import Unsettling
from capnsafe_fuzz.campaign.progress import Progress
from capnsafe_fuzz.campaign.report import (
    Terminal,
    TerminalReporter,
    describe,
    print_matrix,
    print_summary,
)
from capnsafe_fuzz.oracles import Violation
from capnsafe_fuzz.scenario import Operation, Scenario, Verb
from capnsafe_fuzz.targets import find_target
from rich.console import Console

CONFIG = CampaignConfig(runs=1000, seed=4, engine="random", encoder="planted:x")
FINDING = Finding(
    "builder",
    "planted:x",
    Violation("P2", "all_or_nothing", 1, "set text", "it holds \x1b[31m\0", "P2 set text"),
    Scenario(operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "a"))),
    {},
)


def _console() -> Console:
    return Console(file=io.StringIO(), width=200)


def _text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_numbers_are_readable() -> None:
    assert [duration(s) for s in (0, 61.9, 3723)] == ["0:00", "1:01", "1:02:03"]
    assert count(1234567) == "1 234 567"
    assert plural(1, "finding") == "1 finding"
    assert plural(0, "finding") == "0 findings"
    assert printable("a\nb\x1b[0mé") == "a\\nb\\x1b[0mé"


def test_the_line_says_everything_about_the_moment() -> None:
    progress = Progress(500, 10.0, 50.0, 321, 77, 12, 34, 1, "shrinking P2")
    line = status_line(CONFIG, progress)
    assert line == (
        "1 finding  500 executions  50/s  coverage 321  corpus 77  12 situations  34 faults  "
        "0:10 (0:10 left)  shrinking P2"
    )


def test_a_curve_shows_the_last_value_of_each_stretch_of_time() -> None:
    assert sparkline([], 5) == ""
    assert sparkline([(0, 0), (10, 70)], 0) == ""
    assert sparkline([(0, 0), (2, 10), (4, 20), (9, 70)], 5) == "▁▂▃▃█"
    assert sparkline([(0, 5), (1, 7), (1, 0)], 2) == "█▁"
    assert sparkline([(0, 0)], 3) == "▁"


@pytest.mark.parametrize("width", [30, 80, 200])
def test_the_view_fits_and_says_what_was_new_last(width: int) -> None:
    view = LiveView(CONFIG)
    console = Console(file=io.StringIO(), width=width)
    console.print(view)
    assert _text(console) == ""
    first = ("set text", "-", "done")
    for step in range(3000):
        newest = first if step < 2000 else ("set text", "move one", "raised")
        view.update(Progress(step * 10, step / 10, 100.0, step, 77, step, 34, 0, "", newest))
    view.found("P2 set text")
    view.update(Progress(40_000, 400.0, 100.0, 3000, 77, 3000, 34, 1, "shrinking P2", newest))
    console.print(view)
    lines = _text(console).splitlines()
    assert max(map(len, lines)) <= width
    if width < 80:
        return
    assert lines[0].startswith("builder by random on planted:x, 1 job, 6:40")
    cells = [line.split() for line in lines[1:6]]
    assert cells[0][:3] == ["executions", "40", "000"]
    assert cells[1][:3] == ["coverage", "3", "000"]
    assert cells[1][3].startswith("▁")
    assert cells[1][3].endswith("█")
    assert lines[5].split() == ["findings", "1", "1:40", "ago:", "P2", "set", "text"]
    assert lines[6] == "new 3:20 ago: set text × move one × raised"
    assert lines[7] == "shrinking P2"


def test_without_a_terminal_the_line_is_printed_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = _console()
    terminal = Terminal(console)
    terminal.show("too early")
    monkeypatch.setattr(report, "PLAIN_SECONDS", 0.0)
    terminal.show("later")
    terminal.close()
    assert _text(console) == "later\n"


def test_a_finding_comes_with_what_to_type() -> None:
    console = _console()
    reporter = TerminalReporter(console, CONFIG)
    reporter.finding(FINDING, Path("findings/builder/x y"), fresh=True)
    reporter.close()
    lines = _text(console).splitlines()
    assert "P2 broken: P2 set text" in lines
    assert '  operation 1: set h0.text "a"' in lines
    assert "  it holds \\x1b[31m\\x00" in lines
    assert "  kept: findings/builder/x y (2 operations, 0 faults)" in lines
    assert "  capnsafe repro 'findings/builder/x y'" in lines
    assert "  capnsafe shrink 'findings/builder/x y'" in lines


def test_an_operation_that_a_dead_process_could_not_name_has_words() -> None:
    console = _console()
    crash = replace(FINDING.violation, operation=2, verb="")
    finding = replace(FINDING, violation=crash)
    TerminalReporter(console, CONFIG).finding(finding, Path("x"), fresh=True)
    assert "  operation 2: start, output or close (added to every program)\n" in _text(console)
    told = describe(crash, find_target("builder"), FINDING.scenario)
    assert told[0] == "P2 broken in operation 2 (start, output or close)"


def test_the_summary_says_what_was_done_and_what_to_type_next() -> None:
    result = CampaignResult(CONFIG, executions=1000, seconds=2.0, coverage=5)
    result.situations = {
        ("set text", "-", "done"): 1,
        ("set data", "-", "done"): 2,
        ("set text", "refuse OSError", "refused"): 3,
        ("init struct", "move one", "raised"): 4,
    }
    result.unsettled = [
        Unsettled(
            Unsettling.FLAKY, "P9 close was seen and not confirmed", "P9 close", Path("x"), 2
        ),
        Unsettled(Unsettling.SEEDS, "1 of 9 seeds did not run"),
    ]
    result.not_counted = {"P1 root": "known"}
    result.findings = {
        f"{FINDING.group} {n}": Kept(FINDING, Path(f"findings/builder/{n}"), True) for n in range(5)
    }
    console = _console()
    print_summary(console, result)
    text = _text(console)
    assert "by outcome: d done, r raised, e refused" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["set", "2", "d", "-", "1", "e"] in rows
    assert ["init", "-", "1", "r", "-"] in rows
    assert "ran 1 000 executions of planted:x in 0:02 (500/s)" in text
    assert "unsettled: P9 close was seen and not confirmed (2 times); kept: x\n" in text
    assert "unsettled: 1 of 9 seeds did not run\n" in text
    assert "not counted (known): P1 root" in text
    assert "5 findings" in text
    assert "capnsafe repro findings/builder/2\n" in text
    assert "capnsafe repro findings/builder/3\n" not in text
    assert "all of them: capnsafe repro findings/builder\n" in text
    again = "again: capnsafe fuzz builder --engine random --seed 4 --runs 1000 --encoder planted:x"
    assert again in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "no promise was broken\n"),
        ({"interrupted": True}, "no promise was broken so far\n"),
        ({"unsettled": ["a"]}, "not clean: 1 thing is unsettled\n"),
        ({"unsettled": ["a", "b"]}, "not clean: 2 things are unsettled\n"),
        (
            {"unsettled": ["a"], "config": replace(CONFIG, allow_flaky=True)},
            "1 thing is unsettled, and allowed by --allow-flaky\n",
        ),
    ],
)
def test_a_campaign_without_findings_says_whether_it_is_clean(
    changes: dict[str, Any], said: str
) -> None:
    unsettled = [Unsettled(Unsettling.FLAKY, one) for one in changes.pop("unsettled", [])]
    result = CampaignResult(CONFIG, executions=1000, unsettled=unsettled)
    for name, value in changes.items():
        setattr(result, name, value)
    console = _console()
    print_summary(console, result)
    assert said in _text(console)


@pytest.mark.parametrize(
    ("group", "encoder", "start"),
    [
        ("P2 set text", "capnsafe", "P2-set-text-"),
        ("P2 set text", "planted:x", "planted-x-P2-set-text-"),
        ("../../etc", "capnsafe", "etc-"),
        ("é/\0", "capnsafe", "-"),
        ("x" * 500, "capnsafe", "x" * 72 + "-"),
    ],
)
def test_a_slug_is_one_plain_name(group: str, encoder: str, start: str) -> None:
    name = slug(group, encoder)
    assert name.startswith(start)
    assert name.isascii()
    assert "/" not in name
    assert len(name) <= 79


def test_slugs_differ_where_groups_do() -> None:
    assert len({slug(g, "capnsafe") for g in ("P1 a b", "P1 a-b", "P1 a/b")}) == 3


SITUATIONS = [
    (f"{verb} text", "-" if family == "-" else f"{family} kind", outcome)
    for verb in ("set", "get")
    for family in ("-", *FAMILIES)
    for outcome in ("done", "refused")
]


def test_the_matrix_tells_outcomes_where_there_is_room() -> None:
    console = _console()
    print_matrix(console, SITUATIONS)
    text = _text(console)
    assert text.startswith("situations reached, by outcome: d done, r refused\n")
    assert text.count("operation") == 1
    assert text.count("2 dr") == 2 * (1 + len(FAMILIES))


@pytest.mark.parametrize("width", [30, 40, 80])
def test_no_word_of_the_matrix_is_cut_where_the_terminal_is_narrow(width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    print_matrix(console, SITUATIONS)
    heading, *lines = _text(console).rstrip().split("\n")
    assert heading
    assert all(len(line) <= width for line in lines)
    words = " ".join(lines).replace("no fault", "-").split()
    assert {"set", "get", *FAMILIES} <= set(words)
    assert words.count("2") == 2 * (1 + len(FAMILIES))
