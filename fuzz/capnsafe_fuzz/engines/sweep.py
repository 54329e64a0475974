"""The sweep: every fault at every allocator call and after every operation.

Other engines make inputs at random. A sweep runs a program once without faults, counts its calls
and operations, and lays every fault that can act at each of them, once and for ever: the target
knows which (``Target.variations``). So a sweep ends, and has tried all that it says.

:func:`sweep` does that in this process, for tests of an encoder::

    from capnsafe_fuzz.engines.sweep import sweep

    def test_no_fault_hurts_my_encoder():
        assert sweep(PROGRAM, "my_package:MyEncoder").broken == []

The command ``capnsafe sweep`` does it in several processes, which an encoder may crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..record import Violation
    from ..targets import Input, Target, Variations
    from .protocol import Cell

COSTLY_EVERY: Final = 16
"""The costly oracles are asked once in so many executions; always without a fault."""
MOST_ALIKE: Final = 2
"""Breaches of one group by one slice of a sweep that are kept; more of them are counted."""


@dataclass(frozen=True, slots=True)
class SweptBreach:
    """A promise that was broken."""

    index: int
    """The number of the input among the variations."""
    scenario: Input
    violation: Violation


@dataclass(slots=True)
class Swept:
    """The result of a sweep, or of a slice of one."""

    tried: int = 0
    """Executions."""
    acted: int = 0
    """Executions in which the fault found something to act on."""
    impossible: Counter[str] = field(default_factory=Counter)
    """How many faults cannot act in that program, by the reason; they were not tried."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many possible faults were not tried, by the reason."""
    broken: list[SweptBreach] = field(default_factory=list)
    """The first breaches of each group."""
    alike: Counter[str] = field(default_factory=Counter)
    """Number of further breaches, by their group."""
    situations: set[Cell] = field(default_factory=set)


def sweep(
    program: Input | str,
    encoder: Encoder | str = "capnsafe",
    *,
    pairs: bool = False,
    everything: bool = False,
) -> Swept:
    """Lay every single fault over a program, run each in this process, and judge it.

    Args:
        program: The program, as a scenario or its text. Faults in it are dropped.
        encoder: The encoder, or its name in the registry of encoders.
        pairs: Lay every pair of faults instead of every single one.
        everything: Try also those faults that differ little from others.

    Raises:
        ValueError: The text is no scenario, or its target has no faults.
        LookupError: There is no such encoder.
        HarnessError: The harness itself fails.
    """
    from .. import encoders, targets

    name = targets.DEFAULT_TARGET
    if isinstance(program, str):
        name = targets.target_of_text(program.encode()) or name
    target = targets.find_target(name)
    if isinstance(program, str):
        program = target.parse(program)
    if isinstance(encoder, str):
        encoder = encoders.find_encoder(encoder)
    base = target.without_faults(program)
    trace = target.trace(base, encoder)
    if trace is None:
        raise ValueError(f"an input of {target.name} has no faults")
    scope = targets.Scope.PAIRS if pairs else targets.Scope.SINGLES
    variations = target.variations(base, trace, scope, everything=everything)
    swept = sweep_slice(target, encoder, variations, range(variations.count))
    swept.impossible.update(variations.impossible)
    swept.left_out.update(variations.left_out)
    return swept


def sweep_slice(
    target: Target,
    encoder: Encoder,
    variations: Variations,
    indices: Iterable[int],
    begin: Callable[[int], object] = lambda index: None,
) -> Swept:
    """Run the variations with these numbers; ``begin`` is called with each before it runs."""
    swept = Swept()
    seen: Counter[str] = Counter()
    for index in indices:
        begin(index)
        scenario = variations.make(index)
        verdict = target.run(scenario, encoder, index % COSTLY_EVERY == 0)
        swept.tried += 1
        swept.acted += verdict.faults_fired > 0
        swept.situations |= verdict.situations
        for violation in verdict.violations:
            seen[violation.group] += 1
            if seen[violation.group] <= MOST_ALIKE:
                swept.broken.append(SweptBreach(index, scenario, violation))
            else:
                swept.alike[violation.group] += 1
    return swept
