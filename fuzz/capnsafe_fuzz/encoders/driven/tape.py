"""The tape of one message of a driver: the requests, and the changes of memory meanwhile.

A program for a bug report has neither driver nor hostile allocator. It needs the answers that the
allocator gave, and the bytes that others than the library wrote. The tape has both. It
stands between session and process and compares the shared file whenever control changes hands:
while the driver runs, only the library writes, and while it waits, only its memory does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from capnsafe_allocators.place import GUARD_WORD, LEFT_WORD

from .lines import Line, parse
from .mapped import WORD_BYTES, SharedFile
from .process import DriverProcess, EndedError, Hello

_CHUNK: Final = 4096
_MOST_COMPARED: Final = 1 << 26
"""Bytes that are compared for one message. A message of thousands of segments is not watched to its
end, because that would take minutes."""
_MARKS: Final = (GUARD_WORD, LEFT_WORD)
"""The words around segments, and in places that a segment left."""
_CALLS: Final = frozenset(("allocate", "segment", "release", "grow"))


class Patch(NamedTuple):
    """Bytes that were written, by their offset in the file."""

    at: int
    data: bytes

    @property
    def end(self) -> int:
        """Return the offset after the last byte."""
        return self.at + len(self.data)


@dataclass(slots=True)
class Allocation:
    """The answer to one call for memory, as the library got it."""

    words: int
    """The minimum that the library asked for."""
    patches: list[Patch]
    """Bytes that were written before the answer, by another than the library."""
    at: int = 0
    length: int = 0
    """The bytes that it was granted, which begin at offset ``at``; 0 for no memory at all."""
    readonly: bool = False
    refused: str = ""
    """The kind of the exception that was raised instead: error, gone or interrupt."""
    text: str = ""
    """The text of that exception."""
    answered: bool = False
    """Whether the library got an answer: its process may have ended before."""


@dataclass(slots=True)
class TapedRequest:
    """One request, and all that happened until the next one."""

    line: Line
    patches: list[Patch]
    """Bytes that were written before it, by another than the library."""
    allocations: list[Allocation] = field(default_factory=list)
    answer: Line | None = None
    """None if the process ended."""
    ended: str = ""
    """How the process ended, as a word such as SIGSEGV."""
    damage: list[Patch] = field(default_factory=list)
    """Bytes outside of the message that the library wrote, as they were before.

    The owner of the memory put them back.
    """
    contents: list[bytes] = field(default_factory=list)
    """The words in use of each segment after the answer, as the library sees them."""


class Tape:
    """The requests of one message, oldest first."""

    def __init__(self, file: SharedFile) -> None:
        """Begin before the first request."""
        self.requests: list[TapedRequest] = []
        self.hello: Hello | None = None
        #: For each attempt at an operation, its request; None if the driver got none.
        self.attempts: list[TapedRequest | None] = []
        self._file = file
        self._seen = file.copy()
        self._compared = 0
        #: What was in each word that the library wrote, before it did, by the offset of the word.
        self._overwritten: dict[int, bytes] = {}
        #: Patches that belong to the next event.
        self._carried: list[Patch] = []
        self._called: Line | None = None
        #: The allocations by the number of the segment, as the harness counts them.
        self._segments: dict[int, Allocation] = {}

    def attempt(self) -> None:
        """Note that the harness attempts an operation."""
        self.attempts.append(None)

    def sent(self, text: str) -> None:
        """Note a line to the driver."""
        patches = self._carried + self._look()
        self._carried = []
        line = parse(text.encode("ascii"))
        called, self._called = self._called, None
        if called is None:
            self.requests.append(TapedRequest(line, patches))
            if self.attempts and self.attempts[-1] is None:
                self.attempts[-1] = self.requests[-1]
        else:
            self._answered(called, line, patches)

    def _answered(self, called: Line, line: Line, patches: list[Patch]) -> None:
        """Note the answer to a call of memory."""
        found: Allocation | None = None
        if called.word == "allocate":
            found = Allocation(called.number("words"), patches)
            self.requests[-1].allocations.append(found)
            if line.word == "granted":
                self._segments[line.number("segment")] = found
        elif called.word == "segment":
            found = self._segments[called.number("segment")]
            found.patches += patches
        elif called.word == "release":
            self._segments.pop(called.number("segment"), None)
        if found is None:
            self._carried = patches
        elif line.word == "refused":
            found.answered = True
            found.refused, found.text = line.values["kind"], line.text("text")
        elif line.word == "nothing":
            found.answered = True
        elif line.word == "memory":
            found.answered = True
            found.at, found.length = line.number("at"), line.number("bytes")
            found.readonly = line.values["readonly"] == "1"

    def received(self, line: Line) -> None:
        """Note a line of the driver."""
        self._note_written()
        if line.word in _CALLS:
            self._called = line
            return
        request = self.requests[-1]
        request.answer = line
        request.contents = [
            self._seen[one.at : one.at + words * WORD_BYTES]
            for one, words in zip(self._segments.values(), line.numbers("words"), strict=False)
        ]

    def ended(self, how: str) -> None:
        """Note that the process ended."""
        self._note_written()
        self.requests[-1].ended = how

    def finish(self) -> None:
        """Note the bytes that were put back after the last request."""
        self._look()

    def _note_written(self) -> None:
        """Note the bytes that the library wrote."""
        if self._compared > _MOST_COMPARED:
            return
        before, self._seen = self._seen, self._file.copy()
        self._compared += len(self._seen)
        before = before.ljust(len(self._seen), b"\0")
        for first, end in differences(before, self._seen):
            for at in range(first, end, WORD_BYTES):
                self._overwritten.setdefault(at, before[at : at + WORD_BYTES])

    def _look(self) -> list[Patch]:
        """Return the bytes that were written since the library stopped."""
        if self._compared > _MOST_COMPARED:
            return []
        before, self._seen = self._seen, self._file.copy()
        self._compared += len(self._seen)
        now = self._seen
        before = before.ljust(len(now), b"\0")
        patches = [Patch(first, now[first:end]) for first, end in differences(before, now)]
        for patch in patches:
            for at in range(patch.at, patch.end, WORD_BYTES):
                word = now[at : at + WORD_BYTES]
                was = self._overwritten.pop(at, None)
                if was is not None and (was == word or was in _MARKS):
                    # It was put back, or nobody may write it.
                    self.requests[-1].damage.append(Patch(at, was))
        return patches


def differences(old: bytes, new: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches of words that differ, each as its first byte and the one after it."""
    if old == new:
        return
    first = end = 0
    for chunk in range(0, len(new), _CHUNK):
        if old[chunk : chunk + _CHUNK] == new[chunk : chunk + _CHUNK]:
            continue
        for at in range(chunk, min(chunk + _CHUNK, len(new)), WORD_BYTES):
            if old[at : at + WORD_BYTES] == new[at : at + WORD_BYTES]:
                continue
            if at != end:
                if end:
                    yield first, end
                first = at
            end = at + WORD_BYTES
    if end:
        yield first, end


