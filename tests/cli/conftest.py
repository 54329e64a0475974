"""The command in a folder of its own, and a campaign that runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import BAD_ENCODERS, Command


@pytest.fixture
def capnsafe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(BAD_ENCODERS)
    monkeypatch.setenv("COLUMNS", "100")
    return Command(tmp_path, capsys)


@pytest.fixture
def campaign(capnsafe: Command) -> Iterator[subprocess.Popen[str]]:
    """A campaign without end that has a worker, on an encoder that breaks promises."""
    process = capnsafe.start(
        "fuzz", "--engine", "random", "--seeds", "corpus", "--time", "10m",
        "--encoder", "bad_encoders:raising_twice",
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()
