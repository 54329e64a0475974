"""Writing a result keeps the old file until all of the new one is on the disk."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.campaign.config import CampaignConfig, CampaignResult
from capnsafe_fuzz.campaign.failures import EnvironmentFailedError
from capnsafe_fuzz.campaign.files import scratch, shell_word, write_whole
from capnsafe_fuzz.campaign.junit import write_junit
from capnsafe_fuzz.cli.fuzz import write_campaigns


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size`` bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "result"
    path.write_bytes(b"old" * 1000)
    with (
        _files_of_at_most(1024),
        pytest.raises(OSError, match="File too large") as failure,
    ):
        write_whole(path, bytes(5000))
    assert failure.value.filename == str(path)
    assert path.read_bytes() == b"old" * 1000
    assert list(tmp_path.iterdir()) == [path]


def test_reports_are_written_so(tmp_path: Path) -> None:
    result = CampaignResult(CampaignConfig(engine="random"))
    result.situations = {("set text", "-", f"outcome {n}"): n for n in range(100)}
    path = tmp_path / "report"
    path.write_text("old")
    with _files_of_at_most(16):
        with pytest.raises(EnvironmentFailedError, match="--json cannot be written: File too"):
            write_campaigns(path, [result], 0)
        with pytest.raises(EnvironmentFailedError, match="--junit cannot be written: File too"):
            write_junit(path, None)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.process
def test_what_a_killed_process_did_not_finish_is_removed_by_the_next(tmp_path: Path) -> None:
    begin = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from capnsafe_fuzz.campaign.files import scratch\n"
        "folder = Path(sys.argv[1])\n"
        "scratch(folder).write_text('half')\n"
        "scratch(folder, 'a-finding').mkdir()\n"
        "(scratch(folder, 'a-finding') / 'program.py').write_text('half')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": import_path()}
    killed = subprocess.run([sys.executable, "-c", begin, str(tmp_path)], env=environment)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    mine, foreign = scratch(tmp_path, "mine"), tmp_path / ".capnsafe-writing-elsewhere.1."
    for path in (mine, foreign):
        path.write_text("of a process that runs, or of another machine")
    write_whole(tmp_path / "report", b"whole")
    assert set(tmp_path.iterdir()) == {mine, foreign, tmp_path / "report"}


def test_names_links_and_permissions_are_kept(tmp_path: Path) -> None:
    for name in (b"x" * 255, b"any\xff\n bytes"):
        path = tmp_path / os.fsdecode(name)
        write_whole(path, b"1")
        path.chmod(0o640)
        write_whole(path, b"2")
        assert path.read_bytes() == b"2"
        assert path.stat().st_mode & 0o777 == 0o640
    link = tmp_path / "link"
    link.symlink_to(path)
    write_whole(link, b"3")
    assert link.is_symlink()
    assert path.read_bytes() == b"3"
    write_whole(Path("/dev/null"), b"nowhere")
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.process
@pytest.mark.parametrize("name", [b"plain", b"a b'c", b"\xff'\n\\\"", "\u00e9 $x".encode()])
def test_a_shell_finds_what_is_named(name: bytes) -> None:
    word = shell_word(Path(os.fsdecode(name)))
    assert word.isprintable()
    said = subprocess.run(["bash", "-c", f"printf %s {word}"], check=True, capture_output=True)
    assert said.stdout == name
