"""The target ``build``, behind the protocol of targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from ... import execution
from ...memories import MEMORIES
from ...oracles import ORACLES, Oracle
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
from ..protocol import DEFAULT_BUDGET, Target
from .shrink import shrink, simplicity
from .story import tell
from .variants import fewer_faults

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict

LARGEST = 24
"""The most operations of a generated scenario."""


class BuildTarget:
    """Programs of build operations."""

    name: Final = "build"
    version: Final = DECODER_VERSION
    memories: Final[Mapping[str, str]] = {
        kind.name: kind.summary for kind in MEMORIES.values() if not kind.lacking
    }
    sample: Final = Scenario(
        operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "warm"))
    )

    @property
    def oracles(self) -> Sequence[Oracle[Any]]:
        """Return the oracles of ``oracles``, in the order of the promises."""
        return list(ORACLES.values())

    def refusal(self, encoder: Encoder) -> str | None:
        """Return None: every encoder builds."""
        return None

    def decode(self, data: bytes) -> Scenario:
        """Return the scenario of any bytes."""
        return decode(data)

    def encode(self, scenario: Scenario) -> bytes:
        """Return its canonical bytes."""
        return encode(scenario)

    def parse(self, text: str) -> Scenario:
        """Return the scenario of a text."""
        return parse_scenario(text)

    def print(self, scenario: Scenario) -> str:
        """Return its text."""
        return print_scenario(scenario)

    def lines(self, scenario: Scenario) -> list[str]:
        """Return a line for each operation."""
        return print_operations(scenario.operations)

    def generate(self, rng: Random) -> Scenario:
        """Return a generated scenario."""
        return generate(rng, rng.randint(1, LARGEST))

    def mutate(self, scenario: Scenario, rng: Random) -> Scenario:
        """Return a scenario a step away."""
        return mutate(scenario, rng)

    def crossover(self, scenario: Scenario, other: Scenario, rng: Random) -> Scenario:
        """Return the beginning of one program with the end of another."""
        return crossover(scenario, other, rng)

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

    def simplicity(self, scenario: Scenario) -> tuple[object, ...]:
        """Return its place in the order of ``shrink``."""
        return simplicity(scenario)

    def shrink(
        self,
        scenario: Scenario,
        fires: Callable[[Scenario], bool],
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> Scenario:
        """Return the simplest scenario found that fires."""
        return shrink(scenario, fires, budget=budget)

    def beginnings(self, scenario: Scenario) -> Iterator[Scenario]:
        """Yield the program cut off after each operation."""
        for index in range(len(scenario.operations) - 1):
            yield replace(scenario, operations=scenario.operations[: index + 1])

    def with_fewer_faults(self, scenario: Scenario) -> Iterator[Scenario]:
        """Yield it without one of its faults, with the others unchanged or one changed."""
        return fewer_faults(scenario)

    def run(self, scenario: Scenario, encoder: Encoder, costly: bool) -> Verdict:
        """Run and judge it."""
        return execution.execute(scenario, encoder, costly=costly)

    def tell(self, scenario: Scenario, encoder: Encoder) -> list[str]:
        """Return every operation, every call of the allocator, every fault."""
        return tell(scenario, encoder)

    def script(self, scenario: Scenario, encoder: Encoder) -> str:
        """Return a program that shows the breach."""
        return execution.script(scenario, encoder)

    def plain_script(self, scenario: Scenario, encoder: Encoder) -> str:
        """Return a program that only builds."""
        return encoder.script(scenario)


TARGET: Final[Target] = BuildTarget()
