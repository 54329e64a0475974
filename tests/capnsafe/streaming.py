"""Consecutive messages, and files that give them out in pieces."""

from __future__ import annotations

import mmap
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import capnp
import pytest
from hypothesis import strategies as st

from capnsafe._read.reader import MessageReader
from capnsafe._stream.framing import frame

from .packing_words import runs_of_words

SCHEMA = capnp.load(str(Path(__file__).with_name("reader.capnp")))

#: No test waits longer for a socket (seconds).
PATIENCE = 10.0

packed_or_not = pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])

segments_of_words = st.lists(runs_of_words(3), min_size=1, max_size=3)

messages_of_words = st.lists(segments_of_words, max_size=3)


def numbers(*each: int) -> bytes:
    return struct.pack(f"<{len(each)}I", *each)


def small(number: int) -> bytes:
    """Return a message of the reference implementation."""
    framed: bytes = SCHEMA.Small.new_message(number=number, name=f"number {number}").to_bytes()
    return framed


def stream_of(messages: list[list[bytes]], *, packed: bool = False) -> bytes:
    return b"".join(frame(segments, packed=packed) for segments in messages)


def number_in(message: MessageReader) -> int:
    return message.get_root().get_uint32(0)


class Dribble:
    """A raw file that returns fewer bytes than requested, and records the requests."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.data = data
        self.sizes = sizes
        self.at = 0
        self.asked: list[int] = []

    def read(self, size: int, /) -> bytes:
        assert size > 0
        size = min(size, self.sizes[len(self.asked) % len(self.sizes)])
        self.asked.append(size)
        chunk = self.data[self.at : self.at + size]
        self.at += len(chunk)
        return chunk


class Scripted:
    """A file that returns or raises the results that a test gives."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def read(self, size: int, /) -> Any:
        answer = self.answers.pop(0) if self.answers else b""
        if isinstance(answer, BaseException):
            raise answer
        return answer


@contextmanager
def on_disk(data: bytes, buffering: int) -> Iterator[BinaryIO]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        opened: Any = open(file.name, "rb", buffering=buffering)  # noqa: SIM115
        with opened:
            yield opened


@contextmanager
def mapped(data: bytes) -> Iterator[mmap.mmap]:
    """Return read-only mapped memory. Closing it fails if a view into it is left."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        yield mapping
        mapping.close()


class Interrupt(BaseException):
    """What is no ``Exception``."""
