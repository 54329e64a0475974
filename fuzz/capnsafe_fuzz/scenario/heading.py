r"""The heading of a text: the encoder and target of a finding, in the same form for every target.

    capnsafe scenario 1
    # P11: the message has other contents
    encoder mine:Encoder
    target builder
    memory mine:Allocator segment_words=16

``encoder`` is the important line. ``target`` is for people, and must agree with the first line; the
memory is part of a scenario of ``builder``. Both lines are optional, and stand below the first
line, among the comments. They are not part of the scenario: scenarios that differ only in them are
equal, and a corpus is run on any encoder.

A name that is not printable ASCII is a JSON string. Lines may end in LF, CRLF or CR, and a byte
order mark may come first.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from .program import ScenarioError


class ScenarioSyntaxError(ScenarioError):
    """A text is not a scenario; `line` counts from 1."""

    def __init__(self, line: int, sentence: str) -> None:
        # Pickle calls this again with these arguments.
        super().__init__(line, sentence)
        self.line = line

    def __str__(self) -> str:
        return "line {}: {}".format(*self.args)


@dataclass(frozen=True, slots=True)
class Heading:
    """The names in the heading of a text; None for a missing one."""

    encoder: str | None = None
    target: str | None = None


_WORDS: Final = ("encoder", "target")
_PLAIN: Final = re.compile(r"[!#-~][!-~]*(?: [!-~]+)*")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def split_lines(text: str) -> list[str]:
    """Split a text at every kind of line end, without a byte order mark."""
    return _LINE_END.split(text.removeprefix("\ufeff"))


def read_heading(text: str) -> Heading:
    """Return the names in a text's heading.

    Raises:
        ScenarioSyntaxError: A line of the heading is malformed.
    """
    return _split(split_lines(text))[0]


def below_heading(text: str) -> list[str]:
    """Return the lines of a text, with those of its heading empty so that all keep their numbers.

    Raises:
        ScenarioSyntaxError: A line of the heading is malformed.
    """
    return _split(split_lines(text))[1]


def with_heading(text: str, heading: Heading) -> str:
    """Return a text without a heading with this one, below the comment."""
    lines = text.split("\n")
    at = 1
    while at < len(lines) and lines[at].startswith("#"):
        at += 1
    names = [(word, getattr(heading, word)) for word in _WORDS]
    lines[at:at] = [f"{word} {_print_name(name)}" for word, name in names if name is not None]
    return "\n".join(lines)


def tidy_comment(comment: str) -> str:
    """Return a comment in the form that text preserves: stripped, and printable."""
    lines = (_print_line(line.rstrip()) for line in split_lines(comment))
    return "\n".join(lines).strip("\n")


def _print_line(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def _print_name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name)


def _parse_name(written: str) -> str | None:
    if not written.startswith('"'):
        return written if _PLAIN.fullmatch(written) else None
    try:
        name = json.loads(written)
    except ValueError:
        return None
    return name if isinstance(name, str) else None


def _split(lines: list[str]) -> tuple[Heading, list[str]]:
    found: dict[str, str] = {}
    rest = list(lines)
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    for at, line in enumerate(lines[first + 1 :], first + 1):
        word, _, written = line.strip().partition(" ")
        if word in _WORDS:
            name = _parse_name(written.strip())
            if name is None:
                raise ScenarioSyntaxError(
                    at + 1, f'"{word} NAME" takes printable ASCII or a JSON string, not {written!r}'
                )
            if word in found:
                raise ScenarioSyntaxError(at + 1, f"the heading names the {word} twice")
            found[word] = name
            rest[at] = ""
        elif word and not word.startswith("#"):
            break
    return Heading(**found), rest
