"""Standard output and error that may be closed or on a full disk while the command works.

Whoever reads the output may go away (``capnsafe fuzz | head``): the work goes on, and the command
ends with its real code. A disk that is full under the output is an error of the environment. What
the encoding of a stream lacks is written escaped, and nothing fails for it.
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
    """A text stream that is written to as long as it can be, and then to nowhere."""

    def __init__(self, stream: TextIO, name: str | None) -> None:
        """``name`` is what a full disk is reported under; None does not report it."""
        self._stream = stream
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        # click would write to the bytes below where the encoding is ASCII, past all that is here.
        if attribute == "buffer":
            raise AttributeError(attribute)
        return getattr(self._stream, attribute)

    def write(self, text: str, /) -> int:
        # click writes nothing to see what kind of stream it has, and passes over what that raises.
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
        # What is still buffered is flushed when Python ends, and must have somewhere to go.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def hold_descriptors() -> None:
    """Let nothing else be opened as standard input, output or error where these are closed.

    A pipe that got such a number would not reach the process that it was made for.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # What is opened gets the lowest number that is free.
            os.open(os.devnull, os.O_RDWR)


@contextmanager
def lasting_streams() -> Iterator[None]:
    """Let nothing that is printed in the block fail for want of a reader.

    Raises ``EnvironmentFailedError`` from the write that finds the disk of standard output full;
    standard error is where that would be told, so there it is passed over.
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
