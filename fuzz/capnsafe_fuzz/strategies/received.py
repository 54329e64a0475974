"""Inputs of the targets for data from outside, by their own generators."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from ..targets import Target
from .numbers import between

_CHANGES = 4
"""The most changes of a generated input: many mistakes need one that a generator seldom makes."""
_RANDOM = st.randoms(note_method_calls=False, use_true_random=False)


@st.composite
def received(draw: st.DrawFn, target: Target) -> Any:
    """Draw an input; Hypothesis makes every choice of the generator, and so can shrink it."""
    changes = draw(between(0, _CHANGES))
    random: Random = draw(_RANDOM)
    scenario = target.generate(random)
    for _ in range(changes):
        scenario = target.mutate(scenario, random)
    return scenario
