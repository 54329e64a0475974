"""Campaigns, with real processes: findings are kept, whichever process dies."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign import corpus as files
from capnsafe_fuzz.campaign import parent, targets, triage
from capnsafe_fuzz.campaign.cache import Cache
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult, StopRequest, done_until
from capnsafe_fuzz.campaign.confirmer import in_child
from capnsafe_fuzz.campaign.corpus import read_any, read_corpus
from capnsafe_fuzz.campaign.failures import (
    EnvironmentFailedError,
    HarnessFailedError,
    ProvedNothingError,
    UsageError,
    sentence,
    told_in_a_sentence,
)
from capnsafe_fuzz.campaign.finding import Finding, read_verdict
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.shards import FIRST
from capnsafe_fuzz.encoders import planted
from capnsafe_fuzz.engines import engines
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, print_scenario
from capnsafe_fuzz.targets import find_target

from .conftest import SEED

ATHERIS = pytest.mark.skipif(
    engines()["atheris"].missing() is not None, reason="Atheris is not installed"
)
EVERY_ENGINE = pytest.mark.parametrize("engine", ["random", pytest.param("atheris", marks=ATHERIS)])


@pytest.fixture
def config(config: CampaignConfig) -> CampaignConfig:
    """Seeds at which encoders misbehave: what luck finds changes with every change of a mutator."""
    assert config.corpus is not None
    root = Operation(Verb.ROOT)
    provoking = {
        "list": (root, Operation(Verb.INIT, 0, "u16s", 9), Operation(Verb.SET, 1, 8, 1)),
        "text": (root, Operation(Verb.SET, 0, "u32", 1), Operation(Verb.SET, 0, "text", "a text")),
    }
    for name, operations in provoking.items():
        path = config.corpus / "builder" / "seeds" / f"{name}.scenario"
        path.write_text(print_scenario(Scenario(operations=operations)))
    return config


def stable(result: CampaignResult) -> dict[str, object]:
    """What must be the same in two runs."""
    data = result.to_json()
    for finding in data["findings"]:
        del finding["path"]
    for timed in (data, *data["epochs"]):
        del timed["seconds"]
    return data


@pytest.mark.process
@EVERY_ENGINE
def test_it_is_repeatable(config: CampaignConfig, tmp_path: Path, engine: str) -> None:
    config = replace(config, engine=engine, encoder="bad_encoders:raising", runs=120)
    one = run_campaign(replace(config, findings=tmp_path / "one"))
    two = run_campaign(replace(config, findings=tmp_path / "two"))
    assert one.reproducible
    assert one.executions == 120
    assert one.findings
    assert stable(one) == stable(two)


@pytest.mark.process
@EVERY_ENGINE
def test_the_real_encoder_passes_and_situations_are_reached(
    config: CampaignConfig, engine: str
) -> None:
    result = run_campaign(replace(config, engine=engine, runs=200, seed=1))
    other = run_campaign(replace(config, engine=engine, runs=200, seed=2))
    assert result.situations != other.situations
    assert (result.exit_code, result.executions, result.findings) == (0, 200, {})
    assert {fault for _, fault, _ in result.situations} > {"-"}
    assert result.faults_fired
    assert result.fallbacks == 0
    assert min(result.situations.values()) == 1
    assert max(result.situations.values()) <= 200
    if engine == "atheris":
        # More than the situations alone: the encoder's own branches are counted.
        assert result.coverage is not None
        assert result.coverage > len(result.situations) + 100


@pytest.mark.process
def test_a_finding_is_complete(config: CampaignConfig) -> None:
    announced: list[tuple[Finding, Path, bool]] = []

    class Reporter:
        def progress(self, progress: object) -> None:
            pass

        def note(self, sentence: str) -> None:
            pass

        def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
            assert read_any(path / "finding.scenario").scenario == finding.scenario
            announced.append((finding, path, fresh))

    config = replace(config, encoder="bad_encoders:raising")
    result = run_campaign(config, reporter=Reporter())
    assert result.exit_code == 1
    assert [finding.group for finding, _, _ in announced] == list(result.findings)
    finding, path, fresh = announced[0]
    assert fresh
    assert path.parent == config.findings / "builder"
    assert sorted(entry.name for entry in path.iterdir()) == [
        "finding.scenario",
        "program.py",
        "verdict.json",
    ]
    assert len(finding.scenario.operations) <= 3
    assert finding.scenario.faults == ()
    verdict = json.loads((path / "verdict.json").read_text())
    assert verdict["promise"] == "P1"
    assert verdict["encoder"] == "bad_encoders:raising"
    assert verdict["group"] == finding.group
    assert verdict["operation"] == len(finding.scenario.operations) - 1
    assert not list(config.findings.rglob(".*"))


def exit_of(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "shown.py"
    path.write_text(program)
    command = [sys.executable, str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)


@pytest.mark.process
def test_the_program_of_a_finding_shows_the_bug(config: CampaignConfig, tmp_path: Path) -> None:
    assert config.corpus is not None
    name = "zero_before_allocate"
    seed = config.corpus / "builder" / "seeds" / "planted.scenario"
    seed.write_text(print_scenario(planted.witness(name)))
    config = replace(config, encoder=f"planted:{name}", runs=60, max_findings=1)
    (kept,) = run_campaign(config).findings.values()
    assert kept.finding.violation.promise == "P2"
    program = (kept.path / "program.py").read_text()
    loading = f"capnsafe = load_package({name!r})"
    assert loading in program
    shown = exit_of(program, tmp_path)
    assert shown.returncode == 1, program
    assert "AssertionError" in shown.stderr
    clean = exit_of(program.replace(loading, "import capnsafe"), tmp_path)
    assert clean.returncode == 0, clean.stderr


@pytest.mark.process
def test_what_an_earlier_campaign_kept_stays_unless_it_is_less_simple(
    config: CampaignConfig,
) -> None:
    config = replace(config, encoder="bad_encoders:raising", max_findings=1)
    (kept,) = run_campaign(config).findings.values()
    scenario_file = kept.path / "finding.scenario"
    before = scenario_file.read_text()
    (again,) = run_campaign(config).findings.values()
    assert not again.fresh
    assert scenario_file.read_text() == before
    scenario_file.write_text(before.replace('"aaa"', '"something longer"'))
    (better,) = run_campaign(config).findings.values()
    assert better.fresh
    assert scenario_file.read_text() == before
    scenario_file.write_text("no scenario at all")
    run_campaign(config)
    assert scenario_file.read_text() == before


@pytest.mark.process
@EVERY_ENGINE
@pytest.mark.parametrize(
    ("encoder", "group"),
    [
        ("bad_encoders:segfaulting", "crash SIGSEGV"),
        ("bad_encoders:leaving", "crash exit 7"),
    ],
)
def test_a_worker_that_dies_tells_what_killed_it_and_leaves_nothing(
    config: CampaignConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    encoder: str,
    group: str,
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    config = replace(config, engine=engine, encoder=encoder, runs=60)
    result = run_campaign(config)
    assert set(result.findings) == {group}
    assert result.worker_deaths > 0
    assert result.executions == 60
    finding = result.findings[group].finding
    assert finding.violation.promise == "P1"
    assert len(finding.scenario.operations) <= 3
    assert finding.violation.operation == len(finding.scenario.operations) - 1
    # The program is printed without a run that proves it.
    program = (result.findings[group].path / "program.py").read_text("utf-8")
    trouble = f"# This program does not show it: it passes on {encoder}.\n"
    assert program == f"{trouble}# {len(finding.scenario.operations)} operations\n"
    assert list(scratch.iterdir()) == []


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("half_a_pair", "P1 set text ValueError"),
        ("unspeakable", "P1 set text bad_encoders.UnspeakableError"),
        ("quitting", "P1 set text SystemExit"),
        ("Raising", "P1 set text ZeroDivisionError"),
        ("exiting_script", "P1 set text ZeroDivisionError"),
        ("crashing_script", "P1 set text ZeroDivisionError"),
        ("garbling", "crash wrote into the harness's pipes"),
        ("panicking", "P1 set text bad_encoders.PanicException"),
        ("interrupting", "crash KeyboardInterrupt"),
        ("without_programs", "P1 set text ZeroDivisionError"),
        ("mute", "P11 output framing"),
    ],
)
def test_whatever_an_encoder_does_is_kept(config: CampaignConfig, name: str, group: str) -> None:
    config = replace(config, encoder=f"bad_encoders:{name}", max_findings=1)
    result = run_campaign(config)
    kept = next(iter(result.findings.values()))
    assert kept.finding.group.startswith(group)
    assert result.unconfirmed == {}
    files = {path.name: path.read_text() for path in kept.path.iterdir()}
    assert files.keys() == {"finding.scenario", "program.py", "verdict.json"}
    speechless = name in ("without_programs", "exiting_script", "crashing_script")
    *_, last = files["program.py"].splitlines()
    assert last.startswith("raise NotImplementedError(") == speechless


@pytest.mark.process
@EVERY_ENGINE
@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("garbling", "crash wrote into the harness's pipes"),
        ("deafening", "crash closed the harness's pipes"),
    ],
)
def test_what_ends_a_worker_only_later_is_found(
    config: CampaignConfig, engine: str, name: str, group: str
) -> None:
    """Some executions later, when the pipe is read or written next."""
    config = replace(config, engine=engine, encoder=f"bad_encoders:{name}", max_findings=1)
    result = run_campaign(config)
    (kept,) = result.findings.values()
    assert kept.finding.group == group
    assert len(kept.finding.scenario.operations) <= 3
    assert result.unconfirmed == {}


def _descriptors() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc/self/fd")]


def _write_to(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        with suppress(OSError):
            os.write(descriptor, b"\xff\n")


@pytest.mark.process
@pytest.mark.parametrize(
    ("does", "died"),
    [
        (lambda new: os.closerange(min(new), max(new) + 1), "closed the harness's pipes"),
        (_write_to, "wrote into the harness's pipes"),
        (lambda _: os._exit(3), "exit 3"),
        (lambda _: sys.exit(3), "SystemExit"),
        (lambda _: os.abort(), "SIGABRT"),
    ],
)
def test_how_an_execution_ended(does: Callable[[list[int]], object], died: str) -> None:
    before = _descriptors()

    def work() -> dict[str, object]:
        links = Path("/proc/self/fd")
        does([one for one in _descriptors() if one not in before and (links / str(one)).exists()])
        return {"violations": []}

    assert in_child(work, timeout=10, memory_limit=None)["died"] == died


def test_failures_are_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("first", "second"):
        (tmp_path / "a" / name).symlink_to("nothing")
    with pytest.raises(shutil.Error) as failure:
        shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert sentence(failure.value).startswith("[Errno 2] No such file or directory: ")
    assert sentence(failure.value).count("Errno") == 1
    assert told_in_a_sentence(KeyError("x")) == "KeyError: 'x'"
    assert told_in_a_sentence(ValueError()) == "ValueError"
    with pytest.raises(ZeroDivisionError) as raised:
        1 // 0  # noqa: B018 - for the exception
    told = told_in_a_sentence(raised.value)
    assert re.match(r"ZeroDivisionError in test_campaign.py:\d+ \(test_failures_are_told", told)
    assert len(told_in_a_sentence(ValueError("long " * 1000))) < 400


@pytest.mark.process
def test_what_an_encoder_leaves_running_ends_with_the_campaign(config: CampaignConfig) -> None:
    """A thread keeps Python from ending, though all is said and done."""
    started = time.monotonic()
    result = run_campaign(replace(config, encoder="bad_encoders:staying", runs=60))
    assert (result.exit_code, result.executions, result.worker_deaths) == (0, 60, 0)
    assert time.monotonic() - started < 25


@pytest.mark.process
def test_what_the_clean_encoder_breaks_too_is_kept_aside(
    config: CampaignConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not count, and somebody has to look into it."""
    monkeypatch.setattr(triage, "CLEAN_ENCODER", "bad_encoders:raising_twice")
    result = run_campaign(replace(config, encoder="bad_encoders:raising", runs=60))
    assert result.findings == {}
    # Either the harness is wrong, or the clean encoder is.
    assert result.exit_code == 5
    (why,) = result.not_counted.values()
    assert why == "bad_encoders:raising_twice breaks a promise there too"
    (kept,) = (config.findings / "unsettled").rglob("verdict.json")
    verdict = read_verdict(kept.parent)
    assert verdict is not None
    assert verdict["encoder"] == "bad_encoders:raising_twice"


