"""Messages one behind the other: from memory, files and sockets, in pieces, and hostile."""

from __future__ import annotations

import array
import gzip
import io
import mmap
import socket
import struct
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from pickle import PickleBuffer
from typing import Any, BinaryIO

import capnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capnsafe import Error, FramingError, MessageBuilder
from capnsafe.errors import ArgumentTypeError, ArgumentValueError, TraversalLimitExceeded
from capnsafe.framing import frame, read_message, read_messages, unframe, write_message
from capnsafe.packing import pack
from capnsafe.reader import MessageReader

from .packing_words import WORDS, runs_of_words
from .reading import contents, tool

SCHEMA = capnp.load(str(Path(__file__).with_name("reader.capnp")))

#: No test waits longer for a socket (seconds).
PATIENCE = 10.0

packed_or_not = pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])

segments_of_words = st.lists(runs_of_words(3), min_size=1, max_size=3)
messages_of_words = st.lists(segments_of_words, max_size=3)


def numbers(*each: int) -> bytes:
    return struct.pack(f"<{len(each)}I", *each)


def small(number: int) -> bytes:
    """Answer a message of the reference implementation."""
    framed: bytes = SCHEMA.Small.new_message(number=number, name=f"number {number}").to_bytes()
    return framed


def stream_of(messages: list[list[bytes]], *, packed: bool = False) -> bytes:
    return b"".join(frame(segments, packed=packed) for segments in messages)


def number_in(message: MessageReader) -> int:
    return message.get_root().get_uint32(0)


class Dribble:
    """A raw file that answers as few bytes as it likes, and remembers what it was asked for."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.data = data
        self.sizes = sizes
        self.at = 0
        self.asked: list[int] = []

    def read(self, size: int, /) -> bytes:
        assert size > 0
        size = min(size, self.sizes[len(self.asked) % len(self.sizes)])
        self.asked.append(size)
        chunk = self.data[self.at : self.at + size]
        self.at += len(chunk)
        return chunk


class Scripted:
    """A file that answers, or raises, what it was told."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def read(self, size: int, /) -> Any:
        answer = self.answers.pop(0) if self.answers else b""
        if isinstance(answer, BaseException):
            raise answer
        return answer


# -- every source ---------------------------------------------------------------------------------


@contextmanager
def sent(data: bytes) -> Iterator[socket.socket]:
    """Answer a socket at whose other end these bytes are sent, in pieces, and then it is closed."""
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
def on_disk(data: bytes, buffering: int) -> Iterator[BinaryIO]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        opened: Any = open(file.name, "rb", buffering=buffering)  # noqa: SIM115
        with opened:
            yield opened


