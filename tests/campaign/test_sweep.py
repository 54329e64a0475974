"""A sweep in processes: exact counts, the same with any number of jobs, and gone on with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from capnsafe_allocators import Fault, When
from capnsafe_fuzz.campaign.config import CampaignConfig, StopRequest
from capnsafe_fuzz.campaign.exit_codes import CLEAN, FINDINGS, INTERRUPTED, UNSETTLED, USAGE
from capnsafe_fuzz.campaign.finding import Finding
from capnsafe_fuzz.campaign.judge import Judge
from capnsafe_fuzz.campaign.outcomes import Unsettling
from capnsafe_fuzz.campaign.sweep import MOST_DEATHS, SLICE, run_sweep
from capnsafe_fuzz.campaign.sweep_config import SweepConfig, SweepProgress, SweepResult
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.engines.sweep import sweep
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, print_scenario

pytestmark = pytest.mark.process

ROOT = Scenario(operations=(Operation(Verb.ROOT),))
SMALLER = Scenario(operations=(Operation(Verb.OUTPUT),))
#: A promise breaks in it if a view is held while memory is granted.
BUG = "planted:view_held_while_granting"


class Heard:
    """A reporter that may ask for the end once something was done."""

    def __init__(self, stop: StopRequest | None = None) -> None:
        self.plans: list[tuple[int, int]] = []
        self.most = 0
        self._stop = stop

    def planned(self, result: SweepResult) -> None:
        self.plans.append((result.programs, result.planned))

    def swept(self, progress: SweepProgress) -> None:
        self.most = max(self.most, progress.executions)
        # The first slice is merged then, and the last one is not.
        if self._stop is not None and SLICE < progress.executions < progress.planned:
            self._stop()

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        pass

    def note(self, sentence: str) -> None:
        pass


def config_of(folder: Path, encoder: str = "capnsafe", *programs: Scenario) -> SweepConfig:
    findings = folder / "findings"
    campaign = CampaignConfig(encoder=encoder, engine="sweep", findings=findings, shrinking=False)
    return SweepConfig(campaign=campaign, programs=programs or (ROOT,))


def states(config: SweepConfig) -> list[Path]:
    return list(config.campaign.findings.glob(".sweep-*"))


def told(result: SweepResult) -> object:
    """The results of a sweep that must depend on the swept programs only."""
    campaign = result.campaign
    findings = {group: kept.finding.scenario for group, kept in campaign.findings.items()}
    return (
        campaign.executions, campaign.faults_fired, result.idle, result.breaches, findings,
        campaign.situations.keys(), result.impossible, result.left_out, campaign.not_counted,
    )  # fmt: skip


def test_it_does_what_is_done_in_one_process(tmp_path: Path) -> None:
    heard = Heard()
    faulty = replace(ROOT, faults=(Fault("refuse", "OSError", When.ALLOCATE, 1),))
    result = run_sweep(config_of(tmp_path, "capnsafe", ROOT, faulty), heard)
    alone = sweep(ROOT)
    assert heard.plans == [(1, alone.tried)]
    campaign = result.campaign
    assert (campaign.executions, campaign.faults_fired) == (alone.tried, alone.acted)
    assert result.idle == alone.tried - alone.acted
    assert campaign.situations.keys() == alone.situations
    assert (result.impossible, result.left_out) == (alone.impossible, alone.left_out)
    assert result.complete
    assert result.exit_code == CLEAN
    assert not states(config_of(tmp_path))


def test_jobs_and_interruptions_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More slices than are asked for at once: the sweep can be interrupted while one is awaited.
    monkeypatch.setattr("capnsafe_fuzz.campaign.sweep.SLICE", 32)
    once = run_sweep(config_of(tmp_path / "once", BUG), Heard())
    assert once.exit_code == FINDINGS
    assert once.complete
    assert once.breaches > len(once.campaign.findings) > 0

    config = replace(config_of(tmp_path / "twice", BUG), jobs=2)
    stop = StopRequest()
    first = run_sweep(config, Heard(stop), stop)
    assert first.campaign.interrupted
    assert not first.complete
    assert len(states(config)) == 1
    heard = Heard()
    second = run_sweep(replace(config, resume=True), heard)
    assert 0 < second.resumed < second.planned == once.planned
    assert second.complete
    assert told(second) == told(once)
    assert states(config) == []


def test_another_sweep_does_not_go_on_with_it(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    stop = StopRequest()
    first = run_sweep(config, Heard(stop), stop)
    assert first.exit_code == INTERRUPTED
    (state,) = states(config)
    other = config_of(tmp_path, "capnsafe", SMALLER)
    assert run_sweep(replace(other, resume=True), Heard()).resumed == 0
    assert states(config) == [state]


def test_what_ends_its_process_is_a_finding_and_all_else_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    result = run_sweep(config_of(tmp_path, "fragile_encoders:Fragile"), Heard())
    assert result.campaign.findings.keys() == {"crash SIGSEGV"}
    assert 0 < result.campaign.worker_deaths < MOST_DEATHS
    assert result.complete
    kept = result.campaign.findings["crash SIGSEGV"].finding.scenario
    assert [fault.kind for fault in kept.faults] == ["StopIteration"]


def test_what_was_not_done_is_unsettled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setattr("capnsafe_fuzz.campaign.sweep.MOST_DEATHS", 1)
    config = config_of(tmp_path, "fragile_encoders:Fragile")
    known = replace(config.campaign, known=frozenset({"crash SIGSEGV"}))
    result = run_sweep(replace(config, campaign=known), Heard())
    assert not result.complete
    assert [one.kind for one in result.campaign.unsettled] == [Unsettling.EXECUTIONS]
    assert result.exit_code == UNSETTLED


def test_it_ends_after_so_many_executions(tmp_path: Path) -> None:
    config = replace(config_of(tmp_path), runs=1)
    result = run_sweep(config, Heard())
    assert 0 < result.campaign.executions < result.planned
    assert [one.kind for one in result.campaign.unsettled] == [Unsettling.EXECUTIONS]
    assert len(states(config)) == 1


def test_a_program_that_needs_no_fault_to_crash(tmp_path: Path) -> None:
    long = Operation(Verb.SET, 0, "text", "long enough for it to crash, even without a fault")
    crashing = replace(ROOT, operations=(*ROOT.operations, long))
    config = config_of(tmp_path, "bad_encoders:segfaulting", crashing)
    result = run_sweep(config, Heard())
    assert result.planned == result.campaign.executions == 1
    assert result.campaign.findings.keys() == {"crash SIGSEGV"}


@pytest.mark.parametrize("programs", [(ROOT,), (ROOT, SMALLER)], ids=["alone", "together"])
def test_what_ends_its_process_only_while_it_is_counted_is_unsettled(
    programs: tuple[Scenario, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setenv("COUNTED_IN", str(tmp_path / "ended"))
    config = config_of(tmp_path, "stateful_encoders:EndsTheFirst", *programs)
    result = run_sweep(replace(config, runs=1), Heard())
    death = next(one for one in result.campaign.unsettled if one.kind is Unsettling.DEATH)
    assert death.group == "crash SIGKILL"
    assert death.path is not None
    assert death.path.is_dir()
    assert result.exit_code == UNSETTLED


class StopsUnsettled(Heard):
    """A reporter that asks for the end when something is unsettled."""

    def note(self, sentence: str) -> None:
        if sentence.startswith("unsettled"):
            assert self._stop is not None
            self._stop()


def test_a_sweep_that_goes_on_remembers_what_was_unsettled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setenv("COUNTED_IN", str(tmp_path / "ended"))
    config = config_of(tmp_path, "stateful_encoders:EndsTheFirst", ROOT, SMALLER)
    stop = StopRequest()
    first = run_sweep(config, StopsUnsettled(stop), stop)
    assert first.exit_code == INTERRUPTED
    assert first.resumed == first.campaign.executions == 0
    second = run_sweep(replace(config, resume=True, runs=1), Heard())
    assert Unsettling.DEATH in [one.kind for one in second.campaign.unsettled]
    assert second.exit_code == UNSETTLED


def test_what_never_ends_after_others_is_a_sequence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    # One execution in ten hangs, and each that does takes the whole timeout.
    monkeypatch.setattr("capnsafe_fuzz.campaign.sweep.SLICE", 16)
    monkeypatch.setattr("capnsafe_fuzz.campaign.triage.MOST_TIMEOUTS", 2)
    config = config_of(tmp_path, "stateful_encoders:HangsAtTheTenth")
    campaign = replace(config.campaign, timeout=1.0, max_findings=1)
    result = run_sweep(replace(config, campaign=campaign), Heard())
    (kept,) = result.campaign.findings.values()
    assert (kept.finding.target, kept.finding.group) == ("builder-sequence", "timeout")
    assert len(kept.finding.scenario.inputs) == 10
    assert result.campaign.timed_out


def test_what_hangs_takes_its_own_time_and_not_that_of_its_slice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    seconds, encoder = 1.0, "stateful_encoders:HangsAtTheTenth"
    with Judge("builder", timeout=seconds, memory_limit=None) as judge:
        (trace,) = judge.traces(encoder, [ROOT])
        assert trace is not None
        slice_ = {"trace": trace, "scope": "singles", "everything": False, "indices": (0, 100, 1)}
        reply = judge.sweep(encoder, ROOT, slice_, 1000)
    assert reply["hung"]
    assert reply["at"] == 9
    assert seconds < reply["seconds"] < 20 * seconds
    assert "stateful_encoders.py" in reply["stderr"]


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, object]]:
    report = folder / "report.json"
    with pytest.raises(SystemExit) as ended:
        main(["sweep", *arguments, "--findings", str(folder / "findings"), "--json", str(report)])
    assert isinstance(ended.value.code, int)
    (campaign,) = json.loads(report.read_text())["campaigns"]
    return ended.value.code, campaign


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "root.scenario"
    program.write_text(print_scenario(ROOT))
    code, found = run(
        tmp_path, str(program), "--encoder", BUG, "-x", "--allow-flaky", "--runs", "4000"
    )
    assert code == FINDINGS
    assert len(found["findings"]) == 1  # type: ignore[arg-type]
    counts = found["sweep"]
    assert isinstance(counts, dict)
    executions = found["executions"]
    assert isinstance(executions, int)
    assert counts["planned"] > executions > 0
    said = capsys.readouterr().out
    assert f"capnsafe sweep --encoder {BUG} --max-findings 1" in said
    *_, last = said.splitlines()
    assert last.endswith("--resume")
    assert "--runs" not in last


@pytest.mark.parametrize(
    "arguments", [["--jobs", "none"], ["--small-scope", "."], ["no-such-file"]]
)
def test_a_wrong_request_is_refused(arguments: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sweep", *arguments, "--findings", str(tmp_path)])
    assert ended.value.code == USAGE
