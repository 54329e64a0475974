"""The target ``frame``, behind the protocol of targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from ...reference.framing import WORD_BYTES, table_of
from .. import greedy, library
from ..protocol import DEFAULT_BUDGET, Target
from . import mutate
from .run import NEEDED, ORACLES, STEPS, execute, run
from .scenario import (
    MAX_SEGMENTS,
    MAX_WORDS,
    VERSION,
    Frame,
    decode,
    encode,
    parse_frame,
    parts,
    print_frame,
)
from .script import print_program

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict
    from ...oracles import Oracle


class FrameTarget:
    """Streams of messages."""

    name: Final = "frame"
    version: Final = VERSION
    memories: Final[Mapping[str, str]] = {}
    sample: Final = Frame(bytes(4) + b"\1\0\0\0" + bytes(8), (5,), 2)

    @property
    def oracles(self) -> Sequence[Oracle[Any]]:
        """Return the oracles."""
        return ORACLES

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why an encoder has no package with capnsafe's functions; None if it has one."""
        return library.refusal(encoder, NEEDED)

    def decode(self, data: bytes) -> Frame:
        """Return the input of any bytes."""
        return decode(data)

    def encode(self, scenario: Frame) -> bytes:
        """Return its canonical bytes."""
        return encode(scenario)

    def parse(self, text: str) -> Frame:
        """Return the input of a text."""
        return parse_frame(text)

    def print(self, scenario: Frame) -> str:
        """Return its text."""
        return print_frame(scenario)

    def lines(self, scenario: Frame) -> list[str]:
        """Return the calls, which are always the same."""
        return list(STEPS)

    def generate(self, rng: Random) -> Frame:
        """Return a generated input."""
        return mutate.generate(rng)

    def mutate(self, scenario: Frame, rng: Random) -> Frame:
        """Return an input a step away."""
        return mutate.mutate(scenario, rng)

    def crossover(self, scenario: Frame, other: Frame, rng: Random) -> Frame:
        """Return parts of both."""
        return mutate.crossover(scenario, other, rng)

    def memory(self, scenario: Frame) -> str | None:
        """Return None: it needs no memory."""
        return None

    def over_memory(self, scenario: Frame, memory: str | None) -> Frame:
        """Return it unchanged: there is no memory to choose."""
        return scenario

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

    def shrink(
        self,
        scenario: Frame,
        fires: Callable[[Frame], bool],
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> Frame:
        """Return the simplest input found that fires."""
        return greedy.shrink(
            scenario, fires, budget=budget, simplicity=self.simplicity, steps=_steps
        )

    def beginnings(self, scenario: Frame) -> Iterator[Frame]:
        """Yield nothing: its steps do not depend on each other."""
        return iter(())

    def with_fewer_faults(self, scenario: Frame) -> Iterator[Frame]:
        """Yield nothing: it has no faults."""
        return iter(())

    def run(self, scenario: Frame, encoder: Encoder, costly: bool) -> Verdict:
        """Run and judge it."""
        return execute(scenario, encoder, costly)

    def tell(self, scenario: Frame, encoder: Encoder) -> list[str]:
        """Return the input, and the result of each call."""
        lines = print_frame(scenario).splitlines()[1:]
        calls = {call.step: call for call in run(scenario, encoder).calls}
        for step, name in enumerate(STEPS):
            says = calls[step].says if step in calls else "left out: there is no message"
            lines += [f"{step:>3}  {name}", f"       = {says}"]
        return lines

    def script(self, scenario: Frame, encoder: Encoder) -> str:
        """Return a program that shows the breach."""
        return print_program(scenario, encoder, execute(scenario, encoder, True).violations)

    def plain_script(self, scenario: Frame, encoder: Encoder) -> str:
        """Return a program that makes the same calls."""
        return print_program(scenario, encoder, ())


def _steps(scenario: Frame) -> Iterator[Callable[[], Frame]]:
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


TARGET: Final[Target] = FrameTarget()
