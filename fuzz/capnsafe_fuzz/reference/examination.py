"""What examining a message comes to: what it says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class ProblemKind(StrEnum):
    """What can be wrong with a message."""

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


#: Problems that leave the message readable: they are about cleanliness (P9), not about meaning.
UNCLEAN: Final = frozenset({ProblemKind.PADDING, ProblemKind.LEFTOVER})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; ``segment`` and ``word`` say where it was met."""

    kind: ProblemKind
    segment: int
    word: int
    sentence: str
    stray: int = 0
    """Of padding and leftovers: the bits of the word that are set and must not be."""


class UnreadableValue:
    """Stands in the tree for a value that could not be read. Equal to nothing else."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Say so to people."""
        return "<unreadable>"


UNREADABLE: Final = UnreadableValue()


@dataclass(frozen=True, slots=True)
class Examination:
    """What a message says, in the model's own form, and what is wrong with it."""

    tree: Any
    problems: tuple[Problem, ...]
    claimed: tuple[bytearray, ...] = field(default=(), compare=False, repr=False)
    """For each segment, a byte for each word: 1 if the root reaches it."""
