"""B5: build in a guest's memory, compared with building in the host's and copying.

Both ways make the guest grant the memory and take it back. The way with a copy is as fast as it can
be: the host's buffer is reused and declared stable, so that the encoder never asks for it, and the
copy takes one lent view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import exp, log

from capnsafe import MessageBuilder
from capnsafe.memory.wasm import WasmAllocator, new_guest

from .address_book import DifferentMessageError
from .measure import Comparison, Effort, compare
from .present import in_bytes
from .results import Crossover, Ratio

#: Sizes of B5, in bytes.
SIZES = (1 << 10, 1 << 16, 1 << 22)

#: Sizes among which the one is searched from which on one way wins: 256 bytes to 16 MiB.
SWEEP = tuple(1 << power for power in range(8, 25, 2))

#: Messages of many objects are not built larger than this (bytes), because the time for one field,
#: which is compared, no longer changes.
MOST_OBJECTS = 1 << 16

#: Their number of pairs, since one takes many times as long as a batch should.
FEW_PAIRS = 31

WORD_BYTES = 8

Build = Callable[[MessageBuilder], object]


class KeptBuffer:
    """One buffer of the host's, reused for each message."""

    stable = True

    def __init__(self, words: int) -> None:
        self._buffer = bytearray(words * WORD_BYTES)

    def allocate(self, minimum_words: int, /) -> int:
        """Grant it; no message here needs a second segment."""
        if minimum_words * WORD_BYTES > len(self._buffer):
            raise MemoryError
        return 0

    def segment(self, key: int, /) -> bytearray:
        """Return it."""
        return self._buffer

    def release(self, key: int, words_used: int, /) -> None:
        """Keep it."""


class Guest:
    """A guest, and both ways to write a message into its memory."""

    def __init__(self, words: int) -> None:
        """Have room for messages of one segment of ``words`` words."""
        store, instance = new_guest()
        self.memory = WasmAllocator(store, instance, segment_words=words)
        self._host = KeptBuffer(words)

    def direct(self, build: Build) -> None:
        """Build in the guest's memory."""
        with MessageBuilder(self.memory) as message:
            build(message)
            message.check_segments()

    def copied(self, build: Build) -> None:
        """Build in the host's memory, and copy."""
        with MessageBuilder(self._host) as message:
            build(message)
            with message.lend_segment(0) as octets:
                words = len(octets) // WORD_BYTES
                key = self.memory.allocate(words)
                self.memory.segment(key)[: len(octets)] = octets
                self.memory.release(key, words)

    def require_same(self, build: Build) -> None:
        """Raise unless both ways leave the same bytes."""
        found = []
        for memory in (self.memory, self._host):
            with MessageBuilder(memory) as message:
                build(message)
                found.append(message.to_bytes())
        if found[0] != found[1]:
            raise DifferentMessageError("the guest and the host have different messages")


def bulk(size: int) -> Build:
    """Return a function that builds a message of one Data of ``size`` bytes."""
    payload = bytes(range(256)) * (size // 256)

    def build(message: MessageBuilder) -> None:
        message.init_root(0, 1).set_data(0, payload)

    return build


def objects(size: int) -> Build:
    """Return a function that builds a message of structs of 8 bytes, field by field."""
    count = size // WORD_BYTES

    def build(message: MessageBuilder) -> None:
        for index, element in enumerate(message.init_root(0, 1).init_struct_list(0, count, 1, 0)):
            element.set_uint32(0, index)
            element.set_uint32(1, 7)

    return build


SHAPES: dict[str, Callable[[int], Build]] = {"one Data": bulk, "structs of 8 bytes": objects}


def beside_a_copy(shape: str, size: int, effort: Effort) -> Comparison:
    """Compare both ways for a message of about ``size`` bytes."""
    build = SHAPES[shape](size)
    guest = Guest(size // WORD_BYTES + 3)
    guest.require_same(build)
    if shape != "one Data":
        effort = replace(effort, pairs=min(effort.pairs, FEW_PAIRS))
    return compare(lambda: guest.direct(build), lambda: guest.copied(build), effort)


def sweep(shape: str, effort: Effort) -> dict[int, Comparison]:
    """Compare both ways at each size."""
    return {size: beside_a_copy(shape, size, effort) for size in _sizes(shape, SWEEP)}


def _sizes(shape: str, sizes: tuple[int, ...]) -> list[int]:
    return [size for size in sizes if shape == "one Data" or size <= MOST_OBJECTS]


def crossover(found: dict[int, Comparison]) -> float | None:
    """Return the size (bytes) from which on direct wins in three pairs of four; or None.

    It is interpolated between the measured sizes, by logarithms.
    """
    sizes = sorted(found)
    won = sizes[-1]
    if found[won].high >= 1:
        return None
    for size in reversed(sizes):
        if found[size].high >= 1:
            above, below = log(found[size].high), log(found[won].high)
            return exp(log(size) + log(won / size) * above / (above - below))
        won = size
    return float(won)


def into_a_guest(effort: Effort) -> Iterator[Ratio | Crossover]:
    """B5: both shapes at three sizes, and the size from which direct wins."""
    for shape in SHAPES:
        for size in _sizes(shape, SIZES):
            yield Ratio(
                "B5",
                f"{shape}, {in_bytes(size)}",
                "into the guest",
                "built outside, copied",
                beside_a_copy(shape, size, effort),
            )
        found = sweep(shape, replace(effort, pairs=max(3, effort.pairs // 4)))
        yield Crossover("B5", shape, crossover(found), SWEEP[0], max(found))
