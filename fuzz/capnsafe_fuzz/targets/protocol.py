"""What a target offers: everything that others need to know of its inputs.

An input is an immutable value with a ``comment`` that does not count when two are compared. It has
two forms that say the same. *Text* is durable: people read, write, review and commit it, and its
first line names the target. *Bytes* are what engines change: every byte string decodes, none
raises, and encoding again gives the canonical form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Verdict

#: A value of a target's own type. Whoever holds one without its target can only pass it on.
Input: TypeAlias = Any

DEFAULT_BUDGET = 2000
"""Executions of the tested encoder for shrinking one group."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An oracle, as people are told of it."""

    name: str
    promise: str
    cost: str
    """``cheap``: asked after every execution. ``costly``: for a sample."""
    summary: str
    """What it takes for a breach, in a line."""


class Target(Protocol):
    """One kind of input, and how it is run and judged."""

    @property
    def name(self) -> str:
        """The name under which campaigns, folders and findings know it."""

    @property
    def version(self) -> int:
        """Of the bytes form: another number, and the same bytes say something else."""

    @property
    def oracles(self) -> Sequence[Judged]:
        """Who judges."""

    @property
    def memories(self) -> Mapping[str, str]:
        """The honest memories that its inputs can be put over, and a line about each."""

    @property
    def sample(self) -> Input:
        """A small input that does a little of everything."""

    def refusal(self, encoder: Encoder) -> str | None:
        """Why an encoder cannot be tested on this target, as a sentence; None if it can."""

    # Forms

    def decode(self, data: bytes) -> Input:
        """The input of any byte string; never raises."""

    def encode(self, scenario: Input) -> bytes:
        """The canonical bytes of an input."""

    def parse(self, text: str) -> Input:
        """The input of a text; raises ``ScenarioError``, which names the line where it can."""

    def print(self, scenario: Input) -> str:
        """The one text of an input, ending in a newline."""

    def lines(self, scenario: Input) -> list[str]:
        """What is done, a line for each step, as violations number them."""

    # Search

    def generate(self, rng: Random) -> Input:
        """A new input, from nothing."""

    def mutate(self, scenario: Input, rng: Random) -> Input:
        """An input a step away."""

    def crossover(self, scenario: Input, other: Input, rng: Random) -> Input:
        """An input that has something of both."""

    def memory(self, scenario: Input) -> str | None:
        """Return the name of the memory that an input is put over; None if it needs none."""

    def over_memory(self, scenario: Input, memory: str | None) -> Input:
        """The same over one of ``memories``; None leaves it."""

    # Size

    def sizes(self, scenario: Input) -> Mapping[str, int]:
        """How large it is, by what people count; in the order in which sizes are compared."""

    def simplicity(self, scenario: Input) -> Any:
        """Where it stands in the order of inputs, a key to compare by: smaller is simpler."""

    def shrink(
        self, scenario: Input, fires: Callable[[Input], bool], *, budget: int = DEFAULT_BUDGET
    ) -> Input:
        """The simplest input found that fires; ``scenario`` itself does, and is not asked."""

    def beginnings(self, scenario: Input) -> Iterator[Input]:
        """The input cut off after its first step, its second, and so on, without the last."""

    def with_fewer_faults(self, scenario: Input) -> Iterator[Input]:
        """The input without one of its faults, for each of several; none of one that has one."""

    # Running

    def run(self, scenario: Input, encoder: Encoder, costly: bool) -> Verdict:
        """Run one input and judge it; ``costly`` asks the costly oracles too."""

    def tell(self, scenario: Input, encoder: Encoder) -> list[str]:
        """The story of one execution, line by line; runs it in this process."""

    def script(self, scenario: Input, encoder: Encoder) -> str:
        """A program in the encoder's own API that shows what breaks; made from a run."""

    def plain_script(self, scenario: Input, encoder: Encoder) -> str:
        """A program that only does the same; nothing is run to print it."""


def measure(target: Target, scenario: Input) -> tuple[int, ...]:
    """The sizes as numbers: what is smaller in this order is worth a look."""
    return tuple(target.sizes(scenario).values())


def described(sizes: Mapping[str, int]) -> list[str]:
    """The sizes for people: ``3 operations``, ``1 fault``."""
    return [
        f"{number} {noun.removesuffix('s') if number == 1 else noun}"
        for noun, number in sizes.items()
    ]


def with_comment(scenario: Input, comment: str) -> Input:
    """The same input with another comment."""
    return replace(scenario, comment=comment)
