"""A campaign on a real Ray cluster; a node disappears, and so does the driver."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.campaign.config import CampaignConfig
from capnsafe_fuzz.campaign.failures import UsageError
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.optional import RAY, Package
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, print_scenario

HERE = Path(__file__).parent
NEEDS_RAY = pytest.mark.skipif(not RAY.is_installed, reason="Ray is not installed")


def test_without_ray_there_is_a_sentence(
    config: CampaignConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = Package("Ray", "no_such_module", "ray", "campaigns cannot run on a cluster")
    monkeypatch.setattr("capnsafe_fuzz.campaign.parent.RAY", absent)
    with pytest.raises(UsageError, match=r"capnsafe\[ray\]") as failure:
        run_campaign(replace(config, on="ray"))
    assert failure.value.exit_code == 2
    with pytest.raises(UsageError, match="'mars'"):
        run_campaign(replace(config, on="mars"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, in which sockets can be."""
    folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def start(folder: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "PYTHONPATH": import_path(),
        "TMPDIR": str(folder),
        # Only this machine has its addresses, and it leaves no token in the home folder.
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
    }
    return subprocess.Popen(
        [sys.executable, str(HERE / script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.process
@NEEDS_RAY
def test_whatever_dies_nothing_that_was_reported_is_lost(
    config: CampaignConfig, folder: Path
) -> None:
    assert config.corpus is not None
    text = Scenario(operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "a text")))
    (config.corpus / "builder" / "seeds" / "text.scenario").write_text(print_scenario(text))
    corpus = str(config.corpus)
    whole, _ = start(folder, "ray_driver.py", "local", corpus, str(folder / "whole")).communicate()

    cluster = start(folder, "ray_cluster.py", str(folder / "ray"))
    address = line_of(cluster)
    arguments = ("ray_driver.py", address, corpus, str(folder / "parts"))
    driver = start(folder, *arguments)
    announced = Path(line_of(driver))
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert (announced / "finding.scenario").exists()

    driver = start(folder, *arguments)
    # It is in the middle of the campaign, and not connecting.
    assert Path(line_of(driver)).is_dir()
    assert cluster.stdin is not None
    cluster.stdin.write("\n")
    cluster.stdin.flush()
    assert line_of(cluster) == "3"
    parts, _ = driver.communicate()
    cluster.communicate()

    result = json.loads(parts.splitlines()[-1])
    assert result == json.loads(whole.splitlines()[-1])
    assert result["executions"] == 240
    assert len(result["findings"]) > 2
