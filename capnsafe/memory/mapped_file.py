"""Memory of a mapped file: the message is built in its file, and may be larger than memory.

The file is extended when words are needed, and mapped again each time. So all segments move at
once, and an address that was kept leads to memory that is no longer mapped.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from struct import pack
from typing import Final

from .._words.arguments import integer
from ..errors import ArgumentValueError
from ..wire import WORD_BYTES
from .backing import lengthen
from .closing import Closing
from .growth import Growth, longer

#: Words left free in front of the segments, for the segment table of a message of one segment.
_TABLE_WORDS: Final = 1


class MappedFileAllocator(Closing):
    """An allocator that cuts segments from a file, which it extends as needed.

    Blocks of the file are reserved before they are mapped, so a full disk, a quota or a limit of
    the process raises ``OSError``. The words of a released segment can be granted again after all
    segments after it are released.

    Use it as a context manager around the message. At the end, the file is left as it is;
    :meth:`finish` turns it into a message that any reader understands. Nobody else may truncate the
    file while it is mapped: that causes a SIGBUS, which ends the process.

    Args:
        path: The file, which is created or emptied. ``None`` makes a file without a name, which is
            deleted when it is closed.
        segment_words: The words of the first segment of a message, unless more are asked for.
        growth: Whether, without ``in_place``, each further segment is as large as the message so
            far. Otherwise each has ``segment_words``.
        in_place: Whether the last segment grows instead, so that a message stays in one segment.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        segment_words: int = 1024,
        growth: bool = True,
        in_place: bool = True,
    ) -> None:
        """Open the file. It is mapped when the first segment is asked for."""
        self._growth = Growth(segment_words, growth)
        self._in_place = in_place
        # Not in a with block, because it stays open until close().
        self._file = (
            tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            if path is None
            else open(path, "w+b", buffering=0)  # noqa: SIM115
        )
        self._mapping: mmap.mmap | None = None
        #: The length of the mapped file in words.
        self._words = 0
        #: (First word, end) of each segment by its key, in order.
        self._cuts: dict[int, tuple[int, int]] = {}
        #: The keys of the segments, in the same order.
        self._order: list[int] = []
        self._released: set[int] = set()
        self._next_key = 0
        self._end = _TABLE_WORDS

    @property
    def live_grants(self) -> int:
        """Number of grants that are not released."""
        return len(self._cuts) - len(self._released)

    def allocate(self, minimum_words: int, /) -> int:
        """Cut the next segment, and extend the file if necessary."""
        key = self._next_key
        self._cuts[key] = cut = self._growth.grant(key, minimum_words, self._cut, OSError)
        self._next_key = key + 1
        self._order.append(key)
        self._end = cut[1]
        return key

    def _cut(self, words: int, minimum_words: int) -> tuple[int, int]:
        end = self._end + words
        self._map(end)
        return self._end, end

    def segment(self, key: int, /) -> memoryview:
        """Return a view of the segment in the present mapping."""
        start, end = self._cuts[key]
        if key in self._released or self._mapping is None:
            raise KeyError(key)
        with memoryview(self._mapping) as view:
            return view[start * WORD_BYTES : end * WORD_BYTES]

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Extend the last segment to twice its length, or to ``minimum_words`` on a full disk."""
        start, end = self._cuts[key]
        words = end - start
        self._growth.asked(key)
        if not self._in_place or end != self._end or minimum_words <= words:
            return
        wanted = longer(minimum_words, words)
        try:
            self._map(start + wanted)
        except OSError:
            if wanted == minimum_words:
                raise
            wanted = minimum_words
            self._map(start + wanted)
        self._cuts[key] = (start, start + wanted)
        self._growth.grown(key, wanted)
        self._end = start + wanted

    def release(self, key: int, words_used: int, /) -> None:
        """Take the segment back. The file keeps its length."""
        if key in self._released or key not in self._cuts:
            raise KeyError(key)
        self._released.add(key)
        self._growth.released(key)
        while self._order and self._order[-1] in self._released:
            last = self._order.pop()
            self._end = self._cuts.pop(last)[0]
            self._released.remove(last)

    def finish(self, segment_words: Sequence[int]) -> None:
        """Turn the file into a framed message, and close it.

        The form is that of the encoding specification, "Serialization Over a Stream". A single
        segment stays in its place, and the file is cut after it. Several segments are moved
        together. Afterwards the message can only be closed.

        Args:
            segment_words: The words in use of each segment, as ``message.check_segments()`` returns
                them.

        Raises:
            ArgumentValueError: If these numbers do not fit the segments.
        """
        words = [integer(each, "segment_words") for each in segment_words]
        cuts = [cut for key, cut in self._cuts.items() if key not in self._released]
        fitting = len(words) == len(cuts) and all(
            0 <= used <= end - start for used, (start, end) in zip(words, cuts, strict=True)
        )
        if not words or not fitting:
            raise ArgumentValueError(
                f"segment_words must be at most {[end - start for start, end in cuts]}, the words"
                f" of the segments, not {words}"
            )
        numbers = [len(words) - 1, *words]
        if len(numbers) % 2:
            numbers.append(0)
        table = pack(f"<{len(numbers)}I", *numbers)
        table_words = len(table) // WORD_BYTES
        self._map(table_words + sum(words))
        mapping = self._mapping
        assert mapping is not None
        moves = []
        target = table_words
        for used, (start, _) in zip(words, cuts, strict=True):
            moves.append((start, target, used))
            target += used
        # Behind a longer table, some segments move right, the last of them first. The others move
        # left, the first of them first. So none is overwritten before it was moved.
        for start, to, used in [move for move in reversed(moves) if move[1] > move[0]]:
            mapping.move(to * WORD_BYTES, start * WORD_BYTES, used * WORD_BYTES)
        for start, to, used in [move for move in moves if move[1] < move[0]]:
            mapping.move(to * WORD_BYTES, start * WORD_BYTES, used * WORD_BYTES)
        mapping[: len(table)] = table
        self._unmap()
        self._file.truncate(target * WORD_BYTES)
        self.close()

    def close(self) -> None:
        """Unmap and close the file. Messages that still use it raise ``SegmentLost``."""
        try:
            self._unmap()
        finally:
            self._file.close()

    def _unmap(self) -> None:
        mapping = self._mapping
        self._mapping = None
        self._words = 0
        if mapping is not None:
            mapping.close()

    def _map(self, words: int) -> None:
        """Extend the file to at least ``words`` words, and map it again."""
        if words <= self._words:
            return
        octets = words * WORD_BYTES
        descriptor = self._file.fileno()
        lengthen(descriptor, self._words * WORD_BYTES, octets)
        mapping = mmap.mmap(descriptor, octets)
        old = self._mapping
        try:
            if old is not None:
                old.close()
        except BufferError:
            mapping.close()
            raise
        self._mapping = mapping
        self._words = words
