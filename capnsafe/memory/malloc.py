"""Memory from the C library's heap, granted by ``calloc``.

Use it for memory that C code will read or take over. The message asks for the address each time it
uses the memory. For a released grant, that is a ``LookupError``.
"""

from __future__ import annotations

from ctypes import CDLL, c_size_t, c_ubyte, c_void_p
from sys import maxsize
from typing import Final

from ..allocator import Buffer
from ..wire import WORD_BYTES
from .closing import Closing
from .growth import Growth

_MOST_WORDS: Final = maxsize // WORD_BYTES


class MallocAllocator(Closing):
    """An allocator over ``calloc``, ``realloc`` and ``free`` of the process's C library (POSIX).

    A null pointer from the library raises ``MemoryError``. Use the allocator as a context manager
    if a message may stay open: at the end of the block all grants are freed. A system that
    overcommits memory kills a process that uses too much of it; no library can turn that into an
    exception.

    Args:
        segment_words: The words of the first segment of a message (at least 1), unless more are
            asked for.
        growth: Whether each further segment is as large as the message so far. Otherwise each has
            ``segment_words``.
        in_place: Whether the last segment grows instead, by ``realloc``, which may move it.
    """

    def __init__(
        self, *, segment_words: int = 1024, growth: bool = True, in_place: bool = False
    ) -> None:
        """Make an allocator without grants."""
        self._growth = Growth(segment_words, growth)
        self._in_place = in_place
        #: Address and words of each live grant.
        self._live: dict[int, tuple[int, int]] = {}
        self._next_key = 0
        library = CDLL(None)
        self._calloc = library.calloc
        self._calloc.restype = c_void_p
        self._calloc.argtypes = (c_size_t, c_size_t)
        self._realloc = library.realloc
        self._realloc.restype = c_void_p
        self._realloc.argtypes = (c_void_p, c_size_t)
        self._free = library.free
        self._free.restype = None
        self._free.argtypes = (c_void_p,)

    @property
    def live_grants(self) -> int:
        """Number of grants that are not released."""
        return len(self._live)

    def address(self, key: int) -> tuple[int, int]:
        """Return the present address of a live grant, and its number of words."""
        return self._live[key]

    def allocate(self, minimum_words: int, /) -> int:
        """Grant zeroed memory of at least ``minimum_words`` words, or raise ``MemoryError``."""
        key = self._next_key
        self._live[key] = self._growth.grant(key, minimum_words, self._block)
        self._next_key = key + 1
        return key

    def _block(self, words: int, minimum_words: int) -> tuple[int, int]:
        # ctypes would cut a size that does not fit in ``size_t`` to its low bits.
        address = self._calloc(words, WORD_BYTES) if words <= _MOST_WORDS else None
        if not address:
            raise MemoryError(f"calloc refused {words} words")
        return address, words

    def segment(self, key: int, /) -> Buffer:
        """Return the bytes at the address, as a ctypes array."""
        address, words = self._live[key]
        return (c_ubyte * (words * WORD_BYTES)).from_address(address)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Extend the segment to twice its length, or to ``minimum_words`` if that is more."""
        address, words = self._live[key]
        self._growth.asked(key)
        if not self._in_place or minimum_words <= words:
            return
        words = max(minimum_words, words * 2)
        moved = self._realloc(address, words * WORD_BYTES) if words <= _MOST_WORDS else None
        if not moved:
            raise MemoryError(f"realloc refused {words} words")
        self._live[key] = (moved, words)
        self._growth.grown(key, words)

    def release(self, key: int, words_used: int, /) -> None:
        """Free the memory."""
        address, _ = self._live.pop(key)
        self._growth.released(key)
        self._free(address)

    def close(self) -> None:
        """Free every live grant. Messages that still use one raise ``SegmentLost``."""
        while self._live:
            _, (address, _) = self._live.popitem()
            self._free(address)
