"""A campaign is clean only if everything asked for was done and everything seen was settled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.campaign import parent, triage
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult
from capnsafe_fuzz.campaign.failures import EnvironmentFailedError
from capnsafe_fuzz.campaign.finding import read_verdict
from capnsafe_fuzz.campaign.judge import Judges
from capnsafe_fuzz.campaign.outcomes import Unsettling
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.replay import find_scenarios
from capnsafe_fuzz.campaign.report import again
from capnsafe_fuzz.engines import engines
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, print_scenario
from capnsafe_fuzz.targets import Sequence, find_target

pytestmark = pytest.mark.process

ROOT = Operation(Verb.ROOT)
TEXT = Scenario(operations=(ROOT, Operation(Verb.SET, 0, "text", "a text")))
LIST = Scenario(operations=(ROOT, Operation(Verb.INIT, 0, "u16s", 9)))
#: What an output of zeros breaks.
ZEROS = "P11 output framing"


@pytest.fixture
def config(config: CampaignConfig) -> CampaignConfig:
    """Seeds at which encoders misbehave."""
    add_seed(config, "text", TEXT)
    add_seed(config, "list", LIST)
    return replace(config, runs=40)


def add_seed(config: CampaignConfig, name: str, scenario: Scenario) -> None:
    assert config.corpus is not None
    path = config.corpus / "builder" / "seeds" / f"{name}.scenario"
    path.write_text(print_scenario(scenario))


def begin_with_numbers(config: CampaignConfig) -> None:
    """Make the first 20 executions programs without faults."""
    assert config.corpus is not None
    for path in (config.corpus / "builder" / "seeds").glob("*"):
        path.unlink()
    for number in range(20):
        number_set = (ROOT, Operation(Verb.SET, 0, "u32", number))
        add_seed(config, f"a{number:02}", Scenario(operations=number_set))


def run(config: CampaignConfig, encoder: str, **changes: Any) -> CampaignResult:
    return run_campaign(replace(config, encoder=f"stateful_encoders:{encoder}", **changes))


def kinds(result: CampaignResult) -> list[Unsettling]:
    return [one.kind for one in result.unsettled]


# Sequences


def test_state_of_an_encoder_is_found_as_the_shortest_sequence(config: CampaignConfig) -> None:
    result = run(config, "WrongFromTheTenth")
    assert result.exit_code == 1
    assert result.unsettled == []
    kept = result.findings[ZEROS]
    sequence = kept.finding.scenario
    assert isinstance(sequence, Sequence)
    assert len(sequence.inputs) == 10
    assert set(sequence.inputs) == {find_target("builder").decode(b"")}
    assert kept.finding.target == "builder-sequence"
    (found,) = find_scenarios(kept.path)
    assert found.scenario == sequence
    with Judges(timeout=10, memory_limit=None) as judges:
        judge = judges.of(found.target)
        assert ZEROS in judge.ask(found.encoder, found.scenario).groups
        assert judge.ask("capnsafe", found.scenario).groups == frozenset()
        shorter = replace(sequence, inputs=sequence.inputs[1:])
        assert judge.ask(found.encoder, shorter).groups == frozenset()


def test_a_sequence_has_the_messages_that_matter(config: CampaignConfig) -> None:
    """Three campaigns' worth of messages lie between the two, and none of them stays."""
    result = run(config, "WrongAfterAText")
    assert result.exit_code == 1
    sequence = result.findings[ZEROS].finding.scenario
    assert [len(one.operations) for one in sequence.inputs] == [2, 2]
    first, last = (one.operations[1] for one in sequence.inputs)
    assert (first.verb, last.verb) == (Verb.SET, Verb.INIT)


@pytest.mark.parametrize(
    ("encoder", "group", "length"),
    [("EndsEachThird", "crash SIGSEGV", 3), ("HangsFromTheFourth", "timeout", 4)],
)
def test_what_ends_a_process_only_later_is_a_sequence(
    config: CampaignConfig, monkeypatch: pytest.MonkeyPatch, encoder: str, group: str, length: int
) -> None:
    monkeypatch.setattr(parent, "MOST_DEATHS", 2)
    monkeypatch.setattr(triage, "MOST_TIMEOUTS", 3)
    result = run(config, encoder, timeout=0.5)
    assert result.exit_code == 1
    assert set(result.findings) == {group}
    assert len(result.findings[group].finding.scenario.inputs) <= length + 1


