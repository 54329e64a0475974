"""The records of a :class:`.HostileAllocator`: calls, faults that fired, and evidence.

Each is a named tuple, because one is made for every allocator call of every execution.
"""

from __future__ import annotations

from typing import NamedTuple

from .fault import Fault, When


class Call(NamedTuple):
    """One call of the allocator by its client."""

    #: ``ALLOCATE``, ``SEGMENT``, ``RELEASE`` or ``GROW``.
    kind: When
    #: The index of the grant, counted from the oldest; -1 if there is none.
    segment: int
    #: ``minimum_words`` of allocate and grow, ``words_used`` of release, 0 for segment.
    asked: int
    #: Whole words granted (allocate), lent (segment), or present afterwards (grow); 0 for release;
    #: -1 if the result has no length.
    words: int
    #: The first fault that fired in this call.
    fault: Fault | None
    #: The name of the class of the exception that was raised, or None.
    error: str | None
    #: The operation during which the call was made, counted from 0.
    operation: int


class Fired(NamedTuple):
    """A fault fired: it changed something that the client can see."""

    fault: Fault
    #: Index into ``calls``; -1 if it fired between operations.
    call: int
    #: The operation during which, or after which, it fired.
    operation: int
    #: The change, as a sentence without a full stop.
    change: str
    #: The kind of call in which it fired; None if it fired between operations.
    during: When | None = None


class Evidence(NamedTuple):
    """A breach of a promise by the client, which memory alone can prove.

    ``symptom`` is one of

    ================== == =================================================================
    guard              P3 bytes around a grant, or past its shown end, were changed
    shared             P3 words were handed out from a grant that shares another's memory
    resized            P3 the bytearray of a segment that stays has another length
    stale-write        P3 a place that a segment had left, or that was released, was written
    held-view          P4 a view was held while the allocator was called, or past a call's end
    stale-buffer       P4 the buffer of an earlier ``segment`` was used after a later call
    double-release     P8 a grant was released again
    unknown-release    P8 ``release`` was called for a key that was never granted
    unknown-borrow     P8 ``segment`` was called for a key without a live grant
    unknown-growth     P8 ``grow`` was called for a key without a live grant
    never-released     P8 a grant is still live after the message was closed
    not-busy           P10 a call from inside an allocator call did not get a clear error
    words-used         P8 ``release`` got fewer words than were written, or more than granted
    ================== == =================================================================
    """

    promise: str
    symptom: str
    #: The operation during which it was detected.
    operation: int
    #: A sentence without a full stop.
    detail: str
