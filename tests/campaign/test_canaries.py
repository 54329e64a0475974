"""The search for planted bugs, one by one: each is found, shrunk, and shown by its kept files."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.campaign import canaries
from capnsafe_fuzz.campaign.canaries import (
    MOST,
    Canary,
    CanaryConfig,
    bugs_for,
    exit_code,
    hunt_canaries,
)
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.campaign.config import StopRequest
from capnsafe_fuzz.campaign.failures import UsageError
from capnsafe_fuzz.campaign.finding import read_verdict
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.encoders.planted import BUGS, bugs_of, read_bug
from capnsafe_fuzz.ownership import processes_of

from tests.processes import hear_signals

#: Found after some hundred executions.
BUG = "dirty_memory_shows"
#: Found after more than ten thousand executions.
LONG_HUNTED = ("tag_believed", "canonical_list_cut_by_its_first")
LOADING = f"capnsafe = load_package({BUG!r})"


def hunt(names: tuple[str, ...], findings: Path, runs: int) -> list[Canary]:
    config = CanaryConfig(engine="random", names=names, runs=runs, jobs=2, findings=findings)
    heard: list[Canary] = []
    done = hunt_canaries(config, told=heard.append, stop=StopRequest())
    assert done == heard
    return done


def test_a_sweep_is_asked_for_the_bugs_that_faults_can_show() -> None:
    swept = bugs_for("sweep")
    assert {read_bug(BUGS[name]).target for name in swept} == {"builder", "values"}
    assert len(swept) == len(bugs_of("builder")) + len(bugs_of("values"))
    assert bugs_for("random") == tuple(BUGS)


@pytest.mark.process
def test_a_sweep_finds_and_shows_one(tmp_path: Path) -> None:
    config = CanaryConfig(
        engine="sweep", names=("allocator_error_escapes",), runs=256, findings=tmp_path
    )
    (canary,) = hunt_canaries(config, told=lambda canary: None, stop=StopRequest())
    assert canary.troubles == ()
    assert canary.group is not None
    assert canary.group.startswith("P1 ")


@pytest.mark.process
def test_what_is_found_is_small_and_shown(tmp_path: Path) -> None:
    findings = tmp_path / "findings"
    (canary,) = hunt((BUG,), findings, 1_000)
    assert canary.troubles == ()
    assert canary.group is not None
    # Which of the promises that it breaks a search meets first is luck.
    assert re.match("P(2|9) ", canary.group)
    assert 0 < canary.executions < 1_000
    needs = read_bug(BUGS[BUG]).needs
    assert canary.sizes.keys() == needs.keys()
    assert all(needs[noun] <= size <= MOST[noun] for noun, size in canary.sizes.items())
    assert str(canary).startswith(f"found    {BUG}, after ")
    assert exit_code([canary], StopRequest()) == 0

    # What was kept is looked at, and not only whether there is something.
    verdicts = {path: read_verdict(path) or {} for path in (findings / "builder").iterdir()}
    ((path, verdict),) = (pair for pair in verdicts.items() if pair[1].get("group") == canary.group)
    finding = verdict | {"path": str(path)}
    program = path / "program.py"
    text = program.read_text()

    def not_shown() -> str:
        typed = canaries._Typed(tmp_path, StopRequest())
        return "\n".join(canaries._not_shown(BUG, finding, typed))

    assert not_shown() == ""
    program.write_text(f"from capnsafe_fuzz.encoders.planted import load_package\n{LOADING}\n")
    assert re.fullmatch(r"\S+ does not show it: it ends with 0", not_shown())
    program.write_text(f"{text}\nraise OSError('always')\n")
    assert re.fullmatch(r"\S+ fails on capnsafe too: OSError: always", not_shown())
    program.write_text(text)
    (path / "finding.scenario").write_text(
        "capnsafe scenario 1\nmemory heap segment_words=64\nlimit max_segment_words=64\nh0 = root\n"
    )
    assert re.fullmatch(r"capnsafe repro \S+ ends with 0: no promise was broken", not_shown())


@pytest.mark.process
def test_what_is_missed_proves_that_the_harness_is_blind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--engine", "random", "--runs", "1", "--findings", str(tmp_path / "findings")]
    with pytest.raises(SystemExit) as ended:
        main(["canaries", BUG, *options])
    assert ended.value.code == 3
    said = capsys.readouterr().out
    assert said.startswith(f"missed   {BUG}, after 1 executions  ")
    assert f"planted:{BUG} was not found; the campaign said: again: capnsafe fuzz" in said
    assert "0 of 1 planted bug found and shown by random with seed 1" in said


@pytest.mark.process
def test_a_campaign_that_cannot_run_finds_nothing(tmp_path: Path) -> None:
    findings = tmp_path / "findings"
    findings.write_text("in the way")
    (canary,) = hunt((BUG,), findings, 10)
    assert canary.group is None
    assert "cannot be written" in canary.troubles[0]


def test_what_nobody_reads_is_a_trouble() -> None:
    """More than people read, unless the bug needs as much."""
    plain, double = BUG, "view_kept_after_error"
    assert read_bug(BUGS[double]).needs["faults"] == 2
    assert canaries._too_large(plain, dict(MOST)) == []
    faults, operations = canaries._too_large(plain, {"operations": 7, "faults": 2})
    assert re.search("2 faults.* 1 ", faults)
    assert re.search("7 operations.* 6 ", operations)
    assert canaries._too_large(double, {"operations": 2, "faults": 2}) == []
    assert canaries._too_large("segment_size_signed", {"bytes": 99, "pieces": 9}) == []


@pytest.mark.process
@pytest.mark.usefixtures("near_canary")
def test_a_search_goes_on_while_all_that_it_found_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    campaign = canaries._campaign

    def counted(name: str, config: CanaryConfig, typed: canaries._Typed, most: int) -> Any:
        asked.append(most)
        return campaign(name, config, typed, most)

    monkeypatch.setattr(canaries, "_campaign", counted)
    monkeypatch.setattr(canaries, "MOST_FINDINGS", 2)
    monkeypatch.setattr(canaries, "_too_large", lambda name, sizes: ["too large"])
    (canary,) = hunt((BUG,), tmp_path / "findings", 100)
    assert asked == [1, 2]
    assert canary.troubles == ("too large",)


@pytest.mark.process
def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canaries, "PROGRAM_SECONDS", 0.5)
    typed = canaries._Typed(tmp_path, StopRequest())
    assert typed.program("while True:\n    pass\n") is None


@pytest.mark.process
def test_a_hunt_that_is_interrupted_says_so(tmp_path: Path) -> None:
    config = CanaryConfig(engine="random", names=(BUG,), findings=tmp_path / "findings")
    stop = StopRequest(1)
    assert hunt_canaries(config, told=lambda canary: None, stop=stop) == []
    assert exit_code([], stop) == 130


@pytest.mark.process
def test_an_interrupted_command_says_how_far_it_came(tmp_path: Path) -> None:
    command = subprocess.Popen(
        [
            *(sys.executable, "-m", "capnsafe_fuzz", "canaries", *LONG_HUNTED, LONG_HUNTED[0]),
            *("--findings", str(tmp_path / "findings")),
        ],
        env=os.environ | {"PYTHONPATH": import_path()},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_signals,
    )
    # It listens to signals before it starts the first campaign.
    tasks = Path(f"/proc/{command.pid}/task")
    until = time.monotonic() + 60
    while not any(path.read_text() for path in tasks.glob("*/children")):
        assert time.monotonic() < until
        time.sleep(0.05)
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=600)
    assert said == "interrupted after 0 of 2 planted bugs\n"
    assert command.returncode == 130


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_the_campaigns_of_a_killed_command_end_with_it(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    def running() -> list[int]:
        return [one for folder in temporary.iterdir() for one in processes_of(folder)]

    command = subprocess.Popen(
        [
            *(sys.executable, "-m", "capnsafe_fuzz", "canaries", *LONG_HUNTED),
            *("--findings", str(tmp_path / "findings")),
        ],
        env=os.environ | {"PYTHONPATH": import_path(), "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    # The campaign, its worker and the supervisor of that.
    while len(running()) < 3:
        assert time.monotonic() < until
        time.sleep(0.05)
    command.kill()
    command.wait()
    until = time.monotonic() + 10
    while running() and time.monotonic() < until:
        time.sleep(0.05)
    assert running() == []


def test_a_bug_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no planted bug named 'nightingale'"):
        hunt(("nightingale",), tmp_path / "findings", 1)
