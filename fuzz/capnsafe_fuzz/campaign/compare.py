"""Run the same programs and faults on several encoders, and count the fates of the messages.

A program is first run without a fault. A fault counts for an encoder only if it fired, and if the
encoder built the program right without it. So a cell of the table shows the effects of the faults
of one family, and nothing else. The programs are the same for all encoders, and the result depends
only on the seed.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from random import Random
from typing import TYPE_CHECKING, Any, Final

from capnsafe_allocators import FAMILIES, Family, Fault, When

from ..encoders.driven.encoder import DrivenEncoder
from ..encoders.driven.process import DriverFailedError
from ..execution.fate import Ending, Fate, end_of
from ..scenario import Scenario, generate, print_scenario
from ..scenario.scenario import PLAIN_MEMORY
from ..targets.builder.shrink import shrink, simplicity
from .failures import EnvironmentFailedError
from .targets import find_encoder

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder

NO_FAULT: Final = "no fault"
"""The name of the cell for programs without faults, in place of a family."""
DEFAULT_RUNS: Final = 40
DEFAULT_BUDGET: Final = 60
"""Executions to shrink the program of one cell."""
HANGS: Final = 8
"""Executions to shrink a program that hangs, each of which takes seconds."""
PATIENCE_SECONDS: Final = 60.0
"""Seconds that a driver has for one line: so many that a busy machine does not change the table."""
LARGEST: Final = 16
"""The largest number of operations in a program."""
_SMALLEST_SEGMENTS: Final = (1, 2, 8, 36, 40, 64, 256, 1024)
_PERSISTENT: Final = 0.25


@dataclass(slots=True)
class Cell:
    """The results of one encoder with the faults of one family."""

    fates: Counter[Fate] = field(default_factory=Counter)
    simplest: dict[Fate, Scenario] = field(default_factory=dict)
    """The simplest scenario for each fate but KEPT."""
    endings: Counter[str] = field(default_factory=Counter)
    """The signals and exit codes of processes that ended."""

    def note(self, ending: Ending, scenario: Scenario) -> None:
        """Count one execution."""
        fate = ending.fate
        self.fates[fate] += 1
        if ending.how:
            self.endings[ending.how] += 1
        if fate is not Fate.KEPT:
            best = self.simplest.get(fate)
            if best is None or simplicity(scenario) < simplicity(best):
                self.simplest[fate] = scenario


@dataclass(slots=True)
class Row:
    """The results of one encoder."""

    encoder: str
    library: str
    version: str
    language: str
    takes_memory: bool
    """Whether it builds in memory from outside. Otherwise no fault can act."""
    demands: dict[str, tuple[str, str]]
    """The demands of its documentation on memory: (quoted text, its place), by their names."""
    cells: dict[str, Cell] = field(default_factory=dict)
    """By family; NO_FAULT for the programs without faults."""
    unsupported: Counter[str] = field(default_factory=Counter)
    """For each operation and fault that it does not support, the number of programs with it."""

    def excludes(self, family: str) -> bool:
        """Return whether its documentation excludes memory with the faults of a family."""
        return family in FAMILIES and FAMILIES[family].demand in self.demands


@dataclass(slots=True)
class Comparison:
    """The whole table."""

    seed: int
    runs: int
    rows: list[Row]

    @property
    def families(self) -> list[str]:
        """Return NO_FAULT, and the families of which a fault fired on some encoder."""
        fired = {name for row in self.rows for name, cell in row.cells.items() if cell.fates}
        return [NO_FAULT, *(name for name in FAMILIES if name in fired)]

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "format": 1,
            "seed": self.seed,
            "runs": self.runs,
            "python": platform.python_version(),
            "families": self.families,
            "encoders": [
                {
                    "encoder": row.encoder,
                    "library": row.library,
                    "version": row.version,
                    "language": row.language,
                    "takes_memory": row.takes_memory,
                    "demands": {
                        name: {"text": text, "place": place}
                        for name, (text, place) in row.demands.items()
                    },
                    "unsupported": dict(sorted(row.unsupported.items())),
                    "cells": {
                        name: {
                            "fates": {str(fate): cell.fates[fate] for fate in Fate},
                            "endings": dict(sorted(cell.endings.items())),
                            "simplest": {
                                str(fate): print_scenario(one)
                                for fate, one in sorted(cell.simplest.items())
                            },
                        }
                        for name, cell in row.cells.items()
                    },
                }
                for row in self.rows
            ],
        }


def compare(
    names: Sequence[str],
    *,
    runs: int = DEFAULT_RUNS,
    seed: int = 1,
    budget: int = DEFAULT_BUDGET,
    say: Callable[[str], None] = lambda sentence: None,
) -> Comparison:
    """Run ``runs`` programs, each without a fault and with one of each family, on every encoder.

    Args:
        names: The encoders.
        runs: The number of programs.
        seed: The seed of programs and faults.
        budget: The executions to shrink the program of each cell; 0 to shrink none.
        say: Called with a sentence when an encoder is done.

    Raises:
        EnvironmentFailedError: If a driver cannot be started.
    """
    programs = [_program(Random(f"{seed} program {number}")) for number in range(runs)]
    rows = []
    for name in names:
        encoder = find_encoder(name)
        row = _row_of(name, encoder)
        if isinstance(encoder, DrivenEncoder):
            encoder.processes.wait_seconds = PATIENCE_SECONDS
        rows.append(row)
        for number, program in enumerate(programs):
            _run_all(row, encoder, program, seed, number)
        for family, cell in row.cells.items():
            for fate, found in sorted(cell.simplest.items()):
                # Each execution that hangs takes seconds.
                most = min(budget, HANGS) if fate is Fate.HUNG else budget
                cell.simplest[fate] = _shrunk(encoder, found, fate, family, most)
        if isinstance(encoder, DrivenEncoder):
            encoder.processes.close()
        say(f"{name}: {sum(sum(cell.fates.values()) for cell in row.cells.values())} executions")
    return Comparison(seed, runs, rows)


def _run_all(row: Row, encoder: Encoder, program: Scenario, seed: int, number: int) -> None:
    """Run one program without a fault, and with one fault of each family."""
    plain = end_of(program, encoder)
    row.unsupported.update(plain.unsupported)
    row.cells.setdefault(NO_FAULT, Cell()).note(plain, program)
    if plain.fate is not Fate.KEPT or not row.takes_memory:
        return
    for family in FAMILIES.values():
        fault = _fault(family, Random(f"{seed} {family.name} {number}"), len(program.operations))
        scenario = replace(program, faults=(fault,))
        ending = end_of(scenario, encoder)
        row.unsupported.update(ending.unsupported - plain.unsupported)
        if ending.fired:
            row.cells.setdefault(family.name, Cell()).note(ending, scenario)


def _row_of(name: str, encoder: Encoder) -> Row:
    if not isinstance(encoder, DrivenEncoder):
        return Row(name, name, version("capnsafe"), "Python", True, {})
    try:
        hello = encoder.check()
    except DriverFailedError as error:
        raise EnvironmentFailedError(f"{name} cannot be compared: {error}") from error
    demands = {demand.name: (demand.text, demand.place) for demand in hello.demands.values()}
    takes_memory = "memory" in hello.able
    return Row(name, hello.library, hello.version, hello.language, takes_memory, demands)


def _program(rng: Random) -> Scenario:
    """Return a program over plain memory, without faults. Encoders that can verify do so."""
    found = generate(rng, rng.randint(2, LARGEST))
    memory = replace(PLAIN_MEMORY, segment_words=rng.choice(_SMALLEST_SEGMENTS))
    return Scenario(memory=memory, operations=found.operations, verify=True)


def _fault(family: Family, rng: Random, operations: int) -> Fault:
    """Return a fault of the family, at a moment that most libraries reach."""
    name = rng.choice(list(family.kinds))
    kind = family.kinds[name]
    # Libraries that keep pointers rarely call memory. So choose one of the first calls, or a moment
    # between two operations.
    when = rng.choice(family.moments)
    if when is When.GROW:
        when = When.ANY if When.ANY in family.moments else When.ALLOCATE
    number = rng.randrange(max(1, operations)) if when is When.AFTER else rng.randint(1, 4)
    segment = rng.randrange(3) if kind.takes_segment else 0
    amount = 0
    if kind.takes_amount:
        amount = rng.choice(kind.swept_amounts) if kind.swept_amounts else rng.randrange(48)
    return Fault(family.name, name, when, number, rng.random() < _PERSISTENT, segment, amount)


def _shrunk(encoder: Encoder, scenario: Scenario, fate: Fate, family: str, budget: int) -> Scenario:
    """Return a simpler scenario with the same fate, and with a fault of the same family."""
    faulty = family != NO_FAULT

    def fires(candidate: Scenario) -> bool:
        if bool(candidate.faults) != faulty or any(f.family != family for f in candidate.faults):
            return False
        if faulty and end_of(replace(candidate, faults=()), encoder).fate is not Fate.KEPT:
            return False
        return end_of(candidate, encoder).fate is fate

    return shrink(scenario, fires, budget=budget) if budget else scenario
