"""The base of targets: everything that the rest of the harness needs to know of inputs.

A target overrides what has no default here. Data from outside needs no memory and no faults, so
those methods have defaults; ``received`` adds what is common to such targets.

An input is an immutable value with a ``comment``, which does not count in comparisons. It has two
equivalent forms. *Text* is durable: people read, write, review and commit it, and its first line
names the target. *Bytes* are what engines change: every byte string decodes, none raises, and
encoding again gives the canonical form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Verdict
    from ..oracles import Oracle

#: A value of a target's own type. Code without the target can only pass it on.
Input: TypeAlias = Any

DEFAULT_BUDGET = 2000
"""Executions of the tested encoder to shrink one group."""


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

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why an encoder cannot be tested on this target, as a sentence; None if it can."""
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
            ScenarioError: It is malformed; the message names the line if possible.
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

    # Running

    @abstractmethod
    def run(self, scenario: Input, encoder: Encoder, costly: bool) -> Verdict:
        """Run one input and judge it; ``costly`` asks the costly oracles, too."""

    @abstractmethod
    def tell(self, scenario: Input, encoder: Encoder) -> list[str]:
        """Return the story of one execution, line by line; run it in this process."""

    @abstractmethod
    def script(self, scenario: Input, encoder: Encoder) -> str:
        """Return a program in the encoder's own API that shows the breach; made from a run."""

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
