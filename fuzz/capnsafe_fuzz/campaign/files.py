"""Results in files: replaced without loss, and named so that a shell finds them.

The old contents of a file stay until the new ones are completely on the disk.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from contextlib import suppress
from pathlib import Path

_SCRATCH = ".capnsafe-writing-"


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to a file beside ``path``, then rename that to ``path``.

    A full disk, or the end of the process, leaves ``path`` as it was. A link is followed, and the
    permissions of an old file are kept. A pipe or device (``/dev/stdout``) is written to directly.

    Raises:
        OSError: If the file cannot be written; nothing is left beside ``path``.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    # Not ``Path.resolve``, which does not raise OSError for a loop of links.
    final = Path(os.path.realpath(path))
    # Short, since the name of the file itself may have the greatest length.
    clear_scratch(final.parent)
    fresh = scratch(final.parent)
    try:
        write_to_disk(fresh, data)
        if final.exists():
            fresh.chmod(final.stat().st_mode & 0o7777)
        fresh.replace(final)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        # People know the file by its other name.
        error.filename = str(path)
        error.filename2 = None
        raise
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    flush_folder(final.parent)


def scratch(folder: Path, name: str = "") -> Path:
    """Return a path in ``folder`` for a file that this process renames when it is complete.

    The name shows its owner: the machine and the process.
    """
    return folder / f"{_SCRATCH}{os.uname().nodename}.{os.getpid()}.{name}"


def clear_scratch(folder: Path) -> None:
    """Remove the incomplete files of killed processes of this machine."""
    start = f"{_SCRATCH}{os.uname().nodename}."
    # Another user's file cannot be removed. A folder that cannot be read holds no file of ours.
    with suppress(OSError):
        for name in os.listdir(folder):
            process = name.removeprefix(start).partition(".")[0]
            if name.startswith(start) and process.isdecimal() and not _runs(int(process)):
                with suppress(OSError):
                    _remove(folder / name)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def shell_word(text: str | Path) -> str:
    """Return a word that a shell reads as ``text``, also for a name in any bytes."""
    if str(text).isprintable():
        return shlex.quote(str(text))
    octets = os.fsencode(text)
    return "$'" + re.sub(rb"[^ !#-&(-\[\]-~]", _octal, octets).decode("ascii") + "'"


def _octal(found: re.Match[bytes]) -> bytes:
    return b"\\%03o" % found.group()[0]


def write_to_disk(path: Path, data: bytes) -> None:
    """Write ``data`` to a new file, and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        # Some folders can be written but not read; the system writes their names in its own time.
        return
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot do that for a folder; the file itself is on the disk.
        pass
    finally:
        os.close(descriptor)
