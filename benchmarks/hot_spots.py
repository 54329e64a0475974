"""Where plain Python spends the time of the budgets that it misses or just meets: B1 to B4, B6.

``python -m benchmarks.hot_spots`` prints a table for each, as in ``docs/benchmarks.md``. A profiler
makes calls more expensive, so its shares show where to look, not how long it takes. Calls and
bytecodes are counted, and do not depend on the load of the machine.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeAlias

from capnsafe import FixedAllocator, HeapAllocator, MessageBuilder

from .address_book import FIRST_WORDS, build_with_capnsafe
from .bulk import NUMBERS, buffer_for, lend_numbers
from .encoders import FIELDS, set_fields_with_capnsafe
from .growth import FEW, OBJECTS_A_SEGMENT, WORDS_AN_OBJECT, build
from .memory import SMALL_WORDS, MovingAllocator

SHOWN = 8

#: A function by its (file, first line, name), as in pstats.
Function: TypeAlias = "tuple[str, int, str]"


@dataclass(frozen=True, slots=True)
class Spot:
    """One piece of work to examine."""

    title: str
    work: Callable[[], object]
    times: int
    """How often it runs under the profiler."""
    items: int = 1
    """How many operations it has, if it is counted by the operation."""


def spots() -> Iterator[Spot]:
    """Yield the pieces of work."""
    with MessageBuilder() as message:
        struct = message.init_root(1, 4)
        yield Spot("B1: one field", lambda: set_fields_with_capnsafe(struct), 1000, FIELDS)
    yield Spot(
        "B2: an address book",
        lambda: build_with_capnsafe(HeapAllocator(segment_words=FIRST_WORDS)).close(),
        3000,
    )
    values = array("Q", range(NUMBERS))
    buffer = buffer_for(values)
    yield Spot(
        "B3: a million numbers by init_list and lend",
        lambda: lend_numbers(FixedAllocator(buffer), values),
        200,
    )
    for words, where in (
        (FEW * WORDS_AN_OBJECT, "in one segment"),
        (OBJECTS_A_SEGMENT * (WORDS_AN_OBJECT - 1), "in segments of a hundred"),
    ):
        yield Spot(
            f"B4: one of {FEW} objects {where}",
            partial(build, FEW, words),
            20,
            FEW,
        )
    for words, segments in ((FIRST_WORDS, "one segment"), (SMALL_WORDS, "segments that move")):
        yield Spot(
            f"B6: an address book in {segments}",
            partial(_book_that_moves, words),
            3000,
        )


def _book_that_moves(segment_words: int) -> None:
    build_with_capnsafe(MovingAllocator(segment_words)).close()


def _times(spot: Spot) -> dict[Function, tuple[float, float]]:
    """Return (calls, seconds in itself) for each function, in one run."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(spot.times):
        spot.work()
    profiler.disable()
    stats: Any = pstats.Stats(profiler)
    return {
        function: (entry[1] / spot.times, entry[2] / spot.times)
        for function, entry in stats.stats.items()
        if "_lsprof" not in function[2]
    }


def bytecodes(spot: Spot) -> Counter[Function]:
    """Return the bytecodes that each function itself runs, in one run."""
    counted: Counter[Function] = Counter()

    def count(code: CodeType, _: int) -> None:
        counted[code.co_filename, code.co_firstlineno, code.co_name] += 1

    spot.work()
    if sys.version_info >= (3, 12):
        monitoring = sys.monitoring
        tool = monitoring.PROFILER_ID
        monitoring.use_tool_id(tool, __name__)
        try:
            monitoring.register_callback(tool, monitoring.events.INSTRUCTION, count)
            monitoring.set_events(tool, monitoring.events.INSTRUCTION)
            spot.work()
        finally:
            monitoring.set_events(tool, 0)
            monitoring.register_callback(tool, monitoring.events.INSTRUCTION, None)
            monitoring.free_tool_id(tool)
    else:
        _trace_bytecodes(spot.work, count)
    return counted


def _trace_bytecodes(work: Callable[[], object], count: Callable[[CodeType, int], None]) -> None:
    """Do the same as ``sys.monitoring``, on Python 3.11; later, tracing misses some bytecodes."""

    def trace(frame: FrameType, event: str, _: object) -> Any:
        frame.f_trace_opcodes = True
        if event == "opcode":
            count(frame.f_code, frame.f_lasti)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)


def table(spot: Spot) -> Iterator[str]:
    """Yield the lines of a table: function, calls, bytecodes, share of the time."""
    times = _times(spot)
    counted = bytecodes(spot)
    whole = sum(seconds for _, seconds in times.values())
    yield f"| {spot.title} | calls | bytecodes | share of time |"
    yield "| --- | ---: | ---: | ---: |"
    slowest = sorted(times.items(), key=lambda item: -item[1][1])
    for function, (calls, seconds) in slowest[:SHOWN]:
        file, _, name = function
        where = f"{Path(file).stem}." if file.endswith(".py") else ""
        own = f"{counted[function] / spot.items:,.0f}" if where else ""
        yield (
            f"| `{where}{name.strip('<>')}` | {calls / spot.items:.3g} | {own} |"
            f" {seconds / whole:.0%} |"
        )
    called = sum(calls for calls, _ in times.values()) / spot.items
    run = sum(counted[function] for function in times) / spot.items
    yield f"| all of {len(times)} functions | {called:,.0f} | {run:,.0f} | 100% |"


def main() -> None:
    """Print a table for each piece of work."""
    for spot in spots():
        print("\n".join(table(spot)), end="\n\n")


if __name__ == "__main__":
    main()
