"""Sources of messages that fail or lie, and memory that is not copied."""

from __future__ import annotations

import array
import errno
import gc
import io
import mmap
import os
import socket
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from capnsafe import FramingError
from capnsafe._stream.framing import frame, unframe
from capnsafe._stream.messages import read_message, read_messages
from capnsafe._stream.packing import pack
from capnsafe.errors import ArgumentTypeError, ArgumentValueError
from tests.capnsafe.streaming import (
    PATIENCE,
    Interrupt,
    Scripted,
    mapped,
    number_in,
    numbers,
    packed_or_not,
    small,
    stream_of,
)

from .reading import contents

# -- sources that fail, and that lie ---------------------------------------------------------------


@packed_or_not
@pytest.mark.parametrize("raised", [OSError("gone"), TimeoutError("slow"), Interrupt("now")])
def test_what_a_file_raises_passes_and_the_stream_can_be_continued(
    raised: BaseException, packed: bool
) -> None:
    """Also between any two bytes: no received byte is lost."""
    messages = [[b"12345678", bytes(16)], [b"\1" + bytes(7)]]
    stream = stream_of(messages, packed=packed)
    for at in range(len(stream) + 1):
        before = [stream[index : index + 1] for index in range(at)]
        behind = [stream[index : index + 1] for index in range(at, len(stream))]
        reading = read_messages(Scripted(*before, raised, *behind), packed=packed)
        read: list[list[bytes]] = []
        interrupted = 0
        while len(read) < len(messages) or not interrupted:
            try:
                read.append(contents(next(reading)))
            except type(raised):
                interrupted += 1
        assert read == messages
        assert interrupted == 1
        assert list(reading) == []


class Below(io.RawIOBase):
    """The file below a buffered one: each item is bytes, an exception, or ``None`` for a wait."""

    def __init__(self, *items: bytes | BaseException | None) -> None:
        super().__init__()
        self.items = list(items)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        item = self.items.pop(0) if self.items else b""
        if isinstance(item, BaseException):
            raise item
        if item is None:
            return None
        if len(item) > len(buffer):
            self.items.insert(0, item[len(buffer) :])
            item = item[: len(buffer)]
        buffer[: len(item)] = item
        return len(item)


@packed_or_not
@pytest.mark.parametrize("nothing", [TimeoutError("slow"), None], ids=["timeout", "no data"])
def test_a_buffered_file_loses_nothing(nothing: BaseException | None, packed: bool) -> None:
    """Its ``read`` calls the file below several times, and loses all if the last call fails."""
    messages = [[bytes(range(256)) * 40], [b"\1" + bytes(7)]]
    stream = stream_of(messages, packed=packed)
    pieces: list[bytes | BaseException | None] = []
    for at in range(0, len(stream), 500):
        pieces += [nothing, nothing, nothing, stream[at : at + 500]]
    reading = read_messages(io.BufferedReader(Below(*pieces, nothing), 700), packed=packed)
    read: list[list[bytes]] = []
    waits = 0
    while True:
        try:
            read.append(contents(next(reading)))
        except StopIteration:
            break
        except (TimeoutError, BlockingIOError):
            waits += 1
    assert read == messages
    assert waits >= 20


@packed_or_not
def test_a_buffered_file_is_read_by_the_buffer(packed: bool) -> None:
    stream = stream_of([[bytes([number]) * 8] for number in range(100)], packed=packed)

    class Counting(Below):
        calls = 0

        def readinto(self, buffer: Any, /) -> int | None:
            self.calls += 1
            return super().readinto(buffer)

    below = Counting(stream)
    assert len(list(read_messages(io.BufferedReader(below), packed=packed))) == 100
    assert below.calls <= 4


@packed_or_not
@pytest.mark.filterwarnings("error")
def test_a_file_that_must_be_awaited_is_told(packed: bool) -> None:
    class Awaited:
        async def read(self, size: int, /) -> bytes:
            return b""

    source: Any = Awaited()
    with pytest.raises(ArgumentTypeError):
        list(read_messages(source, packed=packed))
    gc.collect()


@packed_or_not
def test_a_socket_that_times_out_is_read_on(packed: bool) -> None:
    stream = frame(unframe(small(3)), packed=packed)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.01)
        messages = read_messages(ours, packed=packed)
        theirs.sendall(stream[:9])
        with pytest.raises(TimeoutError):
            next(messages)
        theirs.sendall(stream[9:])
        ours.settimeout(PATIENCE)
        assert number_in(next(messages)) == 3


@packed_or_not
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_non_blocking_source_is_read_on(kind: str, packed: bool) -> None:
    stream = frame(unframe(small(3)), packed=packed)
    source: Any
    sink: Any
    if kind == "pipe":
        out, into = os.pipe()
        source, sink = os.fdopen(out, "rb", 0), os.fdopen(into, "wb", 0)
        send = sink.write
    else:
        source, sink = socket.socketpair()
        send = sink.sendall
    with source, sink:
        os.set_blocking(source.fileno(), False)
        messages = read_messages(source, packed=packed)
        for part in (stream[:9], stream[9:]):
            with pytest.raises(BlockingIOError) as caught:
                next(messages)
            assert caught.value.errno == errno.EAGAIN
            send(part)
        assert number_in(next(messages)) == 3


@packed_or_not
@pytest.mark.parametrize("answer", ["text", 5, -1, ["bytes"], True])
def test_a_file_that_answers_no_bytes(answer: Any, packed: bool) -> None:
    stream = frame([b"12345678"], packed=packed)
    reading = read_messages(
        Scripted(stream[:2], answer, *map(bytes, zip(stream[2:]))), packed=packed
    )
    with pytest.raises(ArgumentTypeError):
        next(reading)
    # It was not the stream's fault.
    assert contents(next(reading)) == [b"12345678"]


