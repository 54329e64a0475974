"""Messages from and to the streams of asyncio.

::

    reader, writer = await asyncio.open_connection(host, port)
    await aio.write_message(writer, message)
    async for answer in aio.read_messages(reader):
        ...

Cancellation is an ordinary event there: by a timeout, or because another task failed. So

- an iterator of ``read_messages`` keeps the bytes that it has received. After a cancellation or an
  exception of the stream, another ``anext`` continues in the middle of the message.
- ``read_message`` has nowhere to keep it. If it is cancelled inside a message, a note on the
  exception says how many bytes are lost.
- ``write_message`` hands the whole message to the writer before it waits for the first time. So no
  message is ever cut, and none of another task comes between.

Everything else is as for files: limits, packing, bytes that are read after a message, and errors.
Streams of other libraries work, too, if they have the same methods.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, SupportsIndex, cast, final

from ._read.reader import NESTING_LIMIT, TRAVERSAL_LIMIT_WORDS, MessageReader
from ._read.reading import limit_of
from ._stream.framing import SEGMENT_LIMIT, Bytes, Limits
from ._stream.messages import _Messages, _Stream
from ._stream.packing import NOTHING_WAITS
from ._stream.sources import ByteInput, Pending
from ._stream.writing import Sendable, parts_to_send
from ._words.arguments import add_note, method_of, require_method, truth, type_name
from ._words.buffers import view_of
from ._words.exhausted import exhausted
from ._words.given import Given
from .errors import ArgumentTypeError, Error, FramingError, Reentered

__all__ = ["AsyncMessages", "read_message", "read_messages", "write_message"]


class AsyncReader(Protocol):
    """A stream that can be read, such as ``asyncio.StreamReader``."""

    async def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; no bytes at the end."""


class AsyncWriter(Protocol):
    """A stream that can be written, such as ``asyncio.StreamWriter``."""

    def write(self, chunk: bytes, /) -> None:
        """Take all of ``chunk``, without waiting."""

    async def drain(self) -> None:
        """Wait until there is room for more."""


class HungryError(Exception):
    """More bytes are needed. Only this module sees it."""


@final
class AwaitedInput:
    """A ``ByteInput`` whose chunks are put into the pending list by somebody who awaits them.

    It does not inherit from that class, which may be compiled: this module is not.
    """

    __slots__ = ("asked", "bytes")

    def __init__(self) -> None:
        #: The list for the next chunk, and the most bytes that it may have.
        self.asked: tuple[list[Any], int] = ([], 0)
        #: Number of bytes received.
        self.bytes = 0

    def begin(self) -> Pending:
        """Return a list without a chunk."""
        return []

    def chunk(self, pending: Pending, size: int) -> tuple[Bytes, Pending]:
        """Return the chunk that was put into the list, or raise ``HungryError``."""
        received = cast("list[Any]", pending)
        if not received:
            self.asked = (received, size)
            raise HungryError
        return received[0], []

    def put(self, chunk: object) -> None:
        """Check the result of ``read``, and put it into the list."""
        received, size = self.asked
        octets = view_of(chunk, "the result of the reader's method")
        if len(octets) > size:
            raise FramingError(
                f"the reader returned {len(octets)} bytes where at most {size} were asked for"
            )
        self.bytes += len(octets)
        received.append(octets)


@final
class AsyncMessages(AsyncIterator[MessageReader]):
    """The iterator of ``read_messages``. One task may use it at a time."""

    __slots__ = ("_input", "_messages", "_read", "_waits")

    def __init__(
        self, read: Callable[[int], object], source: AwaitedInput, messages: _Messages
    ) -> None:
        """Call ``read_messages`` instead."""
        self._read = read
        self._input = source
        self._messages = messages
        self._waits = False

    @property
    def bytes_received(self) -> int:
        """Number of bytes received from the stream, packed or not."""
        return self._input.bytes

    async def __anext__(self) -> MessageReader:
        """Return the next message.

        If it is cancelled, or the stream raises, no byte that was received is lost, and another
        call continues.

        Raises:
            StopAsyncIteration: If the stream ended between two messages.
            FramingError: If it ended inside a message, or a limit is exceeded.
            Reentered: If another task is waiting for the next message.
        """
        if self._waits:
            raise Reentered("another task is waiting for the next message of this iterator")
        self._waits = True
        try:
            while True:
                ready = self._ready()
                if ready is not None:
                    return ready.pop()
                self._input.put(await self._awaitable(self._input.asked[1]))
        except StopIteration:
            raise StopAsyncIteration from None
        finally:
            self._waits = False

    def _ready(self) -> list[MessageReader] | None:
        """Return the next message in a list, or ``None`` if more bytes are needed."""
        try:
            return next(self._messages)
        except HungryError:
            return None

    def _awaitable(self, size: int) -> Awaitable[object]:
        result = self._read(size)
        if not hasattr(type(result), "__await__"):
            raise ArgumentTypeError(
                f"the reader's method must be awaitable, and returned {type_name(result)}; use"
                " capnsafe.read_messages for a file or socket"
            )
        return cast("Awaitable[object]", result)


