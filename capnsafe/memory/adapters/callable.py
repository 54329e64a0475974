"""A function that returns a buffer: the shape of pycapnp's allocation hook."""

from __future__ import annotations

from collections.abc import Callable

from ..._words.arguments import type_name
from ...allocator import Buffer
from ...errors import ArgumentTypeError
from ..growth import Growth
from ..single import Single


class CallableAllocator(Single):
    """Grants what ``supply(minimum_words)`` returns: a writable buffer of at least so many words.

    With ``growth`` it is asked for as many words as the message has so far. If it raises an
    ``Exception`` for so many, it is asked again for those that are needed.

    A function for pycapnp's hook (``_PyCustomMessageBuilder``) can be handed in as it is. The
    buffer is held until its segment is released, and looked at anew each time; so it may be resized
    meanwhile, as long as the words in use stay. ``take_back(buffer, words_used)``, where given, is
    told of the release.
    """

    def __init__(
        self,
        supply: Callable[[int], Buffer],
        take_back: Callable[[Buffer, int], object] | None = None,
        *,
        growth: bool = True,
    ) -> None:
        """Call nothing yet."""
        for name, function in (("supply", supply), ("take_back", take_back)):
            if not callable(function) and (name == "supply" or function is not None):
                raise ArgumentTypeError(f"{name} is a function, not {type_name(function)}")
        self._supply = supply
        self._take_back = take_back
        self._growth = Growth(1, growth)
        self._live: dict[int, Buffer] = {}
        self._next_key = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Call the function. What it raises is the cause of the message's refusal."""
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
        """Leave the buffer as it is; the next one of the message is larger."""
        self._growth.asked(key)

    def release(self, key: int, words_used: int, /) -> None:
        """Let go of the buffer, and hand it back where somebody wants it."""
        buffer = self._live.pop(key)
        self._growth.released(key)
        if self._take_back is not None:
            self._take_back(buffer, words_used)
