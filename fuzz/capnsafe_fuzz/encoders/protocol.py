"""The protocol of encoders: the methods that a library must offer to be tested.

An *encoder* is a library that builds Cap'n Proto messages, behind an adapter. The adapter knows the
library's API and its exceptions; nothing else in the harness does. It performs the operations of a
scenario, classifies exceptions, and prints a scenario as a program in the library's own API.

If a library does not have an operation, the adapter raises an exception of its own, before it
touches the message, and ``classify`` returns ``Failure.UNSUPPORTED`` for it. The operation is left
out as if it were not in the program, and its handle is missing. The matrix has the outcome
``unsupported``, and the summary and ``--json`` name the operations. Nothing else is excused: the
message must be unchanged, the error must not hide the memory's exception, and output and closing
must be supported. A campaign in which no operation was supported has proved nothing.

A *session* is one message under construction. Handles are numbered as in the scenario: every
operation that makes a handle takes the next number, whether it succeeds, fails or is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from capnsafe.allocator import Allocator

if TYPE_CHECKING:
    from ..scenario import Operation, Scenario


class Failure(StrEnum):
    """The meaning of an encoder's exception, in words that belong to no library."""

    STALE = "stale"
    """The handle's object was overwritten, cleared or moved away."""
    INDEX = "index"
    """An index is outside the list, or a field outside the struct."""
    ARGUMENT = "argument"
    """Another error in the arguments."""
    LOST = "lost"
    """A segment was seen shorter than the words in use, or is missing; this is permanent."""
    REFUSED = "refused"
    """The owner of the memory raised, or granted unusable memory; the call may be tried again."""
    LIMIT = "limit"
    """The message would outgrow a limit of the encoding, or one that it was given."""
    BUSY = "busy"
    """The call comes from inside another call of the message."""
    UNSUPPORTED = "unsupported"
    """The library, or its adapter, does not have the operation, and has done nothing."""
    ERROR = "error"
    """Another error of the library's own."""
    FOREIGN = "foreign"
    """A foreign exception, which escaped from below the library."""


Memory: TypeAlias = Allocator
"""The owner of the memory, in the form that every encoder gets."""


