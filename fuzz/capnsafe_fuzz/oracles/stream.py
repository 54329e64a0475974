"""The framing of a stream, taken apart (specification, "Serialization Over a Stream")."""

from __future__ import annotations

import struct
from typing import Final

from .examination import Problem, ProblemKind

WORD_BYTES: Final = 8


def segment_words(stream: bytes) -> tuple[int, ...]:
    """The words of each segment, as the head of a framed stream tells them; () if it is cut off."""
    count = int.from_bytes(stream[:4], "little") + 1
    if len(stream) < 4 + 4 * count:
        return ()
    return struct.unpack_from(f"<{count}I", stream, 4)


def unframe(stream: bytes) -> tuple[list[bytes], list[Problem]]:
    """Split a framed stream into its segments, and say where it departs from the framing."""

    def wrong(sentence: str) -> Problem:
        return Problem(ProblemKind.FRAMING, 0, 0, sentence)

    if len(stream) < 4:
        return [], [wrong(f"a stream of {len(stream)} bytes has no segment table")]
    count = int.from_bytes(stream[:4], "little") + 1
    head = (4 + 4 * count + 7) // 8 * 8
    if len(stream) < head:
        return [], [wrong(f"the table of {count} segments needs {head} bytes")]
    problems: list[Problem] = []
    if count % 2 == 0 and stream[head - 4 : head] != b"\0\0\0\0":
        problems.append(wrong("the padding of the segment table is not zero"))
    segments: list[bytes] = []
    position = head
    for index in range(count):
        words = int.from_bytes(stream[4 + 4 * index : 8 + 4 * index], "little")
        end = position + words * WORD_BYTES
        if end > len(stream):
            problems.append(wrong(f"segment {index} of {words} words is cut off"))
        segments.append(stream[position:end])
        position = end
    if position < len(stream):
        problems.append(wrong(f"{len(stream) - position} bytes follow the last segment"))
    return segments, problems
