"""Memory by addresses and lengths: the interface of capnproto-rust's ``Allocator``."""

from __future__ import annotations

from ctypes import c_ubyte
from sys import maxsize
from typing import Protocol

from ..._words.arguments import attribute, type_name
from ...allocator import Buffer
from ...errors import ArgumentTypeError
from ...wire import WORD_BYTES
from ..growth import Growth
from ..uncopyable import Uncopyable


class AddressSupply(Protocol):
    """A supply of memory by address, like ``capnp::message::Allocator`` of version 0.18."""

    def allocate_segment(self, minimum_size: int, /) -> tuple[int, int]:
        """Return (address, words) of memory that does not move until it is deallocated."""

    def deallocate_segment(self, address: int, word_size: int, words_used: int, /) -> object:
        """Take the memory back; its first ``words_used`` words may have been written."""


class AddressAllocator(Uncopyable):
    """An allocator over an ``AddressSupply``.

    The adapter cannot check that there is memory at an address. It can check the following: a null
    address raises ``MemoryError``. An address that is not a multiple of 8, or a length below the
    minimum, raises ``ValueError``, and the memory is deallocated. The memory need not be zero, and
    must not move; for memory that moves, write an allocator.

    Args:
        supply: The supply of memory.
        growth: Whether to ask for as many words as the message has so far. If that is refused, the
            adapter asks for the minimum.
    """

    def __init__(self, supply: AddressSupply, *, growth: bool = True) -> None:
        """Make an allocator without calling the supply."""
        for name in ("allocate_segment", "deallocate_segment"):
            if not callable(attribute(supply, name)):
                raise ArgumentTypeError(
                    f"supply must have a method {name!r}, and {type_name(supply)} has none"
                )
        self._supply = supply
        self._growth = Growth(1, growth)
        #: Address and words of each live grant.
        self._live: dict[int, tuple[int, int]] = {}
        self._next_key = 0

    def allocate(self, minimum_words: int, /) -> int:
        """Ask for at least ``minimum_words`` words."""
        key = self._next_key
        self._live[key] = self._growth.grant(key, minimum_words, self._segment_of, Exception)
        self._next_key = key + 1
        return key

    def _segment_of(self, wanted: int, minimum_words: int) -> tuple[int, int]:
        address, words = self._supply.allocate_segment(wanted)
        if not isinstance(address, int) or not isinstance(words, int):
            raise TypeError(
                "allocate_segment must return two integers, an address and words, not"
                f" {address!r} and {words!r}"
            )
        if address == 0:
            raise MemoryError(f"allocate_segment returned a null address for {wanted} words")
        fits = 0 < address <= 2 * maxsize - words * WORD_BYTES
        if not fits or address % WORD_BYTES or words < minimum_words:
            self._supply.deallocate_segment(address, words, 0)
            raise ValueError(
                f"allocate_segment must return at least {minimum_words} words at a multiple of 8,"
                f" not {words} words at {address:#x}"
            )
        return address, words

    def segment(self, key: int, /) -> Buffer:
        """Return the bytes at the address."""
        address, words = self._live[key]
        return (c_ubyte * (words * WORD_BYTES)).from_address(address)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Leave the memory as it is. The next segment of the message is larger."""
        self._growth.asked(key)

    def release(self, key: int, words_used: int, /) -> None:
        """Deallocate the memory."""
        address, words = self._live.pop(key)
        self._growth.released(key)
        self._supply.deallocate_segment(address, words, words_used)
