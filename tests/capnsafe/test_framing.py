"""The segment table: equal to the reference implementation's, and refused if it claims too much."""

from __future__ import annotations

import io
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import capnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capnsafe._stream import framing
from capnsafe._stream.framing import frame, message_words, unframe
from capnsafe._stream.messages import read_message
from capnsafe._stream.packing import pack
from capnsafe._stream.writing import write_message
from capnsafe.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    Error,
    FramingError,
    MessageTooLarge,
    TraversalLimitExceeded,
)
from tests.builds import patches_constants

SCHEMA = capnp.load(str(Path(__file__).with_name("reader.capnp")))


def numbers(*each: int) -> bytes:
    return struct.pack(f"<{len(each)}I", *each)


segments_of_words = st.lists(
    st.integers(0, 5).flatmap(lambda words: st.binary(min_size=words * 8, max_size=words * 8)),
    min_size=1,
    max_size=6,
)


def test_one_segment() -> None:
    assert frame([b"12345678"]) == numbers(0, 1) + b"12345678"


def test_an_even_number_of_segments_is_padded() -> None:
    framed = frame([b"12345678", b""])
    assert framed == numbers(1, 1, 0, 0) + b"12345678"
    assert unframe(framed) == [b"12345678", b""]


@pytest.mark.thorough
@given(segments_of_words)
def test_what_was_framed_is_unframed(segments: list[bytes]) -> None:
    framed = frame(segments)
    assert len(framed) % 8 == 0
    views = unframe(framed)
    assert views == segments
    assert all(view.readonly for view in views)
    assert frame(views) == framed
    written = io.BytesIO()
    write_message(written, segments)
    assert written.getvalue() == framed


@given(segments_of_words, st.binary(max_size=20))
def test_what_follows_a_message_is_left_alone(segments: list[bytes], rest: bytes) -> None:
    assert unframe(frame(segments) + rest) == segments


@given(segments_of_words)
def test_a_message_that_was_cut_is_refused(segments: list[bytes]) -> None:
    """At any byte; the table is never taken for a segment."""
    framed = frame(segments)
    for length in range(len(framed)):
        with pytest.raises(FramingError):
            unframe(framed[:length])


@given(st.binary(max_size=80))
def test_any_bytes_raise_errors_of_ours_alone(received: bytes) -> None:
    try:
        segments = unframe(received)
    except FramingError:
        return
    assert sum(map(len, segments)) < len(received)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 20])
def test_the_reference_implementation_reads_it(count: int) -> None:
    message = SCHEMA.Small.new_message(number=7, name="seven").to_bytes()
    framed = frame([*unframe(message), *[b""] * (count - 1)])
    with SCHEMA.Small.from_bytes(framed) as read:
        assert (read.number, read.name) == (7, "seven")


def test_reads_a_message() -> None:
    message = SCHEMA.Small.new_message(number=7, name="seven").to_bytes()
    root = read_message(bytearray(message)).get_root()
    assert (root.get_uint32(0), root.get_text(0)) == (7, "seven")


def test_the_limits_of_a_reader_are_passed_on() -> None:
    message = SCHEMA.Small.new_message(name="seven").to_bytes()
    with pytest.raises(TraversalLimitExceeded):
        read_message(message, traversal_limit_words=2, max_words=100).get_root()
    with pytest.raises(Error, match="nesting limit"):
        read_message(message, nesting_limit=0).get_root()
    with pytest.raises(FramingError):
        read_message(message, max_segments=0)
    with pytest.raises(FramingError):
        read_message(message, max_words=3)


# -- claims above the limits ----------------------------------------------------------------------


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x80000000, 512])
def test_the_number_of_segments_is_limited(claim: int) -> None:
    """0xFFFFFFFF + 1 is 2^32 segments, and not none."""
    message = numbers(claim, 0, 0, 0)
    with pytest.raises(FramingError, match=rf"\b{claim + 1}\b"):
        unframe(message)
    with pytest.raises(FramingError, match=rf"\b{claim + 1}\b"):
        unframe(message, max_segments=1 << 32)


