"""The same hostile words for both that may meet them: a reader, and a builder whose memory lied."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from capnsafe import MessageBuilder, MessageReader, StructBuilder, StructReader, wire
from tests.capnsafe.memories import Memory, closing

ROOT = wire.struct_shape(0, 1)
"""A root pointer to a struct with one pointer, in the word after it."""


def segment(*words: int | bytes) -> bytes:
    """Return the bytes of words, and octets padded to whole words."""
    return b"".join(
        word.ljust(-len(word) // 8 * -8, b"\0")
        if isinstance(word, bytes)
        else struct.pack("<Q", word)
        for word in words
    )


def read(*words: int | bytes, **limits: int) -> StructReader:
    """Return a reader of a root struct whose one pointer is the first of `words`."""
    return MessageReader([segment(ROOT, *words)], **limits).get_root()


@contextmanager
def scribbled(*words: int | bytes) -> Iterator[StructBuilder]:
    """Build a root struct in memory that then says `words`, its one pointer first.

    The first word after them was not handed out, and holds a value that must not be touched.
    """
    body = segment(*words)
    memory = Memory(grant_words=len(body) // 8 + 10)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        root.set_data(0, bytes(len(body) - 8))
        for at in range(0, len(body), 8):
            memory.grants[0].scribble(1 + at // 8, int.from_bytes(body[at : at + 8], "little"))
        behind = memory.grants[0].body()[8 + len(body) :]
        yield root
        assert memory.grants[0].body()[8 + len(body) :] == behind


def list_pointer(size_code: int, count: int, offset: int = 0) -> int:
    return wire.with_offset(wire.list_shape(size_code, count), offset)
