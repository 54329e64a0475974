"""The stream framing of messages: a table of segment sizes, then the segments, and so on.

Encoding specification, "Serialization Over a Stream"; all numbers little-endian, 32 bits::

    number of segments, minus one | words of segment 0 | words of segment 1 | ... | padding
    segment 0 | segment 1 | ...

Eight hostile bytes can claim four billion segments. So a segment table is checked against the
limits and against the bytes that have arrived before memory is allocated for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from struct import Struct, pack, unpack_from
from typing import Final, SupportsIndex, TypeAlias, final

from .._read.reader import TRAVERSAL_LIMIT_WORDS
from .._read.reading import limit_of
from .._words.arguments import call, truth, type_name
from .._words.buffers import view_of
from .._words.caught import Raised
from .._words.exhausted import exhausted
from .._words.given import Given
from ..allocator import Buffer
from ..errors import ArgumentTypeError, ArgumentValueError, FramingError, MessageTooLarge
from ..wire import MAX_SEGMENTS, WORD_BYTES
from .packing import Packer

Bytes: TypeAlias = bytes | bytearray | memoryview

#: The most segments of a message that is read, unless the caller allows more. The reference
#: implementation refuses streams of 512 and more segments.
SEGMENT_LIMIT: Final = 511

#: The bytes that are asked of a file at first. For writing, small parts are joined up to this size.
BLOCK_BYTES: Final = 1 << 16

_NUMBER: Final = Struct("<I")
_MAX_NUMBER: Final = (1 << 32) - 1


def table_of(sizes: Sequence[int]) -> bytes:
    """Return the table of segments of these sizes (bytes), padded to whole words."""
    if not sizes:
        raise ArgumentValueError("a message must have at least one segment")
    if len(sizes) > MAX_SEGMENTS:
        raise MessageTooLarge(
            f"a message can have at most {MAX_SEGMENTS} segments, not {len(sizes)}"
        )
    numbers = [len(sizes) - 1]
    for index, size in enumerate(sizes):
        words, odd = divmod(size, WORD_BYTES)
        if odd:
            raise ArgumentValueError(
                f"segment {index} must have whole words of 8 bytes, and has {size} bytes",
                segment=index,
            )
        if words > _MAX_NUMBER:
            raise MessageTooLarge(
                f"a segment can have at most {_MAX_NUMBER} words, and segment {index} has {words}",
                segment=index,
                words_asked=words,
                words_granted=_MAX_NUMBER,
            )
        numbers.append(words)
    if len(numbers) % 2:
        numbers.append(0)
    return pack(f"<{len(numbers)}I", *numbers)


_listed: Final[Callable[[Sequence[Bytes]], list[Bytes]]] = list


def parts_of(segments: Sequence[Bytes]) -> list[bytes | memoryview]:
    """Check the segments, and return the segment table followed by them."""
    try:
        listed = call(_listed, segments)
    except Raised as raised:
        raise ArgumentTypeError(
            f"segments must be a sequence of buffers, not {type_name(segments)}"
        ) from raised.__cause__
    views = [
        segment if type(segment) is bytes else view_of(segment, f"segment {index}")
        for index, segment in enumerate(listed)
    ]
    return [table_of([len(view) for view in views]), *views]


def packed_parts(parts: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Return the parts, each packed separately, as the reference implementation does.

    Its reader requires that no run goes from the table into the first segment.
    """
    packer = Packer()
    for part in parts:
        view = memoryview(part)
        for start in range(0, len(view), BLOCK_BYTES):
            yield packer.feed(view[start : start + BLOCK_BYTES])
        yield packer.flush()


def frame(segments: Sequence[Bytes], *, packed: Given[bool] = False) -> bytes:
    """Return the message of these segments (each of whole words) as one stream of bytes.

    Raises:
        ArgumentValueError: If there is no segment, or one that does not have whole words.
        MessageTooLarge: If there are too many segments, or one of them is too large.
    """
    try:
        is_packed = truth(packed)
        parts = parts_of(segments)
        return b"".join(packed_parts(parts) if is_packed else parts)
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


