"""The parts that differ between the forms of the target ``stream``, and their common search."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from .. import greedy
from .scenario import MAX_BYTES, MAX_SIZES, StreamInput

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Violation
    from ...oracles import Oracle
    from ..library import LibraryRun

AnyInput = TypeVar("AnyInput", bound=StreamInput)

_SIZES: Final = (1, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 16, 17, 31, 64, 255)


class Form(ABC):
    """One form of inputs: how they are made, run, judged and printed as programs."""

    sample: ClassVar[StreamInput]
    """A small input that does a little of everything; its class is that of all inputs."""
    calls: ClassVar[tuple[str, ...]]
    """The calls that each input makes, in order."""
    oracles: ClassVar[Sequence[Oracle[Any]]]
    needed: ClassVar[Sequence[str]]
    """The names that the package under test must have."""
    mutations: ClassVar[Sequence[Callable[[Any, Random], StreamInput]]]
    """Ways to change an input, besides those that all forms have; a frequent one stands twice."""

    @abstractmethod
    def generate(self, rng: Random) -> StreamInput:
        """Return a newly generated input."""

    @abstractmethod
    def record(self, scenario: Any, encoder: Encoder, measured: bool) -> LibraryRun:
        """Make every call once; ``measured`` watches the heap meanwhile, which takes time."""

    @abstractmethod
    def program(self, scenario: Any, encoder: Encoder, violations: Sequence[Violation], /) -> str:
        """Return a program that shows one of the violations, or makes all calls without any."""

    def smaller(self, data: bytes) -> Iterator[bytes]:
        """Yield the bytes with a part of them smaller, and the others adapted to that."""
        return iter(())

    def mutate(self, scenario: StreamInput, rng: Random) -> StreamInput:
        """Return an input a step away."""
        return rng.choice((*self.mutations, _delete_part, _change_byte, _cut_otherwise))(
            scenario, rng
        )


def any_sizes(rng: Random) -> tuple[int, ...]:
    """Return the sizes of up to three pieces or chunks."""
    return tuple(rng.choice(_SIZES) for _ in range(rng.choice((0, 1, 1, 2, 3))))


def with_data(scenario: AnyInput, data: bytes) -> AnyInput:
    """Return an input with other bytes, as many as there may be."""
    return replace(scenario, data=data[:MAX_BYTES])


def _parts(scenario: StreamInput) -> list[bytes]:
    return [part.data for part in scenario.parts()]


def _delete_part(scenario: StreamInput, rng: Random) -> StreamInput:
    parts = _parts(scenario)
    if parts:
        del parts[rng.randrange(len(parts))]
    return with_data(scenario, b"".join(parts))


def _change_byte(scenario: StreamInput, rng: Random) -> StreamInput:
    data = bytearray(scenario.data)
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    return with_data(scenario, bytes(data))


def _cut_otherwise(scenario: StreamInput, rng: Random) -> StreamInput:
    sizes = rng.choice((any_sizes(rng), (*scenario.sizes, *any_sizes(rng)[:1])))
    return replace(scenario, sizes=sizes[-MAX_SIZES:])


def crossover(scenario: StreamInput, other: StreamInput, rng: Random) -> StreamInput:
    """Return some parts of one input, then some of another of the same form."""
    mine, others = _parts(scenario), _parts(other)
    joined = mine[: rng.randint(0, len(mine))] + others[rng.randint(0, len(others)) :]
    made = with_data(scenario, b"".join(joined))
    optional = {
        number.name: getattr(other, number.name) for number in other.numbers if number.optional
    }
    return replace(made, sizes=rng.choice((scenario.sizes, other.sizes)), **optional)


def simplicity(scenario: StreamInput) -> tuple[object, ...]:
    """Return a key: few bytes, parts and sizes; numbers at their defaults; zeros."""
    numbers = list(zip(scenario.numbers, scenario.values(), strict=True))
    return (
        len(scenario.data),
        len(scenario.parts()),
        len(scenario.sizes),
        tuple(value for number, value in numbers if number.optional),
        tuple(value != number.default for number, value in numbers if not number.optional),
        greedy.weight(scenario.data),
        scenario.data,
        scenario.sizes,
        scenario.values(),
    )


def simpler(form: Form, scenario: StreamInput) -> Iterator[Callable[[], StreamInput]]:
    """Yield inputs a step away, the much simpler ones first."""
    optional = [number for number in scenario.numbers if number.optional]
    others = [number for number in scenario.numbers if not number.optional]
    for kept in greedy.shorter(_parts(scenario)):
        yield partial(replace, scenario, data=b"".join(kept))
    for data in form.smaller(scenario.data):
        yield partial(replace, scenario, data=data)
    for sizes in greedy.shorter(scenario.sizes):
        yield partial(replace, scenario, sizes=sizes)
    for number in optional:
        for value in greedy.lower(getattr(scenario, number.name)):
            yield partial(replace, scenario, **{number.name: value})
    for number in others:
        yield partial(replace, scenario, **{number.name: number.default})
    for data in greedy.shorter(scenario.data):
        yield partial(replace, scenario, data=data)
    for data in greedy.plainer_bytes(scenario.data):
        yield partial(replace, scenario, data=data)
    for sizes in greedy.lower_each(scenario.sizes, 1):
        yield partial(replace, scenario, sizes=sizes)
    for number in others:
        for value in greedy.lower(getattr(scenario, number.name), number.least):
            yield partial(replace, scenario, **{number.name: value})
