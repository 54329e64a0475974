"""The Hypothesis engine: scenarios of the strategies that tests use, too.

It follows no coverage. Each hunt runs the seeds, and then rounds of examples: a round is one search
of Hypothesis, with a seed of its own. Hypothesis remembers every example of a round, so one endless
round would need more and more memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from ..optional import HYPOTHESIS
from .protocol import MAX_INPUT_BYTES, EndOfRun, Hunt

if TYPE_CHECKING:
    from ..targets import Input

ROUND = 1000
"""Examples of a round."""


class _Ended(BaseException):
    """The hunt is over. It is not an ``Exception``, which Hypothesis would take for a failure."""


class HypothesisEngine:
    """Generates scenarios with Hypothesis."""

    name = "hypothesis"
    summary = "the examples that Hypothesis makes for tests: new ones, and parts of them repeated"

    def missing(self) -> str | None:
        """Return why it cannot run here; None if it can."""
        if HYPOTHESIS.is_installed:
            return None
        return f"Hypothesis is not installed (pip install 'capnsafe[{HYPOTHESIS.extra}]')"

    def instrument(self, packages: Sequence[str]) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def hunt(self, hunt: Hunt) -> None:
        """Run the seeds, then rounds of examples."""
        try:
            for seed in () if hunt.kept else hunt.seeds:
                hunt.execute(seed)
        except EndOfRun:
            return
        number = 0
        while _round(hunt, number):
            number += 1


def _round(hunt: Hunt, number: int) -> bool:
    """Run the examples of a round; return whether there is another one."""
    from capnsafe_allocators.steady import STEADY
    from hypothesis import given, seed, settings

    from ..strategies import scenarios

    executions = 0

    @seed(f"{hunt.seed} {number}")
    @settings(STEADY, max_examples=ROUND)
    @given(scenarios(hunt.target.name))
    def search(scenario: Input) -> None:
        nonlocal executions
        data = hunt.target.encode(scenario)[:MAX_INPUT_BYTES]
        executions += 1
        try:
            hunt.execute(data)
        except EndOfRun:
            raise _Ended from None

    try:
        search()
    except _Ended:
        return False
    except Exception:
        # A strategy that fails must not end a long campaign; it is counted and reported.
        if not executions:
            raise
        hunt.note_fallback()
    return True
