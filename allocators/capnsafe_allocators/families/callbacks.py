"""The calls of a message that faults make from inside a call of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from .effects import Effects
from .family import Kind

#: Where the client is called from, if not from a call of the allocator.
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
    Callback.WRITE: "It writes a field of the root, with the value that it has.",
    Callback.BUILD: "It builds a text in the root, with the value that it has, if any.",
    Callback.CLEAR: "It clears a pointer of the root that is null.",
    Callback.OUTPUT: "It asks for the finished message.",
    Callback.CLOSE: "It closes the message.",
}


def callback_kinds(callbacks: Iterable[Callback], effects: Effects) -> dict[str, Kind]:
    """Return one kind of fault for each of ``callbacks``."""
    return {call.value: Kind(_SENTENCES[call], effects=effects) for call in callbacks}
