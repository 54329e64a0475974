"""The target ``stream``: each input has one of two forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from ...scenario import ScenarioSyntaxError, below_heading
from ..library import LibraryRun
from ..protocol import Target
from ..received import ReceivedTarget
from .form import Form, crossover, simpler, simplicity
from .framed import FRAMED
from .packed import PACKED
from .scenario import StreamInput

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Violation
    from ...oracles import Oracle

_FORMS: Final[tuple[Form, ...]] = (FRAMED, PACKED)
"""The first byte of an input is the index of its form here, modulo the number of forms."""
_PLACES: Final = {type(form.sample): place for place, form in enumerate(_FORMS)}


def _form(scenario: StreamInput) -> Form:
    return _FORMS[_PLACES[type(scenario)]]


class StreamTarget(ReceivedTarget):
    """Bytes from a stream of messages, framed or packed."""

    name = "stream"
    version = 3
    sample = FRAMED.sample
    # Both forms have the same oracle for P1.
    oracles = tuple(dict.fromkeys(oracle for form in _FORMS for oracle in form.oracles))
    needed = tuple(dict.fromkeys(name for form in _FORMS for name in form.needed))

    simplicity = staticmethod(simplicity)

    @property
    def input_types(self) -> tuple[type, ...]:
        """Return the type of the inputs of each form."""
        return tuple(_PLACES)

    def decode(self, data: bytes) -> StreamInput:
        """Return the input that the bytes stand for; any bytes stand for one."""
        form = _FORMS[data[0] % len(_FORMS) if data else 0]
        return type(form.sample).decode(data[1:])

    def encode(self, scenario: StreamInput) -> bytes:
        """Return the bytes of the input: the index of its form, and its bytes in that form."""
        return bytes((_PLACES[type(scenario)],)) + scenario.encode()

    def parse(self, text: str, /) -> StreamInput:
        """Return the input that a text of either form describes."""
        first = below_heading(text)[0].rstrip()
        for kind in _PLACES:
            if first == kind.header:
                return kind.parse(text)
        known = " or ".join(repr(kind.header) for kind in _PLACES)
        raise ScenarioSyntaxError(1, f"the first line is {known}, not {first!r}")

    def print(self, scenario: StreamInput) -> str:
        """Return the text of an input."""
        return scenario.print()

    def lines(self, scenario: StreamInput) -> list[str]:
        """Return the calls that an input of its form makes: the same for each input."""
        return list(_form(scenario).calls)

    def generate(self, rng: Random) -> StreamInput:
        """Return a generated input of either form."""
        return rng.choice(_FORMS).generate(rng)

    def mutate(self, scenario: StreamInput, rng: Random) -> StreamInput:
        """Return an input of the same form, a step away."""
        return _form(scenario).mutate(scenario, rng)

    def crossover(self, scenario: StreamInput, other: StreamInput, rng: Random, /) -> StreamInput:
        """Return an input with parts of both.

        If their forms differ, it is ``scenario`` with all bytes of ``other``.
        """
        if type(scenario) is not type(other):
            return replace(scenario, data=other.data)
        return crossover(scenario, other, rng)

    def sizes(self, scenario: StreamInput) -> Mapping[str, int]:
        """Return the numbers of bytes, and of sizes of pieces or chunks."""
        return {"bytes": len(scenario.data), scenario.noun: len(scenario.sizes)}

    def steps(self, scenario: StreamInput) -> Iterator[Callable[[], StreamInput]]:
        """Yield inputs of the same form a step away, the much simpler ones first."""
        return simpler(_form(scenario), scenario)

    def judged_by(self, scenario: StreamInput) -> Sequence[Oracle[Any]]:
        """Return the oracles of the input's form."""
        return _form(scenario).oracles

    def record(self, scenario: StreamInput, encoder: Encoder, measured: bool) -> LibraryRun:
        """Make every call of the input's form once."""
        return _form(scenario).record(scenario, encoder, measured)

    def program(
        self, scenario: StreamInput, encoder: Encoder, violations: Sequence[Violation], /
    ) -> str:
        """Return a program that makes the calls of an input through capnsafe's API."""
        return _form(scenario).program(scenario, encoder, violations)


TARGET: Final[Target] = StreamTarget()
