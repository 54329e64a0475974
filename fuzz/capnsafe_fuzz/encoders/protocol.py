"""What a library must offer to be put to the test.

An *encoder* is a library that builds Cap'n Proto messages, seen through an adapter.  The adapter
knows that library's API and its exceptions; nobody else in the harness does.  It performs the
operations of a scenario, says what an exception means, and prints a scenario as a program in the
library's own API.

A *session* is one message being built.  Handles are numbered as in the scenario: every operation
that makes a handle takes the next number, whether it succeeds, fails or is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

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
    ERROR = "error"
    """Another error of the library's own."""
    FOREIGN = "foreign"
    """No error of the library's own: it escaped from below."""


class Memory(Protocol):
    """The owner of the memory, as every encoder is given it: capnsafe's ``Allocator``."""

    def allocate(self, minimum_words: int, /) -> object: ...

    def segment(self, key: object, /) -> object: ...

    def release(self, key: object, words_used: int, /) -> None: ...


class Session(Protocol):
    """One message under construction."""

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT, and raise whatever the library raises.

        Answers the value of a GET; for an operation that makes a handle, whether there is one (a
        null pointer opens to nothing); otherwise nothing of interest.  When it raises, the
        operation's handle, if it makes one, is not yet numbered: the executor either performs the
        operation again or calls ``skip``.
        """

    def skip(self, operation: Operation) -> None:
        """Number the handle that ``operation`` would have made, without an object behind it."""

    def output(self) -> bytes:
        """The finished message, framed as a stream; raises whatever the library raises."""

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
        """Begin a message; must not call the memory yet."""

    def classify(self, error: BaseException) -> Failure:
        """What ``error``, raised by a session, says."""

    def owns(self, filename: str) -> bool:
        """Whether a source file is the library's, to tell where in it an exception arose."""

    def argument_type(self, error: BaseException) -> bool:
        """Whether an error of class ARGUMENT or INDEX is also the builtin that callers catch."""

    def script(self, scenario: Scenario) -> str:
        """``scenario`` as a program in the library's own API.

        It exits non-zero exactly when the bug shows.
        """