def test_as_many_segments_as_the_limit_says() -> None:
    """The default is that of the reference implementation's streams, in memory too."""
    most = frame([bytes(8)] + [b""] * 510)
    assert len(unframe(most)) == 511
    too_many = frame([bytes(8)] + [b""] * 511)
    for act in (
        unframe,
        message_words,
        read_message,
        lambda octets: read_message(io.BytesIO(octets)),
        lambda octets: read_message(pack(octets), packed=True),
    ):
        assert act(most)
        with pytest.raises(FramingError, match=r"\b512\b"):
            act(too_many)
    assert len(unframe(too_many, max_segments=512)) == 512
    assert read_message(too_many, max_segments=512).total_words() == 1


def test_the_traversal_limit_bounds_a_message() -> None:
    """(C++ RejectHugeMessage: a message of 3 words and a limit of 2.)"""
    framed = frame([bytes(24)])
    for source in (framed, io.BytesIO(framed), bytearray(framed)):
        with pytest.raises(FramingError) as caught:
            read_message(source, traversal_limit_words=2)
        assert (caught.value.words_asked, caught.value.words_granted) == (3, 2)
    assert read_message(framed, traversal_limit_words=3).total_words() == 3
    assert read_message(framed, traversal_limit_words=2, max_words=3).total_words() == 3
    with pytest.raises(FramingError):
        read_message(framed, traversal_limit_words=3, max_words=2)


@pytest.mark.parametrize("sizes", [(0,), (3,), (1, 2), (5, 0, 7), (1,) * 40])
def test_the_first_bytes_tell_the_size_of_a_message(sizes: tuple[int, ...]) -> None:
    """(C++ expectedSizeInWordsFromPrefix.)"""
    framed = frame([bytes(size * 8) for size in sizes])
    words = len(framed) // 8
    table = len(sizes) // 2 + 1
    told = [message_words(framed[:size]) for size in range(len(framed) + 1)]
    assert told == sorted(told)
    assert told[:4] == [1] * 4
    assert told[4:8] == [table] * 4
    assert told[table * 8 :] == [words] * (len(framed) + 1 - table * 8)
    # A caller that reads as many words as it returns gets the message, and no further word.
    arrived = 0
    while (expected := message_words(framed[: arrived * 8])) > arrived:
        arrived = expected
    assert arrived == words
    assert message_words(framed + b"more", max_words=sum(sizes)) == words
    if sum(sizes):
        with pytest.raises(FramingError):
            message_words(framed, max_words=sum(sizes) - 1)
    with pytest.raises(ArgumentTypeError):
        message_words("text")


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_the_words_of_a_segment_are_unsigned_and_limited(size: int) -> None:
    """Neither negative, nor a reason to make room for 2 GB."""
    message = numbers(0, size)
    with pytest.raises(FramingError, match=rf"\b{size}\b") as one:
        unframe(message)
    assert (one.value.words_asked, one.value.words_granted) == (size, 8388608)
    with pytest.raises(FramingError, match=rf"\b{size}\b") as two:
        unframe(message, max_words=1 << 40)
    assert (two.value.words_asked, two.value.words_granted) == (size, 0)


def test_the_sum_of_all_segments_does_not_wrap() -> None:
    """2^32 words in two segments are not none."""
    with pytest.raises(FramingError, match=r"\b4294967296\b"):
        unframe(numbers(1, 0x80000000, 0x80000000, 0) + bytes(64))
    with pytest.raises(FramingError, match=r"\b4294967298\b"):
        unframe(numbers(1, 0xFFFFFFFF, 3, 0) + bytes(64), max_words=1 << 40)


def test_a_total_as_large_as_the_limit_says() -> None:
    framed = frame([bytes(16), bytes(8)])
    assert len(unframe(framed, max_words=3)) == 2
    with pytest.raises(FramingError):
        unframe(framed, max_words=2)