@pytest.mark.process
def test_what_nobody_raised_is_told_in_one_sentence(config: CampaignConfig) -> None:
    with pytest.raises(HarnessFailedError) as failure:
        run_campaign(replace(config, encoder="bad_encoders:broken_at_length"))
    said = str(failure.value)
    assert "bad_encoders:broken_at_length" in said
    assert "EndlessError in bad_encoders.py:" in said
    assert len(said) < 1000
    done = done_until(failure.value)
    assert done is not None
    assert done.failed


@pytest.mark.process
def test_what_an_encoder_started_ends_with_it(config: CampaignConfig) -> None:
    """It would hold the pipes open on which its end is seen."""
    config = replace(config, encoder="bad_encoders:leaving_a_child", max_findings=1)
    started = time.monotonic()
    result = run_campaign(config)
    assert set(result.findings) == {"crash SIGABRT"}
    assert time.monotonic() - started < 25


@pytest.mark.process
def test_an_encoder_that_always_dies_ends_the_campaign(
    config: CampaignConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent, "MOST_DEATHS", 4)
    result = run_campaign(replace(config, encoder="bad_encoders:leaving_always", runs=100_000))
    assert set(result.findings) == {"crash exit 9"}
    assert result.gave_up is not None
    assert "workers died" in result.gave_up


