"""Signals, killed processes: whatever ends the command, findings stay, and it says so."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.scenario import parse_scenario

from tests.cli.command import PROVOKES, Command, children_of, is_gone, wait_until
from tests.processes import hear_signals


@pytest.mark.process
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_while_modules_are_loaded_is_no_traceback(name: str) -> None:
    script = f"""
import os, signal, sys
class Interrupts:
    def find_spec(self, name, *rest):
        if name == "capnsafe_fuzz.cli":
            os.kill(os.getpid(), signal.{name})
sys.meta_path.insert(0, Interrupts())
from capnsafe_fuzz.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": import_path()},
        preexec_fn=hear_signals,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (130, b"")
    assert done.stderr == b"capnsafe: interrupted\n"


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_campaign_keeps_what_it_found(
    capnsafe: Command, campaign: subprocess.Popen[str], number: signal.Signals
) -> None:
    findings = capnsafe.folder / "findings" / "builder"
    wait_until(lambda: findings.is_dir() and any(findings.glob("[a-z]*")))
    children = children_of(campaign.pid)
    assert children
    campaign.send_signal(number)
    out, err = campaign.communicate(timeout=120)
    assert "interrupted after" in out
    assert "Traceback" not in out + err
    assert campaign.returncode == 1
    wait_until(lambda: all(map(is_gone, children)))


@pytest.mark.process
def test_an_interrupted_campaign_that_found_nothing_exits_130(capnsafe: Command) -> None:
    process = capnsafe.start(
        "fuzz", "--engine", "random", "--seeds", "corpus", "--corpus", "cache", "--time", "10m"
    )
    cache = capnsafe.folder / "cache"
    wait_until(lambda: cache.is_dir() and any(cache.iterdir()))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert "no promise was broken so far" in out


@pytest.mark.process
def test_a_campaign_that_is_interrupted_before_it_begins_says_so(capnsafe: Command) -> None:
    (capnsafe.folder / "ending.py").write_text(
        "import os, signal, time\n"
        "stat = open(f'/proc/{os.getppid()}/stat').read()\n"
        "os.kill(int(stat.rpartition(')')[2].split()[1]), signal.SIGTERM)\ntime.sleep(9)\n"
    )
    said = capnsafe.run_apart(
        "fuzz", "builder", "--engine", "random", "--encoder", "ending:it", code=130
    )
    assert said == ("", "capnsafe: interrupted before the first execution\n")


@pytest.mark.process
def test_nohup_is_heard(capnsafe: Command) -> None:
    command = [sys.executable, "-m", "capnsafe_fuzz", "fuzz", "--engine", "random"]
    process = subprocess.Popen(
        [*command, "--seeds", "corpus", "--corpus", "cache", "--runs", "2000"],
        cwd=capnsafe.folder,
        env=capnsafe.environment,
        stdout=subprocess.PIPE,
        preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN),
    )
    cache = capnsafe.folder / "cache"
    wait_until(lambda: cache.is_dir() and any(cache.iterdir()))
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    assert b"random ran 2 000 executions" in out


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_in_the_making_of_a_class_ends_with_130(
    capnsafe: Command, number: signal.Signals
) -> None:
    """Python runs generated code for some classes, and remembers an interrupt of such code."""
    (capnsafe.folder / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click':\n"
        "            sys.meta_path.remove(self)\n"
        f"            exec('os.kill(os.getpid(), {int(number)})')\n"
        "sys.meta_path.insert(0, Interrupting())\n"
    )
    path = os.pathsep.join([str(capnsafe.folder), capnsafe.environment["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "capnsafe_fuzz", "list", "targets"],
        cwd=capnsafe.folder,
        env=capnsafe.environment | {"PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=600,
        preexec_fn=hear_signals,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "capnsafe: interrupted\n"


@pytest.mark.process
@pytest.mark.parametrize(
    "arguments",
    [
        ("fuzz", "builder", "--engine", "random", "--seeds", "corpus"),
        ("gate",),
        ("canaries", "zero_before_allocate", "--engine", "random"),
    ],
)
def test_a_signal_while_the_first_json_is_written_is_told_in_it(
    capnsafe: Command, arguments: tuple[str, ...]
) -> None:
    (capnsafe.folder / "sitecustomize.py").write_text(
        "import os, signal\n"
        "flush = os.fsync\n"
        "def once(file):\n"
        "    os.fsync = flush\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    flush(file)\n"
        "os.fsync = once\n"
    )
    path = os.pathsep.join([str(capnsafe.folder), capnsafe.environment["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "capnsafe_fuzz", *arguments, "--json", "result.json"],
        cwd=capnsafe.folder,
        env=capnsafe.environment | {"PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=600,
        preexec_fn=hear_signals,
    )
    assert done.returncode == 130, done.stdout + done.stderr
    assert "interrupted" in done.stdout + done.stderr
    assert json.loads((capnsafe.folder / "result.json").read_text())["exit_code"] == 130


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_interrupted_tidies_up(capnsafe: Command, number: signal.Signals) -> None:
    (capnsafe.folder / "tmp").mkdir()
    capnsafe.environment["TMPDIR"] = str(capnsafe.folder / "tmp")
    (capnsafe.folder / "hangs.scenario").write_text(PROVOKES["list"])
    process = capnsafe.start("repro", "--encoder", "bad_encoders:hanging", "hangs.scenario")
    wait_until(lambda: len(children_of(process.pid)) > 0)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert err.strip() == "capnsafe: interrupted"
    assert list((capnsafe.folder / "tmp").iterdir()) == []


@pytest.mark.process
def test_killing_a_campaign_loses_nothing_that_it_announced(
    capnsafe: Command, campaign: subprocess.Popen[str]
) -> None:
    assert campaign.stdout is not None
    announced: list[str] = []
    for line in campaign.stdout:
        match = re.search(r"kept: (\S+)", line)
        if match:
            announced.append(match[1])
        if len(announced) == 2:
            break
    children = children_of(campaign.pid)
    campaign.kill()
    campaign.wait()
    wait_until(lambda: all(map(is_gone, children)))
    for path in announced:
        folder = capnsafe.folder / path
        parse_scenario((folder / "finding.scenario").read_text())
        verdict = json.loads((folder / "verdict.json").read_text())
        assert verdict["promise"] == "P1"
        assert (folder / "program.py").read_text()
    # In a process of its own, which removes the folders of the killed one.
    capnsafe.run_apart("repro", announced[0], code=1)


@pytest.mark.process
def test_a_signal_right_after_a_fork_is_not_lost(capnsafe: Command) -> None:
    """Python ignores exceptions there."""
    (capnsafe.folder / "sitecustomize.py").write_text(
        "import os, signal\n"
        "if os.environ.pop('ENDING', ''):\n"
        "    numbers = [signal.SIGTERM]\n"
        "    os.register_at_fork(\n"
        "        after_in_parent=lambda: numbers and os.kill(os.getpid(), numbers.pop())\n"
        "    )\n"
    )
    capnsafe.environment["PYTHONPATH"] += os.pathsep + str(capnsafe.folder)
    capnsafe.environment["ENDING"] = "1"
    (capnsafe.folder / "hangs.scenario").write_text(PROVOKES["list"])
    _, err = capnsafe.run_apart(
        "repro", "--encoder", "bad_encoders:hanging", "hangs.scenario", code=130
    )
    assert err.strip() == "capnsafe: interrupted"
