"""The honest memories under the faults, and the same scenario over another of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...scenario import MemorySpec, Scenario
from ...scenario.honest import lacking
from ...scenario.scenario import BOUNDED_MEMORIES, GROWING_MEMORIES

_SUMMARIES: Final = {
    "heap": "capnsafe.memory.HeapAllocator: each grant a bytearray of its own",
    "stable": "the heap as well, with the promise that segments stay: few faults, other code",
    "fixed": "capnsafe.memory.FixedAllocator: grants cut from one buffer, which may run out",
    "pool": "capnsafe.memory.PoolAllocator: as fixed, and what is released is cut again",
    "malloc": "capnsafe.memory.malloc: the heap of the C library, by address",
    "mapped-file": "capnsafe.memory.mapped_file: a file that grows, and is mapped elsewhere then",
    "shared-memory": "capnsafe.memory.shared_memory: blocks that other processes can open",
    "wasm": "capnsafe.memory.wasm: a WebAssembly guest, whose memory moves at each grant",
    "wasm-stays": "the same guest in an engine that never moves its memory",
}

MEMORIES: Final = {name: about for name, about in _SUMMARIES.items() if lacking(name) is None}
"""As ``--allocator`` names them; those whose library is installed.

``module:Class`` is an allocator of one's own.
"""

FIXED_WORDS = 256
"""The size of the buffer that takes the place of a heap, in words; a segment fits in any case."""


def over_memory(scenario: Scenario, name: str | None) -> Scenario:
    """The same scenario over another honest memory of about the same size; None leaves it."""
    memory = scenario.memory
    if name is None or memory.name == name:
        return scenario
    grows = memory.grows and name in GROWING_MEMORIES
    if name in BOUNDED_MEMORIES:
        total = max(FIXED_WORDS, memory.segment_words)
        uncut = 0 if name == "fixed" else FIXED_WORDS
        memory = MemorySpec(name, memory.segment_words or uncut, total, grows)
    else:
        memory = MemorySpec(name, max(1, memory.segment_words), grows=grows)
    return replace(scenario, memory=memory)
