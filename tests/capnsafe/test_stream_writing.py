"""Messages are written to files and sockets, whole or not at all as far as these allow."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from pickle import PickleBuffer
from typing import Any

import numpy
import pytest

from capnsafe import FramingError, MessageBuilder, WriteProgress, aio
from capnsafe._stream.framing import frame
from capnsafe._stream.messages import read_message, read_messages
from capnsafe._stream.writing import write_message
from capnsafe.errors import ArgumentTypeError, ArgumentValueError
from tests.capnsafe.schema.addressbook_capnp import Person
from tests.capnsafe.streaming import PATIENCE, Interrupt, packed_or_not

from .reading import contents


class Counting:
    """A file that takes at most ``most`` bytes at a time, and remembers how often it was called."""

    def __init__(self, most: int = 1 << 40) -> None:
        self.most = most
        self.taken = bytearray()
        self.sizes: list[int] = []

    def write(self, chunk: bytes | bytearray | memoryview, /) -> int:
        self.sizes.append(len(chunk))
        self.taken += chunk[: self.most]
        return min(self.most, len(chunk))


@packed_or_not
def test_a_small_message_is_one_write(packed: bool) -> None:
    file = Counting()
    segments = [bytes(800)] * 50
    write_message(file, segments, packed=packed)
    assert file.sizes == [len(file.taken)]
    assert file.taken == frame(segments, packed=packed)


def test_large_segments_are_not_joined() -> None:
    file = Counting()
    file.taken = bytearray()
    segments = [bytes(8), bytes(1 << 20), bytes(16), bytes(24), bytes(1 << 16), bytes(1 << 17)]
    write_message(file, segments)
    assert file.taken == frame(segments)
    assert file.sizes == [32 + 8, 1 << 20, 40, 1 << 16, 1 << 17]


@pytest.mark.own_process
def test_a_large_message_is_packed_piece_by_piece() -> None:
    file = Counting()
    segments = [bytes(range(1, 129)) * (1 << 15), bytes(1 << 22)]
    file.taken = bytearray(5 << 20)
    file.taken.clear()
    tracemalloc.start()
    try:
        write_message(file, segments, packed=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert file.taken == frame(segments, packed=True)
    assert max(file.sizes) <= 1 << 17
    # The file's own copy, grown in place, is most of it.
    assert peak < 2 * len(file.taken) + 1_000_000


@packed_or_not
@pytest.mark.parametrize("most", [1, 7, 100, 65_537])
def test_a_file_that_takes_a_part_is_given_the_rest(most: int, packed: bool) -> None:
    file = Counting(most)
    segments = [bytes(range(1, 9)) * 100, bytes(80_000 if most > 1000 else 80), b"\1" + bytes(7)]
    write_message(file, segments, packed=packed)
    assert file.taken == frame(segments, packed=packed)


@packed_or_not
def test_to_a_socket_and_from_it(packed: bool) -> None:
    """More than its buffers take, so that it sends parts."""
    segments = [b"12345678" * 200_000, bytes(8) * 10, bytes(range(1, 129)) * 10_000]
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    theirs.settimeout(PATIENCE)

    def send() -> None:
        with theirs:
            write_message(theirs, segments, packed=packed)
            write_message(theirs, segments[1:], packed=packed)

    thread = threading.Thread(target=send)
    thread.start()
    with ours:
        read = list(map(contents, read_messages(ours, packed=packed)))
    thread.join(PATIENCE)
    assert read == [segments, segments[1:]]


@packed_or_not
@pytest.mark.parametrize("lie", [-1, 41, 1 << 70, -(1 << 70)])
def test_a_file_that_says_to_have_written_what_cannot_be(lie: int, packed: bool) -> None:
    class Liar:
        def write(self, chunk: bytes | bytearray | memoryview, /) -> int:
            return lie

    with pytest.raises(FramingError):
        write_message(Liar(), [b"12345678" * 3], packed=packed)


@pytest.mark.parametrize("lie", ["5", 2.0, [1]])
def test_a_file_that_does_not_count_what_it_wrote(lie: Any) -> None:
    class Liar:
        def write(self, chunk: bytes | bytearray | memoryview, /) -> Any:
            return lie

    with pytest.raises(ArgumentTypeError):
        write_message(Liar(), [bytes(8)])


@packed_or_not
def test_a_file_that_takes_nothing_is_not_waited_for(packed: bool) -> None:
    class Full:
        def write(self, chunk: bytes | bytearray | memoryview, /) -> int:
            return 0

    class Raw(io.RawIOBase):
        def write(self, chunk: Any, /) -> None:
            return None

    for file in (Full(), Raw()):
        with pytest.raises(BlockingIOError):
            write_message(file, [bytes(8)], packed=packed)


def test_a_raw_file_that_would_have_to_wait_took_nothing() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with open(reading, "rb", buffering=0) as read, open(writing, "wb", buffering=0) as file:
        with pytest.raises(BlockingIOError):
            write_message(file, [bytes(1 << 20)])
        assert read.read(16) == frame([bytes(1 << 20)])[:16]


@packed_or_not
def test_a_writer_that_returns_none_took_everything(packed: bool) -> None:
    class Response:
        def __init__(self) -> None:
            self.kept: list[memoryview] = []

        def write(self, chunk: Any, /) -> None:
            self.kept.append(chunk)

    for segments in ([bytes(80)], [b"12345678" * 20_000, bytes(16)], [memoryview(bytes(1 << 17))]):
        response = Response()
        write_message(response, segments, packed=packed)
        assert b"".join(response.kept) == frame(segments, packed=packed)


def test_a_stream_writer_of_asyncio_takes_everything() -> None:
    """More than the sockets hold, so that it keeps some of it for later."""
    with MessageBuilder() as message:
        holder = message.init_root(0, 2)
        holder.set_data(0, bytes(range(256)) * 40_000)
        holder.set_data(1, b"behind")
        expected = message.to_bytes()

        async def talk() -> list[bytes]:
            received = []

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                received.append(await reader.read())
                writer.close()
                done.set()

            done = asyncio.Event()
            async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
                _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                message.write_to(writer)
                message.write_to(writer)
                writer.write_eof()
                await asyncio.wait_for(done.wait(), PATIENCE)
                writer.close()
                await writer.wait_closed()
            return received

        assert asyncio.run(talk()) == [expected * 2]


@pytest.mark.parametrize("number", [numpy.int64, numpy.uint8])
def test_a_count_of_numpy_is_a_count(number: Any) -> None:
    class Writer:
        taken = b""

        def write(self, chunk: Any, /) -> Any:
            self.taken += chunk[:100]
            return number(min(len(chunk), 100))

    writer = Writer()
    write_message(writer, [bytes(800)])
    assert writer.taken == frame([bytes(800)])


@pytest.mark.parametrize("answer", [True, False, numpy.True_])
def test_a_bool_is_no_count(answer: Any) -> None:
    class Writer:
        def write(self, chunk: Any, /) -> Any:
            return answer

    with pytest.raises(ArgumentTypeError):
        write_message(Writer(), [bytes(8)])


def test_a_writer_that_must_be_awaited_is_refused() -> None:
    class Writer:
        async def write(self, chunk: Any, /) -> None: ...

    with pytest.raises(ArgumentTypeError):
        write_message(Writer(), [bytes(8)])  # type: ignore[arg-type]  # It is a mistake.


def test_a_writer_whose_class_cannot_be_asked_for() -> None:
    class Writer:
        taken = b""

        @property  # type: ignore[misc]  # It is a mistake.
        def __class__(self) -> Any:
            raise OSError

        def write(self, chunk: Any, /) -> None:
            self.taken += chunk

    writer = Writer()
    write_message(writer, [bytes(8)])
    assert writer.taken == frame([bytes(8)])


@pytest.mark.parametrize("wrong", [5, None, b"bytes", Path("file")])
def test_what_cannot_be_written_to(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="'write'"):
        write_message(wrong, [bytes(8)])


@packed_or_not
@pytest.mark.parametrize("raised", [OSError("full"), Interrupt("now")])
@pytest.mark.parametrize("size", [64, 1 << 18])
def test_what_a_file_raises_passes_and_keeps_no_view(
    size: int, raised: BaseException, packed: bool
) -> None:
    """A segment can be resized although the exception, and so its traceback, is still there."""

    class Broken:
        def write(self, chunk: bytes | bytearray | memoryview, /) -> int:
            if len(chunk) < size // 8:
                return len(chunk)
            raise raised

    segments = [bytearray(8), bytearray(b"12345678" * (size // 8))]
    with pytest.raises(type(raised)) as caught:
        write_message(Broken(), segments, packed=packed)
    assert caught.value is raised
    for segment in segments:
        segment.append(0)


@packed_or_not
def test_a_file_may_keep_what_it_was_given(packed: bool) -> None:
    """That is its business, and no error of the message's; and nothing else is written there."""

    class Keeper:
        def __init__(self) -> None:
            self.kept: list[PickleBuffer] = []

        def write(self, chunk: bytes | bytearray | memoryview, /) -> int:
            # This borrows from the view itself, which then cannot be released.
            self.kept.append(PickleBuffer(chunk))
            return len(chunk)

    keeper = Keeper()
    segments = [bytearray(8), bytearray(b"12345678" * (1 << 15)), bytearray(b"abcdefgh")]
    write_message(keeper, segments, packed=packed)
    assert len(keeper.kept) > 1
    assert b"".join(map(bytes, keeper.kept)) == frame(segments, packed=packed)


