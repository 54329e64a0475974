"""Every exception that a public call of capnsafe can raise (promise P1).

::

    Error                            the root of the tree
    ├── ArgumentError                the caller's mistake; nothing was changed
    │   ├── ArgumentTypeError        (also a TypeError)
    │   ├── ArgumentValueError       (also a ValueError)
    │   └── ArgumentIndexError       (also an IndexError)
    ├── AllocatorError               the owner of the memory failed, or broke its contract
    │   ├── AllocationRefused        ``allocate`` raised
    │   ├── GrantTooSmall            ``allocate`` granted fewer words than the minimum
    │   ├── GrantOverlaps            a grant shares memory with another segment of the message
    │   ├── BorrowRefused            ``segment`` raised; the call may be tried again
    │   ├── BadBuffer                ``segment`` returned no writable buffer
    │   └── ReleaseFailed            ``release`` raised; reported once all are released
    ├── SegmentLost                  words in use were taken away, for good (P5)
    ├── ContentsChanged              words are not as they were written (P5v)
    ├── StaleHandle                  the object of this handle is gone (P12)
    ├── Unreadable                   the memory can only be written, not read
    ├── Exhausted                    Python had no stack or memory left for the call
    ├── MessageTooLarge              a limit of the encoding, or of this message
    ├── MessageStateError            the message cannot serve this call now
    │   ├── Closed                   the message was closed
    │   ├── Reentered                the call came from inside another one (P10)
    │   ├── Borrowed                 a view of its memory is lent to the caller (P4)
    │   └── Poisoned                 another call is running, or an interrupt broke one
    ├── MalformedMessage             the data is not a valid message
    │   ├── PointerOutOfBounds
    │   ├── PointerKindMismatch
    │   ├── TraversalLimitExceeded
    │   ├── NestingLimitExceeded
    │   └── InvalidText
    ├── FramingError                 the stream framing around a message is wrong
    └── SchemaError                  a schema cannot be compiled, read or loaded

A ``BaseException`` that is not an ``Exception`` (``KeyboardInterrupt``) passes through unchanged.
"""

from __future__ import annotations

from typing import Any, Self

from ._words.crossing import carry, rebuild, unpickle


class Error(Exception):
    """The root of the tree.

    Every error can be copied and pickled, with its attributes, notes and cause. If the allocator's
    exception does not pickle, an ``Exception`` with its text replaces it.

    Attributes:
        segment: The index of the segment in its message, or ``None``.
        offset: The distance from the start of that segment in words, or ``None``.
        words_asked: The number of words that the call needed, or ``None``.
        words_granted: The number of words that were available, or ``None``.
    """

    segment: int | None = None
    offset: int | None = None
    words_asked: int | None = None
    words_granted: int | None = None

    def __init__(
        self,
        sentence: str,
        *,
        segment: int | None = None,
        offset: int | None = None,
        words_asked: int | None = None,
        words_granted: int | None = None,
    ) -> None:
        """Make an error with a message for people and attributes for programs."""
        super().__init__(sentence)
        self.segment = segment
        self.offset = offset
        self.words_asked = words_asked
        self.words_granted = words_granted

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the error, even if the exceptions that it carries do not pickle."""
        facts = _facts_of(self)
        failures = facts.pop("failures", None)
        carried = None if failures is None else tuple(carry(failure) for failure in failures)
        cause = None if self.__cause__ is None else carry(self.__cause__)
        return unpickle, (type(self), self.args, facts, carried, cause)

    def __copy__(self) -> Self:
        """Return an error with the same facts, notes and cause."""
        copied: Self = rebuild(type(self), self.args, _facts_of(self), self.__cause__)
        return copied

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return a copy that shares the allocator's exceptions."""
        return self.__copy__()


def _facts_of(error: Error) -> dict[str, Any]:
    """Return the attributes of an error, with a copy of its list of notes."""
    facts = dict(error.__dict__)
    if "__notes__" in facts:
        facts["__notes__"] = list(facts["__notes__"])
    return facts


