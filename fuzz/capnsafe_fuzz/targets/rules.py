"""Rules: the oracles of targets for data from outside. Each judges one promise in one execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..encoders.protocol import Failure
from ..execution import Violation
from ..optional import Package
from ..oracles import Cost
from .library import LibraryCall, exception_name
from .protocol import Judged


class Ran(Protocol):
    """The record of one execution, as far as it is common to every target."""

    @property
    def calls(self) -> Sequence[LibraryCall]:
        """Return the calls of the library, in order."""


Run = TypeVar("Run", bound=Ran, contravariant=True)


@dataclass(frozen=True, slots=True)
class RuleBreach:
    """A breach that an oracle found."""

    step: int
    verb: str
    what: str
    """What broke: the rest of the group's name."""
    detail: str
    """A sentence."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[Run]):
    """One oracle."""

    name: str
    promise: str
    cost: Cost
    summary: str
    check: Callable[[Run], Iterator[RuleBreach]]
    needs: Package | None = None
    """The package that it needs; it is skipped without it."""

    @property
    def runs_here(self) -> bool:
        """Return whether the package that it needs is installed."""
        return self.needs is None or self.needs.is_installed

    @property
    def about(self) -> Judged:
        """Return its description for people."""
        return Judged(self.name, self.promise, self.cost.value, self.summary)

    def violation(self, found: RuleBreach) -> Violation:
        """Return the breach as a violation, for the rest of the harness."""
        group = " ".join(f"{self.promise} {found.verb} {found.what}".split())
        return Violation(self.promise, self.name, found.step, found.verb, found.detail, group)


def judge(rules: Iterable[Rule[Run]], run: Run, costly: bool) -> tuple[Violation, ...]:
    """Return the violations, each group once, in the order of the steps."""
    found = [
        rule.violation(breach)
        for rule in rules
        if (costly or rule.cost is Cost.CHEAP) and rule.runs_here
        for breach in rule.check(run)
    ]
    found.sort(key=lambda violation: violation.operation)
    first: dict[str, Violation] = {}
    for violation in found:
        first.setdefault(violation.group, violation)
    return tuple(first.values())


def _raised(run: Ran) -> Iterator[RuleBreach]:
    for call in run.calls:
        if call.failure is Failure.FOREIGN:
            assert call.error is not None
            what = f"{exception_name(call.error)} {call.raised_at}"
            yield RuleBreach(call.step, call.name, what, f"{call.name} {call.says}")


RAISED: Rule[Ran] = Rule(
    "raised",
    "P1",
    Cost.CHEAP,
    "received data makes a call raise an exception that is not the library's own",
    _raised,
)