@pytest.mark.parametrize("read", [read_message, lambda source: next(read_messages(source))])
def test_what_cannot_say_whether_it_can_be_read_cannot(read: Callable[[Any], object]) -> None:
    class Shy:
        @property
        def read(self) -> Any:
            raise RuntimeError("not me")

        recv = read

    with pytest.raises(ArgumentTypeError, match="'read'"):
        read(Shy())


class Failing(Counting):
    """A file that takes 7 bytes at a time, and fails in a call of each kind."""

    def __init__(self, failure: Any) -> None:
        super().__init__(7)
        self.failure = failure

    def write(self, chunk: bytes | bytearray | memoryview, /) -> Any:
        if len(self.sizes) == 2:
            self.sizes.append(0)
            if isinstance(self.failure, BaseException):
                raise self.failure
            return self.failure
        return super().write(chunk)


@packed_or_not
@pytest.mark.parametrize(
    "failure", [TimeoutError("late"), Interrupt(), StopIteration(), MemoryError(), 0, 99, -1, "x"]
)
def test_the_bytes_that_a_file_took_before_it_failed_are_counted(
    failure: Any, packed: bool
) -> None:
    message = MessageBuilder()
    message.init_root(1, 1).set_text(0, "a text of some length")
    segments = message.segments()
    file = Failing(failure)
    progress = WriteProgress()
    raised: BaseException | None = None
    try:
        write_message(file, segments, packed=packed, progress=progress)
    except BaseException as error:  # What the file raises is any exception.
        raised = error
    if isinstance(failure, BaseException):
        assert type(raised) is type(failure)
    else:
        assert isinstance(raised, BlockingIOError | FramingError | ArgumentTypeError)
    assert progress.bytes == len(file.taken) == 14
    write_message(file, segments, packed=packed, progress=progress)
    assert file.taken == frame(segments, packed=packed)
    write_message(file, segments, packed=packed, progress=progress)
    assert file.taken == frame(segments, packed=packed)


