"""Ratios that are reliable on a noisy machine.

Two pieces of work are timed in turn, for a few milliseconds each, in the order A B, B A, A B …, so
that a machine that gets slower or faster favours neither. The ratio is taken for each pair: a
disturbance that is longer than a batch slows both sides of a pair. The result is the median of the
ratios with their quartiles, and the median of each side's times.

Times are those of this thread on a processor, so the time of other scheduled processes does not
count. Their use of caches and cores does; the benchmark ``noise`` shows the rest of it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import thread_time


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure. More is steadier, and takes longer."""

    batch_seconds: float = 0.005
    """How long one side of a pair runs."""
    pairs: int = 201
    runs: int = 5000
    """Executions of a campaign."""
    scenarios: int = 200
    """Number of generated scenarios, besides the seeds of the corpus, whose time is divided."""
    rounds: int = 9
    """How often each of those runs."""
    objects: int = 1_000_000
    """Objects of a large message; a multiple of a thousand."""
    large_pairs: int = 3
    """How often a large message is built, and small ones in between; at least 2."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two pieces of work side by side; times in seconds per call."""

    ours: float
    theirs: float
    ratio: float
    low: float
    high: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Comparison:
        """Return the medians, and as ``low`` and ``high`` the quartiles of the ratio."""
        ratios = [ours / theirs for ours, theirs in pairs]
        low, ratio, high = quantiles(ratios, n=4, method="inclusive")
        return cls(median(ours for ours, _ in pairs), median(b for _, b in pairs), ratio, low, high)

    def per(self, items: int) -> Comparison:
        """Return the same for one of the items of each call."""
        return Comparison(self.ours / items, self.theirs / items, self.ratio, self.low, self.high)


def compare(ours: Callable[[], object], theirs: Callable[[], object], effort: Effort) -> Comparison:
    """Time both in pairs."""
    our_calls = _calls_in_a_batch(ours, effort.batch_seconds)
    their_calls = _calls_in_a_batch(theirs, effort.batch_seconds)
    pairs = []
    # Live objects are not garbage: freezing them shortens the collections between the pairs.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for number in range(max(2, effort.pairs)):
            if number % 2:
                second = _batch(theirs, their_calls)
                first = _batch(ours, our_calls)
            else:
                first = _batch(ours, our_calls)
                second = _batch(theirs, their_calls)
            pairs.append((first, second))
            gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    return Comparison.of(pairs)


def _calls_in_a_batch(work: Callable[[], object], seconds: float) -> int:
    calls = 1
    while _batch(work, calls) * calls < seconds:
        calls *= 2
    return calls


def _batch(work: Callable[[], object], calls: int) -> float:
    """Return the seconds of one call, over ``calls`` calls."""
    start = thread_time()
    for _ in range(calls):
        work()
    return (thread_time() - start) / calls
