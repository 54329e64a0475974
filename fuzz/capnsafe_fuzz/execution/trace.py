"""The trace of a program without faults: its allocator calls, and its words after each operation.

A sweep lays faults at each of these calls. A trace can be sent to another process as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from capnsafe_allocators import Call, When

from ..encoders.protocol import Encoder
from ..scenario import Scenario
from .run import Execution
from .verdict import HarnessError

_WORD_BYTES = 8
_NOTHING = bytes(_WORD_BYTES)


class TracedCall(NamedTuple):
    """One allocator call."""

    kind: When
    operation: int
    """The operation during which it was made; counted from 0, the last output and close too."""
    live: tuple[int, ...]
    """The grants that a fault can choose from at this call, by their numbers, the oldest first."""
    segment: int
    """The number of the grant that it is about; -1 if that is not among ``live``."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a program does over memory without faults."""

    calls: tuple[TracedCall, ...]
    words: tuple[dict[int, tuple[int, ...]], ...]
    """After each operation, for each live grant: the words in use that are not zero."""
    stays: bool
    """Whether the memory promises that it stays."""

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "calls": [(c.kind.value, c.operation, c.live, c.segment) for c in self.calls],
            "words": [list(words.items()) for words in self.words],
            "stays": self.stays,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Trace:
        """Return it from data."""
        return cls(
            tuple(
                TracedCall(When(kind), operation, tuple(live), segment)
                for kind, operation, live, segment in data["calls"]
            ),
            tuple({grant: tuple(found) for grant, found in words} for words in data["words"]),
            data["stays"],
        )


class _TracedExecution(Execution):
    __slots__ = ("words",)

    def __init__(self, scenario: Scenario, encoder: Encoder) -> None:
        super().__init__(scenario, encoder, each_step=False, timed=False)
        self.words: list[dict[int, tuple[int, ...]]] = []

    def _operation_finished(self, index: int) -> None:
        grants = [grant.index for grant in self.subject.hostile.live]
        # None if the encoder does not say which words are in use.
        parts = self.subject.words_in_use() or [b""] * len(grants)
        self.words.append(dict(zip(grants, map(_written, parts), strict=True)))
        super()._operation_finished(index)


def trace(scenario: Scenario, encoder: Encoder) -> Trace:
    """Run the program of ``scenario`` without its faults, and return what it does.

    Raises:
        HarnessError: The harness itself fails.
    """
    try:
        run = _TracedExecution(replace(scenario, faults=()), encoder)
        run.complete()
    except Exception as error:
        raise HarnessError(f"the harness failed while it traced {encoder.name}") from error
    stays = scenario.memory.kind.stays
    return Trace(tuple(_traced(run.subject.hostile.calls)), tuple(run.words), stays)


def _traced(calls: Sequence[Call]) -> list[TracedCall]:
    live: list[int] = []
    found: list[TracedCall] = []
    for call in calls:
        if call.kind is When.RELEASE and call.segment in live:
            live.remove(call.segment)
        segment = call.segment if call.segment in live else -1
        found.append(TracedCall(call.kind, call.operation, tuple(live), segment))
        if call.kind is When.ALLOCATE and call.error is None:
            live.append(call.segment)
    return found


def _written(part: bytes) -> tuple[int, ...]:
    words = range(len(part) // _WORD_BYTES)
    return tuple(word for word in words if part[8 * word : 8 * word + 8] != _NOTHING)
