"""The memory that a driver shares with the harness: one mapped file with all segments.

After the memory, the file has room for counters, by which a driver reports the code that ran.

The file is anonymous. A driver opens it by the path of the descriptor that it inherits. Only pages
that are written take memory, so the file can be larger than any message.

Grants are cut from the file, from front to back, and no byte is used twice in an execution. Between
two executions, the used part of the file is zeroed.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import tempfile
from collections.abc import Callable
from typing import Any, Final

from capnsafe.allocator import Key

FILE_BYTES: Final = 1 << 30
"""The length of the memory in the file."""
COUNTER_BYTES: Final = 1 << 20
"""The room for counters after the memory, in bytes. Each counter is a byte."""
WORD_BYTES: Final = 8
_FIRST: Final = mmap.PAGESIZE
"""The offset of the first grant. No grant is at offset 0."""
_SMALL: Final = 1 << 20
"""The most bytes that are zeroed by writing zeros. For more, the pages are given back instead."""


class _BufferHead(ctypes.Structure):
    """The first members of CPython's ``Py_buffer``, with room for the others."""

    _fields_ = (("buf", ctypes.c_void_p), ("rest", ctypes.c_void_p * 15))


def address_of(view: memoryview) -> int:
    """Return the address of a contiguous view, which need not be writable."""
    head = _BufferHead()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), ctypes.byref(head), 0)
    address = head.buf or 0
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(head))
    return address


def unnamed_file() -> int:
    """Return the descriptor of a file without a name, which is gone when it is closed."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("capnsafe-driver")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class SharedFile:
    """The mapped file of this process and its drivers."""

    def __init__(self) -> None:
        """Make and map the file.

        Raises:
            OSError: If the file cannot be made or mapped.
        """
        self.descriptor = unnamed_file()
        os.ftruncate(self.descriptor, FILE_BYTES + COUNTER_BYTES)
        self._map = mmap.mmap(self.descriptor, FILE_BYTES + COUNTER_BYTES)
        self._whole = memoryview(self._map)[:FILE_BYTES]
        self._counters = memoryview(self._map)[FILE_BYTES:]
        self._address = address_of(self._whole)
        self._top = _FIRST

    @property
    def path(self) -> str:
        """Return the path by which a process that inherits the descriptor can open the file."""
        return f"/dev/fd/{self.descriptor}"

    def cut(self, length: int) -> memoryview:
        """Return ``length`` zeroed bytes that were not used since the last ``clear``.

        Raises:
            MemoryError: If the file has fewer bytes left.
        """
        first = self._top
        end = first + -(-length // WORD_BYTES) * WORD_BYTES
        if length < 0 or end > FILE_BYTES:
            raise MemoryError(f"the shared file has no {length} bytes left")
        self._top = end
        return self._whole[first : first + length]

    def extend(self, view: memoryview, length: int) -> memoryview | None:
        """Return the view, extended to ``length`` bytes; None unless it was the last to be cut."""
        first = self.offset_of(view)
        if first is None or first + len(view) != self._top:
            return None
        self._top = first
        return self.cut(length)

    def offset_of(self, view: memoryview) -> int | None:
        """Return the offset of a contiguous view in the file; None if it is not in the file."""
        offset = address_of(view) - self._address
        return offset if 0 <= offset <= FILE_BYTES - view.nbytes else None

    def take_counters(self, number: int) -> bytes:
        """Return the first ``number`` counters, and set them to zero."""
        counters = bytes(self._counters[:number])
        self._counters[:number] = bytes(number)
        return counters

    def copy(self) -> bytes:
        """Return a copy of all bytes up to the end of the part that was cut."""
        return bytes(self._whole[: self._top])

    def clear(self) -> None:
        """Zero everything that was cut, so that it can be cut again."""
        used = self._top
        if used > _SMALL and hasattr(mmap, "MADV_REMOVE"):
            self._map.madvise(mmap.MADV_REMOVE, 0, -(-used // mmap.PAGESIZE) * mmap.PAGESIZE)
        else:
            self._whole[:used] = bytes(used)
        self._top = _FIRST


class MappedMemory:
    """Honest memory in the shared file. It grows the last segment in place, and moves nothing."""

    def __init__(self, file: SharedFile, *, segment_words: int, total_words: int) -> None:
        """Grant memory in the shared file.

        Args:
            file: The file.
            segment_words: The minimum number of words of a grant; 0 for all that are left.
            total_words: The limit for all grants together; 0 for no limit.
        """
        self._file = file
        self._segment_words = segment_words
        self._left = total_words if total_words else FILE_BYTES // WORD_BYTES
        self._grants: list[memoryview] = []
        #: Memory for a segment that a fault moves (``Ledger.rehouse``).
        self.spare: Callable[[int], memoryview] = file.cut

    def allocate(self, minimum_words: int, /) -> Key:
        """Cut a grant from the file.

        Raises:
            MemoryError: If too few words are left.
        """
        if minimum_words > self._left:
            raise MemoryError(f"{self._left} words are left, and {minimum_words} were asked for")
        words = min(self._left, max(minimum_words, self._segment_words or self._left))
        self._grants.append(self._file.cut(words * WORD_BYTES))
        self._left -= words
        return len(self._grants) - 1

    def segment(self, key: Key, /) -> Any:
        """Return the bytes of a grant."""
        return self._grants[key]

    def grow(self, key: Key, minimum_words: int, /) -> None:
        """Make a grant longer, if it was cut last and words are left."""
        view = self._grants[key]
        more = minimum_words - len(view) // WORD_BYTES
        if 0 < more <= self._left:
            longer = self._file.extend(view, minimum_words * WORD_BYTES)
            if longer is not None:
                self._grants[key] = longer
                self._left -= more

    def release(self, key: Key, words_used: int, /) -> None:
        """Do nothing: the file is cleared as a whole."""
