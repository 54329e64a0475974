"""Find the guilty line of an input: by a repair of the encoder, by evidence, or by a spectrum.

The evidence of a trace names the line that did the wrong thing, and not the one that caused it. A
small change with which the input and its variants break no promise names the cause. Many changes
do that, and most of them only avoid the mistake. So such a change, a *repair*, is tried on variants
of the input: it repairs those that break a promise, and leaves the others as they were. It is
better if evidence names its line or its function, and if its line is *suspicious*: it runs in the
variants that break a promise, and hardly in the others. Without a good repair, the evidence counts,
or else the most suspicious line. A mistake that needs a large change, or several, has no repair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from ..guilt.guilty import Guilty, Mended
from ..guilt.lines import CodeLine, plain_name
from ..guilt.repair import NEARLY, SUSPICIOUS, Repair, Variant, observed, passes_with, repairs
from ..guilt.rules import Clue
from ..guilt.spectrum import suspicion

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from .protocol import Input, Target

VARIANTS: Final = 400
"""The variants of an input that are run."""
STRANGERS: Final = 150
"""The other inputs that are run: they show what a change does elsewhere."""
MOST_FAILING: Final = 24
"""The most variants that break a promise and are run with each change."""
LEAST_SCORE: Final = 1.6
"""The least score of a repair that names the guilty line."""
MOST_ALTERED: Final = 0.05
"""The share of the variants that a kept repair may alter."""
MOST_OTHERS: Final = 5
"""The most repairs that are kept with the best one."""
MOST_SUSPECTS: Final = 6
"""The most places that are kept as suspects."""
CONVINCING: Final = 0.8
"""The share of the greatest suspicion that a line needs if evidence alone names it."""
_SEED: Final = 1


def find_guilty(
    target: Target, scenario: Input, encoder: Encoder, promise: str, *, repair: bool = True
) -> Guilty | None:
    """Return the guilty line; None if nothing points at one.

    Use it in a process of its own: the encoder is changed and run, and may do anything.

    Args:
        target: The target of the input.
        scenario: An input that breaks a promise.
        encoder: The encoder, in Python.
        promise: The promise that it is about, if several are broken.
        repair: Whether to search for repairs.
    """
    evidence, ran = target.evidence(scenario, encoder, promise)
    found: list[Repair] = []
    failing, passing = _compared(target, scenario, encoder) if repair and ran else ([], [])
    spectrum = suspicion([one.covered for one in failing], [one.covered for one in passing])
    blame = {stack[0]: spectrum.get((stack[0].path, stack[0].line), 0.0) for stack in ran}
    if failing:
        suspects = evidence.stack if evidence is not None else ()
        run = partial(target.behave, scenario, encoder)
        found = repairs(blame, suspects, run, failing[:MOST_FAILING], passing)
    return choose(evidence, found, blame)


def _compared(
    target: Target, scenario: Input, encoder: Encoder
) -> tuple[list[Variant], list[Variant]]:
    """Return similar executions that break a promise, and others; the nearest ones first.

    The first one is the input itself. There are none if it breaks no promise.
    """
    failing: list[Variant] = []
    passing: list[Variant] = []
    runs = [
        partial(target.behave, one, encoder) for one in (scenario, *_variants(target, scenario))
    ]
    for one in observed(runs, encoder.owns):
        if not failing and not one.before.fails:
            return [], []
        (failing if one.before.fails else passing).append(one)
    own = failing[0].covered if failing else frozenset()
    return failing, sorted(passing, key=lambda one: len(own ^ one.covered))


def _variants(target: Target, scenario: Input) -> Iterator[Input]:
    rng = Random(_SEED)
    for _ in range(VARIANTS):
        one = scenario
        for _ in range(rng.choice((1, 1, 2, 3))):
            one = target.mutate(one, rng)
        yield one
    for _ in range(STRANGERS):
        yield target.generate(rng)


def choose(
    evidence: Clue | None, found: Sequence[Repair], blame: Mapping[CodeLine, float]
) -> Guilty | None:
    """Return the line of the best repair, or the one that evidence or the spectrum names.

    ``blame`` has the suspicion of each line that ran.
    """
    stack = evidence.stack if evidence is not None else ()
    most = max(blame.values(), default=0.0)
    files = {frame.path: frame for frame in blame}
    scores = [one.score(stack, most) for one in found]
    if scores and scores[0] >= LEAST_SCORE:
        chosen = found[0]
        others = [
            Mended(files[one.path].file, plain_name(one.function), one.line, one.told)
            for one, score in list(zip(found, scores, strict=True))[1:]
            if score >= max(LEAST_SCORE, scores[0] - NEARLY) and one.altered <= MOST_ALTERED
        ]
        place = files[chosen.path].file, plain_name(chosen.function)
        frame = CodeLine(chosen.path, *place, chosen.line)
        return Guilty.by_change(frame, chosen.told, others[:MOST_OTHERS])
    suspects = _suspects(blame, most)
    if evidence is not None and (not most or blame.get(stack[0], 0) >= most * CONVINCING):
        return Guilty.by_evidence(stack, evidence.why, suspects)
    if not most:
        return None
    return Guilty.by_spectrum(max(blame, key=lambda frame: blame[frame]), suspects)


def _suspects(blame: Mapping[CodeLine, float], most: float) -> list[str]:
    """Return the places whose lines are nearly as suspicious as any line."""
    ranked = sorted(blame, key=lambda frame: -blame[frame])
    near = (one.place for one in ranked if most and blame[one] >= most * SUSPICIOUS)
    return list(dict.fromkeys(near))[:MOST_SUSPECTS]


def is_same_mistake(target: Target, scenario: Input, encoder: Encoder, guilty: Guilty) -> bool:
    """Return whether an input breaks no promise with a change that repairs a guilty line.

    Use it in a process of its own.
    """
    run = partial(target.behave, scenario, encoder)
    return any(passes_with(encoder.owns, one, run) for one in guilty.changes)
