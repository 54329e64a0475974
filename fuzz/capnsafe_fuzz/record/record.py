"""What happened in one execution, step by step: all that an oracle may look at.

The executor fills a record; oracles only read it, so the order in which they judge does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..reference.examination import UNCLEAN, Examination, Problem
from .difference import Difference, first_difference
from .telling import text_of

if TYPE_CHECKING:
    from capnsafe_allocators import Evidence, Fault

    from ..encoders.protocol import Failure
    from ..scenario import Operation, Scenario
    from ..scenario.model import Expectation

__all__ = [
    "CallCounts",
    "Contents",
    "Outcome",
    "Record",
    "Step",
    "Violation",
    "text_of",
]


class Outcome(StrEnum):
    """How a step ended."""

    DONE = "done"
    SKIPPED = "skipped"
    """Its handle is void: what should have made it failed, or found a null pointer."""
    RAISED = "raised"
    INTERRUPTED = "interrupted"
    """A BaseException that a fault raised passed through unchanged."""


_NOT_LOOKED: Final = object()


class Contents:
    """What a message really said at one moment, beside what the model says that it must say."""

    __slots__ = ("_difference", "examination", "tree")

    def __init__(self, examination: Examination, tree: Any) -> None:
        self.examination = examination
        self.tree = tree
        self._difference: Any = _NOT_LOOKED

    @property
    def difference(self) -> Difference | None:
        """Where the message says something else than it must."""
        if self._difference is _NOT_LOOKED:
            if self.examination.tree == self.tree:
                self._difference = None
            else:
                self._difference = first_difference(self.examination.tree, self.tree)
        found: Difference | None = self._difference
        return found

    @property
    def invalid(self) -> Problem | None:
        """The first thing for which a reader would refuse or misread the message."""
        for problem in self.examination.problems:
            if problem.kind not in UNCLEAN:
                return problem
        return None

    @property
    def unclean(self) -> Problem | None:
        """The first old or stray byte in the message."""
        for problem in self.examination.problems:
            if problem.kind in UNCLEAN:
                return problem
        return None

    @property
    def wrong(self) -> bool:
        """Whether the message is invalid, or says something else."""
        return self.invalid is not None or self.difference is not None

    def what_is_wrong(self) -> tuple[str, str]:
        """(a word for groups, a sentence)."""
        problem = self.invalid
        if problem is not None:
            return str(problem.kind), problem.sentence
        return "contents", str(self.difference)


class CallCounts(NamedTuple):
    """How often the memory was called."""

    allocate: int = 0
    segment: int = 0
    release: int = 0
    grow: int = 0


_NO_CALLS: Final = CallCounts()


@dataclass(slots=True)
class Step:
    """One attempt at one operation.

    ``index`` is the operation's place in the program.  The final output, which the executor adds
    to every program, has the index after the last operation, and closing the one after that.  A
    second attempt at an operation is a step of its own, with the same index.
    """

    index: int
    operation: Operation | None
    """None for the final output and for closing."""
    verb: str
    """What was done, and to what kind of thing: ``init struct-list``, ``output``, ``close``."""
    expectation: Expectation
    outcome: Outcome = Outcome.DONE
    makes_handle: bool = False
    """Whether the operation makes a handle; ``value`` then says whether there is one."""
    value: object = None
    error: BaseException | None = None
    failure: Failure | None = None
    unsupported: bool = False
    """Whether the encoder says that it has no such operation. Output and closing must be there."""
    raised_at: str = ""
    """The innermost function of the encoder that the exception passed: ``builder.py:set_text``."""
    cause_kept: bool = True
    """Whether the exception names as its cause what the memory raised, if it raised."""
    faults: tuple[Fault, ...] = ()
    """Faults that fired in this step, or between the step before and this one."""
    swallowed: bool = False
    """Whether a fault raised an interrupt that did not come out unchanged."""
    builtin: bool = True
    """Whether an error in arguments is also the builtin class that callers catch."""
    excused: bool = False
    """Whether the memory gave a reason to fail: in this step, or for good in an earlier one."""
    lost: bool = False
    """Whether, by the end of this step, words in use had been taken from the message or changed
    behind its back: what it says cannot be judged any more."""
    tampered: bool = False
    """Whether, by the end of this step, contents had been changed behind the encoder's back."""
    damage: tuple[int, int] | None = None
    """A word that the step changed in memory although it raised, where contents cannot be judged:
    (segment, word)."""
    reentered: bool = False
    """Whether a call from inside one of the memory's was finished."""
    closed: bool = False
    """Whether the message, as the step began, had been closed from inside a call."""
    closed_inside: bool = False
    """Whether it was closed from inside this one."""
    calls: CallCounts = _NO_CALLS
    """Calls of the memory in this step, those from inside another call included."""
    objects: int = 0
    """The most objects that the message can have had as the step began."""
    segments: int = 0
    """How many grants lived as the step began."""
    seen_lost: str = ""
    """How a borrow, by the end of this step, had shown such a loss to the encoder."""
    short: str = ""
    """Which segment, as the step began, had fewer words than were in use."""
    contents: Contents | None = None
    """What the message said after the step, where the executor looked."""
    output: bytes | None = None
    """The stream, if the step is an output that succeeded."""
    canonical: bytes | None = None
    """The one segment, if the step is a canonical form that succeeded."""
    tree: Any = None
    """What the message must have said, if it gave out its canonical form."""


@dataclass(slots=True)
class Record:
    """One execution of one scenario by one encoder."""

    scenario: Scenario
    encoder: str
    steps: list[Step] = field(default_factory=list)
    strange: list[tuple[int, str]] = field(default_factory=list)
    """What the encoder said of its segments that cannot be: the operation, and a sentence."""
    evidence: Sequence[Evidence] = ()
    """What the memory itself saw its client do."""
    dirty: bool = False
    """Whether memory was granted that was not zero."""

    @property
    def first_wrong(self) -> Step | None:
        """The first step after which the message was invalid or said something else.

        All that is wrong later may follow from it, and is not judged.
        """
        for step in self.steps:
            if step.contents is not None and step.contents.wrong and not step.tampered:
                return step
        return None

    def verb_at(self, index: int) -> str:
        """What the operation ``index`` did."""
        for step in self.steps:
            if step.index == index:
                return step.verb
        return "close"


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
