"""The honest memories of scenarios, below the faults.

Each kind is one record (``kind``) in its own module here. The record holds every difference between
kinds: nothing outside this package names a kind. A module that defines ``KINDS`` is found
automatically, so a new kind needs one file. ``own`` makes a kind of each allocator of the user's.

Each execution gets its own new memory, so that its result does not depend on earlier executions.
Costly parts without contents are kept for the process: a compiled guest, and blocks of shared
memory, which are zeroed when they are granted again. Nothing here imports an encoder until a memory
is made, because engines instrument encoders first.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from .kind import LIBRARY, ConstructorCall, MemoryKind, Size
from .own import OWN_MEMORY, own_kind

__all__ = [
    "LIBRARY",
    "MEMORIES",
    "PLAIN",
    "STAYING",
    "ConstructorCall",
    "MemoryKind",
    "Size",
    "memory_kind",
    "new_memory",
]


def _found() -> Mapping[str, MemoryKind]:
    found: list[MemoryKind] = []
    for module in iter_modules(__path__):
        found += getattr(import_module(f"{__name__}.{module.name}"), "KINDS", ())
    found.sort(key=lambda kind: kind.place)
    kinds = {kind.name: kind for kind in found}
    if len(kinds) < len(found) or len({kind.place for kind in found}) < len(found):
        raise ValueError("two kinds of memory have the same name or the same place")
    return kinds


MEMORIES: Final = _found()
"""Every kind by its name, in the order of their numbers."""

PLAIN: Final = next(iter(MEMORIES.values()))
"""The plainest kind, which replaces others that are not available."""

STAYING: Final = next(kind for kind in MEMORIES.values() if kind.stays)
"""The plainest kind that declares its segments stable."""


def memory_kind(name: str) -> MemoryKind | None:
    """Return the kind with this name, also if it is the user's; None if there is none."""
    known = MEMORIES.get(name)
    if known is None and OWN_MEMORY.fullmatch(name):
        return own_kind(name)
    return known


def new_memory(kind: MemoryKind, size: Size, library: str = LIBRARY) -> Any:
    """Make the memory below the faults; a heap if the kind's package is not installed.

    ``library`` is the name of the package that has the memories: capnsafe, or a copy of it.
    """
    try:
        return kind.allocator(size, library)
    except ImportError:
        if not kind.lacking:
            raise
        return PLAIN.allocator(size, library)