class Session(Protocol):
    """One message under construction.

    A session may also have a method ``told_words()``. It returns the number of words in use of all
    segments together that the library shows to users, for example in a ``repr``.
    """

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL; raise whatever the library raises.

        It returns the value of a GET. For an operation that makes a handle, it returns whether
        there is an object (a null pointer opens to none). Other results are ignored. If it raises,
        the operation's handle, if it makes one, has no number yet: the executor performs the
        operation again or calls ``skip``.
        """

    def skip(self, operation: Operation) -> None:
        """Give a number to the handle that ``operation`` would have made, without an object."""

    def output(self) -> bytes:
        """Return the finished message, framed as a stream; raise whatever the library raises."""

    def canonical(self) -> bytes:
        """Return the one segment of the canonical form; raise whatever the library raises."""

    def segment_words(self) -> Sequence[int]:
        """Return the words handed out in each live segment, in order; do not call the memory."""

    def close(self) -> None:
        """Release all memory."""


class Encoder(Protocol):
    """A library under test."""

    @property
    def name(self) -> str:
        """Return the name under which the registry knows it."""

    def session(self, memory: Memory, max_segment_words: int) -> Session:
        """Begin a message, without calling the memory yet.

        An encoder with a true attribute ``verifies`` gets ``verify=True`` if the scenario says so.
        It then detects changes of the memory by others (P5v). An attribute ``memories`` names a
        patched copy of capnsafe whose memories are used instead of capnsafe's own.
        """

    def classify(self, error: BaseException) -> Failure:
        """Return the meaning of ``error``, which a session raised."""

    def owns(self, filename: str) -> bool:
        """Return whether a source file is the library's, to find an exception's place in it."""

    def argument_type(self, error: BaseException) -> bool:
        """Return whether an ARGUMENT or INDEX error is also the builtin that callers catch."""

    def script(self, scenario: Scenario, account: Account | None = None) -> str:
        """Return ``scenario`` as a program in the library's own API.

        With an ``account`` of a run, the program ends where the promise was broken, and exits
        non-zero exactly if it is broken. Without one it only runs.
        """


class RemoteEncoder(Encoder, Protocol):
    """An encoder that builds in another process, so that all memory must be shared with it.

    It may also print programs from a recorded message, because nobody else knows what its memory
    did. ``recording()`` is a context in which messages are recorded. ``scripts(scenario, account)``
    returns programs that may show the breach, the clearest first. ``language`` knows the end of
    their files' names, and runs them; it is None if they are programs of the harness.

    It may also have a method ``covered()``. It returns the counters of the library's code that ran
    since the last call, a byte for each place in the code.
    """

    def memory(self, segment_words: int, total_words: int) -> Any:
        """Return the honest memory below the faults, in place of the one that a scenario names.

        If ``segment_words`` is 0, each grant has all the words that are left; otherwise it has at
        least ``segment_words``. If ``total_words`` is not 0, it limits all grants together. The
        method ``spare`` of the memory returns memory for segments that faults move.
        """

    def detects(self, mistake: str) -> bool:
        """Return whether the library reports a mistake of the program.

        A mistake is ``stale`` (an object is used that is gone), ``index`` (an index is out of
        range), or ``kind`` (an object is used as another kind). Operations with a mistake that the
        library does not report are left out, because it promises nothing about them.
        """

    def able(self, what: str) -> bool:
        """Return whether the encoder has one of these abilities, which not every library has.

        - ``reenter``: a message can be called from inside one of its own calls. Without it, faults
          that make such calls never fire.
        - ``memory``: it builds in memory from outside. Without it, no fault fires, and only outputs
          are examined.
        - ``limit``: the length of segments can be limited. Without it, scenarios run without their
          limit.
        """

    def judged_by(self, promise: str) -> bool:
        """Return whether the library is judged by a promise, such as ``P1``."""


class RemoteSession(Session, Protocol):
    """A session in another process."""

    @property
    def ending(self) -> str:
        """Return how the process ended, as a word such as SIGSEGV; an empty string while it runs.

        After the end, no operation can be performed. ``hang`` and ``garbage`` are endings, too.
        """


class ProofKind(Enum):
    """How a program can show that a promise is broken."""

    NONE = auto()
    """It cannot: the proof needs more than the library."""
    OWN_ERROR = auto()
    """The last attempt succeeds or raises the library's own error."""
    SUCCESS = auto()
    """The last attempt does not raise."""
    REFUSAL = auto()
    """The last attempt raises the library's right error, such as StaleHandle for a stale handle."""
    INTERRUPT = auto()
    """The last attempt raises KeyboardInterrupt."""
    CAUSE = auto()
    """The error of the last attempt has the right cause."""
    VALUE = auto()
    """The last attempt returns ``expected``; if it makes a handle, whether there is an object."""
    READS = auto()
    """After the last attempt the memory has ``expected`` at ``path``."""
    OUTPUT_READS = auto()
    """The output of the last attempt has ``expected`` at ``path``."""
    DISJOINT = auto()
    """After the last attempt, no two objects share words of the memory. Both may read right."""
    OUTPUT_DISJOINT = auto()
    """In the output of the last attempt, no two objects share words."""
    ZERO = auto()
    """After the last attempt, no bit of ``expected`` is set in the output's ``word``."""
    WITHIN_LIMIT = auto()
    """After the last attempt, no segment has more than ``expected`` words."""
    EVIDENCE = auto()
    """The memory has collected no evidence of a broken promise."""
    CALLS = auto()
    """The last attempt makes at most ``expected`` calls of the allocator's method ``call``."""
    TAKES = auto()
    """The last attempt hands out at most ``expected`` words."""
    ENDS_WITH = auto()
    """After the last attempt, the words that it handed out have the contents ``expected``."""
    TOLD = auto()
    """After the last attempt, the ``repr`` of the message has the right number of words in use."""
    ANSWER = auto()
    """The encoder gives the right answer, of which ``expected`` is the ``repr``.

    ``path`` has the name of the question, and what is given besides the last attempt's output.
    """
    WORD_KEPT = auto()
    """The last attempt leaves the ``word`` of the segment in memory as it was."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A condition that must hold at the end of a program, and does not."""

    kind: ProofKind = ProofKind.NONE
    path: tuple[str | int, ...] = ()
    """Fields and indices from the root."""
    expected: Any = None
    """As in the model's tree; for ZERO, the bits that must not be set."""
    segment: int = 0
    word: int = 0
    failure: Failure | None = None
    """The error that a refusal must be."""
    call: str = ""
    """``allocate`` or ``segment``."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one operation, with its result."""

    index: int
    """The operation's index; the final output has the one after the last, closing the next."""
    succeeded: bool
    skipped: bool = False
    interrupted: bool = False
    may_fail: bool = False
    """Whether the memory or the message's limit gave a reason to fail.

    A correct encoder may then fail where this one did not.
    """


@dataclass(frozen=True, slots=True)
class Account:
    """The attempts up to the one that broke a promise."""

    attempts: tuple[Attempt, ...]
    """The last one is the guilty one."""
    headline: str
    """The promise, and how it was broken."""
    proof: Proof
