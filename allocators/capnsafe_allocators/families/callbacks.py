"""The calls of a message that faults make from inside a call of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .effects import Effects, Excuse, Loss, Move
from .family import Kind

#: The name of the caller of the message if that is a finalizer, not a call of the allocator.
FINALIZER: Final = "a finalizer"


class Callback(StrEnum):
    """One call of the message. Its value is the name of the kind of fault that makes it."""

    READ = "read"
    WRITE = "write"
    BUILD = "build"
    CLEAR = "clear"
    OUTPUT = "output"
    CLOSE = "close"


_SENTENCES = {
    Callback.READ: "It reads a field of the root.",
    Callback.WRITE: "It writes the present value to a field of the root.",
    Callback.BUILD: "It builds a text in the root with its present value, if any.",
    Callback.CLEAR: "It clears a pointer of the root that is null.",
    Callback.OUTPUT: "It asks for the finished message.",
    Callback.CLOSE: "It closes the message.",
}


_CALLING = Effects(
    excuses=Excuse.NOTHING,
    excuses_in_growth=Excuse.NOTHING,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.NOWHERE,
    endless=False,
    calls_message=True,
    aims=False,
)


def callback_kinds(usual_amount: int = 0, swept_amounts: tuple[int, ...] = ()) -> dict[str, Kind]:
    """Return one kind of fault for each call of the message.

    The kinds take an amount if ``usual_amount`` is not 0.
    """
    return {
        call.value: Kind(
            _SENTENCES[call],
            effects=_CALLING,
            takes_amount=usual_amount > 0,
            usual_amount=usual_amount,
            swept_amounts=swept_amounts,
        )
        for call in Callback
    }
