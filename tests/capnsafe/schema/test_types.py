"""The types of generated code: mypy checks all of this folder; these tests check the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import capnsafe
from tests.capnsafe.schema import typed_use
from tests.capnsafe.schema.tools import FOLDER

CHECKER = Path(sys.executable).with_name("basedpyright")


def test_the_program_runs() -> None:
    assert typed_use.read(typed_use.build()) == "MIT"
    typed_use.values(typed_use.build())


@pytest.mark.process
@pytest.mark.release
def test_pyright_finds_no_fault(tmp_path: Path) -> None:
    """``make test-release`` installs basedpyright, which is pyright without a download."""
    checked = [*sorted(FOLDER.glob("*_capnp.py")), FOLDER / "typed_use.py"]
    checked.append(Path(capnsafe.__file__).parent / "schema" / "schema_capnp.py")
    config = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "include": [str(path) for path in checked],
        "extraPaths": [str(FOLDER.parents[2])],
        # Generated code calls methods that are not meant for users.
        "reportPrivateUsage": False,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    command = [str(CHECKER), "-p", str(tmp_path), "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(checked)
    assert [each for each in report["generalDiagnostics"] if each["severity"] == "error"] == []
