"""Writing a message to a binary file or a socket, with a count of the bytes that it takes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import suppress
from io import RawIOBase
from typing import Any, Final, Protocol, TypeAlias, final

from .._words.arguments import (
    integer,
    method_of,
    number_text,
    require_method,
    truth,
    type_name,
)
from .._words.given import Given
from .._words.laid_out import class_or_name
from ..errors import ArgumentTypeError, ArgumentValueError, Error, FramingError
from .framing import BLOCK_BYTES, Bytes, packed_parts, parts_of


class BinaryWriter(Protocol):
    """A binary file that can be written."""

    def write(self, chunk: Bytes, /) -> int | None:
        """Write all of ``chunk`` or a part, and return the number of bytes written.

        ``None`` means that all bytes were taken (``asyncio.StreamWriter``, a web response), and
        that the writer may have kept the chunk. From an ``io.RawIOBase``, ``None`` means that no
        byte was written, because the file would have had to wait.
        """


class Sender(Protocol):
    """A connected stream socket that can be written."""

    def send(self, chunk: Bytes, /) -> int:
        """Send all of ``chunk`` or a part, and return the number of bytes sent."""


class Framed(Protocol):
    """A value of a schema."""

    def to_bytes(self, *, packed: bool = False) -> bytes:
        """Return the message with stream framing."""


class Segmented(Protocol):
    """A ``MessageBuilder`` or ``MessageReader``."""

    def segments(self) -> Sequence[Bytes]:
        """Return the segments of the message."""


#: A message to write: a ``MessageBuilder``, a ``MessageReader``, a value, or the segments.
Sendable: TypeAlias = Segmented | Framed | Sequence[Bytes]


def parts_to_send(message: Any, packed: bool) -> Iterable[bytes | memoryview]:
    """Return a message with stream framing, in parts.

    Raises:
        ArgumentTypeError: If it is none of the objects of ``Sendable``.
    """
    given = type(message)
    if callable(method_of(given, "segments")):
        message = message.segments()
    elif callable(method_of(given, "to_bytes")) and not issubclass(given, int):
        return [message.to_bytes(packed=packed)]
    elif issubclass(given, _NO_SEGMENTS) or not callable(method_of(given, "__getitem__")):
        raise ArgumentTypeError(
            "a message to write is a MessageBuilder, a MessageReader, a value of a schema, or a"
            f" list of segments, not {class_or_name(message)}"
        )
    parts = parts_of(message)
    return packed_parts(parts) if packed else parts


#: Sequences and mappings that are no list of segments.
_NO_SEGMENTS: Final = (bytes, bytearray, memoryview, str, dict)


def _gathered(parts: Iterable[bytes | memoryview]) -> Generator[Bytes]:
    """Return the parts with small ones joined, so that a small message is written by one call."""
    gathered = bytearray()
    for part in parts:
        if len(gathered) + len(part) > BLOCK_BYTES:
            if gathered:
                yield gathered
                # A new one, because the file may have kept the first.
                gathered = bytearray()
            if len(part) > BLOCK_BYTES:
                yield part
                continue
        gathered += part
    if gathered:
        yield gathered


#: The progress of writing a message: (bytes taken before the last call of the file; a list of what
#: that call returned, empty if it has not returned; the number of bytes that it was given; whether
#: the file is a raw one).
_Writing: TypeAlias = "tuple[int, list[Any], int, bool]"


@final
class WriteProgress:
    """A count of the bytes of one message that a file or socket has taken.

    Pass it to ``write_message`` or ``MessageBuilder.write_to``. ``bytes`` is right even if the call
    raises or is interrupted at any bytecode; only the file knows how many bytes it took in a call
    that raised. If the count is passed again with the same message, only the rest is written.
    """

    __slots__ = ("_writing",)

    def __init__(self) -> None:
        """Start with a count of zero."""
        self._writing: _Writing = (0, [], 0, False)

    @property
    def bytes(self) -> int:
        """Number of bytes taken, including the segment table."""
        taken, returned, size, is_raw = self._writing
        if returned:
            # An interrupt came between the call of the file and the count.
            with suppress(Error, BlockingIOError):
                taken += _taken_of(returned[0], size, is_raw)
        return taken

    def _write(self, write: Callable[[memoryview], object], chunk: memoryview, raw: bool) -> object:
        """Call ``write``, and return its result, which the same bytecode has recorded."""
        returned: list[Any] = []
        calling = map(write, (chunk,))
        self._writing = (self.bytes, returned, len(chunk), raw)
        returned.extend(calling)
        if not returned:
            raise StopIteration
        return returned[0]


def write_message(
    file: BinaryWriter | Sender,
    message: Sendable,
    *,
    packed: Given[bool] = False,
    progress: Given[WriteProgress | None] = None,
) -> None:
    """Write a message to a binary file or a socket, without joining its segments.

    If the file takes only a part of a chunk, as a raw file may, it is called again with the rest.
    The result ``None`` means that everything was taken, as ``asyncio.StreamWriter`` does, except
    from an ``io.RawIOBase``.

    Args:
        file: An object with a method ``write`` or ``send``.
        message: A ``MessageBuilder``, a ``MessageReader``, a value, or the segments of a message,
            each of whole words.
        packed: Whether to pack the message.
        progress: A count of the bytes that the file takes, right even if the call fails or is
            interrupted. If it has counted some bytes of this message, only the rest is written.

    Raises:
        ArgumentTypeError: If the file does not return a number, or must be awaited.
        BlockingIOError: If the file takes nothing.
        FramingError: If the file returns an impossible number of bytes.
        Error: Whatever ``frame`` raises, before anything is written.
        Exception: Whatever the file raises.
    """
    is_packed = truth(packed)
    if progress is None:
        progress = WriteProgress()
    elif type(progress) is not WriteProgress:
        raise ArgumentTypeError(f"progress must be a WriteProgress, not {type_name(progress)}")
    parts = parts_to_send(message, is_packed)
    write: Callable[[memoryview], object] = require_method(file, ("write", "send"), "write to")
    pieces = _gathered(parts)
    waits = _is_raw(file)
    passed = progress.bytes
    try:
        for piece in pieces:
            if passed >= len(piece):
                passed -= len(piece)
                continue
            _write_all(write, piece, passed, waits, progress)
            passed = 0
        if passed:
            raise ArgumentValueError(
                f"progress has counted {passed} bytes more than this message has; use a new one for"
                " each message"
            )
    finally:
        # The traceback of an exception from the file refers to this frame. It must not keep the
        # segments alive.
        pieces.close()
        for part in parts:
            _release(part)


def _is_raw(file: object) -> bool:
    """Return whether ``None`` from ``write`` means that nothing was written."""
    # Not ``isinstance``, because the ``__class__`` of an object can be code that raises.
    return issubclass(type(file), RawIOBase)


def _count_of(result: Any) -> int:
    """Return the result of ``write`` as a number of bytes, or raise ``ArgumentTypeError``."""
    what = "the result of the file's write method"
    if result is True or result is False:
        raise ArgumentTypeError(f"{what} must be a number of bytes, not {result}")
    if issubclass(type(result), Coroutine):
        result.close()
        raise ArgumentTypeError(
            "the file's write method must be awaited; await it with frame(...) instead"
        )
    return integer(result, what)


def _taken_of(result: Any, size: int, is_raw: bool) -> int:
    """Return how many of ``size`` bytes the file took, or raise if its result is impossible."""
    if result is None and not is_raw:
        return size
    taken = 0 if result is None else _count_of(result)
    if taken == 0:
        raise BlockingIOError(f"the file took none of {size} bytes")
    if not 0 < taken <= size:
        raise FramingError(
            f"the file's write method returned {number_text(taken)} for {size} bytes"
        )
    return taken


def _write_all(
    write: Callable[[memoryview], object],
    piece: Bytes,
    start: int,
    is_raw: bool,
    progress: WriteProgress,
) -> None:
    """Write a piece from byte ``start`` on, in as many calls as it takes."""
    chunk = memoryview(piece)[start:]
    kept = False
    try:
        while chunk:
            result = progress._write(write, chunk, is_raw)
            if result is None and not is_raw:
                # Do not release it, because the file may still send it.
                kept = True
                return
            chunk = chunk[_taken_of(result, len(chunk), is_raw) :]
    finally:
        if not kept:
            _release(chunk)


def _release(part: bytes | memoryview) -> None:
    """Release a view, unless the file has kept a part of it."""
    if isinstance(part, memoryview):
        with suppress(BufferError):
            part.release()
