"""The common part of targets for data from outside: ``reader`` and ``stream``.

Their inputs need no memory and have no faults. A run calls functions of the encoder's package, and
the record of a run has these calls.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..execution import Verdict
from ..guilt.repair import Behaviour
from ..oracles import Oracle, judge
from . import greedy, library
from .library import LibraryRun
from .protocol import DEFAULT_BUDGET, Input, Target

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Violation


class ReceivedTarget(Target):
    """A target for data from outside."""

    needed: Sequence[str]
    """The names that the package under test must have."""

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why an encoder has no package with capnsafe's functions; None if it has one."""
        return library.refusal(encoder, self.needed)

    @abstractmethod
    def steps(self, scenario: Input) -> Iterable[Callable[[], Input]]:
        """Yield inputs a step away, the much simpler ones first; making one may fail."""

    @abstractmethod
    def record(self, scenario: Input, encoder: Encoder, measured: bool) -> LibraryRun:
        """Make every call once; ``measured`` may also watch the heap, which takes time."""

    @abstractmethod
    def program(self, scenario: Input, encoder: Encoder, violations: Sequence[Violation], /) -> str:
        """Return a program that shows one of the violations, or makes all calls without any."""

    def judged_by(self, scenario: Input) -> Sequence[Oracle[Any]]:
        """Return the oracles that judge runs of an input."""
        return self.oracles

    def run(self, scenario: Input, encoder: Encoder, costly: bool) -> Verdict:
        """Run one input and judge it."""
        done = self.record(scenario, encoder, costly)
        violations = judge(self.judged_by(scenario), done, costly)
        return Verdict(violations, frozenset(done.situations()), len(done.calls), 0, done.stalls)

    def behave(self, scenario: Input, encoder: Encoder) -> Behaviour:
        """Run one input; return the results of its calls."""
        done = self.record(scenario, encoder, False)
        broken = bool(judge(self.judged_by(scenario), done, False))
        return Behaviour(broken, hash(tuple(call.result_text for call in done.calls)), 0)

    def shrink(
        self, scenario: Input, fires: Callable[[Input], bool], *, budget: int = DEFAULT_BUDGET
    ) -> Input:
        """Return the simplest input found that fires."""
        return greedy.shrink(
            scenario, fires, budget=budget, simplicity=self.simplicity, steps=self.steps
        )

    def tell(self, scenario: Input, encoder: Encoder) -> list[str]:
        """Return the input, and the result of each call."""
        return list(self._story(scenario, encoder))

    def _story(self, scenario: Input, encoder: Encoder) -> Iterator[str]:
        steps = self.lines(scenario)
        yield from (line for line in self.print(scenario).splitlines()[1:] if line not in steps)
        calls = {call.step: call for call in self.record(scenario, encoder, False).calls}
        for number, step in enumerate(steps):
            yield f"{number:>3}  {step}"
            yield f"       = {calls[number].result_text if number in calls else 'left out'}"

    def script(self, scenario: Input, encoder: Encoder) -> str:
        """Return a program that shows the breach."""
        return self.program(scenario, encoder, self.run(scenario, encoder, True).violations)

    def plain_script(self, scenario: Input, encoder: Encoder) -> str:
        """Return a program that makes the same calls."""
        return self.program(scenario, encoder, ())
