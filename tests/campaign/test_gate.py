"""The gate: open for a good encoder, shut for a bad one, and for a harness that sees nothing."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from capnsafe_allocators import FAMILIES
from capnsafe_allocators.families import family
from capnsafe_fuzz.campaign import gate
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult, StopRequest
from capnsafe_fuzz.campaign.corpus import corpus_root
from capnsafe_fuzz.campaign.failures import (
    EnvironmentFailedError,
    ProvedNothingError,
    UsageError,
)
from capnsafe_fuzz.campaign.finding import Finding
from capnsafe_fuzz.campaign.gate import Case, CaseOutcome, GateResult, Part, run_gate
from capnsafe_fuzz.campaign.gate_config import (
    DEFAULT_CANARIES,
    KEYS,
    GateConfig,
    read_gate_config,
)
from capnsafe_fuzz.campaign.junit import write_junit
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.progress import Quiet
from capnsafe_fuzz.cli import cli, main
from capnsafe_fuzz.encoders.planted import BUGS, read_bug
from capnsafe_fuzz.engines import engines
from capnsafe_fuzz.targets import TARGETS, Sequence, find_target

from .conftest import CANARY

pytestmark = pytest.mark.usefixtures("near_canary")

BUG = CANARY
ALL_PARTS = ["corpus", "witnesses", "canaries", "campaign", "matrix"]


class Heard(Quiet):
    """Records its calls."""

    def __init__(self, doing: Callable[[str], None] = lambda what: None) -> None:
        self.findings: list[str] = []
        self.parts: list[str] = []
        self.notes: list[str] = []
        self._doing = doing

    def activity(self, what: str) -> None:
        self._doing(what)

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        assert (path / "finding.scenario").is_file()
        self.findings.append(finding.group)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def part(self, part: Part) -> None:
        self.parts.append(part.name)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Planted bugs enough for the tests: a gate runs the witness of each."""
    bugs = {name: BUGS[name] for name in (BUG, "zero_before_allocate")}
    monkeypatch.setattr(gate, "BUGS", bugs)
    return bugs


@pytest.fixture
def small(tmp_path: Path, corpus: Path) -> GateConfig:
    return GateConfig(
        executions=150, canaries=(BUG,), corpus=corpus, findings=tmp_path / "findings"
    )


def run(
    config: GateConfig,
    *,
    engine: str = "random",
    known: frozenset[str] = frozenset(),
    reporter: Heard | None = None,
    stop: StopRequest | None = None,
) -> GateResult:
    return run_gate(
        config,
        engine=engine,
        known=known,
        reporter=reporter or Heard(),
        stop=stop or StopRequest(),
    )


def verdicts(result: GateResult) -> dict[str, str]:
    return {part.name: part.verdict for part in result.parts}


def told(result: GateResult) -> str:
    return "\n".join(case.detail for part in result.parts for case in part.troubles)


def bend_oracles(folder: Path, monkeypatch: pytest.MonkeyPatch, statements: str) -> None:
    """Run statements on ORACLES in every process that is started from now on."""
    hook = f"""
        import importlib.util
        import sys

        class Bending:
            def find_spec(self, name, path=None, target=None):
                if name != "capnsafe_fuzz.oracles":
                    return None
                sys.meta_path.remove(self)
                spec = importlib.util.find_spec(name)
                load = spec.loader.exec_module

                def exec_module(module):
                    load(module)
                    exec({statements!r}, vars(module))

                spec.loader.exec_module = exec_module
                return spec

        sys.meta_path.insert(0, Bending())
    """
    (folder / "sitecustomize.py").write_text(textwrap.dedent(hook))
    monkeypatch.syspath_prepend(folder)


