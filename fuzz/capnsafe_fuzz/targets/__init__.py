"""Targets: each is one kind of input for campaigns, with the code that runs and judges it.

``builder`` is a program of build operations over memory with faults; ``reader`` and
``stream`` take data from outside. An input is called a scenario, whatever its target. Campaigns,
engines and the command know no target: they use the protocol (``protocol``), and find a target by
its name or by the first line of a file (``registry``).

Nothing that is imported here imports an encoder, because a worker finds its target before the
encoder can be instrumented.
"""

from .protocol import (
    DEFAULT_BUDGET,
    Input,
    Scope,
    Target,
    Variations,
    described,
    measure,
    with_comment,
)
from .registry import (
    DEFAULT_TARGET,
    SEQUENCE,
    TARGETS,
    About,
    UnknownTargetError,
    current_name,
    find_target,
    names_of,
    sequences_of,
    single_target,
    target_of_text,
)
from .sequence import Sequence, SequenceTarget, inputs_of

__all__ = [
    "DEFAULT_BUDGET",
    "DEFAULT_TARGET",
    "SEQUENCE",
    "TARGETS",
    "About",
    "Input",
    "Scope",
    "Sequence",
    "SequenceTarget",
    "Target",
    "UnknownTargetError",
    "Variations",
    "current_name",
    "described",
    "find_target",
    "inputs_of",
    "measure",
    "names_of",
    "sequences_of",
    "single_target",
    "target_of_text",
    "with_comment",
]
