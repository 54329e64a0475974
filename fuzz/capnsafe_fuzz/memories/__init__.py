"""The real memories that scenarios are run over, below the faults.

Each kind is one record (``kind``) in a module of its own here, and everything that differs between
kinds stands in that record: nothing outside this package names a kind. A module that defines
``KINDS`` is found by itself, so adding a kind adds one file. ``own`` makes a kind of each allocator
of the user's.

An execution has a memory of its own, as new, so that what it finds does not depend on those before
it. What is costly and holds no contents is kept for the process: a compiled guest, and blocks of
shared memory, which are zero when they are granted again. Nothing here imports an encoder until a
memory is made, because engines instrument encoders first.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from .kind import ConstructorCall, MemoryKind, Size
from .own import OWN_MEMORY, own_kind

__all__ = [
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
"""Every kind by its name, in the order of their places."""

PLAIN: Final = next(iter(MEMORIES.values()))
"""The kind that says nothing about memory: it stands for others where those cannot be had."""

STAYING: Final = next(kind for kind in MEMORIES.values() if kind.stays)
"""The plainest kind that promises that segments stay."""


def memory_kind(name: str) -> MemoryKind | None:
    """Return the kind of this name, also if it is the user's; None if there can be none."""
    known = MEMORIES.get(name)
    if known is None and OWN_MEMORY.fullmatch(name):
        return own_kind(name)
    return known


def new_memory(kind: MemoryKind, size: Size) -> Any:
    """Make the memory below the faults.

    Where it needs a package that is not installed, a plain one takes its place.
    """
    try:
        return kind.allocator(size)
    except ImportError:
        if not kind.lacking:
            raise
        return PLAIN.allocator(size)
