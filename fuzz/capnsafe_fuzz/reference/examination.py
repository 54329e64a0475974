"""The result of examining a message: its contents, and its problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class ProblemKind(StrEnum):
    """The kinds of problems of a message."""

    FRAMING = "framing"
    OUT_OF_BOUNDS = "out-of-bounds"
    WRONG_KIND = "wrong-kind"
    WRONG_SIZE = "wrong-size"
    SHARED_WORDS = "shared-words"
    FAR_CHAIN = "far-chain"
    DOUBLE_FAR_TAG = "double-far-tag"
    TAG_MISMATCH = "tag-mismatch"
    TEXT = "text"
    PADDING = "padding"
    LEFTOVER = "leftover"


#: Problems that leave the message readable: they concern cleanliness (P9), not contents.
UNCLEAN: Final = frozenset({ProblemKind.PADDING, ProblemKind.LEFTOVER})


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; ``segment`` and ``word`` are its place."""

    kind: ProblemKind
    segment: int
    word: int
    sentence: str
    stray: int = 0
    """For padding and leftovers: the bits of the word that are set but must not be."""


class UnreadableValue:
    """Placeholder in the tree for an unreadable value. Equal to no other value."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a name for people."""
        return "<unreadable>"


UNREADABLE: Final = UnreadableValue()


@dataclass(frozen=True, slots=True)
class Examination:
    """The contents of a message, in the model's form, and its problems."""

    tree: Any
    problems: tuple[Problem, ...]
    claimed: tuple[bytearray, ...] = field(default=(), compare=False, repr=False)
    """For each segment, one byte per word: 1 if the root reaches it."""
