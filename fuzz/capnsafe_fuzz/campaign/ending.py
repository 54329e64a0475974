"""Children that end with their parent, and how a process ended, in words."""

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
"""How long to try to kill the descendants of a process."""
_PAUSE_SECONDS = 0.0005

_HARNESS = __name__.partition(".")[0] + "."
_HARNESS_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)')
_FIRST = "(most recent call first)"
"""How ``faulthandler`` says in what order it has the frames."""
MOST_FRAMES = 20

GARBLED = "wrote into the harness's pipes"
"""How an execution ended that did so: nothing that its process says can be relied on."""
DEAFENED = "closed the harness's pipes"
"""How one ended that could not say what it came to."""


OUT_OF_MEMORY = "out of memory"
"""How one ended that needed more memory than a process may have."""
_OUT_OF_MEMORY_CODE = 89
_HEADROOM_BYTES = 32 << 20
_NO_MEMORY = re.compile(r"bad_alloc|memory allocation of \d+ bytes failed|out of memory", re.I)
"""As C++, Rust and others say it before they abort."""


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


def end_children() -> None:
    """Kill and reap every child of this process, adopted ones included (Linux).

    The children of a killed child are adopted, so a subreaper ends all its descendants. One that
    cannot be killed, or that starts others faster than they are killed, is left after
    ``KILLING_SECONDS``.
    """
    until = time.monotonic() + KILLING_SECONDS
    while (children := _children()) and time.monotonic() < until:
        for child in children:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        time.sleep(_PAUSE_SECONDS)
        for child in children:
            with suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)


def _children() -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def memory_is_spent() -> bool:
    """Whether this process has so little memory left that anything may fail for that reason."""
    try:
        bytearray(_HEADROOM_BYTES)
    except MemoryError:
        return True
    return False


def end_out_of_memory() -> NoReturn:
    """End this process, which has no memory left; ``describe_death`` says so."""
    os._exit(_OUT_OF_MEMORY_CODE)


def ignore_terminal_signals() -> None:
    """Leave Ctrl-C and the like to the parent, which stops its children in its own order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def limit_memory(megabytes: int | None) -> None:
    """Bound the memory that this process can write to; an allocation beyond it fails.

    Address space that is only reserved does not count: a WebAssembly engine reserves gigabytes for
    each memory of a guest. Linux bounds mappings as well, other systems perhaps only the heap.
    """
    if megabytes is None:
        return
    wanted = megabytes * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def tell_exits(descriptor: int) -> None:
    """Have ``os._exit`` write to ``descriptor`` where it was called, if not by the harness."""
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
    """Whether ``faulthandler`` wrote a traceback because the process was not done in time."""
    return trace.startswith("Timeout (")


def place_in(trace: str) -> str:
    """Return `` in FILE:LINE`` for the innermost frame of a traceback; nothing if there is none.

    Frames of Python's library and of the harness do not count. Tracebacks of ``faulthandler`` are
    read too; of several the last.
    """
    first = trace.rpartition(_FIRST)
    frames = _FRAME.findall(first[2])
    for file, line in frames if first[1] else reversed(frames):
        of_python = file.startswith(_LIBRARY) and "-packages" not in file
        if not (of_python or file.startswith(("<", _HARNESS_FOLDER))):
            return f" in {os.path.basename(file)}:{line}"
    return ""


def no_core_dumps() -> None:
    """A campaign that finds crashes must not fill the disk with cores."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def describe_death(returncode: int, stderr: str = "") -> str:
    """``SIGSEGV`` or ``exit 3``, from a return code as ``subprocess`` has it.

    ``stderr``, what the process wrote at last, tells whether it ended for want of memory.
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
