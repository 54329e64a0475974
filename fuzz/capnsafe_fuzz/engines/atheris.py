"""The Atheris engine: libFuzzer, following the branches of the encoder under test.

libFuzzer chooses which input to change, and keeps inputs that reach new counters. This module
changes the inputs, because a program with a flipped bit is rarely a program. Most changes apply to
the scenario; some are left to libFuzzer's own mutators, because every byte string can be decoded.

Everything else that libFuzzer does is switched off: it writes no files, catches no signals, watches
no clocks, and does not count executions. The campaign's parent does that in the same way for every
engine.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

from .protocol import MAX_INPUT_BYTES, EndOfRun, Hunt
from .situations import SituationCoverage

if TYPE_CHECKING:
    from ..targets import Target

BYTES_CHANGED = 0.05
"""The share of changes left to libFuzzer's own mutators."""
FRESH = 0.1
"""The share that replaces a scenario by a newly generated one."""
CROSSED = 0.15
"""The share that crosses a scenario with one that reached a new situation recently."""
SEEDED = 0.1
"""The share that changes one of the seeds a little.

libFuzzer prefers its latest inputs, so it would rarely find a situation that is one change away
from a seed.
"""
PARTNERS = 32
"""How many recent scenarios are remembered."""
SAMPLED = 0.125
"""The share of a hunt that runs inputs of earlier hunts.

libFuzzer changes only inputs that it has run. To run all of them would leave a short hunt no time.
"""

NEVER_SECONDS = 10_000_000

_SIGNALS = ("segv", "bus", "abrt", "ill", "fpe", "int", "term", "xfsz", "usr1", "usr2")


class AtherisEngine:
    """Coverage-guided search."""

    name = "atheris"
    summary = "coverage-guided: libFuzzer with a mutator for scenarios"

    def missing(self) -> str | None:
        """Return why Atheris cannot run here, without importing it; None if it can."""
        if importlib.util.find_spec("atheris") is not None:
            return None
        version = ".".join(map(str, sys.version_info[:2]))
        return (
            f"Atheris is not installed for this Python ({version}); its wheels are for "
            "Linux and Python 3.11 to 3.14 (pip install 'capnsafe[fuzz]')"
        )

    def instrument(self, packages: Sequence[str]) -> AbstractContextManager[object]:
        """Instrument top-level packages; Atheris compares names up to the first dot."""
        import atheris

        manager: AbstractContextManager[object] = atheris.instrument_imports(include=list(packages))
        return manager

    def hunt(self, hunt: Hunt) -> NoReturn:
        """Hand control to libFuzzer, which never returns; the process ends here."""
        import atheris

        coverage = SituationCoverage(atheris.instrument_func)
        changes = Changes(atheris, hunt.target, hunt.seeds, hunt.note_fallback)
        for data in hunt.kept[-PARTNERS:]:
            changes.remember(data)

        def run(data: bytes) -> None:
            try:
                cells = hunt.execute(data)
            except EndOfRun:
                # libFuzzer cannot be asked to end; the parent has all results already.
                os._exit(0)
            if coverage.reach(cells) and not hunt.known.issuperset(cells):
                changes.remember(data)

        atheris.Setup(_arguments(hunt, first_inputs(hunt)), run, custom_mutator=changes.mutate)
        atheris.Fuzz()
        raise AssertionError("libFuzzer returned")


def first_inputs(hunt: Hunt) -> Sequence[bytes]:
    """Return the inputs that run first: the seeds, or a sample of all that earlier hunts ran."""
    if not hunt.kept:
        return hunt.seeds
    every = list(dict.fromkeys([*hunt.seeds, *hunt.kept]))
    most = len(every) if hunt.runs is None else max(1, int(hunt.runs * SAMPLED))
    if len(every) <= most:
        return every
    chosen = Random(hunt.seed).sample(range(len(every)), most)
    return [every[place] for place in sorted(chosen)]


def _arguments(hunt: Hunt, seeds: Sequence[bytes]) -> list[str]:
    folder = hunt.scratch / "inputs"
    folder.mkdir()
    if "," in str(folder):
        # libFuzzer splits the list of files at commas. The descriptor stays open while it reads.
        folder = Path(f"/proc/self/fd/{os.open(folder, os.O_RDONLY)}")
    files: list[Path] = []
    for number, data in enumerate(seeds):
        path = folder / f"{number:06}"
        path.write_bytes(data)
        files.append(path)
    options = {
        # libFuzzer replaces seed 0 by one of its own, and keeps 32 bits.
        "seed": hunt.seed % (2**32 - 1) + 1,
        "reload": 0,
        "len_control": 0,
        # libFuzzer truncates longer files.
        "max_len": max(MAX_INPUT_BYTES, *map(len, seeds)) if seeds else MAX_INPUT_BYTES,
        # 0 does not switch it off: Atheris then treats an execution of a second as a timeout.
        "timeout": NEVER_SECONDS,
        "rss_limit_mb": 0,
        "malloc_limit_mb": 0,
        "detect_leaks": 0,
        # Measured by the situations that some thousand executions reach: preferring smaller inputs,
        # crossing with any input, many changes of one input in a row and the entropic schedule each
        # cost a tenth to a third of them.
        "reduce_inputs": 0,
        "prefer_small": 0,
        "cross_over": 0,
        "mutate_depth": 1,
        "entropic": 0,
        "artifact_prefix": f"{folder}/",
    }
    options |= {f"handle_{signal}": 0 for signal in _SIGNALS}
    if files:
        # A sorted list: libFuzzer reads a folder in the order of the disk.
        listing = hunt.scratch / "inputs.list"
        listing.write_text(",".join(map(str, files)))
        options["seed_inputs"] = f"@{listing}"
    return ["capnsafe", *(f"-{name}={value}" for name, value in options.items())]


class Changes:
    """A custom mutator. It raises nothing, because an exception would end the campaign."""

    def __init__(
        self,
        atheris: Any,
        target: Target,
        seeds: Sequence[bytes] = (),
        note_fallback: Callable[[], None] = lambda: None,
    ) -> None:
        self._atheris = atheris
        self._target = target
        self._seeds = seeds
        self._note_fallback = note_fallback
        self._partners: deque[bytes] = deque(maxlen=PARTNERS)

    def remember(self, data: bytes) -> None:
        """Remember ``data``, which reached a new situation, to cross others with it."""
        self._partners.append(data)

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        """Return an input similar to ``data``, of at most ``max_size`` bytes."""
        rng = Random(seed)
        try:
            if rng.random() >= BYTES_CHANGED:
                return self._change(data, rng)[:max_size]
        except Exception:
            # A mutator that fails must not end a long campaign; it is counted and reported.
            self._note_fallback()
        changed: bytes = self._atheris.Mutate(data or b"\0", max_size)
        return changed

    def _change(self, data: bytes, rng: Random) -> bytes:
        target = self._target
        luck = rng.random()
        if luck < FRESH:
            return target.encode(target.generate(rng))
        if luck < FRESH + SEEDED and self._seeds:
            return target.encode(target.mutate(target.decode(rng.choice(self._seeds)), rng))
        scenario = target.decode(data)
        if luck < FRESH + SEEDED + CROSSED and self._partners:
            scenario = target.crossover(scenario, target.decode(rng.choice(self._partners)), rng)
        for _ in range(rng.choice((1, 2, 4, 8))):
            scenario = target.mutate(scenario, rng)
        return target.encode(scenario)
