"""Packing, judged by the reference implementation, in chunks of every size, and under attack."""

from __future__ import annotations

import random
import tracemalloc
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import capnp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capnsafe._stream import packing
from capnsafe._stream.framing import frame, unframe
from capnsafe._stream.packing import Packer, Unpacker, pack, unpack
from capnsafe.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    FramingError,
    MessageStateError,
)

from .packing_words import WORDS, chunk_sizes, chunks_of, words
from .reading import tool

SCHEMA = capnp.load(str(Path(__file__).with_name("reader.capnp")))

#: The longest packed bytes that make no whole word: a dense word without its count.
UNFINISHED = b"\xff12345678"


def message_around(data: bytes) -> bytes:
    """Return a message of the reference implementation that contains these words."""
    framed: bytes = SCHEMA.Everything.new_message(data=data).to_bytes()
    return framed


def packed_by_the_reference(data: bytes) -> bytes:
    """Return the same message packed."""
    packed: bytes = SCHEMA.Everything.new_message(data=data).to_bytes_packed()
    return packed


def unpacked_slowly(packed: bytes) -> bytes | None:
    """Unpack as the specification says it, byte by byte; None where the bytes end in the middle."""
    left = iter(packed)
    unpacked = bytearray()
    try:
        for tag in left:
            unpacked += bytes(next(left) if tag >> byte & 1 else 0 for byte in range(8))
            if tag == 0:
                unpacked += bytes(8 * next(left))
            elif tag == 0xFF:
                unpacked += bytes([next(left) for _ in range(8 * next(left))])
    except (RuntimeError, StopIteration):
        return None
    return bytes(unpacked)


# -- the specification's examples ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("unpacked", "packed"),
    [
        (b"", b""),
        (bytes(8), b"\0\0"),
        (bytes(32), b"\0\3"),
        (b"\0\0\x0c\0\0\x22\0\0", b"\x24\x0c\x22"),
        (b"\1\3\2\4\5\7\6\x08", b"\xff\1\3\2\4\5\7\6\x08\0"),
        (bytes(16) + b"\1\3\2\4\5\7\6\x08", b"\0\1\xff\1\3\2\4\5\7\6\x08\0"),
        (b"\1\3\2\4\5\7\6\x08" + b"\6\2\4\3\x09\0\5\1" * 3, None),
        (
            b"\x08\0\0\0\3\0\2\0\x19\0\0\0\xaa\1\0\0",
            b"\x51\x08\3\2\x31\x19\xaa\1",
        ),
    ],
)
def test_examples(unpacked: bytes, packed: bytes | None) -> None:
    if packed is None:
        packed = b"\xff" + unpacked[:8] + b"\3" + unpacked[8:]
    assert pack(unpacked) == packed
    assert unpack(packed) == unpacked


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 511, 512, 513, 2047, 2048, 2049, 5000])
@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_runs_of_every_length(word: bytes, count: int) -> None:
    """Alone, between others, and after a dense word, which may take them into its run."""
    for unpacked in (
        word * count,
        bytes(8) + word * count + bytes(8),
        b"abcdefgh" + word * count + b"abcdefgh",
        b"\1" + bytes(7) + word * count,
    ):
        assert frame([unpacked], packed=True).endswith(pack(unpacked))
        assert unpack(pack(unpacked)) == unpacked
        packed = frame(unframe(message_around(unpacked)), packed=True)
        assert packed == packed_by_the_reference(unpacked)


def test_every_tag() -> None:
    """Every word of zeros and ones, alone and as neighbours of each other."""
    every = [bytes(tag >> byte & 1 for byte in range(8)) for tag in range(256)]
    shuffled = random.Random(1).choices(every, k=5000)
    for unpacked in [*every, b"".join(every), b"".join(shuffled)]:
        packed = pack(unpacked)
        assert unpack(packed) == unpacked == unpacked_slowly(packed)
        packed = frame(unframe(message_around(unpacked)), packed=True)
        assert packed == packed_by_the_reference(unpacked)


# -- the reference implementation ----------------------------------------------------------------


@given(words)
def test_packs_as_the_reference_implementation_does(unpacked: bytes) -> None:
    message = message_around(unpacked)
    packed = packed_by_the_reference(unpacked)
    assert frame(unframe(message), packed=True) == packed
    assert unpack(packed) == message


@given(words)
def test_the_reference_implementation_unpacks_it(unpacked: bytes) -> None:
    packed = frame(unframe(message_around(unpacked)), packed=True)
    assert SCHEMA.Everything.from_bytes_packed(packed).data == unpacked


@pytest.mark.process
def test_the_tool_packs_the_same_bytes() -> None:
    """Many messages in one stream, each of one segment, as the tool writes them."""
    randomly = random.Random(7)
    messages = [
        message_around(
            b"".join(
                randomly.choice([*WORDS.values(), bytes(8), bytes(8), randomly.randbytes(8)])
                for _ in range(length)
            )
        )
        for length in (*range(20), 255, 256, 257, 2048, 9000)
    ]
    packed = [frame(unframe(message), packed=True) for message in messages]
    assert tool("convert", b"".join(messages), "binary:packed") == b"".join(packed)
    assert tool("convert", b"".join(packed), "packed:binary") == b"".join(messages)
    assert unpack(b"".join(packed)) == b"".join(messages)


