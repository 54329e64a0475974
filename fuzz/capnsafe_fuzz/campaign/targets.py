"""Targets and encoders by the names that people type, and what stands behind them.

An encoder is named as the registry of encoders has it (``capnsafe``, ``planted:NAME``), or as
``MODULE:ATTRIBUTE``: the attribute is an encoder, or is called without arguments and answers one.
That is how one's own encoder is put to the test without touching this project.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Verdict
    from ..scenario import Scenario

CLEAN_ENCODER = "capnsafe"
"""The encoder that a finding about any other encoder must spare, to count."""

PLANTED = "planted"
"""What the names of encoders with planted bugs begin with."""
HARNESS = __name__.partition(".")[0]
"""The package that is never instrumented."""

MEMORIES = {
    "heap": "capnsafe.memory.HeapAllocator: each grant a bytearray of its own",
    "stable": "the heap as well, with the promise that segments stay: few faults, other code",
    "fixed": "capnsafe.memory.FixedAllocator: grants cut from one buffer, which may run out",
}
"""The honest memories under the faults, as ``--allocator`` names them."""


FIXED_WORDS = 256
"""The size of the buffer that takes the place of a heap, in words; a segment fits in any case."""


class UnknownNameError(Exception):
    """A target, encoder, engine or allocator of that name does not exist; says what there is."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a campaign can be run on."""

    name: str
    summary: str
    run: Callable[[Scenario, Encoder, bool], Verdict]
    """Run one scenario and judge it; True asks the costly oracles too."""


def _build(scenario: Scenario, encoder: Encoder, costly: bool) -> Verdict:
    from ..execution import execute

    return execute(scenario, encoder, costly=costly)


TARGETS = {
    target.name: target
    for target in (
        Target("build", "a program of build operations, over an allocator with faults", _build),
    )
}


def find_target(name: str) -> Target:
    """The target of that name."""
    try:
        return TARGETS[name]
    except KeyError:
        raise UnknownNameError(_unknown("target", name, TARGETS)) from None


def find_encoder(name: str) -> Encoder:
    """The encoder of that name, from the registry or from anywhere."""
    from .. import encoders

    if name in encoders.encoder_names():
        return encoders.find_encoder(name)
    module_name, colon, attribute = name.partition(":")
    if not colon or module_name == PLANTED:
        raise UnknownNameError(_unknown("encoder", name, encoder_summaries()))
    # A console script does not look in the current folder, where one's own encoder is.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UnknownNameError(f"no encoder {name!r}: {error}") from error
    encoder: Encoder = found if hasattr(found, "session") else found()
    return encoder


def encoder_packages(name: str) -> tuple[str, ...]:
    """The top-level packages that hold an encoder's code, without importing any of them."""
    owner, colon, rest = name.partition(":")
    if owner == PLANTED and colon:
        return (f"capnsafe_planted_{rest}",)
    package = owner.partition(".")[0]
    return (CLEAN_ENCODER,) if package == HARNESS else (package,)


def encoder_summaries() -> dict[str, str]:
    """Every encoder in a line each."""
    from .. import encoders
    from ..encoders.planted import BUGS, read_bug

    summaries = dict.fromkeys(encoders.encoder_names(), "")
    summaries[CLEAN_ENCODER] = "the encoder of this project"
    for bug in map(read_bug, BUGS.values()):
        summaries[f"{PLANTED}:{bug.name}"] = f"{bug.promise}: {bug.mechanism}"
    summaries["MODULE:ATTRIBUTE"] = "an encoder of your own, or a function that answers one"
    return summaries


def find_memory(name: str) -> str:
    """The name, if there is such a memory."""
    if name not in MEMORIES:
        raise UnknownNameError(_unknown("allocator", name, MEMORIES))
    return name


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"no {what} named {name!r}; there is {', '.join(known)}"


def over_memory(scenario: Scenario, name: str | None) -> Scenario:
    """The same scenario over another honest memory of about the same size; None leaves it."""
    from ..scenario import MemorySpec

    memory = scenario.memory
    if name is None or memory.name == name:
        return scenario
    if name == "fixed":
        memory = MemorySpec(name, memory.segment_words, max(FIXED_WORDS, memory.segment_words))
    else:
        memory = MemorySpec(name, max(1, memory.segment_words))
    return replace(scenario, memory=memory)
