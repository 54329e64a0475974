"""Heaps that grow in place, for executions that must not hurt each other.

What a bytearray or ``realloc`` leaves behind when it grows is freed. An encoder that kept an
address would write to memory that is nobody's, unseen, and the process might end executions later.
So these keep what was left until it is released, or do not move at all. All of it is zero when it
is new.
"""

from __future__ import annotations

from typing import Any

from capnsafe import HeapAllocator

_WORD_BYTES = 8


class GrowingHeap:
    """A heap whose segments grow to twice their length, each time into another bytearray."""

    def __init__(self, *, segment_words: int) -> None:
        """Grant at least ``segment_words`` words a segment."""
        self._heap = HeapAllocator(segment_words=segment_words, growth=False)
        #: The bytearrays of a grant that has grown, the present one last.
        self._grown: dict[int, list[bytearray]] = {}
        self.allocate = self._heap.allocate

    def segment(self, key: int, /) -> bytearray:
        """Answer the present bytearray."""
        return self._grown[key][-1] if key in self._grown else self._heap.segment(key)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Put the segment into a bytearray twice as long, or as long as asked."""
        old = self.segment(key)
        words = len(old) // _WORD_BYTES
        if minimum_words > words:
            new = bytearray(max(minimum_words, words * 2) * _WORD_BYTES)
            new[: len(old)] = old
            self._grown.setdefault(key, [old]).append(new)

    def release(self, key: int, words_used: int, /) -> None:
        """Drop all bytearrays of the grant."""
        self._grown.pop(key, None)
        self._heap.release(key, words_used)


class RoomyHeap:
    """A heap that stays, and grows as far as a bytearray has room: to twice its length.

    The hostile allocator moves what has grown, once, as a bytearray may.
    """

    stable = True

    def __init__(self, *, segment_words: int) -> None:
        """Grant at least ``segment_words`` words a segment."""
        self._heap = HeapAllocator(segment_words=1, growth=False)
        self._segment_words = segment_words
        self.segment = self._heap.segment
        self.release = self._heap.release

    def allocate(self, minimum_words: int, /) -> int:
        """Grant a bytearray with room for as much again."""
        words = max(minimum_words, self._segment_words)
        key = self._heap.allocate(words * 2)
        # A bytearray gives room back only when it is cut by more than half.
        del self._heap.segment(key)[words * _WORD_BYTES :]
        return key

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Fill the room with zeros, where that is enough."""
        memory: Any = self._heap.segment(key)
        # One byte more is allocated than can be had.
        room = (memory.__alloc__() - 1) // _WORD_BYTES
        if len(memory) // _WORD_BYTES < minimum_words <= room:
            memory.extend(bytes(room * _WORD_BYTES - len(memory)))


class GrowingMalloc:
    """The heap of the C library; a segment that grows is put into a block twice as long."""

    def __init__(self, *, segment_words: int) -> None:
        """Grant at least ``segment_words`` words a segment."""
        from capnsafe.memory.malloc import MallocAllocator

        self._malloc = MallocAllocator(segment_words=segment_words, growth=False)
        #: The blocks of a grant that has grown, the present one last.
        self._grown: dict[int, list[int]] = {}
        self.allocate = self._malloc.allocate
        self.close = self._malloc.close

    def _block(self, key: int) -> int:
        return self._grown[key][-1] if key in self._grown else key

    def segment(self, key: int, /) -> Any:
        """Answer the present block."""
        return self._malloc.segment(self._block(key))

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Put the segment into a block twice as long, or as long as asked."""
        old = self._block(key)
        _, words = self._malloc.address(old)
        if minimum_words > words:
            new = self._malloc.allocate(max(minimum_words, words * 2))
            with memoryview(self._malloc.segment(new)) as view, view.cast("B") as octets:
                octets[: words * _WORD_BYTES] = bytes(self._malloc.segment(old))
            self._grown.setdefault(key, [old]).append(new)

    def release(self, key: int, words_used: int, /) -> None:
        """Free all blocks of the grant."""
        for block in self._grown.pop(key, [key]):
            self._malloc.release(block, words_used)