def test_a_file_that_answers_more_than_it_was_asked_for() -> None:
    reading = read_messages(Scripted(small(1)))
    for _ in range(2):
        with pytest.raises(FramingError, match="message 0"):
            next(reading)
    with pytest.raises(FramingError, match=r"\b65537\b"):
        next(read_messages(Scripted(bytes(65537)), packed=True))


@packed_or_not
def test_a_file_may_answer_any_buffer(packed: bool) -> None:
    stream = frame([b"12345678"], packed=packed)
    answers = [bytearray(stream[:1]), memoryview(stream)[1:2], array.array("b", stream[2:3])]
    rest = [stream[index : index + 1] for index in range(3, len(stream))]
    assert contents(read_message(Scripted(*answers, *rest), packed=packed)) == [b"12345678"]


def test_a_buffer_that_a_file_answers_may_change_afterwards() -> None:
    stream = frame([b"12345678", b"abcdefgh"])
    buffer = bytearray(8)

    class Recycler:
        at = 0

        def read(self, size: int) -> bytearray:
            buffer[:] = stream[self.at : self.at + 8]
            self.at += 8
            return buffer

    source: Any = Recycler()
    message = read_message(source)
    buffer[:] = bytes(8)
    assert contents(message) == [b"12345678", b"abcdefgh"]


@pytest.mark.parametrize("wrong", [5, None, "text", Path("file"), object()])
@packed_or_not
def test_what_is_no_source(wrong: Any, packed: bool) -> None:
    with pytest.raises(ArgumentTypeError, match=r"'read'|open the file first$"):
        read_messages(wrong, packed=packed)


def test_memory_that_cannot_be_had() -> None:
    closed = mmap.mmap(-1, 8)
    closed.close()
    released = memoryview(b"")
    released.release()
    scattered = memoryview(bytes(32))[::2]
    for wrong in (closed, released, scattered):
        with pytest.raises(ArgumentTypeError):
            read_messages(wrong)


def test_a_file_of_text() -> None:
    text: Any = io.StringIO("text")
    with pytest.raises(ArgumentTypeError):
        next(read_messages(text))


def test_limits_are_checked_before_anything_is_read() -> None:
    file = Scripted(AssertionError("was read"))
    wrong: Any = "5"
    calls: list[Any] = [read_messages, read_message]
    for name in ("max_segments", "max_words", "traversal_limit_words", "nesting_limit"):
        for call in calls:
            with pytest.raises(ArgumentTypeError, match=name):
                call(file, **{name: wrong})
            with pytest.raises(ArgumentValueError, match=name):
                call(file, **{name: -1})
    read_messages(file)


# -- memory that is not copied ---------------------------------------------------------------------


@pytest.mark.own_process
def test_nothing_in_memory_is_copied() -> None:
    data = bytearray(small(1) + small(2))
    data[:0] = frame([bytes(1 << 20)])
    tracemalloc.start()
    try:
        readers = list(read_messages(data))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50_000
    at = data.index(numbers(2), 1 << 20)
    assert number_in(readers[2]) == 2
    data[at] = 77
    assert number_in(readers[2]) == 77


def test_a_mapping_is_closed_after_its_readers() -> None:
    with mapped(small(1) + small(2)) as mapping:
        reader = read_message(mapping)
        root = reader.get_root()
        with pytest.raises(BufferError):
            mapping.close()
        assert number_in(reader) == 1
        del reader
        with pytest.raises(BufferError):
            mapping.close()
        assert root.get_text(0) == "number 1"
        del root
        mapping.close()


def test_a_mapping_that_is_given_away_goes_with_its_last_reader() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(small(1))
        file.flush()
        reader = read_message(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    assert reader.get_root().get_text(0) == "number 1"


@packed_or_not
def test_a_mapping_is_closed_after_its_messages(packed: bool) -> None:
    stream = frame(unframe(small(1)), packed=packed) + frame(unframe(small(2)), packed=packed)
    with mapped(stream) as mapping:
        messages = read_messages(mapping, packed=packed)
        assert list(map(number_in, messages)) == [1, 2]
        # The iterator is at its end, and keeps nothing.
        mapping.close()
    with mapped(stream) as mapping:
        messages = read_messages(mapping, packed=packed)
        assert number_in(next(messages)) == 1
        del messages
        mapping.close()


@packed_or_not
@pytest.mark.parametrize("hostile", [numbers(0, 5), numbers(600, 5), b"\0\0", numbers(4, 0)])
def test_a_mapping_is_closed_while_an_error_is_on_its_way(hostile: bytes, packed: bool) -> None:
    """Errors keep no view, nor do their tracebacks."""
    stream = small(1) + hostile
    if packed:
        stream = pack(small(1)) + (pack(hostile) if len(hostile) == 8 else hostile[:1])
    with mapped(stream) as mapping:
        messages = read_messages(mapping, packed=packed)
        next(messages)
        with pytest.raises(FramingError) as caught:
            list(messages)
        mapping.close()
        assert caught.value.__context__ is None
    for read in (unframe, read_message):
        with mapped(hostile) as mapping:
            with pytest.raises(FramingError) as caught:
                read(mapping)
            mapping.close()


def test_a_mapping_is_read_from_its_start() -> None:
    """It is memory, though it has a position and a method ``read``."""
    with mapped(small(1)) as mapping:
        mapping.seek(5)
        assert number_in(read_message(mapping)) == 1
        assert mapping.tell() == 5