@pytest.mark.own_process
def test_nothing_is_made_of_a_claim() -> None:
    """The cost of eight bytes does not depend on their claims or on the limits."""
    tracemalloc.start()
    try:
        for message in (numbers(0xFFFFFFFF, 1), numbers(0, 0xFFFFFFFF), numbers(0x00FFFFFF, 0)):
            with pytest.raises(FramingError):
                unframe(message, max_segments=1 << 33, max_words=1 << 40)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize("length", range(8))
def test_less_than_a_table(length: int) -> None:
    with pytest.raises(FramingError, match=rf"\b{length}\b"):
        unframe(bytes(length))


# -- arguments ------------------------------------------------------------------------------------


def test_a_message_has_a_segment() -> None:
    with pytest.raises(ArgumentValueError):
        frame([])


@pytest.mark.parametrize("length", [1, 7, 9])
def test_a_segment_is_whole_words(length: int) -> None:
    file = io.BytesIO()
    segments = [b"", bytes(length)]
    with pytest.raises(ArgumentValueError, match=rf"\b{length}\b") as caught:
        frame(segments)
    assert caught.value.segment == 1
    with pytest.raises(ArgumentValueError):
        write_message(file, segments)
    assert file.getvalue() == b""


@patches_constants
def test_what_the_table_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """With small limits: the real ones are 2^32 segments, of 32 GiB each."""
    monkeypatch.setattr(framing, "MAX_SEGMENTS", 3)
    monkeypatch.setattr(framing, "_MAX_NUMBER", 2)
    assert frame([bytes(16)] * 3)
    with pytest.raises(MessageTooLarge):
        frame([b""] * 4)
    with pytest.raises(MessageTooLarge) as caught:
        frame([bytes(16), bytes(24)])
    assert (caught.value.words_asked, caught.value.words_granted) == (3, 2)


def test_any_contiguous_buffer_is_framed() -> None:
    words: Any = memoryview(bytes(range(16))).cast("Q")
    assert frame([bytearray(8), words]) == numbers(1, 1, 2, 0) + bytes(8) + bytes(range(16))
    assert unframe(memoryview(numbers(0, 1, 5, 6)).cast("Q")) == [numbers(5, 6)]


@pytest.mark.parametrize("wrong", [5, None, "text", memoryview(bytes(32))[::2]])
def test_what_is_no_buffer(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        unframe(wrong)
    with pytest.raises(ArgumentTypeError, match="segment 0"):
        frame([wrong])


def test_limits_are_checked() -> None:
    wrong: Any = "5"
    for name in ("max_segments", "max_words"):
        with pytest.raises(ArgumentTypeError, match=name):
            unframe(bytes(8), **{name: wrong})
        with pytest.raises(ArgumentValueError, match=name):
            unframe(bytes(8), **{name: -1})


# -- files ----------------------------------------------------------------------------------------


class Trickle(io.RawIOBase):
    """A raw file that takes at most ``most`` bytes at a time, and ``total`` in all."""

    def __init__(self, most: int, total: int) -> None:
        self.most = most
        self.total = total
        self.taken = bytearray()

    def write(self, chunk: Any, /) -> int | None:
        taken = bytes(chunk[: min(self.most, self.total - len(self.taken))])
        self.taken += taken
        return len(taken) or None  # As a raw file that would have to wait.


def test_a_file_that_takes_a_part_is_given_the_rest() -> None:
    file = Trickle(3, 1000)
    segments = [bytes(range(16)), b"", bytes(range(8))]
    write_message(file, segments)
    assert file.taken == frame(segments)


def test_a_file_that_takes_nothing_is_not_waited_for() -> None:
    file = Trickle(3, 10)
    with pytest.raises(BlockingIOError):
        write_message(file, [bytes(16)])
    assert len(file.taken) == 10


@pytest.mark.parametrize("segments", [5, None, iter("x")])
def test_segments_that_are_none_are_a_wrong_argument(segments: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        frame(segments)
