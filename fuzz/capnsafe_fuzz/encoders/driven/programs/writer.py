"""What the programs of all languages have in common: their order, and their sentences."""

from __future__ import annotations

import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final

from ..lines import Line
from ..process import SCHEMA
from ..tape import Allocation
from .outline import Outline, ProgramStep

BROKEN: Final = "broken: "
"""The beginning of the line that a program prints before it exits with 1."""
BYTES_SENTENCE: Final = "the segments have the contents that the first line is about"
ENDLESS_SENTENCE: Final = "the library asks for segments without end"
TRAVERSAL_WORDS: Final = 1 << 40
"""A limit of readers: an element of a list without words counts as a word."""
NESTING: Final = 1 << 16
_MOST_SEGMENTS: Final = 64
_MOST_BYTES: Final = 1 << 13
"""The longest message that a program repeats."""
_WIDTH: Final = 96


class UnprintableError(Exception):
    """A program cannot be printed with this check; the message says why."""


class ReportWriter(ABC):
    """Writes one program."""

    comment: str
    """The beginning of a comment."""

    def __init__(self, outline: Outline) -> None:
        """Write ``outline``."""
        self.outline: Final = outline

    def text(self) -> str:
        """Return the program.

        Raises:
            UnprintableError: The check cannot be printed.
        """
        body = list(self.body())
        return "\n".join([*self._head(), *self.beginning(), *body, *self.ending(), ""])

    def body(self) -> Iterator[str]:
        """Yield the lines of all steps."""
        for step in self.outline.steps[:-1]:
            yield from self.step(step)
        for step in self.outline.steps[-1:]:
            yield from self.last_step(step)

    def _head(self) -> Iterator[str]:
        outline = self.outline
        sentences = [f"{outline.library} {outline.version}"]
        if outline.headline:
            sentences += [outline.headline, outline.says_how]
        for sentence in sentences:
            for line in textwrap.wrap(sentence, _WIDTH, break_on_hyphens=False):
                yield f"{self.comment} {line}"

    @abstractmethod
    def beginning(self) -> Iterator[str]:
        """Yield the lines up to the first step."""

    @abstractmethod
    def step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of a step that is not the last one."""

    @abstractmethod
    def last_step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of the last step, with its check."""

    @abstractmethod
    def ending(self) -> Iterator[str]:
        """Yield the lines after the last step."""


def schema_lines() -> Iterator[str]:
    """Yield the schema of all programs, without comments and empty lines."""
    for line in SCHEMA.read_text(encoding="utf-8").splitlines():
        plain = line.partition("#")[0].rstrip()
        if plain:
            yield plain


def recorded(outline: Outline) -> list[bytes]:
    """Return the segments of the message at the end, if they are small enough to be printed.

    Raises:
        UnprintableError: If the segments are too large, or not known.
    """
    segments = outline.steps[-1].request.contents
    if not 0 < len(segments) <= _MOST_SEGMENTS or sum(map(len, segments)) > _MOST_BYTES:
        raise UnprintableError(f"it has {len(segments)} segments")
    return segments


def few(granted: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the first places of segments, as many as can be printed."""
    return granted[:_MOST_SEGMENTS]


def pattern_of(data: bytes) -> tuple[bytes, int]:
    """Return the word that data repeats, and how often; the data itself, and 1, if it does not."""
    for size in (1, 8):
        times, rest = divmod(len(data), size)
        if times > 1 and not rest and data[:size] * times == data:
            return data[:size], times
    return data, 1


def text_of(line: Line, key: str = "value") -> str:
    """Return a text in a line."""
    return line.octets(key).decode()


def described(allocation: Allocation) -> str:
    """Return a comment about an answer of the allocator."""
    return f"for at least {allocation.words} word{'' if allocation.words == 1 else 's'}"


def hex_lines(data: bytes) -> list[str]:
    """Return the hexadecimal digits of bytes in lines, at least one."""
    return [data[at : at + 40].hex() for at in range(0, len(data), 40)] or [""]
