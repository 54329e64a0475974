"""Shared memory: segments that another process reads where they were built.

What the other process needs to know is small: the name of each segment and how many of its words
are the message's. :class:`SharedSegments` is its side.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from errno import ENOSPC
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from secrets import token_hex
from typing import Final

from ..wire import WORD_BYTES
from .backing import lengthen
from .closing import Closing
from .growth import Growth

#: Where Linux shows shared memory as files.
_FOLDER: Final = Path("/dev/shm")


class SharedMemoryAllocator(Closing):
    """Grants a block of ``multiprocessing.shared_memory`` a segment.

    The first segment of a message has ``segment_words`` words, each next one as many as the message
    so far; without ``growth`` each has ``segment_words``. No block becomes longer. If the
    system has no shared memory left, that is an ``OSError``, not a SIGBUS (Linux).

    Use it as a context manager, around the message. A block is unlinked when its segment is
    released, so the other process must have opened it by then; what it has open stays readable.
    A block is unlinked by the process that made it, and not by one that was forked from that. Both
    have the same memory, so only one of them may go on with a message in it.

    A process that is killed leaves its blocks to Python's resource tracker, which may be killed
    with it. With a ``prefix`` of your own you can recognize them by their names and remove them.
    """

    def __init__(
        self, *, segment_words: int = 1024, growth: bool = True, prefix: str | None = None
    ) -> None:
        """Grant at least ``segment_words`` words (at least 1) a segment.

        The names of the blocks begin with ``prefix``, if there is one: at most 200 characters
        (on macOS 20), without a slash.
        """
        if prefix is not None and "/" in prefix:
            raise ValueError(f"prefix {prefix!r} has a slash; names of blocks have none")
        self._prefix = prefix
        self._growth = Growth(segment_words, growth)
        self._live: dict[int, SharedMemory] = {}
        self._next_key = 0
        #: The process that made each live block.
        self._made_by: dict[int, int] = {}

    @property
    def live_grants(self) -> int:
        """How many grants have not been released."""
        return len(self._live)

    @property
    def names(self) -> list[str]:
        """The names of the live blocks, in the order of their granting: that of the segments."""
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
        """Leave the block as it is; the next one of the message is larger."""
        self._growth.asked(key)

    def release(self, key: int, words_used: int, /) -> None:
        """Unlink the block: it is gone when nobody has it open any more."""
        self._growth.released(key)
        _give_up(self._live.pop(key), self._made_by.pop(key))

    def close(self) -> None:
        """Unlink every block. Messages that still use one find it missing."""
        failure: Exception | None = None
        while self._live:
            key, block = self._live.popitem()
            try:
                _give_up(block, self._made_by.pop(key))
            except Exception as error:
                failure = error
        if failure is not None:
            raise failure


def _make(prefix: str | None, octets: int) -> SharedMemory:
    name = None if prefix is None else prefix + token_hex(8)
    return SharedMemory(name, create=True, size=octets)


def _require_room(octets: int) -> None:
    """Refuse what is plainly too large before a block is made.

    Where making it longer fails, SharedMemory unlinks what its resource tracker does not know yet.
    """
    if _FOLDER.exists():
        room = os.statvfs(_FOLDER)
        if octets > room.f_bavail * room.f_frsize:
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(_FOLDER))


def _reserve(name: str, octets: int) -> None:
    """See that there is memory for all of a block, where the system lets one ask."""
    path = _FOLDER / name.lstrip("/")
    if not path.exists():
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        lengthen(descriptor, octets, octets)
    finally:
        os.close(descriptor)


def _give_up(block: SharedMemory, made_by: int) -> None:
    """Unlink a block also where it cannot be closed, because somebody holds a view of it."""
    try:
        block.close()
    finally:
        if made_by == os.getpid():
            block.unlink()


class SharedSegments(Closing):
    """The segments of a message that another process builds, opened by their names (Linux).

    Read-only, in the order that was given. Use it as a context manager, and let go of all readers
    before it ends. The writer must not change the message meanwhile: how the two take turns is
    theirs to settle.
    """

    def __init__(self, parts: Sequence[tuple[str, int]]) -> None:
        """Open blocks by (name, words): those of ``names`` and ``message.check_segments()``.

        Raises ``FileNotFoundError`` where a block is gone, and ``ValueError`` where it has fewer
        words.
        """
        self._mappings: list[mmap.mmap] = []
        #: The words of each segment, for :class:`capnsafe.MessageReader`.
        self.segments: list[memoryview] = []
        try:
            for name, words in parts:
                mapping = _map(name)
                self._mappings.append(mapping)
                octets = words * WORD_BYTES
                if not 0 <= octets <= len(mapping):
                    raise ValueError(f"block {name} has {len(mapping)} bytes, not {words} words")
                with memoryview(mapping) as view:
                    self.segments.append(view[:octets])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close every block; raises ``BufferError`` where a reader still holds one."""
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
    # Not by SharedMemory: before Python 3.13 that would have this process unlink what another made.
    descriptor = os.open(_FOLDER / name.lstrip("/"), os.O_RDONLY | os.O_CLOEXEC)
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