@final
class Limits:
    """The limits on the size of a message, checked."""

    __slots__ = ("segments", "words")

    def __init__(self, max_segments: SupportsIndex, max_words: SupportsIndex) -> None:
        self.segments = limit_of(max_segments, "max_segments")
        self.words = limit_of(max_words, "max_words")

    def count_of(self, head: Buffer) -> int:
        """Return the number of segments in a table, of which 4 bytes or more have arrived."""
        count: int = _NUMBER.unpack_from(head)[0] + 1
        if count > self.segments:
            raise FramingError(
                f"the segment table counts {count} segments, more than the limit {self.segments}"
                " (max_segments)"
            )
        return count

    def sizes_of(self, table: Buffer, count: int) -> tuple[int, ...]:
        """Return the words of the first ``count`` segments, whose numbers have arrived."""
        sizes: tuple[int, ...] = unpack_from(f"<{count}I", table, _NUMBER.size)
        words = sum(sizes)
        if words > self.words:
            raise FramingError(
                f"the segment table counts {words} words, more than the limit {self.words}"
                " (max_words)",
                words_asked=words,
                words_granted=self.words,
            )
        return sizes


def table_bytes(count: int) -> int:
    """Return the size of the table of ``count`` segments, in bytes rounded up to whole words."""
    return (count // 2 + 1) * WORD_BYTES


def cut_message(view: memoryview, limits: Limits) -> tuple[list[memoryview], int]:
    """Return the segments of the message at the start of ``view``, and its size in bytes."""
    if len(view) < _NUMBER.size:
        raise FramingError(
            f"a segment table has at least 4 bytes, but only {len(view)} were received"
        )
    count = limits.count_of(view)
    start = table_bytes(count)
    if len(view) < start:
        raise FramingError(
            f"the table of {count} segments has {start} bytes, but only {len(view)} were received"
        )
    segments = segments_in(view, start, limits.sizes_of(view, count))
    return segments, start + sum(map(len, segments))


def segments_in(view: memoryview, start: int, sizes: tuple[int, ...]) -> list[memoryview]:
    """Return the segments of these sizes (words) from byte ``start`` on, if all have arrived."""
    words = sum(sizes)
    received_words = (len(view) - start) // WORD_BYTES
    if words > received_words:
        raise FramingError(
            f"the segment table counts {words} words, but only {received_words} were received",
            words_asked=words,
            words_granted=received_words,
        )
    segments: list[memoryview] = []
    for size in sizes:
        end = start + size * WORD_BYTES
        segments.append(view[start:end])
        start = end
    return segments


def message_words(
    prefix: Buffer,
    *,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
) -> int:
    """Return how many words a framed message has, its table included, from its first bytes.

    As long as ``prefix`` is shorter than the table, this is the least number of words that the
    message can have. When so many have arrived, ask again.

    Raises:
        FramingError: If the table counts more than ``max_segments`` segments or more than
            ``max_words`` words.
    """
    try:
        limits = Limits(max_segments, max_words)
        with view_of(prefix, "the prefix") as view:
            if len(view) < _NUMBER.size:
                return 1
            count = limits.count_of(view)
            arrived = min(count, len(view) // _NUMBER.size - 1)
            return table_bytes(count) // WORD_BYTES + sum(limits.sizes_of(view, arrived))
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


def unframe(
    buffer: Buffer,
    *,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
) -> list[memoryview]:
    """Return the segments of the message at the start of ``buffer``, as read-only views into it.

    Bytes after the message are ignored; the end of the last view shows where they begin.

    Raises:
        FramingError: If the table is not complete, counts more than ``max_segments`` segments or
            more than ``max_words`` words, or counts more words than there are.
    """
    try:
        limits = Limits(max_segments, max_words)
        # The traceback of an exception refers to this frame. It must not keep the buffer alive.
        with view_of(buffer, "the message") as view:
            return cut_message(view, limits)[0]
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error
