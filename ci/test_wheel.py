"""Test the installed package: copy the tests of the encoder away from the sources, and run them.

``pip install`` a wheel first. cibuildwheel runs this on each wheel that it has built.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

#: The tests of the encoder, but for those that look for its classes in a checkout.
FOLDERS: Final = ("tests/capnsafe", "tests/catalogue")
LEFT_OUT: Final = ("--ignore", "tests/capnsafe/test_errors_that_cross.py")


def main() -> int:
    """Run the tests, with pytest's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        # Some tests take their work from the benchmarks.
        for name in ("tests", "benchmarks"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        shutil.copy(ROOT / "pyproject.toml", folder)
        options = ("-q", "-o", "pythonpath=.", "-m", "not process and not thorough and not release")
        command = [sys.executable, "-m", "pytest", *options, *LEFT_OUT, *FOLDERS, *sys.argv[1:]]
        # Some tests import the harness, which would choose the sources.
        environment = {"CAPNSAFE_PLAIN": "0", **os.environ}
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
