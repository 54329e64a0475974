"""Consecutive messages are read from memory, files and sockets, in pieces of any size."""

from __future__ import annotations

import array
import gzip
import io
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, BinaryIO

import capnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capnsafe import FramingError, MessageBuilder
from capnsafe._stream.framing import frame, unframe
from capnsafe._stream.messages import read_message, read_messages
from capnsafe._stream.packing import pack
from capnsafe._stream.writing import write_message
from tests.capnsafe.streaming import (
    PATIENCE,
    SCHEMA,
    Dribble,
    mapped,
    messages_of_words,
    number_in,
    on_disk,
    packed_or_not,
    segments_of_words,
    small,
    stream_of,
)

from .packing_words import WORDS
from .reading import contents, tool

# -- every source ----------------------------------------------------------------------------------


@contextmanager
def sent(data: bytes) -> Iterator[socket.socket]:
    """Return a socket whose other end sends these bytes in pieces, and is then closed."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)

    def send() -> None:
        with theirs:
            for start in range(0, len(data), 1001):
                theirs.sendall(data[start : start + 1001])

    thread = threading.Thread(target=send)
    thread.start()
    try:
        with ours:
            yield ours
    finally:
        thread.join(PATIENCE)


@contextmanager
def made_file(data: bytes, buffering: int) -> Iterator[BinaryIO]:
    with sent(data) as ours:
        made: Any = ours.makefile("rb", buffering=buffering)
        with made:
            yield made


@contextmanager
def just(source: Any) -> Iterator[Any]:
    yield source


SOURCES: dict[str, Callable[[bytes], Any]] = {
    "bytes": just,
    "bytearray": lambda data: just(bytearray(data)),
    "view": lambda data: just(memoryview(b"?" + data)[1:]),
    "array": lambda data: just(array.array("b", data)),
    "mapped": mapped,
    "BytesIO": lambda data: just(io.BytesIO(data)),
    "buffered file": partial(on_disk, buffering=-1),
    "file with a small buffer": partial(on_disk, buffering=13),
    "raw file": partial(on_disk, buffering=0),
    "gzip": lambda data: just(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data)))),
    "socket": sent,
    "buffered file of a socket": partial(made_file, buffering=-1),
    "raw file of a socket": partial(made_file, buffering=0),
    "byte by byte": lambda data: just(Dribble(data, [1])),
    "dribble": lambda data: just(Dribble(data, [7, 1, 100, 3, 9000])),
}


EVERY_KIND = [
    [bytes(8)],
    [bytes(range(1, 9)) * 300, bytes(2400), b"\1" + bytes(7)],
    [b"", b"", b""],
    [b""],
    [b"12345678" * 20_000, bytes(8) * 20_000],
    [bytes(range(256)) * 3],
]


@pytest.mark.thorough
@packed_or_not
@pytest.mark.parametrize("source", SOURCES)
def test_every_source(source: str, packed: bool) -> None:
    with SOURCES[source](stream_of(EVERY_KIND, packed=packed)) as opened:
        read = list(map(contents, read_messages(opened, packed=packed)))
    assert read == EVERY_KIND


@packed_or_not
@pytest.mark.parametrize("source", [source for source in SOURCES if source != "mapped"])
def test_a_source_without_a_message(source: str, packed: bool) -> None:
    """Nothing is no message, and no error; but it is an error to ask for one."""
    with SOURCES[source](b"") as opened:
        messages = read_messages(opened, packed=packed)
        assert list(messages) == []
        assert list(messages) == []
        with pytest.raises(FramingError):
            read_message(opened, packed=packed)


@packed_or_not
@pytest.mark.parametrize("source", SOURCES)
def test_one_message(source: str, packed: bool) -> None:
    messages = small(1) + small(2)
    with SOURCES[source](pack(messages) if packed else messages) as opened:
        assert number_in(read_message(opened, packed=packed)) == 1


@given(
    messages_of_words,
    st.lists(st.sampled_from([1, 3, 8, 100]), max_size=5),
    st.booleans(),
)
def test_what_was_written_is_read(
    messages: list[list[bytes]], sizes: list[int], packed: bool
) -> None:
    file = io.BytesIO()
    for segments in messages:
        write_message(file, segments, packed=packed)
    written = file.getvalue()
    assert written == stream_of(messages, packed=packed)
    assert list(map(contents, read_messages(written, packed=packed))) == messages
    dribble = Dribble(written, [*sizes, 70_000])
    assert list(map(contents, read_messages(dribble, packed=packed))) == messages


@pytest.mark.thorough
@given(messages_of_words)
def test_packed_runs_may_go_over_every_border(messages: list[list[bytes]]) -> None:
    """From the table into a segment, and from message to message, as some packers write them."""
    packed = pack(stream_of(messages))
    assert list(map(contents, read_messages(packed, packed=True))) == messages
    dribble = Dribble(packed, [1, 5])
    assert list(map(contents, read_messages(dribble, packed=True))) == messages


def test_each_message_has_memory_of_its_own() -> None:
    """What is read later changes nothing that was read before."""
    messages = [[bytes([each]) * 8] for each in range(20)]
    readers = list(read_messages(io.BytesIO(stream_of(messages))))
    assert list(map(contents, readers)) == messages
    assert all(view.readonly for reader in readers for view in reader._segments._views)


# -- the reference implementation ------------------------------------------------------------------


@packed_or_not
def test_reads_what_the_reference_implementation_writes(packed: bool) -> None:
    with tempfile.TemporaryFile() as file:
        for number in range(100):
            message = SCHEMA.Small.new_message(number=number, name="n" * number)
            (message.write_packed if packed else message.write)(file)
        file.seek(0)
        read = list(map(number_in, read_messages(file, packed=packed)))
    assert read == list(range(100))


@packed_or_not
def test_the_reference_implementation_reads_what_is_written(packed: bool) -> None:
    with tempfile.TemporaryFile() as file:
        for number in range(100):
            with MessageBuilder() as message:
                root = message.init_root(1, 1)
                root.set_uint32(0, number)
                root.set_text(0, "n" * number)
                write_message(file, message.segments(), packed=packed)
        file.seek(0)
        reading = SCHEMA.Small.read_multiple_packed if packed else SCHEMA.Small.read_multiple
        assert [(each.number, each.name) for each in reading(file)] == [
            (number, "n" * number) for number in range(100)
        ]
        file.seek(0)
        in_memory = file.read()
    reading = (
        SCHEMA.Small.read_multiple_bytes_packed if packed else SCHEMA.Small.read_multiple_bytes
    )
    assert [each.number for each in reading(in_memory)] == list(range(100))


@pytest.mark.process
@pytest.mark.parametrize("segment_size", [1, 3, 10, 100])
def test_many_segments_as_the_tool_writes_them(segment_size: int) -> None:
    messages = b"".join(
        SCHEMA.Everything.new_message(
            data=bytes(range(256)) + bytes(length), text="t" * length, child={"uint64": 1 << length}
        ).to_bytes()
        for length in (0, 1, 40, 63)
    )
    option = f"--segment-size={segment_size}"
    binary = tool("convert", messages, option, "binary:binary")
    packed = tool("convert", messages, option, "binary:packed")
    read = list(map(contents, read_messages(binary)))
    assert len(read) == 4
    assert segment_size == 100 or all(len(segments) > 1 for segments in read)
    assert stream_of(read) == binary
    assert stream_of(read, packed=True) == packed
    assert list(map(contents, read_messages(packed, packed=True))) == read
    assert tool("convert", stream_of(read, packed=True), option, "packed:binary") == binary


@pytest.mark.process
def test_the_tool_unpacks_every_segment() -> None:
    """The segments after the first are never read, but they are counted and unpacked."""
    message = small(7)
    first = bytes(unframe(message)[0])
    messages = [
        [first, one * count, other * 2]
        for one in WORDS.values()
        for other in WORDS.values()
        for count in (0, 1, 255, 256, 257)
    ]
    packed = stream_of(messages, packed=True)
    assert tool("convert", packed, "packed:binary") == message * len(messages)


@given(segments_of_words)
def test_h9_each_segment_is_packed_for_itself(segments: list[bytes]) -> None:
    """No run begins in the table or in one segment and continues in the next."""
    apart = [
        pack(part) for part in (frame(segments)[: -len(b"".join(segments)) or None], *segments)
    ]
    assert frame(segments, packed=True) == b"".join(apart)
    file = io.BytesIO()
    write_message(file, segments, packed=True)
    assert file.getvalue() == b"".join(apart)


def test_h9_the_reference_implementation_reads_no_run_that_goes_out_of_the_table() -> None:
    """Here the table ends in a zero word, and the first segment begins with one."""
    segments = [bytes(8), b""]
    packed = frame(segments, packed=True)
    assert packed == b"\x11\1\1\0\0\0\0"
    assert SCHEMA.Small.from_bytes_packed(packed).number == 0
    with pytest.raises(capnp.KjException, match="did not end cleanly on a segment boundary"):
        SCHEMA.Small.from_bytes_packed(pack(frame(segments)))
    assert contents(read_message(pack(frame(segments)), packed=True)) == segments


# -- where one message ends, and the stream --------------------------------------------------------


@pytest.mark.parametrize("buffering", [-1, 0])
def test_not_one_byte_behind_a_message_is_read(buffering: int) -> None:
    """So that something else may follow."""
    with on_disk(small(1) + small(2) + b"GET / HTTP/1.1", buffering) as file:
        assert number_in(read_message(file)) == 1
        messages = read_messages(file)
        assert number_in(next(messages)) == 2
        assert file.tell() == len(small(1) + small(2))
        assert file.read() == b"GET / HTTP/1.1"


def test_little_is_read_ahead_of_a_packed_message() -> None:
    packed = frame(unframe(small(1)), packed=True)
    file = Dribble(packed + bytes(1 << 20), [1 << 20])
    next(read_messages(file, packed=True))
    assert file.at == 1 << 16


@packed_or_not
@pytest.mark.parametrize("made", [False, True], ids=["socket", "file of a socket"])
def test_a_message_is_answered_as_soon_as_it_is_there(made: bool, packed: bool) -> None:
    """The other side waits for an answer, and sends nothing more before it."""
    ours, theirs = socket.socketpair()
    with ExitStack() as stack:
        stack.enter_context(ours)
        stack.enter_context(theirs)
        ours.settimeout(PATIENCE)
        source: Any = stack.enter_context(ours.makefile("rb")) if made else ours
        messages = read_messages(source, packed=packed)
        for number in (1, 2, 3):
            theirs.sendall(frame(unframe(small(number)), packed=packed))
            assert number_in(next(messages)) == number
        theirs.close()
        assert list(messages) == []


@packed_or_not
@pytest.mark.parametrize("in_memory", [True, False], ids=["memory", "stream"])
def test_h7_a_stream_that_was_cut_is_refused(in_memory: bool, packed: bool) -> None:
    """At any byte but those between two messages; again and again; and nothing loops."""
    messages = [[b"12345678", bytes(24)], [bytes(8) * 3, b"\1" + bytes(15), b"abcdefgh" * 3]]
    ends = [len(stream_of(messages[:count], packed=packed)) for count in range(3)]
    stream = stream_of(messages, packed=packed)
    for length in range(len(stream) + 1):
        cut = stream[:length]
        source: Any = cut if in_memory else Dribble(cut, [5])
        reading = read_messages(source, packed=packed)
        whole = sum(end <= length for end in ends[1:])
        assert [contents(next(reading)) for _ in range(whole)] == messages[:whole]
        if length in ends:
            assert list(reading) == []
        else:
            for _ in range(3):
                with pytest.raises(FramingError, match=rf"\b{whole}\b"):
                    next(reading)


def test_the_facts_of_a_stream_that_was_cut() -> None:
    stream = frame([bytes(16), bytes(24)])[:-9]
    for source in (stream, io.BytesIO(stream)):
        with pytest.raises(FramingError) as caught:
            list(read_messages(source))
        assert (caught.value.words_asked, caught.value.words_granted) == (5, 3)


def test_the_words_of_a_message_that_did_not_come_may_be_zero() -> None:
    """Eight zero bytes are a message of one segment without words."""
    assert list(map(contents, read_messages(bytes(24)))) == [[b""], [b""], [b""]]
    assert list(map(contents, read_messages(b"\0\2", packed=True))) == [[b""], [b""], [b""]]