def joined(patches: Iterable[Patch]) -> list[Patch]:
    """Return patches that write the same, ordered by offset; each byte is written once."""
    words = {
        patch.at + at: patch.data[at : at + WORD_BYTES]
        for patch in patches
        for at in range(0, len(patch.data), WORD_BYTES)
    }
    made: list[Patch] = []
    for at, word in sorted(words.items()):
        if made and made[-1].end == at:
            made[-1] = Patch(made[-1].at, made[-1].data + word)
        else:
            made.append(Patch(at, word))
    return made


class RecordedProcess:
    """A driver's process, with a tape of all lines."""

    def __init__(self, process: DriverProcess, tape: Tape) -> None:
        """Record the lines that ``process`` sends and receives."""
        self._process = process
        self._tape = tape
        self.hello = tape.hello = process.hello

    def send(self, line: str) -> None:
        """Send a line, and note it."""
        self._tape.sent(line)
        try:
            self._process.send(line)
        except EndedError as error:
            self._tape.ended(error.how)
            raise

    def receive(self, seconds: float = 0.0) -> Line:
        """Return the next line, and note it."""
        try:
            line = self._process.receive(seconds)
        except EndedError as error:
            self._tape.ended(error.how)
            raise
        self._tape.received(line)
        return line

    def unasked(self) -> bool:
        """Return whether it has sent more than it was asked for."""
        return self._process.unasked()

    def garbled(self, what: str) -> EndedError:
        """End the process, which sent garbage."""
        return self._ended(self._process.garbled(what))

    def called_endlessly(self, what: str) -> EndedError:
        """End the process, which calls its memory without end."""
        return self._ended(self._process.called_endlessly(what))

    def _ended(self, error: EndedError) -> EndedError:
        self._tape.ended(error.how)
        return error
