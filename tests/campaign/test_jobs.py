"""Any number of jobs gives the same campaign, and so does one that was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.campaign import parent, shards
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult, StopRequest
from capnsafe_fuzz.campaign.exit_codes import UNSETTLED
from capnsafe_fuzz.campaign.finding import Finding
from capnsafe_fuzz.campaign.outcomes import Unsettling
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.progress import Progress, Quiet
from capnsafe_fuzz.engines import engines
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, print_scenario

ATHERIS = pytest.mark.skipif(
    engines()["atheris"].missing() is not None, reason="Atheris is not installed"
)

pytestmark = pytest.mark.process


@pytest.fixture
def config(config: CampaignConfig, monkeypatch: pytest.MonkeyPatch) -> CampaignConfig:
    """A campaign of 160 executions in four epochs, with a seed at which encoders misbehave."""
    assert config.corpus is not None
    text = Scenario(operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "a text")))
    (config.corpus / "builder" / "seeds" / "text.scenario").write_text(print_scenario(text))
    for name, value in {"ALONE": 40, "FIRST": 20, "FEWEST": 6}.items():
        monkeypatch.setattr(shards, name, value)
    monkeypatch.setattr(parent, "SAVE_SECONDS", 0.0)
    return replace(config, runs=160)


def stable(result: CampaignResult) -> dict[str, Any]:
    """Everything that must be the same."""
    data = result.to_json()
    del data["jobs"]
    for timed in (data, *data["epochs"]):
        del timed["seconds"]
    for kept in (*data["findings"], *data["unsettled"]):
        del kept["path"]
    return data


def run(config: CampaignConfig, folder: Path, **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """Run a campaign; return its result and its corpus."""
    config = replace(config, findings=folder / "findings", cache=folder / "cache", **changes)
    result = run_campaign(config)
    assert len(result.epochs) == 4
    data = stable(result)
    data["not_reproducible"] = str(data["not_reproducible"]).replace(str(folder), "")
    return data, sorted(path.name for path in (folder / "cache").iterdir())


@pytest.mark.parametrize(
    ("engine", "encoder", "jobs"),
    [
        ("random", "bad_encoders:raising_twice", (1, 3)),
        ("random", "bad_encoders:segfaulting", (1, 2)),
        pytest.param("atheris", "bad_encoders:raising", (1, 2), marks=ATHERIS),
    ],
)
def test_the_number_of_jobs_changes_nothing(
    config: CampaignConfig, tmp_path: Path, engine: str, encoder: str, jobs: tuple[int, ...]
) -> None:
    config = replace(config, engine=engine, encoder=encoder)
    first, *others = (run(config, tmp_path / str(number), jobs=number) for number in jobs)
    assert first[0]["executions"] == 160
    assert first[0]["findings"]
    assert len(first[1]) > 10
    for other in others:
        assert other == first


def test_what_later_shards_did_does_not_count_beyond_the_last_finding(
    config: CampaignConfig, tmp_path: Path
) -> None:
    config = replace(config, encoder="bad_encoders:raising_twice", max_findings=2)
    one, two = (
        stable(run_campaign(replace(config, jobs=jobs, findings=tmp_path / str(jobs))))
        for jobs in (1, 2)
    )
    assert len(one["findings"]) == 2
    assert one["executions"] < 160
    assert two == one


class Stopping(Quiet):
    """Ends the campaign once ``enough`` says so."""

    def __init__(self, stop: StopRequest, enough: Callable[[Progress], bool]) -> None:
        self._stop = stop
        self._enough = enough

    def progress(self, progress: Progress) -> None:
        if self._enough(progress):
            self._stop()


@pytest.mark.parametrize("encoder", ["bad_encoders:raising", "bad_encoders:segfaulting"])
def test_an_interrupted_campaign_goes_on_and_ends_as_if_nothing_had_happened(
    config: CampaignConfig, tmp_path: Path, encoder: str
) -> None:
    config = replace(config, encoder=encoder, resumable=True)
    whole = stable(run_campaign(replace(config, findings=tmp_path / "whole")))
    config = replace(config, findings=tmp_path / "parts")
    for executions, jobs in ((40, 1), (90, 2)):
        stop = StopRequest()
        reporter = Stopping(stop, lambda progress: progress.executions >= executions)  # noqa: B023
        part = run_campaign(replace(config, resume=True, jobs=jobs), stop=stop, reporter=reporter)
        assert part.interrupted
        assert 0 < part.executions < 160
        assert part.state_file is not None
        assert part.state_file.exists()
    parts = run_campaign(replace(config, resume=True))
    assert stable(parts) == whole
    # Nothing is left to do.
    assert stable(run_campaign(replace(config, resume=True))) == whole
    # Another campaign has another state.
    notes: list[str] = []
    other = Quiet()
    other.note = notes.append  # type: ignore[assignment, method-assign]
    changed = replace(config, resume=True, runs=30)
    assert run_campaign(changed, reporter=other).executions == 30
    assert len(notes) == 1


def test_what_an_interrupted_shard_left_unsettled_stays_unsettled(
    config: CampaignConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not happen again when the shard does."""
    monkeypatch.setenv("COUNTED_IN", str(tmp_path / "wrong"))
    stop = StopRequest()

    class Cutting(Quiet):
        def note(self, sentence: str) -> None:
            if "unsettled" in sentence:
                stop()

    config = replace(config, encoder="stateful_encoders:WrongOnceForAll", resumable=True)
    part = run_campaign(config, reporter=Cutting(), stop=stop)
    assert part.interrupted
    result = run_campaign(replace(config, resume=True))
    assert result.executions == 160
    (one,) = result.unsettled
    assert (one.kind, one.times) == (Unsettling.FLAKY, 1)
    assert result.exit_code == UNSETTLED


def test_a_finding_that_was_announced_is_on_disk_when_the_campaign_is_cut(
    config: CampaignConfig, tmp_path: Path
) -> None:
    """And the campaign that goes on has it, too."""
    stop = StopRequest()
    announced: list[Path] = []

    class Cutting(Quiet):
        def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
            announced.append(path)
            stop()

    config = replace(config, encoder="bad_encoders:raising", resumable=True, jobs=2)
    run_campaign(config, reporter=Cutting(), stop=stop)
    assert announced
    assert all((path / "finding.scenario").exists() for path in announced)
    result = run_campaign(replace(config, resume=True))
    assert {kept.path for kept in result.findings.values()} >= set(announced)


def test_a_campaign_ends_when_it_is_stale(
    config: CampaignConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an epoch of four executions, in this case."""
    for name, value in {"WIDTH": 2, "WIDEST": 2, "FEWEST": 2, "MOST": 2}.items():
        monkeypatch.setattr(shards, name, value)
    config = replace(config, runs=None, until_stale=True, encoder="bad_encoders:without_anything")
    result = run_campaign(config)
    before, last = result.epochs[-2:]
    assert before.situations == last.situations
    assert before.executions < last.executions == result.executions
    assert result.gave_up is not None
    assert result.reproducible
