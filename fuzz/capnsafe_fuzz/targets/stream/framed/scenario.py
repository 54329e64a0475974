r"""One input of the form ``framed``: a stream's bytes, how they arrive, and the limits.

    capnsafe frame 1
    # why it is here
    limit max_segments=512
    limit max_words=8388608
    pieces 1 7
    stall 3
    buffer 16
    bytes 00000000 01000000  # a table of 1 segment: 1
    bytes 0000000000000000  # segment 0

``pieces`` are the most bytes that one read returns, used in turn, repeatedly; without them, each
read returns all that it asks for. At read ``stall`` the file raises once, because it has no data
yet. With ``buffer`` the library gets a buffered file over that one (``io.BufferedReader``), with a
buffer of this many bytes: one call of it can be several reads of the file below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from ....reference.framing import table_of
from ..scenario import MAX_WORDS, WORD_BYTES, Number, StreamInput, StreamPart

MAX_STALL: Final = 63
MAX_BUFFER: Final = 64
MAX_SEGMENTS: Final = 512

_TABLE: Final = "a table"


@dataclass(frozen=True, slots=True)
class Frame(StreamInput):
    """Bytes, pieces and limits."""

    header: ClassVar = "capnsafe frame 1"
    noun: ClassVar = "pieces"
    numbers: ClassVar = (
        Number("max_segments", MAX_SEGMENTS, MAX_SEGMENTS, limit=True),
        Number("max_words", MAX_WORDS, MAX_WORDS, limit=True),
        Number("stall", MAX_STALL, 0),
        Number("buffer", MAX_BUFFER, 0),
    )

    stall: int = 0
    """The read, counted from 1, that raises ``TimeoutError`` once; 0 for none."""
    max_segments: int = MAX_SEGMENTS
    buffer: int = 0
    """Bytes in the buffer of the file; 0 for a file without a buffer."""

    def parts(self) -> list[StreamPart]:
        """Return tables and segments."""
        return tables_and_segments(self.data)

    def fields(self, part: StreamPart) -> list[bytes]:
        """Return the numbers of a table, or words."""
        width = 4 if part.meaning.startswith(_TABLE) else WORD_BYTES
        return [part.data[at : at + width] for at in range(0, len(part.data), width)]


def tables_and_segments(data: bytes) -> list[StreamPart]:
    """Return the bytes cut into tables and segments as far as possible."""
    found: list[StreamPart] = []
    at = 0
    while at < len(data):
        table = table_of(data, at)
        if table is None:
            found.append(StreamPart(data[at:], "too short for a table"))
            break
        found.append(StreamPart(data[at : table.end], _describe_table(table.sizes)))
        at = table.end
        for index, size in enumerate(table.sizes):
            segment = data[at : at + size * WORD_BYTES]
            missing = size * WORD_BYTES - len(segment)
            if segment or missing:
                name = f"segment {index}"
                found.append(
                    StreamPart(segment, f"{name}, {missing} bytes missing" if missing else name)
                )
            at += len(segment)
            if missing:
                break
    return [part for part in found if part.data]


def _describe_table(sizes: tuple[int, ...]) -> str:
    noun = "segment" if len(sizes) == 1 else "segments"
    return f"{_TABLE} of {len(sizes)} {noun}: {' '.join(map(str, sizes))}"
