"""The target ``packed``, behind the protocol of targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from .. import greedy, library
from ..protocol import DEFAULT_BUDGET, Target
from . import mutate
from .run import NEEDED, ORACLES, STEPS, execute, run
from .scenario import (
    MAX_LIMIT,
    MAX_ROOM,
    VERSION,
    Packed,
    decode,
    encode,
    groups,
    parse_packed,
    print_packed,
)
from .script import print_program

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict
    from ...oracles import Oracle


class PackedTarget:
    """Bytes for unpacking and packing."""

    name: Final = "packed"
    version: Final = VERSION
    memories: Final[Mapping[str, str]] = {}
    sample: Final = Packed(b"\x00\x01\xff\1\2\3\4\5\6\7\x08\x00\x24\7\7", (3,))

    @property
    def oracles(self) -> Sequence[Oracle[Any]]:
        """Return the oracles."""
        return ORACLES

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why an encoder has no package with capnsafe's functions; None if it has one."""
        return library.refusal(encoder, NEEDED)

    def decode(self, data: bytes) -> Packed:
        """Return the input of any bytes."""
        return decode(data)

    def encode(self, scenario: Packed) -> bytes:
        """Return its canonical bytes."""
        return encode(scenario)

    def parse(self, text: str) -> Packed:
        """Return the input of a text."""
        return parse_packed(text)

    def print(self, scenario: Packed) -> str:
        """Return its text."""
        return print_packed(scenario)

    def lines(self, scenario: Packed) -> list[str]:
        """Return the calls, which are always the same."""
        return list(STEPS)

    def generate(self, rng: Random) -> Packed:
        """Return a generated input."""
        return mutate.generate(rng)

    def mutate(self, scenario: Packed, rng: Random) -> Packed:
        """Return an input a step away."""
        return mutate.mutate(scenario, rng)

    def crossover(self, scenario: Packed, other: Packed, rng: Random) -> Packed:
        """Return groups of both."""
        return mutate.crossover(scenario, other, rng)

    def memory(self, scenario: Packed) -> str | None:
        """Return None: it needs no memory."""
        return None

    def over_memory(self, scenario: Packed, memory: str | None) -> Packed:
        """Return it unchanged: there is no memory to choose."""
        return scenario

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

    def shrink(
        self,
        scenario: Packed,
        fires: Callable[[Packed], bool],
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> Packed:
        """Return the simplest input found that fires."""
        return greedy.shrink(
            scenario, fires, budget=budget, simplicity=self.simplicity, steps=_steps
        )

    def beginnings(self, scenario: Packed) -> Iterator[Packed]:
        """Yield nothing: its steps do not depend on each other."""
        return iter(())

    def with_fewer_faults(self, scenario: Packed) -> Iterator[Packed]:
        """Yield nothing: it has no faults."""
        return iter(())

    def run(self, scenario: Packed, encoder: Encoder, costly: bool) -> Verdict:
        """Run and judge it."""
        return execute(scenario, encoder, costly)

    def tell(self, scenario: Packed, encoder: Encoder) -> list[str]:
        """Return the input, and the result of each call."""
        lines = print_packed(scenario).splitlines()[1:]
        for call in run(scenario, encoder).calls:
            lines += [f"{call.step:>3}  {call.name}", f"       = {call.says}"]
        return lines

    def script(self, scenario: Packed, encoder: Encoder) -> str:
        """Return a program that shows the breach."""
        return print_program(scenario, encoder, execute(scenario, encoder, True).violations)

    def plain_script(self, scenario: Packed, encoder: Encoder) -> str:
        """Return a program that makes the same calls."""
        return print_program(scenario, encoder, ())


def _steps(scenario: Packed) -> Iterator[Callable[[], Packed]]:
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


TARGET: Final[Target] = PackedTarget()
