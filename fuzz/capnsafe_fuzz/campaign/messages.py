"""Messages between the processes of a campaign: one JSON object per line, over separate pipes.

JSON lines are simple for people who debug. Their cost does not matter, because only new facts are
sent, and executions are counted in the slot. Inputs are sent as hexadecimal. A line that was cut
off by its writer's death is dropped.

From worker to parent, each with ``kind``:

- ``ready``: the encoder is imported; ``code``: the digests of its files; ``forks``: whether the
  process forks for each shard, and so can run another one
- ``situations``: an input reached new ``cells``; with ``data``
- ``violation``: an input broke promises: ``violations``, ``data``, its ``size``, and for each group
  the number of ``tries``, the inputs that fired in it
- ``broken``: the harness itself failed: ``error``, ``traceback``, ``data``; the shard ends. With
  ``of_the_user``, an allocator of the user failed, so that there was no memory
- ``done``: the shard has run everything requested, or was asked to stop
- ``ended``: the process of the shard has ended, with ``code``

Those about an execution also have its number, ``execution``, and the counts until then: ``fired``
and ``fallbacks``.

Any other line was written by an encoder into a pipe that is not its own; reading it raises
``GarbledError``.

A worker never waits for a reply: a shard does not depend on the findings of others meanwhile.
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
    "ready": frozenset({"code", "forks"}),
    "news": frozenset({"execution", "fired", "fallbacks", "cells", "features", "data"}),
    "violation": frozenset(
        {"execution", "fired", "fallbacks", "violations", "size", "tries", "data"}
    ),
    "broken": frozenset({"error", "traceback", "data"}),
    "done": frozenset({"execution"}),
    "ended": frozenset({"code"}),
}
"""The kinds of a worker's messages, and their required keys."""


MOST_BYTES = 64 * 1024 * 1024
"""The longest line that counts as a message, in bytes; no longer one is kept in memory."""


class GarbledError(Exception):
    """The line is not a message."""


def kind_from_worker(message: Message) -> str:
    """Return the kind of a worker's message.

    Raises:
        GarbledError: There is no such message.
    """
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
    """Read one message; None if the other side has ended."""
    line = file.readline()
    if not line.endswith(b"\n"):
        return None
    message: Message = json.loads(line)
    return message


class LineBuffer:
    """Splits the bytes of a pipe into messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that ``data`` completes.

        Raises:
            GarbledError: A line is not a message, or has more than ``MOST_BYTES``.
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
    """Return it as plain data."""
    return asdict(violation)


def violation_from_json(data: Message) -> Violation:
    """Return it from plain data."""
    from ..record import Violation

    return Violation(**data)