def read_messages(
    reader: AsyncReader,
    *,
    packed: Given[bool] = False,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex | None = None,
    traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    nesting_limit: SupportsIndex = NESTING_LIMIT,
) -> AsyncMessages:
    """Iterate over the messages of a stream, by ``async for`` or ``await anext(messages)``.

    The options are those of ``capnsafe.read_messages``. The iteration ends if the stream ends
    between two messages.

    Args:
        reader: An ``asyncio.StreamReader``, or an object with such a method ``read``.
        packed: Whether the messages are packed. If so, bytes behind a message may be read.
        max_segments: The highest number of segments in a message.
        max_words: The highest number of words in all segments of a message together, by default
            the traversal limit.
        traversal_limit_words: The traversal limit of each message.
        nesting_limit: The nesting limit of each message.
    """
    try:
        read = require_method(reader, ("read",), "read messages from")
        traversal = limit_of(traversal_limit_words, "traversal_limit_words")
        limits = Limits(max_segments, traversal if max_words is None else max_words)
        nesting = limit_of(nesting_limit, "nesting_limit")
        source = AwaitedInput()
        chunks = cast(ByteInput, source)
        origin = _Stream(chunks, NOTHING_WAITS if truth(packed) else None)
        return AsyncMessages(read, source, _Messages(origin, limits, traversal, nesting, False))
    except RecursionError as error:
        raise exhausted() from error


async def read_message(
    reader: AsyncReader,
    *,
    packed: Given[bool] = False,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex | None = None,
    traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    nesting_limit: SupportsIndex = NESTING_LIMIT,
) -> MessageReader:
    """Read the next message of a stream.

    Unless it is packed, no byte after the message is read. If the call may be cancelled and the
    stream is to be read further, use ``read_messages``: a part of a message is lost otherwise, and
    a note on the exception says so.

    Raises:
        FramingError: If there is no message, or an invalid one.
    """
    messages = read_messages(
        reader,
        packed=packed,
        max_segments=max_segments,
        max_words=max_words,
        traversal_limit_words=traversal_limit_words,
        nesting_limit=nesting_limit,
    )
    try:
        return await anext(messages)
    except StopAsyncIteration:
        pass
    except BaseException as error:
        if messages.bytes_received and not isinstance(error, Error):
            add_note(
                error,
                f"{messages.bytes_received} bytes of a message were read from the stream before"
                " this, and are lost; an iterator of read_messages would have kept them",
            )
        raise
    raise FramingError("there is no message: the stream ended before its first byte")


async def write_message(
    writer: AsyncWriter, message: Sendable, *, packed: Given[bool] = False
) -> None:
    """Write a message to a stream, and wait until there is room for more.

    The whole message is handed to the writer at once. If the call is then cancelled, or the peer
    goes away, a note on the exception says that the message must not be written again.

    Args:
        writer: An ``asyncio.StreamWriter``, or an object with such methods ``write`` and ``drain``.
        message: A ``MessageBuilder``, a ``MessageReader``, a value, or the segments of a message.
        packed: Whether to pack the message.

    Raises:
        BrokenPipeError: If the writer is closing. Nothing was written.
        Error: If the message cannot be put out. Nothing was written.
    """
    write = require_method(writer, ("write",), "write to")
    drain = require_method(writer, ("drain",), "write a message to")
    is_packed = truth(packed)
    try:
        octets = b"".join(parts_to_send(message, is_packed))
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error
    is_closing: Any = method_of(writer, "is_closing")
    if callable(is_closing) and is_closing():
        raise BrokenPipeError("the writer is closing, so nothing of the message was written")
    write(octets)
    try:
        await drain()
    except BaseException as error:
        add_note(
            error,
            f"all {len(octets)} bytes of the message were handed to the writer before this; do not"
            " write it again",
        )
        raise
