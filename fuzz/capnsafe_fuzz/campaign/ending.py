"""Let children end with their parent, and describe how a process ended."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import NoReturn

# Loaded here and not at its use, which may be between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

KILLING_SECONDS = 10.0
"""How long to try to kill the descendants of a process, in seconds."""
_PAUSE_SECONDS = 0.0005

_HARNESS = __name__.partition(".")[0] + "."
_HARNESS_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)')
_FIRST = "(most recent call first)"
"""The words with which ``faulthandler`` states the order of its frames."""
MOST_FRAMES = 20

GARBLED = "wrote into the harness's pipes"
"""The ending of an execution that did this: no message of its process is reliable."""
DEAFENED = "closed the harness's pipes"
"""The ending of an execution that could not send its result."""


OUT_OF_MEMORY = "out of memory"
"""The ending of an execution that needed more memory than a process may have."""
_OUT_OF_MEMORY_CODE = 89
_HEADROOM_BYTES = 32 << 20
_NO_MEMORY = re.compile(r"bad_alloc|memory allocation of \d+ bytes failed|out of memory", re.I)
"""Messages of C++, Rust and others before they abort."""


def end_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Ask the kernel for the signal ``number`` when ``parent`` ends; end now if it already has.

    Linux only. Elsewhere a child notices by its pipes, at the next message it sends or awaits.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_children(keep: frozenset[int] = frozenset()) -> None:
    """Kill and reap every child of this process, adopted ones included (Linux).

    Those with the numbers in ``keep`` stay.
    A subreaper adopts the children of a killed child, so it ends all its descendants. After
    ``KILLING_SECONDS`` it gives up on those that cannot be killed, or start others too quickly.
    """
    until = time.monotonic() + KILLING_SECONDS
    while (children := set(children_of_this_process()) - keep) and time.monotonic() < until:
        for child in children:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        time.sleep(_PAUSE_SECONDS)
        for child in children:
            with suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)


def children_of_this_process() -> list[int]:
    """Return the processes whose parent is this one (Linux; elsewhere none)."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def memory_is_spent() -> bool:
    """Return whether this process has so little memory left that anything may fail."""
    try:
        bytearray(_HEADROOM_BYTES)
    except MemoryError:
        return True
    return False


def end_out_of_memory() -> NoReturn:
    """End this process, which has no memory left; ``describe_death`` recognizes it."""
    os._exit(_OUT_OF_MEMORY_CODE)


def ignore_terminal_signals() -> None:
    """Leave Ctrl-C and similar signals to the parent, which ends its children in its own order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def limit_memory(megabytes: int | None) -> None:
    """Limit the memory that this process can write to; a larger allocation fails.

    Address space that is only reserved does not count: a WebAssembly engine reserves gigabytes for
    each guest's memory. Linux limits mappings as well, other systems perhaps only the heap.
    """
    if megabytes is None:
        return
    wanted = megabytes * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def tell_exits(descriptor: int) -> None:
    """Make ``os._exit`` write its call's place to ``descriptor``, unless the harness called it."""
    exit_at_once, process = os._exit, os.getpid()

    def telling(status: int) -> NoReturn:
        caller = sys._getframe(1)
        if os.getpid() == process and not caller.f_globals["__name__"].startswith(_HARNESS):
            frames = "".join(reversed(traceback.format_stack(caller, MOST_FRAMES)))
            with suppress(OSError):
                os.write(descriptor, f"os._exit({status}) {_FIRST}:\n{frames}".encode())
        exit_at_once(status)

    os._exit = telling


def timed_out(trace: str) -> bool:
    """Return whether ``faulthandler`` wrote a traceback because the time was up."""
    return trace.startswith("Timeout (")


def place_in(trace: str) -> str:
    """Return `` in FILE:LINE`` for the innermost frame of a traceback; empty if there is none.

    Frames of Python's library and of the harness do not count. Tracebacks of ``faulthandler`` are
    read, too. The last of several tracebacks counts.
    """
    first = trace.rpartition(_FIRST)
    frames = _FRAME.findall(first[2])
    for file, line in frames if first[1] else reversed(frames):
        of_python = file.startswith(_LIBRARY) and "-packages" not in file
        if not (of_python or file.startswith(("<", _HARNESS_FOLDER))):
            return f" in {os.path.basename(file)}:{line}"
    return ""


def no_core_dumps() -> None:
    """Disable core dumps: a campaign that finds crashes must not fill the disk with them."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def describe_death(returncode: int, stderr: str = "") -> str:
    """Return ``SIGSEGV`` or ``exit 3`` for a return code of ``subprocess``.

    ``stderr``, the last output of the process, shows whether it ran out of memory.
    """
    if returncode == _OUT_OF_MEMORY_CODE or (
        returncode == -signal.SIGABRT and _NO_MEMORY.search(stderr)
    ):
        return OUT_OF_MEMORY
    if returncode < 0:
        try:
            return signal.Signals(-returncode).name
        except ValueError:
            return f"signal {-returncode}"
    return f"exit {returncode}"