def test_a_message_goes_on_behind_what_was_written() -> None:
    message = MessageBuilder()
    message.init_root(1, 1).set_text(0, "a text of some length")
    file = Failing(TimeoutError())
    progress = WriteProgress()
    with pytest.raises(TimeoutError):
        message.write_to(file, progress=progress)
    message.write_to(file, progress=progress)
    assert file.taken == message.to_bytes()
    assert progress.bytes == len(file.taken)


def test_a_count_of_another_message_is_refused() -> None:
    progress = WriteProgress()
    write_message(Counting(), [bytes(80)], progress=progress)
    file = Counting()
    with pytest.raises(ArgumentValueError, match=r"\b72\b"):
        write_message(file, [bytes(8)], progress=progress)
    assert not file.taken
    with pytest.raises(ArgumentTypeError):
        write_message(file, [bytes(8)], progress=7)  # type: ignore[arg-type]


def test_a_writer_that_keeps_what_it_is_given_has_taken_all_of_it() -> None:
    class Keeping:
        def write(self, chunk: object, /) -> None: ...

    progress = WriteProgress()
    write_message(Keeping(), [bytes(80)], progress=progress)
    assert progress.bytes == 88


def sent(message: Any, packed: bool) -> list[bytes]:
    """Return the bytes of a message in a file, and those in a stream of asyncio."""
    file = io.BytesIO()
    write_message(file, message, packed=packed)
    writer = Kept(asyncio.Event().set)
    asyncio.run(aio.write_message(writer, message, packed=packed))
    return [file.getvalue(), b"".join(writer.chunks)]


class Kept:
    """A writer of asyncio that keeps the bytes."""

    def __init__(self, drained: Callable[[], object]) -> None:
        self.drained = drained
        self.chunks: list[bytes] = []

    def write(self, chunk: bytes, /) -> None:
        self.chunks.append(chunk)

    async def drain(self) -> None:
        self.drained()


@packed_or_not
def test_what_can_be_written(packed: bool) -> None:
    """``write_message`` takes the same objects for files and for streams of asyncio."""
    value = Person(name="Alice", phones=[Person.PhoneNumber(number="1")])
    octets = value.to_bytes(packed=packed)
    with MessageBuilder() as message:
        message.set_root(value)
        segments = message.segments()
        reader = read_message(octets, packed=packed)
        for each in (message, value, segments, tuple(segments), reader):
            assert sent(each, packed) == [octets, octets]


@pytest.mark.parametrize("wrong", [b"12345678", "text", {}, None, 5, Person, Person.Reader])
def test_what_is_no_message(wrong: Any) -> None:
    match = r"a MessageBuilder, .* or a list of segments, not (the class Person|\w+$)"
    with pytest.raises(ArgumentTypeError, match=match):
        sent(wrong, False)
    writer = Kept(asyncio.Event().set)
    with pytest.raises(ArgumentTypeError, match=match):
        asyncio.run(aio.write_message(writer, wrong))
    assert writer.chunks == []


@pytest.mark.parametrize("wrong", ["text", Path("file")])
def test_a_path_is_no_source(wrong: Any) -> None:
    match = rf"not from {type(wrong).__name__}: open the file first"
    for act in (read_message, read_messages, Person.from_bytes):
        with pytest.raises(ArgumentTypeError, match=match):
            act(wrong)
