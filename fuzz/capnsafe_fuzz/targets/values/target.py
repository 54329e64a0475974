"""The target ``values``, behind the protocol of targets."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ... import execution
from ...encoders.generated_encoder import GeneratedEncoder
from ...execution.evidence import collect_evidence
from ...guilt.repair import Behaviour
from ...oracles import ORACLES
from ...scenario import Operation, Scenario, Verb
from ..builder.story import tell
from ..builder.target import BuilderTarget
from ..library import library_of, refusal
from ..protocol import Target

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Verdict
    from ...guilt.lines import Stack
    from ...guilt.rules import Clue


#: Returns the encoder of generated code, from the generating package and its encoder's name.
_encoder: Final = cache(GeneratedEncoder)


def generated(encoder: Encoder) -> GeneratedEncoder:
    """Return the encoder that tests the code which the package of ``encoder`` generates."""
    package = library_of(encoder)
    assert package is not None
    return _encoder(package, encoder.name)


class ValuesTarget(BuilderTarget):
    """Programs of build operations, in generated code."""

    name = "values"
    header = "capnsafe values 1"
    oracles = tuple(
        oracle for oracle in ORACLES.values() if oracle.promise not in GeneratedEncoder.NOT_JUDGED
    )
    sample = Scenario(
        operations=(
            Operation(Verb.ROOT),
            Operation(Verb.SET, 0, "text", "warm"),
            Operation(Verb.COPY, 0, "child", 0),
        )
    )

    @property
    def input_types(self) -> tuple[type, ...]:
        """Return no type: scenarios of ``values`` have the type of those of ``builder``."""
        return ()

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why the encoder's package cannot generate code, as a sentence."""
        return refusal(encoder, ("load",))

    def prepare(self, encoder: Encoder) -> None:
        """Import the base classes of generated code."""
        # capnsafe imports them when somebody asks for this name.
        getattr(library_of(encoder), "load", None)

    def trace(self, scenario: Scenario, encoder: Encoder) -> dict[str, Any]:
        """Return the allocator calls of a program, as data."""
        return super().trace(scenario, generated(encoder))

    def run(self, scenario: Scenario, encoder: Encoder, costly: bool) -> Verdict:
        """Run a scenario, and judge it."""
        return super().run(scenario, generated(encoder), costly)

    def behave(self, scenario: Scenario, encoder: Encoder) -> Behaviour:
        """Run a scenario; return the behaviour of the encoder."""
        return execution.behave(scenario, generated(encoder))

    def evidence(
        self, scenario: Scenario, encoder: Encoder, promise: str
    ) -> tuple[Clue | None, list[Stack]]:
        """Return the line suspected of the first breach, and all lines that ran before it."""
        return collect_evidence(scenario, generated(encoder), promise)

    def tell(self, scenario: Scenario, encoder: Encoder) -> list[str]:
        """Return the story of one execution."""
        return tell(scenario, generated(encoder))

    def script(self, scenario: Scenario, encoder: Encoder) -> str:
        """Return a program that shows the breach."""
        return execution.script(scenario, generated(encoder))

    def scripts(self, scenario: Scenario, encoder: Encoder, group: str = "") -> list[str]:
        """Return the one program."""
        return execution.scripts(scenario, generated(encoder), group)

    def plain_script(self, scenario: Scenario, encoder: Encoder) -> str:
        """Return a program that only builds."""
        return super().plain_script(scenario, generated(encoder))


TARGET: Final[Target] = ValuesTarget()
