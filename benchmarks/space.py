"""The memory of a large message besides its segments, and the additional memory of its output.

``python -m benchmarks.space`` prints it in multiples of the size of the message: a million objects
in ten thousand segments, plain and with verification, as bytes and into a file. ``tracemalloc``
measures it, so the memory of the allocator and of this file counts, too.
"""

from __future__ import annotations

import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import NamedTuple

from capnsafe import HeapAllocator, MessageBuilder

from .growth import FEW, OBJECTS_A_SEGMENT, WORDS_AN_OBJECT, fill

OBJECTS = 1_000_000


class Space(NamedTuple):
    """The memory of one message, in multiples of its size."""

    kept: float
    """Besides the segments, after building; with verification it includes the private copy."""
    as_bytes: float
    """Additional memory while ``to_bytes`` runs, including its result."""
    into_a_file: float
    """Additional memory while ``write_to`` runs."""
    segments: int


def measure(objects: int, *, verify: bool) -> Space:
    """Build a list of this many structs, a hundred per segment, and output it twice."""
    # Python keeps records of code that runs for the first time, for example after a profiler. A
    # small message makes them before anything is measured.
    _measure(FEW, verify=verify)
    return _measure(objects, verify=verify)


def _measure(objects: int, *, verify: bool) -> Space:
    words = OBJECTS_A_SEGMENT * (WORDS_AN_OBJECT - 1)
    memory = HeapAllocator(segment_words=words, growth=False)
    tracemalloc.start()
    try:
        with MessageBuilder(memory, verify=verify) as message:
            fill(message, objects)
            size = message.total_words() * 8
            segments = len(message.segment_words())
            granted = sum(sys.getsizeof(memory.segment(key)) for key in range(segments))
            built = tracemalloc.get_traced_memory()[0]

            def on_top(put_out: Callable[[], object]) -> float:
                tracemalloc.reset_peak()
                put_out()
                return (tracemalloc.get_traced_memory()[1] - built) / size

            with open(os.devnull, "wb") as file:
                return Space(
                    (built - granted) / size,
                    on_top(message.to_bytes),
                    on_top(lambda: message.write_to(file)),
                    segments,
                )
    finally:
        tracemalloc.stop()


def table(objects: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| message | segments | kept beside them | `to_bytes`, on top | `write_to`, on top |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for verify in (False, True):
        space = measure(objects, verify=verify)
        name = f"{objects} objects" + (", `verify=True`" if verify else "")
        yield (
            f"| {name} | {space.segments} | {space.kept:.2f} | {space.as_bytes:.2f} |"
            f" {space.into_a_file:.2f} |"
        )


if __name__ == "__main__":
    for line in table(OBJECTS):
        print(line, flush=True)
