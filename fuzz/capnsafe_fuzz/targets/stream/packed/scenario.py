r"""One input of the form ``packed``: bytes, how they are cut into chunks, and the limits.

    capnsafe packed 1
    # why it is here
    limit max_words=8388608
    room 512
    chunks 1 7
    bytes 00 05  # 6 zero words
    bytes ff 0102030405060708 00  # 1 word as it is
    bytes 24 0a0b  # a word of 2 bytes

``limit`` applies to all words, ``room`` to the words of one result. The sizes of ``chunks`` are
used in turn, repeatedly, 24 times in all; without them, all bytes come at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ....scenario import ScenarioError, tidy_comment
from ... import octets, text

HEADER: Final = "capnsafe packed 1"

MAX_BYTES: Final = 256
MAX_CHUNKS: Final = 8
MOST_CUTS: Final = 24
"""Chunks after which the rest comes at once: many small ones take long and show nothing new."""
MAX_LIMIT: Final = 8 * 1024 * 1024
MAX_ROOM: Final = 65536

ZERO: Final = 0x00
DENSE: Final = 0xFF
WORD_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Packed:
    """Bytes, chunks and limits."""

    data: bytes = b""
    chunks: tuple[int, ...] = ()
    """Bytes of each chunk, in turn."""
    max_words: int = MAX_LIMIT
    room: int = MAX_ROOM
    """The most words of one result."""
    comment: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if len(self.data) > MAX_BYTES:
            raise ScenarioError(f"there may be at most {MAX_BYTES} bytes")
        text.check_sizes("chunks", self.chunks, MAX_CHUNKS, MAX_BYTES)
        text.check("max_words", self.max_words, 0, MAX_LIMIT)
        text.check("room", self.room, 1, MAX_ROOM)
        object.__setattr__(self, "comment", tidy_comment(self.comment))

    @property
    def words(self) -> bytes:
        """Return the words to pack: the bytes, as far as they are whole words."""
        return self.data[: len(self.data) // WORD_BYTES * WORD_BYTES]


def cut(data: bytes, chunks: tuple[int, ...]) -> Iterator[bytes]:
    """Yield the chunks of the bytes."""
    if not chunks:
        yield data
        return
    at = turn = 0
    while at < len(data):
        size = chunks[turn % len(chunks)] if turn < MOST_CUTS else len(data)
        yield data[at : at + size]
        at += size
        turn += 1


def groups(data: bytes) -> list[bytes]:
    """Return the bytes cut before each tag; the last group may end in the middle."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        tag = data[at]
        end = at + 1 + tag.bit_count()
        if tag in (ZERO, DENSE):
            end += 1
            if tag == DENSE and end <= len(data):
                end += data[end - 1] * WORD_BYTES
        found.append(data[at:end])
        at = end
    return found


def decode(data: bytes) -> Packed:
    """Return the input of any bytes."""
    reader = octets.Reader(data)
    max_words = reader.number(MAX_LIMIT)
    room = max(1, reader.number(MAX_ROOM))
    chunks = reader.numbers(MAX_CHUNKS, MAX_BYTES)
    return Packed(reader.take(MAX_BYTES), chunks, max_words, room)


def encode(scenario: Packed) -> bytes:
    """Return the bytes of an input."""
    return (
        octets.number(scenario.max_words)
        + octets.number(scenario.room)
        + octets.numbers(scenario.chunks)
        + scenario.data
    )


def print_packed(scenario: Packed) -> str:
    """Return the text of an input."""
    lines = text.head(HEADER, scenario.comment)
    lines.append(f"limit max_words={scenario.max_words}")
    lines.append(f"room {scenario.room}")
    if scenario.chunks:
        lines.append(f"chunks {' '.join(map(str, scenario.chunks))}")
    lines += [f"bytes {_spaced(group)}  # {_meaning(group)}" for group in groups(scenario.data)]
    return "\n".join(lines) + "\n"


def _spaced(group: bytes) -> str:
    tag, rest = group[:1], group[1:]
    parts = [tag, rest[:WORD_BYTES], rest[WORD_BYTES : WORD_BYTES + 1], rest[WORD_BYTES + 1 :]]
    return " ".join(part.hex() for part in parts if part)


def _meaning(group: bytes) -> str:
    tag, rest = group[0], group[1:]
    if tag == ZERO:
        return _words(rest[0] + 1, "zero word") if rest else "ends before its count"
    if len(rest) < tag.bit_count():
        return f"ends {_words(tag.bit_count() - len(rest), 'byte')} before the end of its word"
    if tag != DENSE:
        return f"a word of {_words(len(rest), 'byte')}"
    if len(rest) == WORD_BYTES:
        return "ends before its count"
    missing = rest[WORD_BYTES] * WORD_BYTES - len(rest[WORD_BYTES + 1 :])
    if missing:
        words = _words(rest[WORD_BYTES] + 1, "word")
        return f"ends {_words(missing, 'byte')} before the end of its {words}"
    return f"{_words(rest[WORD_BYTES] + 1, 'word')} as they are"


def _words(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def parse_packed(source: str) -> Packed:
    """Return the input of a text."""
    made: dict[str, int] = {}
    chunks: list[int] = []
    data = bytearray()

    def read_limit(rest: str) -> None:
        made["max_words"] = text.setting(rest, "max_words", 0, MAX_LIMIT)

    def read_room(rest: str) -> None:
        made["room"] = text.whole(rest, 1, MAX_ROOM, "room")

    def read_chunks(rest: str) -> None:
        chunks.extend(text.whole(word, 1, MAX_BYTES, "a chunk") for word in rest.split())

    def read_bytes(rest: str) -> None:
        data.extend(text.octets(rest))

    readers = {
        "limit": read_limit,
        "room": read_room,
        "chunks": read_chunks,
        "bytes": read_bytes,
    }
    return text.parse(
        source,
        HEADER,
        readers,
        lambda comment: Packed(bytes(data), tuple(chunks), **made, comment=comment),
    )
