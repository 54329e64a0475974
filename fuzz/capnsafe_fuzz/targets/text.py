"""Inputs as text: a header, a comment, and a line for each part, which begins with its kind.

Lines that name the encoder and target of a finding (``scenario.heading``) may stand among the
comment. Text after `` #`` on a line explains the line to people: it is printed each time, and
ignored when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ..scenario import ScenarioError, ScenarioSyntaxError, below_heading, tidy_comment

Made = TypeVar("Made")
_HEX = re.compile(r"[0-9a-f ]*")


def head(header: str, comment: str) -> list[str]:
    """Return the first lines of a text."""
    return [header, *(f"# {line}" if line else "#" for line in comment.split("\n") if comment)]


def parse(
    text: str,
    header: str,
    readers: Mapping[str, Callable[[str], None]],
    make: Callable[[str], Made],
) -> Made:
    """Read a text: each line by the reader for its first word; then ``make`` gets the comment.

    Raises:
        ScenarioSyntaxError: A reader or ``make`` raised ``ScenarioError``; this adds the line.
    """
    comment: list[str] = []
    begun = False
    lines = below_heading(text)
    if lines[0].rstrip() != header:
        raise ScenarioSyntaxError(1, f"the first line is {header!r}, not {lines[0]!r}")
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("#"):
            if begun:
                raise ScenarioSyntaxError(
                    number, "a comment must stand at the top, below the header"
                )
            comment.append(line[1:].removeprefix(" "))
            continue
        content = line.partition(" #")[0].strip()
        if not content:
            continue
        begun = True
        word, _, rest = content.partition(" ")
        reader = readers.get(word)
        if reader is None:
            known = ", ".join(readers)
            raise ScenarioSyntaxError(number, f"a line must begin with {known}, not {word!r}")
        try:
            reader(rest.strip())
        except ScenarioError as error:
            raise ScenarioSyntaxError(number, str(error)) from None
    return make(tidy_comment("\n".join(comment)))


def octets(text: str) -> bytes:
    """Return the bytes of hexadecimal digits; blanks may stand between any two bytes."""
    if not _HEX.fullmatch(text):
        raise ScenarioError(
            f"bytes must be pairs of hexadecimal digits in lower case, not {text!r}"
        )
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ScenarioError(f"bytes must be pairs of hexadecimal digits, not {text!r}") from None


def whole(text: str, least: int, most: int, name: str) -> int:
    """Return a whole number in its range."""
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise ScenarioError(f"{name} must be {least} to {most}, not {text!r}")
    return int(text)


def setting(text: str, name: str, least: int, most: int) -> int:
    """Return the number of ``name=NUMBER``."""
    start, equals, rest = text.partition("=")
    if start != name or not equals:
        raise ScenarioError(f"{name}=NUMBER is expected, not {text!r}")
    return whole(rest, least, most, name)


def check(name: str, value: int, least: int, most: int) -> None:
    """Raise ``ScenarioError`` unless a number is in its range."""
    if type(value) is not int or not least <= value <= most:
        raise ScenarioError(f"{name} must be {least} to {most}, not {value!r}")


def check_sizes(name: str, sizes: Iterable[int], most_sizes: int, most: int) -> None:
    """Raise ``ScenarioError`` unless there are few enough sizes, each of 1 to ``most``."""
    listed = tuple(sizes)
    if len(listed) > most_sizes:
        raise ScenarioError(f"there are at most {most_sizes} {name}")
    for size in listed:
        check(f"the size of {name}", size, 1, most)
