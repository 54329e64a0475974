"""The trace of a call of an encoder: its lines, their accesses to memory, and exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, Generic, NamedTuple, TypeVar

from capnsafe_allocators import HostileAllocator

from ..record.telling import type_name
from .lines import Lines, Stack

WORD_BYTES: Final = 8
MOST_LINES: Final = 100_000
"""The most lines of one execution that are recorded: more take too long."""

Word = tuple[int, int]
"""A grant's index, and a word of it; words of its guards are below zero or beyond its end."""


class Deed(NamedTuple):
    """The accesses of one line to memory."""

    at: int
    """The index of the line in the trace."""
    stack: Stack
    words: Mapping[Word, bytes]
    """The words that it changed, with their new bytes."""
    calls: range
    """The allocator calls that it made, as indices into the log."""
    evidence: range
    """The evidence that the memory noted meanwhile."""


class Raise(NamedTuple):
    """An exception was raised in a frame, or passed it."""

    at: int
    """The number of lines that had begun before."""
    stack: Stack
    error: int
    """The ``id`` of the exception."""
    kind: str
    """The name of its type."""


@dataclass(slots=True)
class LineTrace:
    """The trace of one call."""

    lines: list[Stack] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    raises: list[Raise] = field(default_factory=list)
    takers: dict[int, Stack] = field(default_factory=dict)
    """For each grant, the line that took a view of it last."""


Result = TypeVar("Result")


class Recorder(Generic[Result]):
    """Records a trace for each block in which the encoder is called."""

    def __init__(self, owns: Callable[[str], bool], memory: HostileAllocator | None = None) -> None:
        """Begin without traces; ``owns`` returns whether a source file is the encoder's."""
        #: The trace of each call, with the record of its result.
        self.traces: list[tuple[Result, LineTrace]] = []
        #: The memory to watch, if there is one. Set it before the first block.
        self.memory = memory
        self._lines = Lines(owns, self)
        self._trace = LineTrace()
        self._left = MOST_LINES
        self._images: dict[int, tuple[int, int, bytes]] = {}
        self._views: dict[int, int] = {}
        self._calls = self._evidence = self._fired = 0

    @contextmanager
    def recording(self, result: Result) -> Iterator[None]:
        """Record the encoder's actions in the block; ``result`` is the record of their result."""
        self._trace = LineTrace()
        self.traces.append((result, self._trace))
        self._note_state()
        try:
            with self._lines:
                yield
        finally:
            self._flush()

    def line(self, frame: FrameType) -> None:
        """Record a line that is about to run."""
        if self._left:
            self._left -= 1
            self._flush()
            self._trace.lines.append(self._lines.stack(frame))

    def exception(self, frame: FrameType, error: BaseException) -> None:
        """Record an exception."""
        if self._left:
            self._flush()
            stack = self._lines.stack(frame)
            raised = Raise(len(self._trace.lines), stack, id(error), type_name(error))
            self._trace.raises.append(raised)

    def _flush(self) -> None:
        """Attribute changes of memory to the last line."""
        memory, trace = self.memory, self._trace
        if memory is None or not trace.lines:
            return
        at, stack = len(trace.lines) - 1, trace.lines[-1]
        for grant in memory.live:
            if grant.views > self._views.get(grant.index, 0):
                trace.takers[grant.index] = stack
        calls, evidence = self._calls, self._evidence
        images, fired = self._images, self._fired
        self._note_state()
        words: dict[Word, bytes] = {}
        # A fault that fired may have changed memory itself.
        if fired == self._fired:
            for key, (index, start, image) in self._images.items():
                _, _, before = images.get(key, (0, 0, image))
                if before != image:
                    words.update(_changed(index, start, before, image))
        if words or calls < self._calls or evidence < self._evidence:
            called, noted = range(calls, self._calls), range(evidence, self._evidence)
            trace.deeds.append(Deed(at, stack, words, called, noted))

    def _note_state(self) -> None:
        memory = self.memory
        if memory is None:
            return
        self._calls, self._evidence = len(memory.calls), len(memory.evidence)
        self._fired = len(memory.fired)
        self._views = {grant.index: grant.views for grant in memory.live}
        self._images = {
            id(place): (index, place.start, place.read(0, place.watched))
            for index, place in memory.watched_places()
        }


def _changed(index: int, start: int, before: bytes, after: bytes) -> Iterator[tuple[Word, bytes]]:
    for at in range(0, min(len(before), len(after)), WORD_BYTES):
        word = after[at : at + WORD_BYTES]
        if before[at : at + WORD_BYTES] != word:
            yield (index, (at - start) // WORD_BYTES), word
