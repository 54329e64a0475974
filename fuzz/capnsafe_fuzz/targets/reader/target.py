"""The target ``reader``, behind the protocol of targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..protocol import Target
from ..received import ReceivedTarget
from .mutate import crossover, generate, mutate
from .run import NEEDED, ORACLES, ReadRun, run
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

_SAMPLE: Final = bytes.fromhex("0000000001000100070000000000000001000000220000006162630000000000")


class ReaderTarget(ReceivedTarget):
    """Hostile segments for the reader."""

    name = "reader"
    version = VERSION
    sample = Read(
        (_SAMPLE,),
        questions=(
            Question(Ask.ROOT),
            Question(Ask.TEXT, 0, 0),
            Question(Ask.CANONICAL, 0),
            Question(Ask.EVERYTHING),
        ),
    )
    oracles = ORACLES
    needed = NEEDED

    decode = staticmethod(decode)
    encode = staticmethod(encode)
    parse = staticmethod(parse_read)
    print = staticmethod(print_read)
    generate = staticmethod(generate)
    mutate = staticmethod(mutate)
    crossover = staticmethod(crossover)
    program = staticmethod(print_program)
    simplicity = staticmethod(simplicity)
    steps = staticmethod(steps)

    def lines(self, scenario: Read) -> list[str]:
        """Return a line for each question."""
        return print_questions(scenario.questions)

    def sizes(self, scenario: Read) -> Mapping[str, int]:
        """Return the numbers of questions, and of words of all segments."""
        words = sum(map(len, scenario.segments)) // WORD_BYTES
        return {"questions": len(scenario.questions), "words": words}

    def beginnings(self, scenario: Read) -> Iterator[Read]:
        """Yield it cut off after each question."""
        for count in range(1, len(scenario.questions)):
            yield replace(scenario, questions=scenario.questions[:count])

    def record(self, scenario: Read, encoder: Encoder, measured: bool) -> ReadRun:
        """Ask every question once."""
        return run(scenario, encoder)


TARGET: Final[Target] = ReaderTarget()
