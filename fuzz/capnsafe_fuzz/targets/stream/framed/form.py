"""The form ``framed`` of the target ``stream``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from ....reference.framing import WORD_BYTES, table_of
from ... import greedy
from ...library import LibraryCall
from ...received import ReceivedTarget
from .mutate import crossover, generate, mutate
from .run import NEEDED, ORACLES, STEPS, execute, run
from .scenario import (
    HEADER,
    MAX_SEGMENTS,
    MAX_WORDS,
    Frame,
    decode,
    encode,
    parse_frame,
    parts,
    print_frame,
)
from .script import print_program

if TYPE_CHECKING:
    from ....encoders.protocol import Encoder


class FramedForm(ReceivedTarget):
    """Streams of messages."""

    header = HEADER
    sample = Frame(bytes(4) + b"\1\0\0\0" + bytes(8), (5,), 2)
    oracles = ORACLES
    needed = NEEDED

    decode = staticmethod(decode)
    encode = staticmethod(encode)
    parse = staticmethod(parse_frame)
    print = staticmethod(print_frame)
    generate = staticmethod(generate)
    mutate = staticmethod(mutate)
    crossover = staticmethod(crossover)
    run = staticmethod(execute)
    program = staticmethod(print_program)

    def lines(self, scenario: Frame) -> list[str]:
        """Return the calls, which are always the same."""
        return list(STEPS)

    def sizes(self, scenario: Frame) -> Mapping[str, int]:
        """Return the numbers of bytes and of sizes of pieces."""
        return {"bytes": len(scenario.data), "pieces": len(scenario.pieces)}

    def simplicity(self, scenario: Frame) -> tuple[object, ...]:
        """Return a key: few bytes, no pieces, no stall, no buffer, no limits, zeros."""
        return (
            len(scenario.data),
            len(scenario.pieces),
            scenario.stall,
            scenario.buffer,
            scenario.max_segments != MAX_SEGMENTS,
            scenario.max_words != MAX_WORDS,
            greedy.weight(scenario.data),
            scenario.data,
            scenario.pieces,
            scenario.max_segments,
            scenario.max_words,
        )

    def calls(self, scenario: Frame, encoder: Encoder) -> Sequence[LibraryCall]:
        """Make every call once."""
        return run(scenario, encoder).calls

    def steps(self, scenario: Frame) -> Iterator[Callable[[], Frame]]:
        """Yield inputs a step away."""
        for kept in greedy.shorter([part for part, _ in parts(scenario.data)]):
            yield partial(replace, scenario, data=b"".join(kept))
        for data in _smaller_segments(scenario.data):
            yield partial(replace, scenario, data=data)
        for pieces in greedy.shorter(scenario.pieces):
            yield partial(replace, scenario, pieces=pieces)
        for stall in greedy.lower(scenario.stall):
            yield partial(replace, scenario, stall=stall)
        for buffer in greedy.lower(scenario.buffer):
            yield partial(replace, scenario, buffer=buffer)
        yield partial(replace, scenario, max_segments=MAX_SEGMENTS)
        yield partial(replace, scenario, max_words=MAX_WORDS)
        for data in greedy.shorter(scenario.data):
            yield partial(replace, scenario, data=data)
        for data in greedy.plainer_bytes(scenario.data):
            yield partial(replace, scenario, data=data)
        for pieces in greedy.lower_each(scenario.pieces, 1):
            yield partial(replace, scenario, pieces=pieces)
        for number in greedy.lower(scenario.max_segments):
            yield partial(replace, scenario, max_segments=number)
        for number in greedy.lower(scenario.max_words):
            yield partial(replace, scenario, max_words=number)


def _smaller_segments(data: bytes) -> Iterator[bytes]:
    """Yield the stream with fewer words in a segment and its table; gaps at the end stay."""
    at = 0
    while (table := table_of(data, at)) is not None:
        start = table.end
        for index, size in enumerate(table.sizes):
            end = min(len(data), start + size * WORD_BYTES)
            number = at + 4 * (1 + index)
            for fewer in greedy.lower(size):
                last = max(start, end - (size - fewer) * WORD_BYTES)
                head = data[:number] + fewer.to_bytes(4, "little") + data[number + 4 : last]
                yield head + data[end:]
            start = end
        at = max(start, at + WORD_BYTES)


FRAMED: Final = FramedForm()
