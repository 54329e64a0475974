"""Reservation of disk blocks, or of pages of a memory file system, before they are written.

A file that was merely extended has no blocks yet. A write to a mapping of it then causes a SIGBUS
if the disk is full, which no library can catch. Reserving the blocks first raises an ``OSError``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

_PIECE: Final = bytes(1 << 16)


def lengthen(descriptor: int, old_bytes: int, new_bytes: int) -> None:
    """Extend a file of ``old_bytes`` to at least ``new_bytes``, and reserve blocks for all of them.

    The added bytes read as zero. If this raises ``OSError``, the file has its old length.
    """
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, new_bytes)
            return
        # Without that call (macOS), blocks are reserved by writing.
        at = old_bytes
        while at < new_bytes:
            at += os.pwrite(descriptor, _PIECE[: new_bytes - at], at)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, old_bytes)
        raise