@pytest.mark.process
@pytest.mark.parametrize("name", ["hanging", "hanging_in_silence"])
def test_an_execution_that_never_ends_is_a_finding(config: CampaignConfig, name: str) -> None:
    config = replace(config, encoder=f"bad_encoders:{name}", timeout=0.3, max_findings=1)
    result = run_campaign(config)
    assert set(result.findings) == {"timeout"}
    assert len(result.findings["timeout"].finding.scenario.operations) <= 8


@pytest.mark.process
def test_known_groups_do_not_count(config: CampaignConfig) -> None:
    group = "P1 set text ZeroDivisionError bad_encoders.py:_raise"
    config = replace(config, encoder="bad_encoders:raising", runs=100, known=frozenset({group}))
    result = run_campaign(config)
    assert result.findings == {}
    assert set(result.not_counted.values()) == {"known"}
    assert result.exit_code == 0


@pytest.mark.process
def test_a_broken_harness_is_no_finding(config: CampaignConfig) -> None:
    with pytest.raises(HarnessFailedError, match="ZeroDivisionError") as failure:
        run_campaign(replace(config, encoder="bad_encoders:broken"))
    assert failure.value.exit_code == 3
    (kept,) = config.findings.glob("harness-failed-*.input")
    assert "ZeroDivisionError" in kept.with_suffix(".txt").read_text()
    found = read_any(kept)
    assert found.target == "builder"
    assert found.scenario.operations


