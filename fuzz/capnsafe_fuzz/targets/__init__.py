"""A target is something that a campaign can be run on, and all that it needs to know of its inputs.

``build`` is a program of build operations over memory with faults; ``read``, ``frame`` and
``packed`` are what arrives from somebody else. An input is called a scenario, whatever its target.
Campaigns, engines and the command know none of them: they go through the protocol (``protocol``),
and find a target by its name or by the first line of a file (``registry``).

Nothing that is imported here imports an encoder: a worker finds its target only after it has
arranged for the encoder to be instrumented.
"""

from .protocol import DEFAULT_BUDGET, Input, Judged, Target, described, measure, with_comment
from .registry import (
    DEFAULT_TARGET,
    SEQUENCE,
    TARGETS,
    About,
    UnknownTargetError,
    find_target,
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
    "Judged",
    "Sequence",
    "SequenceTarget",
    "Target",
    "UnknownTargetError",
    "described",
    "find_target",
    "inputs_of",
    "measure",
    "sequences_of",
    "single_target",
    "target_of_text",
    "with_comment",
]
