"""The random engine: the baseline that every other engine must beat.

It needs only Python. It keeps the inputs that reached a new situation, and mostly changes those; a
share of its executions runs newly generated scenarios. If the encoder's driver reports which code
ran, the engine keeps the inputs that reached new code, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from random import Random

from .protocol import MAX_INPUT_BYTES, Cell, EndOfRun, Hunt

FRESH = 0.1
"""The share of executions of newly generated scenarios."""
CROSSED = 0.15
"""The share that crosses two kept scenarios."""
SEEDED = 0.1
"""The share that changes a seed a little. Otherwise other kept inputs would crowd out the seeds."""
RECENT = 0.5
"""How often the scenario to change is one of the latest."""
RECENT_COUNT = 16


class RandomEngine:
    """Changes kept scenarios at random."""

    name = "random"
    summary = "mutates scenarios that reached new situations; needs no instrumentation"

    def missing(self) -> str | None:
        """Return None: it runs everywhere."""
        return None

    def instrument(self, packages: Sequence[str]) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def hunt(self, hunt: Hunt) -> None:
        """Run the seeds, unless earlier hunts did that; then change kept inputs."""
        rng = Random(hunt.seed)
        kept: list[bytes] = list(hunt.kept)
        seen: set[Cell] = set(hunt.known)

        def run(data: bytes) -> None:
            cells = hunt.execute(data)
            if not seen.issuperset(cells) or hunt.covers_new():
                seen.update(cells)
                kept.append(data)

        try:
            for seed in () if hunt.kept else hunt.seeds:
                run(seed)
            while True:
                run(_next(kept, rng, hunt))
        except EndOfRun:
            return


def _next(kept: Sequence[bytes], rng: Random, hunt: Hunt) -> bytes:
    target = hunt.target
    try:
        luck = rng.random()
        if not kept or luck < FRESH:
            return target.encode(target.generate(rng))[:MAX_INPUT_BYTES]
        if luck < FRESH + SEEDED and hunt.seeds:
            seed = target.decode(rng.choice(hunt.seeds))
            return target.encode(target.mutate(seed, rng))[:MAX_INPUT_BYTES]
        scenario = target.decode(_pick(kept, rng))
        if luck < FRESH + SEEDED + CROSSED:
            scenario = target.crossover(scenario, target.decode(_pick(kept, rng)), rng)
        for _ in range(rng.choice((1, 1, 2, 4))):
            scenario = target.mutate(scenario, rng)
        return target.encode(scenario)[:MAX_INPUT_BYTES]
    except Exception:
        # A mutator that fails must not end a long campaign; it is counted and reported.
        hunt.note_fallback()
        return rng.randbytes(rng.randint(1, 256))


def _pick(kept: Sequence[bytes], rng: Random) -> bytes:
    """Draw two inputs and return the shorter one, because kept inputs would grow endlessly.

    A longer scenario reaches more situations, so it is kept more often, but takes longer to run.
    """
    recent = kept[-RECENT_COUNT:] if rng.random() < RECENT else kept
    return min(rng.choice(recent), rng.choice(recent), key=len)
