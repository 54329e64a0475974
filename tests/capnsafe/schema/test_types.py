"""The types of generated code: mypy checks all of this folder; these tests check the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import capnsafe
from tests.capnsafe.schema import typed_use
from tests.capnsafe.schema.tools import FOLDER

CHECKER = Path(sys.executable).with_name("basedpyright")


def test_the_program_runs() -> None:
    assert typed_use.read(typed_use.build()) == "MIT"
    typed_use.values(typed_use.build())


def errors_of_pyright(folder: Path, *checked: Path, ignore_comments: bool = False) -> list[Any]:
    """Return the errors of pyright, which ``make test-release`` installs as basedpyright."""
    config = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "include": [str(path) for path in checked],
        "extraPaths": [str(FOLDER.parents[2])],
        # Generated code calls methods that are not meant for users.
        "reportPrivateUsage": False,
        "enableTypeIgnoreComments": not ignore_comments,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    command = [str(CHECKER), "-p", str(folder), "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(checked)
    return [each for each in report["generalDiagnostics"] if each["severity"] == "error"]


@pytest.mark.process
@pytest.mark.release
def test_pyright_finds_no_fault(tmp_path: Path) -> None:
    own = Path(capnsafe.__file__).parent / "schema" / "schema_capnp.py"
    checked = [*sorted(FOLDER.glob("*_capnp.py")), FOLDER / "typed_use.py", own]
    assert errors_of_pyright(tmp_path, *checked) == []


@pytest.mark.process
@pytest.mark.release
def test_pyright_finds_the_same_faults_as_mypy(tmp_path: Path) -> None:
    wrong = FOLDER / "wrong_use.py"
    expected = {
        number
        for number, line in enumerate(wrong.read_text().splitlines())
        if "# type: ignore[" in line
    }
    found = errors_of_pyright(tmp_path, wrong, ignore_comments=True)
    assert {each["range"]["start"]["line"] for each in found} == expected
