"""For tests of an encoder: run a scenario, and raise if it breaks a promise.

One test per scenario, or one for all that Hypothesis finds::

    @given(scenarios())
    def test_my_encoder(scenario):
        check(scenario, encoder="my_package:MyEncoder")
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .campaign.report import describe
from .campaign.targets import UnknownNameError, find_encoder
from .scenario import ScenarioError
from .targets import TARGETS, Input, Target, find_target, target_of_text

if TYPE_CHECKING:
    from .encoders.protocol import Encoder
    from .execution import Violation

__all__ = ["BrokenPromise", "check", "parse_scenario"]

_found = cache(find_encoder)


class BrokenPromise(AssertionError):
    """The encoder broke a promise.

    Attributes:
        violation: The first breach: the promise, the guilty operation, the detail, the group.
    """

    def __init__(self, violation: Violation, lines: list[str]) -> None:
        # Pickle calls this again with these arguments.
        super().__init__(violation, lines)
        self.violation = violation

    def __str__(self) -> str:
        return "\n".join(self.args[1])


def parse_scenario(text: str) -> Input:
    """Return the scenario of a text, of whatever target.

    Raises:
        ScenarioError: If the text is malformed; the message names the first wrong line if possible.
    """
    return _target_of(text).parse(text)


def check(scenario: Input, *, encoder: Encoder | str = "capnsafe") -> None:
    """Run a scenario in this process, and raise if the encoder breaks a promise.

    Args:
        scenario: A scenario of any target, or its text. ``values`` has the scenarios of
            ``builder``, so for that target it must be the text.
        encoder: An encoder, or its name as ``capnsafe fuzz --encoder`` takes it: ``capnsafe``,
            ``planted:NAME``, ``MODULE:ATTRIBUTE``.

    Raises:
        BrokenPromise: If the encoder breaks a promise; the message says which one, where and how.
        UnknownNameError: If there is no such encoder, or it cannot be tested on this target.
        HarnessError: If the harness itself failed.
    """
    __tracebackhide__ = True  # For pytest: the test is of interest, and not this function.
    target = _target_of(scenario)
    if isinstance(scenario, str):
        scenario = target.parse(scenario)
    under_test = _found(encoder) if isinstance(encoder, str) else encoder
    refusal = target.refusal(under_test)
    if refusal is not None:
        raise UnknownNameError(
            f"{under_test.name} cannot be tested on the target {target.name}: {refusal}"
        )
    violations = target.run(scenario, under_test, True).violations
    if violations:
        first = min(violations, key=lambda violation: violation.operation)
        raise BrokenPromise(first, describe(first, target, scenario))


def _target_of(scenario: Input) -> Target:
    if isinstance(scenario, str):
        named = target_of_text(scenario.encode())
        if named is None:
            raise ScenarioError(
                f"the first line of a scenario names its target, not {scenario[:60]!r}"
            )
        return find_target(named)
    for name in TARGETS:
        target = find_target(name)
        if isinstance(scenario, target.input_types):
            return target
    raise TypeError(f"a scenario or its text is expected, not {scenario!r}")
