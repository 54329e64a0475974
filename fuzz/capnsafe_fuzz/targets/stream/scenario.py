"""An input of the target ``stream``: bytes, how they arrive, and numbers.

The two forms differ in their numbers and in the parts that they see in the bytes. This module has
the rest: the check of an input, its text and its bytes. A form declares its numbers once, in the
order of the bytes form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple, Self

from ...scenario import ScenarioError, tidy_comment
from .. import octets, text

MAX_BYTES: Final = 256
MAX_SIZES: Final = 8
MAX_WORDS: Final = 8 * 1024 * 1024
WORD_BYTES: Final = 8


class Number(NamedTuple):
    """A number of an input, which is a field of its class."""

    name: str
    most: int
    default: int
    least: int = 0
    limit: bool = False
    """Whether its line is ``limit NAME=NUMBER``, and not ``NAME NUMBER``."""

    @property
    def optional(self) -> bool:
        """Return whether the number may be left out; it is then 0, and has no line."""
        return self.default == 0


class StreamPart(NamedTuple):
    """Consecutive bytes that belong together."""

    data: bytes
    meaning: str
    """A description for people."""


@dataclass(frozen=True, slots=True)
class StreamInput(ABC):
    """Bytes, how they arrive, and numbers."""

    header: ClassVar[str]
    """The first line of a text."""
    noun: ClassVar[str]
    """The word for the pieces into which the bytes are cut."""
    numbers: ClassVar[tuple[Number, ...]]

    data: bytes = b""
    sizes: tuple[int, ...] = ()
    """Bytes of each piece or chunk, in turn; all at once if there are none."""
    max_words: int = field(default=MAX_WORDS, kw_only=True)
    """The limit on the words of a message, or of all results of one call."""
    comment: str = field(default="", compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if len(self.data) > MAX_BYTES:
            raise ScenarioError(f"there may be at most {MAX_BYTES} bytes")
        text.check_sizes(self.noun, self.sizes, MAX_SIZES, MAX_BYTES)
        for number in self.numbers:
            text.check(number.name, getattr(self, number.name), number.least, number.most)
        object.__setattr__(self, "comment", tidy_comment(self.comment))

    @abstractmethod
    def parts(self) -> list[StreamPart]:
        """Return the bytes, cut into parts as far as possible."""

    @abstractmethod
    def fields(self, part: StreamPart) -> list[bytes]:
        """Return the bytes of a part, cut as people read them."""

    def values(self) -> tuple[int, ...]:
        """Return the numbers, in the order of ``numbers``."""
        return tuple(getattr(self, number.name) for number in self.numbers)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode bytes to an input. Any bytes will do."""
        reader = octets.Reader(data)
        made: dict[str, Any] = {
            number.name: max(number.least, reader.number(number.most)) for number in cls.numbers
        }
        sizes = reader.numbers(MAX_SIZES, MAX_BYTES)
        return cls(reader.take(MAX_BYTES), sizes, **made)

    def encode(self) -> bytes:
        """Return the bytes of the input."""
        return b"".join(map(octets.number, self.values())) + octets.numbers(self.sizes) + self.data

    def print(self) -> str:
        """Return the text of the input."""
        lines = text.head(self.header, self.comment)
        lines += [self._line(number) for number in self.numbers if not number.optional]
        if self.sizes:
            lines.append(f"{self.noun} {' '.join(map(str, self.sizes))}")
        lines += [
            self._line(number)
            for number in self.numbers
            if number.optional and getattr(self, number.name)
        ]
        for part in self.parts():
            digits = " ".join(octets.hex() for octets in self.fields(part))
            lines.append(f"bytes {digits}  # {part.meaning}")
        return "\n".join(lines) + "\n"

    def _line(self, number: Number) -> str:
        value = getattr(self, number.name)
        return f"limit {number.name}={value}" if number.limit else f"{number.name} {value}"

    @classmethod
    def parse(cls, source: str) -> Self:
        """Return the input of a text.

        Raises:
            ScenarioSyntaxError: If the text is malformed; the message names the line.
        """
        made: dict[str, int] = {}
        sizes: list[int] = []
        data = bytearray()
        limits = {number.name: number for number in cls.numbers if number.limit}

        def read_limit(rest: str) -> None:
            name = rest.partition("=")[0]
            if name not in limits:
                known = " or ".join(limits)
                raise ScenarioError(f"a limit must be {known}, not {name!r}")
            number = limits[name]
            made[name] = text.setting(rest, name, number.least, number.most)

        def read_sizes(rest: str) -> None:
            sizes.extend(
                text.whole(word, 1, MAX_BYTES, f"a size in {cls.noun}") for word in rest.split()
            )

        def read_bytes(rest: str) -> None:
            data.extend(text.octets(rest))

        readers = {"limit": read_limit, cls.noun: read_sizes, "bytes": read_bytes}
        for number in cls.numbers:
            if not number.limit:

                def read_number(rest: str, number: Number = number) -> None:
                    made[number.name] = text.whole(rest, number.least, number.most, number.name)

                readers[number.name] = read_number
        return text.parse(
            source,
            cls.header,
            readers,
            lambda comment: cls(bytes(data), tuple(sizes), **made, comment=comment),
        )
