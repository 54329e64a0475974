"""Reference packing and unpacking, word by word.

It follows the encoding specification ("Packing"). Where that leaves a choice, it follows the
reference implementation (capnproto-c++, ``serialize-packed.c++``): a run of zero words has at most
255 words after the first; a run of uncompressed words continues while at most one byte of a word is
zero. It shares no code with any encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WORD_BYTES: Final = 8
_MOST_MORE: Final = 255
"""Words that the count after a tag can stand for, besides the first."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The result of unpacking."""

    words: bytes
    """All whole words, also those before a premature end."""
    whole: bool
    """Whether the bytes end at the end of a word or a run."""


def unpack(data: bytes) -> Unpacked:
    """Unpack, one tag after the other."""
    out = bytearray()
    at, end = 0, len(data)
    while at < end:
        tag = data[at]
        at += 1
        if tag == 0:
            if at == end:
                return Unpacked(bytes(out), False)
            out += bytes(WORD_BYTES * (1 + data[at]))
            at += 1
            continue
        count = tag.bit_count()
        word = data[at : at + count]
        at += count
        if len(word) < count or (tag == 0xFF and at == end):
            return Unpacked(bytes(out), False)
        if tag == 0xFF:
            size = data[at] * WORD_BYTES
            at += 1
            run = data[at : at + size]
            at += size
            out += word
            out += run[: len(run) // WORD_BYTES * WORD_BYTES]
            if len(run) < size:
                return Unpacked(bytes(out), False)
            continue
        spread = bytearray(WORD_BYTES)
        place = 0
        for bit in range(WORD_BYTES):
            if tag >> bit & 1:
                spread[bit] = word[place]
                place += 1
        out += spread
    return Unpacked(bytes(out), True)


def pack(words: bytes) -> bytes:
    """Pack whole words as the reference implementation does."""
    out = bytearray()
    cells = [words[at : at + WORD_BYTES] for at in range(0, len(words), WORD_BYTES)]
    index = 0
    while index < len(cells):
        word = cells[index]
        index += 1
        tag = sum(1 << bit for bit in range(WORD_BYTES) if word[bit])
        out.append(tag)
        out += word.replace(b"\0", b"")
        if tag not in (0x00, 0xFF):
            continue
        first = index
        while index < len(cells) and index - first < _MOST_MORE:
            zeros = cells[index].count(0)
            if (zeros < WORD_BYTES) if tag == 0x00 else (zeros > 1):
                break
            index += 1
        out.append(index - first)
        if tag == 0xFF:
            out += b"".join(cells[first:index])
    return bytes(out)
