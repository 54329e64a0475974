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
from dataclasses import dataclass
from typing import ClassVar, Final

from ..scenario import MAX_WORDS, WORD_BYTES, Number, StreamInput, StreamPart

MOST_CUTS: Final = 24
"""Chunks after which the rest comes at once: many small ones take long and show nothing new."""
MAX_ROOM: Final = 65536

ZERO: Final = 0x00
DENSE: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Packed(StreamInput):
    """Bytes, chunks and limits."""

    header: ClassVar = "capnsafe packed 1"
    noun: ClassVar = "chunks"
    numbers: ClassVar = (
        Number("max_words", MAX_WORDS, MAX_WORDS, limit=True),
        Number("room", MAX_ROOM, MAX_ROOM, least=1),
    )

    room: int = MAX_ROOM
    """The most words of one result."""

    @property
    def words(self) -> bytes:
        """Return the words to pack: the bytes, as far as they are whole words."""
        return self.data[: len(self.data) // WORD_BYTES * WORD_BYTES]

    def parts(self) -> list[StreamPart]:
        """Return the groups: a tag, and the bytes that it announces."""
        return [StreamPart(group, _meaning(group)) for group in groups(self.data)]

    def fields(self, part: StreamPart) -> list[bytes]:
        """Return the tag, the bytes of its word, the count, and the words after it."""
        tag, rest = part.data[:1], part.data[1:]
        cut = (tag, rest[:WORD_BYTES], rest[WORD_BYTES : WORD_BYTES + 1], rest[WORD_BYTES + 1 :])
        return [field for field in cut if field]


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
