"""The target ``builder``, behind the protocol of targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from capnsafe_allocators import FAMILIES

from ... import execution
from ...execution.evidence import collect_evidence
from ...execution.trace import Trace, trace
from ...memories import MEMORIES
from ...oracles import ORACLES
from ...scenario import (
    DECODER_VERSION,
    HEADER,
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
from ..protocol import Scope, Target, Variations
from .placements import variations
from .reach import VERBS, unreachable
from .shrink import shrink, simplicity
from .story import tell
from .variants import fewer_faults

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict
    from ...guilt.lines import Stack
    from ...guilt.rules import Clue

LARGEST = 24
"""The most operations of a generated scenario."""


class BuilderTarget(Target):
    """Programs of build operations."""

    name = "builder"
    header = HEADER
    """The first line of a text."""
    version = DECODER_VERSION
    oracles = tuple(ORACLES.values())
    memories: Mapping[str, str] = {
        kind.name: kind.summary for kind in MEMORIES.values() if not kind.lacking
    }
    sample = Scenario(operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", "warm")))

    verbs = VERBS
    faults = tuple(FAMILIES)

    unreachable = staticmethod(unreachable)
    decode = staticmethod(decode)
    encode = staticmethod(encode)
    mutate = staticmethod(mutate)
    crossover = staticmethod(crossover)
    simplicity = staticmethod(simplicity)
    shrink = staticmethod(shrink)
    with_fewer_faults = staticmethod(fewer_faults)
    tell = staticmethod(tell)
    behave = staticmethod(execution.behave)
    script = staticmethod(execution.script)
    scripts = staticmethod(execution.scripts)

    def parse(self, text: str, /) -> Scenario:
        """Return the scenario of a text."""
        return parse_scenario(text, self.header)

    def print(self, scenario: Scenario) -> str:
        """Return its text."""
        return print_scenario(scenario, self.header)

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

    def without_faults(self, scenario: Scenario) -> Scenario:
        """Return the program and its memory, without faults and comment."""
        return replace(scenario, faults=(), comment="")

    def trace(self, scenario: Scenario, encoder: Encoder) -> dict[str, Any]:
        """Return the allocator calls of a program, as data."""
        return trace(scenario, encoder).to_json()

    def variations(
        self, scenario: Scenario, trace: dict[str, Any], scope: Scope, *, everything: bool
    ) -> Variations:
        """Return the program without faults, then with each fault, or each pair of them."""
        return variations(
            scenario, Trace.from_json(trace), pairs=scope is Scope.PAIRS, everything=everything
        )

    def run(self, scenario: Scenario, encoder: Encoder, costly: bool) -> Verdict:
        """Run and judge it."""
        return execution.execute(scenario, encoder, costly=costly)

    def evidence(
        self, scenario: Scenario, encoder: Encoder, promise: str
    ) -> tuple[Clue | None, list[Stack]]:
        """Return the line that the first guilty operation points at, and all that ran by then."""
        return collect_evidence(scenario, encoder, promise)

    def plain_script(self, scenario: Scenario, encoder: Encoder) -> str:
        """Return a program that only builds."""
        return encoder.script(scenario)


TARGET: Final[Target] = BuilderTarget()
