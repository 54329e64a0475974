"""What happened in one execution, step by step: all that an oracle may look at.

The executor fills a record; oracles only read it, so the order in which they judge does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capnsafe_allocators import Fault, HostileAllocator

    from ..encoders.protocol import Encoder, Failure
    from ..scenario import Expectation, Operation, Scenario
    from .decode import Examination


class Outcome(StrEnum):
    """How a step ended."""

    DONE = "done"
    SKIPPED = "skipped"
    """Its handle is void: what should have made it failed, or found a null pointer."""
    RAISED = "raised"
    INTERRUPTED = "interrupted"
    """A BaseException that a fault raised passed through unchanged."""


@dataclass(slots=True)
class Contents:
    """What the memory really held at one moment, beside what the model says that it must hold."""

    examination: Examination
    tree: object


@dataclass(slots=True)
class Step:
    """One attempt at one operation.

    ``index`` is the operation's place in the program.  The final output, which the executor adds
    to every program, has the index after the last operation, and closing the one after that; their
    ``operation`` is None.  A second attempt at an operation is a step of its own.
    """

    index: int
    operation: Operation | None
    verb: str
    """What was done, to what kind of thing: ``init struct-list``, ``output``, ``close``."""
    expectation: Expectation | None
    outcome: Outcome
    value: object = None
    error: BaseException | None = None
    failure: Failure | None = None
    calls: range = range(0)
    """Which calls of the allocator's log fell into this step."""
    faults: tuple[Fault, ...] = ()
    """Faults that fired in this step, or between the step before and this one."""
    excused: bool = False
    """Whether the memory gave a reason to fail: in this step, or for good in an earlier one."""
    lost: bool = False
    """Whether, by the end of this step, words in use had been taken away from the message."""
    seen_lost: bool = False
    """Whether, by the end of this step, a borrow had shown such a loss to the encoder."""
    contents: Contents | None = None
    """What the memory held after the step, where the executor looked."""
    output: bytes | None = None
    words: Sequence[int] = ()
    """Words handed out in each live segment at the end of the step."""


@dataclass(slots=True)
class Record:
    """One execution of one scenario by one encoder."""

    scenario: Scenario
    encoder: Encoder
    memory: HostileAllocator
    steps: list[Step] = field(default_factory=list)
    outputs: list[Step] = field(default_factory=list)
    """The steps among ``steps`` that gave an output; each has ``output`` and ``contents``."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise.

    ``group`` is a stable key of what broke and where, without line numbers, so that the findings
    of one bug fall together and stay together when the source moves.  ``operation`` is the index
    of the guilty operation as far as it is known: the final output has the index after the last
    operation, closing the one after that.
    """

    promise: str
    oracle: str
    operation: int
    verb: str
    detail: str
    group: str
