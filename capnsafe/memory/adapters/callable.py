"""Memory from a function that returns a buffer: the interface of pycapnp's allocation hook."""

from __future__ import annotations

from collections.abc import Callable

from ..._words.arguments import type_name
from ...allocator import Buffer
from ...errors import ArgumentTypeError
from ..growth import Growth
from ..uncopyable import Uncopyable


class CallableAllocator(Uncopyable):
    """An allocator over a function that returns buffers.

    A function for pycapnp's hook (``_PyCustomMessageBuilder``) works unchanged. The buffer is kept
    until its segment is released, and its length is checked each time, so it may be resized as long
    as the words in use stay.

    Args:
        supply: A function that takes a number of words, and returns a writable buffer of at least
            that size.
        take_back: A function that is called with the buffer and the number of words used when a
            segment is released.
        growth: Whether to ask for as many words as the message has so far. If that raises an
            ``Exception``, the adapter asks for the minimum.
    """

    def __init__(
        self,
        supply: Callable[[int], Buffer],
        *,
        take_back: Callable[[Buffer, int], object] | None = None,
        growth: bool = True,
    ) -> None:
        """Make an allocator without calling the functions."""
        for name, function in (("supply", supply), ("take_back", take_back)):
            if not callable(function) and (name == "supply" or function is not None):
                raise ArgumentTypeError(f"{name} must be a function, not {type_name(function)}")
        self._supply = supply
        self._take_back = take_back
        self._growth = Growth(1, growth)
        self._live: dict[int, Buffer] = {}
        self._next_key = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Call the function, and keep its buffer."""
        key = self._next_key
        self._live[key] = self._growth.grant(
            key, minimum_words, lambda words, minimum_words: self._supply(words), Exception
        )
        self._next_key = key + 1
        return key

    def segment(self, key: int, /) -> Buffer:
        """Return the buffer itself."""
        return self._live[key]

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Leave the buffer as it is. The next one of the message is larger."""
        self._growth.asked(key)

    def release(self, key: int, words_used: int, /) -> None:
        """Drop the buffer, and pass it to ``take_back`` if there is one."""
        buffer = self._live.pop(key)
        self._growth.released(key)
        if self._take_back is not None:
            self._take_back(buffer, words_used)
