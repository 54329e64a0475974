"""B7: how the time of an execution divides between the encoder and the harness.

The executor itself measures it, without instrumentation and engine, over a fixed set of scenarios.
Each scenario runs several times, and each of its parts counts with its median.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from time import perf_counter_ns
from typing import Any

from capnsafe_fuzz.campaign.corpus import read_corpus
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.protocol import Account, Encoder, Failure, Memory, Session
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.scenario import Scenario, decode, encode, generate

from .measure import Comparison, Effort
from .results import Ratio, Share

ID = "B7"
BUDGET = 2.0
SEED = 1
TARGET = "builder"

#: The largest generated program, in operations, as in the random engine.
LARGEST = 24

NANOSECONDS = 1e-9
MICROSECONDS = 1e-3


class _Clock:
    """Stands in front of a memory, and counts the nanoseconds spent in it."""

    def __init__(self, memory: Memory) -> None:
        self._memory: Any = memory
        #: The encoder must see the same memory as without the clock.
        self.stable: bool = getattr(memory, "stable", False)
        grow = getattr(memory, "grow", None)
        self.grow: Callable[[Any, int], Any] | None = None if grow is None else self._grow
        self.spent = 0

    @property
    def keys(self) -> Any:
        """Return the keys of all grants, for operations that resume the message or read it back."""
        return self._memory.keys

    def allocate(self, minimum_words: int, /) -> Any:
        started = perf_counter_ns()
        try:
            return self._memory.allocate(minimum_words)
        finally:
            self.spent += perf_counter_ns() - started

    def segment(self, key: Any, /) -> Any:
        started = perf_counter_ns()
        try:
            return self._memory.segment(key)
        finally:
            self.spent += perf_counter_ns() - started

    def _grow(self, key: Any, minimum_words: int) -> Any:
        started = perf_counter_ns()
        try:
            return self._memory.grow(key, minimum_words)
        finally:
            self.spent += perf_counter_ns() - started

    def release(self, key: Any, words_used: int, /) -> None:
        started = perf_counter_ns()
        try:
            self._memory.release(key, words_used)
        finally:
            self.spent += perf_counter_ns() - started


class ClockedEncoder:
    """The same encoder, over memory with a clock."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.clock: _Clock | None = None

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def verifies(self) -> bool:
        return bool(getattr(self._encoder, "verifies", False))

    def session(self, memory: Memory, max_segment_words: int, **options: bool) -> Session:
        self.clock = _Clock(memory)
        return self._encoder.session(self.clock, max_segment_words, **options)

    def classify(self, error: BaseException) -> Failure:
        return self._encoder.classify(error)

    def owns(self, filename: str) -> bool:
        return self._encoder.owns(filename)

    def argument_type(self, error: BaseException) -> bool:
        return self._encoder.argument_type(error)

    def script(self, scenario: Scenario, account: Account | None = None) -> str:
        return self._encoder.script(scenario, account)


@dataclass(frozen=True, slots=True)
class Division:
    """The time of one execution, divided, in nanoseconds."""

    decode: float
    encoder: float
    """Without the time in the memory."""
    memory: float
    """The hostile allocator with its guards, faults and records."""
    oracles: float
    rest: float

    @property
    def whole(self) -> float:
        """All of it."""
        return self.decode + self.encoder + self.memory + self.oracles + self.rest

    @property
    def harness(self) -> float:
        """Return the cost of judging an execution, without the memory."""
        return self.decode + self.oracles + self.rest


def scenarios(count: int) -> list[Scenario]:
    """Return the seeds of the corpus, and ``count`` generated scenarios, always the same."""
    rng = Random(SEED)
    generated = [generate(rng, rng.randint(1, LARGEST)) for _ in range(count)]
    return [entry.scenario for entry in read_corpus(TARGET)] + generated


def division_of_time(effort: Effort) -> Iterator[Ratio | Share]:
    """Yield how the mean execution divides, and the harness compared with the encoder."""
    chosen = scenarios(effort.scenarios)
    rounds = [_one_round(chosen) for _ in range(max(2, effort.rounds))]
    typical = [_median([divisions[index] for divisions in rounds]) for index in range(len(chosen))]
    mean = _mean(typical)
    for part, time in (
        ("decoding the input", mean.decode),
        ("the encoder", mean.encoder),
        ("the hostile memory under it", mean.memory),
        ("oracles", mean.oracles),
        ("model, record and set-up", mean.rest),
    ):
        yield Share(ID, part, time * MICROSECONDS, mean.whole * MICROSECONDS)
    yield Ratio(
        ID,
        "judge an execution",
        "harness",
        "encoder and memory",
        _compare([(each.harness, each.encoder + each.memory) for each in typical]),
        BUDGET,
    )
    yield Ratio(
        ID,
        "judge an execution",
        "harness and memory",
        "encoder",
        _compare([(each.harness + each.memory, each.encoder) for each in typical]),
        BUDGET,
    )


def _one_round(chosen: Sequence[Scenario]) -> list[Division]:
    clocked = ClockedEncoder(find_encoder("capnsafe"))
    return [_divide(scenario, clocked) for scenario in chosen]


def _divide(scenario: Scenario, clocked: ClockedEncoder) -> Division:
    """Run once. All parts come from the same run, so that no part exceeds the whole.

    The time of the clock itself, a fraction of a microsecond for each call of the memory, counts as
    the encoder's.
    """
    data = encode(scenario)
    started = perf_counter_ns()
    scenario = decode(data)
    decoding = perf_counter_ns() - started
    timing = execute(scenario, clocked, timed=True).timing
    assert timing is not None
    assert clocked.clock is not None
    memory = clocked.clock.spent
    return Division(decoding, timing.encoder - memory, memory, timing.oracles, timing.rest)


def _median(divisions: Sequence[Division]) -> Division:
    return Division(
        median(each.decode for each in divisions),
        median(each.encoder for each in divisions),
        median(each.memory for each in divisions),
        median(each.oracles for each in divisions),
        median(each.rest for each in divisions),
    )


def _mean(divisions: Sequence[Division]) -> Division:
    count = len(divisions)
    return Division(
        sum(each.decode for each in divisions) / count,
        sum(each.encoder for each in divisions) / count,
        sum(each.memory for each in divisions) / count,
        sum(each.oracles for each in divisions) / count,
        sum(each.rest for each in divisions) / count,
    )


def _compare(nanoseconds: Sequence[tuple[float, float]]) -> Comparison:
    """Compare two parts: the pairs are the scenarios, so the quartiles are those among them."""
    return Comparison.of([(a * NANOSECONDS, b * NANOSECONDS) for a, b in nanoseconds])
