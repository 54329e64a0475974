"""The examples run as they are, and print the output that they document."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capnsafe.schema import addressbook_capnp

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"

#: What each must print, besides other things.
PRINTED = {
    "adapters.py": "accessors: get_text: this memory can only be written",
    "malloc.py": "C reads 'Alice'",
    "mapped_file.py": "a million squares, the last 998001000000",
    "pool.py": "100 words are free again",
    "scratch.py": "5000 characters: in the heap as well",
    "shared_memory.py": "the other process read: Alice is 42",
    "wasm_guest.py": "the guest read order 467: total 399980000,",
}


def test_every_example_is_tried_and_is_in_the_guide() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == sorted(PRINTED)
    guide = (ROOT / "docs" / "memories.md").read_text(encoding="utf-8")
    assert [name for name in PRINTED if f"../examples/{name}" not in guide] == []


@pytest.mark.process
@pytest.mark.parametrize("name", PRINTED)
def test_an_example_runs_as_its_first_lines_say(name: str, tmp_path: Path) -> None:
    path = EXAMPLES / name
    assert f"python examples/{name}" in path.read_text(encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        capture_output=True, text=True, cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert ran.stderr == ""
    assert ran.returncode == 0
    assert PRINTED[name] in ran.stdout


@pytest.mark.process
def test_the_guest_of_the_example_was_moved() -> None:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / "wasm_guest.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "was seen in 1 places" not in ran.stdout
    # The README shows what it prints, but for the places, which are the system's to choose.
    assert ran.stdout.splitlines()[1] in (ROOT / "README.md").read_text(encoding="utf-8")


def blocks_of_python(document: Path) -> list[str]:
    parts = document.read_text(encoding="utf-8").split("```python\n")[1:]
    return [part.split("```")[0] for part in parts]


GUIDE = ROOT / "docs" / "memories.md"

#: Programs that other blocks run: by the names in their first lines.
PROGRAMS = {
    named[1]: block
    for block in blocks_of_python(GUIDE)
    if (named := re.match(r"# (\w+\.py)\n", block))
}

RUN = [block for block in blocks_of_python(GUIDE) if block not in PROGRAMS.values()]


@pytest.mark.process
@pytest.mark.parametrize("at", range(len(RUN)))
def test_what_the_guide_shows_runs(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "addressbook_capnp", addressbook_capnp)
    shutil.copy(Path(addressbook_capnp.__file__).with_name("addressbook.capnp"), tmp_path)
    for name, program in PROGRAMS.items():
        (tmp_path / name).write_text(program, encoding="utf-8")
    exec(compile(RUN[at], f"block {at}", "exec"), {})
    for line in capsys.readouterr().out.splitlines():
        # A line that is long is shown to its first half.
        assert line[:60] in GUIDE.read_text(encoding="utf-8")
