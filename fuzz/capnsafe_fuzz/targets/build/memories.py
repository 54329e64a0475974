"""The honest memories under the faults, and the same scenario over another of them."""

from __future__ import annotations

from dataclasses import replace

from ...scenario import MemorySpec, Scenario

MEMORIES = {
    "heap": "capnsafe.memory.HeapAllocator: each grant a bytearray of its own",
    "stable": "the heap as well, with the promise that segments stay: few faults, other code",
    "fixed": "capnsafe.memory.FixedAllocator: grants cut from one buffer, which may run out",
}
"""As ``--allocator`` names them."""

FIXED_WORDS = 256
"""The size of the buffer that takes the place of a heap, in words; a segment fits in any case."""


def over_memory(scenario: Scenario, name: str | None) -> Scenario:
    """The same scenario over another honest memory of about the same size; None leaves it."""
    memory = scenario.memory
    if name is None or memory.name == name:
        return scenario
    if name == "fixed":
        memory = MemorySpec(name, memory.segment_words, max(FIXED_WORDS, memory.segment_words))
    else:
        memory = MemorySpec(name, max(1, memory.segment_words))
    return replace(scenario, memory=memory)
