"""Ratios that hold on a noisy machine.

Two pieces of work are timed in turn, A B A B …, each for about ``BATCH_SECONDS``, and the ratio is
taken pair by pair. What is reported is the median of the ratios, and of each side's times.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

BATCH_SECONDS = 0.02
PAIRS = 41


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two pieces of work side by side; times in seconds a call."""

    ours: float
    theirs: float
    ratio: float
    low: float
    high: float


def compare(ours: Callable[[], object], theirs: Callable[[], object]) -> Comparison:
    """Time both in pairs; ``low`` and ``high`` are the quartiles of the ratio."""
    our_calls = _calls_in_a_batch(ours)
    their_calls = _calls_in_a_batch(theirs)
    pairs = []
    gc.disable()
    try:
        for _ in range(PAIRS):
            pairs.append((_batch(ours, our_calls), _batch(theirs, their_calls)))
            gc.collect()
    finally:
        gc.enable()
    ratios = sorted(a / b for a, b in pairs)
    return Comparison(
        ours=median(a for a, _ in pairs),
        theirs=median(b for _, b in pairs),
        ratio=median(ratios),
        low=ratios[PAIRS // 4],
        high=ratios[-1 - PAIRS // 4],
    )


def _calls_in_a_batch(work: Callable[[], object]) -> int:
    calls = 1
    while _batch(work, calls) * calls < BATCH_SECONDS:
        calls *= 2
    return calls


def _batch(work: Callable[[], object], calls: int) -> float:
    """Answer the seconds of one call, over ``calls`` calls."""
    start = perf_counter()
    for _ in range(calls):
        work()
    return (perf_counter() - start) / calls
