"""Results in files: written so that nothing is lost, and named so that a shell finds them.

What a file held before is there until all that replaces it is on the disk.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

_SCRATCH = ".capnsafe-writing-"


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to a file beside ``path``, then rename that to ``path``.

    A full disk, or the end of the process, leaves ``path`` as it was. A link is followed, and the
    permissions of an old file are kept. What is no file (a pipe, ``/dev/stdout``) is written to.

    Raises:
        OSError: it could not be written; nothing is left beside ``path``.

    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    # Not ``Path.resolve``, which raises for a loop of links what is no OSError.
    final = Path(os.path.realpath(path))
    # Short, since the name of the file itself may be as long as names can be.
    fresh = final.with_name(f"{_SCRATCH}{os.getpid()}")
    try:
        write_to_disk(fresh, data)
        if final.exists():
            fresh.chmod(final.stat().st_mode & 0o7777)
        fresh.replace(final)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        # The name that people know is the other.
        error.filename = str(path)
        error.filename2 = None
        raise
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    flush_folder(final.parent)


def shell_word(text: str | Path) -> str:
    """Return a word that a shell takes for ``text``, also where that is a name in any bytes."""
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
        # Some folders can be written to and not be read: then the system writes them in its time.
        return
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot do that for a folder; the file itself is on the disk.
        pass
    finally:
        os.close(descriptor)
