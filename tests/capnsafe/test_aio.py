"""Messages from and to the streams of asyncio."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import pytest

from capnsafe import (
    ArgumentTypeError,
    ArgumentValueError,
    Error,
    FramingError,
    MessageBuilder,
    Reentered,
    aio,
    read_message,
)
from tests.capnsafe.schema.addressbook_capnp import Person
from tests.capnsafe.streaming import packed_or_not, stream_of

from .reading import contents

T = TypeVar("T")

MESSAGES = [[b"12345678", bytes(16)], [b"\1" + bytes(7)], [bytes(8), bytes(range(256)) * 40]]


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 30))


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield the reader of one end of a connection, and the writer of the other."""
    one, other = socket.socketpair()
    reader, answers = await asyncio.open_connection(sock=one)
    _, writer = await asyncio.open_connection(sock=other)
    try:
        yield reader, writer
    finally:
        for each in (answers, writer):
            each.close()
            with suppress(ConnectionError):
                await each.wait_closed()


def fed(*chunks: bytes, end: bool = True) -> asyncio.StreamReader:
    """Return a reader that has received these chunks."""
    reader = asyncio.StreamReader()
    for chunk in chunks:
        reader.feed_data(chunk)
    if end:
        reader.feed_eof()
    return reader


@packed_or_not
def test_messages_go_through_a_connection(packed: bool) -> None:
    async def work() -> None:
        async with connected() as (reader, writer):
            for segments in MESSAGES:
                await aio.write_message(writer, segments, packed=packed)
            writer.write_eof()
            read = [contents(each) async for each in aio.read_messages(reader, packed=packed)]
            assert read == MESSAGES

    run(work())


def test_what_can_be_written() -> None:
    async def work() -> None:
        async with connected() as (reader, writer):
            value = Person(id=7, name="Alice")
            with MessageBuilder() as message:
                message.set_root(value)
                for packed in (False, True):
                    await aio.write_message(writer, message, packed=packed)
                    await aio.write_message(writer, value, packed=packed)
                await aio.write_message(writer, message.segments())
            for packed in (False, False):
                read = await aio.read_message(reader, packed=packed)
                assert Person.from_message(read) == value
            messages = aio.read_messages(reader, packed=True)
            assert [Person.from_message(await anext(messages)) for _ in "12"] == [value] * 2
            wrong: Any
            for wrong in (7, None, ["x"], [b"seven.."]):
                with pytest.raises((ArgumentTypeError, ArgumentValueError)):
                    await aio.write_message(writer, wrong)

    run(work())


@packed_or_not
def test_a_cancellation_between_any_two_bytes_loses_nothing(packed: bool) -> None:
    messages = MESSAGES[:2]
    stream = stream_of(messages, packed=packed)

    async def work(at: int) -> None:
        reader = fed(*(stream[index : index + 1] for index in range(at)), end=False)
        reading = aio.read_messages(reader, packed=packed)
        read = []
        cancelled = False
        while not cancelled:
            task = asyncio.ensure_future(anext(reading))
            # It has taken all that there is, and waits for more.
            while not task.done() and reading.bytes_received < at:
                await asyncio.sleep(0)
            if not task.done():
                await asyncio.sleep(0)
                task.cancel()
            try:
                read.append(contents(await task))
            except asyncio.CancelledError:
                cancelled = True
        reader.feed_data(stream[at:])
        reader.feed_eof()
        read += [contents(message) async for message in reading]
        assert read == messages
        assert reading.bytes_received == len(stream)

    for at in range(len(stream)):
        run(work(at))


def test_a_timeout_and_an_exception_of_the_stream_lose_nothing() -> None:
    stream = stream_of(MESSAGES)

    async def work() -> None:
        reader = fed(stream[:100], end=False)
        reading = aio.read_messages(reader)
        read = [contents(await anext(reading)) for _ in "12"]
        for _ in "12":
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(reading), 0.01)
        assert reading.bytes_received == 100
        reader.feed_data(stream[100:200])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(reading), 0.01)
        reader.feed_data(stream[200:])
        read.append(contents(await anext(reading)))
        assert read == MESSAGES

        class Failing:
            """A stream that fails once, between two chunks."""

            def __init__(self) -> None:
                self.items: list[bytes | OSError] = [stream[:50], OSError("gone"), stream[50:]]

            async def read(self, size: int) -> bytes:
                item = self.items.pop(0) if self.items else b""
                if isinstance(item, OSError):
                    raise item
                if len(item) > size:
                    self.items.insert(0, item[size:])
                return item[:size]

        reading = aio.read_messages(Failing())
        read = [contents(await anext(reading))]
        with pytest.raises(OSError, match="gone"):
            await anext(reading)
        assert read + [contents(message) async for message in reading] == MESSAGES

    run(work())


def test_one_message_is_read_and_no_byte_behind_it() -> None:
    async def work() -> None:
        reader = fed(stream_of(MESSAGES), b"and more")
        for segments in MESSAGES:
            assert contents(await aio.read_message(reader)) == segments
        assert await reader.read() == b"and more"
        with pytest.raises(FramingError, match="the stream ended before its first byte"):
            await aio.read_message(reader)

    run(work())


