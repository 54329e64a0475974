"""Programs that are printed as proof: each is run before it is handed out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.finding import Finding
from capnsafe_fuzz.campaign.findings import FindingStore
from capnsafe_fuzz.campaign.judge import Judge
from capnsafe_fuzz.campaign.printed import on_the_right_encoder
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.planted import BUGS, read_bug, witness_text
from capnsafe_fuzz.ownership import SHARED_MEMORY
from capnsafe_fuzz.scenario import parse_scenario
from capnsafe_fuzz.targets import find_target

TEXT = """\
capnsafe scenario 1
memory heap segment_words=64
limit max_segment_words=536870911
h0 = root
set h0.text "abc"
"""


@pytest.fixture
def judge() -> Iterator[Judge]:
    with Judge("builder", timeout=20.0, memory_limit=None) as judge:
        yield judge


@pytest.fixture
def impatient() -> Iterator[Judge]:
    with Judge("builder", timeout=1.0, memory_limit=None) as judge:
        yield judge


@pytest.mark.process
def test_what_never_ends_while_it_is_printed_is_told_so(impatient: Judge) -> None:
    printed = impatient.program("bad_encoders:endless_script", parse_scenario(TEXT))
    assert "bad_encoders:endless_script prints no program: " in printed.trouble


@pytest.mark.process
@pytest.mark.parametrize(
    ("encoder", "trouble"),
    [
        ("raising", "it passes on bad_encoders:raising"),
        ("misprinting", "it ends with ModuleNotFoundError"),
        ("exiting_script", "bad_encoders:exiting_script prints no program: SystemExit"),
        ("crashing_script", "bad_encoders:crashing_script prints no program: "),
        ("failing_script", ""),
        ("leaving_program", "it passes on bad_encoders:leaving_program"),
        ("garbled_program", "it ends with SyntaxError"),
    ],
)
def test_a_program_that_shows_nothing_says_so(
    judge: Judge, tmp_path: Path, encoder: str, trouble: str
) -> None:
    scenario, name = parse_scenario(TEXT), f"bad_encoders:{encoder}"
    (violation, *_) = judge.ask(name, scenario).violations
    printed = judge.program(name, scenario)
    assert printed.trouble.startswith(trouble)
    assert bool(printed.trouble) is bool(trouble)
    said = "# This program does not show it: " in printed.text.partition("\n")[0]
    assert said is bool(trouble)
    store = FindingStore(tmp_path, "builder", name)
    path = store.keep(Finding("builder", name, violation, scenario, {}), printed)
    verdict = json.loads((path / "verdict.json").read_text("utf-8"))
    assert verdict["program"] == {"shows": not trouble, "trouble": printed.trouble}
    kept = (path / "program.py").read_bytes()
    assert kept == printed.text.encode(errors="backslashreplace")


@pytest.mark.process
def test_a_program_that_never_ends_says_so(impatient: Judge) -> None:
    printed = impatient.program("bad_encoders:endless_program", parse_scenario(TEXT))
    assert printed.trouble == "it takes too long"
    assert f"# This program does not show it: {printed.trouble}" in printed.text


@pytest.mark.process
@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="shared memory is no files here")
def test_a_program_that_is_killed_leaves_no_shared_memory(
    judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOCKS", str(tmp_path / "blocks"))
    assert not judge.program("bad_encoders:sharing_script", parse_scenario(TEXT)).trouble
    names = (tmp_path / "blocks").read_text().split()
    assert len(names) == 2
    assert [name for name in names if (SHARED_MEMORY / name).exists()] == []


@pytest.mark.process
def test_a_program_about_a_planted_bug_passes_on_the_right_encoder(judge: Judge) -> None:
    bug = "zero_before_allocate"
    scenario = parse_scenario(witness_text(bug))
    assert not judge.program(f"planted:{bug}", scenario).trouble
    assert not judge.program("capnsafe", scenario, about=False).trouble


def _passes(program: str) -> bool:
    try:
        exec(compile(program, "<program>", "exec"), {"__name__": "program"})
    except (Exception, SystemExit):
        return False
    return True


@pytest.mark.parametrize("bug", [name for name in BUGS if read_bug(BUGS[name]).target != "builder"])
def test_programs_of_every_target_fail_on_the_bug_alone(bug: str) -> None:
    target = find_target(read_bug(BUGS[bug]).target)
    program = target.script(target.parse(witness_text(bug)), find_encoder(f"planted:{bug}"))
    assert not _passes(program)
    right = on_the_right_encoder(program, bug)
    assert right != program
    assert _passes(right)


def test_a_program_runs_over_the_memory_that_the_scenario_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory_of_a_program.py").write_text(
        "from capnsafe import HeapAllocator\nmade = []\n"
        "class Memory(HeapAllocator):\n"
        "    def __init__(self):\n        super().__init__(segment_words=64)\n"
        "        made.append(self)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    text = TEXT.replace("memory heap", "memory memory_of_a_program:Memory")
    program = find_target("builder").plain_script(parse_scenario(text), find_encoder("capnsafe"))
    assert _passes(f"{program}\nimport memory_of_a_program\nassert memory_of_a_program.made")
