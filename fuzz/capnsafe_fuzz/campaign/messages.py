"""What processes of a campaign say to each other: one JSON object a line, over pipes of their own.

JSON lines, and not packed frames: a message is sent for what is new, not for every execution (those
are counted in the slot), so their cost does not matter, and a line can be read by a person who
debugs. Inputs travel as hexadecimal. A line that was cut off by its writer's death is dropped.

From worker to parent, each with ``kind``:

``ready``       the encoder is imported; ``code``: the digests of its files
``situations``  an input reached new ``cells``; with ``execution`` and ``data``
``violation``   an input broke promises: ``violations``, ``execution``, ``data``; the worker waits
                for the answer ``{"kind": "judged", "sizes": {group: [number, ...] | null}}``
``broken``      the harness itself failed: ``error``, ``traceback``, ``data``; the worker ends.
                With ``of_the_user``, an allocator of the user failed, so that there was no memory
``done``        the worker has run all that it was asked to run, or was told to stop

What is none of these is not the harness's, but was written by an encoder into a pipe that is not
its own: reading it raises ``GarbledError``.

Waiting for the judgement makes a campaign repeatable: how many executions there were when something
was known does not depend on which process was quicker.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from ..record import Violation

Message = dict[str, Any]

FROM_WORKER: Mapping[str, frozenset[str]] = {
    "ready": frozenset(),
    "situations": frozenset({"execution", "cells", "data"}),
    "violation": frozenset({"violations", "execution", "data"}),
    "broken": frozenset({"error", "traceback", "data"}),
    "done": frozenset(),
}
"""What a worker says, and what has to be with it."""


MOST_BYTES = 64 * 1024 * 1024
"""The longest line that is taken for a message; nothing that is longer is kept in memory."""


class GarbledError(Exception):
    """What was read is no message."""


def kind_from_worker(message: Message) -> str:
    """The kind of what a worker said; raises ``GarbledError`` if it can have said no such thing."""
    kind = message.get("kind")
    if not isinstance(kind, str) or not message.keys() >= FROM_WORKER.get(kind, {"no such kind"}):
        raise GarbledError
    return kind


def send(descriptor: int, message: Message) -> None:
    """Write one message; blocks until it is written."""
    data = json.dumps(message, sort_keys=True).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def receive(file: BinaryIO) -> Message | None:
    """Read one message; None if the other side is gone."""
    line = file.readline()
    if not line.endswith(b"\n"):
        return None
    message: Message = json.loads(line)
    return message


class LineBuffer:
    """Cuts what arrives on a pipe into messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages completed by ``data``; raises ``GarbledError`` if these are none.

        A line of more than ``MOST_BYTES`` is none either.
        """
        if b"\n" not in data:
            self._rest += data
            lines = []
        else:
            *lines, rest = (bytes(self._rest) + data).split(b"\n")
            self._rest = bytearray(rest)
        if len(self._rest) > MOST_BYTES:
            self._rest.clear()
            raise GarbledError
        return [_parse(line) for line in lines]


def _parse(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise GarbledError from None
    if not isinstance(message, dict):
        raise GarbledError
    return message


def violation_to_json(violation: Violation) -> Message:
    """As plain data."""
    return asdict(violation)


def violation_from_json(data: Message) -> Violation:
    """Back again."""
    from ..record import Violation

    return Violation(**data)
