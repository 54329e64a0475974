"""Framing: the messages of a stream, and the stream of a message.

It follows the encoding specification ("Serialization Over a Stream"), and shares no code with any
encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .examination import Problem, ProblemKind

WORD_BYTES: Final = 8
_NUMBER_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Table:
    """A complete segment table."""

    sizes: tuple[int, ...]
    """Words of each segment, as declared."""
    end: int
    """The byte where the table ends, and the first segment begins."""


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + _NUMBER_BYTES], "little")


def table_of(data: bytes, at: int) -> Table | None:
    """Return the table at byte ``at`` of a stream; None if it is incomplete."""
    if len(data) - at < _NUMBER_BYTES:
        return None
    count = _number(data, at) + 1
    # One number for the count and one for each segment, padded to a whole word.
    end = at + (count + 2) // 2 * WORD_BYTES
    if end > len(data):
        return None
    first = at + _NUMBER_BYTES
    sizes = tuple(_number(data, first + _NUMBER_BYTES * index) for index in range(count))
    return Table(sizes, end)


def announced_words(data: bytes, max_segments: int, max_words: int) -> int | None:
    """Return the words of the first message, its table included; None if a limit is exceeded.

    Of a message whose table is cut off, these are the least words that it can have.
    """
    if len(data) < _NUMBER_BYTES:
        return 1
    count = _number(data, 0) + 1
    arrived = min(count, len(data) // _NUMBER_BYTES - 1)
    words = sum(_number(data, _NUMBER_BYTES * (1 + index)) for index in range(arrived))
    if count > max_segments or words > max_words:
        return None
    return (count + 2) // 2 + words


@dataclass(frozen=True, slots=True)
class Stream:
    """The messages of a stream, read within limits."""

    messages: tuple[tuple[bytes, ...], ...]
    """The segments of each message."""
    ends: tuple[int, ...]
    """The byte where each message ends."""
    wrong: str
    """The reason why no message follows the last one; empty if the stream ends there."""


def read(data: bytes, max_segments: int, max_words: int) -> Stream:
    """Read all messages, up to the first one that is malformed or exceeds a limit."""
    messages: list[tuple[bytes, ...]] = []
    ends: list[int] = []
    at = 0
    wrong = ""
    while at < len(data) and not wrong:
        table = table_of(data, at)
        if len(data) - at >= _NUMBER_BYTES and _number(data, at) + 1 > max_segments:
            wrong = "too many segments"
        elif table is None:
            wrong = "a table cut short"
        elif sum(table.sizes) > max_words:
            wrong = "too many words"
        elif table.end + sum(table.sizes) * WORD_BYTES > len(data):
            wrong = "segments cut short"
        else:
            segments: list[bytes] = []
            at = table.end
            for size in table.sizes:
                segments.append(data[at : at + size * WORD_BYTES])
                at += size * WORD_BYTES
            messages.append(tuple(segments))
            ends.append(at)
    return Stream(tuple(messages), tuple(ends), wrong)


def write(segments: Sequence[bytes]) -> bytes:
    """Return the stream of one message; ``segments`` are whole words."""
    numbers = [len(segments) - 1, *(len(segment) // WORD_BYTES for segment in segments)]
    table = b"".join(number.to_bytes(_NUMBER_BYTES, "little") for number in numbers)
    padding = -len(table) % WORD_BYTES
    return table + bytes(padding) + b"".join(segments)


def segment_words(stream: bytes) -> tuple[int, ...]:
    """Return the words of each segment, as the table declares them; () if the table is cut off."""
    table = table_of(stream, 0)
    return () if table is None else table.sizes


def unframe(stream: bytes) -> tuple[list[bytes], list[Problem]]:
    """Split one framed message into its segments, and list the errors in its framing."""

    def wrong(sentence: str) -> Problem:
        return Problem(ProblemKind.FRAMING, 0, 0, sentence)

    table = table_of(stream, 0)
    if table is None:
        return [], [wrong(f"{len(stream)} bytes hold no complete segment table")]
    problems: list[Problem] = []
    if any(stream[_NUMBER_BYTES * (1 + len(table.sizes)) : table.end]):
        problems.append(wrong("the padding of the segment table is not zero"))
    segments: list[bytes] = []
    position = table.end
    for index, words in enumerate(table.sizes):
        end = position + words * WORD_BYTES
        if end > len(stream):
            problems.append(wrong(f"segment {index} of {words} words is cut off"))
        segments.append(stream[position:end])
        position = end
    if position < len(stream):
        problems.append(wrong(f"{len(stream) - position} bytes follow the last segment"))
    return segments, problems
