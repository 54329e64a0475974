"""From the report of a worker to the kept finding, which has one fault if one is enough."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult, Kept
from capnsafe_fuzz.campaign.finding import Finding, read_verdict
from capnsafe_fuzz.campaign.judge import Judges, JudgingCancelledError, fatal
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.replay import find_scenarios, replay, violation_of
from capnsafe_fuzz.campaign.state import restore_result, result_to_json
from capnsafe_fuzz.campaign.triage import Triage
from capnsafe_fuzz.encoders.planted import witness_text
from capnsafe_fuzz.guilt.guilty import Guilty
from capnsafe_fuzz.targets import Sequence, find_target, sequences_of

pytestmark = pytest.mark.process

HEAD = """capnsafe scenario 1
memory heap segment_words=1024
limit max_segment_words=536870911
"""
WRITTEN_WHERE_IT_WAS = """h0 = root
set h0.i64 0
set h0.u32 1
fault dirty filler allocate 1 once
fault move one after 1 once segment=0
"""
READ_IN_A_CALL = """h0 = root
h1 = init h0.u16s 0
fault re-enter read after 0 once
fault garble none after 0 once
"""


def found(config: CampaignConfig, bug: str, program: str) -> CampaignResult:
    """What becomes of a seed that shows a planted bug."""
    assert config.corpus is not None
    (config.corpus / "builder" / "seeds" / "planted.scenario").write_text(HEAD + program)
    return run_campaign(replace(config, encoder=f"planted:{bug}", runs=2))


@pytest.mark.parametrize(
    ("bug", "program", "puzzle"),
    [
        ("address_kept", WRITTEN_WHERE_IT_WAS, "P9 output dirt"),
        ("build_inside_build", READ_IN_A_CALL, "P10 init number-list not-busy"),
    ],
)
def test_what_one_fault_breaks_is_kept_and_not_what_takes_two(
    config: CampaignConfig, bug: str, program: str, puzzle: str
) -> None:
    result = found(config, bug, program)
    assert result.findings
    for group, kept in result.findings.items():
        assert len(kept.finding.scenario.faults) == 1
        assert group != puzzle
    why = result.not_counted[puzzle].removeprefix("with fewer faults it is ")
    assert why in result.findings


def test_two_faults_are_kept_where_what_one_breaks_is_known(config: CampaignConfig) -> None:
    bug, program, puzzle = "address_kept", WRITTEN_WHERE_IT_WAS, "P9 output dirt"
    known = frozenset(found(config, bug, program).findings)
    findings = config.findings / "others"
    result = found(replace(config, known=known, findings=findings), bug, program)
    assert len(result.findings[puzzle].finding.scenario.faults) == 2


def test_a_fault_too_many_loses_no_finding_where_nothing_is_shrunk(config: CampaignConfig) -> None:
    program = """h0 = root
