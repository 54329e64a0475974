"""The base of targets: everything that the rest of the harness needs to know of inputs.

A target overrides all methods that have no default here. Data from outside needs no memory and no
faults, so those methods have defaults; ``received`` adds the common parts of such targets.

An input is an immutable value with a ``comment``, which does not count in comparisons. It has two
equivalent forms. *Text* is durable: people read, write, review and commit it, and its first line
names the target. Engines change *bytes*: every byte string decodes, none raises, and encoding it
again gives the canonical form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

from ..guilt.repair import Behaviour

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Verdict
    from ..guilt.lines import Stack
    from ..guilt.rules import Clue
    from ..oracles import Oracle

#: A value of a target's own type. Code without the target can only pass it on.
Input: TypeAlias = Any

DEFAULT_BUDGET = 2000
"""Executions of the tested encoder to shrink one group."""


class Scope(StrEnum):
    """How many faults a sweep lays at a time."""

    SINGLES = "singles"
    PAIRS = "pairs"


@dataclass(frozen=True, slots=True)
class Variations:
    """Every input that a sweep makes of one input: without faults, then with each of them."""

    count: int
    make: Callable[[int], Input]
    """Returns the input with this number, from 0 to ``count`` - 1."""
    impossible: Mapping[str, int] = field(default_factory=dict)
    """How many faults cannot act in that program, by the reason, as a clause."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many faults are possible and left out, by the reason, as a clause."""


