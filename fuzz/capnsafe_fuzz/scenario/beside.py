"""Work that must leave nothing behind in the heap of this process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

_THREADS = Path("/proc/self/task")


def made_beside(make: Callable[[], bytes]) -> bytes | None:
    """Answer what ``make`` answers in a child of this process, which waits for it.

    None if it failed there, or if a child cannot be had: a process with several threads must not
    fork, and only Linux tells of them.
    """
    if not _THREADS.is_dir() or len(os.listdir(_THREADS)) > 1:
        return None
    with tempfile.TemporaryFile() as file:
        child = os.fork()
        if child == 0:
            try:
                file.write(make())
                file.flush()
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        file.seek(0)
        return file.read() if status == 0 else None
