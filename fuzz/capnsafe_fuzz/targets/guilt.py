"""Find the guilty line of an input: by evidence, and by a change that repairs the encoder.

The evidence alone names the line that did the wrong thing, and not the one that caused it. A small
change with which the input and its variants break no promise names the cause. So the best repairs
are compared: one at a line that the evidence names comes first, then one in a function that it
names, then one in the function that most of them change. Without a repair, the evidence counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from ..guilt.guilty import Guilty
from ..guilt.lines import CodeLine, plain_name
from ..guilt.repair import Repair, passes_with, repairs
from ..guilt.rules import Clue

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from .protocol import Input, Target

MOST_VARIANTS: Final = 48
_SEED: Final = 1
_NEARLY: Final = 0.9
"""A repair counts as one of the best if it has this share of the best score."""


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
    if repair and ran:
        latest: dict[CodeLine, int] = {}
        for at, stack in enumerate(ran):
            latest[stack[0]] = at
        variants = [partial(target.behave, one, encoder) for one in _variants(target, scenario)]
        run = partial(target.behave, scenario, encoder)
        if run().fails:
            suspects = evidence.stack if evidence is not None else ()
            found = repairs(latest, suspects, run, variants)
    return _choose(evidence, found, {stack[0].path: stack[0] for stack in ran})


def _variants(target: Target, scenario: Input) -> list[Input]:
    rng = Random(_SEED)
    variants = []
    for _ in range(MOST_VARIANTS):
        one = scenario
        for _ in range(rng.choice((1, 1, 2, 3))):
            one = target.mutate(one, rng)
        variants.append(one)
    return variants


def _choose(
    evidence: Clue | None, found: Sequence[Repair], files: dict[str, CodeLine]
) -> Guilty | None:
    best = found[0].score if found else 0
    good = [one for one in found if one.is_perfect] or [
        one for one in found if one.score >= max(1, best * _NEARLY) and not one.broken
    ]
    stack = evidence.stack if evidence is not None else ()
    if good:
        often = Counter((one.path, one.function) for one in good)

        def rank(one: Repair) -> tuple[bool, int, int, int]:
            at = next((n for n, frame in enumerate(stack) if _is_in(frame, one)), len(stack))
            on_line = any(
                frame.path == one.path and one.line <= frame.line <= one.end for frame in stack
            )
            return not on_line, at, -often[one.path, one.function], one.boldness

        chosen = min(good, key=rank)
        place = files[chosen.path].file, plain_name(chosen.function)
        return Guilty.by_change(CodeLine(chosen.path, *place, chosen.line), chosen.told)
    return None if evidence is None else Guilty.by_evidence(stack, evidence.why)


def is_same_mistake(target: Target, scenario: Input, encoder: Encoder, guilty: Guilty) -> bool:
    """Return whether an input breaks no promise with the change that repairs a guilty line.

    Use it in a process of its own.
    """
    return passes_with(encoder.owns, guilty, partial(target.behave, scenario, encoder))


def _is_in(frame: CodeLine, repair: Repair) -> bool:
    return frame.path == repair.path and frame.function.startswith(plain_name(repair.function))