class Target(ABC):
    """One kind of input, and how it is run and judged."""

    name: str
    """The name under which campaigns, folders and findings know it."""
    version: int
    """The version of the bytes form; under another, the same bytes differ in meaning."""
    oracles: Sequence[Oracle[Any]]
    """The oracles, in the order of the promises."""
    memories: Mapping[str, str] = {}
    """The honest memories for its inputs, and a line about each."""
    sample: Input
    """A small input that does a little of everything."""
    verbs: Sequence[str] = ()
    """The first words of all labels of operations in situations, if they are known."""
    faults: Sequence[str] = ()
    """The families of faults that are laid in its inputs."""

    @property
    def input_types(self) -> tuple[type, ...]:
        """Return the types of its inputs."""
        return (type(self.sample),)

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why an encoder cannot be tested on this target, as a sentence; None if it can."""
        return None

    def prepare(self, encoder: Encoder) -> None:
        """Import the modules of the encoder's package that only this target needs.

        Engines instrument modules while they are imported, so workers call this before they run
        anything.
        """
        return

    def unreachable(self, verb: str, family: str, memory: str | None) -> str | None:
        """Return why no fault of a family fires in operations with this verb; None if one may fire.

        ``memory`` is the only honest memory of the campaign; None if it has all.
        """
        return None

    # Forms

    @abstractmethod
    def decode(self, data: bytes) -> Input:
        """Return the input of any byte string; never raise."""

    @abstractmethod
    def encode(self, scenario: Input) -> bytes:
        """Return the canonical bytes of an input."""

    @abstractmethod
    def parse(self, text: str, /) -> Input:
        """Return the input of a text.

        Raises:
            ScenarioError: If the text is malformed; the message names the line if possible.
        """

    @abstractmethod
    def print(self, scenario: Input) -> str:
        """Return the one text of an input, ending in a newline."""

    @abstractmethod
    def lines(self, scenario: Input) -> list[str]:
        """Return a line for each step, numbered as in violations."""

    # Search

    @abstractmethod
    def generate(self, rng: Random) -> Input:
        """Return a newly generated input."""

    @abstractmethod
    def mutate(self, scenario: Input, rng: Random) -> Input:
        """Return an input a step away."""

    @abstractmethod
    def crossover(self, scenario: Input, other: Input, rng: Random, /) -> Input:
        """Return an input with parts of both."""

    def memory(self, scenario: Input) -> str | None:
        """Return the name of an input's memory; None if it needs none."""
        return None

    def over_memory(self, scenario: Input, memory: str | None) -> Input:
        """Return the input over one of ``memories``; None leaves it."""
        return scenario

    # Size

    @abstractmethod
    def sizes(self, scenario: Input) -> Mapping[str, int]:
        """Return its sizes, by noun for people, in the order in which they are compared."""

    @abstractmethod
    def simplicity(self, scenario: Input) -> Any:
        """Return a key for the order of inputs: smaller is simpler."""

    @abstractmethod
    def shrink(
        self, scenario: Input, fires: Callable[[Input], bool], *, budget: int = DEFAULT_BUDGET
    ) -> Input:
        """Return the simplest input found that fires; ``scenario`` itself is known to fire."""

    def beginnings(self, scenario: Input) -> Iterator[Input]:
        """Yield the input cut off after its first step, its second, and so on, without the last.

        Steps that do not depend on each other have no beginnings.
        """
        return iter(())

    def with_fewer_faults(self, scenario: Input) -> Iterator[Input]:
        """Yield the input without one of its faults; nothing if it has only one."""
        return iter(())

    # Sweeping

    def without_faults(self, scenario: Input) -> Input:
        """Return the input without its faults and its comment."""
        return with_comment(scenario, "")

    def trace(self, scenario: Input, encoder: Encoder) -> dict[str, Any] | None:
        """Return the allocator calls of an input without faults; None if it can have no faults."""
        return None

    def variations(
        self, scenario: Input, trace: dict[str, Any], scope: Scope, *, everything: bool
    ) -> Variations:
        """Return the inputs that a sweep makes of an input with this trace.

        Faults whose numbers differ little are left out, unless ``everything`` is asked for. The
        default has no faults: it is the input alone.
        """
        return Variations(1, lambda index: scenario)

    # Running

    @abstractmethod
    def run(self, scenario: Input, encoder: Encoder, costly: bool) -> Verdict:
        """Run one input and judge it; ``costly`` asks the costly oracles, too."""

    def behave(self, scenario: Input, encoder: Encoder) -> Behaviour:
        """Run one input; return the behaviour of the encoder."""
        verdict = self.run(scenario, encoder, False)
        did = hash((verdict.situations, verdict.operations))
        return Behaviour(bool(verdict.violations), did, verdict.allocator_calls)

    def evidence(
        self, scenario: Input, encoder: Encoder, promise: str
    ) -> tuple[Clue | None, list[Stack]]:
        """Return the line of the encoder that a breach points at, and all lines that ran by then.

        The default runs the input once more, and points at no line.
        """
        # It imports the encoder, which a worker has to instrument before.
        from ..guilt.recorder import Recorder

        recorder = Recorder[None](encoder.owns)
        with recorder.recording(None):
            self.run(scenario, encoder, False)
        return None, [stack for _, trace in recorder.traces for stack in trace.lines if stack]

    @abstractmethod
    def tell(self, scenario: Input, encoder: Encoder) -> list[str]:
        """Return the story of one execution, line by line; run it in this process."""

    @abstractmethod
    def script(self, scenario: Input, encoder: Encoder) -> str:
        """Return a program in the encoder's own API that shows the breach; made from a run."""

    def scripts(self, scenario: Input, encoder: Encoder, group: str = "") -> list[str]:
        """Return programs that may show the breach; the first one that does is the best.

        If there are several breaches, they are about the one of that ``group``.
        """
        return [self.script(scenario, encoder)]

    @abstractmethod
    def plain_script(self, scenario: Input, encoder: Encoder) -> str:
        """Return a program that only performs the steps; nothing is run to print it."""


def measure(target: Target, scenario: Input) -> tuple[int, ...]:
    """Return the sizes as numbers; a smaller input in this order is worth judging."""
    return tuple(target.sizes(scenario).values())


def described(sizes: Mapping[str, int]) -> list[str]:
    """Return the sizes for people: ``3 operations``, ``1 fault``."""
    return [
        f"{number} {noun.removesuffix('s') if number == 1 else noun}"
        for noun, number in sizes.items()
    ]


def with_comment(scenario: Input, comment: str) -> Input:
    """Return the same input with another comment."""
    return replace(scenario, comment=comment)
