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

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ....reference.framing import table_of
from ....scenario import ScenarioError, tidy_comment
from ... import octets, text

HEADER: Final = "capnsafe frame 1"

MAX_BYTES: Final = 256
MAX_PIECES: Final = 8
MAX_STALL: Final = 63
MAX_BUFFER: Final = 64
MAX_SEGMENTS: Final = 512
MAX_WORDS: Final = 8 * 1024 * 1024

WORD_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes, pieces and limits."""

    data: bytes = b""
    pieces: tuple[int, ...] = ()
    """The most bytes of each read, in turn."""
    stall: int = 0
    """The read, counted from 1, that raises ``TimeoutError`` once; 0 for none."""
    max_segments: int = MAX_SEGMENTS
    max_words: int = MAX_WORDS
    buffer: int = 0
    """Bytes in the buffer of the file; 0 for a file without a buffer."""
    comment: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if len(self.data) > MAX_BYTES:
            raise ScenarioError(f"there may be at most {MAX_BYTES} bytes")
        text.check_sizes("pieces", self.pieces, MAX_PIECES, MAX_BYTES)
        text.check("stall", self.stall, 0, MAX_STALL)
        text.check("buffer", self.buffer, 0, MAX_BUFFER)
        text.check("max_segments", self.max_segments, 0, MAX_SEGMENTS)
        text.check("max_words", self.max_words, 0, MAX_WORDS)
        object.__setattr__(self, "comment", tidy_comment(self.comment))


def parts(data: bytes) -> list[tuple[bytes, str]]:
    """Return the bytes cut into tables and segments as far as possible, with a description each."""
    found: list[tuple[bytes, str]] = []
    at = 0
    while at < len(data):
        table = table_of(data, at)
        if table is None:
            found.append((data[at:], "too short for a table"))
            break
        found.append((data[at : table.end], _tell_table(table.sizes)))
        at = table.end
        for index, size in enumerate(table.sizes):
            segment = data[at : at + size * WORD_BYTES]
            missing = size * WORD_BYTES - len(segment)
            if segment or missing:
                what = f"segment {index}"
                found.append((segment, f"{what}, {missing} bytes missing" if missing else what))
            at += len(segment)
            if missing:
                break
    return [part for part in found if part[0]]


def _tell_table(sizes: tuple[int, ...]) -> str:
    noun = "segment" if len(sizes) == 1 else "segments"
    return f"a table of {len(sizes)} {noun}: {' '.join(map(str, sizes))}"


def decode(data: bytes) -> Frame:
    """Return the input of any bytes."""
    reader = octets.Reader(data)
    max_segments = reader.number(MAX_SEGMENTS)
    max_words = reader.number(MAX_WORDS)
    stall = reader.number(MAX_STALL)
    buffer = reader.number(MAX_BUFFER)
    pieces = reader.numbers(MAX_PIECES, MAX_BYTES)
    return Frame(reader.take(MAX_BYTES), pieces, stall, max_segments, max_words, buffer)


def encode(scenario: Frame) -> bytes:
    """Return the bytes of an input."""
    return (
        octets.number(scenario.max_segments)
        + octets.number(scenario.max_words)
        + octets.number(scenario.stall)
        + octets.number(scenario.buffer)
        + octets.numbers(scenario.pieces)
        + scenario.data
    )


def print_frame(scenario: Frame) -> str:
    """Return the text of an input."""
    lines = text.head(HEADER, scenario.comment)
    lines.append(f"limit max_segments={scenario.max_segments}")
    lines.append(f"limit max_words={scenario.max_words}")
    if scenario.pieces:
        lines.append(f"pieces {' '.join(map(str, scenario.pieces))}")
    if scenario.stall:
        lines.append(f"stall {scenario.stall}")
    if scenario.buffer:
        lines.append(f"buffer {scenario.buffer}")
    for part, meaning in parts(scenario.data):
        width = 4 if meaning.startswith("a table") else WORD_BYTES
        lines.append(f"bytes {' '.join(_cut(part, width))}  # {meaning}")
    return "\n".join(lines) + "\n"


def _cut(part: bytes, width: int) -> Iterator[str]:
    for start in range(0, len(part), width):
        yield part[start : start + width].hex()


def parse_frame(source: str) -> Frame:
    """Return the input of a text."""
    made: dict[str, int] = {}
    pieces: list[int] = []
    data = bytearray()

    def read_limit(rest: str) -> None:
        name = rest.partition("=")[0]
        most = {"max_segments": MAX_SEGMENTS, "max_words": MAX_WORDS}.get(name)
        if most is None:
            raise ScenarioError(f"a limit must be max_segments or max_words, not {name!r}")
        made[name] = text.setting(rest, name, 0, most)

    def read_pieces(rest: str) -> None:
        pieces.extend(text.whole(word, 1, MAX_BYTES, "a piece") for word in rest.split())

    def read_stall(rest: str) -> None:
        made["stall"] = text.whole(rest, 0, MAX_STALL, "stall")

    def read_buffer(rest: str) -> None:
        made["buffer"] = text.whole(rest, 0, MAX_BUFFER, "buffer")

    def read_bytes(rest: str) -> None:
        data.extend(text.octets(rest))

    readers = {
        "limit": read_limit,
        "pieces": read_pieces,
        "stall": read_stall,
        "buffer": read_buffer,
        "bytes": read_bytes,
    }
    return text.parse(
        source,
        HEADER,
        readers,
        lambda comment: Frame(bytes(data), tuple(pieces), **made, comment=comment),
    )
