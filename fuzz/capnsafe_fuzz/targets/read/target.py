"""The target ``read``, behind the protocol of targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from .. import greedy, library
from ..protocol import DEFAULT_BUDGET, Target
from . import mutate
from .run import NEEDED, ORACLES, execute, run
from .scenario import (
    VERSION,
    WORD_BYTES,
    Ask,
    Question,
    Read,
    decode,
    encode,
    parse_read,
    print_questions,
    print_read,
)
from .script import print_program
from .shrink import simplicity, steps

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict
    from ...oracles import Oracle

_SAMPLE: Final = bytes.fromhex("0000000001000100070000000000000001000000220000006162630000000000")


class ReadTarget:
    """Hostile segments for the reader."""

    name: Final = "read"
    version: Final = VERSION
    memories: Final[Mapping[str, str]] = {}
    sample: Final = Read(
        (_SAMPLE,),
        questions=(
            Question(Ask.ROOT),
            Question(Ask.TEXT, 0, 0),
            Question(Ask.CANONICAL, 0),
            Question(Ask.EVERYTHING),
        ),
    )

    @property
    def oracles(self) -> Sequence[Oracle[Any]]:
        """Return the oracles."""
        return ORACLES

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why an encoder has no package with capnsafe's readers; None if it has one."""
        return library.refusal(encoder, NEEDED)

    def decode(self, data: bytes) -> Read:
        """Return the input of any bytes."""
        return decode(data)

    def encode(self, scenario: Read) -> bytes:
        """Return its canonical bytes."""
        return encode(scenario)

    def parse(self, text: str) -> Read:
        """Return the input of a text."""
        return parse_read(text)

    def print(self, scenario: Read) -> str:
        """Return its text."""
        return print_read(scenario)

    def lines(self, scenario: Read) -> list[str]:
        """Return a line for each question."""
        return print_questions(scenario.questions)

    def generate(self, rng: Random) -> Read:
        """Return a generated input."""
        return mutate.generate(rng)

    def mutate(self, scenario: Read, rng: Random) -> Read:
        """Return an input a step away."""
        return mutate.mutate(scenario, rng)

    def crossover(self, scenario: Read, other: Read, rng: Random) -> Read:
        """Return the segments of one with the questions of the other; or segments of both."""
        return mutate.crossover(scenario, other, rng)

    def memory(self, scenario: Read) -> str | None:
        """Return None: it needs no memory."""
        return None

    def over_memory(self, scenario: Read, memory: str | None) -> Read:
        """Return it unchanged: there is no memory to choose."""
        return scenario

    def sizes(self, scenario: Read) -> Mapping[str, int]:
        """Return the numbers of questions, and of words of all segments."""
        words = sum(map(len, scenario.segments)) // WORD_BYTES
        return {"questions": len(scenario.questions), "words": words}

    def simplicity(self, scenario: Read) -> tuple[object, ...]:
        """Return its place in the order of ``shrink``."""
        return simplicity(scenario)

    def shrink(
        self,
        scenario: Read,
        fires: Callable[[Read], bool],
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> Read:
        """Return the simplest input found that fires."""
        return greedy.shrink(scenario, fires, budget=budget, simplicity=simplicity, steps=steps)

    def beginnings(self, scenario: Read) -> Iterator[Read]:
        """Yield it cut off after each question."""
        for count in range(1, len(scenario.questions)):
            yield replace(scenario, questions=scenario.questions[:count])

    def with_fewer_faults(self, scenario: Read) -> Iterator[Read]:
        """Yield nothing: it has no faults."""
        return iter(())

    def run(self, scenario: Read, encoder: Encoder, costly: bool) -> Verdict:
        """Run and judge it."""
        return execute(scenario, encoder, costly)

    def tell(self, scenario: Read, encoder: Encoder) -> list[str]:
        """Return the segments, and the result of each question."""
        lines = [
            line for line in print_read(scenario).splitlines()[1:] if not line.startswith("ask ")
        ]
        calls = {call.step: call for call in run(scenario, encoder).calls}
        for step, question in enumerate(self.lines(scenario)):
            lines.append(f"{step:>3}  {question}")
            call = calls.get(step)
            lines.append(f"       = {'left out' if call is None else call.says}")
        return lines

    def script(self, scenario: Read, encoder: Encoder) -> str:
        """Return a program that shows the breach."""
        return print_program(scenario, encoder, execute(scenario, encoder, True).violations)

    def plain_script(self, scenario: Read, encoder: Encoder) -> str:
        """Return a program that puts the same questions."""
        return print_program(scenario, encoder, ())


TARGET: Final[Target] = ReadTarget()
