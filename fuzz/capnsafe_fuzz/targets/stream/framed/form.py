"""The form ``framed`` of the target ``stream``."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ....reference.framing import WORD_BYTES, table_of
from ... import greedy
from ..form import Form
from ..scenario import StreamInput
from .mutate import MUTATIONS, valid_stream
from .run import NEEDED, ORACLES, STEPS, run
from .scenario import Frame
from .script import print_program


class FramedForm(Form):
    """Streams of messages."""

    sample = Frame(bytes(4) + b"\1\0\0\0" + bytes(8), (5,), 2)
    calls = STEPS
    oracles = ORACLES
    needed = NEEDED
    mutations = MUTATIONS

    record = staticmethod(run)
    program = staticmethod(print_program)

    def generate(self, rng: Random) -> StreamInput:
        """Return a stream of a few messages, usually with a wrong number, or cut off."""
        scenario: StreamInput = valid_stream(rng)
        for _ in range(rng.choice((0, 1, 1, 2))):
            scenario = self.mutate(scenario, rng)
        return scenario

    def smaller(self, data: bytes) -> Iterator[bytes]:
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