@pytest.mark.parametrize("encoder", ["WrongFromTheTenth", "LeavesAtTheTenth"])
def test_the_program_of_a_sequence_fails_on_its_encoder_alone(tmp_path: Path, encoder: str) -> None:
    target = find_target("builder-sequence")
    sequence = Sequence((find_target("builder").decode(b""),) * 10)
    with Judges(timeout=10, memory_limit=None) as judges:
        program = judges.of(target.name).program(f"stateful_encoders:{encoder}", sequence)
    assert program.trouble == ""
    text = program.text
    codes = []
    for name in (f"stateful_encoders:{encoder}", "capnsafe"):
        path = tmp_path / "program.py"
        path.write_text(text.replace(f"stateful_encoders:{encoder}", name))
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
        done = subprocess.run(
            [sys.executable, path], check=False, env=environment, capture_output=True
        )
        codes.append(done.returncode)
    assert codes == [1, 0]


# Unsettled


def test_what_fires_once_and_not_again_is_unsettled(config: CampaignConfig) -> None:
    result = run(config, "WrongOnce")
    assert result.exit_code == 5
    assert result.findings == {}
    assert set(kinds(result)) == {Unsettling.FLAKY}
    assert not result.reproducible
    for one in result.unsettled:
        assert one.path is not None
        assert one.path.is_relative_to(config.findings / "unsettled")
        verdict = read_verdict(one.path)
        assert verdict is not None
        assert verdict["group"] == one.group
        assert verdict["found"]["unsettled"] == "flaky"
        # The inputs before it, and it.
        (before,) = find_scenarios(one.path / "sequence.scenario")
        assert (before.target, before.encoder) == (
            "builder-sequence",
            "stateful_encoders:WrongOnce",
        )
        assert len(before.scenario.inputs) > 1
    told = json.loads(json.dumps(result.to_json()))
    assert [one["kind"] for one in told["unsettled"]] == ["flaky"] * len(result.unsettled)
    assert told["exit_code"] == 5
    result.config = replace(result.config, allow_flaky=True)
    assert result.exit_code == 0


def test_what_is_not_confirmed_mutes_nothing(config: CampaignConfig) -> None:
    """The first reports of a group are noise; then a mistake of the same group shows."""
    begin_with_numbers(config)
    add_seed(config, "text", TEXT)
    result = run(config, "WrongOftenAndAtTexts", runs=24)
    assert result.unconfirmed[ZEROS] >= 5
    assert set(result.findings) == {ZEROS}
    assert isinstance(result.findings[ZEROS].finding.scenario, Scenario)


def test_a_group_whose_judgements_hang_is_judged_no_more(config: CampaignConfig) -> None:
    result = run(replace(config, runs=100), "HangingWhereJudged", timeout=0.5)
    assert result.exit_code == 1
    assert set(result.findings) == {"timeout"}
    (unsettled,) = (one for one in result.unsettled if one.group == ZEROS)
    assert unsettled.path is not None
    assert unsettled.sentence == (
        f"{ZEROS} was seen and not confirmed: 6 judgements of it were not done in time"
    )
    # Those to keep the timeout are among them.
    assert result.judged < 30


def test_the_last_report_of_a_group_is_considered_at_the_end(config: CampaignConfig) -> None:
    """The third report is not the first, second or fourth, for which a sequence is searched."""
    begin_with_numbers(config)
    result = run(config, "NoiseThenState", runs=9)
    assert result.unconfirmed[ZEROS] == 3
    assert isinstance(result.findings[ZEROS].finding.scenario, Sequence)
    assert all(one.group != ZEROS for one in result.unsettled)


def test_a_finding_does_not_settle_what_was_seen_beside_it(config: CampaignConfig) -> None:
    result = run(config, "FlakyWhereItRaises")
    assert result.findings
    assert all("ZeroDivisionError" in group for group in result.findings)
    assert [(one.kind, one.group) for one in result.unsettled] == [(Unsettling.FLAKY, ZEROS)]


