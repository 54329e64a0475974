"""The target ``stream``: each input belongs to one of its forms, which does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

from ...scenario import ScenarioSyntaxError, below_heading
from ..library import LibraryCall
from ..protocol import Target
from ..received import ReceivedTarget
from .framed import FRAMED, Frame
from .packed import PACKED, Packed

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict, Violation

Stream: TypeAlias = Frame | Packed

_FORMS: Final = (FRAMED, PACKED)
"""The first byte of an input chooses one by its place here."""
_PLACES: Final = {Frame: 0, Packed: 1}


def _form(scenario: Stream) -> ReceivedTarget:
    return _FORMS[_PLACES[type(scenario)]]


class StreamTarget(ReceivedTarget):
    """Bytes from a stream of messages, framed or packed."""

    name = "stream"
    version = 3
    sample = FRAMED.sample
    # Both forms have the same oracle for P1.
    oracles = tuple(dict.fromkeys(oracle for form in _FORMS for oracle in form.oracles))
    needed = tuple(dict.fromkeys(name for form in _FORMS for name in form.needed))

    def decode(self, data: bytes) -> Stream:
        """Return the input of any bytes."""
        form = _FORMS[data[0] % len(_FORMS) if data else 0]
        scenario: Stream = form.decode(data[1:])
        return scenario

    def encode(self, scenario: Stream) -> bytes:
        """Return the form, and the bytes of the input in that form."""
        return bytes((_PLACES[type(scenario)],)) + _form(scenario).encode(scenario)

    def parse(self, text: str, /) -> Stream:
        """Return the input of a text of either form."""
        first = below_heading(text)[0].rstrip()
        for form in _FORMS:
            if first == form.header:
                scenario: Stream = form.parse(text)
                return scenario
        known = " or ".join(repr(form.header) for form in _FORMS)
        raise ScenarioSyntaxError(1, f"the first line is {known}, not {first!r}")

    def print(self, scenario: Stream) -> str:
        """Return its text."""
        return _form(scenario).print(scenario)

    def lines(self, scenario: Stream) -> list[str]:
        """Return the calls of its form, which are always the same."""
        return _form(scenario).lines(scenario)

    def generate(self, rng: Random) -> Stream:
        """Return a generated input of either form."""
        scenario: Stream = rng.choice(_FORMS).generate(rng)
        return scenario

    def mutate(self, scenario: Stream, rng: Random) -> Stream:
        """Return an input of the same form, a step away."""
        changed: Stream = _form(scenario).mutate(scenario, rng)
        return changed

    def crossover(self, scenario: Stream, other: Stream, rng: Random, /) -> Stream:
        """Return parts of both; of an input of the other form, take all bytes."""
        if type(scenario) is not type(other):
            return replace(scenario, data=other.data)
        crossed: Stream = _form(scenario).crossover(scenario, other, rng)
        return crossed

    def sizes(self, scenario: Stream) -> Mapping[str, int]:
        """Return the numbers of bytes, and of pieces or chunks."""
        return _form(scenario).sizes(scenario)

    def simplicity(self, scenario: Stream) -> tuple[object, ...]:
        """Return a key: the form, and its own key."""
        return _PLACES[type(scenario)], _form(scenario).simplicity(scenario)

    def steps(self, scenario: Stream) -> Iterable[Callable[[], Stream]]:
        """Yield inputs of the same form, a step away."""
        return _form(scenario).steps(scenario)

    def run(self, scenario: Stream, encoder: Encoder, costly: bool) -> Verdict:
        """Run and judge it."""
        return _form(scenario).run(scenario, encoder, costly)

    def calls(self, scenario: Stream, encoder: Encoder) -> Sequence[LibraryCall]:
        """Make every call once."""
        return _form(scenario).calls(scenario, encoder)

    def program(
        self, scenario: Stream, encoder: Encoder, violations: Sequence[Violation], /
    ) -> str:
        """Return a program in capnsafe's API."""
        return _form(scenario).program(scenario, encoder, violations)


TARGET: Final[Target] = StreamTarget()
