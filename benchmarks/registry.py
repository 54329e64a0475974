"""Every benchmark, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .bulk import numbers_at_once
from .campaign import campaigns
from .costs import costs_of_many
from .encoders import address_book, noise, one_field
from .generated import generated_code
from .growth import growing_messages
from .guest import into_a_guest
from .harness import division_of_time
from .measure import Effort
from .memory import moving_memory
from .reading import reading
from .results import Result


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Something that can be measured by itself."""

    id: str
    summary: str
    measure: Callable[[Effort], Iterable[Result]]
    builds: bool = True
    """Whether it measures only the encoder, so that it can also run on the compiled one."""


BENCHMARKS = {
    benchmark.id: benchmark
    for benchmark in (
        Benchmark("campaign", "executions a second of a campaign, by engine", campaigns, False),
        Benchmark("noise", "a piece of work beside itself", noise),
        Benchmark("B1", "one field, beside pycapnp", one_field),
        Benchmark("B2", "the address book, beside pycapnp", address_book),
        Benchmark("B3", "a million numbers, beside a copy of their bytes", numbers_at_once),
        Benchmark("B4", "an object of a large message, beside one of a small", growing_messages),
        Benchmark("B5", "into a guest's memory, beside a copy from the host's", into_a_guest),
        Benchmark("B6", "the address book on moving memory, beside the heap", moving_memory),
        Benchmark("B7", "how the time of an execution divides", division_of_time, False),
        Benchmark("B8", "a call among a million, beside one among a thousand", costs_of_many),
        Benchmark(
            "B9", "generated code, beside pycapnp and the calls that it makes", generated_code
        ),
        Benchmark("B10", "reading, beside pycapnp", reading),
    )
}
