"""Messages are written to files and sockets, whole or not at all as far as these allow."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from pickle import PickleBuffer
from typing import Any

import pytest

from capnsafe import FramingError
from capnsafe.errors import ArgumentTypeError
from capnsafe.framing import frame, read_message, read_messages, write_message
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
