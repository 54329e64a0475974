"""Entry points of other packages, and the template of a driver."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from capnsafe_allocators import FamilyPluginError, add_families, check_allocator
from capnsafe_fuzz.campaign.failures import UsageError
from capnsafe_fuzz.campaign.listing import LISTS
from capnsafe_fuzz.cli.options import full_name
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.plugins import allocator_of, encoder_of
from capnsafe_fuzz.scenario import parse_scenario

ROOT = Path(__file__).parents[1]
POINTS = """\
[capnsafe.encoders]
theirs = their_package:encoder
[capnsafe.drivers]
driven = their_package:COMMAND
listed = their_package:LISTED
wrong = their_package:WRONG
absent = no_such_package:COMMAND
[capnsafe.allocators]
pool = their_package:Pool
"""
TEMPLATES = ROOT / "examples" / "plugins"


@pytest.fixture(autouse=True)
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "theirs-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (about / "entry_points.txt").write_text(POINTS)
    code = 'COMMAND = "run it"\nLISTED = ["run", "a file"]\nWRONG = 7\n'
    (tmp_path / "their_package.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "their_package", raising=False)


def test_names_of_entry_points() -> None:
    assert encoder_of("theirs") == "their_package:encoder"
    assert encoder_of("driven") == "driver:run it"
    assert encoder_of("listed") == "driver:run 'a file'"
    assert allocator_of("pool") == "their_package:Pool"


def test_other_names_stay() -> None:
    assert encoder_of("capnsafe") == "capnsafe"
    assert allocator_of("heap") == "heap"
    assert allocator_of(None) is None


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("wrong", "is 7, and must be a command"), ("absent", "cannot be loaded: ModuleNotFound")],
)
def test_entry_points_that_do_not_fit(name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        full_name(name)


def test_they_are_listed() -> None:
    assert ("theirs", "their_package:encoder, of the package theirs") in LISTS["encoders"]()[1]
    assert ("pool", "their_package:Pool, of the package theirs") in LISTS["allocators"]()[1]


@pytest.mark.process
def test_the_template_of_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ROOT / "fuzz" / "drivers" / "python"
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    template = ROOT / "examples" / "plugins" / "driver_template.py"
    encoder = DrivenEncoder("template", (sys.executable, str(template)))
    program = "h0 = root\nset h0.u32 7\nget h0.u32\nset h0.i8 1\noutput\n"
    head = "capnsafe scenario 1\nmemory heap segment_words=64\nlimit max_segment_words=536870911\n"
    verdict = execute(parse_scenario(head + program), encoder)
    moved = execute(
        parse_scenario(head + program + "fault move one after 0 once segment=0\n"), encoder
    )
    encoder.processes.close()
    assert verdict.violations == ()
    assert {name for name, _, outcome in verdict.situations if outcome == "unsupported"} == {
        "set number"
    }
    # It keeps its place, as its documentation demands.
    assert "P3 close stale-write" in {violation.group for violation in moved.violations}


def declare(folder: Path, points: str) -> None:
    """Declare entry points by an installed package of a folder."""
    about = folder / "faults-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faults\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[capnsafe.faults]\n{points}\n")


def capnsafe(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where the packages of a folder and the templates are installed."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{TEMPLATES}"}
    return subprocess.run(
        [sys.executable, "-m", "capnsafe_fuzz", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("1 / 0", "cannot be loaded: ZeroDivisionError"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3"),
        ("THEIRS = 7", "is 7, and must be a Family"),
        ("THEIRS = replace(DISK, name='other')", "has the name 'other', and must have that"),
        ("THEIRS = replace(DISK, name='disk', kinds={})", "must have a kind and a moment"),
        ("THEIRS = replace(DISK, promises=('P99',))", "tests P99; the promises are P1, P2"),
        ("THEIRS = replace(DISK, before_call=None)", "never acts: it needs one of before_call"),
        (
            "THEIRS = replace(DISK, kinds={'two words': DISK.kinds['full']})",
            "has the name 'two words'",
        ),
    ],
)
def test_families_of_faults_that_do_not_fit(
    code: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(tmp_path, "disk = their_faults:THEIRS")
    monkeypatch.syspath_prepend(TEMPLATES)
    head = "from dataclasses import replace\nfrom fault_template import DISK\n"
    (tmp_path / "their_faults.py").write_text(head + code)
    monkeypatch.delitem(sys.modules, "their_faults", raising=False)
    with pytest.raises(FamilyPluginError, match=rf"'disk' \(their_faults:THEIRS\) {complaint}"):
        add_families()


def test_a_family_of_faults_with_the_name_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(tmp_path, "move = capnsafe_allocators.families:MOVE")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FamilyPluginError, match="has the name of another family"):
        add_families()


@pytest.mark.process
def test_a_broken_family_of_faults_is_one_sentence(tmp_path: Path) -> None:
    declare(tmp_path, "disk = no_such_package:DISK")
    ran = capnsafe(tmp_path, "list", "faults")
    assert (ran.returncode, ran.stdout) == (2, "")
    (line,) = ran.stderr.splitlines()
    assert "the family of faults 'disk' (no_such_package:DISK) cannot be loaded" in line


@pytest.mark.process
def test_the_template_of_a_family_of_faults(tmp_path: Path) -> None:
    declare(tmp_path, "disk = fault_template:DISK")
    scenario = tmp_path / "full.scenario"
    scenario.write_text(
        "capnsafe scenario 1\nmemory heap segment_words=64\nlimit max_segment_words=536870911\n"
        "h0 = root\nset h0.u32 7\nfault disk full allocate 1 once\n"
    )
    ran = capnsafe(tmp_path, "repro", str(scenario))
    assert ran.returncode == 0, ran.stderr
    assert "OSError: [Errno 28] the disk is full" in ran.stdout

    script = tmp_path / "program.py"
    script.write_text(capnsafe(tmp_path, "repro", "--script", str(scenario)).stdout)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{TEMPLATES}"}
    program = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=600
    )
    assert "OSError(28, 'the disk is full')" in program.stderr

    searched = ("fuzz", "builder", "--engine", "random", "--seed", "1", "--runs", "1500")
    ran = capnsafe(tmp_path, *searched, "--findings", "none")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    heads = [line for line in ran.stdout.splitlines() if line.startswith(" operation")]
    assert "disk" in " ".join(heads).split()


@pytest.mark.process
def test_the_templates_of_an_encoder_and_an_allocator(tmp_path: Path) -> None:
    sys.path.insert(0, str(TEMPLATES))
    try:
        from allocator_template import Pool  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(TEMPLATES))
    # A campaign checks it, too, with more examples.
    assert not check_allocator(Pool, examples=8)
    searched = ("fuzz", "builder", "--engine", "random", "--seed", "1", "--runs", "400")
    ran = capnsafe(tmp_path, *searched, "--allocator", "allocator_template:Pool")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # It lets exceptions of the memory through, which is a finding, and does all else well.
    ran = capnsafe(tmp_path, *searched, "--encoder", "encoder_template:Encoder")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "P1 root" in ran.stdout
