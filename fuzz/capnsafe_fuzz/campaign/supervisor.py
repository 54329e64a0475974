"""The supervisor: a process between the parent and a child, which kills its descendants.

An encoder under test may start processes, and these may drop everything that shows to whom they
belong: the parent process (by forking twice), the process group, the session, the environment. So
a child of the parent forks before it loads any user code, and the copy does the work. The child
itself becomes the supervisor of the copy. It is a *subreaper*: the kernel makes it the parent of
each descendant whose own parent ends. So every process that the copy starts stays a descendant of
the supervisor.

The supervisor kills its descendants when the copy ends, when the parent asks for it, and when the
parent ends, however that happens. Then it ends as the copy did.

Linux only. On other systems there is no supervisor, and a child ends with its process group.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import NoReturn

from ..ownership import VARIABLE, blocks_of, remove_blocks
from .ending import KILLING_SECONDS, adopt_orphans, end_children, end_with_parent, no_core_dumps

_DESCRIPTORS = "/proc/self/fd"
_FAILED = 1


def supervise(parent: int) -> None:
    """Fork, and return in the copy; this process supervises it, and ends with ``parent``."""
    if sys.platform != "linux":
        end_with_parent(parent)
        return
    # Blocked signals stay pending. The supervisor waits for the two that it needs.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    end_with_parent(parent, signal.SIGTERM)
    adopt_orphans()
    no_core_dumps()
    supervisor = os.getpid()
    child = os.fork()
    if child:
        _supervise(child)
    # A signal to the group of the child must not reach the supervisor.
    os.setpgid(0, 0)
    end_with_parent(supervisor)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def end_supervised(process: subprocess.Popen[bytes]) -> None:
    """End a process that called ``supervise``, and all processes that it started."""
    if sys.platform == "linux" and process.poll() is None:
        process.terminate()
        # A supervisor that was stopped (SIGSTOP) does not react.
        with suppress(subprocess.TimeoutExpired):
            process.wait(2 * KILLING_SECONDS)
    if process.poll() is None:
        process.kill()


def _supervise(child: int) -> NoReturn:
    status: int | None = None
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Pipes must break when the child closes them.
        for descriptor in os.listdir(_DESCRIPTORS):
            with suppress(OSError):
                os.close(int(descriptor))
        while status is None:
            if signal.sigwait({signal.SIGCHLD, signal.SIGTERM}) == signal.SIGTERM:
                break
            status = _reap(child)
        end_children()
        # Remove shared memory that the copy left behind.
        remove_blocks(blocks_of(os.environ.get(VARIABLE, ""), child))
    finally:
        _end_as(signal.SIGKILL if status is None else status)


def _reap(child: int) -> int | None:
    """Reap every child that has ended; return how ``child`` ended, or None if it runs."""
    status = None
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                status = ended[1]
    return status


def _end_as(status: int) -> NoReturn:
    """End with a status as ``os.waitpid`` has it."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os._exit(_FAILED)
    os._exit(os.WEXITSTATUS(status))
