"""A private corpus and findings folder for each test, and encoders that misbehave."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign import canaries, gate
from capnsafe_fuzz.campaign.config import CampaignConfig
from capnsafe_fuzz.campaign.targets import find_encoder
from capnsafe_fuzz.encoders.planted import BUGS
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, print_scenario

#: Nothing in it is long enough for an encoder of ``bad_encoders`` to misbehave.
SEED = Scenario(
    operations=(
        Operation(Verb.ROOT),
        Operation(Verb.SET, 0, "u32", 7),
        Operation(Verb.SET, 0, "text", "a"),
        Operation(Verb.INIT, 0, "child"),
        Operation(Verb.INIT, 0, "u16s", 2),
    ),
    comment="a little of everything",
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus" / "builder" / "seeds"
    folder.mkdir(parents=True)
    (folder / "first.scenario").write_text(print_scenario(SEED))
    return tmp_path / "corpus"


@pytest.fixture
def config(corpus: Path, tmp_path: Path) -> CampaignConfig:
    return CampaignConfig(
        engine="random", runs=300, seed=1, corpus=corpus, findings=tmp_path / "findings"
    )


#: The planted bug for which the gates of the tests search.
CANARY = "dirty_memory_shows"


@pytest.fixture
def near_canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds from which gates and hunts find the canary after a few executions, more than two."""
    seeds = tmp_path / "near" / "builder" / "seeds"
    seeds.mkdir(parents=True)
    for number, one in enumerate((SEED.operations[:1], SEED.operations[:2], SEED.operations)):
        (seeds / f"{number}.scenario").write_text(print_scenario(Scenario(operations=one)))
    (seeds / "witness.scenario").write_text(BUGS[CANARY].with_suffix(".scenario").read_text())
    for module in (gate, canaries):
        monkeypatch.setattr(module, "corpus_root", lambda: tmp_path / "near")


@pytest.fixture(autouse=True)
def bad_encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    assert find_encoder("bad_encoders:raising").name == "bad_encoders:raising"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 KiB; mounting it needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
