"""The record of a kind of memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from ..optional import Package

LIBRARY: Final = "capnsafe"
"""The package of the memories. A planted bug is in a copy of the package with another name."""


def library_module(name: str, library: str) -> ModuleType:
    """Return a module by its name. A module of capnsafe is taken from the copy ``library``."""
    package, dot, rest = name.partition(".")
    return import_module(f"{library}{dot}{rest}" if package == LIBRARY else name)


@dataclass(frozen=True, slots=True)
class Size:
    """How much a memory grants, in words, including the guards of the hostile allocator."""

    segment_words: int
    """The least words of a grant; 0 grants all that are left."""
    total_words: int = 0
    """For bounded memory: its words in all."""
    grows: bool = False
    """Whether the last segment grows in place."""


@dataclass(frozen=True, slots=True)
class ConstructorCall:
    """A call that makes an allocator: it is performed, and printed in programs."""

    module: str
    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    zeros: int = 0
    """Bytes of the zeroed buffer that is the first argument, if one is."""
    wraps: bool = False
    """Whether it wraps a memory of capnsafe, and takes the name of the package as ``library``."""

    def perform(self, library: str = LIBRARY) -> Any:
        """Make the allocator from the package ``library``: capnsafe, or a copy of it."""
        buffers = (bytearray(self.zeros),) if self.zeros else ()
        arguments = {**self.arguments, "library": library} if self.wraps else self.arguments
        made: Any = getattr(library_module(self.module, library), self.name)
        return made(*buffers, **arguments)

    def printed(self, library: str = "") -> str:
        """Print the call as Python.

        ``library`` is a Python expression for the name of a copy of capnsafe; empty for capnsafe.
        """
        arguments = [f"{name}={value!r}" for name, value in self.arguments.items()]
        if self.zeros:
            arguments.insert(0, f"bytearray({self.zeros})")
        if self.wraps and library:
            arguments.append(f"library={library}")
        return f"{self.name}({', '.join(arguments)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryKind:
    """One kind of honest memory: everything that the harness knows about it."""

    name: str
    summary: str
    place: int
    """Its number among the kinds, also in the bytes form. A kind keeps its number."""
    weight: int
    """How often scenarios use it, relative to the weights of the others."""
    call: Callable[[Size], ConstructorCall]
    """How a program makes it."""
    make: Callable[[Size, str], Any] | None = None
    """How an execution makes it, from a size and a library, if a program makes it otherwise."""
    bounded: bool = False
    """Whether its words in all are limited."""
    uncut: int = 0
    """The share of its weight in which one grant takes all words that are left."""
    grows: bool = False
    """Whether it can make the last segment longer instead of granting another."""
    stays: bool = False
    """Whether it promises that a segment keeps its place and its length.

    Faults that move, cut or hide segments are never fired over it. The encoder gets it as it is,
    without guards.
    """
    moves: bool = False
    """Whether all segments may move when another one is granted."""
    foreign: bool = False
    """Whether it is the user's, so that nothing else is known about it."""
    needs: Package | None = None
    """The package that it needs; without it, a heap is used."""

    @property
    def lacking(self) -> Package | None:
        """Return the package that it needs and that is not installed; None if there is none."""
        return None if self.needs is None or self.needs.is_installed else self.needs

    def allocator(self, size: Size, library: str = LIBRARY) -> Any:
        """Make a new allocator from the package ``library``: capnsafe, or a copy of it."""
        if self.make is None:
            return self.call(size).perform(library)
        return self.make(size, library)

    def is_asked_to_grow(self, size: Size, allocator: Any) -> bool:
        """Return whether this allocator is asked to grow in place."""
        return size.grows or (self.foreign and callable(getattr(allocator, "grow", None)))

    def places_known(self, size: Size) -> int:
        """Return for how many segments the place is known at the next grant.

        Segments that move by themselves are looked up again if there are few of them.
        """
        from capnsafe.allocator import FEW_SEGMENTS

        if self.foreign:
            return 0
        return FEW_SEGMENTS if self.moves or size.grows else sys.maxsize
