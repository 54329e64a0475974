"""Whatever an encoder starts ends with the run, however the run ends; and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.children import import_path

from tests.processes import hear_signals

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="subreapers are Linux's"),
]


class Started:
    """Runs the command, and finds the processes that an encoder has left."""

    def __init__(self, folder: Path, corpus: Path) -> None:
        self.mark = f"left by {folder}"
        self.corpus = corpus
        self.folder = folder
        (folder / "tmp").mkdir()
        path = [str(Path(__file__).parent), str(folder), import_path()]
        self.environment = {
            **os.environ,
            "MARK": self.mark,
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": os.pathsep.join(path),
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "capnsafe_fuzz", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=hear_signals,
        )

    def fuzz(self, encoder: str, *arguments: str) -> subprocess.Popen[bytes]:
        return self.start(
            *("fuzz", "builder", "--engine", "random", "--seeds", str(self.corpus)),
            *(
                "--encoder",
                encoder if ":" in encoder else f"bad_encoders:{encoder}",
                "--timeout",
                "1",
                *arguments,
            ),
        )

    def left(self) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                arguments = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if self.mark.encode() in arguments:
                found.append(int(path.parent.name))
        return found

    def wait_for(self, condition: Callable[[list[int]], bool]) -> None:
        until = time.monotonic() + 300
        while not condition(self.left()):
            assert time.monotonic() < until, self.left()
            time.sleep(0.02)


@pytest.fixture
def started(tmp_path: Path, corpus: Path) -> Iterator[Started]:
    started = Started(tmp_path, corpus)
    yield started
    for process in started.left():
        os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize(
    ("encoder", "code"),
    [
        ("starting", 0),
        ("starting_and_aborting", 1),
        ("starting_and_hanging", 1),
        ("starting_and_killing_the_group", 1),
    ],
)
def test_what_an_encoder_starts_ends_with_the_campaign(
    started: Started, encoder: str, code: int
) -> None:
    ended = started.fuzz(encoder, "--runs", "60", "--seed", "1", "--max-findings", "1")
    out, _ = ended.communicate(timeout=600)
    assert (ended.returncode, started.left()) == (code, []), out.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("encoder", ["starting", "starting_and_hanging"])
def test_what_an_encoder_starts_ends_when_the_campaign_is_ended(
    started: Started, encoder: str, number: signal.Signals
) -> None:
    campaign = started.fuzz(encoder, "--time", "10m")
    started.wait_for(lambda left: len(left) >= 2)
    campaign.send_signal(number)
    campaign.communicate(timeout=600)
    # After SIGKILL there is nobody to wait for the supervisors.
    started.wait_for(lambda left: not left)


def test_what_a_module_starts_ends_with_its_trial(started: Started) -> None:
    text = "import bad_encoders\nbad_encoders.start_unmarked()\n"
    (started.folder / "starts_at_import.py").write_text(text)
    ended = started.fuzz("starts_at_import:nothing", "--runs", "1")
    out, _ = ended.communicate(timeout=600)
    assert (ended.returncode, started.left()) == (2, []), out.decode()


def test_no_other_process_of_the_parent_is_killed(started: Started) -> None:
    script = (
        "import subprocess, sys\n"
        "from bad_encoders import SLEEP\n"
        "mine = subprocess.Popen(SLEEP, env={}, start_new_session=True,\n"
        "    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "from capnsafe_fuzz.campaign.config import CampaignConfig\n"
        "from capnsafe_fuzz.campaign.parent import run_campaign\n"
        "from pathlib import Path\n"
        "config = CampaignConfig(engine='random', runs=30, seed=1, corpus=Path(sys.argv[1]),\n"
        "    findings=Path('findings'), encoder='bad_encoders:starting')\n"
        "run_campaign(config)\n"
        "print(mine.pid, mine.poll())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(started.corpus)],
        cwd=started.folder,
        env=started.environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{started.left()[0]} None\n"
    assert len(started.left()) == 1
