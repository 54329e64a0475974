"""Children that end with their parent, and how a process ended, in words."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

GARBLED = "wrote into the harness's pipes"
"""How an execution ended that did so: nothing that its process says can be relied on."""
DEAFENED = "closed the harness's pipes"
"""How one ended that could not say what it came to."""


def end_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when ``parent`` ends; end now if it already has.

    Linux only. Elsewhere a child notices by its pipes, at the next message it sends or awaits.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_children() -> None:
    """Kill and reap every child of this process, adopted ones included (Linux)."""
    while children := _children():
        for child in children:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        for child in children:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)


def _children() -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def ignore_terminal_signals() -> None:
    """Leave Ctrl-C and the like to the parent, which stops its children in its own order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def limit_memory(megabytes: int | None) -> None:
    """Bound this process's address space; an allocation beyond it raises MemoryError."""
    if megabytes is None:
        return
    wanted = megabytes * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def no_core_dumps() -> None:
    """A campaign that finds crashes must not fill the disk with cores."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def describe_death(returncode: int) -> str:
    """``SIGSEGV`` or ``exit 3``, from a return code as ``subprocess`` has it."""
    if returncode < 0:
        try:
            return signal.Signals(-returncode).name
        except ValueError:
            return f"signal {-returncode}"
    return f"exit {returncode}"
