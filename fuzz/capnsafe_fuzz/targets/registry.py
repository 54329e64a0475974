"""Every target by its name, and by the first line of a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .protocol import Target

MAGIC: Final = "capnsafe "
"""The beginning of the first line of every text."""

_MOST_FIRST_LINE: Final = 80


class UnknownTargetError(LookupError):
    """There is no target with this name; the message lists the targets."""


@dataclass(frozen=True, slots=True)
class About:
    """A target, described without importing it."""

    name: str
    title: str
    """The word that names it in a text's first line: ``capnsafe TITLE 1``."""
    summary: str
    former_names: tuple[str, ...]
    """Names under which earlier versions knew it. Commands and files may still use them."""
    forms: tuple[str, ...] = ()
    """Words that stand for ``title`` in a text's first line, if inputs have several forms."""


_EVERY: Final = (
    About(
        "builder",
        "scenario",
        "a program of build operations, over an allocator with faults",
        ("build",),
    ),
    About("reader", "read", "hostile segments for the reader, and all questions to it", ("read",)),
    About(
        "stream",
        "stream",
        "bytes for the readers of message streams, framed or packed, and back again",
        ("frame", "packed"),
        ("frame", "packed"),
    ),
    About(
        "values",
        "values",
        "the programs of builder, run by generated code; copies go through values",
        (),
    ),
)

TARGETS: Final = {about.name: about for about in _EVERY}

_RENAMED: Final = {former: about.name for about in _EVERY for former in about.former_names}

SEQUENCE: Final = "-sequence"
"""Suffix of the name of a target of sequences, and the word in its texts."""

DEFAULT_TARGET: Final = _EVERY[0].name
"""The target of bytes that do not name one."""


def current_name(name: str) -> str:
    """Return the present name of a target for a former one; any other name unchanged."""
    single = name.removesuffix(SEQUENCE)
    return _RENAMED.get(single, single) + name[len(single) :]


def names_of(name: str) -> tuple[str, ...]:
    """Return the name of a target and its former names; folders may have any of them."""
    return (name, *TARGETS[name].former_names)


@cache
def find_target(name: str) -> Target:
    """Return the target of this name; always the same object. Import its modules.

    ``NAME-sequence`` is the target of sequences of the target NAME. A former name is as good.

    Raises:
        UnknownTargetError: There is none.
    """
    if name != current_name(name):
        return find_target(current_name(name))
    about = TARGETS.get(name.removesuffix(SEQUENCE))
    if about is None:
        raise UnknownTargetError(f"no target named {name!r}; there is {', '.join(TARGETS)}")
    if name != about.name:
        from .sequence import SequenceTarget

        titles = [f"{title}{SEQUENCE}" for title in (about.title, *about.forms)]
        return SequenceTarget(find_target(about.name), name, titles)
    target: Target = import_module(f"{__package__}.{name}").TARGET
    return target


def sequences_of(name: str) -> str:
    """Return the name of the target of a target's sequences."""
    return f"{name}{SEQUENCE}"


def single_target(name: str) -> str:
    """Return the target's own name, or, for a target of sequences, that of their inputs."""
    return name.removesuffix(SEQUENCE)


def target_of_text(data: bytes) -> str | None:
    """Return the name of the target that the first line of a text names; None if it names none."""
    start = data[:_MOST_FIRST_LINE].decode("utf-8-sig", errors="replace")
    words = start.replace("\r", "\n").lstrip("\n").partition("\n")[0].rstrip().split(" ")
    if len(words) != 3 or words[0] != MAGIC.strip() or not words[2].isdigit():
        return None
    title = words[1].removesuffix(SEQUENCE)
    ending = words[1][len(title) :]
    return next((a.name + ending for a in _EVERY if title in (a.title, *a.forms)), None)
