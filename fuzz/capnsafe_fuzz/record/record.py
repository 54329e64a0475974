"""The record of one execution, step by step: the only input of an oracle.

The executor fills a record. Oracles only read it, so their order does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    "Answer",
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
    """It was not tried: a handle is missing, or its result is unspecified or too large.

    A handle is missing if the operation that makes it failed, was skipped, or found null.
    """
    RAISED = "raised"
    INTERRUPTED = "interrupted"
    """A BaseException that a fault raised passed through unchanged."""


_NOT_LOOKED: Final = object()


class Contents:
    """The contents of a message at one moment, beside the contents that the model expects."""

    __slots__ = ("_difference", "examination", "tree")

    def __init__(self, examination: Examination, tree: Any) -> None:
        self.examination = examination
        self.tree = tree
        self._difference: Any = _NOT_LOOKED

    @property
    def difference(self) -> Difference | None:
        """Return the first place where the contents differ from the expected ones."""
        if self._difference is _NOT_LOOKED:
            if self.examination.tree == self.tree:
                self._difference = None
            else:
                self._difference = first_difference(self.examination.tree, self.tree)
        found: Difference | None = self._difference
        return found

    @property
    def invalid(self) -> Problem | None:
        """Return the first problem that makes a reader refuse or misread the message."""
        for problem in self.examination.problems:
            if problem.kind not in UNCLEAN:
                return problem
        return None

    @property
    def unclean(self) -> Problem | None:
        """Return the first old or stray byte in the message."""
        for problem in self.examination.problems:
            if problem.kind in UNCLEAN:
                return problem
        return None

    @property
    def wrong(self) -> bool:
        """Return whether the message is invalid, or has other contents than expected."""
        return self.invalid is not None or self.difference is not None

    def first_problem(self) -> tuple[str, str]:
        """Return the first problem: a word for groups, and a sentence."""
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


class Answer(NamedTuple):
    """A question about an output, which the encoder answered: see ``scenario.forms``."""

    question: str
    given: Any
    expected: Any
    found: Any


@dataclass(slots=True)
class Step:
    """One attempt at one operation.

    ``index`` is the operation's place in the program. The final output, which the executor adds to
    every program, has the index after the last operation, and closing the one after that. A second
    attempt at an operation is a separate step with the same index.
    """

    index: int
    operation: Operation | None
    """None for the final output and for closing."""
    verb: str
    """The operation, and the kind of its target: ``init struct-list``, ``output``, ``close``."""
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
    """The encoder's innermost function that the exception passed: ``builder.py:set_text``."""
    cause_kept: bool = True
    """Whether the cause of the exception is the exception that the memory raised, if it raised one.
    """
    faults: tuple[Fault, ...] = ()
    """Faults that fired in this step, or between the step before and this one."""
    swallowed: bool = False
    """Whether a fault raised an interrupt that did not come out unchanged."""
    builtin: bool = True
    """Whether an error in arguments is also the builtin class that callers catch."""
    excused: bool = False
    """Whether the memory gave a reason to fail: in this step, or permanently in an earlier one."""
    lost: bool = False
    """Whether words in use had been taken or changed behind the encoder's back by the end of this
    step.

    Then the contents of the message can no longer be judged.
    """
    tampered: bool = False
    """Whether contents had been changed behind the encoder's back by the end of this step."""
    must_match: bool = False
    """Whether reads must be right although contents were changed, because the message verifies."""
    taken_words: int = 0
    """Words that were handed out during the step."""
    words: int = 0
    """Words in use of all segments at the end of the step, if it succeeded."""
    told_words: int | None = None
    """The number of words in use that the message shows to users; None if it shows none."""
    needed_words: int | None = None
    """The most words that the step may hand out; None if that is not known."""
    has_room: bool = False
    """Whether the message has one segment with at least ``needed_words`` words left."""
    copied: tuple[bytes, bytes] | None = None
    """For an object that was copied to the end of the only segment: its words, and the right ones.
    """
    damage: tuple[int, int] | None = None
    """A word that the step changed in memory although it raised: (segment, word).

    Used if contents cannot be judged.
    """
    reentered: bool = False
    """Whether a re-entrant call, from inside a call of the memory, was finished."""
    closed: bool = False
    """Whether the message had been closed from inside a call before this step began."""
    closed_inside: bool = False
    """Whether the message was closed from inside this call."""
    calls: CallCounts = _NO_CALLS
    """Calls of the memory in this step, including those of re-entrant calls."""
    objects: int = 0
    """Upper bound on the objects of the message at the beginning of the step."""
    segments: int = 0
    """Number of live grants at the beginning of the step."""
    seen_lost: str = ""
    """Description of a borrow that had shown the encoder a loss of words by the end of this step.
    """
    short: str = ""
    """The segment that had fewer words than were in use at the beginning of the step."""
    contents: Contents | None = None
    """The contents of the message after the step, if the executor examined it."""
    output: bytes | None = None
    """The stream, if the step is an output that succeeded."""
    canonical: bytes | None = None
    """The one segment, if the step is a canonical form that succeeded."""
    tree: Any = None
    """The expected contents of the message, if the step is a canonical form that succeeded."""
    ask: Callable[[], Iterator[Answer]] | None = None
    """Asks the encoder questions about the output, if it answers any. That takes as long as all the
    rest, so only a costly oracle asks.
    """


@dataclass(slots=True)
class Record:
    """One execution of one scenario by one encoder."""

    scenario: Scenario
    encoder: str
    steps: list[Step] = field(default_factory=list)
    strange: list[tuple[int, str]] = field(default_factory=list)
    """An impossible statement of the encoder about its segments: the operation, and a sentence."""
    evidence: Sequence[Evidence] = ()
    """The evidence that the memory itself collected against its client."""
    dirty: bool = False
    """Whether memory was granted that was not zero."""

    @property
    def first_wrong(self) -> Step | None:
        """Return the first step after which the message was invalid or had wrong contents.

        Later problems may be consequences, and are not judged.
        """
        for step in self.steps:
            if step.contents is not None and step.contents.wrong and not step.tampered:
                return step
        return None

    def verb_at(self, index: int) -> str:
        """Return the verb of operation ``index``."""
        for step in self.steps:
            if step.index == index:
                return step.verb
        return "close"


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise.

    ``group`` is a stable key of the breach and its place, without line numbers, so that the
    findings of one bug stay in one group when the source moves. ``operation`` is the index of the
    guilty operation, as far as it is known: the final output has the index after the last
    operation, closing the one after that.
    """

    promise: str
    oracle: str
    operation: int
    verb: str
    detail: str
    group: str
