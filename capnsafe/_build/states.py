"""What a message is doing, and what it says to a call that it cannot serve meanwhile."""

from __future__ import annotations

from enum import Enum

from ..errors import Borrowed, Closed, MessageStateError, Poisoned, Reentered


class State(Enum):
    """What the message is doing. Only ``IDLE`` admits a call."""

    IDLE = "idle"
    #: A call is under way and has changed nothing yet: a failure is rolled back.
    WORKING = "working"
    #: The pointer and the marks are being written: an interrupt here cannot be undone.
    PUBLISHING = "publishing"
    #: They are written, and the view is being given back.
    PUBLISHED = "published"
    #: Views are lent to the caller.
    LENT = "lent"
    #: An allocator method is running.
    CALLING = "calling"
    #: The grants are being released.
    CLOSING = "closing"
    CLOSED = "closed"


def unavailable(state: State) -> MessageStateError:
    """Return the error for a call that comes in a state other than ``IDLE``."""
    if state is State.CLOSED or state is State.CLOSING:
        return Closed("the message is closed")
    if state is State.LENT:
        return Borrowed(
            "a view of the message's memory is lent, or a part of one was kept: the message"
            " takes calls again when it is back"
        )
    if state is State.CALLING or state is State.PUBLISHED:
        return Reentered("the message is in the middle of a call, and takes no other")
    return Poisoned(
        "a call is not finished: it is still running, or was interrupted while it changed the"
        " message, and then only close() works"
    )


def state_text(state: State) -> str:
    """Return a word or two about the state of a message, for ``repr``."""
    if state is State.IDLE:
        return "open"
    if state is State.LENT:
        return "lent"
    return "in a call, or poisoned"
