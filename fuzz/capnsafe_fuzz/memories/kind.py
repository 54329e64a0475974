"""What has to be known of a kind of memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ..optional import Package


@dataclass(frozen=True, slots=True)
class Size:
    """How much a memory grants, in words, with those that the hostile allocator takes."""

    segment_words: int
    """At least so many a grant; 0 grants all that is left."""
    total_words: int = 0
    """Of bounded memory: all that there is."""
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

    def perform(self) -> Any:
        """Make the allocator."""
        buffers = (bytearray(self.zeros),) if self.zeros else ()
        return getattr(import_module(self.module), self.name)(*buffers, **self.arguments)

    def __str__(self) -> str:
        """Print the call as Python."""
        arguments = [f"{name}={value!r}" for name, value in self.arguments.items()]
        if self.zeros:
            arguments.insert(0, f"bytearray({self.zeros})")
        return f"{self.name}({', '.join(arguments)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryKind:
    """One kind of honest memory: all that the harness knows of it."""

    name: str
    summary: str
    place: int
    """Where it stands among the others, also in what bytes mean. A kind keeps its place."""
    weight: int
    """How often scenarios have it, beside the weights of the others."""
    call: Callable[[Size], ConstructorCall]
    """How a program makes it."""
    make: Callable[[Size], Any] | None = None
    """How an execution makes it, where that differs from a program."""
    bounded: bool = False
    """Whether it has so many words in all, and no more."""
    uncut: int = 0
    """The part of its weight in which a grant takes all that is left."""
    grows: bool = False
    """Whether it can make the last segment longer instead of granting another."""
    stays: bool = False
    """Whether it promises that a segment stays where it is, and as long as it is.

    Faults that move or cut segments, or refuse to show them, are never fired over it, and it is
    shown to the encoder as it is, without guards.
    """
    moves: bool = False
    """Whether all segments may be elsewhere once another one is granted."""
    foreign: bool = False
    """Whether it is the user's, so that nothing else is known of it."""
    needs: Package | None = None
    """A package without which a heap takes its place."""

    @property
    def lacking(self) -> Package | None:
        """The package that it needs and that is not installed; None if nothing is lacking."""
        return None if self.needs is None or self.needs.is_installed else self.needs

    def allocator(self, size: Size) -> Any:
        """Make an allocator, as new."""
        return self.call(size).perform() if self.make is None else self.make(size)

    def is_asked_to_grow(self, size: Size, allocator: Any) -> bool:
        """Whether this allocator is asked to grow in place."""
        return size.grows or (self.foreign and callable(getattr(allocator, "grow", None)))

    def places_known(self, size: Size) -> int:
        """Of how many segments it can be known where they lie, when another one is granted.

        Segments that change place by themselves are looked at again where they are few.
        """
        from capnsafe.allocator import FEW_SEGMENTS

        if self.foreign:
            return 0
        return FEW_SEGMENTS if self.moves or size.grows else sys.maxsize