class ArgumentError(Error):
    """An argument of the call is wrong. Nothing was changed."""

    #: The name in Python of the field of a schema whose value is wrong; ``None`` otherwise.
    field: str | None = None


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument has the wrong type."""


class ArgumentValueError(ArgumentError, ValueError):
    """An argument has the right type, but the field cannot hold its value."""


class ArgumentIndexError(ArgumentError, IndexError):
    """A field, pointer or element lies outside the object."""


class AllocatorError(Error):
    """The owner of the memory failed, or broke its side of the contract.

    If the allocator raised, its exception is the ``__cause__``.
    """


class AllocationRefused(AllocatorError):
    """``allocate`` raised. The call may be tried again (P2)."""


class GrantTooSmall(AllocatorError):
    """``allocate`` granted ``words_granted`` words, fewer than the minimum ``words_asked``."""


class GrantOverlaps(AllocatorError):
    """``allocate`` or ``grow`` granted memory of another segment of the same message."""


class BorrowRefused(AllocatorError):
    """``segment`` raised an exception other than ``LookupError``. The call may be tried again."""


class BadBuffer(AllocatorError):
    """``segment`` returned an object that is not a writable, contiguous buffer of bytes."""


class ReleaseFailed(AllocatorError):
    """One or more calls of ``release`` raised.

    ``failures`` holds the exceptions, in the order of the segments. Every grant counts as
    released, and none is released again (P8).
    """

    def __init__(self, sentence: str, failures: tuple[Exception, ...]) -> None:
        """Make an error that carries all failures."""
        super().__init__(sentence)
        self.failures = failures


class SegmentLost(Error):
    """A segment was shorter than the words handed out from it, or missing (P5).

    It stays lost, even if it grows back, because its old contents are gone.
    """


class ContentsChanged(Error):
    """Someone else changed words of a message that verifies (P5v).

    ``segment`` and ``offset`` (words) say where the first difference is. Nothing was written. The
    message keeps comparing: once the old contents are back, the call may be tried again.
    """


class StaleHandle(Error):
    """The object of this handle was overwritten, cleared, moved or disowned (P12).

    Nothing was written.
    """


class Unreadable(Error):
    """The call needs to read memory that can only be written, as that of ``AppendBuilder``.

    Nothing was written.
    """


class Exhausted(Error):
    """Python ran out of stack or memory in the middle of a call.

    The ``RecursionError`` or ``MemoryError`` is the ``__cause__``. If ``done`` is true, the call
    had done its work. Otherwise the message is as it was before, and the call may be tried again.

    Two kinds of call can raise Python's own ``RecursionError`` instead: one that fails before its
    first step, and so has done nothing, and one that reads or writes a file. A call of a reader
    that fails may already have counted words against the traversal limit; they stay counted.
    """

    #: Whether the call had done its work.
    done: bool = False


class MessageTooLarge(Error):
    """An object or a segment would exceed a limit of the encoding, or of this message."""


class MessageStateError(Error):
    """The message cannot serve this call in the state that it is in."""


class Closed(MessageStateError):
    """The message was closed, and its memory released."""


class Reentered(MessageStateError):
    """The call came from inside another call of the message, such as from its allocator (P10)."""


class Borrowed(MessageStateError):
    """A view of the message's memory is lent, or a part of one was kept (P4).

    The message takes calls again after the ``with`` block, once no part of the view is held.
    """


class Poisoned(MessageStateError):
    """Another call is running, or an interrupt left one unfinished.

    In the second case, only ``close`` works from now on.
    """


class MalformedMessage(Error):
    """The data is not a valid message."""


class PointerOutOfBounds(MalformedMessage):
    """A pointer leads outside its segment, or to a segment that does not exist."""


class PointerKindMismatch(MalformedMessage):
    """A pointer leads to another kind of object than the one asked for."""


class TraversalLimitExceeded(MalformedMessage):
    """More words were read than the traversal limit allows. It may be an amplification attack."""


class NestingLimitExceeded(MalformedMessage):
    """Objects are nested deeper than the nesting limit allows."""


class InvalidText(MalformedMessage):
    """A Text is not UTF-8, or has no NUL at its end."""


class FramingError(Error):
    """The segment table is wrong or exceeds a limit, or the stream ends inside a message."""


class SchemaError(Error, ValueError):
    """A schema cannot be compiled, read or loaded. The message has what the compiler printed."""
