"""What a library must offer to be put to the test.

An *encoder* is a library that builds Cap'n Proto messages, seen through an adapter.  The adapter
knows that library's API and its exceptions; nobody else in the harness does.  It performs the
operations of a scenario, says what an exception means, and prints a scenario as a program in the
library's own API.

Where a library cannot do an operation at all, the adapter raises an exception of its own, before it
touches the message, and ``classify`` returns ``Failure.UNSUPPORTED`` for it. The operation is left
out as if it were not in the program, and its handle is void. The matrix has the outcome
``unsupported``, and the summary and ``--json`` name the operations. Nothing else is excused: the
message must say what it said before, the error must not hide what the memory raised, and output and
closing must be supported. A campaign in which no operation was supported has proved nothing.

A *session* is one message being built.  Handles are numbered as in the scenario: every operation
that makes a handle takes the next number, whether it succeeds, fails or is skipped.
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
    """What an exception of an encoder says, in words that no library owns."""

    STALE = "stale"
    """The handle's object was overwritten, cleared or moved away."""
    INDEX = "index"
    """An index is outside the list, or a field outside the struct."""
    ARGUMENT = "argument"
    """Another error in the arguments."""
    LOST = "lost"
    """A segment was seen shorter than the words in use, or cannot be had any more; for good."""
    REFUSED = "refused"
    """The owner of the memory raised, or granted what cannot be used; may be tried again."""
    LIMIT = "limit"
    """The message would outgrow a limit of the encoding, or one that it was given."""
    BUSY = "busy"
    """The call comes from inside one of the message's own allocator calls."""
    UNSUPPORTED = "unsupported"
    """The library, or its adapter, has no such operation, and has done nothing."""
    ERROR = "error"
    """Another error of the library's own."""
    FOREIGN = "foreign"
    """No error of the library's own: it escaped from below."""


Memory: TypeAlias = Allocator
"""The owner of the memory, as every encoder is given it."""


class Session(Protocol):
    """One message under construction."""

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL, and raise whatever the library raises.

        Answers the value of a GET; for an operation that makes a handle, whether there is one (a
        null pointer opens to nothing); otherwise nothing of interest.  When it raises, the
        operation's handle, if it makes one, is not yet numbered: the executor either performs the
        operation again or calls ``skip``.
        """

    def skip(self, operation: Operation) -> None:
        """Number the handle that ``operation`` would have made, without an object behind it."""

    def output(self) -> bytes:
        """The finished message, framed as a stream; raises whatever the library raises."""

    def canonical(self) -> bytes:
        """The one segment of the message's canonical form; raises whatever the library raises."""

    def segment_words(self) -> Sequence[int]:
        """The words handed out in each live segment, in order; must not call the memory."""

    def close(self) -> None:
        """Give all memory back."""


class Encoder(Protocol):
    """A library under test."""

    @property
    def name(self) -> str:
        """The name under which the registry knows it."""

    def session(self, memory: Memory, max_segment_words: int) -> Session:
        """Begin a message; must not call the memory yet.

        An encoder with an attribute ``verifies`` that is true is asked with ``verify=True`` where a
        scenario says so: it then finds what is changed in memory behind its back (P5v).
        """

    def classify(self, error: BaseException) -> Failure:
        """What ``error``, raised by a session, says."""

    def owns(self, filename: str) -> bool:
        """Whether a source file is the library's, to tell where in it an exception arose."""

    def argument_type(self, error: BaseException) -> bool:
        """Whether an error of class ARGUMENT or INDEX is also the builtin that callers catch."""

    def script(self, scenario: Scenario, account: Account | None = None) -> str:
        """``scenario`` as a program in the library's own API.

        With an ``account`` of what happened, the program ends where the promise was broken, and
        exits non-zero exactly when it is broken.  Without one it only runs.
        """


class ProofKind(Enum):
    """How a program can show that a promise is broken."""

    NONE = auto()
    """It cannot: something besides the library is needed."""
    OWN_ERROR = auto()
    """The last attempt succeeds or raises the library's own error."""
    SUCCESS = auto()
    """The last attempt does not raise."""
    REFUSAL = auto()
    """The last attempt raises the library's own error; a stale handle, StaleHandle; and so on."""
    INTERRUPT = auto()
    """The last attempt raises KeyboardInterrupt."""
    CAUSE = auto()
    """The error of the last attempt names its cause."""
    VALUE = auto()
    """The last attempt answers ``expected``; for one that makes a handle, whether there is one."""
    READS = auto()
    """After the last attempt the memory says ``expected`` at ``path``."""
    OUTPUT_READS = auto()
    """What the last attempt gave out says ``expected`` at ``path``."""
    ZERO = auto()
    """After the last attempt, no bit of ``expected`` is set in the output's ``word``."""
    WITHIN_LIMIT = auto()
    """After the last attempt, no segment has more than ``expected`` words."""
    EVIDENCE = auto()
    """The memory saw nothing that breaks a promise."""
    CALLS = auto()
    """The last attempt makes at most ``expected`` calls of the allocator's method ``call``."""
    WORD_KEPT = auto()
    """The last attempt leaves the ``word`` of the segment in memory as it was."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What must hold at the end of a program, and does not."""

    kind: ProofKind = ProofKind.NONE
    path: tuple[str | int, ...] = ()
    """Fields and indices from the root."""
    expected: Any = None
    """As in the model's tree; of ZERO, the bits that must not be set."""
    segment: int = 0
    word: int = 0
    failure: Failure | None = None
    """Which error a refusal must be."""
    call: str = ""
    """``allocate`` or ``segment``."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one operation, as it went."""

    index: int
    """The operation's; the final output has the index after the last one, closing the one after."""
    succeeded: bool
    skipped: bool = False
    interrupted: bool = False
    may_fail: bool = False
    """Whether memory or the message's limit gave a reason to fail: a right encoder may fail where
    this one did not."""


@dataclass(frozen=True, slots=True)
class Account:
    """What happened up to the attempt that broke a promise."""

    attempts: tuple[Attempt, ...]
    """The last one is the guilty one."""
    headline: str
    """Which promise, and how."""
    proof: Proof