@contextmanager
def mapped(data: bytes) -> Iterator[mmap.mmap]:
    """Answer read-only mapped memory; closing it fails if a view into it is left."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        yield mapping
        mapping.close()


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
        with pytest.raises(FramingError, match=r"0 (bytes )?were received"):
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


# -- the reference implementation -----------------------------------------------------------------


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


def test_the_tool_unpacks_every_segment() -> None:
    """The segments behind the first are never looked at, but they are counted and unpacked."""
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
    """No run begins in the table or in one segment and goes on in the next."""
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


# -- where one message ends, and the stream -------------------------------------------------------


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
                with pytest.raises(FramingError, match=f"^message {whole}: .*(received|end)"):
                    next(reading)


def test_the_facts_of_a_stream_that_was_cut() -> None:
    stream = frame([bytes(16), bytes(24)])[:-9]
    for source in (stream, io.BytesIO(stream)):
        with pytest.raises(FramingError, match="counts 5 words, and 3 were received") as caught:
            list(read_messages(source))
        assert (caught.value.words_asked, caught.value.words_granted) == (5, 3)


def test_the_words_of_a_message_that_did_not_come_may_be_zero() -> None:
    """Eight zero bytes are a message of one segment without words."""
    assert list(map(contents, read_messages(bytes(24)))) == [[b""], [b""], [b""]]
    assert list(map(contents, read_messages(b"\0\2", packed=True))) == [[b""], [b""], [b""]]


# -- what claims too much -------------------------------------------------------------------------


def sources_of(data: bytes) -> list[tuple[Any, bool]]:
    """Answer the same bytes in memory and as a file, plain and packed."""
    packed = pack(data)
    return [
        (data, False),
        (io.BytesIO(data), False),
        (Dribble(data, [3]), False),
        (packed, True),
        (io.BytesIO(packed), True),
    ]


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0xFFFFFFFE, 0x80000000, 0x7FFFFFFF, 512])
def test_h1_the_number_of_segments_does_not_wrap(claim: int) -> None:
    """0xFFFFFFFF + 1 is 2^32 segments, and not none."""
    for source, packed in sources_of(numbers(claim, 0, 0, 0)):
        with pytest.raises(
            FramingError, match=f"counts {claim + 1} segments, and the limit is 512"
        ):
            list(read_messages(source, packed=packed))
    for source, packed in sources_of(numbers(claim, 0, 0, 0)):
        with pytest.raises(FramingError, match=f"table of {claim + 1} segments has .* 16 were rec"):
            list(read_messages(source, packed=packed, max_segments=1 << 32))


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_h2_the_words_of_a_segment_are_unsigned_and_limited(size: int) -> None:
    for source, packed in sources_of(numbers(0, size)):
        with pytest.raises(FramingError, match=f"counts {size} words, and the limit is 8388608"):
            list(read_messages(source, packed=packed))
    for source, packed in sources_of(numbers(0, size)):
        with pytest.raises(FramingError, match=f"counts {size} words, and 0 were received"):
            list(read_messages(source, packed=packed, max_words=1 << 40))


def test_h3_the_sum_of_all_segments_does_not_wrap() -> None:
    for source, packed in sources_of(numbers(1, 0x80000000, 0x80000000, 0) + bytes(64)):
        with pytest.raises(FramingError, match="counts 4294967296 words"):
            list(read_messages(source, packed=packed))
    for source, packed in sources_of(numbers(1, 0xFFFFFFFF, 3, 0) + bytes(64)):
        with pytest.raises(FramingError, match="counts 4294967298 words, and 8 were received"):
            list(read_messages(source, packed=packed, max_words=1 << 40))


def test_h5_the_table_is_not_counted_as_words() -> None:
    """Neither against the limit, nor as part of a segment."""
    message = [bytes(16), bytes(8), b"12345678"]
    for source, packed in sources_of(stream_of([message, message])):
        assert (
            list(map(contents, read_messages(source, packed=packed, max_words=4))) == [message] * 2
        )
    for source, packed in sources_of(stream_of([message, message])):
        with pytest.raises(FramingError, match=r"message 0: .* counts 4 words, and the limit is 3"):
            list(read_messages(source, packed=packed, max_words=3))
    for source, packed in sources_of(stream_of([message, message])):
        with pytest.raises(FramingError, match=r"message 0: .* 3 segments, and the limit is 2"):
            list(read_messages(source, packed=packed, max_segments=2))


@pytest.mark.parametrize("kind", range(5))
def test_h10_nothing_is_made_of_a_claim(kind: int) -> None:
    """Not by the limits that there are, nor by limits that allow everything."""
    claims = [
        numbers(0xFFFFFFFF, 1),
        numbers(0, 0xFFFFFFFF),
        numbers(0x00FFFFFF, 0),
        numbers(0, 8 << 20),
        numbers(1, 4 << 20, 4 << 20, 0),
        numbers(0, 8 << 20) + bytes(1000),
        numbers(511 - 1, *[1 << 14] * 511),
    ]
    tracemalloc.start()
    try:
        for claim in claims:
            for limits in ({}, {"max_segments": 1 << 33, "max_words": 1 << 40}):
                source, packed = sources_of(claim)[kind]
                with pytest.raises(FramingError):
                    list(read_messages(source, packed=packed, **limits))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # One read of 64 KiB, and the little there is.
    assert peak < 500_000


@pytest.mark.parametrize(
    ("head", "read"),
    [(numbers(600, 1), 8), (numbers(0, 5000), 8), (numbers(2, 1, 2000, 0), 16)],
)
def test_nothing_is_read_behind_a_claim_that_is_refused(head: bytes, read: int) -> None:
    file = Dribble(head + bytes(1 << 20), [1 << 20])
    with pytest.raises(FramingError, match="and the limit is"):
        list(read_messages(file, max_words=1000))
    assert file.at == read


def test_a_large_message_takes_few_calls() -> None:
    """Each asks for as much as has arrived."""
    file = Dribble(numbers(0, 1 << 20) + bytes(1 << 23), [1 << 30])
    assert contents(read_message(file)) == [bytes(1 << 23)]
    assert file.asked[:3] == [8, 1 << 16, (1 << 16) + 8]
    assert len(file.asked) < 12


@pytest.mark.parametrize("buffering", [-1, 0])
def test_memory_grows_with_what_arrives(buffering: int) -> None:
    """A file of 1 MB that claims 64 MiB costs a few times what is there."""
    with on_disk(numbers(0, 8 << 20) + bytes(1_000_000), buffering) as file:
        tracemalloc.start()
        try:
            with pytest.raises(
                FramingError, match="counts 8388608 words, and 125000 were received"
            ):
                list(read_messages(file))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 4_000_000


def test_a_packed_bomb_costs_no_more_than_a_message_may() -> None:
    """What a message may have is unpacked, and what stands behind it waits packed."""
    bomb = pack(numbers(0, 1000)) + b"\0\xff" * 30_000
    tracemalloc.start()
    try:
        messages = read_messages(io.BytesIO(bomb), packed=True, max_words=1000)
        assert contents(next(messages)) == [bytes(8000)]
        assert contents(next(messages)) == [b""]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 500_000


def outcome(source: Any, packed: bool) -> list[list[bytes] | str]:
    """Answer what was read until the end, or until an error of ours."""
    messages = read_messages(source, packed=packed, max_words=300)
    read: list[list[bytes] | str] = []
    try:
        read.extend(map(contents, messages))
    except FramingError:
        read.append("an error")
    return read


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.integers(0, 12), max_size=40).map(lambda each: numbers(*each)),
    ),
    st.lists(st.integers(1, 20), min_size=1, max_size=5),
    st.booleans(),
)
def test_any_bytes_raise_errors_of_ours_alone(data: bytes, sizes: list[int], packed: bool) -> None:
    """And they say the same in memory as in a file; and come to an end."""
    outcomes = [outcome(source, packed) for source in (data, Dribble(data, sizes))]
    assert outcomes[0] == outcomes[1]
    if not packed:
        words_read = sum(len(b"".join(each)) for each in outcomes[0] if isinstance(each, list))
        assert words_read <= len(data)


def test_the_limits_of_a_reader_are_passed_on() -> None:
    for source, packed in sources_of(small(1) * 3):
        for message in read_messages(source, packed=packed, traversal_limit_words=2):
            with pytest.raises(TraversalLimitExceeded):
                message.get_root()
    for source, packed in sources_of(small(1) * 3):
        for message in read_messages(source, packed=packed, nesting_limit=0):
            with pytest.raises(Error, match="nesting limit"):
                message.get_root()


def test_each_message_has_a_traversal_limit_of_its_own() -> None:
    words_of_one = len(small(1)) // 8
    for source, packed in sources_of(small(1) * 50):
        for message in read_messages(source, packed=packed, traversal_limit_words=words_of_one):
            assert message.get_root().get_text(0) == "number 1"


def test_h11_a_message_without_a_root_is_a_message() -> None:
    """It has a segment with a null pointer in it, and so others can read it."""
    file = io.BytesIO()
    with MessageBuilder() as message:
        message.write_to(file)
        write_message(file, message.segments())
    assert file.getvalue() == (numbers(0, 1) + bytes(8)) * 2
    for read in read_messages(file.getvalue()):
        assert number_in(read) == 0
    assert [each.number for each in SCHEMA.Small.read_multiple_bytes(file.getvalue())] == [0, 0]


# -- sources that fail, and that lie --------------------------------------------------------------


class Interrupt(BaseException):
    """What is no ``Exception``."""


@packed_or_not
@pytest.mark.parametrize("raised", [OSError("gone"), TimeoutError("slow"), Interrupt("now")])
def test_what_a_file_raises_passes_and_the_stream_can_be_continued(
    raised: BaseException, packed: bool
) -> None:
    """Also between any two bytes: nothing of what was received is lost."""
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
@pytest.mark.parametrize("answer", [None, "text", 5, -1, ["bytes"], True])
def test_a_file_that_answers_no_bytes(answer: Any, packed: bool) -> None:
    sentence = "None instead of bytes" if answer is None else "must be a contiguous buffer"
    stream = frame([b"12345678"], packed=packed)
    reading = read_messages(
        Scripted(stream[:2], answer, *map(bytes, zip(stream[2:]))), packed=packed
    )
    with pytest.raises(ArgumentTypeError, match=sentence):
        next(reading)
    # It was not the stream's fault.
    assert contents(next(reading)) == [b"12345678"]


def test_a_file_that_answers_more_than_it_was_asked_for() -> None:
    reading = read_messages(Scripted(small(1)))
    for _ in range(2):
        with pytest.raises(FramingError, match=r"message 0: the file answers .* and 8 were asked"):
            next(reading)
    with pytest.raises(FramingError, match="answers 65537 bytes, and 65536 were asked"):
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
    with pytest.raises(ArgumentTypeError, match=r"no method .*'read' or 'recv' to read messages"):
        read_messages(wrong, packed=packed)


def test_memory_that_cannot_be_had() -> None:
    closed = mmap.mmap(-1, 8)
    closed.close()
    released = memoryview(b"")
    released.release()
    scattered = memoryview(bytes(32))[::2]
    for wrong in (closed, released, scattered):
        with pytest.raises(ArgumentTypeError, match="the source must be a contiguous buffer"):
            read_messages(wrong)


def test_a_file_of_text() -> None:
    text: Any = io.StringIO("text")
    with pytest.raises(ArgumentTypeError, match="must be a contiguous buffer, not str"):
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


# -- memory that is not copied --------------------------------------------------------------------


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


# -- writing --------------------------------------------------------------------------------------


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

    with pytest.raises(FramingError, match=r"says to have written .* of .* bytes"):
        write_message(Liar(), [b"12345678" * 3], packed=packed)


@pytest.mark.parametrize("lie", ["5", 2.0, [1]])
def test_a_file_that_does_not_count_what_it_wrote(lie: Any) -> None:
    class Liar:
        def write(self, chunk: bytes | bytearray | memoryview, /) -> Any:
            return lie

    with pytest.raises(
        ArgumentTypeError, match="what the file says to have written must be an int"
    ):
        write_message(Liar(), [bytes(8)])


@packed_or_not
def test_a_file_that_takes_nothing_is_not_waited_for(packed: bool) -> None:
    class Full:
        def __init__(self, answer: int | None) -> None:
            self.answer = answer

        def write(self, chunk: bytes | bytearray | memoryview, /) -> int | None:
            return self.answer

    for answer in (0, None):
        with pytest.raises(BlockingIOError, match="takes none of the"):
            write_message(Full(answer), [bytes(8)], packed=packed)


@pytest.mark.parametrize("wrong", [5, None, b"bytes", Path("file")])
def test_what_cannot_be_written_to(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="has no method 'write' or 'send' to write to"):
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

    with pytest.raises(ArgumentTypeError, match="Shy has no method 'read' or 'recv'"):
        read(Shy())
