"""What children find when they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.children import import_path


@pytest.mark.process
@pytest.mark.parametrize("kept", [True, False])
def test_what_children_import_is_compiled_before_them(tmp_path: Path, kept: bool) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    environment |= {"PYTHONPATH": import_path(), "PYTHONPYCACHEPREFIX": str(tmp_path)}
    if not kept:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    script = "from capnsafe_fuzz.campaign.children import compile_packages as c; c(); c()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], env=environment, check=True, capture_output=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    compiled = {path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc")}
    #: None of these is imported by the module that compiles.
    wanted = {"worker", "confirmer", "atheris", "arena", "wasm", "hostile"}
    assert wanted & compiled == (wanted if kept else set())


@pytest.mark.process
def test_a_worker_imports_no_encoder_before_it_can_be_instrumented() -> None:
    script = (
        "import capnsafe_fuzz.campaign.worker, sys\n"
        "from capnsafe_fuzz.engines import engines\n"
        "engines()\n"
        "sys.exit('capnsafe' in sys.modules)\n"
    )
    environment = os.environ | {"PYTHONPATH": import_path()}
    done = subprocess.run([sys.executable, "-P", "-c", script], env=environment, check=False)
    assert done.returncode == 0
