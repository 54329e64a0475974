"""Ratios that hold on a noisy machine.

Two pieces of work are timed in turn, for a few milliseconds each, in the order A B, B A, A B …, so
that a machine that gets slower or faster meanwhile favours neither. The ratio is taken pair by
pair: what slows the machine for longer than a batch slows both sides of a pair. What is reported is
the median of the ratios with their quartiles, and the median of each side's times.

Time is that of this thread on a processor, so what other processes take by being scheduled instead
does not count. What they take by sharing caches and cores does; :func:`same` shows how much of it
is left.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import thread_time


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure. More of everything is steadier, and takes longer."""

    batch_seconds: float = 0.005
    """How long one side of a pair runs."""
    pairs: int = 201
    runs: int = 5000
    """Executions of a campaign."""
    scenarios: int = 200
    """Generated scenarios, besides the seeds of the corpus, whose time is divided."""
    rounds: int = 9
    """How often each of those is run."""
    objects: int = 1_000_000
    """Objects of a large message; a multiple of a thousand."""
    large_pairs: int = 3
    """How often a large message is built, and small ones beside it; at least 2."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two pieces of work side by side; times in seconds a call."""

    ours: float
    theirs: float
    ratio: float
    low: float
    high: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Comparison:
        """Answer medians, and as ``low`` and ``high`` the quartiles of the ratio."""
        ratios = [ours / theirs for ours, theirs in pairs]
        low, ratio, high = quantiles(ratios, n=4, method="inclusive")
        return cls(median(ours for ours, _ in pairs), median(b for _, b in pairs), ratio, low, high)

    def per(self, items: int) -> Comparison:
        """Answer the same for one of the items that each call dealt with."""
        return Comparison(self.ours / items, self.theirs / items, self.ratio, self.low, self.high)


def compare(ours: Callable[[], object], theirs: Callable[[], object], effort: Effort) -> Comparison:
    """Time both in pairs."""
    our_calls = _calls_in_a_batch(ours, effort.batch_seconds)
    their_calls = _calls_in_a_batch(theirs, effort.batch_seconds)
    pairs = []
    # What lives already is no garbage: without it the collections between the pairs are short.
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
    """Answer the seconds of one call, over ``calls`` calls."""
    start = thread_time()
    for _ in range(calls):
        work()
    return (thread_time() - start) / calls
