"""Honest memories, from their records."""

from __future__ import annotations

from hypothesis import strategies as st

from ..memories import MEMORIES, MemoryKind
from ..scenario import EVERYTHING, UNLIMITED_WORDS, MemorySpec
from ..scenario.mutate import LIMITS_BEYOND_ROOT, SEGMENT_SIZES, TOTAL_SIZES
from ..scenario.scenario import BOUNDED_WORDS, MAX_MEMORY_WORDS, PLAIN_SEGMENT_WORDS
from .numbers import below, between, pick

# The plain size first: it shrinks to that.
_SEGMENT_SIZES = (
    PLAIN_SEGMENT_WORDS,
    *(words for words in SEGMENT_SIZES if words != PLAIN_SEGMENT_WORDS),
)
_TOTAL_SIZES = (
    BOUNDED_WORDS,
    *(words for words in TOTAL_SIZES if words != BOUNDED_WORDS),
)
_GROWS = (False, False, False, True)
_LIMITED = (False, False, False, True)


def kinds_of(names: tuple[str, ...]) -> tuple[MemoryKind, ...]:
    """Return the kinds of memory with these names, each as often as its weight says."""
    return tuple(kind for name in names for kind in (MEMORIES[name],) * MEMORIES[name].weight)


def draw_memory(draw: st.DrawFn, kinds: tuple[MemoryKind, ...]) -> MemorySpec:
    """Draw a kind of memory and its size."""
    kind = pick(draw, kinds)
    words = pick(draw, _SEGMENT_SIZES)
    # Drawn for every kind: Hypothesis takes examples with fewer numbers as simpler.
    grows = pick(draw, _GROWS) and kind.grows
    if not kind.bounded:
        return MemorySpec(kind.name, words, grows=grows)
    total = pick(draw, _TOTAL_SIZES)
    # Sizes at which the last object just fits, or just does not.
    total = max(1, min(total - draw(between(0, 4)) + draw(between(0, 40)), MAX_MEMORY_WORDS))
    if kind.uncut and pick(draw, (False, True)):
        words = 0
    return MemorySpec(kind.name, words, total, grows)


def draw_limit(draw: st.DrawFn) -> int:
    """Draw the longest segment that the encoder may ask for, in words; mostly unlimited."""
    if not pick(draw, _LIMITED):
        return UNLIMITED_WORDS
    if draw(below(4)):
        return EVERYTHING.words + pick(draw, LIMITS_BEYOND_ROOT)
    return draw(between(1, MAX_MEMORY_WORDS))