@pytest.mark.process
def test_time_ends_a_campaign(config: CampaignConfig) -> None:
    result = run_campaign(replace(config, runs=None, seconds=0.8))
    assert not result.reproducible
    assert result.executions > 0
    assert result.seconds < 60


@pytest.mark.process
def test_the_time_ends_while_findings_are_made_simpler(config: CampaignConfig) -> None:
    encoder = "planted:bulk_copy_ignores_offset"
    result = run_campaign(replace(config, encoder=encoder, seed=3, runs=None, seconds=1.0))
    assert result.findings
    assert result.executions < FIRST, "the worker went on to the end of its shard"


@pytest.mark.process
def test_max_findings_ends_a_campaign(config: CampaignConfig) -> None:
    config = replace(config, encoder="bad_encoders:raising_twice", runs=100_000, max_findings=2)
    result = run_campaign(config)
    assert len(result.findings) == 2
    assert result.executions < 1000


@pytest.mark.process
def test_a_stop_request_ends_a_campaign(config: CampaignConfig) -> None:
    stop = StopRequest()

    class Reporter:
        def progress(self, progress: object) -> None:
            stop()

        def note(self, sentence: str) -> None:
            pass

        def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
            pass

    result = run_campaign(replace(config, runs=10_000_000), reporter=Reporter(), stop=stop)
    assert result.interrupted
    assert result.exit_code == 130


@pytest.mark.process
@pytest.mark.parametrize("memory", find_target("builder").memories)
def test_scenarios_have_the_memory_that_was_asked_for(
    config: CampaignConfig, tmp_path: Path, memory: str
) -> None:
    cache = tmp_path / "cache"
    run_campaign(replace(config, memory=memory, cache=cache, runs=100))
    scenarios = [read_any(path).scenario for path in cache.iterdir()]
    assert len(scenarios) > 5
    assert {scenario.memory.name for scenario in scenarios} == {memory}


@pytest.mark.process
def test_a_cache_grows_and_is_used_and_the_corpus_stays(
    config: CampaignConfig, tmp_path: Path
) -> None:
    corpus = config.corpus
    assert corpus is not None
    before = {path: path.stat().st_mtime_ns for path in corpus.rglob("*")}
    config = replace(config, cache=tmp_path / "cache")
    first = run_campaign(config)
    assert {path: path.stat().st_mtime_ns for path in corpus.rglob("*")} == before
    inputs = Cache(tmp_path / "cache", "builder").open()
    assert first.kept_inputs == len(inputs) > 10
    second = run_campaign(replace(config, seed=9))
    assert second.seeds == first.seeds + first.kept_inputs
    assert set(second.situations) > set(first.situations)


