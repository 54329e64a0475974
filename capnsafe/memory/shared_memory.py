"""Shared memory: segments that another process reads in the place where they were built.

The other process needs only the name of each segment and its number of words in use, and opens them
with :class:`SharedSegments`.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from errno import ENOSPC
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from secrets import token_hex
from typing import Final

from ..wire import WORD_BYTES
from .backing import lengthen
from .closing import Closing
from .growth import Growth

#: The folder in which Linux shows shared memory as files.
_FOLDER: Final = Path("/dev/shm")


class SharedMemoryAllocator(Closing):
    """An allocator that grants a block of ``multiprocessing.shared_memory`` for each segment.

    A block does not grow. If the system has no shared memory left, allocating raises ``OSError``;
    on Linux there is no SIGBUS.

    Use it as a context manager around the message. A block is unlinked when its segment is
    released, so the other process must have opened it before; it stays readable there. Only the
    process that made a block unlinks it, not a process that was forked later. After a fork, both
    processes share the memory, so only one of them may continue a message in it.

    The other process should open a block with :class:`SharedSegments`. If it uses Python's
    ``SharedMemory`` without ``track=False`` (Python 3.13), its resource tracker unlinks the block
    when that process ends. Then no further process can open the block, and releasing it here just
    closes it.

    The blocks of a killed process are left to Python's resource tracker, which may be killed, too.
    With a ``prefix`` you can recognize leftover blocks by their names, and remove them.

    Args:
        segment_words: The words of the first segment of a message (at least 1), unless more are
            asked for.
        growth: Whether each further segment is as large as the message so far. Otherwise each has
            ``segment_words``.
        prefix: The start of the names of the blocks: at most 200 characters (20 on macOS), without
            a slash.
    """

    def __init__(
        self, *, segment_words: int = 1024, growth: bool = True, prefix: str | None = None
    ) -> None:
        """Make an allocator without grants."""
        if prefix is not None and "/" in prefix:
            raise ValueError(f"prefix must not have a slash: {prefix!r}")
        self._prefix = prefix
        self._growth = Growth(segment_words, growth)
        self._live: dict[int, SharedMemory] = {}
        self._next_key = 0
        #: The process that made each live block.
        self._made_by: dict[int, int] = {}

    @property
    def live_grants(self) -> int:
        """Number of grants that are not released."""
        return len(self._live)

    @property
    def names(self) -> list[str]:
        """The names of the live blocks, in the order of the segments."""
        return [block.name for block in self._live.values()]

    def allocate(self, minimum_words: int, /) -> int:
        """Make a block of at least ``minimum_words`` words."""
        key = self._next_key
        self._live[key] = self._growth.grant(key, minimum_words, self._block, OSError)
        self._made_by[key] = os.getpid()
        self._next_key = key + 1
        return key

    def _block(self, words: int, minimum_words: int) -> SharedMemory:
        octets = words * WORD_BYTES
        _require_room(octets)
        block = _make(self._prefix, octets)
        try:
            _reserve(block.name, octets)
        except OSError:
            _give_up(block, os.getpid())
            raise
        return block

    def segment(self, key: int, /) -> memoryview:
        """Return the bytes of the block."""
        block = self._live[key].buf
        if block is None:
            raise KeyError(key)
        return memoryview(block)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Leave the block as it is. The next block of the message is larger."""
        self._growth.asked(key)

    def release(self, key: int, words_used: int, /) -> None:
        """Unlink the block. The system frees it when no process has it open."""
        self._growth.released(key)
        _give_up(self._live.pop(key), self._made_by.pop(key))

    def close(self) -> None:
        """Unlink every block. Messages that still use one raise ``SegmentLost``."""
        failure: Exception | None = None
        while self._live:
            key, block = self._live.popitem()
            try:
                _give_up(block, self._made_by.pop(key))
            except Exception as error:
                # The other blocks are unlinked nevertheless.
                failure = error
        if failure is not None:
            raise failure


def _make(prefix: str | None, octets: int) -> SharedMemory:
    name = None if prefix is None else prefix + token_hex(8)
    return SharedMemory(name, create=True, size=octets)


def _require_room(octets: int) -> None:
    """Raise ``OSError`` if a block is too large for the free shared memory.

    Checked before the block is made: if SharedMemory fails to extend it, SharedMemory unlinks a
    name that its resource tracker does not know yet.
    """
    if _FOLDER.exists():
        room = os.statvfs(_FOLDER)
        if octets > room.f_bavail * room.f_frsize:
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(_FOLDER))


def _reserve(name: str, octets: int) -> None:
    """Reserve memory for all of a block, if the system shows it as a file."""
    path = _FOLDER / name.lstrip("/")
    if not path.exists():
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        lengthen(descriptor, octets, octets)
    finally:
        os.close(descriptor)


def _give_up(block: SharedMemory, made_by: int) -> None:
    """Close and unlink a block. It is unlinked even if closing fails because a view exists."""
    try:
        block.close()
    finally:
        if made_by == os.getpid():
            try:
                block.unlink()
            except FileNotFoundError:
                # Somebody unlinked it before. The tracker of this process must forget it, and
                # complains about a name that it does not know, so the name is registered again.
                name = "/" + block.name.lstrip("/")
                resource_tracker.register(name, "shared_memory")
                resource_tracker.unregister(name, "shared_memory")


class SharedSegments(Closing):
    """The segments of a message of another process, opened read-only by their names (Linux).

    Use it as a context manager, and drop all readers before its end. The writer must not change the
    message meanwhile; the two processes must agree on when to do so.
    """

    def __init__(self, parts: Sequence[tuple[str, int]]) -> None:
        """Open blocks.

        Args:
            parts: (name, words in use) of each segment, from ``SharedMemoryAllocator.names`` and
                ``message.check_segments()``.

        Raises:
            FileNotFoundError: If a block does not exist.
            ValueError: If a block has fewer words.
        """
        self._mappings: list[mmap.mmap] = []
        #: A view of the words in use of each segment, for :class:`capnsafe.MessageReader`.
        self.segments: list[memoryview] = []
        try:
            for name, words in parts:
                mapping = _map(name)
                self._mappings.append(mapping)
                octets = words * WORD_BYTES
                if not 0 <= octets <= len(mapping):
                    raise ValueError(
                        f"block {name} has {len(mapping)} bytes, too few for {words} words"
                    )
                with memoryview(mapping) as view:
                    self.segments.append(view[:octets])
        except BaseException:
            # Nobody else could close the blocks that were opened before.
            self.close()
            raise

    def close(self) -> None:
        """Close every block, or raise ``BufferError`` if a reader still holds one."""
        for segment in self.segments:
            segment.release()
        self.segments.clear()
        failure: BufferError | None = None
        while self._mappings:
            try:
                self._mappings.pop().close()
            except BufferError as error:
                failure = error
        if failure is not None:
            raise failure


def _map(name: str) -> mmap.mmap:
    # Not with SharedMemory, which before Python 3.13 unlinks the other process's block at exit.
    descriptor = os.open(_FOLDER / name.lstrip("/"), os.O_RDONLY | os.O_CLOEXEC)
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
