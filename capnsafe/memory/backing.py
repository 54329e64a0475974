"""Blocks of a disk, or pages of a memory file system, that are there before anybody writes.

A file that is merely made longer has no blocks yet. Whoever writes to a mapping of it when the disk
is full gets a SIGBUS, which no library can catch; asking for the blocks first gets an ``OSError``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

_PIECE: Final = bytes(1 << 16)


def lengthen(descriptor: int, old_bytes: int, new_bytes: int) -> None:
    """Make a file of ``old_bytes`` at least ``new_bytes`` long, with blocks for all of them.

    What is added reads as zero. If it is refused, the ``OSError`` passes, and the file is as long
    as it was.
    """
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, new_bytes)
            return
        # Without that call (macOS), writing is what makes blocks be there.
        at = old_bytes
        while at < new_bytes:
            at += os.pwrite(descriptor, _PIECE[: new_bytes - at], at)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, old_bytes)
        raise
