"""Greedy shrinking: take simpler inputs that still fire, one candidate at a time.

A target has one order that says which input is simpler, and yields the inputs that are a step away.
A candidate is taken if it is simpler and still fires; then the steps begin again. Shrinking ends,
because the order is well-founded, and because the budget counts executions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from ..scenario import ScenarioError

MOST_EXECUTIONS = 600
"""The budget of one input. Such inputs are small, so more executions would gain little."""

Shrunk = TypeVar("Shrunk")
Items = TypeVar("Items", bytes, tuple[Any, ...], list[Any])


def shrink(
    scenario: Shrunk,
    fires: Callable[[Shrunk], bool],
    *,
    budget: int,
    simplicity: Callable[[Shrunk], Any],
    steps: Callable[[Shrunk], Iterable[Callable[[], Shrunk]]],
) -> Shrunk:
    """Return the simplest input found; a step that makes no scenario is skipped."""
    budget = min(budget, MOST_EXECUTIONS)
    best, order = scenario, simplicity(scenario)
    asked = {scenario}
    again = True
    while again and budget > 0:
        again = False
        for make in steps(best):
            try:
                candidate = make()
            except ScenarioError:
                continue
            if candidate in asked:
                continue
            asked.add(candidate)
            candidate_order = simplicity(candidate)
            if not candidate_order < order:
                continue
            budget -= 1
            if fires(candidate):
                best, order, again = candidate, candidate_order, True
                break
            if budget <= 0:
                break
    return best


def shorter(items: Items) -> Iterator[Items]:
    """Yield a sequence without a run of its items: long runs first, from the end."""
    size = len(items)
    while size:
        for start in range(len(items) - size, -1, -size):
            yield items[:start] + items[start + size :]
        size //= 2


def lower(number: int, least: int = 0) -> list[int]:
    """Return a few smaller numbers, the smallest first, so that a number shrinks in few steps."""
    guesses = {least, least + 1, number // 16, number // 2, number * 3 // 4, number - 1}
    return sorted(guess for guess in guesses if least <= guess < number)


def lower_each(numbers: tuple[int, ...], least: int) -> Iterator[tuple[int, ...]]:
    """Yield the numbers with one of them smaller, but at least ``least``."""
    for at, number in enumerate(numbers):
        for smaller in lower(number, least):
            yield (*numbers[:at], smaller, *numbers[at + 1 :])


def plainer_bytes(data: bytes) -> Iterator[bytes]:
    """Yield the bytes with some of them zero, or smaller."""
    size = len(data)
    while size:
        for start in range(0, len(data) - size + 1, size):
            if any(data[start : start + size]):
                yield data[:start] + bytes(size) + data[start + size :]
        size //= 2
    for at, byte in enumerate(data):
        for smaller in lower(byte, 1):
            yield data[:at] + bytes((smaller,)) + data[at + 1 :]


def weight(data: bytes) -> tuple[int, int]:
    """Return how plain bytes are: few that are not zero, and small ones."""
    return len(data) - data.count(0), sum(data)
