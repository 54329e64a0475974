"""What a killed process leaves behind is removed by the next run, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.ownership import SHARED_MEMORY, VARIABLE, processes_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/shm and /proc are Linux's")

#: Owns a folder, a block, and a process that is in a session of its own; then sleeps.
OWNER = f"""
import os, subprocess, sys, time
from capnsafe_fuzz.ownership import OwnedFolder, blocks_of
from capnsafe.memory.shared_memory import SharedMemoryAllocator

folder = OwnedFolder()
(folder.path / "file").write_text("a")
memory = SharedMemoryAllocator(prefix=blocks_of(str(folder.path), os.getpid()))
memory.allocate(1)
os.environ[{VARIABLE!r}] = str(folder.path / "worker")
subprocess.Popen(["sleep", "300"], start_new_session=True)
print(folder.path, flush=True)
time.sleep(300)
"""

#: Executes a scenario over shared memory, as tests of users do; then sleeps.
EXECUTION = """
import time
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.scenario import parse_scenario

lines = (
    "capnsafe scenario 1", "memory shared-memory segment_words=8", "limit max_segment_words=64",
    "h0 = root", "",
)
execute(parse_scenario("\\n".join(lines)), find_encoder("capnsafe"))
print("done", flush=True)
time.sleep(300)
"""

NEXT_RUN = "from capnsafe_fuzz.ownership import OwnedFolder; OwnedFolder().close()"


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": import_path()}


def next_run(folder: Path) -> None:
    subprocess.run([sys.executable, "-P", "-c", NEXT_RUN], env=environment(folder), check=True)


def blocks_of(folder: Path) -> list[str]:
    return [name for name in os.listdir(SHARED_MEMORY) if name.startswith(folder.name)]


@pytest.mark.process
def test_the_next_run_removes_what_a_killed_one_leaves_but_not_what_a_living_one_has(
    tmp_path: Path,
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-P", "-c", OWNER],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        process_group=0,
    )
    assert owner.stdout is not None
    try:
        folder = Path(os.fsdecode(owner.stdout.readline().strip()))
        next_run(tmp_path)
        assert (folder / "file").read_text() == "a"
        assert len(blocks_of(folder)) == len(list(processes_of(folder))) == 1
        # With its group, as a process that has the resource tracker of Python in it.
        os.killpg(owner.pid, signal.SIGKILL)
        owner.wait()
        assert folder.exists()
        assert len(blocks_of(folder)) == len(list(processes_of(folder))) == 1
        next_run(tmp_path)
        assert list(tmp_path.iterdir()) == []
        assert (blocks_of(folder), list(processes_of(folder))) == ([], [])
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
        next_run(tmp_path)


@pytest.mark.process
def test_the_next_run_removes_the_blocks_of_a_killed_process_that_belonged_to_no_run(
    tmp_path: Path,
) -> None:
    variables = environment(tmp_path)
    del variables[VARIABLE]
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", EXECUTION],
        env=variables,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"done\n"
        (folder,) = tmp_path.iterdir()
        assert blocks_of(folder)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert blocks_of(folder)
        next_run(tmp_path)
        assert list(tmp_path.iterdir()) == []
        assert not blocks_of(folder)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.process
def test_an_owner_that_ends_in_order_leaves_nothing(tmp_path: Path) -> None:
    text = OWNER.replace("time.sleep(300)\n", "folder.close()\n")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", text],
        env=environment(tmp_path),
        check=True,
        capture_output=True,
        text=True,
    )
    folder = Path(done.stdout.strip())
    assert list(tmp_path.iterdir()) == []
    assert (blocks_of(folder), list(processes_of(folder))) == ([], [])


def folders_in(parent: Path) -> set[str]:
    return {path.name for path in parent.iterdir() if path.is_dir()}


@pytest.mark.process
def test_a_campaign_that_is_killed_at_any_moment_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-P", "-m", "capnsafe_fuzz", "fuzz", "builder"]
    command += ["--allocator", "shared-memory", "--engine", "random", "--seed", "1"]
    command += ["--findings", str(tmp_path / "findings")]
    names = set[str]()
    # Before its folder is there, when it is, and from then on to the middle of a search.
    for moment in (None, 0.0, 0.05, 0.2, 0.4, 0.8):
        killed = subprocess.Popen(
            [*command, "--runs", "1000000"],
            env=environment(temporary),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while moment is not None and not folders_in(temporary) - names:
                assert killed.poll() is None
                time.sleep(0.01)
            time.sleep(moment or 0)
        finally:
            killed.kill()
            killed.wait()
        names |= folders_in(temporary)
    done = subprocess.run(
        [*command, "--runs", "50"], env=environment(temporary), capture_output=True, text=True
    )
    # To see whether it can write there, Python's tempfile makes a file of at most four bytes. A
    # kill in that moment leaves it.
    left = [path for path in temporary.iterdir() if path.is_dir() or path.stat().st_size > 4]
    assert (done.returncode, left) == (0, []), done.stderr
    assert names
    assert [name for name in os.listdir(SHARED_MEMORY) if name.startswith(tuple(names))] == []
    assert [pid for name in names for pid in processes_of(temporary / name)] == []
