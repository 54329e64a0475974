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
"""The first byte of an input is the index of its form here, modulo the number of forms."""
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
        """Return the input that the bytes stand for; any bytes stand for one."""
        form = _FORMS[data[0] % len(_FORMS) if data else 0]
        scenario: Stream = form.decode(data[1:])
        return scenario

    def encode(self, scenario: Stream) -> bytes:
        """Return the bytes of the input: the index of its form, and its bytes in that form."""
        return bytes((_PLACES[type(scenario)],)) + _form(scenario).encode(scenario)

    def parse(self, text: str, /) -> Stream:
        """Return the input that a text of either form describes."""
        first = below_heading(text)[0].rstrip()
        for form in _FORMS:
            if first == form.header:
                scenario: Stream = form.parse(text)
                return scenario
        known = " or ".join(repr(form.header) for form in _FORMS)
        raise ScenarioSyntaxError(1, f"the first line is {known}, not {first!r}")

    def print(self, scenario: Stream) -> str:
        """Return the text of an input."""
        return _form(scenario).print(scenario)

    def lines(self, scenario: Stream) -> list[str]:
        """Return the calls that an input of its form makes: the same for each input."""
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
        """Return an input with parts of both.

        If their forms differ, it is ``scenario`` with all bytes of ``other``.
        """
        if type(scenario) is not type(other):
            return replace(scenario, data=other.data)
        crossed: Stream = _form(scenario).crossover(scenario, other, rng)
        return crossed

    def sizes(self, scenario: Stream) -> Mapping[str, int]:
        """Return the numbers of bytes, and of pieces or chunks."""
        return _form(scenario).sizes(scenario)

    def simplicity(self, scenario: Stream) -> tuple[object, ...]:
        """Return a key that orders inputs by form, and within a form as the form does."""
        return _PLACES[type(scenario)], _form(scenario).simplicity(scenario)

    def steps(self, scenario: Stream) -> Iterable[Callable[[], Stream]]:
        """Yield simpler inputs of the same form, each a step away."""
        return _form(scenario).steps(scenario)

    def run(self, scenario: Stream, encoder: Encoder, costly: bool) -> Verdict:
        """Run an input, and judge the run."""
        return _form(scenario).run(scenario, encoder, costly)

    def calls(self, scenario: Stream, encoder: Encoder) -> Sequence[LibraryCall]:
        """Run an input without a judgement, and return the calls that were made."""
        return _form(scenario).calls(scenario, encoder)

    def program(
        self, scenario: Stream, encoder: Encoder, violations: Sequence[Violation], /
    ) -> str:
        """Return a program that makes the calls of an input through capnsafe's API."""
        return _form(scenario).program(scenario, encoder, violations)


TARGET: Final[Target] = StreamTarget()
