"""The stream framing of a message: a table of segment sizes, then the segments.

Encoding specification, "Serialization Over a Stream"; all numbers little-endian, 32 bits::

    number of segments, minus one | words of segment 0 | words of segment 1 | ... | padding
    segment 0 | segment 1 | ...

What is received is checked against the limits and against the bytes that are really there before
anything is made of it: eight hostile bytes can claim four thousand million segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct, pack, unpack_from
from typing import Final, Protocol, SupportsIndex, TypeAlias

from .allocator import Buffer
from .errors import ArgumentValueError, FramingError, MessageTooLarge
from .reader import NESTING_LIMIT, TRAVERSAL_LIMIT_WORDS, MessageReader, limit_of, view_of
from .wire import MAX_SEGMENTS, WORD_BYTES

Bytes: TypeAlias = bytes | bytearray | memoryview

#: The default of the reference implementation.
SEGMENT_LIMIT: Final = 512

_NUMBER: Final = Struct("<I")
_MAX_NUMBER: Final = (1 << 32) - 1


class BinaryWriter(Protocol):
    """A binary file, as far as writing to it goes."""

    def write(self, chunk: Bytes, /) -> int | None:
        """Write all of ``chunk``, or answer how many bytes of it were written."""


def _table(views: Sequence[bytes | memoryview]) -> bytes:
    """Answer the segment table, padded to whole words."""
    if not views:
        raise ArgumentValueError("a message has at least one segment, and none was given")
    if len(views) > MAX_SEGMENTS:
        raise MessageTooLarge(f"the segment table cannot count {len(views)} segments")
    numbers = [len(views) - 1]
    for index, view in enumerate(views):
        words, odd = divmod(len(view), WORD_BYTES)
        if odd:
            raise ArgumentValueError(
                f"segment {index} has {len(view)} bytes, which are not whole words", segment=index
            )
        if words > _MAX_NUMBER:
            raise MessageTooLarge(
                f"the segment table cannot hold the {words} words of segment {index}",
                segment=index,
                words_asked=words,
                words_granted=_MAX_NUMBER,
            )
        numbers.append(words)
    if len(numbers) % 2:
        numbers.append(0)
    return pack(f"<{len(numbers)}I", *numbers)


def _views(segments: Sequence[Bytes]) -> list[bytes | memoryview]:
    """Answer the segments as things whose length is their bytes."""
    return [
        segment if type(segment) is bytes else view_of(segment, f"segment {index}")
        for index, segment in enumerate(segments)
    ]


def frame(segments: Sequence[Bytes]) -> bytes:
    """Answer the message of these segments (each whole words) as one stream of bytes.

    Raises ``ArgumentValueError`` where there is no segment, or one that is not whole words, and
    ``MessageTooLarge`` where the table cannot hold the numbers.
    """
    views = _views(segments)
    return b"".join([_table(views), *views])


def write_message(file: BinaryWriter, segments: Sequence[Bytes]) -> None:
    """Write the message of these segments to a binary file, without joining them in memory.

    Raises what ``frame`` raises, before anything is written, and what ``file.write`` raises. A file
    that takes a part (raw ones may) is given the rest; ``BlockingIOError`` where it takes nothing.
    """
    views = _views(segments)
    for part in [_table(views), *views]:
        chunk = memoryview(part)
        while chunk:
            written = file.write(chunk)
            if not written:
                raise BlockingIOError(f"the file takes none of the {len(chunk)} bytes")
            chunk = chunk[written:]


def unframe(
    buffer: Buffer,
    *,
    segment_limit: SupportsIndex = SEGMENT_LIMIT,
    total_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
) -> list[memoryview]:
    """Answer the segments of the message at the start of ``buffer``, as read-only views into it.

    What follows the message is left alone; the last view ends where it begins. Raises
    ``FramingError`` where the table is not all there, counts more than ``segment_limit`` segments
    or more than ``total_limit_words`` words in them, or counts more than there are bytes.
    """
    most_segments = limit_of(segment_limit, "segment_limit")
    most_words = limit_of(total_limit_words, "total_limit_words")
    view = view_of(buffer, "the message")
    if len(view) < _NUMBER.size:
        raise FramingError(f"a segment table has at least 4 bytes, and {len(view)} were received")
    count = _NUMBER.unpack_from(view)[0] + 1
    if count > most_segments:
        raise FramingError(
            f"the segment table counts {count} segments, and the limit is {most_segments}"
        )
    # The count and the sizes, rounded up to whole words.
    table_bytes = (count // 2 + 1) * WORD_BYTES
    if len(view) < table_bytes:
        raise FramingError(
            f"the table of {count} segments has {table_bytes} bytes, and {len(view)} were received"
        )
    sizes = unpack_from(f"<{count}I", view, _NUMBER.size)
    words = sum(sizes)
    if words > most_words:
        raise FramingError(
            f"the segment table counts {words} words, and the limit is {most_words}",
            words_asked=words,
            words_granted=most_words,
        )
    received_words = (len(view) - table_bytes) // WORD_BYTES
    if words > received_words:
        raise FramingError(
            f"the segment table counts {words} words, and {received_words} were received",
            words_asked=words,
            words_granted=received_words,
        )
    segments: list[memoryview] = []
    start = table_bytes
    for size in sizes:
        end = start + size * WORD_BYTES
        segments.append(view[start:end])
        start = end
    return segments


def read_message(
    buffer: Buffer,
    *,
    segment_limit: SupportsIndex = SEGMENT_LIMIT,
    total_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    nesting_limit: SupportsIndex = NESTING_LIMIT,
) -> MessageReader:
    """Answer a reader of the message at the start of ``buffer``, which is not copied.

    The options are those of ``unframe`` and of ``MessageReader``.
    """
    return MessageReader(
        unframe(buffer, segment_limit=segment_limit, total_limit_words=total_limit_words),
        traversal_limit_words=traversal_limit_words,
        nesting_limit=nesting_limit,
    )
