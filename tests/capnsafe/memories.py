"""Memories for the tests of the core: a strict one that checks its calls, and hostile ones.

`Memory` is honest but strict. Every call of it checks that the message holds no view (P4), that no
byte beside a grant was touched (P3), and that each grant is released once, with the true number of
words written (P8). The others break one side of the contract each.
"""

from __future__ import annotations

import ctypes
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from capnsafe import Error, MessageBuilder

GUARD = 24
"""Bytes on both sides of the visible part of a grant."""

KINDS = ("allocate", "segment", "release")


class Grant:
    """A bytearray with guards around the words that are shown."""

    def __init__(self, words: int, filler: random.Random) -> None:
        self.memory = bytearray(filler.randbytes(words * 8 + 2 * GUARD))
        self.came_as(bytes(self.memory))
        self.words = words
        self.releases: list[int] = []

    def came_as(self, first: bytes) -> None:
        """Record the contents before anything is written; guards are compared often."""
        self.first = first
        self.in_front = first[:GUARD]
        self.behind = first[-GUARD:]

    def view(self) -> memoryview:
        with memoryview(self.memory) as whole:
            return whole[GUARD : GUARD + self.words * 8]

    def body(self) -> bytes:
        return bytes(self.memory[GUARD : GUARD + self.words * 8])

    def scribble(self, word: int, value: int) -> None:
        self.memory[GUARD + word * 8 : GUARD + word * 8 + 8] = value.to_bytes(8, "little")

    def word(self, word: int) -> int:
        return int.from_bytes(self.memory[GUARD + word * 8 : GUARD + word * 8 + 8], "little")

    def require_unborrowed(self) -> None:
        """Resize the bytearray in place, which fails with BufferError while a view is held."""
        self.memory.append(0)
        self.memory.pop()

    def require_guards(self) -> None:
        memory = self.memory
        assert len(memory) == len(self.first), "a grant has another length"
        assert memory.startswith(self.in_front), "bytes in front of a grant were written"
        assert memory.endswith(self.behind), "bytes behind a grant were written"

    def touched_words(self) -> int:
        """Return the word after the last one that differs from the initial random bytes."""
        shown = slice(GUARD, GUARD + self.words * 8)
        now = int.from_bytes(self.memory[shown], "little")
        return -(-(now ^ int.from_bytes(self.first[shown], "little")).bit_length() // 64)


class Memory:
    """Grants the minimum, at least `grant_words`, full of random bytes; checks everything."""

    def __init__(self, grant_words: int = 1) -> None:
        self.grant_words = grant_words
        self.grants: list[Grant] = []
        self.calls: Counter[str] = Counter()
        self.complaints: list[str] = []
        self.filler = random.Random(1)

    def called(self, kind: str) -> None:
        """Look at every grant before any call is served."""
        self.calls[kind] += 1
        self.inspect()

    def inspect(self) -> None:
        for number, grant in enumerate(self.grants):
            try:
                grant.require_unborrowed()
                grant.require_guards()
            except (BufferError, AssertionError) as error:
                self.complaints.append(f"grant {number}: {error}")

    def make(self, words: int) -> Grant:
        return Grant(words, self.filler)

    def allocate(self, minimum_words: int, /) -> Any:
        self.called("allocate")
        self.grants.append(self.make(max(minimum_words, self.grant_words)))
        return len(self.grants) - 1

    def segment(self, key: int, /) -> Any:
        self.called("segment")
        return self.grants[key].view()

    def release(self, key: int, words_used: int, /) -> None:
        self.take_back(key, words_used)
        self.called("release")

    def take_back(self, key: int, words_used: int) -> None:
        grant = self.grants[key]
        if grant.releases:
            self.complaints.append(f"grant {key} was released twice")
        if words_used != grant.touched_words():
            self.complaints.append(
                f"grant {key}: words_used {words_used}, and {grant.touched_words()} were written"
            )
        grant.releases.append(words_used)

    @property
    def live(self) -> list[int]:
        return [number for number, grant in enumerate(self.grants) if not grant.releases]

    def require_kept(self) -> None:
        """Fail if a promise to the allocator was broken until now."""
        self.inspect()
        assert self.complaints == []

    def require_all_released(self) -> None:
        self.require_kept()
        assert self.live == []


class Stop(BaseException):
    """An interrupt that only these tests raise."""


class FailingMemory(Memory):
    """Raises at the n-th call of a kind, once or from then on."""

    def __init__(
        self,
        kind: str,
        number: int,
        error: type[BaseException],
        *,
        always: bool = False,
        grant_words: int = 1,
    ) -> None:
        super().__init__(grant_words)
        self.kind = kind
        self.number = number
        self.error = error
        self.always = always
        self.armed = True
        self.raised: list[BaseException] = []

    def called(self, kind: str) -> None:
        super().called(kind)
        count = self.calls[kind]
        due = count >= self.number if self.always else count == self.number
        if self.armed and kind == self.kind and due:
            error = self.error(f"{kind} {count}")
            # The traceback stays alive with the exception, and so do the locals of its frames.
            self.raised.append(error)
            raise error


class MovingMemory(Memory):
    """Puts every segment elsewhere at every call, and watches the places they left."""

    def __init__(self, grant_words: int = 1) -> None:
        super().__init__(grant_words)
        self.left: list[bytearray] = []

    def called(self, kind: str) -> None:
        super().called(kind)
        for grant in self.grants:
            old = grant.memory
            grant.memory = bytearray(old)
            old[:] = b"\xdb" * len(old)
            self.left.append(old)
        for old in self.left[-64:]:
            if old.count(0xDB) != len(old):
                self.complaints.append("a place that a segment had left was written to")


class HookedMemory(Memory):
    """Calls `hook(kind)` inside every call, before it is served."""

    hook: Callable[[str], None] | None = None

    def called(self, kind: str) -> None:
        super().called(kind)
        if self.hook is not None:
            self.hook(kind)


class AnsweringMemory(Memory):
    """Returns a result that a test gives from `segment(0)`, or from all calls of `segment`."""

    def __init__(self, answer: Callable[[Grant], Any], grant_words: int = 1) -> None:
        super().__init__(grant_words)
        self.answer: Callable[[Grant], Any] | None = answer

    def segment(self, key: int, /) -> Any:
        view = super().segment(key)
        if self.answer is None:
            return view
        view.release()
        return self.answer(self.grants[key])


class ResizingMemory:
    """Returns bare bytearrays, of any length, that a test resizes in place. Checks nothing."""

    def __init__(self, grant_words: int = 1, *, stable: bool = False) -> None:
        self.grant_words = grant_words
        self.stable = stable
        self.grants: list[bytearray] = []
        self.released: list[tuple[int, int]] = []

    def allocate(self, minimum_words: int, /) -> int:
        self.grants.append(bytearray(max(minimum_words, self.grant_words) * 8))
        return len(self.grants) - 1

    def segment(self, key: int, /) -> bytearray:
        return self.grants[key]

    def release(self, key: int, words_used: int, /) -> None:
        self.released.append((key, words_used))

    def cut(self, key: int, words: int) -> None:
        del self.grants[key][words * 8 :]

    def extend(self, key: int, words: int) -> None:
        self.grants[key].extend(bytes(words * 8 - len(self.grants[key])))


def ending(memory: bytearray, at_end: Callable[[], None]) -> Any:
    """Return a buffer of `memory` that calls `at_end` when the last view of it is released."""
    array = ctypes.c_ubyte * len(memory)
    kind: Any = type("Ending", (array,), {"__del__": lambda _: at_end()})
    return kind.from_buffer(memory)


class ExporterMemory(ResizingMemory):
    """Runs a hook when the n-th view is given back."""

    number = 0
    given_back = 0

    def hook(self) -> None:
        """Do nothing yet."""

    def segment(self, key: int, /) -> Any:
        return ending(self.grants[key], self.give_back)

    def give_back(self) -> None:
        self.given_back += 1
        if self.given_back == self.number:
            self.hook()


@contextmanager
def closing(message: MessageBuilder, memory: Memory) -> Iterator[MessageBuilder]:
    """Close the message whatever happens, and require that every promise to `memory` was kept."""
    try:
        yield message
    finally:
        try:
            message.close()
        except Error:
            memory.complaints.append("close() raised")
    memory.require_all_released()
