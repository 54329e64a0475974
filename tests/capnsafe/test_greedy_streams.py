"""What a stream claims is not asked for at once, and not beyond the limits."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capnsafe import Error, FramingError, MessageBuilder
from capnsafe._stream.messages import read_message, read_messages
from capnsafe._stream.packing import pack
from capnsafe._stream.writing import write_message
from capnsafe.errors import TraversalLimitExceeded
from tests.capnsafe.streaming import SCHEMA, Dribble, number_in, numbers, on_disk, small, stream_of

from .reading import contents


def sources_of(data: bytes) -> list[tuple[Any, bool]]:
    """Return the same bytes in memory and as a file, plain and packed."""
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
        with pytest.raises(FramingError, match=rf"\b{claim + 1}\b"):
            list(read_messages(source, packed=packed))
    for source, packed in sources_of(numbers(claim, 0, 0, 0)):
        with pytest.raises(FramingError, match=rf"\b{claim + 1}\b"):
            list(read_messages(source, packed=packed, max_segments=1 << 32))


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_h2_the_words_of_a_segment_are_unsigned_and_limited(size: int) -> None:
    for source, packed in sources_of(numbers(0, size)):
        with pytest.raises(FramingError, match=rf"\b{size}\b"):
            list(read_messages(source, packed=packed))
    for source, packed in sources_of(numbers(0, size)):
        with pytest.raises(FramingError, match=rf"\b{size}\b"):
            list(read_messages(source, packed=packed, max_words=1 << 40))


def test_h3_the_sum_of_all_segments_does_not_wrap() -> None:
    for source, packed in sources_of(numbers(1, 0x80000000, 0x80000000, 0) + bytes(64)):
        with pytest.raises(FramingError, match=r"\b4294967296\b"):
            list(read_messages(source, packed=packed))
    for source, packed in sources_of(numbers(1, 0xFFFFFFFF, 3, 0) + bytes(64)):
        with pytest.raises(FramingError, match=r"\b4294967298\b"):
            list(read_messages(source, packed=packed, max_words=1 << 40))


def test_h5_the_table_is_not_counted_as_words() -> None:
    """Neither against the limit, nor as part of a segment."""
    message = [bytes(16), bytes(8), b"12345678"]
    for source, packed in sources_of(stream_of([message, message])):
        assert (
            list(map(contents, read_messages(source, packed=packed, max_words=4))) == [message] * 2
        )
    for source, packed in sources_of(stream_of([message, message])):
        with pytest.raises(FramingError, match="message 0"):
            list(read_messages(source, packed=packed, max_words=3))
    for source, packed in sources_of(stream_of([message, message])):
        with pytest.raises(FramingError, match="message 0"):
            list(read_messages(source, packed=packed, max_segments=2))


@pytest.mark.own_process
def test_h10_nothing_is_made_of_a_claim() -> None:
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
                for source, packed in sources_of(claim):
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
    with pytest.raises(FramingError):
        list(read_messages(file, max_words=1000))
    assert file.at == read


def test_a_large_message_takes_few_calls() -> None:
    """Each asks for as much as has arrived."""
    file = Dribble(numbers(0, 1 << 20) + bytes(1 << 23), [1 << 30])
    assert contents(read_message(file)) == [bytes(1 << 23)]
    assert file.asked[:3] == [8, 1 << 16, (1 << 16) + 8]
    assert len(file.asked) < 12


@pytest.mark.own_process
@pytest.mark.parametrize("buffering", [-1, 0])
def test_memory_grows_with_what_arrives(buffering: int) -> None:
    """A file of 1 MB that claims 64 MiB costs a few times its own size."""
    with on_disk(numbers(0, 8 << 20) + bytes(1_000_000), buffering) as file:
        tracemalloc.start()
        try:
            with pytest.raises(FramingError, match=r"\b8388608\b"):
                list(read_messages(file))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.own_process
def test_a_packed_bomb_costs_no_more_than_a_message_may() -> None:
    """Words up to the limit of a message are unpacked; bytes after them wait packed."""
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
    """Return the messages read until the end, or until an error of the library."""
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
        limits = {"traversal_limit_words": 2, "max_words": 1000}
        for message in read_messages(source, packed=packed, **limits):
            with pytest.raises(TraversalLimitExceeded):
                message.get_root()
    for source, packed in sources_of(small(1) * 3):
        # One limit bounds both (C++ RejectHugeMessage).
        with pytest.raises(FramingError, match=r"\b2\b"):
            list(read_messages(source, packed=packed, traversal_limit_words=2))
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
