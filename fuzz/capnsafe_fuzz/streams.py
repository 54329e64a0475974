"""Standard output and error that may be closed or on a full disk while the command works.

The reader of the output may go away (``capnsafe fuzz | head``). The work goes on, and the command
ends with its real exit code. A full disk under the output is an error of the environment.
Characters that the encoding of a stream lacks are written escaped.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar, cast

from .campaign.failures import EnvironmentFailedError, sentence

Answer = TypeVar("Answer")


class _OutputStream:
    """A text stream that drops its output once its reader has gone away."""

    def __init__(self, stream: TextIO, name: str | None) -> None:
        """Write to ``stream``; ``name`` is used to report a full disk, and None suppresses that."""
        self._stream = stream
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        # If the encoding is ASCII, click would write to the bytes below, bypassing this class.
        if attribute == "buffer":
            raise AttributeError(attribute)
        return getattr(self._stream, attribute)

    def write(self, text: str, /) -> int:
        # click writes an empty string to find out the kind of the stream, and ignores exceptions.
        if text == "":
            return 0
        return self._try(lambda: self._stream.write(text), len(text))

    def flush(self) -> None:
        self._try(self._stream.flush, None)

    def _try(self, action: Callable[[], Answer], otherwise: Answer) -> Answer:
        try:
            return action()
        except OSError as error:
            self._divert()
            if self._name is not None and not isinstance(error, BrokenPipeError):
                raise EnvironmentFailedError(
                    f"{self._name} cannot be written: {sentence(error)}"
                ) from error
            return otherwise

    def _divert(self) -> None:
        # Python flushes the buffered rest when it ends, which must be possible.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def hold_descriptors() -> None:
    """Keep other files from being opened as standard input, output or error if these are closed.

    A pipe with such a number would not reach the process that it was made for.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # An opened file gets the lowest free number.
            os.open(os.devnull, os.O_RDWR)


@contextmanager
def lasting_streams() -> Iterator[None]:
    """Within the block, keep going if the reader of an output stream has gone away.

    Raises:
        EnvironmentFailedError: The disk of standard output is full. For standard error that is
            ignored, because the message would go there.
    """
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Python has None in place of a stream that was closed from the start.
    if sys.stdout is not None:
        sys.stdout = cast(TextIO, _OutputStream(sys.stdout, "standard output"))
    if sys.stderr is not None:
        sys.stderr = cast(TextIO, _OutputStream(sys.stderr, None))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
