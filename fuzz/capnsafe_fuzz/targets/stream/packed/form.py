"""The form ``packed`` of the target ``stream``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from ... import greedy
from ...library import LibraryCall
from ...received import ReceivedTarget
from .mutate import crossover, generate, mutate
from .run import NEEDED, ORACLES, STEPS, execute, run
from .scenario import (
    HEADER,
    MAX_LIMIT,
    MAX_ROOM,
    Packed,
    decode,
    encode,
    groups,
    parse_packed,
    print_packed,
)
from .script import print_program

if TYPE_CHECKING:
    from ....encoders.protocol import Encoder


class PackedForm(ReceivedTarget):
    """Bytes for unpacking and packing."""

    header = HEADER
    sample = Packed(b"\x00\x01\xff\1\2\3\4\5\6\7\x08\x00\x24\7\7", (3,))
    oracles = ORACLES
    needed = NEEDED

    decode = staticmethod(decode)
    encode = staticmethod(encode)
    parse = staticmethod(parse_packed)
    print = staticmethod(print_packed)
    generate = staticmethod(generate)
    mutate = staticmethod(mutate)
    crossover = staticmethod(crossover)
    run = staticmethod(execute)
    program = staticmethod(print_program)

    def lines(self, scenario: Packed) -> list[str]:
        """Return the calls, which are always the same."""
        return list(STEPS)

    def sizes(self, scenario: Packed) -> Mapping[str, int]:
        """Return the numbers of bytes and of chunk sizes."""
        return {"bytes": len(scenario.data), "chunks": len(scenario.chunks)}

    def simplicity(self, scenario: Packed) -> tuple[object, ...]:
        """Return a key: few bytes, no chunks, no limits, zeros."""
        return (
            len(groups(scenario.data)),
            len(scenario.data),
            len(scenario.chunks),
            scenario.max_words != MAX_LIMIT,
            scenario.room != MAX_ROOM,
            greedy.weight(scenario.data),
            scenario.data,
            scenario.chunks,
            scenario.max_words,
            scenario.room,
        )

    def calls(self, scenario: Packed, encoder: Encoder) -> Sequence[LibraryCall]:
        """Make every call once."""
        return run(scenario, encoder).calls

    def steps(self, scenario: Packed) -> Iterator[Callable[[], Packed]]:
        """Yield inputs a step away."""
        for parts in greedy.shorter(groups(scenario.data)):
            yield partial(replace, scenario, data=b"".join(parts))
        for data in greedy.shorter(scenario.data):
            yield partial(replace, scenario, data=data)
        for chunks in greedy.shorter(scenario.chunks):
            yield partial(replace, scenario, chunks=chunks)
        yield partial(replace, scenario, max_words=MAX_LIMIT)
        yield partial(replace, scenario, room=MAX_ROOM)
        for data in greedy.plainer_bytes(scenario.data):
            yield partial(replace, scenario, data=data)
        for chunks in greedy.lower_each(scenario.chunks, 1):
            yield partial(replace, scenario, chunks=chunks)
        for words in greedy.lower(scenario.max_words):
            yield partial(replace, scenario, max_words=words)
        for words in greedy.lower(scenario.room, 1):
            yield partial(replace, scenario, room=words)


PACKED: Final = PackedForm()
