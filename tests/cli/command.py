"""Runs the command for tests, in a folder with a small corpus and encoders that misbehave."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.cli import main

from tests.processes import hear_signals

BAD_ENCODERS = Path(__file__).parents[1] / "campaign"

SEED = """\
capnsafe scenario 1
# a little of everything
memory heap segment_words=16
limit max_segment_words=536870911
h0 = root
set h0.u32 7
h1 = init h0.child
h2 = init h0.u16s 2
"""

BREAKS = """\
capnsafe scenario 1
# why it is here
memory heap segment_words=16
limit max_segment_words=536870911
h0 = root
set h0.u32 7
h1 = init h0.child
set h1.text "a long text"
fault refuse MemoryError allocate 3 always
"""

PROVOKES = {
    "list": SEED.replace("u16s 2", "u16s 9"),
    "text": SEED.replace("set h0.u32 7", 'set h0.text "a text"'),
}
"""Seeds at which the encoders of ``bad_encoders`` misbehave."""

GROUP = "P1 set text ZeroDivisionError bad_encoders.py:_raise"


class Command:
    """Runs ``capnsafe`` in a folder of its own, with a corpus and encoders that misbehave."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(BAD_ENCODERS), *filter(None, sys.path)]),
            "COLUMNS": "100",
        }
        seeds = folder / "corpus" / "builder" / "seeds"
        seeds.mkdir(parents=True)
        (seeds / "first.scenario").write_text(SEED)
        for name, text in PROVOKES.items():
            (seeds / f"{name}.scenario").write_text(text)
        (folder / "breaks.scenario").write_text(BREAKS)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "capnsafe_fuzz", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=hear_signals,
        )

    def run(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Run it in this process, which has imported everything; `start` starts one."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = self._capsys.readouterr()
        assert ended.value.code == code, out + err
        assert "Traceback" not in out + err
        return out, err

    def run_apart(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Run it in a process of its own, as people do."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        assert process.returncode == code, out + err
        assert "Traceback" not in out + err
        return out, err

    def fuzz(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        options = ("--engine", "random", "--seeds", "corpus", "--seed", "1")
        return self.run("fuzz", *options, *arguments, code=code)


def children_of(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listing.split()]


def wait_until(condition: Any, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
