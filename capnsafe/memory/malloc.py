"""The C library's heap: addresses and lengths, as ``calloc`` grants them.

For memory that C code will read or take over. Nothing here trusts an address for longer than one
look: the message asks anew each time, and a grant that was released is a ``LookupError``.
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
    """Grants what ``calloc`` answers, and gives it back by ``free``.

    The first segment of a message has ``segment_words`` words, each next one as many as the message
    so far; without ``growth`` each has ``segment_words``. A null pointer is a ``MemoryError``.
    With ``in_place`` segments become longer by ``realloc``, which may move them. The functions are
    those of the C library of this process (POSIX).

    Use it as a context manager where a message may be left open: at the end everything that was not
    released is freed. A system that promises more memory than it has (overcommits) ends a process
    that uses it all; no library can turn that into an exception.
    """

    def __init__(
        self, *, segment_words: int = 1024, growth: bool = True, in_place: bool = False
    ) -> None:
        """Grant at least ``segment_words`` words (at least 1) a segment."""
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
        """How many grants have not been released."""
        return len(self._live)

    def address(self, key: int) -> tuple[int, int]:
        """Return where a live grant is now (an address), and how many words it has."""
        return self._live[key]

    def allocate(self, minimum_words: int, /) -> int:
        """Grant zeroed memory of at least ``minimum_words`` words, or raise ``MemoryError``."""
        key = self._next_key
        self._live[key] = self._growth.grant(key, minimum_words, self._block)
        self._next_key = key + 1
        return key

    def _block(self, words: int, minimum_words: int) -> tuple[int, int]:
        # A size that no address space holds would be cut to its low bits on the way to C.
        address = self._calloc(words, WORD_BYTES) if words <= _MOST_WORDS else None
        if not address:
            raise MemoryError(f"the C library has no {words} words")
        return address, words

    def segment(self, key: int, /) -> Buffer:
        """Return the bytes at the address, as a ctypes array."""
        address, words = self._live[key]
        return (c_ubyte * (words * WORD_BYTES)).from_address(address)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Have ``realloc`` make the segment twice as large, or as large as asked."""
        address, words = self._live[key]
        self._growth.asked(key)
        if not self._in_place or minimum_words <= words:
            return
        words = max(minimum_words, words * 2)
        moved = self._realloc(address, words * WORD_BYTES) if words <= _MOST_WORDS else None
        if not moved:
            raise MemoryError(f"the C library has no {words} words in one piece")
        self._live[key] = (moved, words)
        self._growth.grown(key, words)

    def release(self, key: int, words_used: int, /) -> None:
        """Free the memory."""
        address, _ = self._live.pop(key)
        self._growth.released(key)
        self._free(address)

    def close(self) -> None:
        """Free every grant that is live. Messages that still use one find it missing."""
        while self._live:
            _, (address, _) = self._live.popitem()
            self._free(address)