def test_the_bytes_that_are_lost_with_one_message_are_told() -> None:
    async def work() -> None:
        for sent, notes in ((b"", 0), (stream_of(MESSAGES[:1])[:20], 1)):
            reader = fed(sent, end=False)
            task = asyncio.ensure_future(aio.read_message(reader))
            for _ in range(9):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as raised:
                await task
            told = getattr(raised.value, "__notes__", [])
            assert len(told) == notes
            assert all("20 bytes of a message were read" in note for note in told)
        with pytest.raises(FramingError) as broken:
            await aio.read_message(fed(sent))
        assert not hasattr(broken.value, "__notes__")

    run(work())


@packed_or_not
def test_streams_that_are_no_messages(packed: bool) -> None:
    stream = stream_of(MESSAGES, packed=packed)

    async def work() -> None:
        reading = aio.read_messages(fed(stream[:-1]), packed=packed)
        assert [contents(await anext(reading)) for _ in "12"] == MESSAGES[:2]
        for _ in "12":
            with pytest.raises(FramingError, match="message 2: "):
                await anext(reading)
        with pytest.raises(FramingError, match="max_segments"):
            await aio.read_message(fed(stream), packed=packed, max_segments=1)
        with pytest.raises(FramingError, match="max_words"):
            await aio.read_message(fed(stream), packed=packed, max_words=2)
        with pytest.raises(FramingError, match="max_words"):
            await aio.read_message(fed(stream), packed=packed, traversal_limit_words=2)
        message = await aio.read_message(fed(stream), packed=packed, nesting_limit=0)
        with pytest.raises(Error, match="nesting limit"):
            message.get_root()

    run(work())


def test_two_tasks_do_not_share_a_message() -> None:
    async def work() -> None:
        reader = fed(end=False)
        reading = aio.read_messages(reader)
        first = asyncio.ensure_future(anext(reading))
        await asyncio.sleep(0)
        with pytest.raises(Reentered, match="another task is waiting"):
            await anext(reading)
        reader.feed_data(stream_of(MESSAGES[:1]))
        assert contents(await first) == MESSAGES[0]

    run(work())


class Returning:
    """A stream whose method returns a result that a test gives."""

    def __init__(self, result: object) -> None:
        self.result = result

    async def read(self, size: int) -> Any:
        return self.result


def test_sources_that_are_no_streams() -> None:
    async def work() -> None:
        wrong: Any = io.BytesIO(stream_of(MESSAGES))
        with pytest.raises(ArgumentTypeError, match=r"returned bytes; use capnsafe\.read_messages"):
            await aio.read_message(wrong)
        for wrong in (b"bytes", None):
            with pytest.raises(ArgumentTypeError, match="which has no method 'read'"):
                aio.read_messages(wrong)
        for wrong in (None, "text", 7):
            with pytest.raises(ArgumentTypeError, match="the result of the reader's method"):
                await aio.read_message(Returning(wrong))
        with pytest.raises(FramingError, match="returned 9 bytes where at most 8 were asked for"):
            await aio.read_message(Returning(bytes(9)))
        # The other way round.
        reader: Any = fed(b"")
        with pytest.raises(ArgumentTypeError, match=r"use capnsafe\.aio\.read_messages instead"):
            read_message(reader)

    run(work())


class Kept:
    """A writer that keeps what it is given, and whose ``drain`` does what it is told to."""

    def __init__(self, drained: Callable[[], Awaitable[None]], closing: bool = False) -> None:
        self.chunks: list[bytes] = []
        self.drained = drained
        self.closing = closing

    def write(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    async def drain(self) -> None:
        await self.drained()

    def is_closing(self) -> bool:
        return self.closing


def test_a_message_is_never_cut() -> None:
    async def work() -> None:
        framed = stream_of(MESSAGES[2:])
        writer = Kept(asyncio.Event().wait)  # type: ignore[arg-type]
        task = asyncio.ensure_future(aio.write_message(writer, MESSAGES[2]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await task
        assert writer.chunks == [framed]
        [note] = raised.value.__notes__
        assert note.startswith(f"all {len(framed)} bytes of the message were handed to the writer")

        async def fail() -> None:
            raise ConnectionResetError("gone")

        with pytest.raises(ConnectionResetError, match="gone") as broken:
            await aio.write_message(Kept(fail), MESSAGES[0])
        assert "do not write it again" in broken.value.__notes__[0]

    run(work())


def test_many_tasks_write_to_one_connection() -> None:
    async def work() -> None:
        async with connected() as (reader, writer):
            # Far more than fits into the buffers of the sockets.
            written = [[number.to_bytes(8, "little") * 20_000] for number in range(40)]
            tasks = [asyncio.ensure_future(aio.write_message(writer, each)) for each in written]
            reading = aio.read_messages(reader)
            read = [contents(await anext(reading)) for _ in written]
            await asyncio.gather(*tasks)
            assert read == written

    run(work())


def test_writers_that_write_nothing() -> None:
    async def work() -> None:
        writer = Kept(asyncio.Event().wait, closing=True)  # type: ignore[arg-type]
        with pytest.raises(BrokenPipeError, match="nothing of the message was written"):
            await aio.write_message(writer, MESSAGES[0])
        assert writer.chunks == []
        wrong: Any = io.BytesIO()
        with pytest.raises(ArgumentTypeError, match="which has no method 'drain'"):
            await aio.write_message(wrong, MESSAGES[0])
        assert wrong.getvalue() == b""
        async with connected() as (_, real):
            real.close()
            with pytest.raises(BrokenPipeError):
                await aio.write_message(real, MESSAGES[0])

    run(work())
