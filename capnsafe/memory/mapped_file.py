"""A mapped file: a message that is built where it will lie on disk, larger than memory if need be.

The file is made longer whenever words are needed, and is mapped anew each time. So all segments
move at once, and whoever kept an address would write to memory that is no longer mapped.
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

#: Left free in front of the segments, for the segment table of a message of one segment.
_TABLE_WORDS: Final = 1


class MappedFileAllocator(Closing):
    """Cuts segments one behind the other from a file that is made longer as needed.

    ``path`` is created, or emptied; ``None`` is a file without a name, which is gone when it is
    closed. The first segment of a message has ``segment_words`` words, or more where more is asked.
    With ``in_place`` (the default) the last segment grows, so that a message stays in one segment;
    without, each keeps its length, and has as many words as the message before it if ``growth`` is
    true. A full disk, a quota or a limit of the process is an ``OSError``: the blocks of the file
    are asked for before they are mapped. Words of released segments are cut again once all segments
    behind them are released.

    Use it as a context manager, around the message. The file stays as it is at the end;
    :meth:`finish` makes it a message that any reader understands. Nobody else may cut the file
    while it is mapped: that is a SIGBUS, which ends the process.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        segment_words: int = 1024,
        growth: bool = True,
        in_place: bool = True,
    ) -> None:
        """Open the file. Nothing is mapped before the first segment is asked for."""
        self._growth = Growth(segment_words, growth)
        self._in_place = in_place
        # Open for as long as this is: close() closes it.
        self._file = (
            tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            if path is None
            else open(path, "w+b", buffering=0)  # noqa: SIM115
        )
        self._mapping: mmap.mmap | None = None
        #: The words that the file has.
        self._words = 0
        #: First word, and one past the last, of each cut, in order.
        self._cuts: dict[int, tuple[int, int]] = {}
        #: Their keys, in the same order.
        self._order: list[int] = []
        self._released: set[int] = set()
        self._next_key = 0
        self._end = _TABLE_WORDS

    @property
    def live_grants(self) -> int:
        """How many grants have not been released."""
        return len(self._cuts) - len(self._released)

    def allocate(self, minimum_words: int, /) -> int:
        """Cut the next segment, and make the file longer if it must be."""
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
        """Return a view of the cut, as the file is mapped now."""
        start, end = self._cuts[key]
        if key in self._released or self._mapping is None:
            raise KeyError(key)
        with memoryview(self._mapping) as view:
            return view[start * WORD_BYTES : end * WORD_BYTES]

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Make the last segment twice as long, or as long as asked if the disk has no more."""
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
        """Take the cut back. The file keeps its length."""
        if key in self._released or key not in self._cuts:
            raise KeyError(key)
        self._released.add(key)
        self._growth.released(key)
        while self._order and self._order[-1] in self._released:
            last = self._order.pop()
            self._end = self._cuts.pop(last)[0]
            self._released.remove(last)

    def finish(self, segment_words: Sequence[int]) -> None:
        """Make the file a framed message, and close it.

        The form is that of the encoding specification, "Serialization Over a Stream".
        ``segment_words`` are the words of each segment, as ``message.check_segments()`` answers
        them. A message of one segment stays where it is, and is cut to its length; of several, the
        words between them are closed up. The message can only be closed from then on.
        """
        words = [integer(each, "segment_words") for each in segment_words]
        cuts = [cut for key, cut in self._cuts.items() if key not in self._released]
        fitting = len(words) == len(cuts) and all(
            0 <= used <= end - start for used, (start, end) in zip(words, cuts, strict=True)
        )
        if not words or not fitting:
            raise ArgumentValueError(
                f"the segments have {[end - start for start, end in cuts]} words, not {words}"
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
        # A longer table pushes some to the right, the last first; the others close up, the first
        # first. So none is written over before it was moved.
        for start, to, used in [move for move in reversed(moves) if move[1] > move[0]]:
            mapping.move(to * WORD_BYTES, start * WORD_BYTES, used * WORD_BYTES)
        for start, to, used in [move for move in moves if move[1] < move[0]]:
            mapping.move(to * WORD_BYTES, start * WORD_BYTES, used * WORD_BYTES)
        mapping[: len(table)] = table
        self._unmap()
        self._file.truncate(target * WORD_BYTES)
        self.close()

    def close(self) -> None:
        """Unmap and close the file. Messages that still use it find their segments missing."""
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
        """Map the file with at least ``words`` words, at another address than before."""
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
