"""Remove the folders, shared memory and processes that a killed process leaves behind.

Each belongs to an *owned folder* in the directory for temporary files:

- temporary files lie in the folder,
- the names of shared memory blocks begin with the folder's name,
- processes have the folder in their environment, which their child processes inherit. If a process
  drops its environment, the supervisor of its worker or judge ends it (``campaign/supervisor.py``).

The owner holds a lock on its folder and clears all three when it closes the folder. The kernel
drops the lock when the owner ends, however that happens. So the next run recognizes the leftovers
of a killed run, and clears them first. The lock, and not a process id, shows whether the owner
lives: another container that shares the directory has other process ids.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

VARIABLE: Final = "CAPNSAFE_OWNER"
"""Environment variable of a process that belongs to an owned folder: that folder, or one inside it.
"""

SHARED_MEMORY: Final = Path("/dev/shm")
"""The folder in which Linux shows shared memory as files."""

_PREFIX: Final = "capnsafe-run-"
_PROCESSES: Final = Path("/proc")
_ROUNDS: Final = 50
"""How often to look for processes: one that is about to be killed may start another."""
_PAUSE_SECONDS: Final = 0.01


class OwnedFolder:
    """A folder for temporary files, and the owner of shared memory and processes."""

    def __init__(self) -> None:
        """Make and lock the folder.

        Raises:
            OSError: If the folder cannot be made or locked.
        """
        clear_abandoned()
        self.path, self._lock = _make_locked()
        self._closed = False

    def close(self) -> None:
        """Kill the folder's processes and remove its shared memory, its files and itself."""
        if self._closed:
            return
        self._closed = True
        try:
            _clear(self.path)
        finally:
            if self._lock is not None:
                os.close(self._lock)

    def __enter__(self) -> OwnedFolder:
        """Return the folder."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the folder."""
        self.close()


@cache
def process_folder() -> OwnedFolder:
    """Return a folder that lives as long as this process."""
    folder = OwnedFolder()
    owner = os.getpid()

    def close() -> None:
        if os.getpid() == owner:
            folder.close()

    atexit.register(close)
    return folder


@cache
def clear_abandoned() -> None:
    """Clear the folders whose owners ended without closing them. It acts once per process."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Another user's folder may be impossible to open or to remove.
        with suppress(OSError):
            lock = _lock(path)
            if lock is None:
                continue
            try:
                if os.fstat(lock).st_uid == os.getuid():
                    _clear(path)
            finally:
                os.close(lock)


def block_prefix() -> str | None:
    """Return the prefix for the names of this process's shared memory blocks, if there is one."""
    return blocks_of(os.environ.get(VARIABLE, ""), os.getpid())


def own_blocks() -> None:
    """Prefix each unnamed shared memory block of this process with the name of its folder.

    Printed programs and code of the user make such blocks. Their process may be killed, and
    Python's resource tracker with it.
    """
    if block_prefix() is None:
        return
    from multiprocessing import shared_memory

    # Python offers no other way; if a name is taken, the block gets another one.
    vars(shared_memory)["_make_filename"] = lambda: f"/{block_prefix()}{token_hex(8)}"


def blocks_of(folder: str, process: int) -> str | None:
    """Return the prefix of the names of a process's blocks; None if nobody owns them."""
    owner = _owner_name(folder)
    return f"{owner}-{process}-" if owner else None


def remove_blocks(prefix: str | None) -> None:
    """Remove the shared memory blocks whose names begin with ``prefix``."""
    if not prefix:
        return
    with suppress(OSError):
        for name in os.listdir(SHARED_MEMORY):
            if name.startswith(prefix):
                with suppress(OSError):
                    (SHARED_MEMORY / name).unlink()


def kill_processes(folder: Path) -> None:
    """Kill every process that belongs to ``folder``, whatever process group it is in (Linux)."""
    for _ in range(_ROUNDS):
        found = list(processes_of(folder))
        if not found:
            return
        for process in found:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        time.sleep(_PAUSE_SECONDS)


def processes_of(folder: Path) -> Iterator[int]:
    """Yield the processes that belong to ``folder``, without this one and those that have ended."""
    marked = f"{VARIABLE}={folder}".encode()
    try:
        names = os.listdir(_PROCESSES)
    except OSError:
        return
    for name in names:
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(_PROCESSES / name / "environ", "rb") as file:
                variables = file.read().split(b"\0")
        except OSError:
            continue
        if any(variable == marked or variable.startswith(marked + b"/") for variable in variables):
            yield int(name)


def _owner_name(folder: str) -> str | None:
    owners = [part for part in Path(folder).parts if part.startswith(_PREFIX)]
    return owners[-1] if owners else None


def _make_locked() -> tuple[Path, int | None]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        try:
            lock = _lock(path)
        except FileNotFoundError:
            continue
        except OSError:
            # The file system has no locks: no other run can lock it either, so none removes it.
            return path, None
        if lock is not None:
            return path, lock
        # Another run found it before it was locked, and removes it.


def _lock(folder: Path) -> int | None:
    """Lock a folder; None if another process has locked it, or if it was replaced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(descriptor, folder):
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_at(descriptor: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def _clear(folder: Path) -> None:
    kill_processes(folder)
    owner = _owner_name(folder.name)
    remove_blocks(f"{owner}-" if owner else None)
    shutil.rmtree(folder, ignore_errors=True)
