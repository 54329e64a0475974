"""A stream loses nothing that it has received, wherever an exception comes from (P2)."""

from __future__ import annotations

import array
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from capnsafe import (
    ArgumentTypeError,
    MessageReader,
    Packer,
    Reentered,
    Unpacker,
    WriteProgress,
    read_messages,
    write_message,
)
from capnsafe._stream.framing import frame, unframe
from tests.builds import counts_bytecodes
from tests.capnsafe.interrupts import Alarm, bytecodes_of, interrupt, sample
from tests.capnsafe.streaming import number_in, packed_or_not, small, stream_of

needs_monitoring = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="sys.monitoring exists from 3.12 on"
)

NUMBERS = [1, 2, 3]


class Pieces:
    """A file that returns a few bytes at a time, each time as another kind of buffer."""

    kinds: tuple[Callable[[bytes], Any], ...] = (
        bytes,
        bytearray,
        lambda piece: array.array("b", piece),
        memoryview,
    )

    def __init__(self, data: bytes, size: int = 29) -> None:
        self.data = data
        self.size = size
        self.calls = 0

    def read(self, size: int, /) -> Any:
        piece = self.data[: min(size, self.size)]
        self.data = self.data[len(piece) :]
        self.calls += 1
        return self.kinds[self.calls % 4](piece)