@pytest.mark.process
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"target": "nowhere"}, "no target named 'nowhere'; there is builder"),
        ({"encoder": "nobody"}, "no encoder named 'nobody' (capnsafe list encoders"),
        ({"encoder": "planted:zero_before"}, "did you mean planted:zero_before_allocate?"),
        ({"encoder": "os:path"}, "'os:path' is no encoder: it has no method 'session'"),
        ({"encoder": "json:loads"}, "the encoder 'json:loads' cannot be made: TypeError in "),
        ({"encoder": "planted:nothing"}, "no encoder named 'planted:nothing'"),
        ({"encoder": "bad_encoders:nothing"}, "no attribute 'nothing'"),
        ({"encoder": "no_module:nothing"}, "No module named 'no_module'"),
        ({"encoder": ":nothing"}, "the encoder ':nothing' cannot be loaded: ValueError in "),
        ({"encoder": "bad_encoders:exiting"}, "cannot be made: SystemExit in bad_encoders.py"),
        ({"memory": "bad_encoders:Exiting"}, "cannot be tried: SystemExit in bad_encoders.py"),
        ({"memory": "bad_encoders:Leaving"}, "cannot be tried: it ended the process (exit 0)"),
        ({"memory": "bad_encoders:Endless"}, "2 seconds"),
        ({"engine": "steam"}, "no engine named 'steam'; there is atheris, random"),
        ({"memory": "drum"}, "no allocator named 'drum'; there is heap, stable, fixed"),
        ({"runs": None}, "a campaign needs a number of executions"),
    ],
)
def test_what_does_not_exist_is_refused(
    config: CampaignConfig,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    sentence: str,
) -> None:
    monkeypatch.setattr(targets, "CONTRACT_SECONDS", 2.0)
    with pytest.raises(UsageError) as failure:
        run_campaign(replace(config, **change))  # type: ignore[arg-type]
    assert sentence in str(failure.value)
    assert failure.value.exit_code == 2


def test_an_empty_corpus_proves_nothing(config: CampaignConfig, tmp_path: Path) -> None:
    with pytest.raises(ProvedNothingError, match="is empty") as failure:
        run_campaign(replace(config, corpus=tmp_path / "void"))
    assert failure.value.exit_code == 3


def test_a_corrupt_seed_is_named_with_its_line(config: CampaignConfig) -> None:
    assert config.corpus is not None
    seed = config.corpus / "builder" / "seeds" / "first.scenario"
    lines = seed.read_text().splitlines()
    lines.insert(5, "set h0.nothing 7")
    seed.write_text("\n".join(lines))
    with pytest.raises(ProvedNothingError, match=r"first\.scenario, line 6: .*nothing"):
        run_campaign(config)
    seed.write_bytes(b"capnsafe scenario 1\n\xff\n")
    with pytest.raises(ProvedNothingError, match=r"first\.scenario, line 2: not UTF-8"):
        run_campaign(config)


def test_a_folder_that_cannot_be_written_to_is_found_out_first(config: CampaignConfig) -> None:
    config.findings.write_text("a file where a folder should be")
    with pytest.raises(EnvironmentFailedError, match="findings cannot be written") as failure:
        run_campaign(config)
    assert failure.value.exit_code == 4


@pytest.mark.process
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_full_disk_is_found_out_first(config: CampaignConfig, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"\0" * 100_000)
    with pytest.raises(EnvironmentFailedError, match="No space left on device"):
        run_campaign(replace(config, findings=small_disk / "findings"))


def test_a_verdict_that_is_too_deep_to_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text("[" * 100_000)
    assert read_verdict(tmp_path) is None


@pytest.mark.parametrize("version", ["\u00b2", "9" * 5000, "-1"])
def test_a_version_that_is_no_number_is_a_corrupt_file(tmp_path: Path, version: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(f"capnsafe input build {version}\nabc".encode())
    with pytest.raises(ProvedNothingError, match="corrupt corpus file"):
        read_any(path)


def test_a_file_without_end_and_a_pipe_without_a_writer_are_no_scenarios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(files, "PIPE_SECONDS", 0.1)
    with pytest.raises(UsageError, match=r"/dev/zero .* 1 MiB"):
        read_any(Path("/dev/zero"), "builder")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="pipe"):
        read_any(pipe)
    seeds = tmp_path / "builder" / "seeds"
    seeds.mkdir(parents=True)
    pipe.rename(seeds / "pipe.scenario")
    with pytest.raises(UsageError, match="pipe"):
        read_corpus("builder", tmp_path)


def test_a_scenario_may_come_through_a_pipe() -> None:
    """As a shell makes one of ``capnsafe repro <(...)``."""
    reads, writes = os.pipe()
    with open(reads, "rb"):
        with open(writes, "wb") as writer:
            writer.write(print_scenario(SEED).encode())
        assert read_any(Path(f"/dev/fd/{reads}")).scenario == SEED
