"""The stream framing of a message: a table of segment sizes, then the segments.

Encoding specification, "Serialization Over a Stream"; all numbers little-endian, 32 bits::

    number of segments, minus one | words of segment 0 | words of segment 1 | ... | padding to a word
    segment 0 | segment 1 | ...
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack
from typing import Final

from .errors import ArgumentValueError, MessageTooLarge
from .wire import MAX_SEGMENTS, WORD_BYTES

_MAX_TABLE_NUMBER: Final = (1 << 32) - 1


def _table(segment_bytes: Sequence[int]) -> bytes:
    """Answer the segment table for segments of these lengths (bytes), padded to whole words."""
    if not segment_bytes:
        raise ArgumentValueError("a message has at least one segment")
    if len(segment_bytes) > MAX_SEGMENTS:
        raise MessageTooLarge(f"the segment table cannot count {len(segment_bytes)} segments")
    numbers = [len(segment_bytes) - 1]
    for index, length in enumerate(segment_bytes):
        words, odd = divmod(length, WORD_BYTES)
        if odd:
            raise ArgumentValueError(
                f"segment {index} has {length} bytes, which are not whole words", segment=index
            )
        if words > _MAX_TABLE_NUMBER:
            raise MessageTooLarge(
                f"the segment table cannot hold the {words} words of segment {index}", segment=index
            )
        numbers.append(words)
    if len(numbers) % 2:
        numbers.append(0)
    return pack(f"<{len(numbers)}I", *numbers)


def frame(segments: Sequence[bytes]) -> bytes:
    """Answer the message of these segments (each whole words) as one stream of bytes.

    Raises ``ArgumentValueError`` where there is no segment, or one that is not whole words, and
    ``MessageTooLarge`` where the table cannot hold the numbers.
    """
    return b"".join([_table([len(segment) for segment in segments]), *segments])
