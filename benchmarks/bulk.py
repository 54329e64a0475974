"""B3: a list of a million numbers that are already in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from capnsafe import Element, FixedAllocator, MessageBuilder

from .address_book import DifferentMessageError
from .measure import Effort, compare
from .results import Ratio

NUMBERS = 1_000_000
BUDGET = 1.5

#: Words of the root pointer and the root, and for an allocator that must align the buffer.
_FRONT_WORDS = 3


def buffer_for(values: array[int]) -> bytearray:
    """Return a buffer into which a message of these numbers fits."""
    return bytearray(len(values) * values.itemsize + _FRONT_WORDS * 8)


def lend_numbers(memory: FixedAllocator, values: array[int]) -> None:
    """Make an empty list, and fill it through a lent view."""
    with MessageBuilder(memory) as message:
        made = message.init_root(0, 1).init_list(0, Element.UINT64, len(values))
        with made.lend() as view:
            view[:] = memoryview(values)


def numbers_at_once(effort: Effort) -> Iterator[Ratio]:
    """Compare a List(UInt64), from an array and through a lent view, with one copy of the bytes."""
    values = array("Q", range(NUMBERS))
    octets = memoryview(values).cast("B")
    ours = buffer_for(values)
    theirs = memoryview(bytearray(len(octets)))

    def set_list() -> None:
        with MessageBuilder(FixedAllocator(ours)) as message:
            message.init_root(0, 1).set_list(0, Element.UINT64, values)

    def lend() -> None:
        lend_numbers(FixedAllocator(ours), values)

    def copy() -> None:
        theirs[:] = octets

    for what, work in (("set_list", set_list), ("init_list and lend", lend)):
        ours[:] = bytes(len(ours))
        work()
        if octets not in (memoryview(ours)[at : at + len(octets)] for at in range(0, 24, 8)):
            raise DifferentMessageError(f"{what} did not put the numbers into the buffer")
        comparison = compare(work, copy, effort)
        yield Ratio("B3", f"a million UInt64 by {what}", "capnsafe", "copy", comparison, BUDGET)
