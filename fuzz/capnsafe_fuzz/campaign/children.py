"""Start and end the processes of a campaign, seen from the parent.

Children run the same Python with the same import path. They form a process group of their own. So
Ctrl-C in a terminal reaches only the parent, which then ends them in its own order. They also end
with the parent, whatever ends it.
"""

from __future__ import annotations

import compileall
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..ownership import VARIABLE, blocks_of, kill_processes, remove_blocks
from .supervisor import end_supervised

GRACE_SECONDS = 5.0
KILLED_SECONDS = 60.0
"""How long a killed process may take to disappear, in seconds, on a busy machine."""


@dataclass(slots=True)
class Child:
    """A running child, and the parent's ends of the pipes to it."""

    process: subprocess.Popen[bytes]
    hears: int
    """The pipe in which the parent writes to the child."""
    says: int
    """The pipe from which the parent reads the child's messages."""
    scratch: Path
    """Its folder for temporary files; everything that it starts belongs to this folder."""

    @property
    def stderr(self) -> int:
        """Return the pipe from which the parent reads the child's standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.fileno()

    def kill(self) -> int:
        """End it, if it still runs, and all that it started; return its return code."""
        end_supervised(self.process)
        return self.process.wait(KILLED_SECONDS)

    def kill_started(self) -> None:
        """End the processes that its supervisor could not end, and remove its shared memory."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        kill_processes(self.scratch)
        remove_blocks(blocks_of(str(self.scratch), self.process.pid))

    def close(self) -> None:
        """Kill it, and all that it started, and close the pipes."""
        self.kill()
        self.kill_started()
        os.close(self.hears)
        os.close(self.says)
        if self.process.stderr is not None:
            self.process.stderr.close()


_ADDR_NO_RANDOMIZE = 0x0040000
"""From Linux's ``personality.h``."""


def _libc() -> ctypes.CDLL | None:
    try:
        libc = ctypes.CDLL(None)
    except OSError:
        return None
    return libc if hasattr(libc, "personality") else None


_LIBC = _libc()


def _stay_where_you_are() -> None:
    """Give the child the same addresses in every run, if the system allows it.

    Depending on whether memory is reused, or lies beside other memory, an encoder takes one branch
    or another. So coverage, and a coverage-guided search, depends on addresses.
    """
    if _LIBC is not None:
        _LIBC.personality(_ADDR_NO_RANDOMIZE)


_PACKAGES = ("capnsafe", "capnsafe_allocators", "capnsafe_fuzz")


@cache
def compile_packages() -> None:
    """Compile the children's imports, so that the first child finds the same files as later ones.

    A process that compiles a module has another heap than one that loads it, and coverage depends
    on addresses. If bytecode is not kept, every child compiles for itself.
    """
    if sys.dont_write_bytecode:
        return
    for name in _PACKAGES:
        spec = find_spec(name)
        for folder in (spec and spec.submodule_search_locations) or ():
            compileall.compile_dir(folder, quiet=2)


def import_path() -> str:
    """Return the import path of this process, for the environment of another one."""
    return os.pathsep.join(path or os.getcwd() for path in sys.path)


def start(module: str, arguments: Sequence[str], scratch: Path, *, keep_stderr: bool) -> Child:
    """Start ``python -m module arguments... FROM_CHILD TO_CHILD``, numbers of two descriptors.

    The child writes to the first and reads from the second. Its temporary files go to ``scratch``,
    a folder that the parent owns, because a killed child removes nothing.
    """
    child_reads, hears = os.pipe()
    says, child_writes = os.pipe()
    environment = dict(os.environ)
    # Sets and dicts of strings must iterate in the same order in every run.
    environment["PYTHONHASHSEED"] = "0"
    # The output of an encoder must not depend on the terminal, since it may become part of a
    # finding.
    environment["PYTHONIOENCODING"] = "utf-8:backslashreplace"
    environment["TMPDIR"] = str(scratch)
    environment[VARIABLE] = str(scratch)
    environment["PYTHONPATH"] = import_path()
    command = [sys.executable, "-P", "-m", module, *arguments, str(child_writes), str(child_reads)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if keep_stderr else subprocess.DEVNULL,
            pass_fds=(child_reads, child_writes),
            env=environment,
            process_group=0,
            preexec_fn=_stay_where_you_are,
        )
    except OSError:
        for descriptor in (hears, says):
            os.close(descriptor)
        raise
    finally:
        for descriptor in (child_reads, child_writes):
            os.close(descriptor)
    return Child(process, hears, says, scratch)