@pytest.mark.process
def test_where_packages_are_missing_it_judges_what_it_can(
    small: GateConfig, few: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide = "import sys\nsys.modules['wasmtime'] = sys.modules['capnp'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hide)
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("wasmtime", "capnp"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 20)
    monkeypatch.setattr(gate, "corpus_root", corpus_root)
    few["guest_trap_escapes"] = BUGS["guest_trap_escapes"]
    heard = Heard()
    config = replace(small, canaries=("guest_trap_escapes",))
    result = run(config, reporter=heard)
    assert [note.partition(":")[0] for note in heard.notes] == [
        "pycapnp is not installed",
        "wasmtime is not installed",
    ]
    assert result.exit_code == 0
    skipped = [
        (part.name, case.detail)
        for part in result.parts
        for case in part.cases
        if case.outcome is CaseOutcome.SKIPPED
    ]
    assert skipped == [
        ("witnesses", "wasmtime is not installed"),
        ("canaries", "wasmtime is not installed"),
    ]


def test_what_this_python_cannot_show_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BUGS", BUGS)
    name = "open_while_a_view_goes_back"
    monkeypatch.setattr(family, "COUNTS_VIEWS", True)
    assert gate._lacking(name) is None
    monkeypatch.setattr(family, "COUNTS_VIEWS", False)
    lacking = "the faults finalize need Python 3.12 or newer"
    assert gate._lacking(name) == lacking
    assert gate._lacking("cause_lost") is None
    reasons = (lacking, "wasmtime is not installed", lacking)
    part = Part("witnesses", cases=[Case("", CaseOutcome.SKIPPED, why, 0) for why in reasons])
    assert part.skipped == f"; 2 not judged: {lacking}; 1 not judged: {reasons[1]}"


@pytest.mark.process
def test_a_missing_package_excuses_no_blindness(
    small: GateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend_oracles(tmp_path, monkeypatch, "import sys\nsys.modules['capnp'] = None\nORACLES.clear()")
    for module in ("wasmtime", "capnp"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 20)
    monkeypatch.setattr(gate, "corpus_root", corpus_root)
    bug = "bulk_copy_ignores_offset"
    assert read_bug(BUGS[bug]).promise == "P11"
    monkeypatch.setattr(gate, "BUGS", {bug: BUGS[bug]})
    result = run(replace(small, canaries=(bug,), situations={"random": 10_000}))
    blind = dict.fromkeys(("witnesses", "canaries", "matrix"), "blind")
    assert verdicts(result) == {"corpus": "passed", "campaign": "passed"} | blind


def test_the_faults_of_guests_count_for_no_floor() -> None:
    kinds = {f"{family.name} {kind}" for family in FAMILIES.values() for kind in family.kinds}
    cells = [("set text", fault, "done") for fault in (*sorted(kinds), "-")]
    guests = [fault for fault in kinds if fault.startswith("guest ")]
    assert guests
    assert gate._counted(cells) == len(cells) - len(guests)


def test_there_is_a_canary_for_every_promise_that_bugs_are_about() -> None:
    canaries = [read_bug(BUGS[name]) for name in DEFAULT_CANARIES]
    assert {bug.promise for bug in canaries} == {read_bug(path).promise for path in BUGS.values()}
    assert {bug.target for bug in canaries} == set(TARGETS)


# The encoder under test


@pytest.mark.process
def test_it_is_open_for_capnsafe_and_the_same_twice(
    small: GateConfig, few: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "corpus_root", corpus_root)
    targets = ("reader", "stream")
    small = replace(small, corpus=None, targets=targets)
    heard = Heard()
    result = run(small, reporter=heard)
    assert verdicts(result) == dict.fromkeys(ALL_PARTS, "passed")
    assert result.exit_code == 0
    assert heard.parts == ALL_PARTS
    assert heard.findings == []
    # Again, and two at once.
    again = run(replace(small, jobs=2))

    def stable(result: GateResult) -> list[object]:
        return [
            (part.name, part.summary, [(c.name, c.outcome, c.detail) for c in part.cases])
            for part in result.parts
        ]

    assert stable(again) == stable(result)
    corpus, witnesses, canaries, campaign, matrix = result.parts
    assert len(corpus.cases) > 20
    assert [case.name for case in witnesses.cases] == list(few)
    assert re.search(r"found after \d+ executions", canaries.cases[0].detail)
    assert "300 executions of capnsafe by random, 0 findings (seed 1" in campaign.summary
    assert campaign.summary.endswith(" on reader, stream")
    assert re.match(r"\d+ situations reached \(reader \d+, no floor set; stream ", matrix.summary)


@pytest.mark.process
def test_it_is_shut_for_an_encoder_with_a_planted_bug(small: GateConfig) -> None:
    heard = Heard()
    config = replace(small, encoder=f"planted:{BUG}", executions=800)
    result = run(config, reporter=heard)
    assert result.exit_code == 1
    # No seed shows it; the campaign finds it; and the rest is done all the same.
    assert verdicts(result) == dict.fromkeys(ALL_PARTS, "passed") | {"campaign": "failed"}
    assert heard.findings
    for group in heard.findings:
        assert group in told(result)
    assert re.search(
        r"capnsafe repro \S+/findings/builder/planted-dirty_memory_shows", told(result)
    )
    assert re.search(f"capnsafe fuzz builder .*--encoder planted:{BUG} ", told(result))


@pytest.mark.process
def test_a_regression_that_comes_back_is_a_finding(small: GateConfig, corpus: Path) -> None:
    regressions = corpus / "builder" / "regressions"
    regressions.mkdir()
    shutil.copy(BUGS[BUG].with_suffix(".scenario"), regressions / "dirt.scenario")
    config = replace(small, encoder=f"planted:{BUG}", executions=2)
    heard = Heard()
    result = run(config, reporter=heard)
    assert result.exit_code == 1
    assert verdicts(result)["corpus"] == "failed"
    (trouble,) = result.parts[0].troubles
    assert (trouble.name, trouble.outcome) == ("builder/regressions/dirt", CaseOutcome.FAILED)
    assert "P9" in trouble.detail
    assert "1 seed and 1 regression replayed" in result.parts[0].summary
    assert heard.findings

    groups = frozenset(heard.findings)
    knowing = run(replace(config, findings=small.findings / "other"), known=groups)
    assert verdicts(knowing)["corpus"] == "passed"
    assert "(known)" in "".join(case.detail for case in knowing.parts[0].cases)


# A run that proves nothing


def test_an_empty_corpus_proves_nothing(small: GateConfig, tmp_path: Path) -> None:
    heard = Heard()
    result = run(replace(small, corpus=tmp_path / "none"), reporter=heard)
    assert result.exit_code == 3
    assert isinstance(result.parts[0].error, ProvedNothingError)
    assert heard.parts == ["corpus"]


@pytest.mark.process
def test_a_blind_harness_is_no_pass(
    small: GateConfig, few: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend_oracles(tmp_path, monkeypatch, "ORACLES.clear()")
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 300)
    result = run(small)
    assert result.exit_code == 3
    passed = dict.fromkeys(["corpus", "campaign", "matrix"], "passed")
    assert verdicts(result) == passed | {"witnesses": "blind", "canaries": "blind"}
    assert f"the harness is blind to planted:{BUG}: not found in 300 executions" in told(result)
    for name in few:
        assert f"the harness is blind to planted:{name}: " in told(result)


@pytest.mark.process
def test_one_eye_is_not_enough(
    small: GateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend_oracles(tmp_path, monkeypatch, "del ORACLES['clean']")
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 20)
    result = run(small)
    assert result.exit_code == 3
    unseen = {case.name for case in result.parts[1].troubles}
    assert unseen == {BUG}
    assert read_bug(BUGS[BUG]).promise == "P9"


@pytest.mark.process
def test_a_harness_that_cries_wolf_is_told_from_one_that_sees(
    small: GateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = """
from dataclasses import replace
from capnsafe_fuzz.oracles.oracle import OracleFinding
def wolf(record):
    yield OracleFinding(0, "root", "wolf", "a wolf")
ORACLES["clean"] = replace(ORACLES["clean"], check=wolf)
"""
    bend_oracles(tmp_path, monkeypatch, statements)
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 100)
    result = run(replace(small, executions=2))
    (trouble,) = [case for case in result.parts[1].troubles if case.name == BUG]
    # P9 is seen broken, but then it is seen broken everywhere.
    assert trouble.detail == (
        f"the harness cannot tell planted:{BUG} from capnsafe: "
        "on the witness that one breaks P9 root wolf"
    )
    assert verdicts(result)["canaries"] == "blind"
    assert result.exit_code == 1


@pytest.mark.process
def test_a_campaign_that_ended_early_proves_nothing(
    small: GateConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(config: CampaignConfig, **others: Any) -> CampaignResult:
        result = run_campaign(config, **others)
        if config.encoder == "capnsafe":
            result.executions -= 1
        return result

    monkeypatch.setattr(gate, "run_campaign", cut_short)
    result = run(replace(small, executions=20))
    assert result.exit_code == 3
    assert verdicts(result)["campaign"] == "blind"
    assert "the campaign on builder ended after 19 of 20 executions" in told(result)


@pytest.mark.process
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_machine_that_fails_ends_the_gate(
    small: GateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    def full_disk(config: CampaignConfig, **others: Any) -> CampaignResult:
        if config.encoder != "capnsafe":
            return run_campaign(config, **others)
        failure = EnvironmentFailedError("the disk is full")
        failure.result = CampaignResult(config, executions=5)
        raise failure

    monkeypatch.setattr(gate, "run_campaign", full_disk)
    result = run(replace(small, jobs=jobs))
    assert result.exit_code == 4
    assert [part.name for part in result.parts] == ALL_PARTS[:-1]
    assert verdicts(result)["campaign"] == "error"
    assert result.parts[-1].summary.startswith("5 executions of capnsafe")
    write_junit(tmp_path / "junit.xml", result)
    assert "the disk is full" in {
        error.text for error in check_junit(tmp_path / "junit.xml").iter("error")
    }


@pytest.mark.process
def test_a_canary_that_is_not_found_in_time_is_missed(
    small: GateConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 2)
    result = run(small)
    assert result.exit_code == 3
    assert verdicts(result) == dict.fromkeys(ALL_PARTS, "passed") | {"canaries": "blind"}
    again = told(result)
    assert f"--encoder planted:{BUG}" in again
    assert "--seed 1 --runs 2" in again


@pytest.mark.process
def test_findings_outrank_blindness(small: GateConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 2)
    result = run(replace(small, encoder="bad_encoders:raising"))
    assert {"blind", "failed"} <= set(verdicts(result).values())
    assert result.exit_code == 1


@pytest.mark.process
def test_a_generator_that_lost_its_reach_is_noticed(small: GateConfig) -> None:
    config = replace(small, executions=60)
    short = run(replace(config, situations={"random": 10**6}))
    assert short.exit_code == 3
    assert verdicts(short)["matrix"] == "blind"
    reached = int(short.parts[-1].summary.split()[0])
    enough = run(replace(config, situations={"random": reached, "atheris": 10**6}))
    assert enough.exit_code == 0
    assert f"(builder {reached}, floor {reached})" in enough.parts[-1].summary


@pytest.mark.process
def test_a_witness_that_shows_another_promise_is_no_witness(
    small: GateConfig, few: dict[str, Path], tmp_path: Path
) -> None:
    wrong = tmp_path / f"{BUG}.toml"
    wrong.write_text(BUGS[BUG].read_text().replace('promise = "P9"', 'promise = "P4"'))
    few[BUG] = wrong
    result = run(small)
    assert result.exit_code == 3
    assert f"planted:{BUG}: P4 is not seen broken by its witness, only P9" in told(result)


@pytest.mark.process
def test_a_patch_that_does_not_apply_is_no_bug_left_out(
    small: GateConfig, few: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = BUGS[BUG].read_text().replace(BUG, "unplantable").replace("before = ", 'before = "?!" #')
    (tmp_path / "unplantable.toml").write_text(text)
    shutil.copy(BUGS[BUG].with_suffix(".scenario"), tmp_path / "unplantable.scenario")
    monkeypatch.setitem(BUGS, "unplantable", tmp_path / "unplantable.toml")
    few["unplantable"] = BUGS["unplantable"]
    result = run(small)
    assert result.exit_code == 3
    assert "occurs 0 times" in str(result.parts[-1].error)
    assert result.parts[-1].name == "witnesses"


# Being stopped


@pytest.mark.process
@pytest.mark.parametrize("moment", ["replaying", "the witness", "searching", "campaign"])
def test_it_ends_when_it_is_told_to(small: GateConfig, moment: str) -> None:
    stop = StopRequest()

    def doing(what: str) -> None:
        if what.startswith(moment):
            stop()

    result = run(small, reporter=Heard(doing), stop=stop)
    assert result.exit_code == 130
    assert len(result.parts) < len(ALL_PARTS)


# JUnit

# As CI systems read it: the elements, in which elements they stand, and their attributes.
JUNIT = {
    "testsuites": (None, {"name", "tests", "failures", "errors", "skipped", "time"}),
    "testsuite": ("testsuites", {"name", "tests", "failures", "errors", "skipped", "time"}),
    "testcase": ("testsuite", {"classname", "name", "time"}),
    "failure": ("testcase", {"type", "message"}),
    "error": ("testcase", {"type", "message"}),
    "system-out": ("testcase", set()),
}


def check_junit(path: Path) -> ElementTree.Element:
    document = ElementTree.parse(path).getroot()
    assert document.tag == "testsuites"
    for parent in document.iter():
        assert set(parent.attrib) == JUNIT[parent.tag][1]
        for child in parent:
            assert JUNIT[child.tag][0] == parent.tag
    for element in (document, *document.iter("testsuite")):
        assert int(element.get("tests", "")) == len(list(element.iter("testcase")))
        assert int(element.get("failures", "")) == len(list(element.iter("failure")))
        assert int(element.get("errors", "")) == len(list(element.iter("error")))
        float(element.get("time", ""))
    names = [(case.get("classname"), case.get("name")) for case in document.iter("testcase")]
    assert len(set(names)) == len(names)
    return document


@pytest.mark.process
def test_junit_says_the_same(
    small: GateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "CANARY_EXECUTIONS", 2)
    result = run(replace(small, encoder="bad_encoders:raising"))
    write_junit(tmp_path / "junit.xml", result)
    document = check_junit(tmp_path / "junit.xml")
    assert [suite.get("name") for suite in document] == ALL_PARTS
    (failure,) = document.findall("testsuite[@name='campaign']/testcase/failure")
    assert re.search("P1 set (text|any) ZeroDivisionError", failure.get("message", ""))
    assert "capnsafe repro" in (failure.text or "")
    (error,) = document.findall("testsuite[@name='canaries']/testcase/error")
    assert "the harness is blind to" in error.get("message", "")
    assert document.get("errors") == "1"


def test_junit_holds_whatever_an_exception_says(small: GateConfig, tmp_path: Path) -> None:
    part = Part("corpus")
    part.cases.append(gate.Case("seeds/a", CaseOutcome.FAILED, "\0 <&\ud800 \x1b[1m 日", 0.25))
    part.error = ProvedNothingError("]]> \ufffe")
    write_junit(tmp_path / "junit.xml", GateResult(small, "random", [part]))
    document = check_junit(tmp_path / "junit.xml")
    (failure,) = document.iter("failure")
    assert failure.text == "\ufffd <&\ufffd \ufffd[1m 日"
    (error,) = document.iter("error")
    assert error.text == "]]> \ufffd"


# pyproject.toml


def configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)


def test_every_key_is_read(tmp_path: Path) -> None:
    configure(
        tmp_path,
        """
        [project]
        name = "somebody's"
        [tool.capnsafe]
        encoder = "mine:encoder"
        allocator = "fixed"
        corpus = "there"
        executions = 7
        seed = 0
        engine = "random"
        canaries = ["a", "b"]
        situations = { random = 5 }
        known = "known.txt"
        findings = "kept"
        """,
    )
    config, configured = read_gate_config(tmp_path)
    assert configured
    assert config == GateConfig(
        encoder="mine:encoder",
        memory="fixed",
        corpus=Path("there"),
        executions=7,
        seed=0,
        engine="random",
        canaries=("a", "b"),
        situations={"random": 5},
        known=Path("known.txt"),
        findings=Path("kept"),
    )


def test_this_repository_has_a_floor_for_every_engine() -> None:
    config, configured = read_gate_config(Path(__file__).resolve().parents[2])
    assert configured
    floors = {f"{target}.{engine}" for target in TARGETS for engine in engines()}
    build = {name.removeprefix("builder.") for name in floors}
    assert set(config.situations) == build
    assert config == GateConfig(situations=config.situations)


@pytest.mark.parametrize("text", [None, "", "[tool.other]\nencoder = 'x'\n"])
def test_without_a_table_it_is_all_as_in_this_project(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        configure(tmp_path, text)
    assert read_gate_config(tmp_path) == (GateConfig(), False)


def test_what_is_named_twice_is_done_once(tmp_path: Path) -> None:
    configure(tmp_path, '[tool.capnsafe]\ntargets = ["read", "builder", "reader"]\n')
    assert read_gate_config(tmp_path)[0].targets == ("reader", "builder")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("executons = 5", r"\[tool.capnsafe\] has no key 'executons'; it has encoder, "),
        ("executions = 0", "executions in .* must be a whole number above 0, not 0"),
        ("executions = true", "executions in .* must be a whole number above 0, not True"),
        ("executions = '5'", "executions in .* must be a whole number above 0, not '5'"),
        ("seed = -1", "seed in .* must be a whole number, 0 or more, not -1"),
        ("seed = true", "seed in .* must be a whole number"),
        ("encoder = ''", "encoder in .* must be a text, not ''"),
        ("corpus = 1", "corpus in .* must be a path, as text, not 1"),
        ("canaries = []", r"canaries in .* must be a list of names, at least one, not \[\]"),
        ("canaries = 'all'", "canaries in .* must be a list of names"),
        ("canaries = [1]", "canaries in .* must be a list of names"),
        ("situations = 5", "situations in .* must be a table with a number for each engine, not 5"),
        ("situations = { random = 0 }", "situations in .* must be a whole number above 0"),
        (r'encoder = "a\u0000:b"', r"encoder in .* must be a text, not 'a\\x00:b'"),
        (r'corpus = "a\u0000b"', r"corpus in .* must be a path, as text, not 'a\\x00b'"),
        (r'findings = "a\u0000b"', "findings in .* must be a path, as text"),
        ("targets = ['']", "targets in .* must be a list of names, at least one"),
        ("encoder = ", "pyproject.toml cannot be read: "),
    ],
)
def test_a_wrong_key_gets_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    sentence: str,
) -> None:
    configure(tmp_path, f"[tool.capnsafe]\n{line}\n")
    with pytest.raises(UsageError, match=sentence):
        read_gate_config(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["gate", "--json", "gate.json"])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    told = json.loads((tmp_path / "gate.json").read_text())
    assert (told["exit_code"], told["parts"]) == (2, [])
    assert err == f"capnsafe: {told['error']}\n"


def test_a_gate_that_cannot_begin_says_why_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(tmp_path, "[tool.capnsafe]\ntargets = ['nothing']\n")
    monkeypatch.chdir(tmp_path)
    for line in ("targets = ['nothing']", "known = 'nowhere'", "engine = 'steam'"):
        configure(tmp_path, f"[tool.capnsafe]\n{line}\n")
        with pytest.raises(SystemExit) as ended:
            main(["gate", "--json", "gate.json"])
        told = json.loads((tmp_path / "gate.json").read_text())
        assert ended.value.code == told["exit_code"] == 2
        assert f"capnsafe: {told['error']}\n" in capsys.readouterr().err


def test_a_table_is_a_table(tmp_path: Path) -> None:
    configure(tmp_path, "tool = 3\n")
    with pytest.raises(UsageError, match=r"pyproject\.toml: tool is a table, not 3"):
        read_gate_config(tmp_path)
    configure(tmp_path, "[project]\nname = 'x'\n")
    assert read_gate_config(tmp_path) == (GateConfig(), False)
    configure(tmp_path, "tool = { capnsafe = 5 }\n")
    with pytest.raises(UsageError, match=r"tool\.capnsafe is a table, not 5"):
        read_gate_config(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"encoder": "nobody"}, "no encoder named 'nobody'"),
        ({"memory": "stone"}, "no allocator named 'stone'"),
        ({"canaries": ("nightingale",)}, "no planted bug named 'nightingale'; there is "),
        (
            {"situations": {"steam": 1}},
            "no engine named 'steam'; there is atheris, random, hypothesis",
        ),
    ],
)
def test_names_that_do_not_exist_get_a_sentence(
    small: GateConfig, change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        run(replace(small, **change))  # type: ignore[arg-type]


def test_help_names_every_key() -> None:
    epilog = cli.commands["gate"].epilog
    assert epilog is not None
    for name in KEYS:
        assert re.search(rf"(?m)^  {name} ", epilog)


# The command, in a repository with an encoder of its own


@pytest.mark.process
def test_a_repository_gates_its_own_encoder(
    tmp_path: Path,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = f'corpus = "corpus"\nexecutions = 150\nengine = "random"\ncanaries = ["{BUG}"]\n'
    configure(tmp_path, f'[tool.capnsafe]\nencoder = "bad_encoders:raising"\n{settings}')
    with pytest.raises(SystemExit) as ended:
        main(["gate", "--junit", "junit.xml", "--seed", "2", "--findings", "kept"])
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert printed.startswith(
        "gate of bad_encoders:raising, corpus corpus ([tool.capnsafe] in pyproject.toml)\n"
    )
    assert "P1 broken: P1 set text ZeroDivisionError" in printed
    assert "(seed 2, " in printed
    assert re.search(r"(?m)^  capnsafe repro kept/builder/\S+$", printed)
    for name, verdict in zip(ALL_PARTS, ["passed"] * 3 + ["failed", "passed"], strict=True):
        assert re.search(rf"(?m)^{verdict}  {name} .* \d+\.\d s$", printed)
    assert "the gate is shut: 1 case did not pass, " in printed
    assert check_junit(tmp_path / "junit.xml").get("failures") == "1"
    kept = list((tmp_path / "kept" / "builder").iterdir())
    assert kept
    assert all((folder / "finding.scenario").is_file() for folder in kept)

    configure(tmp_path, f'[tool.capnsafe]\nencoder = "capnsafe"\n{settings}')
    with pytest.raises(SystemExit) as ended:
        main(["gate"])
    assert ended.value.code == 0
    assert "the gate is open: nothing wrong in " in capsys.readouterr().out


@pytest.mark.process
def test_a_sequence_in_the_corpus_is_replayed(
    small: GateConfig, corpus: Path, tmp_path: Path
) -> None:
    folder = corpus / "builder" / "regressions"
    folder.mkdir()
    sequences = find_target("builder-sequence")
    plain = find_target("builder").decode(b"")
    text = sequences.print(Sequence((plain,) * 10, "a pool goes bad"))
    (folder / "pool.scenario").write_text(text)
    encoder = "stateful_encoders:WrongFromTheTenth"
    result = run(replace(small, encoder=encoder, executions=2))
    (trouble,) = result.parts[0].troubles
    assert trouble.name == "builder/regressions/pool"
    assert trouble.outcome is CaseOutcome.FAILED
    (kept,) = result.campaigns[0].findings.values()
    assert kept.finding.target == "builder-sequence"
    assert result.to_json()["parts"][0]["verdict"] == "failed"


@pytest.mark.process
@pytest.mark.parametrize("allowed", [False, True])
def test_what_is_unsettled_shuts_the_gate_unless_allowed(
    small: GateConfig, tmp_path: Path, allowed: bool
) -> None:
    encoder = "stateful_encoders:WrongOnce"
    result = run(replace(small, encoder=encoder, executions=30, allow_flaky=allowed))
    assert result.exit_code == (0 if allowed else 5)
    assert verdicts(result)["campaign"] == ("passed" if allowed else "unsettled")
    assert "was seen and not confirmed" in "".join(case.detail for case in result.parts[3].cases)
    write_junit(tmp_path / "junit.xml", result)
    kinds = {one.get("type") for one in check_junit(tmp_path / "junit.xml").iter("error")}
    assert kinds == (set() if allowed else {"unsettled"})


def test_an_unwritable_junit_file_is_noticed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["gate", "--junit", "no/such/folder/junit.xml"])
    assert ended.value.code == 4
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith("capnsafe: --junit cannot be written: No such file or directory")
