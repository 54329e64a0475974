"""The target ``builder``, behind the protocol of targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final

from ... import execution
from ...memories import MEMORIES
from ...oracles import ORACLES
from ...scenario import (
    DECODER_VERSION,
    Operation,
    Scenario,
    Verb,
    crossover,
    decode,
    encode,
    generate,
    mutate,
    parse_scenario,
    print_operations,
    print_scenario,
)
from ..protocol import Target
from .shrink import shrink, simplicity
from .story import tell
from .variants import fewer_faults

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict

LARGEST = 24
"""The most operations of a generated scenario."""


class BuilderTarget(Target):
    """Programs of build operations."""

    name = "builder"
    version = DECODER_VERSION
    oracles = tuple(ORACLES.values())
    memories = {  # noqa: RUF012 - As in the base.
        kind.name: kind.summary for kind in MEMORIES.values() if not kind.lacking
    }
    sample = Scenario(operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "warm")))

    decode = staticmethod(decode)
    encode = staticmethod(encode)
    parse = staticmethod(parse_scenario)
    print = staticmethod(print_scenario)
    mutate = staticmethod(mutate)
    crossover = staticmethod(crossover)
    simplicity = staticmethod(simplicity)
    shrink = staticmethod(shrink)
    with_fewer_faults = staticmethod(fewer_faults)
    tell = staticmethod(tell)
    script = staticmethod(execution.script)

    def lines(self, scenario: Scenario) -> list[str]:
        """Return a line for each operation."""
        return print_operations(scenario.operations)

    def generate(self, rng: Random) -> Scenario:
        """Return a generated scenario."""
        return generate(rng, rng.randint(1, LARGEST))

    def memory(self, scenario: Scenario) -> str | None:
        """Return the name of its memory."""
        return scenario.memory.name

    def over_memory(self, scenario: Scenario, memory: str | None) -> Scenario:
        """Return the same over another honest memory."""
        if memory is None or memory == scenario.memory.name:
            return scenario
        return replace(scenario, memory=scenario.memory.over(memory))

    def sizes(self, scenario: Scenario) -> Mapping[str, int]:
        """Return the numbers of operations and faults."""
        return {"operations": len(scenario.operations), "faults": len(scenario.faults)}

    def beginnings(self, scenario: Scenario) -> Iterator[Scenario]:
        """Yield the program cut off after each operation."""
        for index in range(len(scenario.operations) - 1):
            yield replace(scenario, operations=scenario.operations[: index + 1])

    def run(self, scenario: Scenario, encoder: Encoder, costly: bool) -> Verdict:
        """Run and judge it."""
        return execution.execute(scenario, encoder, costly=costly)

    def plain_script(self, scenario: Scenario, encoder: Encoder) -> str:
        """Return a program that only builds."""
        return encoder.script(scenario)


TARGET: Final[Target] = BuilderTarget()
