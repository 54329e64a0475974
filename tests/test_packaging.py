"""What users install: versions in ranges, and a wheel that works in an empty environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def name_of(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None
    return match[0].lower()


def test_users_get_ranges_and_developers_exact_versions() -> None:
    ranges = [one for extra in EXTRAS if extra != "dev" for one in EXTRAS[extra]]
    ranges = [one for one in ranges if not one.startswith("capnsafe[")]
    assert ranges
    assert [one for one in ranges if not re.match(r"[\w.-]+>=[\w.]+,<[\w.]+(;|$)", one)] == []
    lines = (ROOT / "ci" / "constraints.txt").read_text().splitlines()
    exact = {name_of(line) for line in lines if not line.startswith("#") and "==" in line}
    wanted = {name_of(one) for extra in EXTRAS.values() for one in extra} - {"capnsafe"}
    assert wanted - exact == set()


@pytest.mark.process
@pytest.mark.parametrize("package", ["click", "rich"])
def test_a_command_without_its_extra_says_which_to_install(package: str) -> None:
    script = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv = ['capnsafe', 'list', 'targets']\n"
        "from capnsafe_fuzz.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"capnsafe: {package} is not installed: the command capnsafe needs it "
        "(pip install 'capnsafe[fuzz]')\n"
    )


@pytest.mark.process
@pytest.mark.release
def test_a_wheel_in_an_empty_environment_opens_the_gate(tmp_path: Path) -> None:
    def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 2), done.stderr
        return done

    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    run(sys.executable, "-m", "venv", tmp_path / "empty")
    bin_folder = tmp_path / "empty" / "bin"
    (wheel,) = tmp_path.glob("*.whl")
    assert "capnsafe_fuzz/report/page.html.jinja" in ZipFile(wheel).namelist()
    run(bin_folder / "python", "-m", "pip", "install", "--quiet", "--no-deps", wheel)
    assert run(bin_folder / "python", "-c", "import capnsafe").returncode == 0
    lacking = run(bin_folder / "capnsafe", "list", "targets")
    assert lacking.returncode == 2
    assert len(lacking.stderr.splitlines()) == 1
    assert "click is not installed" in lacking.stderr
    # The packages of this environment, but not this project: a path has no editable installs.
    packages = sysconfig.get_path("platlib")
    (tmp_path / "repository").mkdir()
    run("git", "init", "--quiet", tmp_path / "repository")
    settings = '[tool.capnsafe]\nexecutions = 200\ncanaries = ["zero_before_allocate"]\n'
    (tmp_path / "repository" / "pyproject.toml").write_text(settings)
    command = "import os; os.chdir('repository'); from capnsafe_fuzz.__main__ import main; main()"
    gate = run(bin_folder / "python", "-c", command, "gate", PYTHONPATH=packages)
    assert gate.returncode == 0
    assert "the gate is open" in gate.stdout