fault dirty filler allocate 1 once
fault move one after 0 once segment=0
"""
    shrunk = found(config, "dirty_memory_shows", program)
    findings = config.findings / "as it was"
    result = found(
        replace(config, shrinking=False, findings=findings), "dirty_memory_shows", program
    )
    assert result.findings.keys() >= shrunk.findings.keys() != set()
    assert not result.not_counted


@pytest.mark.parametrize("late", [False, True])
def test_after_the_time_a_finding_is_kept_as_it_is_and_says_so(
    config: CampaignConfig, late: bool
) -> None:
    bug = "dirty_memory_shows"
    target = find_target("builder")
    text = witness_text(bug)
    longer = target.parse(text.replace("h0 = root\n", "h0 = root\nset h0.u32 1\nset h0.u32 2\n"))
    notes: list[str] = []
    config = replace(config, encoder=f"planted:{bug}", target="builder")
    result = CampaignResult(config)
    with Judges(timeout=config.timeout, memory_limit=config.memory_limit) as judges:
        triage = Triage(
            config,
            result,
            judges,
            announce=lambda kept: None,
            shrinking=lambda group: None,
            note=notes.append,
            late=lambda: late,
        )
        judged = judges.of("builder").ask(config.encoder, longer)
        triage.violations(judged.violations, longer, {"engine": "random"})
    (kept,) = result.findings.values()
    verdict = read_verdict(kept.path)
    assert verdict is not None
    assert (kept.finding.scenario == longer) == late
    assert verdict["found"].get("shrinking", "") == ("ended early: the time was up" if late else "")
    assert any("the time was up while" in note for note in notes) == late


@pytest.mark.parametrize("before", [False, True])
def test_an_interrupt_while_a_finding_is_shrunk_loses_it_not(
    config: CampaignConfig, before: bool
) -> None:
    encoder, bug = "stateful_encoders:WrongFromTheTenth", "dirty_memory_shows"
    plain = find_target("builder").decode(b"")
    text = witness_text(bug)
    config = replace(config, encoder=encoder if before else f"planted:{bug}", target="builder")
    scenario = plain if before else find_target("builder").parse(text)
    result = CampaignResult(config)
    interrupted = False

    def interrupt(group: str | None) -> None:
        nonlocal interrupted
        interrupted = interrupted or group is not None

    with Judges(
        timeout=config.timeout,
        memory_limit=config.memory_limit,
        cancelled=lambda: interrupted,
    ) as judges:
        triage = Triage(
            config,
            result,
            judges,
            announce=lambda kept: None,
            shrinking=interrupt,
            note=lambda sentence: None,
        )
        asked = Sequence((plain,) * 10) if before else scenario
        target = sequences_of("builder") if before else "builder"
        violations = judges.of(target).ask(config.encoder, asked).violations
        with pytest.raises(JudgingCancelledError):
            triage.violations(violations, scenario, {}, lambda most: [plain] * min(most, 9))
    (kept,) = result.findings.values()
    verdict = read_verdict(kept.path)
    assert kept.finding.scenario == asked
    assert verdict is not None
    assert verdict["found"]["shrinking"] == "ended early: interrupted"
    assert not verdict["program"]["shows"]
    result.interrupted = True
    assert result.exit_code == 1


SECOND_SYMPTOM = """capnsafe scenario 1
memory heap segment_words=1
limit max_segment_words=536870911
h0 = root
h1 = init h0.u32s 1
h2 = init h0.u32s 1
fault refuse MemoryError allocate 3 once
"""
PLACE = "_build/draft.py:Draft.install"


@pytest.mark.parametrize("known", [None, f"P2 {PLACE}"])
def test_two_symptoms_of_one_mistake_are_one_finding(
    config: CampaignConfig, known: str | None
) -> None:
    bug = "zero_before_allocate"
    parse = find_target("builder").parse
    scenarios = [parse(witness_text(bug)), parse(SECOND_SYMPTOM)]
    config = replace(
        config,
        encoder=f"planted:{bug}",
        target="builder",
        known=frozenset({known} if known else ()),
        shrinking=False,
        guilty=True,
    )
    result = CampaignResult(config)
    with Judges(timeout=config.timeout, memory_limit=config.memory_limit) as judges:
        triage = Triage(
            config,
            result,
            judges,
            announce=lambda kept: None,
            shrinking=lambda group: None,
            note=lambda sentence: None,
        )
        symptoms = []
        for scenario in scenarios:
            judged = judges.of("builder").ask(config.encoder, scenario)
            symptoms.append(judged.violations[0].group)
            triage.violations(judged.violations, scenario, {"engine": "random"})
        if known is not None:
            assert not result.findings
            assert result.not_counted[known] == "known"
            return
        ((group, kept),) = result.findings.items()
        assert group == f"P2 {PLACE}"
        assert triage.finding_of(symptoms[0]) is triage.finding_of(symptoms[1])
        verdict = read_verdict(kept.path)
        assert verdict is not None
        assert verdict["group"] == group
        assert verdict["symptom"] == symptoms[0]
        assert [one["symptom"] for one in verdict["witnesses"]] == [symptoms[1]]
        assert parse(verdict["witnesses"][0]["scenario"]) == scenarios[1]
        assert verdict["guilty"]["source"] == "Draft(arena).link(slot, [(word, 0)])"
        # The name is found again, from the verdict, and from the scenario alone.
        (replayable,) = find_scenarios(kept.path)
        assert replayable.guilty == kept.finding.guilty
        bare = replace(replayable, group=None, symptom=None)
        for one in (replayable, bare):
            found = violation_of(one, judges, replay(one, judges).judgement, group)
            assert found is not None
            assert found.group == symptoms[0]
        assert violation_of(bare, judges, replay(bare, judges).judgement, "P2 other") is None


def test_a_finding_from_before_guilty_lines_is_still_read(
    config: CampaignConfig,
) -> None:
    folder = config.findings / "builder" / "old"
    folder.mkdir(parents=True)
    text = (
        f"capnsafe scenario 1\nencoder planted:zero_before_allocate\n{HEAD.partition(chr(10))[2]}"
    )
    (folder / "finding.scenario").write_text(f"{text}h0 = root\n")
    verdict = {"group": "P2 set text contents", "encoder": "planted:zero_before_allocate"}
    (folder / "verdict.json").write_text(json.dumps(verdict))
    (replayable,) = find_scenarios(folder)
    assert replayable.group == replayable.symptom == "P2 set text contents"
    assert replayable.guilty is None


def test_after_the_time_no_sequence_is_searched_for(config: CampaignConfig) -> None:
    plain = find_target("builder").decode(b"")
    config = replace(config, encoder="stateful_encoders:WrongFromTheTenth", target="builder")
    result = CampaignResult(config)
    violation = fatal("crash of the tenth", 1, "it was seen in a worker")
    with Judges(timeout=config.timeout, memory_limit=config.memory_limit) as judges:
        triage = Triage(
            config,
            result,
            judges,
            announce=lambda kept: None,
            shrinking=lambda group: None,
            note=lambda sentence: None,
            late=lambda: True,
        )
        triage.violations([violation], plain, {"engine": "random"}, lambda most: [plain] * 10)
        assert judges.asked <= 2
    (unsettled,) = result.unsettled
    assert unsettled.sentence.endswith("was seen and not confirmed: the time was up")


def test_a_finding_with_its_guilty_line_survives_in_the_state_of_a_campaign(
    config: CampaignConfig,
) -> None:
    scenario = find_target("builder").sample
    guilty = Guilty("_build/draft.py", "Draft.install", 7, "x = 1", "wrote last", ("a.py:1",))
    first, second = (fatal(group, 1, "it broke") for group in ("crash one", "crash two"))
    finding = Finding("builder", "capnsafe", first, scenario, {}, guilty)
    finding = finding.with_witness(second, scenario)
    result, again = CampaignResult(config), CampaignResult(config)
    result.findings[finding.group] = Kept(finding, config.findings, True)
    restore_result(again, json.loads(json.dumps(result_to_json(result))))
    assert again.findings == result.findings
    assert finding.group == "P1 _build/draft.py:Draft.install"
    assert finding.symptoms == ("crash one", "crash two")