@given(words)
def test_pack_and_unpack_are_inverse(unpacked: bytes) -> None:
    packed = pack(unpacked)
    assert unpack(packed) == unpacked
    assert len(packed) <= len(unpacked) + 2 * (len(unpacked) // 2048 + 1) + len(unpacked) // 8


# -- chunks ---------------------------------------------------------------------------------------


@pytest.mark.thorough
@given(words, chunk_sizes, st.lists(st.integers(1, 300), min_size=1, max_size=4))
def test_chunks_make_no_difference(unpacked: bytes, sizes: list[int], asked: list[int]) -> None:
    """Not to the packer, nor to the unpacker, however many words are asked of it at a time."""
    packer = Packer()
    packed = b"".join(map(packer.feed, chunks_of(unpacked, sizes))) + packer.flush()
    assert packed == pack(unpacked)
    unpacker = Unpacker()
    answers = []
    for number, chunk in enumerate(chunks_of(packed, sizes)):
        answers.append(unpacker.feed(chunk, max_words=asked[number % len(asked)]))
        while not unpacker.needs_input:
            answers.append(unpacker.feed(max_words=asked[number % len(asked)]))
    unpacker.finish()
    assert b"".join(answers) == unpacked
    assert all(len(answer) % 8 == 0 for answer in answers)
    assert max(map(len, answers), default=0) <= 8 * max(asked)


def test_every_cut_of_every_kind_of_word() -> None:
    """Two chunks, cut at each byte, of words of each kind beside words of each kind."""
    for first, second in product(WORDS.values(), repeat=2):
        unpacked = first * 3 + second * 2
        packed = pack(unpacked)
        for cut in range(len(unpacked) + 1):
            packer = Packer()
            parts = [packer.feed(unpacked[:cut]), packer.feed(unpacked[cut:]), packer.flush()]
            assert b"".join(parts) == packed
        for cut in range(len(packed) + 1):
            unpacker = Unpacker()
            assert unpacker.feed(packed[:cut]) + unpacker.feed(packed[cut:]) == unpacked
            unpacker.finish()


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_blocks_make_no_difference(word: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that continues after the block is packed with the words that follow it."""
    unpacked = b"\1" + bytes(7) + word * 700 + b"\2" + bytes(7)
    packed = pack(unpacked)
    for block_words in (258, 256, 257, 300):
        monkeypatch.setattr(packing, "_BLOCK_BYTES", block_words * 8)
        assert pack(unpacked) == packed


def test_a_packer_answers_before_the_end() -> None:
    """What it holds is bounded, whatever it is fed."""
    for word in WORDS.values():
        packer = Packer()
        fed = answered = 0
        for _ in range(100):
            fed += 1000
            answered += len(unpack(packer.feed(word * 125)))
            assert fed - answered <= 1 << 15


def test_h9_no_run_goes_over_a_flush() -> None:
    """Segments are packed each for itself, whatever the one before ended with."""
    for word in WORDS.values():
        packer = Packer()
        first = packer.feed(word * 3) + packer.flush()
        second = packer.feed(word * 3) + packer.flush()
        assert first == second == pack(word * 3)


def test_words_are_packed_whole() -> None:
    packer = Packer()
    assert packer.feed(b"123456789") == b""
    with pytest.raises(ArgumentValueError, match=r"\b1\b"):
        packer.flush()
    assert packer.feed(b"ABCDEFG") + packer.flush() == pack(b"123456789ABCDEFG")
    assert packer.flush() == b""
    with pytest.raises(ArgumentValueError, match=r"\b7\b"):
        pack(bytes(8007))


# -- truncated input, and input that unpacks to too much ------------------------------------------


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_h7_truncated_bytes_end_with_an_error(word: bytes, count: int) -> None:
    """At any byte, unless a word and its run are whole there; and they never loop."""
    packed = pack(word * count)
    for length in range(len(packed)):
        cut = packed[:length]
        whole = unpacked_slowly(cut)
        if whole is None:
            with pytest.raises(FramingError):
                unpack(cut)
        else:
            assert unpack(cut) == whole


@pytest.mark.parametrize(
    ("packed", "octets"),
    [
        (b"\0", 1),
        (b"\xff", 1),
        (UNFINISHED, 9),
        (UNFINISHED[:-1], 8),
        (b"\x03a", 2),
        (UNFINISHED + b"\2", 16),
        (UNFINISHED + b"\2abcdefgh1234567", 1),
        (UNFINISHED + b"\1abcdefgh\x80", 1),
    ],
)
def test_where_packed_bytes_end(packed: bytes, octets: int) -> None:
    with pytest.raises(FramingError, match=rf"\b{octets} bytes\b"):
        unpack(packed)


def test_the_end_is_for_the_one_who_feeds_to_say() -> None:
    unpacker = Unpacker()
    assert unpacker.feed(UNFINISHED) == b""
    with pytest.raises(FramingError):
        unpacker.finish()
    assert unpacker.feed(b"\0") == b"12345678"
    unpacker.finish()


@given(st.binary(max_size=200), chunk_sizes)
@example(b"\0" * 200, [1])
@example(b"\xff" * 200, [1])
def test_any_bytes_are_unpacked_as_the_specification_says(packed: bytes, sizes: list[int]) -> None:
    expected = unpacked_slowly(packed)
    unpacker = Unpacker()
    words = b"".join(map(unpacker.feed, chunks_of(packed, sizes)))
    try:
        assert unpack(packed) == expected
        unpacker.finish()
        assert words == expected
    except FramingError:
        assert expected is None
        with pytest.raises(FramingError):
            unpacker.finish()


@given(st.binary(max_size=60), st.integers(0, 600))
def test_a_limit_is_kept_by_any_bytes(packed: bytes, limit: int) -> None:
    with suppress(FramingError):
        assert len(unpack(packed, max_words=limit)) <= limit * 8
    expected = unpacked_slowly(packed)
    if expected is not None:
        assert unpack(packed, max_words=len(expected) // 8) == expected
        if expected:
            limit = len(expected) // 8 - 1
            with pytest.raises(FramingError, match=rf"\b{limit}\b") as caught:
                unpack(packed, max_words=limit)
            assert caught.value.words_granted == limit


@pytest.mark.own_process
def test_two_bytes_that_stand_for_two_kibibytes_cost_two_bytes() -> None:
    """A bomb: 200 kB that unpack to 200 MB, which no caller requested."""
    bomb = b"\0\xff" * 100_000
    tracemalloc.start()
    try:
        with pytest.raises(FramingError, match=r"\b1000\b"):
            unpack(bomb, max_words=1000)
        unpacker = Unpacker()
        assert unpacker.feed(bomb, max_words=1) == bytes(8)
        for _ in range(100):
            assert unpacker.feed(max_words=100) == bytes(800)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # One copy of the input.
    assert peak < len(bomb) + 100_000


def test_words_that_were_not_asked_for_wait() -> None:
    unpacker = Unpacker()
    assert unpacker.needs_input
    assert unpacker.feed(pack(bytes(800)), max_words=60) == bytes(480)
    assert not unpacker.needs_input
    with pytest.raises(MessageStateError):
        unpacker.finish()
    assert unpacker.feed(pack(b"12345678" * 3), max_words=40) == bytes(320)
    with pytest.raises(MessageStateError):
        unpacker.finish()
    assert unpacker.feed(max_words=2) == b"12345678" * 2
    with pytest.raises(MessageStateError):
        unpacker.finish()
    assert unpacker.feed(max_words=1) == b"12345678"
    # It is not known yet that this was the last one, but it may be.
    assert not unpacker.needs_input
    unpacker.finish()
    assert unpacker.feed(max_words=0) == b""
    assert not unpacker.needs_input
    assert unpacker.feed() == b""
    assert unpacker.needs_input


def test_the_default_limit_is_that_of_readers() -> None:
    bomb = pack(bytes(8)) + b"\0\xff" * ((1 << 23) // 256)
    with pytest.raises(FramingError, match=r"\b8388608\b"):
        unpack(bomb)
    assert len(unpack(bomb[2:])) == 1 << 26


# -- arguments ------------------------------------------------------------------------------------


def test_any_contiguous_buffer() -> None:
    unpacked = bytes(range(16))
    packed = pack(unpacked)
    numbers: Any = memoryview(unpacked).cast("Q")
    assert pack(numbers) == pack(bytearray(unpacked)) == packed
    assert unpack(bytearray(packed)) == unpack(memoryview(packed)) == unpacked


def test_what_is_fed_may_change_afterwards() -> None:
    data = bytearray(pack(b"12345678" * 4))
    unpacker = Unpacker()
    assert unpacker.feed(data, max_words=1) == b"12345678"
    data.clear()
    assert unpacker.feed() == b"12345678" * 3
    packer = Packer()
    data += b"12345678"
    packer.feed(data)
    data.clear()
    assert packer.flush() == pack(b"12345678")


@pytest.mark.parametrize("wrong", [5, None, "text", memoryview(bytes(32))[::2]])
def test_what_is_no_buffer(wrong: Any) -> None:
    for call in (pack, unpack, Packer().feed, Unpacker().feed):
        with pytest.raises(ArgumentTypeError):
            call(wrong)


def test_limits_are_checked() -> None:
    wrong: Any = "5"
    for call in (unpack, Unpacker().feed):
        with pytest.raises(ArgumentTypeError, match="max_words"):
            call(b"", max_words=wrong)
        with pytest.raises(ArgumentValueError, match="max_words"):
            call(b"", max_words=-1)