def test_what_stops_to_fire_while_it_is_shrunk_does_not_end_the_search(
    config: CampaignConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTED_IN", str(tmp_path / "counted"))
    result = run(config, "SometimesWrong")
    assert result.exit_code == 5
    assert result.executions == 40
    assert set(kinds(result)) == {Unsettling.FLAKY}


def test_a_worker_that_dies_for_no_known_reason_is_unsettled(config: CampaignConfig) -> None:
    result = run(config, "EndsOnce", runs=60)
    assert (result.exit_code, result.executions, result.worker_deaths) == (5, 60, 1)
    assert kinds(result) == [Unsettling.DEATH]
    assert result.unsettled[0].path is not None


def test_an_input_that_no_judge_survives_is_kept(config: CampaignConfig) -> None:
    with pytest.raises(EnvironmentFailedError, match="keeps dying") as failed:
        run(config, "EndsTheJudge")
    (kept,) = config.findings.glob("judge-died-*.scenario")
    assert str(kept) in str(failed.value)
    (found,) = find_scenarios(kept)
    assert found.encoder == "stateful_encoders:EndsTheJudge"
    assert Verb.SET in {operation.verb for operation in found.scenario.operations}


def test_a_worker_that_fails_after_its_last_execution_is_unsettled(config: CampaignConfig) -> None:
    result = run(config, "EndsAtExit")
    assert (result.exit_code, result.executions, result.worker_deaths) == (5, 40, 1)
    assert kinds(result) == [Unsettling.DEATH]
    assert "SIGSEGV after its last execution" in str(result.unsettled[0])


def test_executions_that_were_not_made_are_unsettled(
    config: CampaignConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent, "MOST_DEATHS", 2)
    result = run(config, "EndsAlways", runs=1000)
    assert result.exit_code == 5
    assert set(kinds(result)) == {Unsettling.DEATH, Unsettling.EXECUTIONS, Unsettling.SEEDS}
    said = [str(one) for one in result.unsettled]
    assert "the campaign ended after 2 of 1 000 executions: 2 workers died" in said


def test_seeds_that_did_not_run_are_unsettled(config: CampaignConfig) -> None:
    result = run(config, "Slow", runs=None, seconds=1.0)
    assert result.exit_code == 5
    assert kinds(result) == [Unsettling.SEEDS]
    assert result.seeds_left in (1, 2)
    assert str(result.unsettled[0]) == f"{result.seeds_left} of 3 seeds did not run"


@pytest.mark.parametrize(
    "engine",
    [
        "random",
        pytest.param(
            "atheris",
            marks=pytest.mark.skipif(
                engines()["atheris"].missing() is not None, reason="Atheris is not installed"
            ),
        ),
    ],
)
def test_seeds_run_wherever_they_lie_and_however_long_they_are(
    config: CampaignConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    operations = (ROOT, *(Operation(Verb.SET, 0, "text", "a" * 200) for _ in range(40)))
    add_seed(config, "long", Scenario(operations=operations))
    odd = tmp_path / "with, comma and\nline"
    odd.mkdir()
    monkeypatch.setenv("TMPDIR", str(odd))
    monkeypatch.setattr("tempfile.tempdir", None)
    result = run_campaign(replace(config, engine=engine))
    assert (result.exit_code, result.seeds_left) == (0, 0)


def test_fewer_executions_than_seeds_are_no_more_than_was_asked_for(
    config: CampaignConfig,
) -> None:
    result = run_campaign(replace(config, runs=1))
    assert (result.exit_code, result.seeds_left) == (0, 2)


MODULE = """
import os
from pathlib import Path
from typing import Any
from stateful_encoders import WrongOnce

class Changing(WrongOnce):
    def __init__(self):
        super().__init__()
        self.name = "changing_encoder:Changing"
    def begin(self):
        if self.sessions == 3 and CHANGES:
            with open(__file__, "a") as file:
                file.write("# changed\\n")
"""


@pytest.mark.parametrize("changes", [True, False])
def test_a_judge_of_other_code_is_unsettled(
    config: CampaignConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    (tmp_path / "changing_encoder.py").write_text(MODULE.replace("CHANGES", str(changes)))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "changing_encoder", raising=False)
    result = run_campaign(replace(config, encoder="changing_encoder:Changing"))
    assert (Unsettling.CODE in kinds(result)) == changes
    if changes:
        (said,) = [str(one) for one in result.unsettled if one.kind is Unsettling.CODE]
        assert said == "changing_encoder: the code changed while it was tested"


# Again


def test_a_campaign_that_grew_its_corpus_is_not_the_same_again(
    config: CampaignConfig, tmp_path: Path
) -> None:
    config = replace(config, cache=tmp_path / "cache")
    first = run_campaign(config)
    assert first.kept_inputs
    assert not first.reproducible
    assert f"it added inputs to {tmp_path / 'cache'}" in str(first.not_reproducible)
    last = first
    for _ in range(10):
        last = run_campaign(config)
        if not last.kept_inputs:
            break
    assert last.reproducible == (last.kept_inputs == 0)


def test_again_names_everything_that_a_campaign_depends_on(tmp_path: Path) -> None:
    config = CampaignConfig(
        engine="random",
        runs=5,
        findings=tmp_path,
        known_file=Path("known"),
        allow_flaky=True,
    )
    assert again(config) == (
        "capnsafe fuzz builder --engine random --seed 1 --runs 5 "
        f"--findings {tmp_path} --known known --allow-flaky"
    )