class Taking:
    """A file that takes at most 11 bytes at a time."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def write(self, chunk: Any, /) -> int:
        self.taken += chunk[:11]
        return min(len(chunk), 11)


SOURCES: dict[str, Callable[[bytes], Any]] = {"memory": bytes, "file": Pieces}


def data(packed: bool) -> bytes:
    return stream_of([[bytes(unframe(small(number))[0])] for number in NUMBERS], packed=packed)


def read_on(messages: Iterator[MessageReader], read: list[int]) -> None:
    read.extend(map(number_in, messages))


@needs_monitoring
@pytest.mark.thorough
@pytest.mark.traced
@packed_or_not
@pytest.mark.parametrize("source", SOURCES)
def test_an_alarm_at_any_bytecode_loses_no_message(source: str, packed: bool) -> None:
    """Not even the message at hand, and it passes unchanged."""
    stream = data(packed)

    def act(read: list[MessageReader]) -> None:
        messages = read_messages(SOURCES[source](stream), packed=packed)
        read.extend(messages)

    bytecodes = bytecodes_of(lambda: act([]))
    assert bytecodes > 300
    for number in sample(1, bytecodes, 150):
        messages = read_messages(SOURCES[source](stream), packed=packed)
        # ``extend`` takes what was returned before the alarm: no bytecode lies between.
        read: list[MessageReader] = []

        def go_on(messages: Any = messages, read: Any = read) -> None:
            read.extend(messages)

        raised = interrupt(go_on, number, error=Alarm)
        if raised is None:
            break
        assert type(raised) is Alarm, number
        go_on()
        assert list(map(number_in, read)) == NUMBERS, number
    assert number > 250


@needs_monitoring
def test_an_alarm_while_a_chunk_is_packed_takes_all_of_it_or_nothing() -> None:
    chunk = bytes(range(1, 9)) * 5000 + bytes(8) * 5000
    packed = frame([chunk], packed=True)

    packer = Packer()
    bytecodes = bytecodes_of(lambda: packer.feed(chunk))
    # In the last two the words are being returned.
    for number in sample(1, bytecodes - 2, 60):
        packer = Packer()
        parts: list[bytes] = []

        def feed(packer: Packer = packer, parts: list[bytes] = parts) -> None:
            parts.append(packer.feed(chunk))

        assert type(interrupt(feed, number, error=Alarm)) is Alarm, number
        feed()
        parts.append(packer.flush())
        assert packed.endswith(b"".join(parts)), number


@needs_monitoring
@packed_or_not
def test_an_alarm_while_a_message_is_written_passes(packed: bool) -> None:
    segments = [bytes(8), bytes(range(200))]
    progress: list[bytes] = []

    class Writer:
        def write(self, chunk: Any, /) -> int:
            progress.append(bytes(chunk[:50]))
            return len(progress[-1])

    def act() -> None:
        write_message(Writer(), segments, packed=packed)

    whole = frame(segments, packed=packed)
    for number in sample(1, bytecodes_of(act) - 2, 100):
        progress.clear()
        assert type(interrupt(act, number, error=Alarm)) is Alarm, number
        assert whole.startswith(b"".join(progress))


@needs_monitoring
def test_an_alarm_while_a_chunk_is_unpacked_takes_all_of_it_or_nothing() -> None:
    words = bytes(range(1, 9)) * 3 + bytes(16) + b"\1\0\0\2\0\0\0\3"
    packed = frame([words], packed=True)
    framed = frame([words])
    unpacker = Unpacker()
    bytecodes = bytecodes_of(lambda: unpacker.feed(packed[:11]))
    # In the last two the words are being returned.
    for number in sample(1, bytecodes - 2, 100):
        unpacker = Unpacker()
        parts: list[bytes] = []

        def feed(unpacker: Unpacker = unpacker, parts: list[bytes] = parts) -> None:
            parts.append(unpacker.feed(packed[:11]))

        assert type(interrupt(feed, number, error=Alarm)) is Alarm, number
        feed()
        parts.append(unpacker.feed(packed[11:]))
        unpacker.finish()
        assert b"".join(parts) == framed, number


class Tired:
    """A file that raises in the middle of what it was asked for."""

    def __init__(self, data: bytes, error: BaseException) -> None:
        self.pieces = Pieces(data)
        self.error = error
        self.raises = False

    def read(self, size: int, /) -> Any:
        self.raises = not self.raises
        if self.raises:
            raise self.error
        return self.pieces.read(size)


@packed_or_not
@pytest.mark.parametrize("error", [Alarm(), MemoryError(), RecursionError(), TypeError("slow")])
def test_a_file_that_raises_before_each_piece(error: Exception, packed: bool) -> None:
    messages = read_messages(Tired(data(packed), error), packed=packed)
    read: list[int] = []
    while len(read) < len(NUMBERS):
        with pytest.raises(type(error)) as raised:
            read_on(messages, read)
        assert raised.value is error
    assert read == NUMBERS


@packed_or_not
def test_a_file_that_raises_stop_iteration_has_not_ended(packed: bool) -> None:
    messages = read_messages(Tired(data(packed), StopIteration()), packed=packed)
    read: list[int] = []
    while len(read) < len(NUMBERS):
        with pytest.raises(ArgumentTypeError, match="StopIteration"):
            read_on(messages, read)
    assert read == NUMBERS


@counts_bytecodes
@needs_monitoring
@packed_or_not
def test_a_message_is_written_to_its_end_after_an_alarm_at_any_bytecode(packed: bool) -> None:
    segments = [bytes([3]) * 24, bytes(8), bytes(range(16))]
    whole = frame(segments, packed=packed)

    def write(file: Taking, progress: WriteProgress) -> None:
        write_message(file, segments, packed=packed, progress=progress)

    bytecodes = bytecodes_of(lambda: write(Taking(), WriteProgress()))
    counts = set()
    for number in sample(1, bytecodes, 100):
        file = Taking()
        progress = WriteProgress()
        raised = interrupt(lambda: write(file, progress), number, error=Alarm)  # noqa: B023
        assert isinstance(raised, Alarm | None), raised
        assert progress.bytes == len(file.taken), number
        counts.add(progress.bytes)
        write(file, progress)
        assert file.taken == whole, number
        assert progress.bytes == len(whole)
    assert len(counts) > 3


@packed_or_not
def test_a_file_that_reads_the_stream_from_inside_its_call_is_refused(packed: bool) -> None:
    """(P10.) Both calls would take from one place, and bytes would be lost."""
    stream = data(packed)
    refused = True
    at = 0
    while refused:
        at += 1

        class Reading(Pieces):
            def read(self, size: int, /, at: int = at) -> Any:
                piece = super().read(size)
                if self.calls == at:
                    with pytest.raises(Reentered):
                        next(messages)  # noqa: B023 - called before the loop goes on
                    refusals.append(at)  # noqa: B023
                return piece

        refusals: list[int] = []
        messages = read_messages(Reading(stream, 13), packed=packed)
        read: list[int] = []
        read_on(messages, read)
        assert read == NUMBERS, at
        refused = bool(refusals)
    assert at > 5


def test_a_finalizer_that_reads_the_stream_is_refused_at_each_moment() -> None:
    """The garbage collector may run at the end of each call that Python makes."""
    stream = data(packed=False)
    moment = 0
    while True:
        moment += 1
        messages = read_messages(Pieces(stream))
        inner: list[object] = []
        left = moment

        def profile(
            frame: FrameType, event: str, argument: object, messages: Any = messages
        ) -> None:
            nonlocal left
            package = frame.f_globals.get("__package__", "")
            if event not in ("call", "c_return") or package != "capnsafe._stream":
                return
            left -= 1
            if left == 0:
                try:
                    inner.append(number_in(next(messages)))  # noqa: B023 - as above
                except Reentered:
                    inner.append("refused")  # noqa: B023

        read: list[int] = []
        sys.setprofile(profile)
        try:
            read_on(messages, read)
        finally:
            sys.setprofile(None)
        # An inner call that is served takes a message, and no message is lost or comes twice.
        taken = [one for one in inner if one != "refused"]
        assert sorted([*read, *taken]) == NUMBERS, moment  # type: ignore[type-var]
        if not inner:
            break
    assert moment > 20
