"""The states of a message, and the errors for calls that it cannot serve in them."""

from __future__ import annotations

from enum import Enum

from ..errors import Borrowed, Closed, MessageStateError, Poisoned, Reentered


class State(Enum):
    """The state of a message. It takes calls only if it is ``IDLE``."""

    IDLE = "idle"
    #: A call is running and has changed nothing yet, so a failure is rolled back.
    WORKING = "working"
    #: A call is writing pointers and marks. An interrupt here cannot be undone.
    PUBLISHING = "publishing"
    #: A call has written them, and is giving its view back.
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
            "a view of the message's memory is lent, or a part of one was kept; the message takes"
            " calls again after the with block, once no part of the view is held"
        )
    if state is State.CALLING or state is State.PUBLISHED:
        return Reentered(
            "the message is in the middle of another call; call it again after that has returned"
        )
    return Poisoned(
        "another call is still running, or was interrupted while it changed the message; in the"
        " latter case only close() works"
    )


def state_text(state: State) -> str:
    """Return a short text about the state of a message, for ``repr``."""
    if state is State.IDLE:
        return "open"
    if state is State.LENT:
        return "lent"
    return "in a call, or poisoned"
