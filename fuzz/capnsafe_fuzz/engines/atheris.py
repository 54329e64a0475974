"""The Atheris engine: libFuzzer, following the branches of the encoder under test.

libFuzzer chooses which input to change and keeps those that reach new counters; how an input is
changed is ours, because a flipped bit of a program is rarely a program. Most changes are made to
the scenario; some are left to libFuzzer's own mutators, which every byte string survives.

What libFuzzer would do besides is switched off: it writes no files, catches no signals, watches no
clocks, and does not count executions. The campaign's parent does all of that, and does it the same
way for every engine.
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
"""The share that puts a scenario made from nothing in an old one's place."""
CROSSED = 0.15
"""The share that crosses a scenario with one of those that reached new situations last."""
SEEDED = 0.1
"""The share that changes one of the seeds, little: libFuzzer comes back to what it found last, and
what is one change away from a seed would wait for luck."""
PARTNERS = 32
"""How many of those are remembered."""

NEVER_SECONDS = 10_000_000

_SIGNALS = ("segv", "bus", "abrt", "ill", "fpe", "int", "term", "xfsz", "usr1", "usr2")


class AtherisEngine:
    """Coverage-guided search."""

    name = "atheris"
    summary = "coverage-guided: libFuzzer with a mutator that knows scenarios"

    def missing(self) -> str | None:
        """Whether the wheel is installed; looks without importing it."""
        if importlib.util.find_spec("atheris") is not None:
            return None
        version = ".".join(map(str, sys.version_info[:2]))
        return (
            f"Atheris is not installed for this Python ({version}); its wheels are for "
            "Linux and Python 3.11 to 3.14 (pip install 'capnsafe[fuzz]')"
        )

    def instrument(self, packages: Sequence[str]) -> AbstractContextManager[object]:
        """Atheris knows top-level packages only: it compares what stands before the first dot."""
        import atheris

        manager: AbstractContextManager[object] = atheris.instrument_imports(include=list(packages))
        return manager

    def hunt(self, hunt: Hunt) -> NoReturn:
        """Hand control to libFuzzer, which never gives it back; the process ends here."""
        import atheris

        coverage = SituationCoverage(atheris.instrument_func)
        changes = Changes(atheris, hunt.target, hunt.seeds, hunt.note_fallback)

        def run(data: bytes) -> None:
            try:
                cells = hunt.execute(data)
            except EndOfRun:
                # libFuzzer has no way to be told to end; all that matters is with the parent.
                os._exit(0)
            if coverage.reach(cells):
                changes.remember(data)

        atheris.Setup(_arguments(hunt), run, custom_mutator=changes.mutate)
        atheris.Fuzz()
        raise AssertionError("libFuzzer returned")


def _arguments(hunt: Hunt) -> list[str]:
    folder = hunt.scratch / "inputs"
    folder.mkdir()
    if "," in str(folder):
        # libFuzzer cuts the list of files at commas. The descriptor stays open as long as it reads.
        folder = Path(f"/proc/self/fd/{os.open(folder, os.O_RDONLY)}")
    files: list[Path] = []
    for number, data in enumerate(hunt.seeds):
        path = folder / f"{number:06}"
        path.write_bytes(data)
        files.append(path)
    options = {
        # libFuzzer draws a seed of its own for 0, and keeps 32 bits.
        "seed": hunt.seed % (2**32 - 1) + 1,
        "reload": 0,
        "len_control": 0,
        # It cuts longer files.
        "max_len": max(MAX_INPUT_BYTES, *map(len, hunt.seeds)) if hunt.seeds else MAX_INPUT_BYTES,
        # 0 does not switch it off: Atheris then takes any execution of a second for a timeout.
        "timeout": NEVER_SECONDS,
        "rss_limit_mb": 0,
        "malloc_limit_mb": 0,
        "detect_leaks": 0,
        # What follows was measured by the situations that some thousand executions reach: smaller
        # inputs in place of larger ones, crossing with any input, many changes of one input in a
        # row and the entropic schedule each cost a tenth to a third of them.
        "reduce_inputs": 0,
        "prefer_small": 0,
        "cross_over": 0,
        "mutate_depth": 1,
        "entropic": 0,
        "artifact_prefix": f"{folder}/",
    }
    options |= {f"handle_{signal}": 0 for signal in _SIGNALS}
    if files:
        # A list, sorted: libFuzzer reads a folder in whatever order the disk has.
        listing = hunt.scratch / "inputs.list"
        listing.write_text(",".join(map(str, files)))
        options["seed_inputs"] = f"@{listing}"
    return ["capnsafe", *(f"-{name}={value}" for name, value in options.items())]


class Changes:
    """A custom mutator. An exception in it would end the campaign, so none leaves it."""

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
        """``data`` reached a new situation: cross others with it."""
        self._partners.append(data)

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        """An input like ``data``, of at most ``max_size`` bytes."""
        rng = Random(seed)
        try:
            if rng.random() >= BYTES_CHANGED:
                return self._change(data, rng)[:max_size]
        except Exception:
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
