"""Numbers and bytes for values, counts and indices, small ones first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

from ..scenario.program import MAX_BLOB_BYTES
from ..scenario.values import NEAR_WORDS

Picked = TypeVar("Picked")


MOST_EVEN = 256
"""Hypothesis draws all numbers of a range equally often up to this size, beyond it small ones."""


@cache
def below(end: int) -> st.SearchStrategy[int]:
    """Return a strategy for the numbers 0 to ``end`` - 1; made once, because making it is slow."""
    return st.integers(0, end - 1)


@cache
def between(least: int, most: int) -> st.SearchStrategy[int]:
    """Return a strategy for the numbers from ``least`` to ``most``; made once."""
    return st.integers(least, most)


def pick(draw: st.DrawFn, choices: Sequence[Picked]) -> Picked:
    """Draw one of these; the first is the simplest."""
    return choices[draw(below(len(choices)))]


@st.composite
def _up_to(draw: st.DrawFn, limits: tuple[int, ...]) -> int:
    return draw(between(0, pick(draw, limits)))


@cache
def up_to(*limits: int) -> st.SearchStrategy[int]:
    """Return a strategy for the numbers from 0 to one of the limits; repeat the usual ones."""
    return _up_to(limits)


#: Lengths of texts and data, in bytes: mostly near a multiple of a word.
SIZES = st.sampled_from(sorted((*NEAR_WORDS * 6, *range(64), MAX_BLOB_BYTES // 2, MAX_BLOB_BYTES)))
