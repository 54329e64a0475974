"""Where the time of B2 goes: the functions that building the address book spends its time in.

``python -m benchmarks.hot_spots`` prints them as the table that ``docs/benchmarks.md`` shows. A
profiler makes calls dearer than they are, so the shares say where to look, not how long it takes.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capnsafe import HeapAllocator

from .address_book import FIRST_WORDS, build_with_capnsafe

TIMES = 3000
SHOWN = 12


def _times() -> dict[tuple[str, int, str], tuple[int, float]]:
    """Answer (calls, seconds of its own) for each (file, line, function)."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(TIMES):
        build_with_capnsafe(HeapAllocator(segment_words=FIRST_WORDS)).close()
    profiler.disable()
    stats: Any = pstats.Stats(profiler)
    return {function: (entry[1], entry[2]) for function, entry in stats.stats.items()}


def table() -> Iterator[str]:
    """Yield the lines of a table: function, calls in one book, its share of the time."""
    times = _times()
    whole = sum(seconds for _, seconds in times.values())
    yield "| function | calls | share of time |"
    yield "| --- | ---: | ---: |"
    slowest = sorted(times.items(), key=lambda item: -item[1][1])
    for (file, _, name), (calls, seconds) in slowest[:SHOWN]:
        where = f"{Path(file).stem}." if file.endswith(".py") else ""
        yield f"| `{where}{name.strip('<>')}` | {calls / TIMES:.0f} | {seconds / whole:.0%} |"
    called = sum(calls for calls, _ in times.values()) / TIMES
    yield f"| all of {len(times)} functions | {called:.0f} | 100% |"


if __name__ == "__main__":
    print("\n".join(table()))
