"""Starting and ending the processes of a campaign, seen from the parent.

Children run the same Python with the same import path. They form a process group of their own, so
that Ctrl-C in a terminal reaches the parent alone, which then ends them in its own order; and they
end with the parent, whatever ends it.
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
"""How long a killed process may take to be gone: seconds, on a busy machine."""


@dataclass(slots=True)
class Child:
    """A running child, and the parent's ends of the pipes to it."""

    process: subprocess.Popen[bytes]
    hears: int
    """Where the parent writes what the child is to read."""
    says: int
    """Where the parent reads what the child wrote."""
    scratch: Path
    """Its folder for temporary files; whatever it starts belongs to that."""

    @property
    def stderr(self) -> int:
        """Where the parent reads the child's standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.fileno()

    def kill(self) -> int:
        """End it at once, if it has not ended, and all that it started; answers its return code."""
        end_supervised(self.process)
        return self.process.wait(KILLED_SECONDS)

    def kill_started(self) -> None:
        """End what it started if its supervisor could not, and remove its shared memory."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        kill_processes(self.scratch)
        remove_blocks(blocks_of(str(self.scratch), self.process.pid))

    def close(self) -> None:
        """Kill it, and what it started, and close the pipes."""
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
    """Let the child's addresses be the same in every run, where the system can and may do that.

    Memory that is handed out again, or lies beside other memory, makes an encoder take one branch
    or the other; so coverage, and with it a coverage-guided search, depends on addresses.
    """
    if _LIBC is not None:
        _LIBC.personality(_ADDR_NO_RANDOMIZE)


_PACKAGES = ("capnsafe", "capnsafe_allocators", "capnsafe_fuzz")


@cache
def compile_packages() -> None:
    """Compile what children import, so that the first of them finds it as any other will.

    What compiles a module has another heap than what loads it, and coverage depends on addresses.
    Where bytecode is not kept, or cannot be, every child compiles for itself.
    """
    if sys.dont_write_bytecode:
        return
    for name in _PACKAGES:
        spec = find_spec(name)
        for folder in (spec and spec.submodule_search_locations) or ():
            compileall.compile_dir(folder, quiet=2)


def import_path() -> str:
    """The import path of this process, for the environment of another one."""
    return os.pathsep.join(path or os.getcwd() for path in sys.path)


def start(module: str, arguments: Sequence[str], scratch: Path, *, keep_stderr: bool) -> Child:
    """Start ``python -m module arguments... FROM_CHILD TO_CHILD``, numbers of two descriptors.

    The first is for what the child says, the second for what it hears. Its temporary files go to
    ``scratch``, a folder that the parent owns: a child that is killed removes nothing.
    """
    child_reads, hears = os.pipe()
    says, child_writes = os.pipe()
    environment = dict(os.environ)
    # Sets and dicts of strings must iterate alike in every run.
    environment["PYTHONHASHSEED"] = "0"
    # What an encoder prints must not depend on the terminal: it would be told for the encoder's.
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
