"""A check after all tests: no temporary file, shared memory or process of theirs is left.

The tests of a process have a directory for temporary files of their own. Its folder is also the
mark of the processes that they start, and of their shared memory: see
:mod:`capnsafe_fuzz.ownership`. So tests of other processes, which run beside these, do not count.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from capnsafe_fuzz.memories import shared_memory
from capnsafe_fuzz.ownership import (
    SHARED_MEMORY,
    VARIABLE,
    OwnedFolder,
    process_folder,
    processes_of,
)

_ENDING_SECONDS: Final = 10.0
"""How long processes that were told to end may take."""
_POLL_SECONDS: Final = 0.05


class Leftovers:
    """What the tests of this process leave behind."""

    def __init__(self) -> None:
        """Begin. The folders of pytest's own, which it keeps for a while, stay where they are."""
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
        self._before = {name: os.environ.get(name) for name in ("TMPDIR", VARIABLE)}
        self._folder = OwnedFolder()
        # Hypothesis searches the source of each loaded module for constants, except below a folder
        # with this name. The copies of the encoder with planted bugs are some ten thousand modules.
        self._temporary = self._folder.path / "site-packages"
        self._temporary.mkdir()
        os.environ["TMPDIR"] = os.environ[VARIABLE] = str(self._temporary)
        tempfile.tempdir = None
        self._blocks: set[str] = set()
        # What ``multiprocessing.shared_memory`` opens blocks with.
        opener: Any = import_module("_posixshmem")
        opener.shm_open = self._noting(opener.shm_open)

    def _noting(self, opening: Callable[..., int]) -> Callable[..., int]:
        """Note the shared memory that this process opens: most of it has a name without a mark."""

        @wraps(opening)
        def open_and_note(path: str, *arguments: Any, **options: Any) -> int:
            self._blocks.add(path.removeprefix("/"))
            return opening(path, *arguments, **options)

        return open_and_note

    def close(self) -> None:
        """Remove everything that was left."""
        self._folder.close()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        tempfile.tempdir = None

    def left(self) -> list[str]:
        """Return a line for each thing that is left."""
        _close_what_ends_with_the_process()
        deadline = time.monotonic() + _ENDING_SECONDS
        while True:
            left = [*self._files(), *self._shared_memory(), *self._processes()]
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(_POLL_SECONDS)

    def _files(self) -> Iterator[str]:
        for path in sorted(self._temporary.iterdir()):
            yield f"file {path}"

    def _shared_memory(self) -> Iterator[str]:
        if not SHARED_MEMORY.is_dir():
            return
        for name in sorted(os.listdir(SHARED_MEMORY)):
            if name in self._blocks or name.startswith(self._folder.path.name):
                yield f"shared memory {name}"

    def _processes(self) -> Iterator[str]:
        for process in sorted({*processes_of(self._folder.path), *_children()}):
            try:
                command = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            # It lives as long as this process.
            if b"multiprocessing.resource_tracker" not in command:
                yield f"process {process}: {command.decode(errors='replace') or 'not waited for'}"


def _children() -> Iterator[int]:
    """Return the processes that this one started, those that have ended included (Linux)."""
    try:
        threads = os.listdir("/proc/self/task")
        for thread in threads:
            children = Path(f"/proc/self/task/{thread}/children").read_text()
            yield from map(int, children.split())
    except OSError:
        return


def _close_what_ends_with_the_process() -> None:
    shared_memory.close_blocks()
    process_folder().close()
    process_folder.cache_clear()
